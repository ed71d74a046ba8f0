/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_CALLER_RATES_H
#define ATTESTD_MINT_CALLER_RATES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * How often a user may have what costs something: so many at once, and so many a
 * second from then on. Of more than RATES_USERS at a time those who owe least are
 * forgotten. The time, in milliseconds of a clock that nobody sets, is an argument.
 */
#define RATES_USERS 1024

struct rates {
	int64_t at_once, per_second;
	struct rates_user {
		uid_t uid;
		int64_t used; /* what it took and was not given back, in thousandths */
		int64_t seen_ms;
	} users[RATES_USERS];
};

/* One more; false: it is too many. */
bool rates_take(struct rates *r, uid_t uid, int64_t now_ms);
/* So many more, which were had already: they count against what comes. */
void rates_charge(struct rates *r, uid_t uid, int64_t count, int64_t now_ms);

#endif
