/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_CORE_H
#define ATTESTD_MINT_CORE_H

#include "attestd/mint/admittance.h"
#include "attestd/mint/caller/rates.h"
#include "attestd/mint/identity/identities.h"
#include "attestd/mint/tokens.h"

/* New identities of a user's processes at once, and then a second: each is a
 * signature of the TPM and a line of the journal. */
#define CORE_NEW_AT_ONCE 1000
#define CORE_NEW_PER_SECOND 5

/*
 * What the Workload API asks: which registration entries admit a caller, and their
 * SVIDs. Right and signing are the mint's, and outlive it.
 */
struct core {
	struct signing *signing;
	/* Told of news: workload_api_tell(), or NULL. */
	void (*tell)(struct workload_api *api, enum workload_news news, const struct caller *c);
	struct workload_api *api;
	struct admittance admittance;
	struct identities identities;
	struct tokens tokens;
	struct rates new_identities; /* which a user's processes may want */
	/* What the last answer borrows from. */
	struct workload_svid svids[WORKLOAD_SVIDS_MAX];
};

enum status core_init(struct core *core, const struct right *right, struct signing *signing);
void core_done(struct core *core);
/* The whole source. */
void core_serve(struct core *core, struct workload_source *source);

/* The right was taken, renewed or ended. */
void core_right_changed(struct core *core);
/* What is due: rotation, and files that wait to be hashed. */
void core_keep(struct core *core, const struct instant *at);
/* Readable when something is due because a job may have ended. */
int core_jobs_fd(const struct core *core);
/* Seconds until something is due, at most so many. */
int64_t core_wait_s(const struct core *core, const struct instant *at, int64_t most);

AUTO_RELEASE(core, core_done);

#endif
