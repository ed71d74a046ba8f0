/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/pace.h"

struct pace pace_begin(int64_t now_ms, unsigned slack_s)
{
	return (struct pace){ .since_ms = now_ms, .slack_ms = (int64_t)slack_s * 1000 };
}

void pace_came(struct pace *pace, int64_t now_ms, size_t bytes)
{
	pace->bytes += bytes;
	if (pace_end_ms(pace) <= now_ms + pace->slack_ms)
		return;
	pace->since_ms = now_ms;
	pace->bytes = 0;
}

int64_t pace_end_ms(const struct pace *pace)
{
	return pace->since_ms + pace->slack_ms + (int64_t)(pace->bytes * 1000 / PACE_BYTES_PER_S);
}
