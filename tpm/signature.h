/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TPM_SIGNATURE_H
#define TPM_SIGNATURE_H

#include "tpm/public_area.h"

/* TPMT_SIGNATURE, Part 2, 11.3.4. Spans borrow. */
struct signature {
	enum tpm_alg scheme; /* TPM_ALG_RSASSA or TPM_ALG_ECDSA */
	enum digest_alg hash;
	struct span rsa;
	struct span r, s;
};

/* Another scheme (RSAPSS, TPM_ALG_NULL ...) or hash is STATUS_UNSUPPORTED; an
 * empty number is STATUS_MALFORMED. */
enum status signature_parse(struct span bytes, struct signature *out);
/* One scheme and one hash are tried: the ones the key is bound to. A
 * signature that names others is STATUS_MISMATCH, as is a bad one. */
enum status signature_verify(const struct signature *signature, enum tpm_alg scheme,
			     enum digest_alg hash, struct span message, EVP_PKEY *key);
/* The same with what EVP_PKEY_verify_init() made ready of an EC key: it serves signature
 * after signature, each by the point that key has then. NULL: made for this one. */
enum status signature_verify_in(const struct signature *signature, enum tpm_alg scheme,
				enum digest_alg hash, struct span message, EVP_PKEY *key,
				EVP_PKEY_CTX *ready);
/* r || s of an ECDSA signature as DER ECDSA-Sig-Value. */
enum status signature_der(const struct signature *signature, struct bytes *out);

#endif
