/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/report.h"
#include "verifier/signer/core.h"

enum reason reported_check(struct pending *p)
{
	struct report report;

	p->has_wishes = false;
	if (p->report.len == 0)
		return REASON_NONE;
	if (report_parse(p->report, &report) != OK)
		return REASON_REPORT_MALFORMED;
	p->has_wishes = report.jwt_count > 0;
	/* Nobody takes these in yet: what is said and not heard would be lost. */
	return report.has_journal ? REASON_REPORT_MALFORMED : REASON_NONE;
}
