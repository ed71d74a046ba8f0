/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISER_EK_POOLS_H
#define VERIFIER_APPRAISER_EK_POOLS_H

#include "daemon/file_watch.h"
#include "tpm/ek_certificate.h"
#include "verifier/appraiser/appraiser.h"

/*
 * The certificates and revocation lists that EK certificates are held against, as
 * the configured directories have them: read at the start, and again when a file in
 * them has changed and come to rest.
 */
struct ek_pools {
	const struct appraiser_settings *settings;
	struct ek_pool roots, intermediates, crls, software_roots;
	bool lacks_lists; /* which EKs are revoked is not known: no certificate is believed */
	struct file_watch watch;
};

/* False, and why in the log, where a directory can't be read. A file that holds
 * nothing of the kind, or can't be read, is told of and passed over: of certificates,
 * that are fewer who are believed; of lists, it would be more, and so nobody is. */
bool ek_pools_read(const struct appraiser_settings *settings, struct ek_pools *out);
void ek_pools_done(struct ek_pools *pools);
/* Every few seconds of a monotonic clock. What can't be read whole takes the place of
 * nothing: a list that is half written would leave an issuer without one. */
void ek_pools_refresh(struct ek_pools *pools, time_t now);

AUTO_RELEASE(ek_pools, ek_pools_done);

#endif
