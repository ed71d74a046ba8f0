/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/credential.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/rsa.h>
#include <string.h>

#include "base/auto_openssl.h"

#define RSA_BYTES 256 /* RSA-2048 */
#define COORDINATE_MAX 48 /* P-384 */
#define POINT_MAX ((size_t)2 * (2 + COORDINATE_MAX)) /* TPMS_ECC_POINT */

/* Labels are hashed with their NUL (Part 1, 11.4.10.2; B.4). */
static const char label_identity[] = "IDENTITY";
static const char label_storage[] = "STORAGE";
static const char label_integrity[] = "INTEGRITY";

#define WITH_NUL(label) ((struct span){ (const uint8_t *)(label), sizeof(label) })

/* Secret bytes of at most a digest's length. */
struct secret {
	uint8_t value[DIGEST_MAX];
	size_t len;
};

static void secret_done(struct secret *s)
{
	OPENSSL_cleanse(s, sizeof(*s));
}

AUTO_RELEASE(secret, secret_done);

static struct span secret_span(const struct secret *s)
{
	return (struct span){ s->value, s->len };
}

static enum status hmac(enum digest_alg alg, struct span key, struct span message,
			struct secret *out)
{
	size_t len = 0;

	if (EVP_Q_mac(NULL, "HMAC", NULL, digest_name(alg), NULL, key.data, key.len, message.data,
		      message.len, out->value, sizeof(out->value), &len) == NULL)
		return STATUS_UNSUPPORTED;
	out->len = len;
	return OK;
}

/* KDFa (Part 1, 11.4.10.2) for at most one digest's worth of bits: one round. */
static enum status kdfa(enum digest_alg alg, struct span key, struct span label,
			struct span context, uint16_t bits, struct secret *out)
{
	AUTO_DONE(bytes) message = { 0 };
	struct writer w = writer_to(&message, 256);

	if (bits / 8u > digest_size(alg))
		return STATUS_UNSUPPORTED;
	writer_be32(&w, 1);
	writer_put(&w, label);
	writer_put(&w, context);
	writer_be32(&w, bits);

	enum status status = writer_end(&w);

	if (status == OK)
		status = hmac(alg, key, span_of(&message), out);
	if (status == OK)
		out->len = bits / 8u;
	return status;
}

/* KDFe (Part 1, 11.4.10.3), one round. */
static enum status kdfe(enum digest_alg alg, struct span z, struct span label, struct span party_u,
			struct span party_v, struct secret *out)
{
	AUTO_DONE(hasher) h = { 0 };
	static const uint8_t counter[] = { 0, 0, 0, 1 };
	struct span parts[] = { { counter, sizeof(counter) }, z, label, party_u, party_v };
	struct digest digest;
	enum status status = hasher_init(&h, alg);

	if (status == OK)
		status = hasher_digest(&h, parts, 5, &digest);
	if (status != OK)
		return status;
	out->len = digest_size(alg);
	memcpy(out->value, digest.value, out->len);
	OPENSSL_cleanse(&digest, sizeof(digest));
	return OK;
}

/* target ^= MGF1(seed), PKCS#1 B.2.1. */
static enum status mgf1_xor(enum digest_alg alg, struct span seed, uint8_t *target, size_t len)
{
	AUTO_DONE(hasher) h = { 0 };
	struct digest mask = { 0 };
	size_t size = digest_size(alg);
	enum status status = hasher_init(&h, alg);

	for (size_t i = 0; i < len && status == OK; i++) {
		if (i % size == 0) {
			uint8_t counter[] = { 0, 0, 0, (uint8_t)(i / size) };
			struct span parts[] = { seed, { counter, sizeof(counter) } };

			status = hasher_digest(&h, parts, 2, &mask);
		}
		target[i] ^= mask.value[i % size];
	}
	OPENSSL_cleanse(&mask, sizeof(mask));
	return status;
}

/*
 * EME-OAEP, PKCS#1 7.1.1, with the hash that names the EK and the label
 * "IDENTITY" (Part 1, B.4, B.10.3). Written out because OpenSSL's draws its own
 * seed, and nothing here may.
 */
static enum status oaep_encode(enum digest_alg alg, struct span message, struct span seed,
			       uint8_t encoded[RSA_BYTES])
{
	size_t size = digest_size(alg);
	uint8_t *masked_seed = encoded + 1;
	uint8_t *block = masked_seed + size;
	size_t block_len = RSA_BYTES - 1 - size;
	struct digest label;
	enum status status = digest_of(alg, WITH_NUL(label_identity), &label);

	if (status != OK)
		return status;
	if (seed.len != size || message.len > block_len - size - 1)
		return STATUS_TOO_LARGE;
	memset(encoded, 0, RSA_BYTES);
	memcpy(masked_seed, seed.data, size);
	memcpy(block, label.value, size);
	block[block_len - message.len - 1] = 1;
	memcpy(block + block_len - message.len, message.data, message.len);
	status = mgf1_xor(alg, seed, block, block_len);
	if (status == OK)
		status = mgf1_xor(alg, (struct span){ block, block_len }, masked_seed, size);
	return status;
}

