/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TPM_EK_CERTIFICATE_H
#define TPM_EK_CERTIFICATE_H

#include "base/auto_openssl.h"
#include "tpm/public_area.h"

/* Departures from TCG EK Credential Profile 2.5 that occur in the field; named
 * so that configuration and people can speak about them. */
enum ek_quirk {
	EK_QUIRK_PREFIX = 1 << 0, /* TCG stored-certificate header before the DER */
	EK_QUIRK_PADDING = 1 << 1, /* bytes after it, up to the size of the NV index */
	EK_QUIRK_PEM = 1 << 2,
	EK_QUIRK_OAEP_KEY = 1 << 3, /* id-RSAES-OAEP as key algorithm */
	EK_QUIRK_SHA1_SIGNATURE = 1 << 4, /* in the chain; only with allow_sha1 */
	EK_QUIRK_CRITICAL_SAN = 1 << 5,
	EK_QUIRK_ODD_SERIAL = 1 << 6, /* negative, zero or not minimal */
	EK_QUIRK_NO_EKU = 1 << 7,
	EK_QUIRK_NO_KEY_USAGE = 1 << 8,
	EK_QUIRK_NO_SAN = 1 << 9, /* or one that does not name a TPM */
	EK_QUIRK_NO_AUTHORITY_KEY_ID = 1 << 10,
};

#define EK_QUIRKS 11
/* "sha1-signature" for EK_QUIRK_SHA1_SIGNATURE; NULL for what is no quirk. */
const char *ek_quirk_name(unsigned quirk);

enum ek_refusal {
	EK_ACCEPTED = 0,
	EK_MALFORMED,
	EK_NO_PATH, /* no chain to a pinned root */
	EK_BAD_SIGNATURE,
	EK_NOT_YET_VALID,
	EK_EXPIRED,
	EK_ISSUER_NOT_CA,
	EK_PATH_TOO_LONG,
	EK_WRONG_USAGE, /* EKU without tcg-kp-EKCertificate, or a key that may not decrypt */
	EK_UNKNOWN_CRITICAL_EXTENSION,
	EK_WEAK_KEY, /* not RSA >= 2048, P-256 or P-384 (CAs: P-521 too) */
	EK_WEAK_SIGNATURE, /* an algorithm outside the closed list */
	EK_SHA1, /* SHA-1 in the chain and not allowed */
	EK_REVOKED,
	EK_CRL_STALE, /* there is a CRL of the issuer, but none fresh and usable */
	EK_IS_CA,
};

/* "no-path" ... */
const char *ek_refusal_name(enum ek_refusal refusal);

/* Certificates or CRLs, owned, and taken apart once for all the searches in them. */
struct ek_pool {
	struct ek_pool_item *items; /* tpm/ek_path.h */
	size_t count;
	size_t capacity;
};

void ek_pool_done(struct ek_pool *pool);
/* Adds what a file holds: any number of certificates, in PEM or in DER one after
 * the other (as NV 0x01c00100 holds them), padding behind them passed over.
 * STATUS_NOT_FOUND where there is none; STATUS_MALFORMED where one of them is
 * damaged, and the others are added. */
enum status ek_pool_add_certificates(struct ek_pool *pool, struct span file);
enum status ek_pool_add_crls(struct ek_pool *pool, struct span file);

/* Pools borrow; NULL is an empty one. */
struct ek_trust {
	const struct ek_pool *roots; /* pinned, believed as they stand */
	const struct ek_pool *intermediates; /* configuration's; not trusted */
	const struct ek_pool *supplied; /* the node's own; not trusted, searched last */
	const struct ek_pool *crls; /* an issuer without a CRL here is not checked */
	int64_t at; /* verification time, unix seconds */
	bool allow_sha1;
};

/* The EK certificate is depth 0, the root at most this deep. */
#define EK_PATH_MAX 8
#define EK_TEXT_MAX 256

struct ek_issuer {
	struct digest sha256; /* of the DER certificate */
	char subject[EK_TEXT_MAX]; /* RFC 2253 */
};

/* Text is printable ASCII, escaped where it was not. */
struct ek_certificate {
	enum ek_refusal refusal;
	unsigned refused_depth; /* which certificate of the path the refusal is about */
	unsigned quirks;
	struct digest spki_sha256; /* node id: SHA-256 of the DER SubjectPublicKeyInfo */
	EVP_PKEY *key; /* owned; NULL where it could not be read */
	struct bytes der; /* owned: the trimmed certificate */
	struct bytes serial; /* owned: the INTEGER's content as encoded */
	int64_t not_before, not_after; /* unix seconds */
	char subject[EK_TEXT_MAX], issuer[EK_TEXT_MAX]; /* RFC 2253 */
	char key_type[16]; /* "rsa-2048", "p-256" */
	char manufacturer[EK_TEXT_MAX]; /* "id:53544D20", from the SAN; may be empty */
	char model[EK_TEXT_MAX], version[EK_TEXT_MAX];
	size_t chain_len;
	struct ek_issuer chain[EK_PATH_MAX]; /* leaf's issuer first, root last */
	size_t revocation_checked; /* certificates of the path that a CRL covered */
};

void ek_certificate_done(struct ek_certificate *c);
/*
 * The whole question: is this a believable EK certificate? bytes is what NV
 * held, header and padding included, or PEM. A negative answer is OK with
 * out->refusal set; only the machinery's failures are a status. Offline: AIA
 * and CRL distribution points are never followed. out is overwritten; release
 * it whenever the status was OK.
 */
enum status ek_certificate_verify(struct span bytes, const struct ek_trust *trust,
				  struct ek_certificate *out);
/* Does the key equal the EK's public area? (k01: the host sends both.) */
bool ek_certificate_is_for(const struct ek_certificate *c, const struct public_area *ek);

AUTO_RELEASE(ek_pool, ek_pool_done);
AUTO_RELEASE(ek_certificate, ek_certificate_done);

#endif
