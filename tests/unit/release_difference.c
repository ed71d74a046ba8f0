/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "policies/difference/difference.h"
#include "policies/envelope/dsse.h"
#include "release_line.h"

/* The payload of a manifest of this line; false where there is none to read. */
static bool open_side(struct line *line, const struct digest *manifest, struct dsse *dsse,
		      struct difference_side *out)
{
	AUTO_DONE(strict_document) why = { 0 };
	AUTO_DONE(bytes) file = { 0 };
	char hex[LINE_HEX_SIZE];
	char path[160];

	line_digest_hex(manifest, hex);
	(void)snprintf(path, sizeof(path), "manifests/%s.json", hex);
	return line->source.read(line, path, SIZE_MAX, &file) == OK &&
	       dsse_parse(span_of(&file), SIZE_MAX, dsse, &why) == OK &&
	       difference_side_open(span_of(&dsse->payload), out) == OK;
}

static enum status open_set(void *self, const struct manifest_set *set, struct span *file)
{
	struct line *line = self;
	char hex[LINE_HEX_SIZE];
	char path[160];

	line_digest_hex(&set->digest, hex);
	(void)snprintf(path, sizeof(path), "sets/%s", hex);
	for (size_t i = 0; i < line->count; i++) {
		if (strcmp(line->file[i].path, path) != 0)
			continue;
		*file = span_of(&line->file[i].content);
		return OK;
	}
	return STATUS_NOT_FOUND;
}

static void close_set(void *self, struct span file)
{
	(void)self;
	(void)file;
}

void line_difference(struct line *line, char hex[LINE_HEX_SIZE])
{
	static const struct class_rules none = { 0 };
	AUTO_DONE(dsse) old = { 0 };
	AUTO_DONE(dsse) new = { 0 };
	AUTO_DONE(difference_side) before = { 0 };
	AUTO_DONE(difference_side) after = { 0 };
	const struct set_source sets = { open_set, close_set, line };
	struct difference difference = { .digest = digest_filled(DIGEST_SHA256, 0) };
	struct set_fault why;
	bool can_be_told = open_side(line, &line->manifest, &new, &after);
	bool has_previous = can_be_told && after.manifest.has_previous;

	/* What cannot be compared is refused before anybody asks for the difference. */
	if (has_previous)
		can_be_told = open_side(line, &after.manifest.previous, &old, &before);
	if (can_be_told)
		(void)!difference_of(has_previous ? &before : NULL, &after, &sets, &none, NULL,
				     &difference, &why);
	line_digest_hex(&difference.digest, hex);
}
