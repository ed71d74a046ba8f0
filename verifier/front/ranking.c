/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/ranking.h"

void ranking_init(struct ranking *ranking)
{
	for (size_t i = 0; i < RANKS; i++)
		TAILQ_INIT(&ranking->of[i]);
	ranking->top = 0;
}

void ranking_put(struct ranking *ranking, struct ranked *ranked, size_t rank)
{
	if (ranked->rank > 0)
		TAILQ_REMOVE(&ranking->of[ranked->rank], ranked, alike);
	ranked->rank = rank < RANKS ? rank : RANKS - 1;
	if (ranked->rank > 0)
		TAILQ_INSERT_TAIL(&ranking->of[ranked->rank], ranked, alike);
	if (ranked->rank > ranking->top)
		ranking->top = ranked->rank;
	while (ranking->top > 0 && TAILQ_EMPTY(&ranking->of[ranking->top]))
		ranking->top--;
}

struct peer *ranking_top(const struct ranking *ranking)
{
	return ranking->top == 0 ? NULL : TAILQ_FIRST(&ranking->of[ranking->top])->peer;
}

struct peer *ranking_next(const struct ranking *ranking, const struct ranked *ranked)
{
	const struct ranked *next = TAILQ_NEXT(ranked, alike);

	for (size_t rank = ranked->rank - 1; next == NULL && rank > 0; rank--)
		next = TAILQ_FIRST(&ranking->of[rank]);
	return next == NULL ? NULL : next->peer;
}
