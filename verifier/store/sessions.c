/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/store/sqlite.h"

void session_columns(struct query *q, int first, struct keep *keep, struct session_row *row)
{
	row->reset = column_count(q, first);
	row->restart = column_count(q, first + 1);
	row->state = column_kept(q, first + 2, keep);
	row->entries = column_count(q, first + 3);
	row->generation = column_kept(q, first + 4, keep);
	row->minting_name = column_kept(q, first + 5, keep);
	row->evidence_digest = column_kept(q, first + 6, keep);
	row->log_frame = column_count(q, first + 7);
	row->log_bytes = column_count(q, first + 8);
	row->staged_state = column_kept(q, first + 9, keep);
	row->staged_first = column_count(q, first + 10);
	row->staged_entries = column_count(q, first + 11);
	row->staged_frame = column_count(q, first + 12);
	row->staged_bytes = column_count(q, first + 13);
	row->journal_count = column_count(q, first + 14);
	row->journal_head = column_kept(q, first + 15, keep);
	row->is_journal_old = column_int(q, first + 16) != 0;
	row->is_stored = true;
}

enum status store_session(struct store *s, const struct node_id *node, struct keep *keep,
			  struct session_row *out)
{
	AUTO_DONE(query) q = query_start(s, SQL_SESSION);
	struct session_row row = { 0 };

	query_blob(&q, node_id_span(node));

	enum status status = query_step(&q);

	if (status != OK)
		return status;
	session_columns(&q, 0, keep, &row);
	if (q.status == OK)
		*out = row;
	return q.status;
}

static enum status read_blob(struct store *s, enum statement which, const struct node_id *node,
			     struct keep *keep, struct span *out)
{
	AUTO_DONE(query) q = query_start(s, which);

	query_blob(&q, node_id_span(node));
	return query_kept(&q, keep, out);
}

enum status store_session_result(struct store *s, const struct node_id *node, struct keep *keep,
				 struct span *out)
{
	return read_blob(s, SQL_SESSION_RESULT, node, keep, out);
}

enum status store_session_evidence(struct store *s, const struct node_id *node, struct keep *keep,
				   struct span *out)
{
	return read_blob(s, SQL_SESSION_EVIDENCE, node, keep, out);
}

enum status store_session_log(struct store *s, const struct node_id *node, bool is_boot,
			      struct keep *keep, struct span *out)
{
	AUTO_DONE(query) q = query_start(s, SQL_LOG);
	AUTO_DONE(bytes) joined = { 0 };

	query_blob(&q, node_id_span(node));
	query_int(&q, is_boot);

	enum status status = query_step(&q);

	for (; status == OK; status = query_step(&q)) {
		status = bytes_append(&joined, column_span(&q, 0));
		if (status != OK)
			return status;
	}
	return status == STATUS_NOT_FOUND ? keep_bytes(keep, &joined, out) : status;
}

static enum status forget_frames(struct store *s, const struct node_id *node, bool is_boot,
				 uint64_t from, uint64_t to)
{
	AUTO_DONE(query) q = query_start(s, SQL_LOG_DELETE);

	query_blob(&q, node_id_span(node));
	query_int(&q, is_boot);
	query_count(&q, from);
	query_count(&q, to);
	return query_run(&q, s, NULL);
}

static enum status add_frame(struct store *s, const struct node_id *node, bool is_boot,
			     uint64_t number, struct span frame)
{
	AUTO_DONE(query) q = query_start(s, SQL_LOG_ADD);

	query_blob(&q, node_id_span(node));
	query_int(&q, is_boot);
	query_count(&q, number);
	query_blob(&q, frame);
	return query_run(&q, s, NULL);
}

/* The boot log is one frame. */
#define BOOT_FRAME 1

static enum status put_logs(struct store *s, const struct attestation *a)
{
	enum status status = OK;

	if (a->is_new_session)
		status = forget_frames(s, &a->node, false, 0, INT64_MAX);
	else if (a->forget_to > 0)
		status = forget_frames(s, &a->node, false, a->forget_from, a->forget_to);
	if (status == OK && (a->is_new_session || a->boot_log.len > 0))
		status = forget_frames(s, &a->node, true, 0, INT64_MAX);
	if (status == OK && a->ima_log.len > 0)
		status = add_frame(s, &a->node, false, a->ima_frame, a->ima_log);
	if (status == OK && a->boot_log.len > 0)
		status = add_frame(s, &a->node, true, BOOT_FRAME, a->boot_log);
	return status;
}

static enum status put_session(struct store *s, const struct node_id *node,
			       const struct session_row *row)
{
	AUTO_DONE(query) q = query_about(s, SQL_SESSION_PUT, node);

	query_count(&q, row->reset);
	query_count(&q, row->restart);
	query_blob(&q, row->state);
	query_count(&q, row->entries);
	query_blob(&q, row->generation);
	query_blob(&q, row->minting_name);
	query_blob(&q, row->evidence_digest);
	query_count(&q, row->log_frame);
	query_count(&q, row->log_bytes);
	query_blob(&q, row->staged_state);
	query_count(&q, row->staged_first);
	query_count(&q, row->staged_entries);
	query_count(&q, row->staged_frame);
	query_count(&q, row->staged_bytes);
	query_count(&q, row->journal_count);
	query_blob(&q, row->journal_head);
	query_int(&q, row->is_journal_old);
	query_blob(&q, row->result);
	query_blob(&q, row->evidence);
	return query_run(&q, s, NULL);
}

static void bind_conditions(struct query *q, const struct attestation *a)
{
	query_blob(q, a->ak_name);
	query_blob(q, (struct span){ .data = a->counters.value, .len = COUNTERS_SIZE });
	query_blob(q, a->generation);
	query_int(q, a->act_time);
	query_blob(q, (struct span){ .data = a->previous.value, .len = COUNTERS_SIZE });
}

enum status store_attest(struct store *s, const struct attestation *a)
{
	AUTO_DONE(query) q = query_about(s, SQL_ATTEST, &a->node);

	bind_conditions(&q, a);
	query_int(&q, a->is_decided);
	query_int(&q, a->verdict);
	query_int(&q, a->expires);
	query_int(&q, a->now);
	query_count(&q, a->release_version);
	query_blob(&q, a->manifest);

	enum status status = query_run_once(&q, s);

	if (status == OK)
		status = put_session(s, &a->node, &a->session);
	return status == OK ? put_logs(s, a) : status;
}

enum status store_attest_cleared(struct store *s, const struct attestation *a)
{
	AUTO_DONE(query) q = query_about(s, SQL_ATTEST_CLEARED, &a->node);

	bind_conditions(&q, a);
	query_int(&q, a->verdict);
	query_int(&q, a->now);
	return query_run_once(&q, s);
}
