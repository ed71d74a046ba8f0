/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FRONT_CONNECTION_H
#define VERIFIER_FRONT_CONNECTION_H

#include <sys/queue.h>
#include <sys/socket.h>

#include <event2/event.h>

#include "daemon/file_watch.h"
#include "verifier/front/front.h"
#include "verifier/front/metrics.h"
#include "verifier/front/named.h"
#include "verifier/front/peers.h"
#include "verifier/front/quota.h"
#include "verifier/front/relay.h"

/* What a connection does, as far as it matters to others; each in the order in which it
 * began to. */
enum place {
	PLACE_IDLE, /* no byte of the next request yet */
	PLACE_NEW, /* in its handshake, or in a request's head */
	PLACE_TRANSFER, /* its body comes, or its answer goes, as fast as the peer wants */
	PLACE_WAITING, /* a node's, for a word */
	PLACE_AT_WORK,
	PLACES,
};

#define WAITS_LISTS 16384

/* All that connections share. */
struct front {
	const struct front_settings *settings;
	struct channel parent;
	struct event_base *base;
	SSL_CTX *tls, *admin_tls;
	struct file_watch tls_files;
	bool has_admin;
	uint64_t seed; /* of hash_of() */
	struct connections places[PLACES];
	size_t place_counts[PLACES];
	struct ranking by_transfers, by_bytes; /* of peers: room.h */
	size_t large_bytes; /* held of large bodies */
	struct peers peers;
	LIST_HEAD(waiting_list, connection) waits[WAITS_LISTS]; /* of nodes, by their ids */
	struct relay relay;
	struct metrics metrics;
	struct quota enrolments;
	struct named named; /* who was to attest at once */
};

/* Takes over an accepted socket. */
void connection_open(struct front *front, int fd, const struct sockaddr *from, bool is_admin);
void connection_close(struct connection *c);
void connections_close(struct front *front);
/*
 * Ends the connection whose place is for who comes (room.h): an honest one needs
 * milliseconds for it, and those who keep places from others would sit there until their
 * deadlines. False where all wait for an answer.
 */
bool connection_make_room(struct front *front);
/* Of relay_init(): who waited gets the answer. */
void connection_answered(void *waiting, const struct relay_answer *answer);

#endif
