/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/store/sqlite.h"

#include <string.h>

#include "verifier/audit_record.h"

enum status audit_hash(const uint8_t previous[SHA256_SIZE], struct audit_row *row)
{
	AUTO_DONE(bytes) entry = { 0 };
	const struct audit_record record = { .index = row->index,
					     .time = row->time,
					     .kind = row->kind,
					     .actor = row->actor,
					     .node = row->node,
					     .text = row->text };
	struct digest digest;
	enum status status = audit_record_make(previous, &record, &entry);

	if (status == OK)
		status = digest_of(DIGEST_SHA256, span_of(&entry), &digest);
	if (status == OK)
		memcpy(row->hash, digest.value, SHA256_SIZE);
	return status;
}

static void remember(struct store *s, uint64_t index, const uint8_t hash[SHA256_SIZE])
{
	s->has_last = true;
	s->last_index = index;
	memcpy(s->last_hash, hash, SHA256_SIZE);
}

static enum status read_last(struct store *s, uint64_t *index, uint8_t hash[SHA256_SIZE])
{
	AUTO_DONE(query) q = query_start(s, SQL_AUDIT_LAST);
	enum status status = query_step(&q);

	*index = 0;
	memset(hash, 0, SHA256_SIZE);
	if (status == STATUS_NOT_FOUND)
		return OK;
	if (status != OK)
		return status;
	*index = column_count(&q, 0);
	column_fixed(&q, 1, hash, SHA256_SIZE);
	return q.status;
}

enum status store_audit_last(struct store *s, uint64_t *index, uint8_t hash[SHA256_SIZE])
{
	/* Outside a group nothing keeps another process from adding to it. */
	if (s->has_last && sqlite3_get_autocommit(s->db) == 0) {
		*index = s->last_index;
		memcpy(hash, s->last_hash, SHA256_SIZE);
		return OK;
	}
	return read_last(s, index, hash);
}

enum status store_audit_append(struct store *s, struct audit_row *row)
{
	AUTO_DONE(query) q = query_start(s, SQL_AUDIT_ADD);
	uint8_t previous[SHA256_SIZE];
	uint64_t last;
	enum status status = store_audit_last(s, &last, previous);

	if (status != OK)
		return status;
	row->index = last + 1;
	status = audit_hash(previous, row);
	if (status != OK)
		return status;
	query_count(&q, row->index);
	query_int(&q, row->time);
	query_text(&q, row->kind);
	query_text(&q, row->actor);
	query_text(&q, row->node);
	query_text(&q, row->text);
	query_blob(&q, (struct span){ .data = row->hash, .len = SHA256_SIZE });
	status = query_run(&q, s, NULL);
	if (status == OK)
		remember(s, row->index, row->hash);
	return status;
}

enum status store_audit(struct store *s, uint64_t after, size_t limit, struct keep *keep,
			struct audit_row *out, size_t *count)
{
	AUTO_DONE(query) q = query_start(s, SQL_AUDIT_PAGE);
	size_t found = 0;

	query_count(&q, after);
	query_count(&q, limit);

	enum status status = query_step(&q);

	for (; status == OK && found < limit; status = query_step(&q)) {
		struct audit_row *row = &out[found++];

		row->index = column_count(&q, 0);
		row->time = column_int(&q, 1);
		row->kind = column_kept(&q, 2, keep);
		row->actor = column_kept(&q, 3, keep);
		row->node = column_kept(&q, 4, keep);
		row->text = column_kept(&q, 5, keep);
		column_fixed(&q, 6, row->hash, SHA256_SIZE);
	}
	if (status != OK && status != STATUS_NOT_FOUND)
		return status;
	*count = found;
	return q.status;
}
