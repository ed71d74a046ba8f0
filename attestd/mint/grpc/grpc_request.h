/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_GRPC_GRPC_REQUEST_H
#define ATTESTD_MINT_GRPC_GRPC_REQUEST_H

#include "attestd/mint/grpc/grpc.h"

/* What the fields before a request's body say (gRPC over HTTP2, Requests). */
struct grpc_request {
	const struct grpc_method *method; /* NULL: none of that name */
	int64_t deadline_ms; /* the client's own; 0: none */
	unsigned guards; /* how often the guard's field was there; as anything but "true": twice */
	bool is_post, is_grpc, has_encoding, has_bad_timeout;
};

struct grpc_refusal {
	const char *http_status; /* NULL: gRPC's own */
	enum grpc_code code;
	const char *message;
};

/* One field; methods ends with NULL. :path comes before the others (RFC 9113, 8.3). */
void grpc_request_take(struct grpc_request *r, const struct grpc_method *const *methods,
		       struct span name, struct span value, int64_t now_ms);
/* What no method needs to hear of. NULL: it is for the method. */
const struct grpc_refusal *grpc_request_refusal(const struct grpc_request *r);

#endif
