/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/store/sqlite.h"

#include <string.h>

static void fail(struct query *q, enum status status)
{
	if (q->status == OK)
		q->status = status;
}

/* Before the first statement of a step that writes: what the step wrote can be undone. */
static enum status begin_step(struct store *s)
{
	AUTO_DONE(query) q = { .stmt = s->prepared[SQL_STEP_BEGIN] };

	if (!store_is_in_group(s))
		return STATUS_IO;

	enum status status = query_run(&q, s, NULL);

	if (status == OK)
		s->step = STEP_WRITTEN;
	return status;
}

struct query query_start(struct store *s, enum statement which)
{
	struct query q = { .stmt = s->prepared[which] };

	if (s->step == STEP_CLEAN && sqlite3_stmt_readonly(q.stmt) == 0)
		q.status = begin_step(s);
	return q;
}

static void check(struct query *q, int result)
{
	if (result != SQLITE_OK)
		fail(q, result == SQLITE_NOMEM ? STATUS_NO_MEMORY : STATUS_IO);
}

/* SQLITE_STATIC: the value lives until query_done(), which unbinds it. A NULL
 * pointer would bind NULL where the empty value is meant. */
void query_blob(struct query *q, struct span value)
{
	const void *data = value.len > 0 ? value.data : (const uint8_t *)"";

	check(q, sqlite3_bind_blob64(q->stmt, ++q->bound, data, value.len, SQLITE_STATIC));
}

void query_text(struct query *q, struct span value)
{
	const char *data = value.len > 0 ? (const char *)value.data : "";

	check(q, sqlite3_bind_text64(q->stmt, ++q->bound, data, value.len, SQLITE_STATIC,
				     SQLITE_UTF8));
}

void query_int(struct query *q, int64_t value)
{
	check(q, sqlite3_bind_int64(q->stmt, ++q->bound, value));
}

void query_count(struct query *q, uint64_t value)
{
	if (value > INT64_MAX)
		fail(q, STATUS_TOO_LARGE);
	query_int(q, (int64_t)value);
}

enum status query_step(struct query *q)
{
	if (q->status != OK)
		return q->status;

	int result = sqlite3_step(q->stmt);

	if (result == SQLITE_ROW)
		return OK;
	if (result == SQLITE_DONE)
		return STATUS_NOT_FOUND;
	if ((result & 0xff) == SQLITE_BUSY)
		fail(q, STATUS_UNAVAILABLE);
	fail(q, (result & 0xff) == SQLITE_CONSTRAINT ? STATUS_DENIED : STATUS_IO);
	return q->status;
}

enum status query_run(struct query *q, struct store *s, int *changed)
{
	enum status status = query_step(q);

	while (status == OK)
		status = query_step(q);
	if (status != STATUS_NOT_FOUND)
		return status;
	if (changed != NULL)
		*changed = sqlite3_changes(s->db);
	return OK;
}

enum status query_run_once(struct query *q, struct store *s)
{
	int changed = 0;
	enum status status = query_run(q, s, &changed);

	if (status != OK)
		return status;
	return changed == 1 ? OK : STATUS_MISMATCH;
}

void query_done(struct query *q)
{
	if (q->stmt == NULL)
		return;
	/* What they return was already reported by the step. */
	(void)sqlite3_reset(q->stmt);
	(void)sqlite3_clear_bindings(q->stmt);
	q->stmt = NULL;
}

bool column_is_null(struct query *q, int column)
{
	return sqlite3_column_type(q->stmt, column) == SQLITE_NULL;
}

struct span column_span(struct query *q, int column)
{
	const uint8_t *data = sqlite3_column_blob(q->stmt, column);
	int len = sqlite3_column_bytes(q->stmt, column);

	if (data == NULL || len <= 0)
		return (struct span){ 0 };
	return (struct span){ .data = data, .len = (size_t)len };
}

int64_t column_int(struct query *q, int column)
{
	return sqlite3_column_int64(q->stmt, column);
}

uint64_t column_count(struct query *q, int column)
{
	int64_t value = column_int(q, column);

	if (value < 0)
		fail(q, STATUS_IO);
	return value < 0 ? 0 : (uint64_t)value;
}

struct span column_kept(struct query *q, int column, struct keep *keep)
{
	struct span copy = { 0 };
	enum status status = keep_copy(keep, column_span(q, column), &copy);

	if (status != OK)
		fail(q, status);
	return copy;
}

enum status query_kept(struct query *q, struct keep *keep, struct span *out)
{
	enum status status = query_step(q);

	if (status != OK)
		return status;

	struct span value = column_kept(q, 0, keep);

	if (q->status == OK)
		*out = value;
	return q->status;
}

void column_fixed(struct query *q, int column, uint8_t *out, size_t len)
{
	struct span value = column_span(q, column);

	if (value.len != len)
		fail(q, STATUS_IO);
	if (value.len == len && len > 0)
		memcpy(out, value.data, len);
}
