/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_IDENTITY_MAKING_H
#define ATTESTD_MINT_IDENTITY_MAKING_H

#include "attestd/mint/identity/right.h"
#include "attestd/mint/identity/signing.h"

/* An X.509-SVID on its way: a key of its own, and what the broker is to sign for it. */
struct making;

/* What came of it. */
struct made {
	struct bytes chain, key; /* DER: leaf first; PKCS #8 */
	struct digest tbs; /* SHA-256 of what was signed */
	int64_t not_after; /* unix seconds */
	struct instant begun;
	int64_t lifetime_s; /* from then on */
};

void made_done(struct made *made);

/* How it ended, once: *made, of which what is taken is cleared, or why there is none. The
 * making is to be freed. */
typedef void (*making_end)(void *context, enum status status, struct made *made);

struct making_order {
	struct signing *signing;
	const struct right *right;
	struct span spiffe_id;
	const struct subject *subject; /* reason included */
	struct instant at;
	making_end end;
	void *context;
};

/* Under the right that is held now; who asks for another one frees this one. STATUS_DENIED:
 * the node is not entitled to it. */
enum status making_begin(const struct making_order *order, struct making **out);
/* Its end, if it has not come yet, is for nobody. */
void making_free(struct making *making);

AUTO_RELEASE(made, made_done);
AUTO_FREE(making, struct making, making_free);

#endif
