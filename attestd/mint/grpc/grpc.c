/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/grpc/grpc.h"

#include <stdio.h>
#include <stdlib.h>

#include "attestd/mint/grpc/grpc_request.h"
#include "base/text.h"
#include "daemon/clock.h"

/* Of a connection's tokens (http2_session.c): ten such requests a second. */
#define REFUSED_COST 10

struct grpc_server {
	const struct grpc_settings *settings;
	void *context;
	struct http2_server *http2;
};

struct grpc_call {
	struct http2_stream *stream;
	struct grpc_server *server;
	struct grpc_request request;
	void *peer, *state;
	struct bytes in; /* of requests that were not taken yet */
	struct bytes out; /* one message, with its prefix */
	size_t sent; /* of it */
	enum grpc_code code; /* to end with */
	char *message;
	bool has_begun; /* the method heard of it */
	bool has_request_end, has_answer, is_poked, is_ending, is_over, is_pulled;
};

static void *on_open(void *context, void *peer, struct http2_stream *stream)
{
	struct grpc_server *server = context;
	struct grpc_call *call = calloc(1, sizeof(*call));

	if (call == NULL)
		return NULL;
	call->server = server;
	call->stream = stream;
	call->peer = peer;
	http2_set_deadline(stream, clock_monotonic_ms() + server->settings->request_ms);
	return call;
}

static void on_field(void *arg, struct span name, struct span value)
{
	struct grpc_call *call = arg;

	grpc_request_take(&call->request, call->server->settings->methods, name, value,
			  clock_monotonic_ms());
}

static void end_http(struct grpc_call *call, const char *status)
{
	const struct http2_field field = { span_text(":status"), span_text(status) };

	call->is_over = true;
	http2_end(call->stream, &field, 1);
}

/* Where nothing was answered yet, Trailers-Only. */
static void finish(struct grpc_call *call)
{
	AUTO_DONE(bytes) message = { 0 };
	char code[12];
	struct http2_field fields[4] = {
		{ span_text(":status"), span_text("200") },
		{ span_text("content-type"), span_text("application/grpc") },
	};
	size_t first = call->has_answer ? 2 : 0;
	size_t count = 2;

	(void)snprintf(code, sizeof(code), "%d", (int)call->code);
	fields[count++] = (struct http2_field){ span_text("grpc-status"), span_text(code) };
	if (call->message != NULL &&
	    text_append_escaped(&message, span_text(call->message)) == OK && message.len > 0)
		fields[count++] =
			(struct http2_field){ span_text("grpc-message"), span_of(&message) };
	call->is_over = true;
	bytes_wipe(&call->out);
	bytes_done(&call->in);
	http2_end(call->stream, fields + first, count - first);
}

static bool has_pending(const struct grpc_call *call)
{
	return call->out.len > 0;
}

void grpc_end(struct grpc_call *call, enum grpc_code code, const char *message)
{
	if (call->is_ending)
		return;
	call->is_ending = true;
	call->code = code;
	free(call->message);
	call->message = message == NULL ? NULL : strdup(message);
	/* A state that is refused now is not the one to begin with. */
	if (code != GRPC_OK && call->sent == 0)
		bytes_wipe(&call->out);
	if (call->is_pulled ||
	    (has_pending(call) && (code == GRPC_OK || http2_is_writable(call->stream))))
		return;
	finish(call);
}

/* What is refused here was paid with nothing yet. */
static bool is_one_too_many(struct grpc_call *call)
{
	const struct grpc_server *server = call->server;
	const char *why = server->settings->refused(server->context, call->peer);

	if (why == NULL)
		return false;
	http2_charge(call->stream, REFUSED_COST);
	grpc_end(call, GRPC_RESOURCE_EXHAUSTED, why);
	return true;
}

static void on_request(void *arg)
{
	struct grpc_call *call = arg;
	const struct grpc_refusal *refusal = grpc_request_refusal(&call->request);

	/* Before what it asks for is looked at: that it is nothing costs as much. */
	if (is_one_too_many(call) || refusal == NULL)
		return;
	if (refusal->http_status != NULL)
		end_http(call, refusal->http_status);
	else
		grpc_end(call, refusal->code, refusal->message);
}

