/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_AGENT_SCHEDULE_H
#define ATTESTD_AGENT_SCHEDULE_H

#include <stdint.h>

/*
 * When to attest next. Pure: random is 32 bits of the caller's, so that a
 * fleet that started together does not stay together.
 */

/* After failures in a row: 1 s, doubled up to a minute, less up to a quarter;
 * at least what the verifier asked for, which counts up to an hour. */
int64_t schedule_backoff_ms(unsigned failures, uint32_t retry_after_s, uint32_t random);
/* While nobody has approved the node: growing from 2 s to 30 s, asked for as
 * above. */
int64_t schedule_pending_ms(unsigned polls, uint32_t retry_after_s, uint32_t random);
/* After a verdict: the interval, at most half of what is left of the grant
 * (lifetime_s 0: none), less up to a tenth. */
int64_t schedule_renewal_ms(uint32_t interval_s, int64_t lifetime_s, uint32_t random);
/* From an IMA event to the challenge: entries come in bursts. */
#define SCHEDULE_DEBOUNCE_MS 200

#endif
