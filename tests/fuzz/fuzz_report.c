/* SPDX-License-Identifier: Apache-2.0 */
/* What a broker says beside its quote, as the signer reads it; and each record alone, as
 * the broker reads its own journal. */
#include "base/text.h"
#include "fuzz.h"
#include "messages/report.h"
#include "messages/statement.h"

static void read_record(struct span line)
{
	AUTO_DONE(bytes) again = { 0 };
	struct report_issued issued;

	if (report_issued_parse(line, &issued) != OK)
		return;
	must(report_issued_write(&issued, &again) == OK && span_equal(span_of(&again), line));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span text = { data, len };
	struct span rest = text;
	struct span line;
	AUTO_DONE(bytes) again = { 0 };
	static struct report report;

	while (text_next_line(&rest, &line))
		read_record(line);
	if (report_parse(text, &report) != OK) {
		must(!report.has_journal && report.issued_count == 0 && report.jwt_count == 0);
		return 0;
	}
	must(len <= STATEMENT_MAX);
	must(report.issued_count <= REPORT_ISSUED_MAX && report.jwt_count <= REPORT_JWTS_MAX);
	must(report_write(&report, &again) == OK && span_equal(span_of(&again), text));
	return 0;
}
