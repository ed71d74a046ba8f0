/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/envelope/signing_key.h"

#include <string.h>

const char *const key_scheme_names[] = { "ed25519", "ecdsa-p256-sha256", NULL };

#define ED25519_SIZE 32
#define P256_POINT_SIZE 64

/* RFC 8410, 4: the whole SPKI up to the key. */
static const uint8_t ed25519_prefix[] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
					  0x2b, 0x65, 0x70, 0x03, 0x21, 0x00 };
/* RFC 5480, 2: named curve, uncompressed point. */
static const uint8_t p256_prefix[] = { 0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
				       0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
				       0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04 };

/* y of the points whose order divides 8, without the sign bit of x. */
static const uint8_t low_order[][ED25519_SIZE] = {
	{ 0 },
	{ 1 },
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
	  0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
	  0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
	  0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
	  0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
};

/* y is not below p = 2^255 - 19: a second spelling of a point. */
static bool is_unreduced(const uint8_t y[ED25519_SIZE])
{
	for (size_t i = 1; i < ED25519_SIZE - 1; i++)
		if (y[i] != 0xff)
			return false;
	return y[0] >= 0xed && y[ED25519_SIZE - 1] == 0x7f;
}

static bool is_unsafe_ed25519(struct span key)
{
	uint8_t y[ED25519_SIZE];

	memcpy(y, key.data, sizeof(y));
	y[ED25519_SIZE - 1] &= 0x7f;
	for (size_t i = 0; i < sizeof(low_order) / sizeof(low_order[0]); i++)
		if (memcmp(y, low_order[i], sizeof(y)) == 0)
			return true;
	return is_unreduced(y);
}

/* What follows the prefix, where it is exactly len bytes. */
static struct span after_prefix(struct span spki, const uint8_t *prefix, size_t prefix_len,
				size_t len)
{
	if (spki.len != prefix_len + len || memcmp(spki.data, prefix, prefix_len) != 0)
		return (struct span){ 0 };
	return (struct span){ .data = spki.data + prefix_len, .len = len };
}

static enum status load_ed25519(struct span spki, EVP_PKEY **out)
{
	struct span raw = after_prefix(spki, ed25519_prefix, sizeof(ed25519_prefix), ED25519_SIZE);

	if (raw.len == 0 || is_unsafe_ed25519(raw))
		return STATUS_MALFORMED;
	*out = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw.data, raw.len);
	return *out != NULL ? OK : STATUS_MALFORMED;
}

static enum status load_p256(struct span spki, EVP_PKEY **out)
{
	const uint8_t *at = spki.data;

	if (after_prefix(spki, p256_prefix, sizeof(p256_prefix), P256_POINT_SIZE).len == 0)
		return STATUS_MALFORMED;
	/* It checks that the point is on the curve; the length is known to fit. */
	*out = d2i_PUBKEY(NULL, &at, (long)spki.len);
	return *out != NULL ? OK : STATUS_MALFORMED;
}

enum status signing_key_load(enum key_scheme scheme, struct span spki, EVP_PKEY **out)
{
	switch (scheme) {
	case SCHEME_ED25519:
		return load_ed25519(spki, out);
	case SCHEME_ECDSA_P256_SHA256:
		return load_p256(spki, out);
	}
	return STATUS_UNSUPPORTED;
}

enum status signing_key_verify(EVP_PKEY *key, enum key_scheme scheme, struct span message,
			       struct span signature)
{
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	const EVP_MD *md = scheme == SCHEME_ED25519 ? NULL : EVP_sha256();

	if (ctx == NULL)
		return STATUS_NO_MEMORY;
	if (EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) != 1)
		return STATUS_UNSUPPORTED;
	/* Only 1 means yes. OpenSSL wants DER without a spare byte (it encodes
	 * again and compares) and S below the group's order; tests hold it to it. */
	if (EVP_DigestVerify(ctx, signature.data, signature.len, message.data, message.len) != 1)
		return STATUS_MISMATCH;
	return OK;
}

enum status signing_key_verify_digest(EVP_PKEY *key, const struct digest *digest,
				      struct span signature)
{
	AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new(key, NULL);

	if (ctx == NULL)
		return STATUS_NO_MEMORY;
	if (digest->alg != DIGEST_SHA256 || EVP_PKEY_verify_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1)
		return STATUS_UNSUPPORTED;
	/* Only 1 means yes. */
	if (EVP_PKEY_verify(ctx, signature.data, signature.len, digest->value, SHA256_SIZE) != 1)
		return STATUS_MISMATCH;
	return OK;
}
