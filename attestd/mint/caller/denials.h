/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_CALLER_DENIALS_H
#define ATTESTD_MINT_CALLER_DENIALS_H

#include <sys/types.h>

#include "base/digest.h"

/*
 * Refusals that were logged, so that one who asks again and again, or as many, fills
 * no log and keeps nobody else out of it: each (user, executable, reason) once a
 * minute, so many of each user, and how many more there were. The time, in seconds
 * of a clock that nobody sets, is an argument.
 */
#define DENIALS_USERS 32
#define DENIALS_PER_USER 8
#define DENIALS_PERIOD_S 60

/* Of what had no place. */
struct denials_untold {
	bool has_uid; /* false: of users beyond DENIALS_USERS */
	uid_t uid;
	uint64_t count;
	int64_t since;
};

struct denials {
	struct denials_user {
		struct denials_untold untold; /* its uid is whose place this is */
		struct denial {
			struct digest what; /* executable and reason */
			int64_t until; /* 0: this place is free */
		} told[DENIALS_PER_USER];
	} users[DENIALS_USERS];
	struct denials_untold others;
};

/* Is it to be logged? Where it has no place, it is counted. */
bool denials_is_news(struct denials *d, uid_t uid, struct span executable, const char *reason,
		     int64_t now);
/* One user's count that is a minute old, once; false: there is none. */
bool denials_take_untold(struct denials *d, int64_t now, struct denials_untold *out);
/* All of those, a line each. */
void denials_log_untold(struct denials *d, int64_t now);

#endif
