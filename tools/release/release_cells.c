/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/release_cells.h"

#include <inttypes.h>
#include <string.h>

#include "policies/documents/index.h"
#include "tools/command.h"
#include "tools/release/release_state.h"

static bool has_text(json_t *object, const char *name, const char *text)
{
	const char *found = json_string_value(json_object_get(object, name));

	return found != NULL && strcmp(found, text) == 0;
}

static json_int_t int_of(json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static bool is_cell(json_t *cell, const char *platform, const char *kernel)
{
	return has_text(cell, "platform", platform) && has_text(cell, "kernel", kernel);
}

json_t *cells_find(json_t *index, const char *platform, const char *kernel)
{
	json_t *cell;
	size_t i;

	json_array_foreach(json_object_get(index, "cells"), i, cell)
	{
		if (is_cell(cell, platform, kernel))
			return cell;
	}
	return NULL;
}

json_t *cells_past(const struct release_line *line, const struct digest *pin, uint64_t newest,
		   const char *platform, const char *kernel, int64_t version)
{
	for (uint64_t number = newest; number > 0; number--) {
		AUTO(json_t) index = line_past_index(line, pin, number);
		json_t *entry;
		size_t i;

		if (index == NULL)
			return NULL;
		json_array_foreach(
			json_object_get(cells_find(index, platform, kernel), "manifests"), i, entry)
		{
			if (int_of(entry, "version") == version)
				return json_pack("{s:I, s:O}", "version", (json_int_t)version,
						 "sha256", json_object_get(entry, "sha256"));
		}
	}
	(void)unusable("version %" PRId64 " was never in force for %s/%s", version, platform,
		       kernel);
	return NULL;
}

/* An entry that becomes, or stays, previous; NULL once nobody needs it. */
static enum status as_previous(const struct release_line *line, const struct cell_change *change,
			       json_t *entry, json_t **kept)
{
	const char *hex = json_string_value(json_object_get(entry, "sha256"));
	AUTO(json_t) manifest = line_manifest(line, hex);
	int64_t until = change->now + change->accept_previous;
	int64_t not_after = int_of(manifest, "notAfter");

	if (manifest == NULL)
		return STATUS_MISMATCH;
	if (has_text(entry, "state", "previous"))
		until = int_of(entry, "acceptUntil");
	if (until > not_after)
		until = not_after;
	if (until > change->now)
		*kept = json_pack("{s:s, s:I, s:s, s:I}", "sha256", hex, "version",
				  int_of(entry, "version"), "state", "previous", "acceptUntil",
				  (json_int_t)until);
	return OK;
}

/* What becomes of an entry beside the one that is put in its place; NULL: it goes. */
static enum status beside(const struct release_line *line, const struct cell_change *change,
			  json_t *entry, json_t **kept)
{
	*kept = NULL;
	if (has_text(entry, "sha256", change->manifest))
		return OK;
	/* There is one canary at a time, and one that another release overtakes was never
	 * what it could be a way back from. */
	if (has_text(entry, "state", "canary")) {
		fprintf(stderr,
			"version %" PRId64 " is no longer tried out: nodes that run it have to "
			"move on\n",
			(int64_t)int_of(entry, "version"));
		return OK;
	}
	if (!change->is_canary)
		return as_previous(line, change, entry, kept);
	*kept = json_incref(entry);
	return OK;
}

/* A canary that would take the place of itself. */
static bool is_in_force(json_t *cell, const struct cell_change *change)
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(cell, "manifests"), i, entry)
	{
		if (change->is_canary && has_text(entry, "state", "current") &&
		    has_text(entry, "sha256", change->manifest))
			return true;
	}
	return false;
}

/* Different ones, of all the manifests of a cell. */
static size_t count_sets(const struct release_line *line, json_t *list)
{
	AUTO(json_t) seen = json_object();
	json_t *entry;
	json_t *set;
	size_t i, j;

	json_array_foreach(list, i, entry)
	{
		const char *hex = json_string_value(json_object_get(entry, "sha256"));
		AUTO(json_t) manifest = line_manifest(line, hex);

		json_array_foreach(json_object_get(json_object_get(manifest, "ima"), "sets"), j,
				   set)
		{
			const char *digest = json_string_value(json_object_get(set, "sha256"));

			(void)json_object_set_new(seen, digest, json_true());
		}
	}
	return json_object_size(seen);
}

