/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TPM_EK_PATH_H
#define TPM_EK_PATH_H

#include "tpm/certificate.h"
#include "tpm/ek_certificate.h"

struct ek_pool_item {
	struct bytes der; /* owned */
	struct certificate certificate; /* borrows from der; empty for a CRL */
	X509_NAME *subject; /* owned; NULL for a CRL */
	X509_CRL *crl; /* owned; NULL for a certificate */
};

/* What a search may cost, whatever a node sends: so many signatures are verified,
 * and the pools gone through once more than that. A path has EK_PATH_MAX. */
#define EK_LINKS_MAX 16

/* A path under construction: [0] the EK certificate, each signed by the next.
 * Borrowed from their pools. */
struct ek_path {
	const struct certificate *certificates[EK_PATH_MAX + 1];
	const X509_NAME *subjects[EK_PATH_MAX + 1]; /* [0] is not set */
	size_t len;
	bool has_sha1; /* a signature on the path; the root's own is none */
	size_t revocation_checked;
	enum ek_refusal refusal; /* of the attempt that came furthest */
	unsigned refused_depth;
};

/* tcg-kp-EKCertificate or, where it need not be named, anyExtendedKeyUsage. */
extern const struct span ek_usage_oid;

/* Finds a path from leaf to a pinned root; path->refusal says whether. Which of
 * several issuers of the same name leads there is found by trying. */
enum status ek_path_build(const struct certificate *leaf, const struct ek_trust *trust,
			  struct ek_path *path);

/* What holds for each certificate of a path, leaf and root included. */
enum ek_refusal ek_path_common_refusal(const struct certificate *c, int64_t at);

/* Do the CRLs of its issuer, the next on the path, speak for the certificate at
 * that depth? is_checked: one of them covers it. */
enum status ek_revocation_check(const struct ek_path *path, size_t depth,
				const struct ek_trust *trust, enum ek_refusal *refusal,
				bool *is_checked);

#endif
