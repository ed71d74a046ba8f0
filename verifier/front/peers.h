/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FRONT_PEERS_H
#define VERIFIER_FRONT_PEERS_H

#include <netinet/in.h>
#include <stdint.h>
#include <sys/queue.h>

/*
 * Whoever counts as one, an IPv4 address or what one IPv6 customer has at the least, a
 * /64 (RFC 6177): how many connections there are of it, and which of them wait. What
 * stands here has one at least.
 */
#define PEERS_LISTS 16384

struct connection;
TAILQ_HEAD(connections, connection);

struct peer {
	LIST_ENTRY(peer) others;
	struct in6_addr address;
	size_t connections;
	struct connections waiting; /* for a word (wait.h); oldest first */
};

struct peers {
	uint64_t seed;
	LIST_HEAD(peer_list, peer) lists[PEERS_LISTS];
};

/* One connection more; NULL: no memory. */
struct peer *peers_enter(struct peers *peers, const struct sockaddr *address);
/* One less. */
void peers_leave(struct peer *peer);

#endif
