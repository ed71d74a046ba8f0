/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_IDENTITY_SIGNING_H
#define ATTESTD_MINT_IDENTITY_SIGNING_H

#include "attestd/mint/identity/right.h"
#include "attestd/subject.h"
#include "daemon/channel.h"

/* The broker, which has the minting key. */
struct signing {
	struct channel broker;
	uint64_t next_id;
	/* It went, was late or talked nonsense: what it says later would answer another
	 * question. */
	bool is_gone;
};

/* The minting key's signature of tbs. STATUS_UNAVAILABLE: the broker did not sign. Never
 * waits longer than the right lasts: what was minted has to go when it ends, also while
 * somebody keeps us waiting. */
enum status signing_ask(struct signing *s, const struct right *right, struct span tbs,
			const struct subject *subject, struct bytes *signature);
/* Another question to the broker; the body of its answer. */
enum status signing_question(struct signing *s, uint16_t type, struct span body,
			     struct bytes *answer);
/* On record: what was made of this TBSCertificate ended with its job. */
enum status signing_note_end(struct signing *s, struct span spiffe_id, const struct digest *tbs,
			     const struct subject *subject);

#endif
