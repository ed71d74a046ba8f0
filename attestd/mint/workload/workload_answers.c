/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/workload/workload_call.h"

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
			 void (*answer)(struct workload_call *call))
{
	struct workload_call *call = workload_call_new(grpc);

	if (call == NULL)
		return;
	call->request = *request;
	*request = (struct workload_request){ 0 };
	call->take_turn = answer;
	workload_call_await_turn(call);
}

static void ask_jwt(struct workload_call *call)
{
	struct workload_calls *calls = workload_calls_of(call->grpc);
	const struct workload_source *source = calls->source;
	const struct workload_jwt_request request = {
		.audiences = call->request.audiences,
		.audience_count = call->request.audience_count,
		.spiffe_id = call->request.spiffe_id,
	};
	uint64_t ticket = ++calls->last_ticket;
	const char *why = NULL;

	call->ticket = ticket;

	enum workload_outcome outcome = source->jwt(
		source->core, workload_peer_of(call->grpc)->caller, &request, ticket, &why);

	call->waits = outcome == WORKLOAD_AGAIN;
	if (outcome == WORKLOAD_LATER)
		return;
	call->ticket = 0;
	if (!call->waits)
		workload_call_end(call, outcome, why);
}

static void fetch_jwt_svid(struct grpc_call *grpc, struct span message)
{
	AUTO_DONE(workload_request) request = { 0 };

	if (workload_calls_of(grpc)->source->jwt == NULL)
		workload_refuse(grpc, WORKLOAD_NOT_READY, "no JWT-SVIDs are issued here");
	else if (workload_jwt_request_parse(message, &request) != OK)
		workload_refuse(
			grpc, WORKLOAD_INVALID,
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
		workload_call_end(call, outcome, why);
	else
		give(call, workload_jwt_frame(svids, count, &frame), &frame);
}

static void answer_validate(struct workload_call *call)
{
	AUTO_DONE(bytes) frame = { 0 };
	const struct workload_source *source = workload_calls_of(call->grpc)->source;
	struct workload_claims claims = { 0 };
	const char *why = NULL;
	enum workload_outcome outcome =
		source->validate(source->core, workload_peer_of(call->grpc)->caller,
				 call->request.audiences[0], call->request.token, &claims, &why);

	call->waits = outcome == WORKLOAD_AGAIN;
	if (outcome == WORKLOAD_GIVEN)
		give(call, workload_claims_frame(&claims, &frame), &frame);
	else if (!call->waits)
		workload_call_end(call, outcome, why);
}

static void validate_jwt_svid(struct grpc_call *grpc, struct span message)
{
	AUTO_DONE(workload_request) request = { 0 };

	if (workload_calls_of(grpc)->source->validate == NULL)
		workload_refuse(grpc, WORKLOAD_NOT_READY, "no JWT-SVIDs are validated here");
	else if (workload_validate_request_parse(message, &request) != OK)
		workload_refuse(grpc, WORKLOAD_INVALID,
				"the request is malformed: an audience and a token");
	else
		begin_answer(grpc, &request, answer_validate);
}

const struct grpc_method workload_fetch_jwt_svid = { .path = WORKLOAD_METHOD("FetchJWTSVID"),
						     .guard = WORKLOAD_GUARD,
						     .request = fetch_jwt_svid,
						     .closed = workload_call_closed };
const struct grpc_method workload_validate_jwt_svid = { .path = WORKLOAD_METHOD("ValidateJWTSVID"),
							.guard = WORKLOAD_GUARD,
							.request = validate_jwt_svid,
							.closed = workload_call_closed };
