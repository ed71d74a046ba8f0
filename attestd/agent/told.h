/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_AGENT_TOLD_H
#define ATTESTD_AGENT_TOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "messages/wait.h"

/*
 * What the verifier says between two rounds, or the kernel of a clock that was set: that
 * this node should attest before its time. Nobody signed it, so it hurries the next round
 * and does nothing else, more rarely each time in a row. Pure: time is an argument, in milliseconds.
 */
struct told {
	bool is_told; /* and no round has begun since */
	bool may_ask; /* until somebody answers other than by the protocol */
	unsigned times; /* rounds in a row that began for it */
	int64_t asked_ms;
	uint32_t asked_s;
};

/* How long to ask for until the round at next; 0: not at all. */
uint32_t told_seconds(const struct told *told, int64_t now, int64_t next);
void told_ask(struct told *told, int64_t now, uint32_t seconds);
/* The wait that was asked for ended; NULL: without an answer that makes sense. */
void told_hear(struct told *told, int64_t now, const struct wait_answer *answer);
/* The same as an answer that says so. */
void told_true(struct told *told);
/* When the next round begins, which would at next; the last one began at began. */
int64_t told_next(const struct told *told, int64_t began, int64_t next);
/* A round begins; was_due: it would have without a word, since its interval is over. */
void told_begin(struct told *told, bool was_due);
/* It came to a signed verdict that changed what this node holds. */
void told_was_true(struct told *told);

#endif
