/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "line_log.h"

#include <stdio.h>
#include <string.h>

#include "policies/envelope/dsse.h"
#include "policies/transparency/checkpoint.h"
#include "policies/transparency/log_proof.h"
#include "policies/transparency/release_log.h"

const struct line_edit line_log_edits[2] = {
	{ "root", "\"publish\":{\"keys\":[\"publish\"],\"threshold\":1}",
	  "\"publish\":{\"keys\":[\"publish\"],\"threshold\":1},"
	  "\"log\":{\"keys\":[\"log\"],\"threshold\":1},"
	  "\"witness\":{\"keys\":[\"witness\"],\"threshold\":1}" },
	{ "root", "\"requireProofs\":false", "\"requireProofs\":true" },
};

void line_log_init(struct line_log *log, struct line *line)
{
	*log = (struct line_log){ .line = line };
	assert_int_equal(hasher_init(&log->hasher, DIGEST_SHA256), OK);
}

void line_log_done(struct line_log *log)
{
	for (size_t i = 0; i < log->count; i++)
		bytes_done(&log->entry[i].text);
	tree_edge_done(&log->edge);
	hasher_done(&log->hasher);
}

static enum status write_file(void *self, const char *path, struct span content)
{
	char full[160];

	(void)snprintf(full, sizeof(full), "%s/%s", RELEASE_LOG, path);
	line_put(self, full, content);
	return OK;
}

static enum status read_file(void *self, const char *path, size_t max, struct bytes *out)
{
	const struct line *line = self;
	char full[160];

	(void)snprintf(full, sizeof(full), "%s/%s", RELEASE_LOG, path);
	return line->source.read(line->source.self, full, max, out);
}

static void payload_digest(struct line *line, const char *path, struct digest *out)
{
	AUTO_DONE(strict_document) why = { 0 };
	AUTO_DONE(dsse) dsse = { 0 };
	struct bytes *envelope = line_file(line, path);

	assert_int_equal(dsse_parse(span_of(envelope), envelope->len, &dsse, &why), OK);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&dsse.payload), out), OK);
}

void line_log_add(struct line_log *log, const char *kind, const char *path, const char *key)
{
	const struct tile_sink sink = { .write = write_file, .self = log->line };
	struct log_entry entry = { .kind = span_text(kind),
				   .key = span_text(key),
				   .time = LINE_NOW - 30 };

	assert_true(log->count < LINE_LOG_ENTRIES_MAX);
	payload_digest(log->line, path, &entry.document);
	log->entry[log->count].document = entry.document;
	(void)snprintf(log->entry[log->count].key, LOG_NAME_MAX, "%s", key);
	assert_int_equal(log_entry_make(&entry, &log->entry[log->count].text), OK);
	assert_int_equal(tree_edge_add(&log->hasher, &log->edge, &sink,
				       span_of(&log->entry[log->count].text)),
			 OK);
	log->count++;
}

void line_log_add_all(struct line_log *log)
{
	line_log_add(log, "manifest", "manifests/", "sign");
	line_log_add(log, "approval", "approvals/", "plat-approve");
	/* The second envelope of the same folder. */
	char path[160];
	for (size_t i = 0; i < log->line->count; i++)
		if (strncmp(log->line->file[i].path, "approvals/", 10) == 0)
			(void)snprintf(path, sizeof(path), "%s", log->line->file[i].path);
	line_log_add(log, "approval", path, "sec-approve");
}

static void make_note(const struct line_log *log, const struct tree_head *head, const char *log_key,
		      const char *witness, struct bytes *out)
{
	AUTO_DONE(bytes) origin = { 0 };
	struct note_key key;
	struct note note;

	assert_int_equal(release_log_origin(&log->line->root, &origin), OK);
	assert_int_equal(note_key_init(span_of(&origin), NOTE_ED25519,
				       line_key(log_key == NULL ? "publish" : log_key), &key),
			 OK);
	assert_int_equal(checkpoint_make(head, &key, out), OK);
	if (witness == NULL)
		return;
	assert_int_equal(note_parse(span_of(out), &note), OK);
	AUTO_DONE(bytes) text = { 0 };
	assert_int_equal(bytes_copy(note.text, &text), OK);
	assert_int_equal(
		note_key_init(span_text(witness), NOTE_COSIGNATURE, line_key(witness), &key), OK);
	assert_int_equal(note_sign(span_of(&text), &key, LINE_NOW - 20, out), OK);
}

void line_log_proof_path(const struct line_log *log, size_t entry, char path[160])
{
	int used = snprintf(path, 160, "%s/", RELEASE_PROOFS);

	for (size_t i = 0; i < SHA256_SIZE; i++)
		used += snprintf(path + used, 160 - (size_t)used, "%02x",
				 log->entry[entry].document.value[i]);
	(void)snprintf(path + used, 160 - (size_t)used, "/%s", log->entry[entry].key);
}

void line_log_prove(struct line_log *log, size_t entry, const char *path, const char *log_key,
		    const char *witness)
{
	const struct tile_source tiles = { .read = read_file, .self = log->line };
	AUTO_DONE(tile_tree) tree = { 0 };
	AUTO_DONE(bytes) note = { 0 };
	AUTO_DONE(bytes) text = { 0 };
	struct log_proof proof = { .entry = log->entry[entry].text, .index = entry };

	tile_tree_init(&tree, &log->hasher, &tiles, log->head.size);
	struct tree_source source = tile_tree_source(&tree);
	assert_int_equal(inclusion_make(&log->hasher, &source, entry, log->head.size, &proof.path),
			 OK);
	make_note(log, &log->head, log_key, witness, &note);
	proof.checkpoint = span_of(&note);
	assert_int_equal(log_proof_make(&proof, &text), OK);
	line_put(log->line, path, span_of(&text));
}

void line_log_publish(struct line_log *log, const char *log_key, const char *witness)
{
	const struct tile_sink sink = { .write = write_file, .self = log->line };
	AUTO_DONE(bytes) note = { 0 };

	assert_int_equal(tree_edge_flush(&log->edge, &sink), OK);
	assert_int_equal(tree_edge_head(&log->hasher, &log->edge, &log->head), OK);
	make_note(log, &log->head, log_key, witness, &note);
	line_put(log->line, RELEASE_LOG_WITNESSED, span_of(&note));
	for (size_t i = 0; i < log->count; i++) {
		char path[160];

		line_log_proof_path(log, i, path);
		line_log_prove(log, i, path, log_key, witness);
	}
}
