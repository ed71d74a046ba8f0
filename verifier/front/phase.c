/* SPDX-License-Identifier: Apache-2.0 */
/* A connection's phases: how each is entered, answered and ended. */
#include <stdlib.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>

#include <openssl/err.h>

#include "messages/error.h"
#include "verifier/front/http.h"
#include "verifier/front/room.h"

#define ANSWER_HEAD_ROOM 512

SSL *connection_ssl(struct connection *c)
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
	case PHASE_ANSWER:
	case PHASE_DRAIN:
		return PLACE_TRANSFER;
	case PHASE_WAITING:
		break;
	}
	return PLACE_AT_WORK;
}

void connection_enter(struct connection *c, enum phase phase, size_t seconds)
{
	c->phase = phase;
	room_move(c, place_of(phase));
	connection_hasten(c, (uint64_t)seconds * 1000);
}

/* It is answered, or the connection ends. */
static void leave_wait(struct connection *c)
{
	c->front->metrics.waiting--;
	LIST_REMOVE(c, of_node);
	TAILQ_REMOVE(&c->peer->waiting, c, of_peer);
}

static void forget_request(struct connection *c)
{
	if (c->phase == PHASE_WAITING)
		relay_forget(&c->front->relay, c->relay_id);
	if (c->phase == PHASE_PARKED)
		leave_wait(c);
	room_forget_bytes(c);
	(void)evbuffer_drain(c->body, evbuffer_get_length(c->body));
	bytes_done(&c->query);
	c->route = NULL;
	c->subject_len = 0;
}

void connection_release(struct connection *c)
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
	room_leave(c);
	peers_leave(c->peer);
	c->front->metrics.open--;
	if (c->phase != PHASE_HANDSHAKE)
		(void)SSL_shutdown(connection_ssl(c));
	ERR_clear_error();
	bufferevent_free(c->bev);
	connection_release(c);
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
	    SSL_write_ex(connection_ssl(c), bytes.data, bytes.len, &sent) != 1) {
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

void connection_answer(struct connection *c, unsigned status, unsigned retry_after_s,
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
			 c->front->settings->answer_s + body.len / PACE_BYTES_PER_S);
}

void connection_send(struct connection *c, unsigned status, struct span json)
{
	connection_answer(c, status, 0, span_text("application/json"), json, c->keep_alive);
}

void connection_refuse(struct connection *c, unsigned status, unsigned retry_after_s)
{
	AUTO_DONE(bytes) body = { 0 };
	bool was_read = c->phase == PHASE_WAITING || evbuffer_get_length(c->body) == c->body_len;

	if (error_answer_write(http_error_code(status), "", &body) != OK) {
		connection_close(c);
		return;
	}
	connection_answer(c, status, retry_after_s, span_text("application/json"), span_of(&body),
			  c->keep_alive && was_read);
}
