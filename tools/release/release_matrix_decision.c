/* SPDX-License-Identifier: Apache-2.0 */
/* A decision about a platform and a kernel, on top of those that were made. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/command.h"
#include "tools/release/release_matrix.h"
#include "tools/release/release_root.h"

/* PLATFORM/KERNEL of --allow and --block. */
bool matrix_cell_split(const char *text, char platform[65], char kernel[65])
{
	const char *slash = strchr(text, '/');

	return slash != NULL && slash > text && slash - text <= 64 && strlen(slash + 1) <= 64 &&
	       snprintf(platform, 65, "%.*s", (int)(slash - text), text) > 0 &&
	       snprintf(kernel, 65, "%s", slash + 1) > 0 && target_is_valid(span_text(platform)) &&
	       target_is_valid(span_text(kernel));
}

static json_t *find_cell(json_t *cells, const char *platform, const char *kernel)
{
	json_t *cell;
	size_t i;

	json_array_foreach(cells, i, cell)
	{
		if (strcmp(json_string_value(json_object_get(cell, "platform")), platform) == 0 &&
		    strcmp(json_string_value(json_object_get(cell, "kernel")), kernel) == 0)
			return cell;
	}
	return NULL;
}

static json_t *decision_json(json_t *cell, const char *reason, const char *by)
{
	return json_pack("{s:O, s:O, s:O, s:s, s:s, s:I}", "platform",
			 json_object_get(cell, "platform"), "kernel",
			 json_object_get(cell, "kernel"), "state", json_object_get(cell, "state"),
			 "reason", reason, "by", by, "time", (json_int_t)time(NULL));
}

/* A matrix from before decisions were kept gets one for each of its cells. */
static json_t *decisions_of(json_t *predicate, const char *by)
{
	json_t *decisions = json_object_get(predicate, "decisions");
	json_t *cell;
	size_t i;

	if (decisions != NULL)
		return decisions;
	decisions = json_array();
	json_array_foreach(json_object_get(predicate, "cells"), i, cell)
	{
		(void)json_array_append_new(
			decisions,
			decision_json(cell, "as it stood before decisions were recorded", by));
	}
	(void)json_object_set_new(predicate, "decisions", decisions);
	return decisions;
}

static bool add_to_classes(const struct matrix_request *request, json_t *predicate)
{
	json_t *wanted, *class;
	size_t i, j;

	json_array_foreach(request->classes, i, wanted)
	{
		bool is_known = false;

		json_array_foreach(json_object_get(predicate, "classes"), j, class)
		{
			if (!json_equal(json_object_get(class, "name"), wanted))
				continue;
			is_known = true;
			(void)json_array_append_new(json_object_get(class, "cells"),
						    json_string(request->cell));
		}
		if (!is_known) {
			(void)unusable("the matrix has no class %s", json_string_value(wanted));
			return false;
		}
	}
	return true;
}

/* Whose decision it is: the principal of the key that proposes it. */
static bool find_principal(const struct matrix_request *request, char by[65])
{
	AUTO_DONE(root) root = { 0 };

	if (line_root(&request->line, &request->signing.pin, &root) != OK)
		return false;
	for (size_t i = 0; i < root.key_count; i++) {
		if (!span_equal(root.key[i].name, span_text(request->signing.key_name)))
			continue;
		(void)snprintf(by, 65, "%.*s", (int)root.key[i].principal.len,
			       (const char *)root.key[i].principal.data);
		return true;
	}
	(void)unusable("the root knows no key '%s'", request->signing.key_name);
	return false;
}

static bool decide(const struct matrix_request *request, json_t *predicate)
{
	const char *state = request->action == MATRIX_ALLOW ? "allow" : "block";
	json_t *cells = json_object_get(predicate, "cells");
	char platform[65], kernel[65], by[65];

	if (!matrix_cell_split(request->cell, platform, kernel) || !find_principal(request, by))
		return false;

	json_t *decisions = decisions_of(predicate, by);
	json_t *cell = find_cell(cells, platform, kernel);
	if (cell == NULL) {
		cell = json_pack("{s:s, s:s}", "platform", platform, "kernel", kernel);
		(void)json_array_append_new(cells, cell);
	}
	(void)json_object_set_new(cell, "state", json_string(state));
	(void)json_array_append_new(decisions, decision_json(cell, request->reason, by));
	return add_to_classes(request, predicate);
}

enum status matrix_next(void *self, struct bytes *payload)
{
	const struct matrix_request *request = self;
	AUTO(matrix_paper) known = matrix_paper_known(request);
	AUTO(json_t) predicate = known == NULL ? NULL : payload_predicate(span_of(&known->payload));
	AUTO_DONE(bytes) checked = { 0 };
	enum status status;

	if (predicate == NULL || !decide(request, predicate))
		return STATUS_NOT_FOUND;
	(void)json_object_set_new(predicate, "version",
				  json_integer((json_int_t)known->matrix.version + 1));
	status = statement_text(DOCUMENT_MATRIX, json_array(), json_incref(predicate), payload);
	if (status == OK)
		status = bytes_copy(span_of(payload), &checked);
	if (status != OK)
		return status;

	AUTO(matrix_paper) next = matrix_paper_read(&checked, DRAFT_MATRIX);
	return next == NULL ? STATUS_MALFORMED : OK;
}
