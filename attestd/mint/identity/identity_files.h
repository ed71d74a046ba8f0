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
		int64_t not_after; /* of the SVID on disk; 0: there is none */
		bool is_left; /* it could not be removed */
		bool is_told; /* why there is none */
		int64_t next; /* when to try again, unix seconds */
	} minted[IDENTITIES_MAX];
};

void identity_files_remove_all(struct identity_files *f);
/* There is a new right: leaves must lead to it, and the bundle may have changed. */
void identity_files_renew(struct identity_files *f);
/* Where something is due at now. */
void identity_files_keep(struct identity_files *f, int64_t now);
/* When something is due, unix seconds, if it is before next; else next. */
int64_t identity_files_next(const struct identity_files *f, int64_t next);

#endif
