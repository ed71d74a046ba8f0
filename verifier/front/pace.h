/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FRONT_PACE_H
#define VERIFIER_FRONT_PACE_H

#include <stddef.h>
#include <stdint.h>

/* What a slow but honest link carries. */
#define PACE_BYTES_PER_S ((size_t)64 << 10)

/*
 * How long a transfer may take: slack_ms, and a second more for each 64 KiB that came, not
 * for what was announced. Its end is never further off than slack_ms: what came faster is
 * no credit for a stall. Pure: times are arguments, of a clock that only rises.
 */
struct pace {
	int64_t since_ms, slack_ms;
	uint64_t bytes; /* since then */
};

struct pace pace_begin(int64_t now_ms, unsigned slack_s);
void pace_came(struct pace *pace, int64_t now_ms, size_t bytes);
int64_t pace_end_ms(const struct pace *pace);

#endif
