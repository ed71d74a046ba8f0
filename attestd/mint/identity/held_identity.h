/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_IDENTITY_HELD_IDENTITY_H
#define ATTESTD_MINT_IDENTITY_HELD_IDENTITY_H

#include "attestd/mint/identity/jobs.h"
#include "attestd/mint/identity/making.h"
#include "messages/entries.h"

struct identities;

/* One X.509-SVID, who uses it, and what stands in the record of it. */
struct held_identity {
	struct identities *ids; /* that it is one of */
	struct bytes entry, spiffe_id; /* the entry's name */
	struct digest terms; /* SHA-256 of the entry's line: whom it admits, to what */
	struct job job; /* zeros: shared by all that its entry admits */
	struct bytes chain, key; /* DER: leaf first; PKCS #8 */
	struct digest tbs; /* SHA-256 of what was signed */
	int64_t not_after, half; /* unix seconds */
	int64_t ends_s, half_s; /* the same on a clock that nobody sets */
	int64_t retry_s; /* on that: not again before */
	/* Of the workload that asked last, for the record. */
	bool has_uid;
	uint32_t uid;
	struct bytes unit;
	struct digest executable;
	const void **users; /* connections */
	size_t user_count, user_capacity;
	bool is_told; /* that it could not be made anew */
	bool has_failed; /* to be made: none is tried before retry_s */
	struct making *making; /* NULL: nothing is with the broker */
	const char *reason; /* for which that is made, one of SUBJECT_... */
};

/* Of this entry, for this job; none is made yet. */
enum status held_identity_new(const struct entry *entry, const struct job *job,
			      struct held_identity **out);
void held_identity_free(struct held_identity *held);

bool held_identity_is_job(const struct held_identity *held);
bool held_identity_is_job_of(const struct held_identity *held, uint32_t uid);
bool held_identity_is_made(const struct held_identity *held);
/* By either clock. */
bool held_identity_is_over(const struct held_identity *held, const struct instant *at);
/* Does the entry, which may be NULL, still say the same? */
bool held_identity_has_terms(const struct held_identity *held, const struct entry *entry);
bool held_identity_is_of(const struct held_identity *held, const struct entry *entry,
			 const struct job *job);

/* What was made takes the place of what is there. */
void held_identity_take(struct held_identity *held, struct made *made);
/* Chain and key. */
void held_identity_drop(struct held_identity *held);

/* Who asked last stands in the record of what is made next. */
enum status held_identity_note(struct held_identity *held, const struct subject *subject);
struct subject held_identity_subject(const struct held_identity *held, const char *reason);

bool held_identity_has_user(const struct held_identity *held, const void *user);
enum status held_identity_add_user(struct held_identity *held, const void *user);
void held_identity_drop_user(struct held_identity *held, const void *user);

AUTO_FREE(held_identity, struct held_identity, held_identity_free);

#endif
