/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_IDENTITY_SVID_H
#define ATTESTD_MINT_IDENTITY_SVID_H

#include "attestd/grant.h"
#include "attestd/svid_tbs.h"

/* An X.509-SVID in the making: everything but the minting key's signature. */
struct svid {
	EVP_PKEY *key; /* fresh for each SVID; never leaves this process but for its file */
	uint8_t point[SVID_POINT_SIZE]; /* its public key, uncompressed */
	struct bytes tbs; /* TBSCertificate, to be signed */
	int64_t not_after;
};

void svid_done(struct svid *svid);
/* names as in attestd/svid_names.h; an SVID has one SPIFFE ID. */
enum status svid_make(const struct grant *grant, const char *names, int64_t now, struct svid *out);
/* Assembles the leaf, whose signature is verified by the grant's key. PEM: the leaf, then
 * the grant's certificate; the key in PKCS #8. */
enum status svid_finish(const struct svid *svid, const struct grant *grant, struct span signature,
			struct bytes *chain_pem, struct bytes *key_pem);
/* The same in DER, the two certificates joined. */
enum status svid_finish_der(const struct svid *svid, const struct grant *grant,
			    struct span signature, struct bytes *chain, struct bytes *key);
/* The roots of the trust domain; in DER, joined. */
enum status bundle_pem(const struct bundle *bundle, struct bytes *pem);
enum status anchors_der(const struct trust_anchors *anchors, struct bytes *out);

AUTO_RELEASE(svid, svid_done);

#endif
