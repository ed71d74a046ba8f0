/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FLEET_WORKLOAD_CLIENT_H
#define TOOLS_FLEET_WORKLOAD_CLIENT_H

#include "base/bytes.h"

/* One call of a SPIFFE Workload API: gRPC over a Unix socket. */
#define WORKLOAD_MESSAGE_MAX ((size_t)4 << 20)

/* gRPC's numbers; what is not an answer at all is GRPC_NONE. */
enum grpc_outcome {
	GRPC_NONE = -1,
	GRPC_OK = 0,
	GRPC_PERMISSION_DENIED = 7,
	GRPC_UNAVAILABLE = 14,
};

struct workload_reply {
	int outcome; /* of gRPC */
	struct bytes message; /* the first one, without its prefix */
	char why[256]; /* printable; empty where nothing was said */
};

void workload_reply_done(struct workload_reply *reply);
/* method: "FetchX509SVID". STATUS_NOT_FOUND: there is no such socket; STATUS_UNAVAILABLE:
 * nobody listens, or it took longer; STATUS_MALFORMED: what came is no answer. */
enum status workload_call(const char *socket_path, const char *method, struct span request,
			  int timeout_s, struct workload_reply *out);

/* Protocol Buffers: the next field that is bytes or text; others are passed over. False at
 * the end; *status tells whether it is a good one. */
bool protobuf_next(struct span *rest, unsigned *number, struct span *value, enum status *status);
enum status protobuf_put(struct bytes *out, unsigned number, struct span value);

AUTO_RELEASE(workload_reply, workload_reply_done);

#endif
