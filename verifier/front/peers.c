/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/peers.h"

#include <stdlib.h>
#include <string.h>

#include "verifier/front/hash.h"

/* IPv4 as a socket of both families has it. */
static struct in6_addr address_of(const struct sockaddr *from)
{
	static const uint8_t mapped[] = { 0xff, 0xff };
	struct in6_addr address = { 0 };

	if (from->sa_family == AF_INET6)
		memcpy(&address, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr,
		       sizeof(address));
	if (from->sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&address))
		memset(&address.s6_addr[8], 0, 8);
	if (from->sa_family == AF_INET) {
		memcpy(&address.s6_addr[10], mapped, sizeof(mapped));
		memcpy(&address.s6_addr[12],
		       &((const struct sockaddr_in *)(const void *)from)->sin_addr, 4);
	}
	return address;
}

struct peer *peers_enter(struct peers *peers, const struct sockaddr *from)
{
	const struct in6_addr address = address_of(from);
	const struct span key = { address.s6_addr, sizeof(address) };
	size_t place = hash_of(peers->seed, key) % PEERS_LISTS;
	struct peer *peer;

	for (peer = LIST_FIRST(&peers->lists[place]); peer != NULL; peer = LIST_NEXT(peer, others))
		if (memcmp(&peer->address, &address, sizeof(address)) == 0)
			break;
	if (peer == NULL) {
		peer = calloc(1, sizeof(*peer));
		if (peer == NULL)
			return NULL;
		peer->address = address;
		TAILQ_INIT(&peer->waiting);
		TAILQ_INIT(&peer->transfers);
		peer->by_transfers.peer = peer;
		peer->by_bytes.peer = peer;
		LIST_INSERT_HEAD(&peers->lists[place], peer, others);
	}
	peer->connections++;
	return peer;
}

void peers_forget(struct peer *peer)
{
	if (peer->connections > 0 || peer->body_bytes > 0)
		return;
	LIST_REMOVE(peer, others);
	free(peer);
}

void peers_leave(struct peer *peer)
{
	peer->connections--;
	peers_forget(peer);
}
