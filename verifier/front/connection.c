/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/connection.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>

#include <openssl/err.h>

#include "messages/error.h"
#include "verifier/front/http.h"
#include "verifier/front/request.h"
#include "verifier/front/wait.h"

/* What a refused client may still send before the connection ends: closing with
 * unread bytes would take the answer away from it (a TCP reset). */
#define DRAIN_MAX ((size_t)1 << 20)
#define DRAIN_S 2
#define INPUT_MAX ((size_t)64 << 10)
#define ANSWER_HEAD_ROOM 512

static SSL *ssl_of(struct connection *c)
{
	return bufferevent_openssl_get_ssl(c->bev);
}

void connection_hasten(struct connection *c, uint64_t ms)
{
	struct timeval after = { .tv_sec = (time_t)(ms / 1000),
				 .tv_usec = (suseconds_t)(ms % 1000) * 1000 };

	if (evtimer_add(c->deadline, &after) != 0)
		(void)event_base_loopbreak(c->front->base);
}

static enum place place_of(enum phase phase)
{
	switch (phase) {
	case PHASE_IDLE:
		return PLACE_IDLE;
	case PHASE_HANDSHAKE:
	case PHASE_HEAD:
		return PLACE_NEW;
	case PHASE_PARKED:
		return PLACE_WAITING;
	case PHASE_BODY:
	case PHASE_WAITING:
	case PHASE_ANSWER:
	case PHASE_DRAIN:
		break;
	}
	return PLACE_AT_WORK;
}

static void move_to(struct connection *c, enum place place)
{
	if (c->place == place)
		return;
	TAILQ_REMOVE(&c->front->places[c->place], c, link);
	TAILQ_INSERT_TAIL(&c->front->places[place], c, link);
	c->place = place;
}

void connection_enter(struct connection *c, enum phase phase, size_t seconds)
{
	c->phase = phase;
	move_to(c, place_of(phase));
	connection_hasten(c, (uint64_t)seconds * 1000);
}

static void forget_request(struct connection *c)
{
	if (c->phase == PHASE_WAITING)
		relay_forget(&c->front->relay, c->relay_id);
	if (c->phase == PHASE_PARKED)
		wait_leave(c);
	c->front->metrics.body_bytes -= c->counted;
	c->counted = 0;
	(void)evbuffer_drain(c->body, evbuffer_get_length(c->body));
	bytes_done(&c->query);
	c->route = NULL;
	c->subject_len = 0;
}

static void connection_free(struct connection *c)
{
	if (c->body != NULL)
		evbuffer_free(c->body);
	if (c->deadline != NULL)
		event_free(c->deadline);
	free(c);
}

void connection_close(struct connection *c)
{
	forget_request(c);
	TAILQ_REMOVE(&c->front->places[c->place], c, link);
	peers_leave(c->peer);
	c->front->metrics.open--;
	if (c->phase != PHASE_HANDSHAKE)
		(void)SSL_shutdown(ssl_of(c));
	ERR_clear_error();
	bufferevent_free(c->bev);
	connection_free(c);
}

void connections_close(struct front *front)
{
	struct connection *c;

	for (size_t i = 0; i < PLACES; i++)
		while ((c = TAILQ_FIRST(&front->places[i])) != NULL)
			connection_close(c);
}

/* Straight to the socket where nothing waits before it, in one record and one
 * segment; what it does not take at once is left to the bufferevent, to which an
 * empty output is the end of the answer either way. */
static bool put_out(struct connection *c, struct span bytes)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	size_t sent = 0;

	if (evbuffer_get_length(out) == 0 &&
	    SSL_write_ex(ssl_of(c), bytes.data, bytes.len, &sent) != 1) {
		/* The bufferevent meets it again, and knows what to do. */
		ERR_clear_error();
		sent = 0;
	}
	if (sent == bytes.len) {
		bufferevent_trigger(c->bev, EV_WRITE, BEV_TRIG_DEFER_CALLBACKS);
		return true;
	}
	return evbuffer_add(out, bytes.data + sent, bytes.len - sent) == 0;
}

static void send_answer(struct connection *c, unsigned status, unsigned retry_after_s,
			struct span content_type, struct span body, bool keep_alive)
{
	AUTO_DONE(bytes) whole = { 0 };
	AUTO(char) type = NULL;
	enum status done = bytes_text(content_type, &type);

	metrics_count(&c->front->metrics, c->route == NULL ? (enum route)0 : c->route->route,
		      status);
	c->keep_alive = keep_alive;
	if (done == OK)
		done = bytes_reserve(&whole, body.len + ANSWER_HEAD_ROOM);
	if (done == OK)
		done = http_answer_head(&whole, status, type, body.len, retry_after_s, keep_alive);
	if (done == OK)
		done = bytes_append(&whole, body);
	if (done != OK || !put_out(c, span_of(&whole))) {
		connection_close(c);
		return;
	}
	forget_request(c);
	connection_enter(c, PHASE_ANSWER,
			 c->front->settings->answer_s + body.len / BODY_BYTES_PER_S);
}

void connection_send(struct connection *c, unsigned status, struct span json)
{
	send_answer(c, status, 0, span_text("application/json"), json, c->keep_alive);
}

void connection_refuse(struct connection *c, unsigned status, unsigned retry_after_s)
{
	AUTO_DONE(bytes) body = { 0 };
	bool was_read = c->phase == PHASE_WAITING || evbuffer_get_length(c->body) == c->body_len;

	if (error_answer_write(http_error_code(status), "", &body) != OK) {
		connection_close(c);
		return;
	}
	send_answer(c, status, retry_after_s, span_text("application/json"), span_of(&body),
		    c->keep_alive && was_read);
}

static void on_deadline(evutil_socket_t fd, short what, void *context)
{
	struct connection *c = context;
	(void)fd;
	(void)what;

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
	SSL *ssl = ssl_of(c);
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
		(void)SSL_shutdown(ssl_of(c));
		ERR_clear_error();
		connection_enter(c, PHASE_DRAIN, DRAIN_S);
	} else {
		connection_enter(c, PHASE_IDLE, c->front->settings->idle_s);
	}
	read_on(c);
}

static void on_connected(struct connection *c)
{
	if (c->is_admin)
		c->administrator = tls_administrator(ssl_of(c), c->front->settings->administrators,
						     c->front->settings->administrator_count);
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
		send_answer(c, answer->status, answer->retry_after_s, answer->content_type,
			    answer->body, c->keep_alive);
		return;
	}
	if (metrics_write(&c->front->metrics, &metrics) != OK ||
	    bytes_append(&metrics, answer->body) != OK) {
		connection_refuse(c, 503, 5);
		return;
	}
	send_answer(c, 200, 0, answer->content_type, span_of(&metrics), c->keep_alive);
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
	return close_first(&front->places[PLACE_IDLE]) || close_first(&front->places[PLACE_NEW]);
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
	connection_free(c);
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
	c->place = place_of(PHASE_HANDSHAKE);
	TAILQ_INSERT_TAIL(&front->places[c->place], c, link);
	front->metrics.connections++;
	front->metrics.open++;
	bufferevent_setcb(c->bev, on_readable, on_written, on_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, INPUT_MAX);
	connection_enter(c, PHASE_HANDSHAKE, front->settings->handshake_s);
	if (bufferevent_enable(c->bev, EV_READ | EV_WRITE) != 0)
		connection_close(c);
}
