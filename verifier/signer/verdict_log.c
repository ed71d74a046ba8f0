/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "policies/transparency/checkpoint.h"
#include "verifier/audit_record.h"
#include "verifier/signer/core.h"

/*
 * A Merkle tree over the audit log's entries, signed every few seconds and away from
 * requests. The entries are the truth, which a trigger keeps append-only: the tree
 * at a size is the same whoever computes it and whenever, so that no crash can fork
 * it. What is kept is what the next entries need, with the checkpoint, in the
 * transaction that signs it.
 */
#define FACT "verdict-log"
#define FACT_MAX 8192
#define INTERVAL_S 10
#define PAGE 256
#define PAGES_MAX 16 /* a batch: some milliseconds */

static enum status read_range(struct reader *r, struct verdict_log *log)
{
	log->range.size = reader_be64(r);
	reader_copy(r, log->last, SHA256_SIZE);
	if (log->range.size > TREE_SIZE_MAX)
		reader_fail(r, STATUS_MALFORMED);
	for (size_t i = 0; r->status == OK && i < tree_range_count(&log->range); i++)
		reader_copy(r, log->range.hash[i].value, SHA256_SIZE);
	return r->status;
}

/* What was signed last; nothing before the first time. *note is the rest. */
static enum status read_fact(struct signer *s, struct keep *keep, struct verdict_log *log,
			     struct span *note)
{
	struct span stored;
	enum status status = store_fact(s->store, FACT, keep, &stored);

	*note = (struct span){ 0 };
	if (status == STATUS_NOT_FOUND)
		return OK;
	if (status != OK)
		return status;

	struct reader r = reader_over(stored);
	status = read_range(&r, log);
	*note = r.rest;
	return status == OK ? OK : STATUS_IO;
}

enum status verdict_log_checkpoint(struct turn *turn, struct span *out)
{
	struct verdict_log log = { 0 };

	return read_fact(turn->signer, turn->keep, &log, out);
}

/* An entry is what it was when it was hashed, or nothing more is signed. */
static enum status add_row(const struct hasher *h, struct verdict_log *log,
			   const struct audit_row *row)
{
	AUTO_DONE(bytes) record = { 0 };
	const struct audit_record fields = { .index = row->index,
					     .time = row->time,
					     .kind = row->kind,
					     .actor = row->actor,
					     .node = row->node,
					     .text = row->text };
	struct digest again;
	struct tree_hash leaf;
	enum status status = audit_record_make(log->last, &fields, &record);
	struct span bytes = span_of(&record);

	if (status == OK)
		status = hasher_digest(h, &bytes, 1, &again);
	if (status != OK)
		return status;
	if (row->index != log->range.size + 1 || memcmp(again.value, row->hash, SHA256_SIZE) != 0)
		return STATUS_MISMATCH;
	status = leaf_hash(h, bytes, &leaf);
	if (status == OK)
		status = tree_range_add(h, &log->range, &leaf);
	memcpy(log->last, row->hash, SHA256_SIZE);
	return status;
}

/* *is_behind: more are waiting than a batch takes. */
static enum status add_rows(struct signer *s, const struct hasher *h, struct verdict_log *log,
			    bool *is_behind)
{
	size_t count = PAGE;

	for (size_t page = 0; page < PAGES_MAX && count == PAGE; page++) {
		AUTO_DONE(keep) keep = { 0 };
		struct audit_row rows[PAGE];
		enum status status =
			store_audit(s->store, log->range.size, PAGE, &keep, rows, &count);

		for (size_t i = 0; i < count && status == OK; i++)
			status = add_row(h, log, &rows[i]);
		if (status != OK)
			return status;
	}
	*is_behind = count == PAGE;
	return OK;
}

static enum status sign(struct signer *s, const struct hasher *h, const struct verdict_log *log)
{
	AUTO_DONE(bytes) fact = { 0 };
	AUTO_DONE(bytes) origin = { 0 };
	struct writer w = writer_to(&fact, FACT_MAX);
	struct tree_head head = { .size = log->range.size };
	struct note_key key;

	writer_be64(&w, log->range.size);
	writer_put(&w, (struct span){ log->last, SHA256_SIZE });
	for (size_t i = 0; i < tree_range_count(&log->range); i++)
		writer_put(&w, tree_hash_span(&log->range.hash[i]));

	enum status status = writer_end(&w);
	if (status == OK)
		status = tree_range_root(h, &log->range, &head.root);
	if (status == OK)
		status = verdict_log_origin(s->keys.log, &origin);
	if (status == OK)
		status = note_key_init(span_of(&origin), NOTE_ED25519, s->keys.log, &key);
	if (status == OK)
		status = checkpoint_make(&head, &key, &fact);
	return status == OK ? store_fact_set(s->store, FACT, span_of(&fact)) : status;
}

static enum status extend(struct signer *s, const struct hasher *h, struct verdict_log *log)
{
	AUTO_DONE(keep) keep = { 0 };
	struct span note;
	enum status status = log->is_read ? OK : read_fact(s, &keep, log, &note);
	uint64_t before = log->range.size;

	if (status == OK)
		status = add_rows(s, h, log, &log->is_behind);
	log->is_read = true;
	return status == OK && log->range.size > before ? sign(s, h, log) : status;
}

static bool is_due(const struct signer *s, int64_t now)
{
	const struct verdict_log *log = &s->verdict_log;

	return s->keys.log != NULL &&
	       (log->is_behind || now < log->looked || now - log->looked >= INTERVAL_S);
}

enum status verdict_log_extend(struct signer *s, int64_t now)
{
	AUTO_DONE(hasher) hasher = { 0 };
	struct verdict_log next;

	if (!is_due(s, now))
		return OK;
	s->verdict_log.looked = now;
	s->verdict_log.is_behind = false;
	next = s->verdict_log;

	enum status status = hasher_init(&hasher, DIGEST_SHA256);
	if (status == OK)
		status = store_begin(s->store);
	if (status != OK)
		return status;
	status = extend(s, &hasher, &next);
	if (status == OK)
		status = store_commit(s->store);
	else
		store_rollback(s->store);
	if (status == OK)
		s->verdict_log = next;
	return status;
}
