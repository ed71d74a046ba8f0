/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/keys.h"

#include <stdio.h>
#include <string.h>

#include <openssl/pem.h>
#include <openssl/store.h>

#include "daemon/file.h"

#define KEY_FILE_MAX ((size_t)64 << 10)
#define SIGNATURE_DER_MAX 80 /* ECDSA P-256: at most 72 */

AUTO_FREE(OSSL_STORE_CTX, OSSL_STORE_CTX, OSSL_STORE_close);
AUTO_FREE(OSSL_STORE_INFO, OSSL_STORE_INFO, OSSL_STORE_INFO_free);

void signer_keys_done(struct signer_keys *keys)
{
	OPENSSL_cleanse(keys->mac, sizeof(keys->mac));
	EVP_PKEY_free(keys->result);
	for (size_t i = 0; i < keys->authority_count; i++)
		authority_done(&keys->authorities[i]);
	for (size_t i = 0; i < keys->act_key_count; i++)
		EVP_PKEY_free(keys->act_keys[i].key);
	*keys = (struct signer_keys){ 0 };
}

const struct authority *signer_keys_authority(const struct signer_keys *keys,
					      struct span trust_domain)
{
	for (size_t i = 0; i < keys->authority_count; i++)
		if (span_equal(trust_domain, span_text(keys->authorities[i].trust_domain)))
			return &keys->authorities[i];
	return NULL;
}

/* The first private key behind a URI: an HSM's or a TPM's provider answers. */
static enum status key_from_uri(const char *uri, EVP_PKEY **out)
{
	AUTO(OSSL_STORE_CTX) ctx = OSSL_STORE_open(uri, NULL, NULL, NULL, NULL);

	if (ctx == NULL)
		return STATUS_NOT_FOUND;
	while (OSSL_STORE_eof(ctx) != 1 && OSSL_STORE_error(ctx) != 1) {
		AUTO(OSSL_STORE_INFO) info = OSSL_STORE_load(ctx);

		if (info == NULL || OSSL_STORE_INFO_get_type(info) != OSSL_STORE_INFO_PKEY)
			continue;
		*out = OSSL_STORE_INFO_get1_PKEY(info);
		return *out == NULL ? STATUS_NO_MEMORY : OK;
	}
	return STATUS_NOT_FOUND;
}

static enum status key_from_file(const char *path, EVP_PKEY **out)
{
	struct bytes pem = { 0 };
	enum status status = file_read_guarded(path, KEY_FILE_MAX, true, &pem);

	if (status != OK)
		return status;

	AUTO(BIO) bio = BIO_new_mem_buf(pem.data, (int)pem.len);

	*out = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	bytes_wipe(&pem);
	return *out == NULL ? STATUS_MALFORMED : OK;
}

static bool is_p256(EVP_PKEY *key)
{
	char group[32] = "";

	return EVP_PKEY_is_a(key, "EC") == 1 &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	       strcmp(group, "prime256v1") == 0;
}

static enum status load_private(const char *place, EVP_PKEY **out)
{
	bool is_path = place[0] == '/' || strchr(place, ':') == NULL;

	return is_path ? key_from_file(place, out) : key_from_uri(place, out);
}

static enum status load_mac(const char *path, uint8_t mac[MAC_KEY_SIZE])
{
	struct bytes raw = { 0 };
	enum status status = file_read_guarded(path, KEY_FILE_MAX, true, &raw);

	if (status == OK && raw.len != MAC_KEY_SIZE)
		status = STATUS_MALFORMED;
	/* A key of zeros is a file that was reserved and never filled. */
	if (status == OK && span_is_zero(span_of(&raw)))
		status = STATUS_MALFORMED;
	if (status == OK)
		memcpy(mac, raw.data, MAC_KEY_SIZE);
	bytes_wipe(&raw);
	return status;
}

static enum status load_authority(const struct signer_authority_settings *settings,
				  struct authority *out, const char **what)
{
	AUTO_DONE(bytes) pem = { 0 };
	EVP_PKEY *key = NULL;

	*what = settings->certificate;

	enum status status = file_read_guarded(settings->certificate, KEY_FILE_MAX, false, &pem);

	if (status != OK)
		return status;
	*what = settings->key;
	status = load_private(settings->key, &key);
	return status == OK ? authority_init(settings->trust_domain, key, span_of(&pem), out)
			    : status;
}

static enum status load_act_key(const struct signer_act_key_settings *settings, struct act_key *out)
{
	AUTO_DONE(bytes) pem = { 0 };
	enum status status = file_read_guarded(settings->key, KEY_FILE_MAX, false, &pem);

	if (status != OK)
		return status;

	AUTO(BIO) bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	AUTO(EVP_PKEY) key = bio == NULL ? NULL : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);

	if (key == NULL)
		return STATUS_MALFORMED;
	if (!is_p256(key) && EVP_PKEY_is_a(key, "ED25519") != 1)
		return STATUS_UNSUPPORTED;
	if ((size_t)snprintf(out->name, sizeof(out->name), "%s", settings->name) >=
	    sizeof(out->name))
		return STATUS_TOO_LARGE;
	out->role = settings->role;
	out->key = key;
	key = NULL;
	return OK;
}

enum status signer_keys_load(const struct signer_settings *settings, struct signer_keys *out,
			     const char **what)
{
	AUTO_DONE(signer_keys) keys = { 0 };

	if (settings->authority_count > SIGNER_AUTHORITIES_MAX ||
	    settings->act_key_count > SIGNER_ACT_KEYS_MAX)
		return STATUS_TOO_LARGE;
	*what = settings->mac_key;

	enum status status = load_mac(settings->mac_key, keys.mac);

	if (status != OK)
		return status;
	*what = settings->result_key;
	status = load_private(settings->result_key, &keys.result);
	if (status == OK && !is_p256(keys.result))
		status = STATUS_UNSUPPORTED;
	for (size_t i = 0; i < settings->authority_count && status == OK; i++) {
		status = load_authority(&settings->authorities[i], &keys.authorities[i], what);
		keys.authority_count += status == OK;
	}
	for (size_t i = 0; i < settings->act_key_count && status == OK; i++) {
		*what = settings->act_keys[i].key;
		status = load_act_key(&settings->act_keys[i], &keys.act_keys[i]);
		keys.act_key_count += status == OK;
	}
	if (status != OK)
		return status;
	*out = keys;
	keys = (struct signer_keys){ 0 };
	return OK;
}

enum status result_sign(EVP_PKEY *result, struct span text, struct bytes *signature)
{
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	uint8_t der[SIGNATURE_DER_MAX];
	size_t len = sizeof(der);

	if (ctx == NULL)
		return STATUS_NO_MEMORY;
	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, result) != 1 ||
	    EVP_DigestSign(ctx, der, &len, text.data, text.len) != 1)
		return STATUS_UNSUPPORTED;
	return bytes_copy((struct span){ .data = der, .len = len }, signature);
}
