/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FLEET_SPIFFE_BUNDLE_H
#define TOOLS_FLEET_SPIFFE_BUNDLE_H

#include "messages/statement.h"

#define SPIFFE_BUNDLE_MAX ((size_t)1 << 20)

/*
 * A trust domain's bundle as its endpoint serves it (SPIFFE Trust Domain and Bundle 4): a
 * JWK set. Keys of other uses are passed over, as that text wants it; one of a known use
 * that cannot be read is a fault: half a bundle would refuse good SVIDs for no reason that
 * anybody sees. *fault is static and says what.
 */
enum status spiffe_bundle_read(struct span json, const char *trust_domain, struct bundle *out,
			       const char **fault);

#endif
