/* SPDX-License-Identifier: Apache-2.0 */
/* What nghttp2 tells of a connection's frames, and what it is told. */
#include "attestd/mint/grpc/http2_connection.h"

#include <stdlib.h>

#include "daemon/clock.h"

/* What is free for a peer is worth a token; a second brings new ones. */
#define TOKENS_MAX 1000
#define TOKENS_PER_S 100
/* A part of a body that was sent brings what acknowledges it: WINDOW_UPDATE of
 * stream and connection, a PING that measures, a reset once it is read. */
#define TOKENS_FOR_DATA 4
#define CONTINUATIONS_MAX 8
#define SETTINGS_ENTRIES_MAX 32
#define ACKS_MAX 100

/* False: there are none left, and the connection goes. */
static bool spend(struct http2_connection *c, int cost)
{
	int64_t now = clock_monotonic_ms();
	int64_t tokens = c->tokens + (now - c->tokens_at_ms) * TOKENS_PER_S / 1000;

	if (tokens > c->tokens)
		c->tokens_at_ms = now;
	c->tokens = (int)(tokens < TOKENS_MAX ? tokens : TOKENS_MAX) - cost;
	return c->tokens >= 0;
}

static void earn(struct http2_connection *c, int tokens)
{
	c->tokens = c->tokens + tokens < TOKENS_MAX ? c->tokens + tokens : TOKENS_MAX;
}

void http2_write_soon(struct http2_connection *c)
{
	if (!http2_has_output(c))
		event_active(c->writable, EV_WRITE, 0);
}

void http2_check(struct http2_connection *c, int result)
{
	if (result == 0)
		return;
	c->is_over = true;
	http2_write_soon(c);
}

/* The call first: it may still ask about its stream. */
void http2_stream_free(struct http2_stream *s)
{
	struct http2_connection *c = s->connection;

	c->server->handler->closed(s->call);
	LIST_REMOVE(s, others);
	/* What nobody took counts against the connection for ever. */
	if (s->unconsumed > 0)
		http2_check(c, nghttp2_session_consume_connection(c->session, s->unconsumed));
	if (LIST_EMPTY(&c->streams))
		c->deadline_ms = clock_monotonic_ms() + c->server->limits.idle_ms;
	free(s);
}

static int on_begin_headers(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct http2_connection *c = user;

	if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;

	struct http2_stream *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	*s = (struct http2_stream){ .connection = c, .id = frame->hd.stream_id };
	s->call = c->server->handler->open(c->server->context, c->peer, s);
	if (s->call == NULL) {
		free(s);
		return spend(c, 1) ? NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE
				   : NGHTTP2_ERR_CALLBACK_FAILURE;
	}
	LIST_INSERT_HEAD(&c->streams, s, others);
	if (nghttp2_session_set_stream_user_data(session, s->id, s) != 0)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	return 0;
}

static struct http2_stream *stream_of(nghttp2_session *session, int32_t id)
{
	return id == 0 ? NULL : nghttp2_session_get_stream_user_data(session, id);
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
		     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
		     void *user)
{
	struct http2_connection *c = user;
	struct http2_stream *s = stream_of(session, frame->hd.stream_id);

	(void)flags;
	if (s == NULL)
		return 0;
	s->header_list += (uint32_t)(name_len + value_len + 32);
	if (s->header_list > c->server->limits.header_list)
		return spend(c, 1) ? NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE
				   : NGHTTP2_ERR_CALLBACK_FAILURE;
	/* Trailers of a request say nothing that we read. */
	if (frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		c->server->handler->field(s->call, (struct span){ name, name_len },
					  (struct span){ value, value_len });
	return 0;
}

/* What costs the sender nothing; the rest is bounded by streams and windows. */
static bool is_cheap(const nghttp2_frame_hd *hd)
{
	if (hd->type == NGHTTP2_DATA)
		return hd->length == 0 && (hd->flags & NGHTTP2_FLAG_END_STREAM) == 0;
	return hd->type != NGHTTP2_HEADERS;
}

static int on_begin_frame(nghttp2_session *session, const nghttp2_frame_hd *hd, void *user)
{
	(void)session;
	return !is_cheap(hd) || spend(user, 1) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_invalid_frame(nghttp2_session *session, const nghttp2_frame *frame, int why,
			    void *user)
{
	(void)session;
	(void)frame;
	(void)why;
	return spend(user, 1) ? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct http2_connection *c = user;
	struct http2_stream *s = stream_of(session, frame->hd.stream_id);
	const struct http2_handler *handler = c->server->handler;

	if (frame->hd.type == NGHTTP2_SETTINGS && !c->is_greeted) {
		c->is_greeted = true;
		c->deadline_ms = clock_monotonic_ms() + c->server->limits.idle_ms;
	}
	if (s == NULL || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA))
		return 0;
	if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
		handler->request(s->call);
	if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 && !s->has_ended) {
		s->has_ended = true;
		handler->end(s->call);
	}
	return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data,
		   size_t len, void *user)
{
	struct http2_connection *c = user;
	struct http2_stream *s = stream_of(session, id);

	(void)flags;
	if (s == NULL)
		return nghttp2_session_consume_connection(session, len) == 0
			       ? 0
			       : NGHTTP2_ERR_CALLBACK_FAILURE;
	s->unconsumed += len;
	c->server->handler->body(s->call, (struct span){ data, len });
	return 0;
}

