/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CERTIFICATE_MAKER_H
#define TESTS_CERTIFICATE_MAKER_H

#include "base/auto_openssl.h"
#include "base/bytes.h"

/* Makes certificates and CRLs with OpenSSL, faulty ones too: what the code
 * under test must tell apart. Zero fields leave a thing out. */
struct recipe {
	const char *subject, *issuer; /* common names, one a line; "" for an empty name */
	EVP_PKEY *key, *signer;
	const EVP_MD *hash; /* SHA-256 */
	const EVP_MD *pss_mask_hash; /* RSA-PSS, with this one in the mask */
	long serial; /* 7 */
	unsigned serial_bytes; /* a serial as long as this instead */
	int64_t not_before, not_after; /* a year around MAKER_NOW */
	const char *basic_constraints, *key_usage, *extended_usage; /* as openssl.cnf has them */
	const char *subject_key_id, *authority_key_id; /* as text */
	bool has_tpm_name; /* SAN, critical, that names a TPM */
	const char *critical_oid; /* an extension nobody knows */
	unsigned more_extensions;
};

#define MAKER_NOW 1700000000
#define MAKER_EK_USAGE "2.23.133.8.1"

EVP_PKEY *maker_ec_key(const char *curve);
EVP_PKEY *maker_rsa_key(unsigned bits);
/* Recipes for the usual three. */
struct recipe maker_root(EVP_PKEY *key);
struct recipe maker_intermediate(EVP_PKEY *key, EVP_PKEY *root);
struct recipe maker_leaf(EVP_PKEY *key, EVP_PKEY *intermediate);

/* DER, owned by the caller. */
struct bytes maker_certificate(const struct recipe *r);
/* Replaces the first occurrence of from, and signs anew. */
void maker_patch(struct bytes *certificate, struct span from, struct span to, EVP_PKEY *signer);
/* The same with NULL parameters added to the outer algorithm, which no signature
 * covers; for an ECDSA certificate or CRL of less than 32 KiB. */
struct bytes maker_alter_outer_algorithm(struct span der);

struct crl_recipe {
	const char *issuer;
	EVP_PKEY *signer;
	const EVP_MD *hash; /* SHA-256 */
	long revoked; /* 0: none */
	unsigned more_revoked; /* serials from 1000000 on */
	int64_t this_update;
	int64_t next_update; /* 0: none */
	const char *scope; /* issuingDistributionPoint as openssl.cnf has it */
	bool is_delta;
};

struct bytes maker_crl(const struct crl_recipe *r);

#endif
