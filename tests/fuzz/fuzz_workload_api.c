/* SPDX-License-Identifier: Apache-2.0 */
/* All that a client of the Workload API may send: HTTP/2, gRPC and its messages, in
 * pieces, with changes in between. */
#include <sys/socket.h>
#include <unistd.h>

#include "attestd/mint/workload/workload_api.h"
#include "fuzz.h"

#define PIECE_MAX 4096
#define TURNS 8

static unsigned questions;

static enum workload_outcome x509(void *core, struct caller *c, struct workload_x509 *out,
				  const char **why)
{
	static struct workload_svid svid;

	(void)core;
	(void)c;
	(void)why;
	svid = (struct workload_svid){ .spiffe_id = span_text("spiffe://example.org/web"),
				       .chain = span_text(++questions % 2 == 0 ? "even" : "odd"),
				       .key = span_text("key"),
				       .bundle = span_text("bundle") };
	*out = (struct workload_x509){ .svids = &svid, .svid_count = 1 };
	return questions % 7 == 0 ? WORKLOAD_DENIED : WORKLOAD_GIVEN;
}

static enum workload_outcome bundles(void *core, struct caller *c, struct workload_bundles *out,
				     const char **why)
{
	static const struct workload_bundle bundle = {
		.trust_domain = { (const uint8_t *)"spiffe://example.org", 20 },
		.jwks = { (const uint8_t *)"{}", 2 },
	};

	(void)core;
	(void)c;
	(void)why;
	*out = (struct workload_bundles){ .bundles = &bundle, .count = 1 };
	return ++questions % 5 == 0 ? WORKLOAD_NOT_READY : WORKLOAD_GIVEN;
}

/* What the core is told was checked. */
static void must_be_request(const struct workload_jwt_request *request)
{
	must(request->audience_count >= 1 && request->audience_count <= WORKLOAD_AUDIENCES_MAX);
	for (size_t i = 0; i < request->audience_count; i++) {
		must(request->audiences[i].len >= 1 &&
		     request->audiences[i].len <= WORKLOAD_AUDIENCE_MAX);
		must(memchr(request->audiences[i].data, 0, request->audiences[i].len) == NULL);
	}
}

static uint64_t waiting; /* the ticket that was given last */

static enum workload_outcome jwt(void *core, struct caller *c,
				 const struct workload_jwt_request *request, uint64_t ticket,
				 const char **why)
{
	(void)core;
	(void)c;
	(void)why;
	must_be_request(request);
	must(ticket > waiting);
	waiting = ticket;
	return WORKLOAD_LATER;
}

static void jwt_cancelled(void *core, uint64_t ticket)
{
	(void)core;
	must(ticket <= waiting);
}

static enum workload_outcome validate(void *core, struct caller *c, struct span audience,
				      struct span token, struct workload_claims *out,
				      const char **why)
{
	(void)core;
	(void)c;
	(void)why;
	must(audience.len >= 1 && audience.len <= WORKLOAD_AUDIENCE_MAX);
	must(token.len >= 1 && token.len <= WORKLOAD_TOKEN_MAX);
	out->spiffe_id = span_text("spiffe://example.org/web");
	/* What a token says is its issuer's; here it is whatever came. */
	out->claims = token;
	return WORKLOAD_GIVEN;
}

static struct event_base *base;
static struct workload_api *api;

static void begin(void)
{
	static const struct workload_source source = { .x509 = x509,
						       .bundles = bundles,
						       .jwt = jwt,
						       .jwt_cancelled = jwt_cancelled,
						       .validate = validate };
	static const struct workload_limits limits = { .connections = 2,
						       .connections_per_user = 2,
						       .streams_per_connection = 20,
						       .streams_per_user = 10,
						       /* As fast as a fuzzer connects. */
						       .requests_per_user = 1000000 };

	base = event_base_new();
	must(base != NULL && workload_api_new(base, &limits, &source, &api) == OK);
}

static void turn(int peer)
{
	static uint8_t answer[1 << 16];

	for (int i = 0; i < TURNS; i++) {
		(void)event_base_loop(base, EVLOOP_NONBLOCK);
		while (recv(peer, answer, sizeof(answer), MSG_DONTWAIT) > 0)
			;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct workload_jwt_svid svid = { .spiffe_id = { (const uint8_t *)"spiffe://a/b",
							       12 },
						.token = { (const uint8_t *)"a.b.c", 5 } };
	int pair[2];

	if (api == NULL)
		begin();
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
	must(workload_api_take(api, pair[0], "") == OK);
	while (len > 0) {
		size_t piece = len < PIECE_MAX ? len : PIECE_MAX;
		ssize_t sent = send(pair[1], data, piece, MSG_NOSIGNAL);

		turn(pair[1]);
		if (sent <= 0)
			break;
		data += sent;
		len -= (size_t)sent;
		workload_api_tell(api, WORKLOAD_CHANGED, NULL);
		workload_api_jwt(api, waiting, WORKLOAD_GIVEN, &svid, 1, NULL);
		turn(pair[1]);
	}
	(void)close(pair[1]);
	(void)event_base_loop(base, EVLOOP_NONBLOCK);
	(void)event_base_loop(base, EVLOOP_NONBLOCK);
	return 0;
}
