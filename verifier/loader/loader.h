/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_LOADER_LOADER_H
#define VERIFIER_LOADER_LOADER_H

#include "base/digest.h"

struct loader_settings {
	const char *directory; /* a signed release (RELEASES.md) */
	struct digest root; /* SHA-256 of its first root document */
};

#define LOADER_LOADED 0
#define LOADER_FAILED 1
#define LOADER_REFUSED 2 /* the signer was told why */

/*
 * The process's whole life: asks the signer for its high-water marks, verifies
 * the directory against them and hands over the reference image in a sealed
 * memory file, or the refusal. Owns the descriptor.
 */
int loader_run(const struct loader_settings *settings, int signer_fd);

#endif
