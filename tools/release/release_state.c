/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/release_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "policies/documents/index.h"
#include "policies/documents/timestamp.h"
#include "tools/command.h"
#include "tools/release/release_manifest.h"

/* An index is too large for a stack. */
struct index_box {
	struct statement statement;
	struct index index;
};

static void index_box_free(struct index_box *box)
{
	if (box != NULL)
		statement_done(&box->statement);
	free(box);
}

AUTO_FREE(index_box, struct index_box, index_box_free);

/* One document of publish's as it lies there. */
struct published {
	struct path_text path;
	struct dsse dsse;
};

static void published_done(struct published *p)
{
	dsse_done(&p->dsse);
}

AUTO_RELEASE(published, published_done);

static enum status open_published(struct path_text path, struct published *out)
{
	out->path = path;
	return envelope_open(path.text, &out->dsse);
}

static enum status read_index(const struct published *p, uint64_t version, struct index_box *box)
{
	if (statement_open(span_of(&p->dsse.payload), DOCUMENT_INDEX, &box->statement) != OK ||
	    index_read(&box->statement, &box->index) != OK)
		return statement_unreadable(p->path.text, &box->statement);
	if (box->index.version == version)
		return OK;
	(void)unusable("%s: version-mismatch: it is version %" PRIu64, p->path.text,
		       box->index.version);
	return STATUS_MISMATCH;
}

static struct path_text index_path(const struct release_line *line, uint64_t version)
{
	return line_path(line, "release/index/%" PRIu64 ".json", version);
}

/* Timestamp and index, on their way to be believed. */
struct reading {
	const struct release_line *line;
	const struct line_anchor *anchor;
	struct published stamp, index;
	struct timestamp timestamp;
	struct index_box *box;
	struct digest digest; /* of the index */
};

static void reading_done(struct reading *r)
{
	published_done(&r->stamp);
	published_done(&r->index);
	index_box_free(r->box);
}

AUTO_RELEASE(reading, reading_done);

/* What they say; who says it is asked for after that. */
static enum status read_both(struct reading *r)
{
	AUTO_DONE(statement) s = { 0 };
	enum status status =
		open_published(line_path(r->line, "release/timestamp.json"), &r->stamp);

	if (status != OK)
		return status;
	if (statement_open(span_of(&r->stamp.dsse.payload), DOCUMENT_TIMESTAMP, &s) != OK ||
	    timestamp_read(&s, &r->timestamp) != OK)
		return statement_unreadable(r->stamp.path.text, &s);
	status = open_published(index_path(r->line, r->timestamp.index_version), &r->index);
	if (status == OK)
		status = digest_of(DIGEST_SHA256, span_of(&r->index.dsse.payload), &r->digest);
	if (status == OK && !digest_equal(&r->digest, &r->timestamp.index)) {
		(void)unusable("%s: digest-mismatch: not the index that the timestamp names",
			       r->index.path.text);
		return STATUS_MISMATCH;
	}
	r->box = calloc(1, sizeof(*r->box));
	if (status == OK && r->box == NULL)
		status = STATUS_NO_MEMORY;
	return status == OK ? read_index(&r->index, r->timestamp.index_version, r->box) : status;
}

/* Both by publishers of the root. */
static enum status check_signers(const struct reading *r, const struct root *root, key_mask revoked)
{
	const struct published *const both[] = { &r->stamp, &r->index };

	for (size_t i = 0; i < 2; i++) {
		key_mask signer;
		const char *doubt = envelope_doubt(root, ROLE_PUBLISH, &both[i]->dsse, &signer);

		if ((signer & revoked) != 0)
			doubt = "key-revoked";
		if (doubt == NULL)
			continue;
		(void)unusable("%s: %s: nobody signed it who may publish by root %" PRIu64
			       ": restore the file; if the publisher has changed since, 'publish "
			       "--again --after' names the index in force, as 'publish' printed it",
			       both[i]->path.text, doubt, root->version);
		return STATUS_DENIED;
	}
	return OK;
}

/* Who has lost the role or the key since: the index is known by its digest, and names the
 * root that counted then. */
static enum status check_known(const struct reading *r)
{
	AUTO_DONE(root) root = { 0 };

