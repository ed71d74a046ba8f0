/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_DENIALS_H
#define ATTESTD_MINT_DENIALS_H

#include <sys/types.h>

#include "base/digest.h"

/*
 * Refusals that were logged, so that one who asks again and again, or as many, fills
 * no log: each (user, executable, reason) once a minute, and so many of them. Pure:
 * the time is an argument.
 */
#define DENIALS_MAX 64
#define DENIALS_PERIOD_S 60

struct denials {
	struct denial {
		uid_t uid;
		struct digest what; /* executable and reason */
		int64_t until; /* 0: this place is free */
	} told[DENIALS_MAX];
	uint64_t untold; /* since there was no place for them */
	int64_t untold_since;
};

/* Is it to be logged? *untold is how many others were not, to be told with it: 0
 * but once a minute. */
bool denials_is_news(struct denials *d, uid_t uid, struct span executable, const char *reason,
		     int64_t now, uint64_t *untold);

#endif
