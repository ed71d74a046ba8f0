/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/store/sqlite.h"

static void entry_columns(struct query *q, struct keep *keep, struct entry_row *row)
{
	*row = (struct entry_row){
		.name = column_kept(q, 0, keep),
		.class_name = column_kept(q, 1, keep),
		.standing = (enum entry_standing)column_int(q, 2),
		.line = column_kept(q, 3, keep),
		.added = column_int(q, 4),
		.act_time = column_int(q, 5),
		.note = column_kept(q, 6, keep),
	};
	if ((unsigned)row->standing > ENTRY_REMOVED && q->status == OK)
		q->status = STATUS_IO;
}

enum status store_entry(struct store *s, struct span name, struct keep *keep, struct entry_row *out)
{
	AUTO_DONE(query) q = query_start(s, SQL_ENTRY);
	struct entry_row row;

	query_text(&q, name);

	enum status status = query_step(&q);

	if (status != OK)
		return status;
	entry_columns(&q, keep, &row);
	if (q.status == OK)
		*out = row;
	return q.status;
}

enum status store_entries(struct store *s, struct span class_name, struct span after, size_t limit,
			  struct keep *keep, struct entry_row *out, size_t *count)
{
	AUTO_DONE(query)
	q = query_start(s, class_name.len == 0 ? SQL_ENTRY_PAGE : SQL_ENTRY_PAGE_OF_CLASS);
	enum status status;
	size_t n = 0;

	query_text(&q, after);
	query_int(&q, (int64_t)limit);
	if (class_name.len > 0)
		query_text(&q, class_name);
	while ((status = query_step(&q)) == OK)
		entry_columns(&q, keep, &out[n++]);
	if (status != STATUS_NOT_FOUND)
		return status;
	if (q.status == OK)
		*count = n;
	return q.status;
}

/* What was told of them is told anew: also where it is undone again. */
static struct query query_changing(struct store *s, enum statement which)
{
	s->entries_sequence++;
	s->has_changed_entries = true;
	return query_start(s, which);
}

enum status store_entry_add(struct store *s, const struct entry_row *row)
{
	AUTO_DONE(query) q = query_changing(s, SQL_ENTRY_ADD);

	query_text(&q, row->name);
	query_text(&q, row->class_name);
	query_text(&q, row->line);
	query_int(&q, row->added);
	query_int(&q, row->act_time);
	return query_run_once(&q, s);
}

enum status store_entry_release(struct store *s, struct span name, int64_t act_time)
{
	AUTO_DONE(query) q = query_changing(s, SQL_ENTRY_RELEASE);

	query_text(&q, name);
	query_int(&q, act_time);
	return query_run_once(&q, s);
}

enum status store_entry_narrow(struct store *s, struct span name, enum entry_standing standing,
			       struct span note, int64_t act_time)
{
	AUTO_DONE(query) q = query_changing(s, SQL_ENTRY_NARROW);

	query_text(&q, name);
	query_int(&q, standing);
	query_text(&q, note);
	query_int(&q, act_time);
	return query_run_once(&q, s);
}

enum status store_entries_bring_back(struct store *s, int64_t now)
{
	AUTO_DONE(query) q = query_start(s, SQL_ENTRY_BRING_BACK);

	query_int(&q, now);
	return query_run(&q, s, NULL);
}

uint64_t store_entries_sequence(const struct store *s)
{
	return s->entries_sequence;
}

void entries_undone(struct store *s)
{
	if (s->has_changed_entries)
		s->entries_sequence++;
}