	if (strcmp(r->anchor->after, sha256_hex(&r->digest).hex) != 0) {
		(void)unusable("%s: digest-mismatch: not what --after names", r->index.path.text);
		return STATUS_MISMATCH;
	}
	enum status status =
		line_root_at(r->line, r->anchor->pin, r->box->index.root_version, &root);
	if (status != OK)
		return status;
	if (digest_equal(&root.digest, &r->box->index.root))
		return check_signers(r, &root, 0);
	(void)unusable("%s: root-mismatch: it names no root of this line", r->index.path.text);
	return STATUS_MISMATCH;
}

static enum status check_reading(const struct reading *r)
{
	AUTO_DONE(root) root = { 0 };
	key_mask revoked = 0;
	enum status status = line_root(r->line, r->anchor->pin, &root);

	if (status != OK)
		return status;
	if (r->anchor->after != NULL)
		return check_known(r);
	status = revoked_keys(line_path(r->line, "release").text, &root, &revoked);
	return status == OK ? check_signers(r, &root, revoked) : status;
}

/* A timestamp that is gone is not the same as none yet. */
static enum status check_none_yet(const struct release_line *line)
{
	if (!path_exists(index_path(line, 2).text))
		return OK;
	(void)unusable("%s: history-missing: it is gone, and there are indexes: restore it",
		       line_path(line, "release/timestamp.json").text);
	return STATUS_NOT_FOUND;
}

enum status line_state_from(const struct release_line *line, const struct line_anchor *anchor,
			    struct line_state *out)
{
	AUTO_DONE(reading) r = { .line = line, .anchor = anchor };

	*out = (struct line_state){ 0 };
	if (!path_exists(line_path(line, "release/timestamp.json").text))
		return check_none_yet(line);

	enum status status = read_both(&r);
	if (status == OK)
		status = check_reading(&r);
	if (status != OK)
		return status;
	out->index = payload_predicate(span_of(&r.index.dsse.payload));
	out->timestamp_version = r.timestamp.version;
	out->index_version = r.timestamp.index_version;
	out->index_digest = r.digest;
	out->revocations = (struct release_mark){ .version = r.box->index.revocations_version,
						  .digest = r.box->index.revocations };
	return out->index == NULL ? STATUS_MALFORMED : OK;
}

void line_state_done(struct line_state *state)
{
	json_decref(state->index);
	state->index = NULL;
}

static bool has_text(json_t *object, const char *name, const char *text)
{
	const char *found = json_string_value(json_object_get(object, name));

	return found != NULL && strcmp(found, text) == 0;
}

json_t *line_state_manifest(const struct line_state *state, const char *platform,
			    const char *kernel, const char *name)
{
	json_t *cell;
	json_t *manifest;
	size_t i, j;

	json_array_foreach(json_object_get(state->index, "cells"), i, cell)
	{
		if (!has_text(cell, "platform", platform) || !has_text(cell, "kernel", kernel))
			continue;
		json_array_foreach(json_object_get(cell, "manifests"), j,
				   manifest) if (has_text(manifest, "state", name)) return manifest;
	}
	return NULL;
}

json_t *line_past_index(const struct release_line *line, const struct digest *pin, uint64_t version)
{
	AUTO(index_box) box = calloc(1, sizeof(*box));
	AUTO_DONE(published) p = { 0 };
	AUTO_DONE(root) root = { 0 };
	const char *doubt;
	key_mask signer;
	enum status status = open_published(index_path(line, version), &p);

	if (status == OK)
		status = box == NULL ? STATUS_NO_MEMORY : read_index(&p, version, box);
	if (status == OK)
		status = line_root_at(line, pin, box->index.root_version, &root);
	if (status != OK)
		return NULL;
	doubt = digest_equal(&root.digest, &box->index.root)
			? envelope_doubt(&root, ROLE_PUBLISH, &p.dsse, &signer)
			: "root-mismatch";
	if (doubt == NULL)
		return payload_predicate(span_of(&p.dsse.payload));
	(void)unusable("%s: %s: no publisher of its time signed it: restore the file", p.path.text,
		       doubt);
	return NULL;
}

json_t *line_manifest(const struct release_line *line, const char *hex)
{
	AUTO_DONE(bytes) payload = { 0 };

	if (manifest_named(line_path(line, "release").text, hex, &payload) != OK)
		return NULL;
	return payload_predicate(span_of(&payload));
}
