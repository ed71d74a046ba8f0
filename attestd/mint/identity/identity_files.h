/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_IDENTITY_IDENTITY_FILES_H
#define ATTESTD_MINT_IDENTITY_IDENTITY_FILES_H

#include "attestd/configuration.h"
#include "attestd/mint/identity/right.h"
#include "attestd/mint/identity/signing.h"
#include "attestd/mint/identity/svid.h"

/* The SVIDs that [identity] sections want kept in directories. Nobody waits for their
 * signatures: they are written when these come. */
struct identity_files {
	const struct configuration *configuration;
	struct signing *signing;
	const struct right *right;
	struct minted {
		struct identity_files *files; /* this one's, while the broker is asked */
		struct svid svid; /* that is being signed */
		struct question *question; /* NULL: none is */
		int64_t not_after; /* of the SVID on disk, unix seconds; 0: there is none */
		int64_t ends_s; /* by clock_boot_s(), no later than the right does */
		int64_t half; /* when it is made anew, unix seconds; 0: not for its time */
		bool is_left; /* it could not be removed */
		bool is_told; /* why there is none */
		int64_t next_s; /* when to try again, by clock_boot_s(): nobody sets that */
	} minted[IDENTITIES_MAX];
};

void identity_files_remove_all(struct identity_files *f);
/* There is a new right: leaves must lead to it, and the bundle may have changed. */
void identity_files_renew(struct identity_files *f);
/* What is due. */
void identity_files_keep(struct identity_files *f, const struct instant *at);
/* Seconds until something is due, at most so many. */
int64_t identity_files_wait_s(const struct identity_files *f, const struct instant *at,
			      int64_t most);

#endif
