/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/rsa.h>

#include "base/digest.h"
#include "tpm/certificate.h"
#include "tpm/der.h"

#define PSS_SALT_MAX 1024

enum scheme_type {
	SCHEME_RSA,
	SCHEME_RSA_PSS, /* the hash stands in the parameters */
	SCHEME_ECDSA,
};

/* The closed list. */
static const struct scheme {
	uint8_t oid[9];
	size_t oid_len;
	enum scheme_type type;
	enum digest_alg hash;
} schemes[] = {
	{ { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5 }, 9, SCHEME_RSA, DIGEST_SHA1 },
	{ { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11 }, 9, SCHEME_RSA, DIGEST_SHA256 },
	{ { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12 }, 9, SCHEME_RSA, DIGEST_SHA384 },
	{ { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13 }, 9, SCHEME_RSA, DIGEST_SHA512 },
	{ { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10 }, 9, SCHEME_RSA_PSS, DIGEST_NONE },
	{ { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1 }, 7, SCHEME_ECDSA, DIGEST_SHA1 },
	{ { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2 }, 8, SCHEME_ECDSA, DIGEST_SHA256 },
	{ { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3 }, 8, SCHEME_ECDSA, DIGEST_SHA384 },
	{ { 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4 }, 8, SCHEME_ECDSA, DIGEST_SHA512 },
};

static const uint8_t oid_mgf1[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8 };
/* 2.16.840.1.101.3.4.2.n: n is 1, 2, 3 for SHA-256, -384, -512 */
static const uint8_t oid_sha2[] = { 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02 };

struct algorithm {
	enum scheme_type type;
	enum digest_alg hash;
	int salt_len;
};

/* AlgorithmIdentifier of a hash, parameters NULL or absent. */
static enum digest_alg read_hash(struct reader *r)
{
	static const enum digest_alg by_last[] = { DIGEST_NONE, DIGEST_SHA256, DIGEST_SHA384,
						   DIGEST_SHA512 };
	struct reader fields = der_enter(r, DER_SEQUENCE);
	struct span oid = der_content(&fields, DER_OID);

	if (der_is_next(&fields, DER_NULL))
		(void)der_content(&fields, DER_NULL);
	der_leave(r, &fields);
	if (r->status != OK || oid.len != sizeof(oid_sha2) + 1)
		return DIGEST_NONE;

	uint8_t last = oid.data[sizeof(oid_sha2)];
	if (last >= sizeof(by_last) / sizeof(by_last[0]) ||
	    !span_equal((struct span){ oid.data, sizeof(oid_sha2) },
			(struct span){ oid_sha2, sizeof(oid_sha2) }))
		return DIGEST_NONE;
	return by_last[last];
}

/* RSASSA-PSS-params, RFC 4055, 3.1. The defaults are SHA-1, so both hashes must
 * be there, and be the same. */
static enum status read_pss(struct reader *r, struct algorithm *a)
{
	struct reader fields = der_enter(r, DER_SEQUENCE);
	struct reader hash = der_enter(&fields, DER_CONTEXT_CONSTRUCTED);
	struct reader mask = der_enter(&fields, DER_CONTEXT_CONSTRUCTED + 1);
	struct reader mgf = der_enter(&mask, DER_SEQUENCE);
	struct span mgf_oid = der_content(&mgf, DER_OID);
	struct reader salt = der_enter(&fields, DER_CONTEXT_CONSTRUCTED + 2);
	uint64_t salt_len = der_unsigned(&salt);

	a->hash = read_hash(&hash);
	if (read_hash(&mgf) != a->hash || a->hash == DIGEST_NONE || salt_len > PSS_SALT_MAX ||
	    !span_equal(mgf_oid, (struct span){ oid_mgf1, sizeof(oid_mgf1) }))
		reader_fail(&fields, STATUS_UNSUPPORTED);
	der_leave(&mask, &mgf);
	der_leave(&fields, &hash);
	der_leave(&fields, &mask);
	der_leave(&fields, &salt);
	der_leave(r, &fields);
	a->salt_len = (int)salt_len;
	return reader_end(r);
}

static enum status read_algorithm(struct span whole, struct algorithm *out)
{
	struct reader r = reader_over(whole);
	struct reader fields = der_enter(&r, DER_SEQUENCE);
	struct span oid = der_content(&fields, DER_OID);

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		const struct scheme *s = &schemes[i];

		if (!span_equal(oid, (struct span){ s->oid, s->oid_len }))
			continue;
		*out = (struct algorithm){ .type = s->type, .hash = s->hash };
		if (s->type == SCHEME_RSA_PSS)
			return read_pss(&fields, out);
		if (der_is_next(&fields, DER_NULL))
			(void)der_content(&fields, DER_NULL);
		return reader_end(&fields);
	}
	return STATUS_UNSUPPORTED;
}

static bool set_padding(EVP_PKEY_CTX *ctx, const struct algorithm *a)
{
	if (a->type == SCHEME_RSA)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1;
	if (a->type == SCHEME_RSA_PSS)
		return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, a->salt_len) == 1;
	return true;
}

enum status signed_der_verify(const struct signed_der *s, EVP_PKEY *key, bool *is_sha1)
{
	struct algorithm a = { 0 };

	if (read_algorithm(s->algorithm, &a) != OK)
		return STATUS_UNSUPPORTED;
	if ((a.type == SCHEME_ECDSA) != (EVP_PKEY_is_a(key, "EC") == 1))
		return STATUS_MISMATCH;

	AUTO(EVP_MD) md = EVP_MD_fetch(NULL, digest_name(a.hash), NULL);
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key_ctx = NULL; /* ctx owns it */
	if (md == NULL || ctx == NULL)
		return STATUS_NO_MEMORY;
	if (EVP_DigestVerifyInit(ctx, &key_ctx, md, NULL, key) != 1 || !set_padding(key_ctx, &a))
		return STATUS_UNSUPPORTED;
	/* Only 1 means yes: OpenSSL fails with 0 or with a negative number. */
	if (EVP_DigestVerify(ctx, s->signature.data, s->signature.len, s->tbs.data, s->tbs.len) !=
	    1)
		return STATUS_MISMATCH;
	*is_sha1 = a.hash == DIGEST_SHA1;
	return OK;
}
