/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/broker/wishes.h"

enum status wish_read(struct reader *in, struct report_jwt *out)
{
	struct report_jwt wish = { .ticket = reader_be64(in) };

	wish.entry = reader_sized(in, ENTRY_NAME_MAX);
	wish.spiffe_id = reader_sized(in, SPIFFE_ID_MAX);

	struct span recipient = reader_sized(in, RECIPIENT_KEY_SIZE);
	size_t count = reader_u8(in);

	if (recipient.len == RECIPIENT_KEY_SIZE)
		memcpy(wish.recipient, recipient.data, RECIPIENT_KEY_SIZE);
	else
		reader_fail(in, STATUS_MALFORMED);
	if (count > REPORT_AUDIENCES_MAX)
		reader_fail(in, STATUS_TOO_LARGE);
	while (in->status == OK && wish.audience_count < count)
		wish.audiences[wish.audience_count++] = reader_sized(in, AUDIENCE_MAX);

	enum status end = reader_end(in);

	if (end == OK)
		*out = wish;
	return end;
}

static void drop(struct wishes *w, size_t index)
{
	bytes_done(&w->list[index].body);
	w->list[index] = w->list[--w->count];
	w->list[w->count] = (struct wish){ 0 };
}

static void drop_old(struct wishes *w, int64_t now)
{
	for (size_t i = w->count; i-- > 0;)
		if (w->list[i].until <= now)
			drop(w, i);
}

enum status wishes_add(struct wishes *w, struct span body, int64_t now)
{
	drop_old(w, now);
	if (w->count == REPORT_JWTS_MAX)
		return STATUS_UNAVAILABLE;

	struct wish *wish = &w->list[w->count];
	enum status status = bytes_copy(body, &wish->body);

	if (status != OK)
		return status;
	wish->until = now + WISH_LIFETIME_S;
	wish->is_reported = false;
	w->count++;
	return OK;
}

enum status wishes_report(struct wishes *w, int64_t now, struct report *report)
{
	drop_old(w, now);
	for (size_t i = 0; i < w->count; i++) {
		struct reader r = reader_over(span_of(&w->list[i].body));
		enum status status = wish_read(&r, &report->jwts[report->jwt_count]);

		if (status != OK)
			return status;
		w->list[i].is_reported = true;
		report->jwt_count++;
	}
	return OK;
}

void wishes_answered(struct wishes *w)
{
	for (size_t i = w->count; i-- > 0;)
		if (w->list[i].is_reported)
			drop(w, i);
}

void wishes_done(struct wishes *w)
{
	while (w->count > 0)
		drop(w, 0);
}
