/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/workload/workload_calls.h"

#include <stddef.h>
#include <stdlib.h>

#include "attestd/mint/workload/workload_messages.h"
#include "base/digest.h"
#include "daemon/log.h"

/* SPIFFE Workload Endpoint, 4.2: keeps a request that a browser or a proxy was talked
 * into from getting here. */
#define GUARD "workload.spiffe.io"

/* What a stream shows. */
typedef enum workload_outcome (*workload_look)(const struct workload_source *source,
					       struct caller *caller, struct bytes *frame,
					       const char **why);

/* Answers what is no stream, now or later. */
typedef void (*workload_answer)(struct workload_call *call);

struct workload_call {
	LIST_ENTRY(workload_call) others;
	struct turn turn;
	struct grpc_call *grpc;
	workload_look look; /* NULL: no stream */
	workload_answer answer;
	struct workload_request request; /* of what is no stream */
	uint64_t ticket; /* of a JWT that is to come; else 0 */
	bool is_over; /* it was answered, or refused */
	bool waits; /* was told AGAIN */
	bool has_shown;
	struct digest shown; /* of the message that was sent last */
};

static struct workload_calls *calls_of(const struct grpc_call *grpc)
{
	return grpc_context(grpc);
}

static struct workload_peer *peer_of(const struct grpc_call *grpc)
{
	return grpc_peer(grpc);
}

static void refuse(struct grpc_call *grpc, enum workload_outcome outcome, const char *why)
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

static void end_call(struct workload_call *call, enum workload_outcome outcome, const char *why)
{
	call->is_over = true;
	refuse(call->grpc, outcome, why);
}

void workload_calls_log_refusal(struct workload_calls *calls, const char *what, const char *why,
				uid_t uid)
{
	int64_t now = http2_now_ms() / 1000;

	denials_log_untold(&calls->denials, now);
	if (denials_is_news(&calls->denials, uid, span_text(what), why, now))
		log_line(LOG_LEVEL_WARNING, "workload socket: a %s of user %u was refused: %s",
			 what, uid, why);
}

/* NULL, and the call is ended, where its user has or asks for enough of them. */
static struct workload_call *call_new(struct grpc_call *grpc)
{
	static const char too_often[] = "too many requests of this user: ask less often";
	struct workload_calls *calls = calls_of(grpc);
	struct workload_user *user = peer_of(grpc)->user;
	struct workload_call *call;

	if (!rates_take(&calls->requests, user->uid, http2_now_ms())) {
		workload_calls_log_refusal(calls, "request", too_often, user->uid);
		refuse(grpc, WORKLOAD_TOO_MANY, too_often);
		return NULL;
	}
	call = user->calls < calls->per_user_max ? calloc(1, sizeof(*call)) : NULL;
	if (call == NULL) {
		refuse(grpc, WORKLOAD_TOO_MANY, "too many calls of this user are open");
		return NULL;
	}
	call->grpc = grpc;
	call->turn.user = &user->turn;
	user->calls++;
	LIST_INSERT_HEAD(&calls->open, call, others);
	grpc_set_state(grpc, call);
	return call;
}

static void on_closed(struct grpc_call *grpc)
{
	struct workload_calls *calls = calls_of(grpc);
	struct workload_call *call = grpc_state(grpc);

	if (call == NULL)
		return;
	if (call->ticket != 0 && calls->source->jwt_cancelled != NULL)
		calls->source->jwt_cancelled(calls->source->core, call->ticket);
	peer_of(grpc)->user->calls--;
	turns_remove(&calls->turns, &call->turn);
	LIST_REMOVE(call, others);
	workload_request_done(&call->request);
	free(call);
}

/* From the loop, when it is this call's turn. */
static void await_turn(struct workload_calls *calls, struct workload_call *call)
{
	turns_add(&calls->turns, &call->turn);
	event_active(calls->turn, EV_TIMEOUT, 0);
}

static enum workload_outcome framed(enum status status)
{
	return status == OK ? WORKLOAD_GIVEN : WORKLOAD_NOT_READY;
}

static enum workload_outcome look_x509(const struct workload_source *source, struct caller *caller,
				       struct bytes *frame, const char **why)
{
	struct workload_x509 x509 = { 0 };
	enum workload_outcome outcome = source->x509(source->core, caller, &x509, why);

	return outcome != WORKLOAD_GIVEN ? outcome : framed(workload_x509_frame(&x509, frame));
}

