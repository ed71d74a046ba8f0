/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/agent/schedule.h"

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MOST_MS 60000
#define PENDING_FIRST_MS 2000
#define PENDING_MOST_MS 30000
#define RETRY_AFTER_MOST_S 3600
#define RENEWAL_LEAST_MS 1000
#define TOLD_FIRST_MS 1000
#define TOLD_MOST_MS 600000
/* "Again soon" turns into an ordinary failure after this many. */
#define SOON_MAX 5

const struct round going_on = { .outcome = OUTCOME_VERDICT };

static int64_t doubled(int64_t first, int64_t most, unsigned times)
{
	int64_t value = first;

	for (unsigned i = 0; i < times && value < most; i++)
		value *= 2;
	return value < most ? value : most;
}

/* value less up to 1/part of it. */
static int64_t less_some(int64_t value, int64_t part, uint32_t random)
{
	return value - value / part * (int64_t)(random >> 16) / 0x10000;
}

/* own, or what the verifier asked for: never earlier, up to a quarter later, and
 * not beyond an hour, whoever answers in its place. */
static int64_t as_asked(int64_t own, uint32_t retry_after_s, uint32_t random)
{
	int64_t asked = retry_after_s < RETRY_AFTER_MOST_S ? retry_after_s : RETRY_AFTER_MOST_S;
	int64_t most = asked * 1250;
	int64_t later = most - less_some(most, 5, random);

	return own > asked * 1000 ? own : asked * 1000 + later;
}

int64_t schedule_backoff_ms(unsigned failures, uint32_t retry_after_s, uint32_t random)
{
	unsigned times = failures > 0 ? failures - 1 : 0;
	int64_t own = less_some(doubled(BACKOFF_FIRST_MS, BACKOFF_MOST_MS, times), 4, random);

	return as_asked(own, retry_after_s, random);
}

int64_t schedule_pending_ms(unsigned polls, uint32_t retry_after_s, uint32_t random)
{
	int64_t own = less_some(doubled(PENDING_FIRST_MS, PENDING_MOST_MS, polls), 4, random);

	return as_asked(own, retry_after_s, random);
}

int64_t schedule_lifetime_s(int64_t issued, int64_t expires, int64_t now)
{
	return now > issued ? expires - now : expires - issued;
}

int64_t schedule_renewal_ms(uint32_t interval_s, int64_t lifetime_s, uint32_t random)
{
	int64_t wait = (int64_t)interval_s * 1000;

	if (lifetime_s > 0 && lifetime_s <= INT32_MAX && lifetime_s * 500 < wait)
		wait = lifetime_s * 500;
	wait = less_some(wait, 10, random);
	return wait > RENEWAL_LEAST_MS ? wait : RENEWAL_LEAST_MS;
}

int64_t schedule_told_ms(unsigned times)
{
	return doubled(TOLD_FIRST_MS, TOLD_MOST_MS, times);
}

int64_t schedule_after_ms(const struct round *round, struct streak *streak, uint32_t random)
{
	switch (round->outcome) {
	case OUTCOME_MORE:
		return 0;
	case OUTCOME_VERDICT:
		if (round->is_signed)
			*streak = (struct streak){ 0 };
		return schedule_renewal_ms(round->interval_s, round->lifetime_s, random);
	case OUTCOME_PENDING:
		return schedule_pending_ms(streak->polls++, round->retry_after_s, random);
	case OUTCOME_SOON:
		if (streak->soon < SOON_MAX)
			return schedule_backoff_ms(++streak->soon, 0, random);
		break;
	case OUTCOME_AWAY:
	case OUTCOME_BROKEN:
		break;
	}
	streak->failures++;
	return schedule_backoff_ms(streak->failures + streak->soon, round->retry_after_s, random);
}
