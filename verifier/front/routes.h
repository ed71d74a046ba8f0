/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FRONT_ROUTES_H
#define VERIFIER_FRONT_ROUTES_H

#include "verifier/frames.h"
#include "verifier/front/http.h"

/* A path of the protocol: where it leads, and who may go there. */
struct route_entry {
	enum route route;
	enum http_method method;
	const char *pattern; /* "{id}" stands for a node id, "{name}" for an entry's */
	bool is_admin; /* on the administration listener, and nowhere else */
	unsigned roles; /* bit n: enum role n may; 0: nobody has to be anybody */
	size_t body_max;
};

/*
 * 0 and *out with the id or name (empty where the pattern has none), or 404, or
 * 405 where another method would do.
 */
unsigned route_find(const struct http_head *head, bool is_admin_listener,
		    const struct route_entry **out, struct span *subject);
bool route_allows(const struct route_entry *entry, enum role role);
/* "challenge"; NULL beyond the last. For metrics. */
const char *route_name(enum route route);
#define ROUTES (ROUTE_LAST + 1)

#endif
