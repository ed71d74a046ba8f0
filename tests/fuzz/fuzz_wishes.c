/* SPDX-License-Identifier: Apache-2.0 */
/* A mint that was taken over: what it wishes for, and what the broker's report makes of
 * it. The first byte is the time that passes between two of them. */
#include "attestd/broker/wishes.h"
#include "fuzz.h"

#define WISHES (2 * REPORT_JWTS_MAX)

static void check_report(struct wishes *wishes, int64_t now)
{
	static struct report report;
	AUTO_DONE(bytes) text = { 0 };

	report_init(&report);
	must(wishes_report(wishes, now, &report) == OK);
	must(report.jwt_count == wishes->count);
	if (report_write(&report, &text) == OK)
		must(report_parse(span_of(&text), &report) == OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct wishes wishes = { 0 };
	struct report_jwt wish;

	if (len == 0)
		return 0;

	struct span body = { data + 1, len - 1 };
	struct reader r = reader_over(body);
	bool is_wish = wish_read(&r, &wish) == OK;

	must(!is_wish || wish.audience_count <= REPORT_AUDIENCES_MAX);
	for (int64_t i = 0; is_wish && i < WISHES; i++) {
		(void)!wishes_add(&wishes, body, i * data[0]);
		must(wishes.count > 0 && wishes.count <= REPORT_JWTS_MAX);
		/* With one, as many as there may be, and what is left when the first are over. */
		if (i == 0 || i == REPORT_JWTS_MAX || i == WISHES - 1)
			check_report(&wishes, i * data[0]);
	}
	wishes_answered(&wishes);
	must(wishes.count == 0);
	wishes_done(&wishes);
	return 0;
}
