/* SPDX-License-Identifier: Apache-2.0 */
/* What a front that was taken over may hand to an appraiser, its query too. */
#include "fuzz.h"
#include "messages/limits.h"
#include "verifier/appraiser/query.h"
#include "verifier/appraiser/requests.h"

static void check_query(struct span query)
{
	static const char *const names[] = { "limit", "after", "state", "trust-domain", NULL };
	bool is_good = query_check(query, names) == OK;

	for (size_t i = 0; names[i] != NULL; i++) {
		struct span value = query_value(query, names[i]);

		must_lie_inside(value, query);
		/* Two readers would understand the same: nothing is encoded. */
		if (is_good && value.len > 0)
			must(memchr(value.data, '&', value.len) == NULL &&
			     memchr(value.data, '%', value.len) == NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span body = { data, len };
	struct request request;

	taint(&request, sizeof(request));
	if (request_decode(body, &request) != OK) {
		must_be_tainted(&request, sizeof(request));
		return 0;
	}
	must(request.route >= ROUTE_ENROL && request.route <= ROUTE_LAST);
	must(request.role <= ROLE_AUDITOR && request.received >= 0);
	must(request.body.len <= EVIDENCE_BODY_MAX);
	must_lie_inside(request.administrator, body);
	must_lie_inside(request.query, body);
	must_lie_inside(request.body, body);
	check_query(request.query);
	return 0;
}
