/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_AGENT_SCHEDULE_H
#define ATTESTD_AGENT_SCHEDULE_H

#include <stdbool.h>
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
/* What is left of a grant: never more than it was given, however far the host's clock is
 * behind. */
int64_t schedule_lifetime_s(int64_t issued, int64_t expires, int64_t now);
/* After a verdict: the interval, at most half of what is left of the grant
 * (lifetime_s 0: none), less up to a tenth. */
int64_t schedule_renewal_ms(uint32_t interval_s, int64_t lifetime_s, uint32_t random);
/* From an IMA event to the challenge: entries come in bursts. */
#define SCHEDULE_DEBOUNCE_MS 200
/* From the beginning of a round to that of the next one for a workload's sake: who may
 * ask for tokens must not be able to keep the TPM busy with quotes. */
#define SCHEDULE_WISH_MS 1000

/* The same where the verifier says so (messages/wait.h), for the time that it was told
 * in a row: 1 s, doubled up to ten minutes. Nobody signed it, and each round costs the
 * TPM a quote: who always says so gets a round or two an interval. */
int64_t schedule_told_ms(unsigned times);

enum outcome {
	OUTCOME_VERDICT, /* the next one at its time */
	OUTCOME_SOON, /* nothing was decided: again, a few times */
	OUTCOME_MORE, /* a part of the IMA log was taken: the next, at once */
	OUTCOME_PENDING, /* nobody has approved the node */
	OUTCOME_AWAY, /* verifier or TPM does not answer: back off */
	OUTCOME_BROKEN, /* a role is gone: end */
};

/* What a round came to, and what decides when the next one is. */
struct round {
	enum outcome outcome;
	uint32_t retry_after_s;
	uint32_t interval_s;
	int64_t lifetime_s; /* left of the grant; 0 without */
	bool is_signed; /* the verdict's word, not that of who answered */
};

/* A step of a round that ends none. */
extern const struct round going_on;

/* Rounds since the last verdict, by what they came to. */
struct streak {
	unsigned failures, polls, soon;
};

/* When the next round begins. Only a signed verdict ends a streak: all other answers are
 * anybody's word, in whatever turns they come, and each may have cost the TPM a quote. */
int64_t schedule_after_ms(const struct round *round, struct streak *streak, uint32_t random);

#endif
