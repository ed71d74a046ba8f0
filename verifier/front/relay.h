/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FRONT_RELAY_H
#define VERIFIER_FRONT_RELAY_H

#include <event2/event.h>

#include "daemon/channel.h"
#include "verifier/frames.h"

/* Requests on their way to appraisers, and answers on their way back. */
#define RELAY_APPRAISERS_MAX 16
#define RELAY_WAITING_MAX 4096 /* in all; a power of two */
#define RELAY_QUEUE_MAX 256 /* for one appraiser */
#define RELAY_ENROLMENTS_MAX 64 /* of these, by whom nobody knows yet */

struct peer;

struct relay_request {
	enum route route;
	enum role role;
	struct span administrator;
	struct span node; /* 64 hex, or empty */
	struct span query;
	int64_t received; /* unix seconds, when the headers had arrived */
	struct span body;
	/* Whose memory the body counts as until it is answered, whoever still waits for that;
	 * NULL: nobody's. */
	struct peer *peer;
	size_t held;
};

struct relay_answer {
	unsigned status;
	unsigned retry_after_s;
	struct span content_type; /* printable */
	struct span class_name; /* FRAME_RESPONSE says whose; empty: none */
	struct span body;
};

typedef void (*relay_answered)(void *waiting, const struct relay_answer *answer);
/* Of a request with a peer: the body is held no more. */
typedef void (*relay_released)(void *context, struct peer *peer, size_t held);

struct relay;

/* A slot for somebody who waits; NULL: the answer has no taker any more. */
struct relay_slot {
	void *waiting;
	struct peer *peer;
	size_t held;
	uint32_t generation;
	bool is_used;
	uint8_t appraiser;
};

struct relay_appraiser {
	struct relay *relay;
	bool is_present, is_failed;
	struct channel channel;
	struct event *readable, *writable;
	size_t queued;
};

struct relay {
	struct event_base *base;
	relay_answered answered;
	relay_released released;
	void *context; /* of released */
	struct relay_appraiser appraisers[RELAY_APPRAISERS_MAX];
	size_t appraiser_count; /* those that ever were there */
	struct relay_slot slots[RELAY_WAITING_MAX];
	uint32_t next_slot;
	size_t waiting_count;
};

/* Nobody is there to ask until relay_connect() was called. Whose requests have peers sets
 * released and context as well. */
void relay_init(struct relay *relay, struct event_base *base, relay_answered answered);
/* All is released; nobody is answered. */
void relay_done(struct relay *relay);
/*
 * An appraiser's channel, which relay owns, in the place of the one before. Its
 * end, or a frame that makes no sense, is the end of that appraiser alone: who
 * waits for it is answered 503, and others take its nodes until it is replaced.
 */
enum status relay_connect(struct relay *relay, size_t number, int fd);
/* Appends the body of a FRAME_REQUEST; STATUS_TOO_LARGE for one that no appraiser takes. */
enum status relay_request_encode(const struct relay_request *request, struct bytes *out);
/* STATUS_UNAVAILABLE where too much waits already, STATUS_NOT_FOUND where no
 * appraiser is there, STATUS_TOO_LARGE. */
enum status relay_send(struct relay *relay, const struct relay_request *request, void *waiting,
		       uint64_t *id);
/* Whoever waited is gone. */
void relay_forget(struct relay *relay, uint64_t id);

#endif
