/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_WORKLOAD_WORKLOAD_CALL_H
#define ATTESTD_MINT_WORKLOAD_WORKLOAD_CALL_H

#include "attestd/mint/workload/workload_calls.h"
#include "attestd/mint/workload/workload_messages.h"
#include "base/digest.h"

/* One open call, as the methods see it: streams, and what is answered once. */

/* SPIFFE Workload Endpoint, 4.2: keeps a request that a browser or a proxy was talked
 * into from getting here. */
#define WORKLOAD_GUARD "workload.spiffe.io"
#define WORKLOAD_METHOD(name) "/SpiffeWorkloadAPI/" name

/* What a stream shows. */
typedef enum workload_outcome (*workload_look)(const struct workload_source *source,
					       struct caller *caller, struct bytes *frame,
					       const char **why);

struct workload_call {
	LIST_ENTRY(workload_call) others;
	struct turn turn;
	struct grpc_call *grpc;
	void (*take_turn)(struct workload_call *call);
	bool is_over; /* it was answered, or refused */
	bool waits; /* was told AGAIN */
	/* Of a stream. */
	workload_look look;
	bool has_shown;
	struct digest shown; /* of the message that was sent last */
	/* Of what is answered once. */
	struct workload_request request;
	uint64_t ticket; /* of a JWT that is to come; else 0 */
};

struct workload_calls *workload_calls_of(const struct grpc_call *grpc);
struct workload_peer *workload_peer_of(const struct grpc_call *grpc);

/* NULL, and the gRPC call is ended, where its user has enough of them. */
struct workload_call *workload_call_new(struct grpc_call *grpc);
/* A method's closed(). */
void workload_call_closed(struct grpc_call *grpc);
/* take_turn() from the loop, when it is this call's turn. */
void workload_call_await_turn(struct workload_call *call);
void workload_call_end(struct workload_call *call, enum workload_outcome outcome, const char *why);
/* The same of a gRPC call that is none of ours yet. why may be NULL. */
void workload_refuse(struct grpc_call *grpc, enum workload_outcome outcome, const char *why);

#endif
