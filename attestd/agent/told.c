/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/agent/told.h"

#include "attestd/agent/schedule.h"

/* It ends before the round, whose requests then find the connection free. */
#define AHEAD_MS 1000
/* Of each second asked for, what has to pass: clocks differ a little, and who answers at
 * once would be asked without a pause. */
#define SECOND_MS 750

uint32_t told_seconds(const struct told *told, int64_t now, int64_t next)
{
	int64_t seconds = (next - now - AHEAD_MS) / 1000;

	if (!told->may_ask || told->is_told || seconds <= 0)
		return 0;
	return seconds < WAIT_MAX_S ? (uint32_t)seconds : WAIT_MAX_S;
}

void told_ask(struct told *told, int64_t now, uint32_t seconds)
{
	told->asked_ms = now;
	told->asked_s = seconds;
}

void told_true(struct told *told)
{
	told->is_told = true;
}

void told_hear(struct told *told, int64_t now, const struct wait_answer *answer)
{
	bool is_early = now - told->asked_ms < (int64_t)told->asked_s * SECOND_MS;

	if (answer != NULL && answer->attest)
		told_true(told);
	else if (answer == NULL || is_early)
		told->may_ask = false;
}

int64_t told_next(const struct told *told, int64_t began, int64_t next)
{
	int64_t hurried = began + schedule_told_ms(told->times);

	return told->is_told && hurried < next ? hurried : next;
}

void told_begin(struct told *told, bool was_due)
{
	if (was_due)
		told->times = 0;
	else if (told->is_told && told->times < UINT32_MAX)
		told->times++;
	told->is_told = false;
	told->may_ask = true;
}

void told_was_true(struct told *told)
{
	told->times = 0;
}
