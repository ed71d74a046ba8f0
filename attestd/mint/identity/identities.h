/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_IDENTITY_IDENTITIES_H
#define ATTESTD_MINT_IDENTITY_IDENTITIES_H

#include "attestd/mint/identity/jobs.h"
#include "attestd/mint/identity/right.h"
#include "attestd/mint/identity/signing.h"
#include "messages/entries.h"

/*
 * X.509-SVIDs that workloads asked for, in memory alone: one for each registration
 * entry, made when the first asks, made anew at half of its time while anybody uses
 * it, and forgotten at that time if nobody does. Of an entry for jobs, one for each
 * job, which ends with it. Nobody waits for the signature: its users are told.
 */
#define IDENTITIES_HELD_MAX 1024

struct held_identity {
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
};

/* To each of its users. */
enum identity_news {
	IDENTITY_MADE, /* anew, or at last; or it cannot be */
	IDENTITY_LOST,
};

struct identities {
	struct jobs *jobs; /* that identities are for; owned */
	struct held_identity **list;
	size_t count;
	struct signing *signing;
	const struct right *right;
	/* NULL: nobody is told. */
	void (*tell)(void *context, enum identity_news news, const void *user);
	void *context;
};

void identities_done(struct identities *ids);
/*
 * The entry's SVID for this user from now on, made where there is none: *out is NULL until
 * the broker has signed. STATUS_DENIED: the node is not entitled to it;
 * STATUS_UNAVAILABLE: the broker did not sign; STATUS_TOO_LARGE: there are as many as
 * may be.
 */
enum status identities_use(struct identities *ids, const struct entry *entry,
			   const struct subject *subject, const struct job *job, const void *user,
			   const struct instant *at, const struct held_identity **out);
/* Whoever it was uses none of them any more. */
void identities_leave(struct identities *ids, const void *user);
/* Is one there or on its way? Else identities_use() needs a signature. */
bool identities_has(const struct identities *ids, const struct entry *entry, const struct job *job);
/* Those of jobs that have ended are forgotten, on record. */
void identities_end_jobs(struct identities *ids);
/* What is due: made anew, or forgotten. */
void identities_keep(struct identities *ids, const struct instant *at);
/* The right is another: what is on its way is begun again under it. Forgotten are those
 * whose entry is gone, or has other terms: whoever it admits now shares no key with whom
 * it admitted before. */
void identities_match(struct identities *ids, const struct entries *entries,
		      const struct instant *at);
void identities_forget(struct identities *ids);
/* Seconds until something is due, at most so many. */
int64_t identities_wait_s(const struct identities *ids, const struct instant *at, int64_t most);

#endif
