/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/workload/workload_call.h"

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

static enum workload_outcome look_bundles(
	const struct workload_source *source, struct caller *caller,
	enum status (*encode)(const struct workload_bundles *bundles, struct bytes *out),
	struct bytes *frame, const char **why)
{
	struct workload_bundles bundles = { 0 };
	enum workload_outcome outcome = source->bundles(source->core, caller, &bundles, why);

	return outcome != WORKLOAD_GIVEN ? outcome : framed(encode(&bundles, frame));
}

static enum workload_outcome look_x509_bundles(const struct workload_source *source,
					       struct caller *caller, struct bytes *frame,
					       const char **why)
{
	return look_bundles(source, caller, workload_x509_bundles_frame, frame, why);
}

static enum workload_outcome look_jwt_bundles(const struct workload_source *source,
					      struct caller *caller, struct bytes *frame,
					      const char **why)
{
	return look_bundles(source, caller, workload_jwt_bundles_frame, frame, why);
}

/* False: there is nothing to show, and where that is so for good the call was ended. */
static bool look(struct workload_call *call, struct bytes *frame)
{
	const char *why = NULL;
	enum workload_outcome outcome =
		call->look(workload_calls_of(call->grpc)->source,
			   workload_peer_of(call->grpc)->caller, frame, &why);

	call->waits = outcome == WORKLOAD_AGAIN;
	if (outcome != WORKLOAD_GIVEN && !call->waits)
		workload_call_end(call, outcome, why);
	return outcome == WORKLOAD_GIVEN;
}

/* What is true now, where it is not what was sent last. */
static void show(struct workload_call *call)
{
	AUTO_DONE(bytes) frame = { 0 };
	struct digest shown;

	if (!look(call, &frame))
		return;
	if (digest_of(DIGEST_SHA256, span_of(&frame), &shown) != OK)
		workload_call_end(call, WORKLOAD_NOT_READY, NULL);
	else if (!digest_equal(&shown, &call->shown)) {
		call->shown = shown;
		call->has_shown = true;
		grpc_send(call->grpc, &frame);
	}
	bytes_wipe(&frame);
}

static void stream_turn(struct workload_call *call)
{
	AUTO_DONE(bytes) frame = { 0 };

	if (!call->has_shown) {
		show(call);
		return;
	}
	/* Once it can write. Before, it cannot be told what is new; that there is nothing, it can. */
	if (grpc_poke(call->grpc))
		return;
	(void)look(call, &frame);
	bytes_wipe(&frame);
}

static void begin_stream(struct grpc_call *grpc, struct span message, workload_look shows)
{
	struct workload_call *call;

	if (workload_empty_parse(message) != OK) {
		workload_refuse(grpc, WORKLOAD_INVALID, "the request is malformed");
		return;
	}
	call = workload_call_new(grpc);
	if (call == NULL)
		return;
	call->look = shows;
	call->take_turn = stream_turn;
	workload_call_await_turn(call);
}

static void on_poked(struct grpc_call *grpc)
{
	struct workload_call *call = grpc_state(grpc);

	if (call != NULL && call->look != NULL && !call->is_over)
		show(call);
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

const struct grpc_method workload_fetch_x509_svid = { .path = WORKLOAD_METHOD("FetchX509SVID"),
						      .guard = WORKLOAD_GUARD,
						      .request = fetch_x509_svid,
						      .poked = on_poked,
						      .closed = workload_call_closed };
const struct grpc_method workload_fetch_x509_bundles = { .path = WORKLOAD_METHOD(
								 "FetchX509Bundles"),
							 .guard = WORKLOAD_GUARD,
							 .request = fetch_x509_bundles,
							 .poked = on_poked,
							 .closed = workload_call_closed };
const struct grpc_method workload_fetch_jwt_bundles = { .path = WORKLOAD_METHOD("FetchJWTBundles"),
							.guard = WORKLOAD_GUARD,
							.request = fetch_jwt_bundles,
							.poked = on_poked,
							.closed = workload_call_closed };
