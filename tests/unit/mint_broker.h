/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MINT_BROKER_H
#define TESTS_MINT_BROKER_H

#include "attestd/frames.h"
#include "attestd/mint/identity/signing.h"
#include "attestd_grant.h"

/*
 * The broker that a mint asks, in this process: it answers when the test wants it to.
 * unit.h comes first.
 */
struct mint_broker {
	struct channel channel;
	struct signing *signing; /* the mint's end */
	const struct granted *granted; /* whose minting key signs */
	bool refuses;
	enum measured_state measured;
	unsigned questions, signs, wishes;
	char spiffe_id[96]; /* that it signed last */
	char entry[64], reason[32]; /* of the question that was for somebody, last */
	uint32_t uid;
	char ended[64]; /* reasons of the ends on record, joined */
	struct bytes wish; /* the last one's body */
};

void mint_broker_begin(struct mint_broker *b, struct signing *signing,
		       const struct granted *granted);
void mint_broker_done(struct mint_broker *b);
/* One question, if one is there; the mint takes the answer. */
bool mint_broker_answer(struct mint_broker *b);
/* All, and what is asked upon their answers. */
void mint_broker_settle(struct mint_broker *b);

#endif