static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *user)
{
	struct http2_connection *c = user;
	const struct http2_stream *s = stream_of(session, frame->hd.stream_id);

	if (frame->hd.type == NGHTTP2_DATA)
		earn(c, TOKENS_FOR_DATA);
	/* RFC 9113, 8.1: answered before the request was complete. */
	if (s != NULL && !s->has_ended && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
	    (frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS))
		return nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, s->id,
						 NGHTTP2_NO_ERROR);
	return 0;
}

static int on_stream_close(nghttp2_session *session, int32_t id, uint32_t why, void *user)
{
	struct http2_stream *s = stream_of(session, id);

	(void)why;
	(void)user;
	if (s != NULL)
		http2_stream_free(s);
	return 0;
}

static ssize_t on_pull(nghttp2_session *session, int32_t id, uint8_t *out, size_t room,
		       uint32_t *flags, nghttp2_data_source *source, void *user)
{
	struct http2_stream *s = source->ptr;
	struct http2_connection *c = user;
	bool is_end = false;
	size_t len = c->server->handler->pull(s->call, out, room, &is_end);

	(void)session;
	(void)id;
	if (is_end)
		*flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
	return len == 0 && !is_end ? NGHTTP2_ERR_DEFERRED : (ssize_t)len;
}

/* nghttp2 takes fields as if it wrote to them. */
static size_t fields_of(const struct http2_field *fields, size_t count, nghttp2_nv *out)
{
	for (size_t i = 0; i < count; i++) {
		union {
			const uint8_t *read;
			uint8_t *write;
		} name = { fields[i].name.data }, value = { fields[i].value.data };

		out[i] = (nghttp2_nv){ .name = name.write,
				       .namelen = fields[i].name.len,
				       .value = value.write,
				       .valuelen = fields[i].value.len };
	}
	return count;
}

/* More of them, of which one might be the status, end the connection. */
#define FIELDS_MAX 8

void http2_respond(struct http2_stream *s, const struct http2_field *fields, size_t count)
{
	const nghttp2_data_provider body = { .source.ptr = s, .read_callback = on_pull };
	struct http2_connection *c = s->connection;
	nghttp2_nv nv[FIELDS_MAX];

	if (count > FIELDS_MAX) {
		http2_check(c, NGHTTP2_ERR_INVALID_ARGUMENT);
		return;
	}
	http2_check(c, nghttp2_submit_response(c->session, s->id, nv, fields_of(fields, count, nv),
					       &body));
	http2_write_soon(c);
}

void http2_end(struct http2_stream *s, const struct http2_field *fields, size_t count)
{
	struct http2_connection *c = s->connection;
	nghttp2_nv nv[FIELDS_MAX];

	if (count > FIELDS_MAX) {
		http2_check(c, NGHTTP2_ERR_INVALID_ARGUMENT);
		return;
	}
	http2_check(c, nghttp2_submit_headers(c->session, NGHTTP2_FLAG_END_STREAM, s->id, NULL, nv,
					      fields_of(fields, count, nv), NULL) < 0);
	http2_write_soon(c);
}

void http2_resume(struct http2_stream *s)
{
	/* Not deferred is no error: it will be pulled anyway. */
	(void)nghttp2_session_resume_data(s->connection->session, s->id);
	http2_write_soon(s->connection);
}

bool http2_is_writable(const struct http2_stream *s)
{
	nghttp2_session *session = s->connection->session;

	return !http2_has_output(s->connection) &&
	       nghttp2_session_get_remote_window_size(session) > 0 &&
	       nghttp2_session_get_stream_remote_window_size(session, s->id) > 0;
}

void http2_consume(struct http2_stream *s, size_t len)
{
	s->unconsumed -= len;
	http2_check(s->connection, nghttp2_session_consume(s->connection->session, s->id, len));
	http2_write_soon(s->connection);
}

void http2_charge(struct http2_stream *s, int tokens)
{
	if (!spend(s->connection, tokens))
		http2_check(s->connection, NGHTTP2_ERR_FLOODED);
}

void http2_set_deadline(struct http2_stream *s, int64_t deadline_ms)
{
	s->deadline_ms = deadline_ms;
	http2_write_soon(s->connection);
}

enum status http2_options_make(nghttp2_option **out)
{
	nghttp2_option *options;

	if (nghttp2_option_new(&options) != 0)
		return STATUS_NO_MEMORY;
	nghttp2_option_set_no_auto_window_update(options, 1);
	nghttp2_option_set_no_closed_streams(options, 1);
	nghttp2_option_set_max_settings(options, SETTINGS_ENTRIES_MAX);
	nghttp2_option_set_max_outbound_ack(options, ACKS_MAX);
	nghttp2_option_set_max_continuations(options, CONTINUATIONS_MAX);
	/* What we send is short, and need not be remembered for each connection. */
	nghttp2_option_set_max_deflate_dynamic_table_size(options, 0);
	/* Resets are counted here, where those of answered streams are free. */
	nghttp2_option_set_stream_reset_rate_limit(options, UINT32_MAX, UINT32_MAX);
	*out = options;
	return OK;
}

enum status http2_callbacks_make(nghttp2_session_callbacks **out)
{
	nghttp2_session_callbacks *callbacks;

	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		return STATUS_NO_MEMORY;
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, on_begin_frame);
	nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
	*out = callbacks;
	return OK;
}

bool http2_session_begin(struct http2_connection *c)
{
	const struct http2_limits *limits = &c->server->limits;
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits->streams },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits->window },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits->header_list },
		{ NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 },
	};

	c->tokens = TOKENS_MAX;
	c->tokens_at_ms = clock_monotonic_ms();
	return nghttp2_session_server_new2(&c->session, c->server->callbacks, c,
					   c->server->options) == 0 &&
	       nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, settings,
				       sizeof(settings) / sizeof(*settings)) == 0;
}
