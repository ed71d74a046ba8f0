/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/request.h"

#include <string.h>
#include <time.h>

#include <event2/buffer.h>

#include "daemon/clock.h"
#include "verifier/front/http.h"
#include "verifier/front/room.h"
#include "verifier/front/wait.h"

#define REQUESTS_MAX 10000 /* on one connection */
#define BUSY_RETRY_S 10

static void hand_on(struct connection *c)
{
	struct relay_request request = {
		.route = c->route->route,
		.role = c->administrator == NULL ? ROLE_NONE : c->administrator->role,
		.administrator = c->administrator == NULL ? (struct span){ 0 }
							  : span_text(c->administrator->name),
		.node = { c->subject, c->subject_len },
		.query = span_of(&c->query),
		.received = c->received,
	};

	if (c->route->route == ROUTE_WAIT) {
		wait_begin(c);
		return;
	}
	request.body.len = evbuffer_get_length(c->body);
	request.body.data = request.body.len == 0 ? NULL : evbuffer_pullup(c->body, -1);
	/* In one piece it takes as much again. */
	if (request.body.len > 0 && request.body.data == NULL) {
		connection_refuse(c, 503, 5);
		return;
	}

	request.held = room_large_bytes(c);
	request.peer = request.held > 0 ? c->peer : NULL;

	enum status status = relay_send(&c->front->relay, &request, c, &c->relay_id);
	if (status != OK) {
		connection_refuse(c, status == STATUS_NOT_FOUND ? 503 : 429, 2);
		return;
	}
	c->handed_on_ms = clock_monotonic_ms();
	/* The relay has its copy. */
	(void)evbuffer_drain(c->body, request.body.len);
	room_hand_on_bytes(c);
	connection_enter(c, PHASE_WAITING, c->front->settings->answer_s);
}

static bool make_room(struct connection *c, size_t more)
{
	while (!room_has_bytes(c, more)) {
		struct connection *next = room_next_body(c, more);

		if (next == NULL)
			return false;
		connection_refuse(next, 429, BUSY_RETRY_S);
	}
	return true;
}

void request_read_body(struct connection *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	size_t missing = c->body_len - evbuffer_get_length(c->body);
	size_t there = evbuffer_get_length(in);
	size_t take = there < missing ? there : missing;

	if (!make_room(c, take)) {
		connection_refuse(c, 429, BUSY_RETRY_S);
		return;
	}
	if (take > 0 && evbuffer_remove_buffer(in, c->body, take) < 0) {
		connection_close(c);
		return;
	}
	room_count_bytes(c, take);
	if (take == missing)
		hand_on(c);
	else
		pace_came(&c->pace, clock_monotonic_ms(), take);
}

/* Certificate chains and credentials: what costs most, and is asked for without
 * any proof. */
static bool is_enrolment(const struct route_entry *route)
{
	return route->route == ROUTE_ENROL || route->route == ROUTE_ACTIVATE;
}

/* Asked for each request: a connection outlives a certificate's time. */
static void know_administrator(struct connection *c)
{
	const struct front_settings *s = c->front->settings;

	if (c->is_admin)
		c->administrator = tls_administrator(connection_ssl(c), s->administrators,
						     s->administrator_count);
}

/* Role check (k18): in front of everything that administers. */
static unsigned check_access(const struct connection *c)
{
	if (c->route->roles == 0)
		return 0;
	if (c->administrator == NULL)
		return 401;
	return route_allows(c->route, c->administrator->role) ? 0 : 403;
}

static void start_request(struct connection *c, const struct http_head *head)
{
	struct span subject = { 0 };
	unsigned refusal = route_find(head, c->is_admin, &c->route, &subject);
	unsigned retry_after_s = 0;

	c->received = (int64_t)time(NULL);
	c->keep_alive = head->keep_alive && ++c->requests < REQUESTS_MAX;
	c->body_len = head->length;
	know_administrator(c);
	if (refusal == 0)
		refusal = check_access(c);
	if (refusal == 0 && head->length > c->route->body_max)
		refusal = 413;
	if (refusal == 0 && head->method == HTTP_POST && !head->is_json)
		refusal = 415;
	if (refusal == 0 && subject.len > 0) {
		memcpy(c->subject, subject.data, subject.len);
		c->subject_len = subject.len;
	}
	if (refusal == 0 && bytes_copy(head->query, &c->query) != OK)
		refusal = 503;
	if (refusal == 503)
		retry_after_s = 5;
	if (refusal == 0 && is_enrolment(c->route) &&
	    !quota_take(&c->front->enrolments, &c->peer->address, c->received, &retry_after_s))
		refusal = 429;
	if (refusal != 0) {
		connection_refuse(c, refusal, retry_after_s);
		return;
	}
	c->pace = pace_begin(clock_monotonic_ms(), c->front->settings->body_s);
	connection_enter(c, PHASE_BODY, c->front->settings->body_s);
	if (head->expects_continue && c->body_len > 0)
		(void)evbuffer_add_printf(bufferevent_get_output(c->bev),
					  "HTTP/1.1 100 Continue\r\n\r\n");
	request_read_body(c);
}

void request_read_head(struct connection *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	size_t there = evbuffer_get_length(in);
	struct evbuffer_ptr end;
	AUTO_DONE(bytes) text = { 0 };
	struct http_head head;

	if (there == 0)
		return;
	if (c->phase == PHASE_IDLE) {
		/* Until the head is understood there is nothing to go on with. */
		c->keep_alive = false;
		c->body_len = 0;
		connection_enter(c, PHASE_HEAD, c->front->settings->head_s);
	}
	end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
	if (end.pos < 0 && there <= HTTP_HEAD_MAX)
		return;
	if (end.pos < 0 || (size_t)end.pos + 4 > HTTP_HEAD_MAX) {
		connection_refuse(c, 431, 0);
		return;
	}

	size_t len = (size_t)end.pos + 4;
	if (bytes_reserve(&text, len) != OK) {
		connection_close(c);
		return;
	}
	(void)evbuffer_remove(in, text.data, len);
	text.len = len;

	unsigned refusal = http_head_parse(span_of(&text), &head);
	if (refusal != 0)
		connection_refuse(c, refusal, 0);
	else
		start_request(c, &head);
}
