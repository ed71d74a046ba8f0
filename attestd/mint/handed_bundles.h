/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_HANDED_BUNDLES_H
#define ATTESTD_MINT_HANDED_BUNDLES_H

#include "attestd/mint/workload/workload.h"
#include "messages/statement.h"

#define HANDED_BUNDLES_MAX (1 + BUNDLE_FEDERATED_MAX)

/* The right's bundle as the Workload API hands it out: the own trust domain's, then
 * those that it federates with. */
struct handed_bundles {
	struct workload_bundle rows[HANDED_BUNDLES_MAX]; /* they borrow from texts */
	struct handed_texts {
		struct bytes trust_domain, certificates, jwks;
	} texts[HANDED_BUNDLES_MAX];
	size_t count; /* 0: no right */
};

void handed_bundles_done(struct handed_bundles *handed);
enum status handed_bundles_from(const struct bundle *bundle, struct handed_bundles *out);

AUTO_RELEASE(handed_bundles, handed_bundles_done);

#endif
