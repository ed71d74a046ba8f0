/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FRONT_REQUEST_H
#define VERIFIER_FRONT_REQUEST_H

#include <event2/bufferevent.h>

#include "messages/node.h"
#include "verifier/front/connection.h"
#include "verifier/front/pace.h"

/* A connection as those know it who open it and hear of it (connection.c), read its
 * requests (request.c), and answer and end it (phase.c). */

enum phase {
	PHASE_HANDSHAKE,
	PHASE_IDLE, /* no byte of the next request yet */
	PHASE_HEAD,
	PHASE_BODY,
	PHASE_WAITING, /* for the appraiser */
	PHASE_PARKED, /* a node that waits to be named (wait.h) */
	PHASE_ANSWER, /* until it is written */
	PHASE_DRAIN, /* answered; what still comes is thrown away */
};

struct connection {
	TAILQ_ENTRY(connection) link, transfer; /* of its place; of its peer's transfers */
	enum place place;
	struct front *front;
	struct bufferevent *bev;
	struct event *deadline;
	struct peer *peer;
	const struct administrator *administrator;
	enum phase phase;
	bool is_admin, keep_alive;
	unsigned requests;
	/* The request being served */
	const struct route_entry *route;
	uint8_t subject[NODE_ID_LEN]; /* node id or name in its path */
	size_t subject_len;
	struct bytes query;
	struct evbuffer *body;
	size_t body_len, counted; /* wanted; came, and is held */
	struct pace pace; /* of the body */
	int64_t received;
	int64_t handed_on_ms; /* clock_monotonic_ms() */
	uint64_t relay_id;
	/* While parked */
	bool is_named;
	int64_t parked_until_ms;
	TAILQ_ENTRY(connection) of_peer;
	LIST_ENTRY(connection) of_node;
	size_t drained;
	/* Whose evidence was appraised last on this connection; id_len 0: nobody's. */
	struct {
		uint8_t id[NODE_ID_LEN], class_name[CLASS_NAME_MAX];
		size_t id_len, class_len;
		int64_t since_ms; /* it had been handed on then */
	} attester;
};

void connection_release(struct connection *c);
SSL *connection_ssl(struct connection *c);
/* Into another phase, which has to end in so many seconds. */
void connection_enter(struct connection *c, enum phase phase, size_t seconds);
/* The phase ends in so many milliseconds. */
void connection_hasten(struct connection *c, uint64_t ms);
/* A whole answer; then the connection goes on, or ends. */
void connection_answer(struct connection *c, unsigned status, unsigned retry_after_s,
		       struct span content_type, struct span body, bool keep_alive);
/* This process's own answer, in JSON. */
void connection_send(struct connection *c, unsigned status, struct span json);
/* This process's own refusals: a code, never an echo. The connection goes on
 * only where the whole request was read. */
void connection_refuse(struct connection *c, unsigned status, unsigned retry_after_s);

/* What is there of a request's head, and of its body; a whole one is handed on. */
void request_read_head(struct connection *c);
void request_read_body(struct connection *c);

#endif
