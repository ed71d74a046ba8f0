/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISAL_SVID_H
#define VERIFIER_APPRAISAL_SVID_H

#include "policies/reference/reference.h"
#include "tpm/certificate.h"

/* An X.509-SVID that a host reports, and what leads from it to a root. */
struct reported_svid {
	struct span leaf; /* DER, from the host */
	const struct span *path; /* DER, from the signer: the grant first, the root last */
	size_t path_count;
	const struct reference *reference;
	const struct node_class *node_class;
	int64_t now;
};

/*
 * Would a relying party of the class's trust domain take it now? Path, validity and
 * name constraints by OpenSSL, and by X509-SVID 2 to 5: no CA, one URI, of the class's
 * patterns. *out borrows from the leaf. STATUS_MISMATCH: it would not.
 */
enum status reported_svid_check(const struct reported_svid *svid, struct signed_der *out);

#endif