/* No release waits until an old one's time is over: the oldest go. */
static void make_room(const struct release_line *line, json_t *list)
{
	while (json_array_size(list) > CELL_MANIFESTS_MAX ||
	       (json_array_size(list) > 1 && count_sets(line, list) > CELL_SETS_MAX)) {
		size_t last = json_array_size(list) - 1;

		fprintf(stderr,
			"version %" PRId64 " is accepted no longer, before its time: an index has "
			"room for %d of a cell, and for %d different sets; nodes that run it have "
			"to move on\n",
			(int64_t)int_of(json_array_get(list, last), "version"), CELL_MANIFESTS_MAX,
			CELL_SETS_MAX);
		(void)json_array_remove(list, last);
	}
}

static json_t *manifests_after(const struct release_line *line, json_t *cell,
			       const struct cell_change *change)
{
	AUTO(json_t) manifest = line_manifest(line, change->manifest);
	enum status status = OK;
	json_t *entry;
	json_t *kept;
	size_t i;

	if (manifest == NULL)
		return NULL;

	if (is_in_force(cell, change)) {
		(void)unusable("version %" PRId64 " is in force already: there is nothing to try "
			       "out; 'release collect' makes the next one, 'publish --again' an "
			       "index for what is in force",
			       (int64_t)int_of(manifest, "version"));
		return NULL;
	}

	json_t *list = json_pack("[{s:s, s:I, s:s}]", "sha256", change->manifest, "version",
				 int_of(manifest, "version"), "state",
				 change->is_canary ? "canary" : "current");
	json_array_foreach(json_object_get(cell, "manifests"), i, entry)
	{
		status = beside(line, change, entry, &kept);
		if (kept != NULL)
			(void)json_array_append_new(list, kept);
		if (status != OK)
			break;
	}
	if (status == OK) {
		make_room(line, list);
		return list;
	}
	json_decref(list);
	return NULL;
}

/* The document at the end of those that the cell had; the oldest go. */
static json_t *rollbacks_after(json_t *cell, const char *document)
{
	json_t *list = json_copy(json_object_get(cell, "rollbacks"));

	if (list == NULL)
		list = json_array();
	if (document != NULL)
		(void)json_array_append_new(list, json_string(document));
	while (json_array_size(list) > CELL_ROLLBACKS_MAX)
		(void)json_array_remove(list, 0);
	return list;
}

json_t *cells_after(const struct release_line *line, json_t *index,
		    const struct cell_change *change)
{
	json_t *mine = cells_find(index, change->platform, change->kernel);
	json_t *manifests = manifests_after(line, mine, change);
	json_t *cells = json_array();
	json_t *cell;
	size_t i;

	if (manifests == NULL) {
		json_decref(cells);
		return NULL;
	}
	json_array_foreach(json_object_get(index, "cells"), i, cell)
	{
		if (cell != mine)
			(void)json_array_append(cells, cell);
	}
	cell = json_pack("{s:s, s:s, s:o}", "platform", change->platform, "kernel", change->kernel,
			 "manifests", manifests);
	json_t *rollbacks = rollbacks_after(mine, change->rollback);
	if (json_array_size(rollbacks) > 0)
		(void)json_object_set(cell, "rollbacks", rollbacks);
	json_decref(rollbacks);
	(void)json_array_append_new(cells, cell);
	return cells;
}

json_t *cells_subjects(json_t *cells)
{
	json_t *subject = json_array();
	json_t *cell;
	json_t *entry;
	size_t i, j;

	json_array_foreach(cells, i, cell)
	{
		json_array_foreach(json_object_get(cell, "manifests"), j, entry)
		{
			subject_add(subject, "manifest",
				    json_string_value(json_object_get(entry, "sha256")));
		}
	}
	return subject;
}

enum status cells_highest(const struct release_line *line, const struct digest *pin,
			  uint64_t newest, const char *platform, const char *kernel, uint64_t *out)
{
	json_int_t highest = 0;

	for (uint64_t number = newest; number > 0; number--) {
		AUTO(json_t) index = line_past_index(line, pin, number);
		json_t *entry;
		size_t i;

		if (index == NULL)
			return STATUS_DENIED;
		json_array_foreach(
			json_object_get(cells_find(index, platform, kernel), "manifests"), i, entry)
		{
			if (int_of(entry, "version") > highest)
				highest = int_of(entry, "version");
		}
	}
	*out = (uint64_t)highest;
	return OK;
}
