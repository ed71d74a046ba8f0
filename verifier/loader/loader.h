/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_LOADER_LOADER_H
#define VERIFIER_LOADER_LOADER_H

#include "base/bytes.h"
#include "base/digest.h"

struct loader_settings {
	const char *directory; /* a signed release (RELEASES.md) */
	struct digest root; /* SHA-256 of its first root document */
};

/*
 * A document of the release directory; self is its descriptor. Paths come from documents
 * that are not verified yet: the kernel keeps them beneath it. STATUS_NOT_FOUND only for
 * what is not there; what is there and cannot be read might be a revocation.
 */
enum status loader_read(void *self, const char *path, size_t max, struct bytes *out);

#define LOADER_LOADED 0
#define LOADER_FAILED 1
#define LOADER_REFUSED 2 /* the signer was told why */

/*
 * The process's whole life: asks the signer for its high-water marks, verifies
 * the directory against them and hands over the reference image in a sealed
 * memory file, or the refusal. Owns the descriptor.
 */
int loader_run(const struct loader_settings *settings, int signer_fd);
/*
 * The same with documents that a fetcher brings (verifier/fetch_messages.h), which
 * are adopted when they are in force. is_in_force: what was adopted last is loaded,
 * so that nothing has to be done where the server has nothing else.
 */
int loader_follow(const struct loader_settings *settings, bool is_in_force, int signer_fd,
		  int fetcher_fd);

#endif
