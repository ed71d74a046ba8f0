/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_IDENTITY_IDENTITIES_H
#define ATTESTD_MINT_IDENTITY_IDENTITIES_H

#include "attestd/mint/identity/held_identity.h"

/*
 * X.509-SVIDs that workloads asked for, in memory alone: one for each registration
 * entry, made when the first asks, made anew at half of its time while anybody uses
 * it, and forgotten at that time if nobody does. Of an entry for jobs, one for each
 * job, which ends with it. Nobody waits for the signature: its users are told.
 */
#define IDENTITIES_HELD_MAX 1024
/* Of them, of jobs, which no entry counts: each entry has a place for what it shares. */
#define IDENTITIES_OF_JOBS_MAX (IDENTITIES_HELD_MAX - ENTRIES_MAX)
/* Of one user's jobs: they leave places for those of others. */
#define IDENTITIES_OF_USERS_JOBS_MAX (IDENTITIES_HELD_MAX / 2)

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
 * may be, or jobs have as many, or those of its user.
 */
enum status identities_use(struct identities *ids, const struct entry *entry,
			   const struct subject *subject, const struct job *job, const void *user,
			   const struct instant *at, const struct held_identity **out);
/* Whoever it was uses none of them any more. */
void identities_leave(struct identities *ids, const void *user);
/* Is one there or on its way? Else identities_use() needs a signature. */
bool identities_has(const struct identities *ids, const struct entry *entry, const struct job *job);
/* A job that came to no identity is watched no more. */
void identities_pass_over(struct identities *ids, const struct job *job);
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
