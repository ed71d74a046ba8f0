/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/http2.h"

#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READ_MAX ((size_t)16 << 10) /* of one connection, in one turn of the loop */
#define WRITE_MAX ((size_t)64 << 10) /* gathered for one write */
#define CHUNK_MAX ((size_t)17 << 10) /* of it: a frame as nghttp2 makes them */
/* What is free for a peer is worth a token; a second brings new ones. */
#define TOKENS_MAX 1000
#define TOKENS_PER_S 100
/* A part of a body that was sent brings what acknowledges it: WINDOW_UPDATE of
 * stream and connection, a PING that measures, a reset once it is read. */
#define TOKENS_FOR_DATA 4
#define CONTINUATIONS_MAX 8
#define SETTINGS_ENTRIES_MAX 32
#define ACKS_MAX 100

struct http2_stream {
	LIST_ENTRY(http2_stream) others;
	struct http2_connection *connection;
	void *call;
	int32_t id;
	uint32_t header_list;
	size_t unconsumed;
	int64_t deadline_ms;
	bool has_ended; /* the request */
};

struct http2_connection {
	LIST_ENTRY(http2_connection) others;
	struct http2_server *server;
	void *peer;
	int fd;
	nghttp2_session *session;
	struct event *readable, *writable, *timer;
	struct bytes out; /* what a write could not take */
	size_t sent; /* of it */
	LIST_HEAD(, http2_stream) streams;
	int64_t deadline_ms; /* of handshake, idleness or stall */
	int64_t tokens_at_ms;
	int tokens;
	bool is_greeted;
	bool is_over; /* to be freed when the session is not at work */
};

struct http2_server {
	struct event_base *base;
	struct http2_limits limits;
	const struct http2_handler *handler;
	void *context;
	nghttp2_session_callbacks *callbacks;
	nghttp2_option *options;
	LIST_HEAD(, http2_connection) connections;
	uint8_t buffer[WRITE_MAX]; /* of whichever connection reads or writes now */
};

