/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/signing_key.h"

#define SIGNATURE_SIZE_MAX 1024 /* RSA of 8192 bits */

void signing_key_done(struct signing_key *k)
{
	EVP_PKEY_CTX_free(k->ctx);
	EVP_PKEY_free(k->key);
	hasher_done(&k->sha256);
	*k = (struct signing_key){ 0 };
}

/* An RSA signature names the hash, and an ECDSA one has its length checked. */
static EVP_PKEY_CTX *make_context(EVP_PKEY *key)
{
	AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	EVP_PKEY_CTX *made = NULL;

	if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1)
		return NULL;
	made = ctx;
	ctx = NULL;
	return made;
}

enum status signing_key_init(EVP_PKEY *key, struct signing_key *out)
{
	AUTO_DONE(signing_key) k = { 0 };
	enum status status = hasher_init(&k.sha256, DIGEST_SHA256);

	if (status != OK)
		return status;
	if (EVP_PKEY_up_ref(key) != 1)
		return STATUS_NO_MEMORY;
	k.key = key;
	k.ctx = make_context(key);
	*out = k;
	k = (struct signing_key){ 0 };
	return OK;
}

static enum status sign_digest(const struct signing_key *k, struct span text, uint8_t *out,
			       size_t *len)
{
	struct digest digest;
	enum status status = hasher_digest(&k->sha256, &text, 1, &digest);

	if (status != OK)
		return status;
	return EVP_PKEY_sign(k->ctx, out, len, digest.value, SHA256_SIZE) == 1 ? OK
									       : STATUS_UNSUPPORTED;
}

static enum status sign_message(EVP_PKEY *key, struct span text, uint8_t *out, size_t *len)
{
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();

	if (ctx == NULL)
		return STATUS_NO_MEMORY;
	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, out, len, text.data, text.len) != 1)
		return STATUS_UNSUPPORTED;
	return OK;
}

enum status signing_key_sign(const struct signing_key *k, struct span text, struct bytes *signature)
{
	uint8_t raw[SIGNATURE_SIZE_MAX];
	size_t len = sizeof(raw);
	enum status status = k->ctx != NULL ? sign_digest(k, text, raw, &len)
					    : sign_message(k->key, text, raw, &len);

	return status == OK ? bytes_append(signature, (struct span){ raw, len }) : status;
}
