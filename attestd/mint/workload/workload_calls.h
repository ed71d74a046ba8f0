/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_WORKLOAD_WORKLOAD_CALLS_H
#define ATTESTD_MINT_WORKLOAD_WORKLOAD_CALLS_H

#include <sys/queue.h>

#include "attestd/mint/grpc/grpc.h"
#include "attestd/mint/workload/workload.h"

/* The Workload API's methods, and the calls that are open. */
struct workload_call;

struct workload_calls {
	const struct workload_source *source;
	size_t per_user_max;
	uint64_t last_ticket;
	LIST_HEAD(workload_open_calls, workload_call) open;
};

/* Who calls: what grpc_peer() is here. */
struct workload_peer {
	struct caller *caller;
	size_t *calls; /* that the caller's user holds */
	struct workload_connection *connection;
};

/* For a grpc_server whose context is a struct workload_calls. */
extern const struct grpc_method workload_fetch_x509_svid;
extern const struct grpc_method workload_fetch_x509_bundles;
extern const struct grpc_method workload_fetch_jwt_svid;
extern const struct grpc_method workload_fetch_jwt_bundles;
extern const struct grpc_method workload_validate_jwt_svid;

/* Asks the source again for each stream. */
void workload_calls_look(struct workload_calls *calls);
/* UNAVAILABLE for each call: we go. */
void workload_calls_end(struct workload_calls *calls);
/* As workload_api_jwt(). */
void workload_calls_answer(struct workload_calls *calls, uint64_t ticket,
			   enum workload_outcome outcome, const struct workload_jwt_svid *svids,
			   size_t count, const char *why);

#endif
