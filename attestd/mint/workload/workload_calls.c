/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/workload/workload_calls.h"

#include <stdlib.h>

#include "attestd/mint/workload/workload_messages.h"
#include "base/digest.h"

/* SPIFFE Workload Endpoint, 4.2: keeps a request that a browser or a proxy was talked
 * into from getting here. */
#define GUARD "workload.spiffe.io"

/* What a stream shows. */
typedef enum workload_outcome (*workload_look)(const struct workload_source *source,
					       struct caller *caller, struct bytes *frame,
					       const char **why);

struct workload_call {
	LIST_ENTRY(workload_call) others;
	struct grpc_call *grpc;
	workload_look look; /* NULL: no stream */
	uint64_t ticket; /* of a JWT that is to come; else 0 */
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
	case WORKLOAD_GIVEN:
	case WORKLOAD_LATER:
		break;
	}
	grpc_end(grpc, GRPC_INTERNAL, NULL);
}

/* NULL, and the call is ended, where its user has enough of them. */
static struct workload_call *call_new(struct grpc_call *grpc)
{
	struct workload_calls *calls = calls_of(grpc);
	struct workload_peer *peer = peer_of(grpc);
	struct workload_call *call =
		*peer->calls < calls->per_user_max ? calloc(1, sizeof(*call)) : NULL;

	if (call == NULL) {
		grpc_end(grpc, GRPC_RESOURCE_EXHAUSTED, "too many calls of this user are open");
		return NULL;
	}
	call->grpc = grpc;
	(*peer->calls)++;
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
	(*peer_of(grpc)->calls)--;
	LIST_REMOVE(call, others);
	free(call);
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

	if (outcome == WORKLOAD_GIVEN && digest_of(DIGEST_SHA256, span_of(&frame), &shown) != OK)
		outcome = WORKLOAD_NOT_READY;
	if (outcome != WORKLOAD_GIVEN)
		refuse(call->grpc, outcome, why);
	else if (!digest_equal(&shown, &call->shown)) {
		call->shown = shown;
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
	show(call);
}

static void on_poked(struct grpc_call *grpc)
{
	struct workload_call *call = grpc_state(grpc);

	if (call != NULL && call->look != NULL)
		show(call);
}

void workload_calls_look(struct workload_calls *calls)
{
	struct workload_call *call;

	for (call = LIST_FIRST(&calls->open); call != NULL; call = LIST_NEXT(call, others)) {
		AUTO_DONE(bytes) frame = { 0 };
		const char *why = NULL;
		enum workload_outcome outcome;

		if (call->look == NULL || grpc_poke(call->grpc))
			continue;
		/* It cannot be told what is new; that there is nothing, it can. */
		outcome = call->look(calls->source, peer_of(call->grpc)->caller, &frame, &why);
		if (outcome != WORKLOAD_GIVEN)
			refuse(call->grpc, outcome, why);
		bytes_wipe(&frame);
	}
}

void workload_calls_end(struct workload_calls *calls)
{
	struct workload_call *call;

	for (call = LIST_FIRST(&calls->open); call != NULL; call = LIST_NEXT(call, others))
		refuse(call->grpc, WORKLOAD_NOT_READY, "attestd is stopping");
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
static void give(struct grpc_call *grpc, enum status status, struct bytes *frame)
{
	if (status != OK) {
		grpc_end(grpc, GRPC_INTERNAL, status_text(status));
		return;
	}
	grpc_send(grpc, frame);
	grpc_end(grpc, GRPC_OK, NULL);
}

static void fetch_jwt_svid(struct grpc_call *grpc, struct span message)
{
	AUTO_DONE(workload_request) parsed = { 0 };
	const struct workload_source *source = calls_of(grpc)->source;
	const char *why = NULL;
	struct workload_call *call;

	if (source->jwt == NULL) {
		refuse(grpc, WORKLOAD_NOT_READY, "no JWT-SVIDs are issued here");
		return;
	}
	if (workload_jwt_request_parse(message, &parsed) != OK) {
		refuse(grpc, WORKLOAD_INVALID,
		       "the request is malformed: 1 to 8 audiences of 1 to 255 bytes, a SPIFFE ID "
		       "or none");
		return;
	}
	call = call_new(grpc);
	if (call == NULL)
		return;

	const struct workload_jwt_request request = { .audiences = parsed.audiences,
						      .audience_count = parsed.audience_count,
						      .spiffe_id = parsed.spiffe_id };
	uint64_t ticket = ++calls_of(grpc)->last_ticket;

	call->ticket = ticket;

	enum workload_outcome outcome =
		source->jwt(source->core, peer_of(grpc)->caller, &request, ticket, &why);

	if (outcome == WORKLOAD_LATER)
		return;
	call->ticket = 0;
	refuse(grpc, outcome, why);
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
		refuse(call->grpc, outcome, why);
	else
		give(call->grpc, workload_jwt_frame(svids, count, &frame), &frame);
}

static void validate_jwt_svid(struct grpc_call *grpc, struct span message)
{
	AUTO_DONE(workload_request) request = { 0 };
	AUTO_DONE(bytes) frame = { 0 };
	const struct workload_source *source = calls_of(grpc)->source;
	struct workload_claims claims = { 0 };
	const char *why = NULL;
	enum workload_outcome outcome;

	if (source->validate == NULL) {
		refuse(grpc, WORKLOAD_NOT_READY, "no JWT-SVIDs are validated here");
		return;
	}
	if (workload_validate_request_parse(message, &request) != OK) {
		refuse(grpc, WORKLOAD_INVALID, "the request is malformed: an audience and a token");
		return;
	}
	outcome = source->validate(source->core, peer_of(grpc)->caller, request.audiences[0],
				   request.token, &claims, &why);
	if (outcome != WORKLOAD_GIVEN)
		refuse(grpc, outcome, why);
	else
		give(grpc, workload_claims_frame(&claims, &frame), &frame);
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
							.request = validate_jwt_svid };