static enum workload_outcome look_x509_bundles(const struct workload_source *source,
					       struct caller *caller, struct bytes *frame,
					       const char **why)
{
	struct workload_bundles bundles = { 0 };
	enum workload_outcome outcome = source->bundles(source->core, caller, &bundles, why);

	return outcome != WORKLOAD_GIVEN ? outcome
					 : framed(workload_x509_bundles_frame(&bundles, frame));
}

static enum workload_outcome look_jwt_bundles(const struct workload_source *source,
					      struct caller *caller, struct bytes *frame,
					      const char **why)
{
	struct workload_bundles bundles = { 0 };
	enum workload_outcome outcome = source->bundles(source->core, caller, &bundles, why);

	return outcome != WORKLOAD_GIVEN ? outcome
					 : framed(workload_jwt_bundles_frame(&bundles, frame));
}

/* What is true now, where it is not what was sent last. */
static void show(struct workload_call *call)
{
	AUTO_DONE(bytes) frame = { 0 };
	const char *why = NULL;
	struct digest shown;
	enum workload_outcome outcome =
		call->look(calls_of(call->grpc)->source, peer_of(call->grpc)->caller, &frame, &why);

	call->waits = outcome == WORKLOAD_AGAIN;
	if (call->waits)
		return;
	if (outcome == WORKLOAD_GIVEN && digest_of(DIGEST_SHA256, span_of(&frame), &shown) != OK)
		outcome = WORKLOAD_NOT_READY;
	if (outcome != WORKLOAD_GIVEN)
		end_call(call, outcome, why);
	else if (!digest_equal(&shown, &call->shown)) {
		call->shown = shown;
		call->has_shown = true;
		grpc_send(call->grpc, &frame);
	}
	bytes_wipe(&frame);
}

static void begin_stream(struct grpc_call *grpc, struct span message, workload_look look)
{
	struct workload_call *call;

	if (workload_empty_parse(message) != OK) {
		refuse(grpc, WORKLOAD_INVALID, "the request is malformed");
		return;
	}
	call = call_new(grpc);
	if (call == NULL)
		return;
	call->look = look;
	await_turn(calls_of(grpc), call);
}

static void on_poked(struct grpc_call *grpc)
{
	struct workload_call *call = grpc_state(grpc);

	if (call != NULL && call->look != NULL && !call->is_over)
		show(call);
}

/* A stream that has shown something, once it can write. */
static void look_again(const struct workload_source *source, struct workload_call *call)
{
	AUTO_DONE(bytes) frame = { 0 };
	const char *why = NULL;
	enum workload_outcome outcome;

	if (grpc_poke(call->grpc))
		return;
	/* It cannot be told what is new; that there is nothing, it can. */
	outcome = call->look(source, peer_of(call->grpc)->caller, &frame, &why);
	call->waits = outcome == WORKLOAD_AGAIN;
	if (outcome != WORKLOAD_GIVEN && !call->waits)
		end_call(call, outcome, why);
	bytes_wipe(&frame);
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

		if (call->look == NULL)
			call->answer(call);
		else if (call->has_shown)
			look_again(calls->source, call);
		else
			show(call);
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
	return peer_of(call->grpc)->caller == c;
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
		end_call(call, WORKLOAD_NOT_READY, "attestd is stopping");
}

static void fetch_x509_svid(struct grpc_call *grpc, struct span message)
{
	begin_stream(grpc, message, look_x509);
}

static void fetch_x509_bundles(struct grpc_call *grpc, struct span message)
{
	begin_stream(grpc, message, look_x509_bundles);
}

static void fetch_jwt_bundles(struct grpc_call *grpc, struct span message)
{
	begin_stream(grpc, message, look_jwt_bundles);
}

/* Takes the frame, and ends the call with it. */
static void give(struct workload_call *call, enum status status, struct bytes *frame)
{
	call->is_over = true;
	if (status != OK) {
		grpc_end(call->grpc, GRPC_INTERNAL, status_text(status));
		return;
	}
	grpc_send(call->grpc, frame);
	grpc_end(call->grpc, GRPC_OK, NULL);
}

/* Takes the request. */
static void begin_answer(struct grpc_call *grpc, struct workload_request *request,
			 workload_answer answer)
{
	struct workload_call *call = call_new(grpc);

	if (call == NULL)
		return;
	call->request = *request;
	*request = (struct workload_request){ 0 };
	call->answer = answer;
	await_turn(calls_of(grpc), call);
}

