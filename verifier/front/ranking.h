/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FRONT_RANKING_H
#define VERIFIER_FRONT_RANKING_H

#include <stddef.h>
#include <sys/queue.h>

/* Who has most of something, found at once however many there are. Pure. */
#define RANKS 1024 /* who has as many or more count alike */

struct peer;

struct ranked {
	TAILQ_ENTRY(ranked) alike;
	struct peer *peer;
	size_t rank; /* 0: not in the ranking */
};

struct ranking {
	TAILQ_HEAD(ranked_list, ranked) of[RANKS];
	size_t top;
};

void ranking_init(struct ranking *ranking);
/* From now on it has so many, and stands last of those that have as many. */
void ranking_put(struct ranking *ranking, struct ranked *ranked, size_t rank);
/* Who has most, of several the one that was put first; NULL: nobody has any. */
struct peer *ranking_top(const struct ranking *ranking);
/* Who comes after one that is in the ranking; NULL: nobody. */
struct peer *ranking_next(const struct ranking *ranking, const struct ranked *ranked);

#endif
