/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/grpc/http2_connection.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/clock.h"

#define READ_MAX ((size_t)16 << 10) /* of one connection, in one turn of the loop */
#define CHUNK_MAX ((size_t)17 << 10) /* of it: a frame as nghttp2 makes them */
#define LINGER_MS 1000 /* at the server's end, of all connections together */

static void connection_free(struct http2_connection *c)
{
	while (!LIST_EMPTY(&c->streams))
		http2_stream_free(LIST_FIRST(&c->streams));
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

bool http2_is_idle(const struct http2_connection *c)
{
	return LIST_EMPTY(&c->streams);
}

void http2_drop(struct http2_connection *c)
{
	connection_free(c);
}

/* When something runs out next. */
static void arm(struct http2_connection *c)
{
	int64_t next = http2_has_output(c) || LIST_EMPTY(&c->streams) ? c->deadline_ms : INT64_MAX;
	const struct http2_stream *s;

	for (s = LIST_FIRST(&c->streams); s != NULL; s = LIST_NEXT(s, others)) {
		if (s->deadline_ms != 0 && s->deadline_ms < next)
			next = s->deadline_ms;
	}
	if (next == INT64_MAX) {
		(void)event_del(c->timer);
		return;
	}
	next -= clock_monotonic_ms();
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

	if (!http2_has_output(c))
		return true;
	if (!put(c, c->out.data + c->sent, c->out.len - c->sent, &taken))
		return false;
	c->sent += taken;
	if (taken > 0)
		c->deadline_ms = clock_monotonic_ms() + c->server->limits.stall_ms;
	if (c->sent == c->out.len) {
		/* It held keys, and may have been large. */
		bytes_wipe(&c->out);
		c->sent = 0;
		c->deadline_ms = clock_monotonic_ms() + c->server->limits.idle_ms;
	}
	return true;
}

static enum status keep_rest(struct http2_connection *c, struct span rest)
{
	if (!http2_has_output(c))
		c->deadline_ms = clock_monotonic_ms() + c->server->limits.stall_ms;
	return bytes_append(&c->out, rest);
}

/* As much as one write takes. */
static bool gather(struct http2_connection *c, size_t *out)
{
	uint8_t *buffer = c->server->buffer;
	size_t len = 0;

	while (HTTP2_WRITE_MAX - len >= CHUNK_MAX) {
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
	while (!http2_has_output(c) && nghttp2_session_want_write(c->session)) {
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
	return !c->is_over && (http2_has_output(c) || nghttp2_session_want_read(c->session) != 0 ||
			       nghttp2_session_want_write(c->session) != 0);
}

/* Who does not read is not read from either. */
static bool wait_for(struct http2_connection *c)
{
	if (http2_has_output(c))
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
	int64_t now = clock_monotonic_ms();
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
		if (http2_has_output(c))
			c->is_over = true;
		else if (LIST_EMPTY(&c->streams))
			http2_check(
				c, nghttp2_session_terminate_session(c->session, NGHTTP2_NO_ERROR));
	}
	settle(c);
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

	enum status status = http2_callbacks_make(&server->callbacks);

	if (status == OK)
		status = http2_options_make(&server->options);
	if (status == OK) {
		*out = server;
		server = NULL;
	}
	return status;
}

static void say_goodbye(struct http2_connection *c)
{
	/* What ends its streams first: behind GOAWAY nothing is sent. */
	if (flush(c) && nghttp2_session_terminate_session(c->session, NGHTTP2_NO_ERROR) == 0)
		(void)flush(c);
	(void)shutdown(c->fd, SHUT_WR);
}

/* A peer whose own write fails gives up before it has read what was said to it:
 * our end is closed behind the peer's. */
static void linger(struct http2_connection *c, int64_t until_ms)
{
	struct pollfd wait = { .fd = c->fd, .events = POLLIN };
	int64_t left = until_ms - clock_monotonic_ms();

	while (left > 0 && poll(&wait, 1, (int)left) > 0 &&
	       recv(c->fd, c->server->buffer, READ_MAX, MSG_DONTWAIT) > 0)
		left = until_ms - clock_monotonic_ms();
}

void http2_server_free(struct http2_server *server)
{
	if (server == NULL)
		return;

	int64_t until_ms = clock_monotonic_ms() + LINGER_MS;
	struct http2_connection *c;

	for (c = LIST_FIRST(&server->connections); c != NULL; c = LIST_NEXT(c, others))
		say_goodbye(c);
	while (!LIST_EMPTY(&server->connections)) {
		c = LIST_FIRST(&server->connections);
		linger(c, until_ms);
		connection_free(c);
	}
	nghttp2_session_callbacks_del(server->callbacks);
	nghttp2_option_del(server->options);
	free(server);
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
	c->deadline_ms = clock_monotonic_ms() + server->limits.handshake_ms;
	LIST_INSERT_HEAD(&server->connections, c, others);
	c->readable = event_new(server->base, fd, EV_READ | EV_PERSIST, on_readable, c);
	c->writable = event_new(server->base, fd, EV_WRITE, on_writable, c);
	c->timer = event_new(server->base, -1, 0, on_timer, c);
	if (c->readable == NULL || c->writable == NULL || c->timer == NULL ||
	    !http2_session_begin(c)) {
		connection_free(c);
		return STATUS_NO_MEMORY;
	}
	http2_write_soon(c);
	*out = c;
	return OK;
}