static void begin(struct grpc_call *call, struct span message)
{
	if (call->has_begun && is_one_too_many(call))
		return;
	call->has_begun = true;
	call->request.method->request(call, message);
}

/* False: the first request is not there whole, or is none, which ends the call. */
static bool find_request(struct grpc_call *call, struct span *out)
{
	enum status status =
		grpc_message_first(span_of(&call->in), call->server->settings->request_max, out);

	if (status == STATUS_UNSUPPORTED)
		grpc_end(call, GRPC_INTERNAL, "a compressed message without an encoding");
	else if (status == STATUS_TOO_LARGE)
		grpc_end(call, GRPC_RESOURCE_EXHAUSTED, "the request is too large");
	if (status != OK)
		return false;
	if (call->request.method->takes_many)
		return true;
	/* Whether it is the only one is known at the end. */
	if (!call->has_request_end)
		return false;
	if (call->in.len == GRPC_PREFIX_SIZE + out->len)
		return true;
	grpc_end(call, GRPC_INTERNAL, "more than one request");
	return false;
}

/* False: there is none, or the call was ended. */
static bool take_request(struct grpc_call *call)
{
	struct span message;

	if (call->is_ending || !find_request(call, &message))
		return false;

	struct bytes taken = call->in;
	size_t len = GRPC_PREFIX_SIZE + message.len;

	call->in = (struct bytes){ 0 };
	http2_consume(call->stream, len);
	if (bytes_append(&call->in, (struct span){ taken.data + len, taken.len - len }) != OK)
		grpc_end(call, GRPC_RESOURCE_EXHAUSTED, "out of memory");
	else
		begin(call, message);
	bytes_wipe(&taken);
	return !call->is_over;
}

static void take_requests(struct grpc_call *call)
{
	while (!has_pending(call) && take_request(call))
		;
	if (!call->has_request_end || call->is_ending || has_pending(call) ||
	    (call->has_begun && !call->request.method->takes_many))
		return;
	if (call->in.len > 0 || !call->request.method->takes_many)
		grpc_end(call, GRPC_INTERNAL, "the request ends too soon");
	else
		grpc_end(call, GRPC_OK, NULL);
}

static void on_body(void *arg, struct span part)
{
	struct grpc_call *call = arg;

	if (call->is_over) {
		http2_consume(call->stream, part.len);
		return;
	}
	if (bytes_append(&call->in, part) != OK) {
		grpc_end(call, GRPC_RESOURCE_EXHAUSTED, "out of memory");
		return;
	}
	take_requests(call);
}

static void on_end(void *arg)
{
	struct grpc_call *call = arg;

	call->has_request_end = true;
	if (call->is_over)
		return;
	http2_set_deadline(call->stream, call->request.deadline_ms);
	take_requests(call);
}

/* The client's own deadline, and what a reader may take. */
static void set_deadline(struct grpc_call *call)
{
	int64_t stalled_ms = clock_monotonic_ms() + call->server->settings->stall_ms;
	int64_t deadline_ms = call->request.deadline_ms;

	if (has_pending(call) && (deadline_ms == 0 || stalled_ms < deadline_ms))
		deadline_ms = stalled_ms;
	http2_set_deadline(call->stream, deadline_ms);
}

static size_t take_pending(struct grpc_call *call, uint8_t *out, size_t room)
{
	size_t len = call->out.len - call->sent;

	if (len > room)
		len = room;
	memcpy(out, call->out.data + call->sent, len);
	call->sent += len;
	if (call->sent == call->out.len) {
		bytes_wipe(&call->out);
		call->sent = 0;
	}
	set_deadline(call);
	return len;
}

