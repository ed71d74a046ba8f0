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
#include "verifier/front/quota.h"
#include "verifier/front/relay.h"

struct connection;
TAILQ_HEAD(connections, connection);

/* All that connections share. */
struct front {
	const struct front_settings *settings;
	struct channel parent;
	struct event_base *base;
	SSL_CTX *tls, *admin_tls;
	struct file_watch tls_files;
	bool has_admin;
	struct connections connections;
	struct relay relay;
	struct metrics metrics;
	struct quota enrolments;
	struct named named; /* who was to attest at once */
};

/* Takes over an accepted socket. */
void connection_open(struct front *front, int fd, const struct sockaddr *peer, bool is_admin);
void connection_close(struct connection *c);
/*
 * Ends the oldest connection that is idle, or else one that has not asked for
 * anything yet: an honest one needs milliseconds to do so, and those who keep places
 * from others would sit there until their deadlines. False where all are at work.
 */
bool connection_make_room(struct front *front);
/* Of relay_init(): who waited gets the answer. */
void connection_answered(void *waiting, const struct relay_answer *answer);

#endif
