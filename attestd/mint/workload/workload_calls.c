/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/workload/workload_call.h"

#include <stddef.h>
#include <stdlib.h>

#include "daemon/clock.h"
#include "daemon/log.h"

struct workload_calls *workload_calls_of(const struct grpc_call *grpc)
{
	return grpc_context(grpc);
}

struct workload_peer *workload_peer_of(const struct grpc_call *grpc)
{
	return grpc_peer(grpc);
}

void workload_refuse(struct grpc_call *grpc, enum workload_outcome outcome, const char *why)
{
	switch (outcome) {
	case WORKLOAD_DENIED:
		grpc_end(grpc, GRPC_PERMISSION_DENIED, why != NULL ? why : "no identity issued");
		return;
	case WORKLOAD_NOT_READY:
		grpc_end(grpc, GRPC_UNAVAILABLE, why != NULL ? why : "no identity for now");
		return;
	case WORKLOAD_INVALID:
		grpc_end(grpc, GRPC_INVALID_ARGUMENT, why != NULL ? why : "not understood");
		return;
	case WORKLOAD_TOO_MANY:
		grpc_end(grpc, GRPC_RESOURCE_EXHAUSTED, why != NULL ? why : "too many requests");
		return;
	case WORKLOAD_GIVEN:
	case WORKLOAD_LATER:
	case WORKLOAD_AGAIN:
		break;
	}
	grpc_end(grpc, GRPC_INTERNAL, NULL);
}

void workload_call_end(struct workload_call *call, enum workload_outcome outcome, const char *why)
{
	call->is_over = true;
	workload_refuse(call->grpc, outcome, why);
}

void workload_calls_log_refusal(struct workload_calls *calls, const char *what, const char *why,
				uid_t uid)
{
	int64_t now = clock_monotonic_ms() / 1000;

	denials_log_untold(&calls->denials, now);
	if (denials_is_news(&calls->denials, uid, span_text(what), why, now))
		log_line(LOG_LEVEL_WARNING, "workload socket: a %s of user %u was refused: %s",
			 what, uid, why);
}

const char *workload_calls_refused(void *context, void *peer)
{
	static const char too_often[] = "too many requests of this user: ask less often";
	struct workload_calls *calls = context;
	const struct workload_user *user = ((struct workload_peer *)peer)->user;

	if (rates_take(&calls->requests, user->uid, clock_monotonic_ms()))
		return NULL;
	workload_calls_log_refusal(calls, "request", too_often, user->uid);
	return too_often;
}

struct workload_call *workload_call_new(struct grpc_call *grpc)
{
	struct workload_calls *calls = workload_calls_of(grpc);
	struct workload_user *user = workload_peer_of(grpc)->user;
	struct workload_call *call;

	call = user->calls < calls->per_user_max ? calloc(1, sizeof(*call)) : NULL;
	if (call == NULL) {
		workload_refuse(grpc, WORKLOAD_TOO_MANY, "too many calls of this user are open");
		return NULL;
	}
	call->grpc = grpc;
	call->turn.user = &user->turn;
	user->calls++;
	LIST_INSERT_HEAD(&calls->open, call, others);
	grpc_set_state(grpc, call);
	return call;
}

void workload_call_closed(struct grpc_call *grpc)
{
	struct workload_calls *calls = workload_calls_of(grpc);
	struct workload_call *call = grpc_state(grpc);

	if (call == NULL)
		return;
	if (call->ticket != 0 && calls->source->jwt_cancelled != NULL)
		calls->source->jwt_cancelled(calls->source->core, call->ticket);
	workload_peer_of(grpc)->user->calls--;
	turns_remove(&calls->turns, &call->turn);
	LIST_REMOVE(call, others);
	workload_request_done(&call->request);
	free(call);
}

void workload_call_await_turn(struct workload_call *call)
{
	struct workload_calls *calls = workload_calls_of(call->grpc);

	turns_add(&calls->turns, &call->turn);
	event_active(calls->turn, EV_TIMEOUT, 0);
}

static struct workload_call *call_of(struct turn *turn)
{
	return (struct workload_call *)(void *)((char *)turn -
						offsetof(struct workload_call, turn));
}

bool workload_calls_turn(struct workload_calls *calls)
{
	for (size_t i = 0; i < WORKLOAD_LOOKS_A_TURN; i++) {
		struct turn *turn = turns_next(&calls->turns);

		if (turn == NULL)
			return false;

		struct workload_call *call = call_of(turn);

		call->take_turn(call);
	}
	return !turns_is_empty(&calls->turns);
}

static bool concerns(const struct workload_call *call, enum workload_news news,
		     const struct caller *c)
{
	/* What the verifier has been asked for comes by its ticket. */
	if (call->is_over || call->ticket != 0)
		return false;
	switch (news) {
	case WORKLOAD_CHANGED:
		return true;
	case WORKLOAD_ANSWERED:
		return call->waits;
	case WORKLOAD_CHANGED_FOR:
	case WORKLOAD_LOST:
		break;
	}
	return workload_peer_of(call->grpc)->caller == c;
}

void workload_calls_tell(struct workload_calls *calls, enum workload_news news,
			 const struct caller *c)
{
	struct workload_call *call;

	for (call = LIST_FIRST(&calls->open); call != NULL; call = LIST_NEXT(call, others)) {
		if (!concerns(call, news, c))
			continue;
		if (news == WORKLOAD_LOST)
			turns_add_first(&calls->turns, &call->turn);
		else
			turns_add(&calls->turns, &call->turn);
	}
	event_active(calls->turn, EV_TIMEOUT, 0);
}

void workload_calls_end(struct workload_calls *calls)
{
	struct workload_call *call;

	for (call = LIST_FIRST(&calls->open); call != NULL; call = LIST_NEXT(call, others))
		workload_call_end(call, WORKLOAD_NOT_READY, "attestd is stopping");
}
