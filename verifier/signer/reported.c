/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/report.h"
#include "verifier/signer/core.h"

enum reason reported_check(struct pending *p)
{
	struct report report;

	p->has_wishes = false;
	if (p->report.len == 0) {
		journal_follow(p, NULL);
		return REASON_NONE;
	}
	if (report_parse(p->report, &report) != OK)
		return REASON_REPORT_MALFORMED;
	p->has_wishes = report.jwt_count > 0;
	journal_follow(p, &report);
	return REASON_NONE;
}
