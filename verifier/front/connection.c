/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/connection.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>

#include <openssl/err.h>

#include "daemon/clock.h"
#include "verifier/front/room.h"
#include "verifier/front/wait.h"

/* What a refused client may still send before the connection ends: closing with
 * unread bytes would take the answer away from it (a TCP reset). */
#define DRAIN_MAX ((size_t)1 << 20)
#define DRAIN_S 2
#define INPUT_MAX ((size_t)64 << 10)

/* The timer is set for the pace at which a body began: what came since then moved its end,
 * and is looked at no sooner. */
static bool has_time_left(struct connection *c)
{
	int64_t left_ms = c->phase == PHASE_BODY ? pace_end_ms(&c->pace) - clock_monotonic_ms() : 0;

	if (left_ms <= 0)
		return false;
	connection_hasten(c, (uint64_t)left_ms);
	return true;
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
	struct connection *c = context;
	(void)fd;
	(void)what;

	if (has_time_left(c))
		return;
	if (c->phase == PHASE_HEAD || c->phase == PHASE_BODY) {
		c->front->metrics.deadlines_missed++;
		c->keep_alive = false;
		connection_refuse(c, 408, 0);
		return;
	}
	if (c->phase == PHASE_WAITING) {
		relay_forget(&c->front->relay, c->relay_id);
		connection_refuse(c, 503, 5);
		return;
	}
	if (c->phase == PHASE_PARKED) {
		wait_end(c);
		return;
	}
	if (c->phase == PHASE_HANDSHAKE || c->phase == PHASE_ANSWER)
		c->front->metrics.deadlines_missed++;
	connection_close(c);
}

/* Whatever is there for the phase the connection is in. */
static void process(struct connection *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);

	switch (c->phase) {
	case PHASE_IDLE:
	case PHASE_HEAD:
		request_read_head(c);
		break;
	case PHASE_BODY:
		request_read_body(c);
		break;
	case PHASE_DRAIN:
		c->drained += evbuffer_get_length(in);
		(void)evbuffer_drain(in, evbuffer_get_length(in));
		if (c->drained > DRAIN_MAX)
			connection_close(c);
		break;
	case PHASE_PARKED:
		wait_hear(c);
		break;
	case PHASE_HANDSHAKE:
	case PHASE_WAITING:
	case PHASE_ANSWER:
		/* The next request waits in the buffer, whose size is bounded. */
		break;
	}
}

/* Whatever ends the reading of records, as the bufferevent would say it. */
static void say_end(struct connection *c, int error)
{
	ERR_clear_error();
	if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE)
		bufferevent_trigger_event(
			c->bev, error == SSL_ERROR_ZERO_RETURN ? BEV_EVENT_EOF : BEV_EVENT_ERROR,
			BEV_TRIG_DEFER_CALLBACKS);
}

/* TLS reads all that the socket has (tls.c), the bufferevent takes one record of it: no
 * poll tells of the others. */
static void take_other_records(struct connection *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	SSL *ssl = connection_ssl(c);
	uint8_t record[SSL3_RT_MAX_PLAIN_LENGTH];
	size_t len = 0;

	while (evbuffer_get_length(in) < INPUT_MAX && SSL_has_pending(ssl) == 1) {
		ERR_clear_error();
		if (SSL_read_ex(ssl, record, sizeof(record), &len) != 1) {
			say_end(c, SSL_get_error(ssl, 0));
			return;
		}
		if (evbuffer_add(in, record, len) != 0) {
			say_end(c, SSL_ERROR_SYSCALL);
			return;
		}
	}
}

static void read_on(struct connection *c)
{
	take_other_records(c);
	process(c);
}

static void on_readable(struct bufferevent *bev, void *context)
{
	(void)bev;
	read_on(context);
}

/* Everything was written. */
static void on_written(struct bufferevent *bev, void *context)
{
	struct connection *c = context;
	(void)bev;

	if (c->phase != PHASE_ANSWER || evbuffer_get_length(bufferevent_get_output(c->bev)) != 0)
		return;
	if (!c->keep_alive) {
		(void)SSL_shutdown(connection_ssl(c));
		ERR_clear_error();
		connection_enter(c, PHASE_DRAIN, DRAIN_S);
	} else {
		connection_enter(c, PHASE_IDLE, c->front->settings->idle_s);
	}
	read_on(c);
}

