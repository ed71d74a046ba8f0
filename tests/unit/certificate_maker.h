/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CERTIFICATE_MAKER_H
#define TESTS_CERTIFICATE_MAKER_H

#include "base/auto_openssl.h"
#include "base/bytes.h"

/* Makes certificates and CRLs with OpenSSL, faulty ones too: what the code
 * under test must tell apart. Zero fields leave a thing out. */
struct recipe {
	const char *subject, *issuer; /* common names; "" for an empty subject */
	EVP_PKEY *key, *signer;
	const EVP_MD *hash; /* SHA-256 */
	long serial; /* 7 */
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
/* revoked 0: none. next_update 0: none. */
struct bytes maker_crl(const char *issuer, EVP_PKEY *signer, long revoked, int64_t this_update,
		       int64_t next_update);

#endif