int64_t http2_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* False: there are none left, and the connection goes. */
static bool spend(struct http2_connection *c, int cost)
{
	int64_t now = http2_now_ms();
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

static bool has_output(const struct http2_connection *c)
{
	return c->out.len > 0;
}

static void write_soon(struct http2_connection *c)
{
	if (!has_output(c))
		event_active(c->writable, EV_WRITE, 0);
}

static void check(struct http2_connection *c, int result)
{
	if (result == 0)
		return;
	c->is_over = true;
	write_soon(c);
}

/* The call first: it may still ask about its stream. */
static void stream_free(struct http2_stream *s)
{
	struct http2_connection *c = s->connection;

	c->server->handler->closed(s->call);
	LIST_REMOVE(s, others);
	/* What nobody took counts against the connection for ever. */
	if (s->unconsumed > 0)
		check(c, nghttp2_session_consume_connection(c->session, s->unconsumed));
	if (LIST_EMPTY(&c->streams))
		c->deadline_ms = http2_now_ms() + c->server->limits.idle_ms;
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
		c->deadline_ms = http2_now_ms() + c->server->limits.idle_ms;
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
		stream_free(s);
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

#define FIELDS_MAX 8

void http2_respond(struct http2_stream *s, const struct http2_field *fields, size_t count)
{
	const nghttp2_data_provider body = { .source.ptr = s, .read_callback = on_pull };
	struct http2_connection *c = s->connection;
	nghttp2_nv nv[FIELDS_MAX];

	if (count > FIELDS_MAX)
		count = FIELDS_MAX;
	check(c,
	      nghttp2_submit_response(c->session, s->id, nv, fields_of(fields, count, nv), &body));
	write_soon(c);
}

void http2_end(struct http2_stream *s, const struct http2_field *fields, size_t count)
{
	struct http2_connection *c = s->connection;
	nghttp2_nv nv[FIELDS_MAX];

	if (count > FIELDS_MAX)
		count = FIELDS_MAX;
	check(c, nghttp2_submit_headers(c->session, NGHTTP2_FLAG_END_STREAM, s->id, NULL, nv,
					fields_of(fields, count, nv), NULL) < 0);
	write_soon(c);
}

void http2_resume(struct http2_stream *s)
{
	/* Not deferred is no error: it will be pulled anyway. */
	(void)nghttp2_session_resume_data(s->connection->session, s->id);
	write_soon(s->connection);
}

bool http2_is_writable(const struct http2_stream *s)
{
	nghttp2_session *session = s->connection->session;

	return !has_output(s->connection) && nghttp2_session_get_remote_window_size(session) > 0 &&
	       nghttp2_session_get_stream_remote_window_size(session, s->id) > 0;
}

void http2_consume(struct http2_stream *s, size_t len)
{
	s->unconsumed -= len;
	check(s->connection, nghttp2_session_consume(s->connection->session, s->id, len));
	write_soon(s->connection);
}

static void connection_free(struct http2_connection *c)
{
	while (!LIST_EMPTY(&c->streams))
		stream_free(LIST_FIRST(&c->streams));
	LIST_REMOVE(c, others);
	if (c->readable != NULL)
		event_free(c->readable);
	if (c->writable != NULL)
		event_free(c->writable);
	if (c->timer != NULL)
		event_free(c->timer);
	nghttp2_session_del(c->session);
	bytes_done(&c->out);
	(void)close(c->fd);
	c->server->handler->gone(c->server->context, c->peer);
	free(c);
}

void http2_drop(struct http2_connection *c)
{
	connection_free(c);
}

/* When something runs out next. */
static void arm(struct http2_connection *c)
{
	int64_t next = has_output(c) || !c->is_greeted || LIST_EMPTY(&c->streams) ? c->deadline_ms
										  : INT64_MAX;
	const struct http2_stream *s;

	LIST_FOREACH(s, &c->streams, others)
	{
		if (s->deadline_ms != 0 && s->deadline_ms < next)
			next = s->deadline_ms;
	}
	if (next == INT64_MAX) {
		(void)event_del(c->timer);
		return;
	}
	next -= http2_now_ms();
	if (next < 0)
		next = 0;

	struct timeval wait = { .tv_sec = (time_t)(next / 1000),
				.tv_usec = (suseconds_t)(next % 1000 * 1000) };

	if (event_add(c->timer, &wait) != 0)
		c->is_over = true;
}

/* Some of what is in hand; false: the peer is gone. */
static bool put(struct http2_connection *c, const uint8_t *data, size_t len, size_t *taken)
{
	ssize_t sent = send(c->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);

	*taken = sent > 0 ? (size_t)sent : 0;
	return sent >= 0 || errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

static bool put_rest(struct http2_connection *c)
{
	size_t taken;

	if (!has_output(c))
		return true;
	if (!put(c, c->out.data + c->sent, c->out.len - c->sent, &taken))
		return false;
	c->sent += taken;
	if (taken > 0)
		c->deadline_ms = http2_now_ms() + c->server->limits.stall_ms;
	if (c->sent == c->out.len) {
		/* It held keys, and may have been large. */
		bytes_wipe(&c->out);
		c->sent = 0;
		c->deadline_ms = http2_now_ms() + c->server->limits.idle_ms;
	}
	return true;
}

static enum status keep_rest(struct http2_connection *c, struct span rest)
{
	if (!has_output(c))
		c->deadline_ms = http2_now_ms() + c->server->limits.stall_ms;
	return bytes_append(&c->out, rest);
}

/* As much as one write takes. */
static bool gather(struct http2_connection *c, size_t *out)
{
	uint8_t *buffer = c->server->buffer;
	size_t len = 0;

	while (WRITE_MAX - len >= CHUNK_MAX) {
		const uint8_t *data;
		ssize_t more = nghttp2_session_mem_send(c->session, &data);

		if (more < 0 || (size_t)more > CHUNK_MAX)
			return false;
		if (more == 0)
			break;
		memcpy(buffer + len, data, (size_t)more);
		len += (size_t)more;
	}
	*out = len;
	return true;
}

/* Until there is nothing left or the socket is full. False: it is over. */
static bool flush(struct http2_connection *c)
{
	size_t len = 0;
	size_t taken = 0;

	if (c->is_over || !put_rest(c))
		return false;
	while (!has_output(c) && nghttp2_session_want_write(c->session)) {
		if (!gather(c, &len))
			return false;
		if (len == 0)
			break;

		struct span rest = { c->server->buffer, len };
		bool is_there = put(c, rest.data, rest.len, &taken);

		rest = (struct span){ rest.data + taken, rest.len - taken };
		if (rest.len > 0 && is_there)
			is_there = keep_rest(c, rest) == OK;
		/* Keys were in it. */
		explicit_bzero(c->server->buffer, len);
		if (!is_there)
			return false;
	}
	return !c->is_over && (has_output(c) || nghttp2_session_want_read(c->session) != 0 ||
			       nghttp2_session_want_write(c->session) != 0);
}

/* Who does not read is not read from either. */
static bool wait_for(struct http2_connection *c)
{
	if (has_output(c))
		return event_del(c->readable) == 0 && event_add(c->writable, NULL) == 0;
	return event_add(c->readable, NULL) == 0;
}

/* The end of whatever was done with a connection. */
static void settle(struct http2_connection *c)
{
	if (flush(c) && wait_for(c)) {
		arm(c);
		return;
	}
	connection_free(c);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	settle(arg);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct http2_connection *c = arg;
	uint8_t *buffer = c->server->buffer;
	ssize_t len = recv(fd, buffer, READ_MAX, MSG_DONTWAIT);

	(void)what;
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len <= 0) {
		connection_free(c);
		return;
	}
	/* All of it, or the session is beyond repair; it says why by GOAWAY. */
	if (nghttp2_session_mem_recv(c->session, buffer, (size_t)len) != len)
		c->is_over = true;
	settle(c);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct http2_connection *c = arg;
	int64_t now = http2_now_ms();
	struct http2_stream *s, *next;

	(void)fd;
	(void)what;
	for (s = LIST_FIRST(&c->streams); s != NULL; s = next) {
		next = LIST_NEXT(s, others);
		if (s->deadline_ms == 0 || s->deadline_ms > now)
			continue;
		s->deadline_ms = 0;
		c->server->handler->expired(s->call);
	}
	if (c->deadline_ms <= now) {
		if (has_output(c) || !c->is_greeted)
			c->is_over = true;
		else if (LIST_EMPTY(&c->streams))
			check(c, nghttp2_session_terminate_session(c->session, NGHTTP2_NO_ERROR));
	}
	settle(c);
}

void http2_set_deadline(struct http2_stream *s, int64_t deadline_ms)
{
	s->deadline_ms = deadline_ms;
	write_soon(s->connection);
}

static enum status make_options(nghttp2_option **out)
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

static enum status make_callbacks(nghttp2_session_callbacks **out)
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

enum status http2_server_new(struct event_base *base, const struct http2_limits *limits,
			     const struct http2_handler *handler, void *context,
			     struct http2_server **out)
{
	AUTO(http2_server) server = calloc(1, sizeof(*server));

	if (server == NULL)
		return STATUS_NO_MEMORY;
	server->base = base;
	server->limits = *limits;
	server->handler = handler;
	server->context = context;

	enum status status = make_callbacks(&server->callbacks);

	if (status == OK)
		status = make_options(&server->options);
	if (status == OK) {
		*out = server;
		server = NULL;
	}
	return status;
}

void http2_server_free(struct http2_server *server)
{
	if (server == NULL)
		return;
	while (!LIST_EMPTY(&server->connections)) {
		struct http2_connection *c = LIST_FIRST(&server->connections);

		/* What ends its streams first: behind GOAWAY nothing is sent. */
		if (flush(c) &&
		    nghttp2_session_terminate_session(c->session, NGHTTP2_NO_ERROR) == 0)
			(void)flush(c);
		connection_free(c);
	}
	nghttp2_session_callbacks_del(server->callbacks);
	nghttp2_option_del(server->options);
	free(server);
}

static bool begin_session(struct http2_connection *c)
{
	const struct http2_limits *limits = &c->server->limits;
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits->streams },
		{ NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits->window },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits->header_list },
		{ NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1 },
	};

	return nghttp2_session_server_new2(&c->session, c->server->callbacks, c,
					   c->server->options) == 0 &&
	       nghttp2_submit_settings(c->session, NGHTTP2_FLAG_NONE, settings,
				       sizeof(settings) / sizeof(*settings)) == 0;
}

enum status http2_serve(struct http2_server *server, int fd, void *peer,
			struct http2_connection **out)
{
	struct http2_connection *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)close(fd);
		server->handler->gone(server->context, peer);
		return STATUS_NO_MEMORY;
	}
	c->server = server;
	c->peer = peer;
	c->fd = fd;
	c->tokens = TOKENS_MAX;
	c->tokens_at_ms = http2_now_ms();
	c->deadline_ms = c->tokens_at_ms + server->limits.handshake_ms;
	LIST_INSERT_HEAD(&server->connections, c, others);
	c->readable = event_new(server->base, fd, EV_READ | EV_PERSIST, on_readable, c);
	c->writable = event_new(server->base, fd, EV_WRITE, on_writable, c);
	c->timer = event_new(server->base, -1, 0, on_timer, c);
	if (c->readable == NULL || c->writable == NULL || c->timer == NULL || !begin_session(c)) {
		connection_free(c);
		return STATUS_NO_MEMORY;
	}
	write_soon(c);
	*out = c;
	return OK;
}
