/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FRONT_PEERS_H
#define VERIFIER_FRONT_PEERS_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/queue.h>

#include "verifier/front/ranking.h"

/*
 * Whoever counts as one, an IPv4 address or what one IPv6 customer has at the least, a
 * /64 (RFC 6177): how many connections there are of it, which of them wait, and what it has
 * under way. What stands here has one connection at least, or a body that is held.
 */
#define PEERS_LISTS 16384

struct connection;
TAILQ_HEAD(connections, connection);

struct peer {
	LIST_ENTRY(peer) others;
	struct in6_addr address;
	size_t connections;
	struct connections waiting; /* for a word (wait.h); oldest first */
	struct connections transfers; /* who came on least recently first (room.h) */
	size_t transfer_count;
	size_t body_bytes; /* held of large bodies, also of connections that are gone */
	struct ranked by_transfers, by_bytes;
};

struct peers {
	uint64_t seed;
	LIST_HEAD(peer_list, peer) lists[PEERS_LISTS];
};

/* One connection more; NULL: no memory. */
struct peer *peers_enter(struct peers *peers, const struct sockaddr *address);
/* One less. */
void peers_leave(struct peer *peer);
/* Less is held. */
void peers_forget(struct peer *peer);

#endif
