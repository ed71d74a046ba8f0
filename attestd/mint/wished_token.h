/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_WISHED_TOKEN_H
#define ATTESTD_MINT_WISHED_TOKEN_H

#include <openssl/evp.h>

#include "attestd/mint/identity/right.h"
#include "attestd/mint/workload/workload.h"
#include "messages/entries.h"

/*
 * One JWT-SVID that is wished for: the key that it is to be sealed to, what the broker is
 * told of it, and whether what comes back is what was wished for.
 */
struct asked_tokens;
struct question;

struct wished_token {
	struct asked_tokens *asked; /* what it is a part of */
	uint64_t ticket; /* the broker's and the verifier's */
	struct bytes entry, spiffe_id, hint;
	EVP_PKEY *key; /* NULL: answered */
	struct bytes token; /* empty: refused */
	struct question *question; /* with the broker, or on its way; NULL: it has the wish */
};

struct audiences {
	struct bytes items[WORKLOAD_AUDIENCES_MAX];
	size_t count;
};

/* Is it short enough for the broker? */
bool wished_token_fits(const struct entry *entry, const struct audiences *audiences);
/* Of an entry, with a key of its own. To be done with also where this fails. */
enum status wished_token_init(struct wished_token *w, const struct entry *entry, uint64_t ticket);
void wished_token_done(struct wished_token *w);
/* The body of FRAME_JWT_REQUEST. */
enum status wished_token_encode(const struct wished_token *w, const struct audiences *audiences,
				struct bytes *out);
/* The token is kept where the verifier made it for this wish and no other: each process on
 * the way could have put another one in its place. */
enum status wished_token_open(struct wished_token *w, const struct audiences *audiences,
			      const struct right *right, struct span sealed);

#endif