static size_t on_pull(void *arg, uint8_t *out, size_t room, bool *is_end)
{
	struct grpc_call *call = arg;
	size_t len = 0;

	call->is_pulled = true;
	/* What was not begun may be replaced. */
	if (call->is_poked && call->sent == 0 && !call->is_ending) {
		call->is_poked = false;
		call->request.method->poked(call);
	}
	if (!has_pending(call) && call->request.method->takes_many)
		take_requests(call);
	if (has_pending(call))
		len = take_pending(call, out, room);
	call->is_pulled = false;
	if (len == 0 && call->is_ending && !call->is_over) {
		*is_end = true;
		finish(call);
	}
	return len;
}

static void on_expired(void *arg)
{
	struct grpc_call *call = arg;
	bool is_late =
		call->request.deadline_ms != 0 && call->request.deadline_ms <= clock_monotonic_ms();

	if (call->is_over)
		return;
	/* Also of one that waits for the rest of its answer to be read. */
	call->is_ending = false;
	call->sent = 0;
	if (has_pending(call) && !is_late)
		grpc_end(call, GRPC_RESOURCE_EXHAUSTED, "the answer was not read");
	else
		grpc_end(call, GRPC_DEADLINE_EXCEEDED,
			 call->has_request_end ? "the deadline is over"
					       : "the request came too slowly");
}

static void on_closed(void *arg)
{
	struct grpc_call *call = arg;

	if (call->has_begun && call->request.method->closed != NULL)
		call->request.method->closed(call);
	bytes_done(&call->in);
	bytes_wipe(&call->out);
	free(call->message);
	free(call);
}

static void on_gone(void *context, void *peer)
{
	const struct grpc_server *server = context;

	server->settings->gone(server->context, peer);
}

void grpc_send(struct grpc_call *call, struct bytes *frame)
{
	const struct http2_field fields[] = {
		{ span_text(":status"), span_text("200") },
		{ span_text("content-type"), span_text("application/grpc") },
	};

	if (call->is_ending || call->sent > 0) {
		bytes_wipe(frame);
		return;
	}
	bytes_wipe(&call->out);
	call->out = *frame;
	*frame = (struct bytes){ 0 };
	if (call->is_pulled)
		return;
	set_deadline(call);
	if (call->has_answer) {
		http2_resume(call->stream);
		return;
	}
	call->has_answer = true;
	http2_respond(call->stream, fields, sizeof(fields) / sizeof(*fields));
}

bool grpc_poke(struct grpc_call *call)
{
	if (call->is_ending)
		return true;
	call->is_poked = true;
	http2_resume(call->stream);
	return call->sent == 0 && http2_is_writable(call->stream);
}

void *grpc_context(const struct grpc_call *call)
{
	return call->server->context;
}

void *grpc_peer(const struct grpc_call *call)
{
	return call->peer;
}

void *grpc_state(const struct grpc_call *call)
{
	return call->state;
}

void grpc_set_state(struct grpc_call *call, void *state)
{
	call->state = state;
}

static const struct http2_handler handler = {
	.open = on_open,
	.field = on_field,
	.request = on_request,
	.body = on_body,
	.end = on_end,
	.pull = on_pull,
	.expired = on_expired,
	.closed = on_closed,
	.gone = on_gone,
};

enum status grpc_server_new(struct event_base *base, const struct http2_limits *limits,
			    const struct grpc_settings *settings, void *context,
			    struct grpc_server **out)
{
	AUTO(grpc_server) server = calloc(1, sizeof(*server));

	if (server == NULL)
		return STATUS_NO_MEMORY;
	server->settings = settings;
	server->context = context;

	enum status status = http2_server_new(base, limits, &handler, server, &server->http2);

	if (status == OK) {
		*out = server;
		server = NULL;
	}
	return status;
}

void grpc_server_free(struct grpc_server *server)
{
	if (server == NULL)
		return;
	http2_server_free(server->http2);
	free(server);
}

enum status grpc_serve(struct grpc_server *server, int fd, void *peer,
		       struct http2_connection **out)
{
	return http2_serve(server->http2, fd, peer, out);
}
