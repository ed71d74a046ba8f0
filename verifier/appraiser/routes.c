/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraiser/requests.h"

void handle_request(struct appraiser *a, const struct request *request, struct answer *answer)
{
	switch (request->route) {
	case ROUTE_ENROL:
		handle_enrol(a, request, answer);
		return;
	case ROUTE_ACTIVATE:
		handle_activate(a, request, answer);
		return;
	case ROUTE_CHALLENGE:
		handle_challenge(a, request, answer);
		return;
	case ROUTE_EVIDENCE:
		handle_evidence(a, request, answer);
		return;
	case ROUTE_WAIT: /* request_decode() refuses it */
		return;
	case ROUTE_BUNDLE:
		handle_bundle(a, request, answer);
		return;
	case ROUTE_HEALTH:
		handle_health(a, request, answer);
		return;
	case ROUTE_METRICS:
		handle_metrics(a, request, answer);
		return;
	case ROUTE_ADMIN_NODES:
	case ROUTE_ADMIN_NODE:
	case ROUTE_ADMIN_NODE_EVIDENCE:
	case ROUTE_ADMIN_QUARANTINE:
	case ROUTE_ADMIN_RETIRE:
	case ROUTE_ADMIN_ACT:
	case ROUTE_ADMIN_RELEASES:
	case ROUTE_ADMIN_AUDIT:
	case ROUTE_ADMIN_CANARY:
	case ROUTE_ADMIN_ENTRIES:
	case ROUTE_ADMIN_ENTRY:
	case ROUTE_ADMIN_ENTRY_QUARANTINE:
	case ROUTE_ADMIN_ENTRY_REMOVE:
		handle_admin(a, request, answer);
		return;
	}
}
