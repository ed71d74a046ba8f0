/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A signature is the digest of the key and of what it signs: as hard to forge for a fuzzer as a real one, and a
 * hundred times as fast. Keys are loaded by policies/envelope/signing_key.c, each once. That real signatures hold is the
 * subject of fuzz_dsse_signature.
 */
#include <openssl/x509.h>

#include "base/digest.h"
#include "fuzz.h"
#include "policies/envelope/signing_key.h"

#define KEYS_MAX 64

/* The names that the linker's --wrap makes of signing_key_load() and signing_key_verify(). */
enum status loaded_there(enum key_scheme scheme, struct span spki,
			 EVP_PKEY **out) __asm__("__real_signing_key_load");
enum status loaded_here(enum key_scheme scheme, struct span spki,
			EVP_PKEY **out) __asm__("__wrap_signing_key_load");
enum status verified_here(EVP_PKEY *key, enum key_scheme scheme, struct span message,
			  struct span signature) __asm__("__wrap_signing_key_verify");

/* Never freed, so that no other key comes to lie at the same address. */
static struct known_key {
	EVP_PKEY *key;
	enum key_scheme scheme;
	struct digest spki;
} known[KEYS_MAX];
static size_t known_count;

static void remember(EVP_PKEY *key, enum key_scheme scheme, const struct digest *spki)
{
	if (known_count == KEYS_MAX)
		return;
	must(EVP_PKEY_up_ref(key) == 1);
	known[known_count++] = (struct known_key){ key, scheme, *spki };
}

enum status loaded_here(enum key_scheme scheme, struct span spki, EVP_PKEY **out)
{
	struct digest digest;

	must(digest_of(DIGEST_SHA256, spki, &digest) == OK);
	for (size_t i = 0; i < known_count; i++) {
		if (known[i].scheme != scheme || !digest_equal(&known[i].spki, &digest))
			continue;
		must(EVP_PKEY_up_ref(known[i].key) == 1);
		*out = known[i].key;
		return OK;
	}

	enum status status = loaded_there(scheme, spki, out);

	if (status == OK)
		remember(*out, scheme, &digest);
	return status;
}

/* Encoding a key takes OpenSSL as long as a signature. */
static struct digest digest_of_key(EVP_PKEY *key)
{
	struct digest digest = { 0 };
	uint8_t *spki = NULL;

	for (size_t i = 0; i < known_count; i++)
		if (known[i].key == key)
			return known[i].spki;

	int len = i2d_PUBKEY(key, &spki);

	must(len > 0 &&
	     digest_of(DIGEST_SHA256, (struct span){ spki, (size_t)len }, &digest) == OK);
	OPENSSL_free(spki);
	remember(key, EVP_PKEY_is_a(key, "EC") ? SCHEME_ECDSA_P256_SHA256 : SCHEME_ED25519,
		 &digest);
	return digest;
}

static struct digest tag_of(EVP_PKEY *key, struct span message)
{
	struct digest of_key = digest_of_key(key);
	AUTO_DONE(bytes) both = { 0 };
	struct digest tag;

	must(bytes_append(&both, digest_span(&of_key)) == OK && bytes_append(&both, message) == OK);
	must(digest_of(DIGEST_SHA256, span_of(&both), &tag) == OK);
	return tag;
}

enum status verified_here(EVP_PKEY *key, enum key_scheme scheme, struct span message,
			  struct span signature)
{
	struct digest tag = tag_of(key, message);

	(void)scheme;
	return span_equal(signature, digest_span(&tag)) ? OK : STATUS_MISMATCH;
}

static EVP_PKEY *signing_with;

int EVP_DigestSignInit(EVP_MD_CTX *ctx, EVP_PKEY_CTX **key_ctx, const EVP_MD *type, ENGINE *engine,
		       EVP_PKEY *key)
{
	(void)ctx;
	(void)key_ctx;
	(void)type;
	(void)engine;
	signing_with = key;
	return 1;
}

int EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *signature, size_t *signature_len,
		   const unsigned char *text, size_t text_len)
{
	struct digest tag = tag_of(signing_with, (struct span){ text, text_len });
	struct span bytes = digest_span(&tag);

	(void)ctx;
	must(*signature_len >= bytes.len);
	memcpy(signature, bytes.data, bytes.len);
	*signature_len = bytes.len;
	return 1;
}