static void ask_jwt(struct workload_call *call)
{
	struct workload_calls *calls = calls_of(call->grpc);
	const struct workload_source *source = calls->source;
	const struct workload_jwt_request request = {
		.audiences = call->request.audiences,
		.audience_count = call->request.audience_count,
		.spiffe_id = call->request.spiffe_id,
	};
	uint64_t ticket = ++calls->last_ticket;
	const char *why = NULL;

	call->ticket = ticket;

	enum workload_outcome outcome =
		source->jwt(source->core, peer_of(call->grpc)->caller, &request, ticket, &why);

	call->waits = outcome == WORKLOAD_AGAIN;
	if (outcome == WORKLOAD_LATER)
		return;
	call->ticket = 0;
	if (!call->waits)
		end_call(call, outcome, why);
}

static void fetch_jwt_svid(struct grpc_call *grpc, struct span message)
{
	AUTO_DONE(workload_request) request = { 0 };

	if (calls_of(grpc)->source->jwt == NULL)
		refuse(grpc, WORKLOAD_NOT_READY, "no JWT-SVIDs are issued here");
	else if (workload_jwt_request_parse(message, &request) != OK)
		refuse(grpc, WORKLOAD_INVALID,
		       "the request is malformed: 1 to 8 audiences of 1 to 255 bytes, a SPIFFE ID "
		       "or none");
	else
		begin_answer(grpc, &request, ask_jwt);
}

void workload_calls_answer(struct workload_calls *calls, uint64_t ticket,
			   enum workload_outcome outcome, const struct workload_jwt_svid *svids,
			   size_t count, const char *why)
{
	AUTO_DONE(bytes) frame = { 0 };
	struct workload_call *call = LIST_FIRST(&calls->open);

	while (call != NULL && call->ticket != ticket)
		call = LIST_NEXT(call, others);
	if (call == NULL || ticket == 0)
		return;
	call->ticket = 0;
	if (outcome != WORKLOAD_GIVEN)
		end_call(call, outcome, why);
	else
		give(call, workload_jwt_frame(svids, count, &frame), &frame);
}

static void answer_validate(struct workload_call *call)
{
	AUTO_DONE(bytes) frame = { 0 };
	const struct workload_source *source = calls_of(call->grpc)->source;
	struct workload_claims claims = { 0 };
	const char *why = NULL;
	enum workload_outcome outcome =
		source->validate(source->core, peer_of(call->grpc)->caller,
				 call->request.audiences[0], call->request.token, &claims, &why);

	call->waits = outcome == WORKLOAD_AGAIN;
	if (outcome == WORKLOAD_GIVEN)
		give(call, workload_claims_frame(&claims, &frame), &frame);
	else if (!call->waits)
		end_call(call, outcome, why);
}

static void validate_jwt_svid(struct grpc_call *grpc, struct span message)
{
	AUTO_DONE(workload_request) request = { 0 };

	if (calls_of(grpc)->source->validate == NULL)
		refuse(grpc, WORKLOAD_NOT_READY, "no JWT-SVIDs are validated here");
	else if (workload_validate_request_parse(message, &request) != OK)
		refuse(grpc, WORKLOAD_INVALID, "the request is malformed: an audience and a token");
	else
		begin_answer(grpc, &request, answer_validate);
}

#define METHOD(name) "/SpiffeWorkloadAPI/" name

const struct grpc_method workload_fetch_x509_svid = { .path = METHOD("FetchX509SVID"),
						      .guard = GUARD,
						      .request = fetch_x509_svid,
						      .poked = on_poked,
						      .closed = on_closed };
const struct grpc_method workload_fetch_x509_bundles = { .path = METHOD("FetchX509Bundles"),
							 .guard = GUARD,
							 .request = fetch_x509_bundles,
							 .poked = on_poked,
							 .closed = on_closed };
const struct grpc_method workload_fetch_jwt_svid = { .path = METHOD("FetchJWTSVID"),
						     .guard = GUARD,
						     .request = fetch_jwt_svid,
						     .closed = on_closed };
const struct grpc_method workload_fetch_jwt_bundles = { .path = METHOD("FetchJWTBundles"),
							.guard = GUARD,
							.request = fetch_jwt_bundles,
							.poked = on_poked,
							.closed = on_closed };
const struct grpc_method workload_validate_jwt_svid = { .path = METHOD("ValidateJWTSVID"),
							.guard = GUARD,
							.request = validate_jwt_svid,
							.closed = on_closed };