static enum status rsa_seed(EVP_PKEY *ek, enum digest_alg alg, const struct credential_random *r,
			    struct secret *seed, struct bytes *encrypted)
{
	AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_pkey(NULL, ek, NULL);
	uint8_t encoded[RSA_BYTES];
	uint8_t result[RSA_BYTES]; /* always all of them, leading zeros too */
	size_t len = sizeof(result);

	seed->len = digest_size(alg);
	memcpy(seed->value, r->seed, seed->len);

	enum status status = oaep_encode(alg, secret_span(seed),
					 (struct span){ r->oaep, digest_size(alg) }, encoded);

	if (status == OK && (ctx == NULL || EVP_PKEY_encrypt_init(ctx) != 1 ||
			     EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) != 1 ||
			     EVP_PKEY_encrypt(ctx, result, &len, encoded, sizeof(encoded)) != 1 ||
			     len != sizeof(result)))
		status = STATUS_UNSUPPORTED;
	OPENSSL_cleanse(encoded, sizeof(encoded));
	return status == OK ? bytes_copy((struct span){ result, len }, encrypted) : status;
}

struct point {
	uint8_t x[COORDINATE_MAX];
	uint8_t y[COORDINATE_MAX];
	size_t size; /* of each, leading zeros included */
};

static enum status point_of(EVP_PKEY *key, struct point *out)
{
	BIGNUM *x = NULL;
	BIGNUM *y = NULL;
	struct point p = { .size = ((size_t)EVP_PKEY_get_bits(key) + 7) / 8 };
	bool is_good = p.size <= COORDINATE_MAX &&
		       EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_X, &x) == 1 &&
		       EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_EC_PUB_Y, &y) == 1 &&
		       BN_bn2binpad(x, p.x, (int)p.size) == (int)p.size &&
		       BN_bn2binpad(y, p.y, (int)p.size) == (int)p.size;

	BN_free(x);
	BN_free(y);
	if (!is_good)
		return STATUS_UNSUPPORTED;
	*out = p;
	return OK;
}

/* The shared point's x coordinate, as wide as the curve. */
static enum status ecdh(EVP_PKEY *own, EVP_PKEY *peer, struct secret *z)
{
	AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);

	z->len = sizeof(z->value);
	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer(ctx, peer) != 1 ||
	    EVP_PKEY_derive(ctx, z->value, &z->len) != 1)
		return STATUS_UNSUPPORTED;
	return OK;
}

/* Part 1, C.6.4: Z and both x coordinates go into KDFe, the ephemeral point
 * travels. */
static enum status ecc_seed(EVP_PKEY *ek, enum digest_alg alg, const struct credential_random *r,
			    struct secret *seed, struct bytes *encrypted)
{
	AUTO_DONE(secret) z = { 0 };
	AUTO_DONE(bytes) point = { 0 };
	struct writer w = writer_to(&point, POINT_MAX);
	struct point ephemeral;
	struct point peer;

	if (r->ephemeral == NULL)
		return STATUS_UNSUPPORTED;

	enum status status = point_of(r->ephemeral, &ephemeral);

	if (status == OK)
		status = point_of(ek, &peer);
	if (status == OK)
		status = ecdh(r->ephemeral, ek, &z);
	if (status == OK)
		status = kdfe(alg, secret_span(&z), WITH_NUL(label_identity),
			      (struct span){ ephemeral.x, ephemeral.size },
			      (struct span){ peer.x, peer.size }, seed);
	if (status != OK)
		return status;
	writer_sized(&w, (struct span){ ephemeral.x, ephemeral.size });
	writer_sized(&w, (struct span){ ephemeral.y, ephemeral.size });
	status = writer_end(&w);
	return status == OK ? bytes_copy(span_of(&point), encrypted) : status;
}

/* AES-CFB over the TPM2B of the secret, IV zero: the key serves once. */
static enum status encrypt_identity(struct span key, struct span secret, struct bytes *out)
{
	AUTO(EVP_CIPHER_CTX) ctx = EVP_CIPHER_CTX_new();
	AUTO_DONE(bytes) sized = { 0 };
	struct writer w = writer_to(&sized, 2 + DIGEST_MAX);
	static const uint8_t iv[16] = { 0 };
	uint8_t result[2 + DIGEST_MAX];
	int len = 0;

	writer_sized(&w, secret);