static void on_connected(struct connection *c)
{
	connection_enter(c, PHASE_IDLE, c->front->settings->head_s);
	/* The first request may have come right behind the handshake. */
	read_on(c);
}

static void on_event(struct bufferevent *bev, short what, void *context)
{
	struct connection *c = context;
	(void)bev;

	if ((what & BEV_EVENT_CONNECTED) != 0) {
		on_connected(c);
		return;
	}
	if (c->phase == PHASE_HANDSHAKE)
		c->front->metrics.handshakes_failed++;
	/* A client that only closed its side still gets its answer. */
	if ((what & BEV_EVENT_EOF) != 0 &&
	    (c->phase == PHASE_WAITING || c->phase == PHASE_ANSWER)) {
		c->keep_alive = false;
		return;
	}
	connection_close(c);
}

void connection_answered(void *waiting, const struct relay_answer *answer)
{
	struct connection *c = waiting;
	AUTO_DONE(bytes) metrics = { 0 };

	wait_heed(c, answer);
	if (c->route->route != ROUTE_METRICS || answer->status != 200) {
		connection_answer(c, answer->status, answer->retry_after_s, answer->content_type,
				  answer->body, c->keep_alive);
		return;
	}
	if (metrics_write(&c->front->metrics, &metrics) != OK ||
	    bytes_append(&metrics, answer->body) != OK) {
		connection_refuse(c, 503, 5);
		return;
	}
	connection_answer(c, 200, 0, answer->content_type, span_of(&metrics), c->keep_alive);
}

static bool close_first(struct connections *list)
{
	if (TAILQ_EMPTY(list))
		return false;
	connection_close(TAILQ_FIRST(list));
	return true;
}

bool connection_make_room(struct front *front)
{
	struct connection *next = room_next(front);

	if (next != NULL)
		connection_close(next);
	return next != NULL;
}

/* Who waits gives way to who comes from the same address to attest. */
static bool is_admitted(struct front *front, struct peer *peer)
{
	if (peer->connections > front->settings->connections_per_peer_max &&
	    !close_first(&peer->waiting))
		return false;
	return front->metrics.open < front->settings->connections_max ||
	       connection_make_room(front);
}

/* Takes fd where it succeeds: what can fail comes before that. */
static struct connection *connection_new(struct front *front, int fd, bool is_admin)
{
	struct connection *c = calloc(1, sizeof(*c));
	SSL *ssl = NULL;

	if (c == NULL)
		return NULL;
	c->front = front;
	c->is_admin = is_admin;
	c->deadline = evtimer_new(front->base, on_deadline, c);
	c->body = evbuffer_new();
	if (c->deadline != NULL && c->body != NULL)
		ssl = SSL_new(is_admin ? front->admin_tls : front->tls);
	if (ssl != NULL)
		c->bev = bufferevent_openssl_socket_new(
			front->base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING,
			BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (c->bev != NULL)
		return c;
	/* Which took ssl along: it was told to close it. */
	connection_release(c);
	return NULL;
}

void connection_open(struct front *front, int fd, const struct sockaddr *from, bool is_admin)
{
	int on = 1;
	struct peer *peer = peers_enter(&front->peers, from);
	struct connection *c = peer != NULL && is_admitted(front, peer)
				       ? connection_new(front, fd, is_admin)
				       : NULL;

	if (c == NULL) {
		if (peer != NULL)
			peers_leave(peer);
		front->metrics.connections_refused++;
		(void)close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c->peer = peer;
	room_enter(c, PLACE_NEW);
	front->metrics.connections++;
	front->metrics.open++;
	bufferevent_setcb(c->bev, on_readable, on_written, on_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, INPUT_MAX);
	connection_enter(c, PHASE_HANDSHAKE, front->settings->handshake_s);
	if (bufferevent_enable(c->bev, EV_READ | EV_WRITE) != 0)
		connection_close(c);
}
