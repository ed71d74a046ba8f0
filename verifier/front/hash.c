/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/hash.h"

#include <string.h>

/* The finalizer of SplitMix64: each bit of the input reaches each of the output. */
static uint64_t mixed(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

uint64_t hash_of(uint64_t seed, struct span key)
{
	uint64_t hash = mixed(seed ^ key.len);

	while (key.len > 0) {
		uint64_t word = 0;
		size_t len = key.len < sizeof(word) ? key.len : sizeof(word);

		memcpy(&word, key.data, len);
		hash = mixed(hash ^ word);
		key = (struct span){ key.data + len, key.len - len };
	}
	return hash;
}
