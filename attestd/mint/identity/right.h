/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_IDENTITY_RIGHT_H
#define ATTESTD_MINT_IDENTITY_RIGHT_H

#include "attestd/grant.h"
#include "base/reader.h"
#include "messages/entries.h"

/* The right to mint as the mint knows it, with what stands under it. */
struct right {
	struct grant grant; /* certificate NULL: no right */
	struct bundle bundle;
	/* Whoever is between the verifier and here can withhold them or bring others:
	 * without those that the verdict names, nobody has an entry. */
	struct entries entries;
	bool has_entries;
	uint64_t bundle_sequence; /* of the newest bundle that was seen */
	int64_t ends_s; /* the right's end by clock_boot_s() */
	/* Taken away by a word, and not run out or never there. */
	bool is_revoked;
};

/* One moment on both clocks: the host's own may be set while something is held. */
struct instant {
	int64_t now, boot;
};

struct instant instant_now(void);

bool right_is_held(const struct right *r);
/* By either clock: one that was set back makes no right longer. */
bool right_is_over(const struct right *r, int64_t now);
/* The body of FRAME_RIGHT, verified here again: the agent stands in the network. Where
 * it fails nothing has changed. */
enum status right_take(struct right *r, struct reader *in, EVP_PKEY *result_key);
/* Forgets all but the bundle's sequence. */
void right_end(struct right *r);

#endif
