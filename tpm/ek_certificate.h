/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TPM_EK_CERTIFICATE_H
#define TPM_EK_CERTIFICATE_H

#include <openssl/x509.h>

#include "base/auto_openssl.h"
#include "tpm/public_area.h"

/* Departures from TCG EK Credential Profile 2.5 that occur in the field; named
 * so that configuration and people can speak about them. */
enum ek_quirk {
	EK_QUIRK_PREFIX = 1 << 0, /* 7-byte header before the DER */
	EK_QUIRK_PADDING = 1 << 1, /* bytes after it, all 0x00 or all 0xff */
	EK_QUIRK_OAEP_KEY = 1 << 2, /* id-RSAES-OAEP as key algorithm */
	EK_QUIRK_SHA1_SIGNATURE = 1 << 3, /* in the chain; only with allow_sha1 */
	EK_QUIRK_CRITICAL_SAN = 1 << 4,
	EK_QUIRK_NEGATIVE_SERIAL = 1 << 5, /* or non-minimal */
	EK_QUIRK_NO_EKU = 1 << 6,
	EK_QUIRK_NO_SAN = 1 << 7,
	EK_QUIRK_PEM = 1 << 8,
	EK_QUIRK_SIGNING_EK = 1 << 9, /* digitalSignature instead of key encipherment */
};

#define EK_QUIRKS 10
/* "sha1-signature" for 1 << 3 ... */
const char *ek_quirk_name(unsigned bit);

enum ek_refusal {
	EK_ACCEPTED = 0,
	EK_MALFORMED,
	EK_NO_PATH, /* no chain to a pinned root */
	EK_BAD_SIGNATURE,
	EK_NOT_YET_VALID,
	EK_EXPIRED,
	EK_ISSUER_NOT_CA,
	EK_PATH_TOO_LONG,
	EK_WRONG_USAGE, /* EKU present without tcg-kp-EKCertificate */
	EK_UNKNOWN_CRITICAL_EXTENSION,
	EK_WEAK_KEY, /* not RSA >= 2048, P-256 or P-384 */
	EK_SHA1, /* SHA-1 in the chain and not allowed */
	EK_REVOKED,
	EK_CRL_STALE,
	EK_IS_CA,
};

/* "no-path" ... */
const char *ek_refusal_name(enum ek_refusal refusal);

/* Finds the certificate in what NV held: header and padding included, or PEM.
 * der borrows from bytes unless PEM, then it points into *pem, which the
 * caller releases. */
enum status ek_certificate_trim(struct span bytes, struct span *der, struct bytes *pem,
				unsigned *quirks);

struct ek_trust {
	STACK_OF(X509) * roots; /* pinned */
	STACK_OF(X509) * intermediates; /* configuration's and the node's own; not trusted */
	STACK_OF(X509_CRL) * crls; /* may be NULL: then nothing is checked for revocation */
	int64_t at; /* verification time, unix seconds */
	bool allow_sha1;
};

struct ek_certificate {
	enum ek_refusal refusal;
	unsigned quirks;
	int refused_depth; /* 0 the EK certificate itself; -1 not about one */
	struct digest spki_sha256; /* node id: SHA-256 of the DER SubjectPublicKeyInfo */
	EVP_PKEY *key; /* owned; NULL where the certificate could not be read */
	struct bytes der; /* owned: the trimmed certificate */
	char manufacturer[16]; /* "id:53544D20" or text, from the SAN; may be empty */
	char model[65], version[17];
	size_t chain_len;
	struct digest chain_sha256[8]; /* of each issuer found, root last */
	char chain_subject[8][256];
};

void ek_certificate_done(struct ek_certificate *c);
/*
 * The whole question: is this a believable EK certificate? A negative answer is
 * OK with out->refusal set; only the machinery's failures are a status. Offline:
 * AIA and CRL distribution points are never followed.
 */
enum status ek_certificate_verify(struct span bytes, const struct ek_trust *trust,
				  struct ek_certificate *out);
/* Does the key equal the EK's public area? */
bool ek_certificate_is_for(const struct ek_certificate *c, const struct public_area *ek);

AUTO_RELEASE(ek_certificate, ek_certificate_done);

#endif
