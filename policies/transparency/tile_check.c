/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/transparency/tile_check.h"

#include <stdio.h>

void tile_check_init(struct tile_check *check, const struct tile_source *source)
{
	*check = (struct tile_check){ .source = source };
}

void tile_check_done(struct tile_check *check)
{
	tree_edge_done(&check->edge);
}

/* The full tile begins with what a partial one holds, and may have taken its place. */
static enum status read_full(const struct tile_source *source, const char *path, struct bytes *out)
{
	const char *partial = strstr(path, ".p/");
	char full[TILE_PATH_MAX];

	if (partial == NULL)
		return STATUS_NOT_FOUND;
	(void)snprintf(full, sizeof(full), "%.*s", (int)(partial - path), path);
	return source->read(source->self, full, TILE_SIZE_MAX, out);
}

static bool is_prefix(struct span hashes, struct span of)
{
	return of.len >= hashes.len && memcmp(of.data, hashes.data, hashes.len) == 0;
}

/* In the place of writing it. Bundles are where the entries come from. */
static enum status compare(void *self, const char *path, struct span hashes)
{
	struct tile_check *check = self;
	AUTO_DONE(bytes) found = { 0 };
	AUTO_DONE(bytes) full = { 0 };
	bool is_same = false;

	if (strncmp(path, "tile/entries/", strlen("tile/entries/")) == 0 ||
	    check->differs[0] != '\0')
		return OK;

	enum status status = check->source->read(check->source->self, path, TILE_SIZE_MAX, &found);
	if (status == OK) {
		is_same = span_equal(span_of(&found), hashes);
	} else if (status == STATUS_NOT_FOUND) {
		status = read_full(check->source, path, &full);
		is_same = status == OK && is_prefix(hashes, span_of(&full));
	}
	if (!is_same)
		(void)snprintf(check->differs, sizeof(check->differs), "%s", path);
	return status == STATUS_NOT_FOUND || status == STATUS_TOO_LARGE ? OK : status;
}

enum status tile_check_add(const struct hasher *h, struct tile_check *check, struct span entry)
{
	const struct tile_sink sink = { .write = compare, .self = check };

	return tree_edge_add(h, &check->edge, &sink, entry);
}

enum status tile_check_end(struct tile_check *check)
{
	const struct tile_sink sink = { .write = compare, .self = check };
	enum status status = tree_edge_flush(&check->edge, &sink);

	return status == OK && check->differs[0] != '\0' ? STATUS_MISMATCH : status;
}
