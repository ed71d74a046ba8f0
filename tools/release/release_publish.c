/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/release_publish.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tools/command.h"
#include "tools/release/release_cells.h"
#include "tools/release/release_directory.h"

#define DRAFT_MAX ((size_t)4 << 20)

void publish_done(struct publish *p)
{
	EVP_PKEY_free(p->signing.loaded);
	json_decref(p->settings);
	root_done(&p->root);
	line_state_done(&p->state);
	bytes_done(&p->index_payload);
	bytes_done(&p->index);
	bytes_done(&p->timestamp);
}

static struct path_text index_path(const struct publish *p, uint64_t version)
{
	return line_path(&p->line, "release/index/%" PRIu64 ".json", version);
}

/* The newest revocations, as {"version", "sha256"}. Who signed them is asked when the
 * release is tried. */
static json_t *newest_revocations(const struct publish *p)
{
	struct release_mark newest = { 0 };

	if (revocations_newest(&p->line, &newest) != OK)
		return NULL;
	return json_pack("{s:I, s:s}", "version", (json_int_t)newest.version, "sha256",
			 sha256_hex(&newest.digest).hex);
}

static const char *text_of(json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

/* The SHA-256 of a draft: of the manifest that was signed last, or of another document. */
static enum status find_draft(const struct publish *p, const char *draft, struct sha256_text *out)
{
	AUTO_DONE(bytes) text = { 0 };
	enum status status = path_read(line_path(&p->line, "%s", draft).text, DRAFT_MAX, &text);

	if (status == OK)
		*out = sha256_text_of(span_of(&text));
	return status;
}

/* The document that 'rollback' made last, and where it leads. */
static enum status find_rollback(const struct publish *p, struct sha256_text *document,
				 struct sha256_text *out)
{
	AUTO_DONE(bytes) draft = { 0 };
	enum status status = path_read(line_path(&p->line, DRAFT_ROLLBACK).text, DRAFT_MAX, &draft);

	if (status != OK)
		return status;
	*document = sha256_text_of(span_of(&draft));

	AUTO(json_t) predicate = payload_predicate(span_of(&draft));
	json_t *to = json_object_get(predicate, "to");
	if (!json_is_string(json_object_get(to, "sha256")))
		return STATUS_NOT_FOUND;
	(void)snprintf(out->hex, sizeof(out->hex), "%s", text_of(to, "sha256"));
	return OK;
}

static json_t *next_cells(const struct publish *p)
{
	struct sha256_text manifest = { "" }, document = { "" };
	struct cell_change change = {
		.platform = text_of(p->settings, "platform"),
		.kernel = text_of(p->settings, "kernel"),
		.manifest = manifest.hex,
		.is_canary = p->action == PUBLISH_CANARY || p->action == PUBLISH_EMERGENCY,
		.rollback = p->action == PUBLISH_ROLLBACK ? document.hex : NULL,
		.now = p->now,
		.accept_previous = p->accept_previous,
	};

	if (p->action == PUBLISH_AGAIN)
		return json_incref(json_object_get(p->state.index, "cells"));

	enum status status = p->action == PUBLISH_ROLLBACK
				     ? find_rollback(p, &document, &manifest)
				     : find_draft(p, "draft/manifest.json", &manifest);

	return status == OK ? cells_after(&p->line, p->state.index, &change) : NULL;
}

/* One that is there and not named yet. */
static void add_review(const struct publish *p, const char *path, json_t *reviews)
{
	AUTO_DONE(dsse) dsse = { 0 };
	key_mask signer;
	json_t *named;
	size_t i;

	if (envelope_open(path, &dsse) != OK ||
	    envelope_doubt(&p->root, ROLE_REVIEW, &dsse, &signer) != NULL)
		return;

	AUTO(json_t) review = payload_predicate(span_of(&dsse.payload));
	struct sha256_text document = sha256_text_of(span_of(&dsse.payload));
	json_array_foreach(reviews, i,
			   named) if (strcmp(text_of(named, "sha256"), document.hex) == 0) return;
	(void)json_array_append_new(reviews, json_pack("{s:s, s:s, s:I}", "sha256", document.hex,
						       "finding", text_of(review, "finding"),
						       "time", (json_int_t)p->now));
}

/* What the index before named stays as it was; what came since has the time of this one. */
static json_t *reviews_of(const struct publish *p, const char *emergency)
{
	json_t *before = json_object_get(p->state.index, "reviews");
	bool is_same = strcmp(text_of(p->state.index, "emergency"), emergency) == 0;
	json_t *reviews = is_same && before != NULL ? json_deep_copy(before) : json_array();

	for (int i = 1;; i++) {
		struct path_text path =
			line_path(&p->line, "release/reviews/%s/%d.json", emergency, i);

		if (!path_exists(path.text))
			return reviews;
		add_review(p, path.text, reviews);
	}
}

/* The emergency that was declared last, and its reviews: the index keeps naming them. */
static enum status name_emergency(const struct publish *p, json_t *predicate)
{
	struct sha256_text declared;
	const char *named = text_of(p->state.index, "emergency");
	enum status status = OK;

	if (p->action == PUBLISH_EMERGENCY) {
		status = find_draft(p, DRAFT_EMERGENCY, &declared);
		named = declared.hex;
	}
	if (status != OK || named[0] == '\0')
		return status;

	AUTO(json_t) reviews = reviews_of(p, named);
	(void)json_object_set_new(predicate, "emergency", json_string(named));
	if (json_array_size(reviews) > 0)
		(void)json_object_set(predicate, "reviews", reviews);
	return OK;
}

enum status publish_make_index(void *self, struct bytes *payload)
{
	const struct publish *p = self;
	json_t *cells = next_cells(p);
	json_t *revocations = cells == NULL ? NULL : newest_revocations(p);
	if (revocations == NULL) {
		json_decref(cells);
		return STATUS_NOT_FOUND;
	}
	json_t *predicate = json_pack(
		"{s:I, s:I, s:{s:I, s:s}, s:s, s:o, s:o}", "version", (json_int_t)p->index_version,
		"time", (json_int_t)p->now, "root", "version", (json_int_t)p->root.version,
		"sha256", sha256_hex(&p->root.digest).hex, "matrix", text_of(p->settings, "matrix"),
		"revocations", revocations, "cells", cells);
	enum status status = name_emergency(p, predicate);

	if (status == OK)
		return statement_text(DOCUMENT_INDEX, cells_subjects(cells), predicate, payload);
	json_decref(predicate);
	return status;
}

enum status publish_make_timestamp(void *self, struct bytes *payload)
{
	const struct publish *p = self;
	struct sha256_text index = p->index_payload.len > 0
					   ? sha256_text_of(span_of(&p->index_payload))
					   : sha256_hex(&p->state.index_digest);
	json_t *subject = json_array();

	subject_add(subject, "index", index.hex);
	return statement_text(DOCUMENT_TIMESTAMP, subject,
			      json_pack("{s:I, s:I, s:I, s:{s:I, s:s}}", "version",
					(json_int_t)(p->state.timestamp_version + 1), "time",
					(json_int_t)p->now, "expires",
					(json_int_t)(p->now + p->lifetime), "index", "version",
					(json_int_t)p->index_version, "sha256", index.hex),
			      payload);
}

/* The directory as it will be, with what is not in it yet. */
struct rehearsal {
	struct release_directory directory;
	const struct publish *publish;
	char index[48];
};

static enum status rehearsal_read(void *self, const char *path, size_t max, struct bytes *out)
{
	struct rehearsal *r = self;
	struct document_source source = release_directory_source(&r->directory);

	if (strcmp(path, "timestamp.json") == 0)
		return bytes_copy(span_of(&r->publish->timestamp), out);
	if (r->publish->index.len > 0 && strcmp(path, r->index) == 0)
		return bytes_copy(span_of(&r->publish->index), out);
	return source.read(source.self, path, max, out);
}

static bool is_in_force(const struct reference *ref, const char *hex)
{
	struct release release;

	for (uint32_t i = 0; i < reference_facts(ref).release_count; i++)
		if (reference_release(ref, i, &release) == OK &&
		    strcmp(sha256_hex(&release.manifest).hex, hex) == 0)
			return true;
	return false;
}

/* What lapsed without taking the rest with it, nobody is told of otherwise. */
static void print_lapsed(const struct publish *p, struct span image)
{
	AUTO(json_t)
	index = p->index_payload.len > 0 ? payload_predicate(span_of(&p->index_payload))
					 : json_incref(p->state.index);
	struct reference ref;
	json_t *cell;
	json_t *manifest;
	size_t i, j;

	if (reference_open(image, &ref) != OK)
		return;
	json_array_foreach(json_object_get(index, "cells"), i, cell)
	{
		json_array_foreach(json_object_get(cell, "manifests"), j, manifest)
		{
			if (!is_in_force(&ref, text_of(manifest, "sha256")))
				fprintf(stderr,
					"out of force: version %" JSON_INTEGER_FORMAT
					", sha256:%s: it, its cell, or a key that signed or "
					"approved it or what it names as previous, counts no "
					"more\n",
					json_integer_value(json_object_get(manifest, "version")),
					text_of(manifest, "sha256"));
		}
	}
}

bool publish_rehearse(const struct publish *p)
{
	AUTO_DONE(bytes) image = { 0 };
	struct path_text path = line_path(&p->line, "release");
	struct rehearsal r = { .directory = { .path = path.text }, .publish = p };
	const struct document_source source = { .read = rehearsal_read, .self = &r };
	/* As a verifier that follows this line remembers what is in force. */
	struct release_trust trust = { .now = p->now,
				       .marks.index = { .version = p->state.index_version,
							.digest = p->state.index_digest } };
	struct release_refusal refusal = { 0 };
	struct release_marks marks;
	enum status status = line_pin(&p->line, &p->signing.pin, &trust.root);

	(void)snprintf(r.index, sizeof(r.index), "index/%" PRIu64 ".json", p->index_version);
	if (status == OK && trust.root.alg == DIGEST_NONE)
		status = release_directory_root(&r.directory, &trust.root);
	if (status == OK)
		status = release_load(&trust, &source, &image, &marks, &refusal);
	/* It would fall back on what is in force. */
	if (status == OK && refusal.code != NULL)
		status = STATUS_DENIED;
	if (status != OK)
		(void)unusable("not published, verifiers would refuse it: %s: %s %s: %s",
			       refusal.code == NULL ? status_text(status) : refusal.code,
			       refusal.document, refusal.field, refusal.advice);
	else
		print_lapsed(p, span_of(&image));
	return status == OK;
}

static enum status remember_begun(struct publish *p)
{
	if (p->index.len == 0)
		return OK;
	p->memory.begun.version = p->index_version;

	enum status status =
		digest_of(DIGEST_SHA256, span_of(&p->index_payload), &p->memory.begun.digest);
	return status == OK ? memory_write(&p->memory) : status;
}

static enum status remember_published(struct publish *p)
{
	p->memory.index = p->index.len > 0
				  ? p->memory.begun
				  : (struct release_mark){ .version = p->state.index_version,
							   .digest = p->state.index_digest };
	p->memory.begun = (struct release_mark){ 0 };
	p->memory.timestamp = p->state.timestamp_version + 1;
	return memory_write(&p->memory);
}

/* Before and after: a run that ends between the two may have been seen, or not. */
enum status publish_write(struct publish *p)
{
	struct path_text index = index_path(p, p->index_version);
	enum status status = remember_begun(p);

	if (status == OK && p->index.len > 0)
		status = path_write(index.text, span_of(&p->index), 0644);
	if (status != OK)
		return status;
	status = path_write(line_path(&p->line, "release/timestamp.json").text,
			    span_of(&p->timestamp), 0644);
	if (status != OK && p->index.len > 0)
		(void)unlink(index.text);
	return status == OK ? remember_published(p) : status;
}

bool publish_recall(struct publish *p)
{
	struct path_text timestamp = line_path(&p->line, "release/timestamp.json");
	const struct release_mark index = { .version = p->state.index_version,
					    .digest = p->state.index_digest };
	struct release_mark revocations = { 0 };
	struct release_memory *m = &p->memory;

	if (memory_read(&p->line, "publisher/published", p->state_file, m) != OK ||
	    revocations_newest(&p->line, &revocations) != OK)
		return false;
	if (!m->is_there && index.version > 0)
		memory_say_none(m, "timestamp and the index");
	if (p->state.timestamp_version < m->timestamp) {
		(void)unusable("%s: rolled-back: by %s version %" PRIu64 " was signed: restore it",
			       timestamp.text, m->path.text, m->timestamp);
		return false;
	}
	if (!memory_allows(m, timestamp.text, &m->index, &index) ||
	    !memory_allows(m, line_path(&p->line, "release/revocations").text, &m->revocations,
			   &revocations))
		return false;
	m->revocations = revocations;
	return true;
}

/* Its payload is the one that was begun. */
static bool is_begun(const struct publish *p, const char *path, uint64_t version)
{
	AUTO_DONE(dsse) dsse = { 0 };
	struct digest digest;

	return p->memory.begun.version == version && envelope_open(path, &dsse) == OK &&
	       digest_of(DIGEST_SHA256, span_of(&dsse.payload), &digest) == OK &&
	       digest_equal(&digest, &p->memory.begun.digest);
}

enum status publish_set_aside(const struct publish *p)
{
	uint64_t next = p->state.index_version + 1;
	struct path_text from = index_path(p, next);
	struct path_text to = line_path(&p->line, "draft/index-%" PRIu64 ".json", next);

	if (!path_exists(from.text))
		return OK;
	if (!is_begun(p, from.text, next) || path_exists(index_path(p, next + 1).text)) {
		(void)unusable("%s: rolled-back: it names index %" PRIu64
			       ", and there are later ones, not left by an interrupted run that %s "
			       "tells of: restore it",
			       line_path(&p->line, "release/timestamp.json").text,
			       p->state.index_version, p->memory.path.text);
		return STATUS_DENIED;
	}
	(void)unusable("%s was never in force, a run was interrupted: it goes to %s", from.text,
		       to.text);
	if (rename(from.text, to.text) == 0)
		return OK;
	(void)unusable("%s: %s", to.text, strerror(errno));
	return STATUS_IO;
}
