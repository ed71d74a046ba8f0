/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/broker/ends.h"

#include <string.h>

enum status ends_add(struct ends *e, const struct report_issued *end)
{
	AUTO_DONE(bytes) line = { 0 };

	if (e->count == ENDS_MAX)
		return STATUS_TOO_LARGE;

	/* What the journal would never take is not kept for it. */
	enum status status = report_issued_write(end, &line);

	if (status != OK)
		return status;
	e->lines[e->count++] = line;
	line = (struct bytes){ 0 };
	return OK;
}

static enum status record_one(const struct bytes *line, struct journal *j)
{
	struct report_issued end;
	enum status status = report_issued_parse(span_of(line), &end);

	return status == OK ? journal_append(j, &end) : status;
}

/* The first so many. */
static void drop(struct ends *e, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bytes_done(&e->lines[i]);
	e->count -= count;
	memmove(e->lines, e->lines + count, e->count * sizeof(e->lines[0]));
	memset(e->lines + e->count, 0, count * sizeof(e->lines[0]));
}

enum status ends_record(struct ends *e, struct journal *j)
{
	enum status status = OK;
	size_t done = 0;

	while (done < e->count && (status = record_one(&e->lines[done], j)) == OK)
		done++;
	drop(e, done);
	return status;
}

void ends_done(struct ends *e)
{
	drop(e, e->count);
}
