/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FRONT_QUOTA_H
#define VERIFIER_FRONT_QUOTA_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How often one address may ask for what is dear, each minute. Memory is fixed,
 * whoever asks: addresses that fall together share, and the seed decides which,
 * so that nobody can choose whom to shut out. Pure: time and seed are arguments.
 */
#define QUOTA_SLOTS 4096 /* a power of two */
#define QUOTA_WINDOW_S 60

struct quota {
	uint64_t seed;
	unsigned most; /* for each window */
	struct {
		int64_t window;
		unsigned used;
	} slots[QUOTA_SLOTS];
};

void quota_init(struct quota *quota, unsigned most, uint64_t seed);
/* False where the address has used up its share; *retry_after_s until when. */
bool quota_take(struct quota *quota, const struct in6_addr *peer, int64_t now,
		unsigned *retry_after_s);

#endif