	enum status status = writer_end(&w);

	if (status == OK &&
	    (ctx == NULL ||
	     EVP_EncryptInit_ex2(ctx, key.len == 32 ? EVP_aes_256_cfb128() : EVP_aes_128_cfb128(),
				 key.data, iv, NULL) != 1 ||
	     EVP_EncryptUpdate(ctx, result, &len, sized.data, (int)sized.len) != 1))
		status = STATUS_UNSUPPORTED;
	bytes_wipe(&sized);
	return status == OK ? bytes_copy((struct span){ result, (size_t)len }, out) : status;
}

/* Part 1, 24: TPM2B integrity || encIdentity. */
static enum status protect(enum digest_alg alg, uint16_t aes_bits, struct span seed,
			   struct span ak_name, struct span secret, struct bytes *out)
{
	AUTO_DONE(secret) aes_key = { 0 };
	AUTO_DONE(secret) hmac_key = { 0 };
	AUTO_DONE(secret) integrity = { 0 };
	AUTO_DONE(bytes) signed_part = { 0 };
	AUTO_DONE(bytes) id_object = { 0 };
	struct writer w = writer_to(&id_object, 2 + DIGEST_MAX + 2 + DIGEST_MAX);
	const struct span none = { 0 };
	enum status status = kdfa(alg, seed, WITH_NUL(label_storage), ak_name, aes_bits, &aes_key);

	if (status == OK)
		status = encrypt_identity(secret_span(&aes_key), secret, &signed_part);

	const size_t encrypted_len = signed_part.len;

	if (status == OK)
		status = kdfa(alg, seed, WITH_NUL(label_integrity), none,
			      (uint16_t)(8 * digest_size(alg)), &hmac_key);
	if (status == OK)
		status = bytes_append(&signed_part, ak_name);
	if (status == OK)
		status = hmac(alg, secret_span(&hmac_key), span_of(&signed_part), &integrity);
	if (status != OK)
		return status;
	writer_sized(&w, secret_span(&integrity));
	writer_put(&w, (struct span){ signed_part.data, encrypted_len });
	status = writer_end(&w);
	return status == OK ? bytes_copy(span_of(&id_object), out) : status;
}

/* OpenSSL says which curve by the name the key was made with. */
static int curve_nid(EVP_PKEY *key)
{
	char name[32];

	if (EVP_PKEY_get_group_name(key, name, sizeof(name), NULL) != 1)
		return NID_undef;

	int nid = EC_curve_nist2nid(name);

	return nid != NID_undef ? nid : OBJ_sn2nid(name);
}

static bool is_known_template(EVP_PKEY *ek, enum digest_alg alg, uint16_t aes_bits)
{
	if (EVP_PKEY_is_a(ek, "RSA") == 1)
		return EVP_PKEY_get_bits(ek) == 8 * RSA_BYTES && alg == DIGEST_SHA256 &&
		       aes_bits == 128;
	if (EVP_PKEY_is_a(ek, "EC") != 1)
		return false;

	int nid = curve_nid(ek);

	return (nid == NID_X9_62_prime256v1 && alg == DIGEST_SHA256 && aes_bits == 128) ||
	       (nid == NID_secp384r1 && alg == DIGEST_SHA384 && aes_bits == 256);
}

enum status make_credential(EVP_PKEY *ek, enum digest_alg ek_name_alg, uint16_t ek_aes_bits,
			    struct span ak_name, struct span secret,
			    const struct credential_random *random, struct bytes *id_object,
			    struct bytes *encrypted_secret)
{
	AUTO_DONE(secret) seed = { 0 };
	AUTO_DONE(bytes) object = { 0 };
	AUTO_DONE(bytes) encrypted = { 0 };

	if (!is_known_template(ek, ek_name_alg, ek_aes_bits))
		return STATUS_UNSUPPORTED;
	if (secret.len == 0 || ak_name.len == 0)
		return STATUS_MALFORMED;
	/* A TPM takes no more than a digest of the EK's name algorithm. */
	if (secret.len > digest_size(ek_name_alg) || ak_name.len > NAME_MAX_SIZE)
		return STATUS_TOO_LARGE;

	enum status status = EVP_PKEY_is_a(ek, "RSA") == 1
				     ? rsa_seed(ek, ek_name_alg, random, &seed, &encrypted)
				     : ecc_seed(ek, ek_name_alg, random, &seed, &encrypted);

	if (status == OK)
		status = protect(ek_name_alg, ek_aes_bits, secret_span(&seed), ak_name, secret,
				 &object);
	if (status != OK)
		return status;
	*id_object = object;
	*encrypted_secret = encrypted;
	object = (struct bytes){ 0 };
	encrypted = (struct bytes){ 0 };
	return OK;
}
