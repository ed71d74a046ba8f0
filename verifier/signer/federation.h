/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_FEDERATION_H
#define VERIFIER_SIGNER_FEDERATION_H

#include "messages/statement.h"

/*
 * Other trust domains whose SVIDs the workloads of one take: a directory with a file for
 * each, named by it, which holds its bundle as messages/statement.h writes bundles
 * (attestctl bundle fetch makes it). Who may write there decides whom workloads believe.
 */
#define FEDERATION_MAX ((size_t)64 << 10) /* bytes of all files: nodes take a bundle of 128 KiB */

struct federation {
	struct trust_anchors others[BUNDLE_FEDERATED_MAX]; /* by name */
	size_t count;
};

void federation_done(struct federation *federation);

/* All of it, or nothing. fault gets the path that is wrong, the directory where no
 * file is to blame. STATUS_MALFORMED: a file
 * that is no bundle of the trust domain it is named by; STATUS_DENIED: that is the own
 * one, or others may write it; STATUS_TOO_LARGE: more than BUNDLE_FEDERATED_MAX, or than
 * FEDERATION_MAX together. */
enum status federation_read(const char *directory, const char *own, struct federation *out,
			    struct bytes *fault);

AUTO_RELEASE(federation, federation_done);

#endif
