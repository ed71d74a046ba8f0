/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/release_baseline.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "policies/transparency/release_log.h"
#include "tools/command.h"
#include "tools/release/release_directory.h"
#include "tools/release/release_state.h"

static const char *text_of(json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

static bool has_current(json_t *index, const char *hex)
{
	json_t *cell;
	json_t *manifest;
	size_t i, j;

	json_array_foreach(json_object_get(index, "cells"), i, cell)
	{
		json_array_foreach(json_object_get(cell, "manifests"), j, manifest)
		{
			if (strcmp(text_of(manifest, "state"), "current") == 0 &&
			    strcmp(text_of(manifest, "sha256"), hex) == 0)
				return true;
		}
	}
	return false;
}

/* Does what lies there look as if it named it? Then a publisher of its day is asked for. */
static bool may_name(struct path_text path, const char *hex)
{
	AUTO(json_t) index = line_predicate(path.text);

	return has_current(index, hex);
}

/* The root of the first index in force that has the manifest as current; 0: none. */
static uint64_t root_of_its_day(const struct release_line *line, const struct digest *pin,
				const char *hex)
{
	for (uint64_t version = 1;; version++) {
		struct path_text path = line_path(line, "release/index/%" PRIu64 ".json", version);

		if (!path_exists(path.text))
			return 0;
		if (!may_name(path, hex))
			continue;
		AUTO(json_t) index = line_past_index(line, pin, version);
		if (has_current(index, hex))
			return (uint64_t)json_integer_value(
				json_object_get(json_object_get(index, "root"), "version"));
	}
}

/* As it was when it was in force, whoever signs and approves today. */
static bool stood(const struct release_line *line, const struct release_trust *trust,
		  struct release_directory *directory, const struct digest *pin,
		  const struct digest *manifest)
{
	struct earlier earlier = {
		.source = release_directory_source(directory),
		.version = root_of_its_day(line, pin, sha256_hex(manifest).hex),
	};
	const struct document_source source = { .read = earlier_read, .self = &earlier };
	struct release_refusal why = { 0 };

	return earlier.version != 0 && release_baseline(trust, &source, manifest, true, &why) == OK;
}

static bool opens_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* Nothing is wrong with the manifest, and nothing that its signers could mend. */
static bool is_unread(const struct release_refusal *why)
{
	return strcmp(why->code, "source-failed") == 0;
}

/* Who signs today, what was taken back, and a log that contradicts itself, are no matter
 * of history. What has no proof may be older than the wish for one. */
static bool is_of_today(const struct release_refusal *why)
{
	return opens_with(why->document, "root") || opens_with(why->document, "revocations") ||
	       opens_with(why->document, RELEASE_LOG "/") || opens_with(why->code, "log-");
}

/* The revocations that the index in force names are known by their bytes, where who signed
 * them has the role no more. An index that does not verify names none; that is said. */
static struct release_mark known_revocations(const struct release_line *line,
					     const struct digest *pin)
{
	const struct line_anchor anchor = { .pin = pin };
	AUTO_DONE(line_state) state = { 0 };

	return line_state_from(line, &anchor, &state) == OK ? state.revocations
							    : (struct release_mark){ 0 };
}

enum status baseline_check(const struct release_line *line, const struct digest *first,
			   const struct digest *manifest)
{
	struct path_text release = line_path(line, "release");
	struct release_directory directory = { .path = release.text };
	const struct document_source source = release_directory_source(&directory);
	struct release_trust trust = { .root = *first, .now = time(NULL) };
	struct release_refusal why = { 0 };

	trust.marks.revocations = known_revocations(line, first);
	enum status status = release_baseline(&trust, &source, manifest, false, &why);
	if (status == OK)
		return OK;
	if (is_unread(&why) || is_of_today(&why)) {
		(void)unusable("nobody can be shown what changes against sha256:%s: %s",
			       sha256_hex(manifest).hex,
			       is_unread(&why) ? "not all that it stands on can be read"
					       : "whose word counts, or the log, does not verify");
		print_refusal(stderr, &why);
		return status;
	}
	if (stood(line, &trust, &directory, first, manifest)) {
		(void)unusable(
			"manifest sha256:%s, which 'previous' names, was in force, and stands "
			"no more by itself: %s at %s: what goes on from it counts once it is "
			"signed and approved again too",
			sha256_hex(manifest).hex, why.code, why.document);
		return OK;
	}
	(void)unusable("manifest sha256:%s, which 'previous' names, does not stand by itself: "
		       "nobody can be shown what changes: have it signed and approved first "
		       "('release approve --manifest'), or 'release collect' again, against what "
		       "is in force",
		       sha256_hex(manifest).hex);
	print_refusal(stderr, &why);
	return status;
}
