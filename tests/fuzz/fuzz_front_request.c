/* SPDX-License-Identifier: Apache-2.0 */
/* What a front that was taken over may hand to an appraiser, its query too; and what an
 * honest one hands on of any request: an appraiser that did not take it would fail those
 * beside it. */
#include "fuzz.h"
#include "messages/limits.h"
#include "verifier/appraiser/query.h"
#include "verifier/appraiser/requests.h"
#include "verifier/front/relay.h"
#include "verifier/front/routes.h"

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

static void hand_on(const struct http_head *head, bool is_admin)
{
	AUTO_DONE(bytes) frame = { 0 };
	const struct route_entry *entry = NULL;
	struct relay_request asked = { .query = head->query };
	struct request request;

	if (route_find(head, is_admin, &entry, &asked.node) != 0 || entry->route == ROUTE_WAIT)
		return;
	must(entry->body_max <= EVIDENCE_BODY_MAX);
	asked.route = entry->route;
	must(relay_request_encode(&asked, &frame) == OK);
	must(request_decode(span_of(&frame), &request) == OK);
	must(request.route == entry->route && span_equal(request.query, head->query));
	must((request.has_node ? (size_t)NODE_ID_LEN : request.entry.len) == asked.node.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span body = { data, len };
	struct request request;
	struct http_head head;

	if (http_head_parse(body, &head) == 0) {
		hand_on(&head, false);
		hand_on(&head, true);
	}
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
