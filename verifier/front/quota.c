/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/quota.h"

#include <string.h>

void quota_init(struct quota *quota, unsigned most, uint64_t seed)
{
	memset(quota, 0, sizeof(*quota));
	quota->most = most;
	quota->seed = seed;
}

/* The finalizer of SplitMix64: each bit of the input reaches each of the output. */
static uint64_t mixed(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static size_t slot_of(const struct quota *quota, const struct in6_addr *peer)
{
	uint64_t halves[2];

	memcpy(halves, peer, sizeof(halves));
	return mixed(mixed(halves[0] ^ quota->seed) + halves[1]) % QUOTA_SLOTS;
}

bool quota_take(struct quota *quota, const struct in6_addr *peer, int64_t now,
		unsigned *retry_after_s)
{
	size_t slot = slot_of(quota, peer);
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
