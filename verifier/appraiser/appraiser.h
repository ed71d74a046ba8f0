/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISER_APPRAISER_H
#define VERIFIER_APPRAISER_APPRAISER_H

#include <stdbool.h>

/* Directories (or single files) of PEM or DER; NULL for none. */
struct appraiser_settings {
	const char *ek_roots; /* pinned */
	const char *ek_intermediates;
	const char *ek_crls;
	const char *software_roots; /* of software TPMs; needs allow_software_tpm */
	bool allow_sha1; /* signatures in EK chains */
	bool allow_software_tpm;
};

/*
 * The role's whole life: reads the EK roots, says FRAME_READY to the parent and
 * serves the front until the parent's channel ends (0) or it can't go on (1).
 * Owns the descriptors.
 */
int appraiser_run(const struct appraiser_settings *settings, int parent_fd, int front_fd,
		  int signer_fd);

#endif
