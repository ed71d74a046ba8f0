/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/quota.h"

#include <string.h>

#include "verifier/front/hash.h"

void quota_init(struct quota *quota, unsigned most, uint64_t seed)
{
	memset(quota, 0, sizeof(*quota));
	quota->most = most;
	quota->seed = seed;
}

bool quota_take(struct quota *quota, const struct in6_addr *peer, int64_t now,
		unsigned *retry_after_s)
{
	size_t slot =
		hash_of(quota->seed, (struct span){ peer->s6_addr, sizeof(*peer) }) % QUOTA_SLOTS;
	int64_t window = now / QUOTA_WINDOW_S;

	/* A clock set back opens a new window as well. */
	if (quota->slots[slot].window != window) {
		quota->slots[slot].window = window;
		quota->slots[slot].used = 0;
	}
	*retry_after_s = (unsigned)(QUOTA_WINDOW_S - now % QUOTA_WINDOW_S);
	if (quota->slots[slot].used >= quota->most)
		return false;
	quota->slots[slot].used++;
	return true;
}
