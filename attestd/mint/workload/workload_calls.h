/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_WORKLOAD_WORKLOAD_CALLS_H
#define ATTESTD_MINT_WORKLOAD_WORKLOAD_CALLS_H

#include <sys/queue.h>

#include "attestd/mint/caller/denials.h"
#include "attestd/mint/caller/rates.h"
#include "attestd/mint/grpc/grpc.h"
#include "attestd/mint/workload/workload.h"
#include "attestd/mint/workload/workload_turns.h"

/* The Workload API's methods, and the calls that are open. Each look at a caller is
 * some work: so many are had between two turns of the loop. */
#define WORKLOAD_LOOKS_A_TURN 16

struct workload_call;
struct workload_connection;

struct workload_calls {
	const struct workload_source *source;
	struct event *turn; /* runs workload_calls_turn() */
	size_t per_user_max;
	uint64_t last_ticket;
	LIST_HEAD(workload_open_calls, workload_call) open;
	struct turns turns;
	struct rates requests;
	struct denials denials; /* of connections and requests */
};

/* What a user holds of what is there for all. */
struct workload_user {
	LIST_ENTRY(workload_user) others;
	uid_t uid;
	size_t connections, calls;
	LIST_HEAD(workload_held, workload_connection) held; /* the newest first */
	struct turn_user turn;
};

/* Who calls: what grpc_peer() is here. */
struct workload_peer {
	struct caller *caller;
	struct workload_user *user;
	struct workload_connection *connection;
};

/* For a grpc_server whose context is a struct workload_calls. */
extern const struct grpc_method workload_fetch_x509_svid;
extern const struct grpc_method workload_fetch_x509_bundles;
extern const struct grpc_method workload_fetch_jwt_svid;
extern const struct grpc_method workload_fetch_jwt_bundles;
extern const struct grpc_method workload_validate_jwt_svid;

/* As grpc_settings has it: each user has a rate. */
const char *workload_calls_refused(void *context, void *peer);
/* As workload_api_tell(). */
void workload_calls_tell(struct workload_calls *calls, enum workload_news news,
			 const struct caller *c);
/* Asks the source for some of those that wait for it; true: there are more. */
bool workload_calls_turn(struct workload_calls *calls);
/* Whoever is refused here can be so as often as he likes. */
void workload_calls_log_refusal(struct workload_calls *calls, const char *what, const char *why,
				uid_t uid);
/* UNAVAILABLE for each call: we go. */
void workload_calls_end(struct workload_calls *calls);
/* As workload_api_jwt(). */
void workload_calls_answer(struct workload_calls *calls, uint64_t ticket,
			   enum workload_outcome outcome, const struct workload_jwt_svid *svids,
			   size_t count, const char *why);

#endif
