/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/signature.h"

#include <openssl/rsa.h>

#include "base/auto_openssl.h"

#define RSA_SIGNATURE_MAX (4096 / 8)
#define ECDSA_NUMBER_MAX 66 /* P-521 */

enum status signature_parse(struct span bytes, struct signature *out)
{
	struct reader r = reader_over(bytes);
	struct signature s = { 0 };
	uint16_t scheme = reader_be16(&r);

	/* RSAPSS, TPM_ALG_NULL and whatever else: never a no-op further on. */
	if (scheme != TPM_ALG_RSASSA && scheme != TPM_ALG_ECDSA)
		reader_fail(&r, STATUS_UNSUPPORTED);
	s.hash = digest_alg_from_tpm(reader_be16(&r));
	if (s.hash == DIGEST_NONE)
		reader_fail(&r, STATUS_UNSUPPORTED);
	if (scheme == TPM_ALG_RSASSA) {
		s.scheme = TPM_ALG_RSASSA;
		s.rsa = reader_sized(&r, RSA_SIGNATURE_MAX);
	} else {
		s.scheme = TPM_ALG_ECDSA;
		s.r = reader_sized(&r, ECDSA_NUMBER_MAX);
		s.s = reader_sized(&r, ECDSA_NUMBER_MAX);
	}
	if (s.scheme == TPM_ALG_RSASSA ? s.rsa.len == 0 : s.r.len == 0 || s.s.len == 0)
		reader_fail(&r, STATUS_MALFORMED);

	enum status end = reader_end(&r);

	if (end == OK)
		*out = s;
	return end;
}

enum status signature_der(const struct signature *signature, struct bytes *out)
{
	AUTO(ECDSA_SIG) pair = ECDSA_SIG_new();
	uint8_t der[2 * ECDSA_NUMBER_MAX + 16];
	uint8_t *end = der;

	if (signature->scheme != TPM_ALG_ECDSA)
		return STATUS_UNSUPPORTED;
	if (signature->r.len > ECDSA_NUMBER_MAX || signature->s.len > ECDSA_NUMBER_MAX)
		return STATUS_TOO_LARGE;

	/* As numbers: TPMs pad with zeros or strip them, DER does neither. */
	BIGNUM *r = BN_bin2bn(signature->r.data, (int)signature->r.len, NULL);
	BIGNUM *s = BN_bin2bn(signature->s.data, (int)signature->s.len, NULL);

	if (pair == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(pair, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		return STATUS_NO_MEMORY;
	}

	int len = i2d_ECDSA_SIG(pair, &end);

	if (len <= 0)
		return STATUS_NO_MEMORY;
	return bytes_copy((struct span){ der, (size_t)len }, out);
}

static bool key_fits(EVP_PKEY *key, enum tpm_alg scheme)
{
	return EVP_PKEY_is_a(key, scheme == TPM_ALG_RSASSA ? "RSA" : "EC") == 1;
}

/* Hashed first: EVP_DigestVerify() looks the hash up anew in what it sets up for each
 * signature, which costs a sixth of the verification. */
static enum status ecdsa_verify_in(EVP_PKEY_CTX *ready, enum digest_alg hash, struct span message,
				   struct span der)
{
	struct digest digest;
	enum status status = digest_of(hash, message, &digest);

	if (status != OK)
		return status;
	/* Only 1 means yes: OpenSSL fails with 0 or with a negative number. */
	if (EVP_PKEY_verify(ready, der.data, der.len, digest.value, digest_size(hash)) != 1)
		return STATUS_MISMATCH;
	return OK;
}

static enum status ecdsa_verify(enum digest_alg hash, struct span message, struct span der,
				EVP_PKEY *key)
{
	AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

	if (ctx == NULL)
		return STATUS_NO_MEMORY;
	if (EVP_PKEY_verify_init(ctx) != 1)
		return STATUS_UNSUPPORTED;
	return ecdsa_verify_in(ctx, hash, message, der);
}

static enum status rsassa_verify(enum digest_alg hash, struct span message, struct span raw,
				 EVP_PKEY *key)
{
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key_ctx = NULL; /* belongs to ctx */

	if (ctx == NULL)
		return STATUS_NO_MEMORY;
	if (EVP_DigestVerifyInit_ex(ctx, &key_ctx, digest_name(hash), NULL, NULL, key, NULL) != 1)
		return STATUS_UNSUPPORTED;
	if (EVP_PKEY_CTX_set_rsa_padding(key_ctx, RSA_PKCS1_PADDING) != 1)
		return STATUS_UNSUPPORTED;
	/* Only 1 means yes: OpenSSL fails with 0 or with a negative number. */
	if (EVP_DigestVerify(ctx, raw.data, raw.len, message.data, message.len) != 1)
		return STATUS_MISMATCH;
	return OK;
}

static enum status digest_verify(enum tpm_alg scheme, enum digest_alg hash, struct span message,
				 struct span raw, EVP_PKEY *key, EVP_PKEY_CTX *ready)
{
	if (scheme == TPM_ALG_RSASSA)
		return rsassa_verify(hash, message, raw, key);
	return ready != NULL ? ecdsa_verify_in(ready, hash, message, raw)
			     : ecdsa_verify(hash, message, raw, key);
}

enum status signature_verify(const struct signature *signature, enum tpm_alg scheme,
			     enum digest_alg hash, struct span message, EVP_PKEY *key)
{
	return signature_verify_in(signature, scheme, hash, message, key, NULL);
}

enum status signature_verify_in(const struct signature *signature, enum tpm_alg scheme,
				enum digest_alg hash, struct span message, EVP_PKEY *key,
				EVP_PKEY_CTX *ready)
{
	AUTO_DONE(bytes) der = { 0 };

	if (scheme != TPM_ALG_RSASSA && scheme != TPM_ALG_ECDSA)
		return STATUS_UNSUPPORTED;
	if (signature->scheme != scheme || signature->hash != hash || !key_fits(key, scheme))
		return STATUS_MISMATCH;
	if (scheme == TPM_ALG_RSASSA)
		return digest_verify(scheme, hash, message, signature->rsa, key, NULL);

	/* r and s are numbers below the group's order: never wider than it. */
	size_t widest = ((size_t)EVP_PKEY_get_bits(key) + 7) / 8;

	if (signature->r.len > widest || signature->s.len > widest)
		return STATUS_MISMATCH;

	enum status status = signature_der(signature, &der);

	return status == OK ? digest_verify(scheme, hash, message, span_of(&der), key, ready)
			    : status;
}
