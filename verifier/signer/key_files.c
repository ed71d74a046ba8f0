/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/key_files.h"

#include <string.h>

#include <openssl/pem.h>
#include <openssl/store.h>
#include <openssl/ui.h>

#include "base/auto_openssl.h"
#include "daemon/file.h"

AUTO_FREE(OSSL_STORE_CTX, OSSL_STORE_CTX, OSSL_STORE_close);
AUTO_FREE(OSSL_STORE_INFO, OSSL_STORE_INFO, OSSL_STORE_INFO_free);

/* The first private key behind a URI: an HSM's or a TPM's provider answers. */
static enum status key_from_uri(const char *uri, EVP_PKEY **out)
{
	AUTO(OSSL_STORE_CTX) ctx = OSSL_STORE_open(uri, UI_null(), NULL, NULL, NULL);

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

/* Nobody is there to type one in. */
static int no_passphrase(char *buffer, int size, int is_writing, void *unused)
{
	(void)buffer;
	(void)size;
	(void)is_writing;
	(void)unused;
	return -1;
}

static enum status key_from_file(const char *path, EVP_PKEY **out)
{
	struct bytes pem = { 0 };
	enum status status = file_read_guarded(path, KEY_FILE_MAX, true, &pem);

	if (status != OK)
		return status;

	AUTO(BIO) bio = BIO_new_mem_buf(pem.data, (int)pem.len);

	*out = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	bytes_wipe(&pem);
	return *out == NULL ? STATUS_MALFORMED : OK;
}

bool key_is_p256(EVP_PKEY *key)
{
	char group[32] = "";

	return EVP_PKEY_is_a(key, "EC") == 1 &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	       strcmp(group, "prime256v1") == 0;
}

enum status key_load_private(const char *place, EVP_PKEY **out)
{
	bool is_path = place[0] == '/' || strchr(place, ':') == NULL;

	return is_path ? key_from_file(place, out) : key_from_uri(place, out);
}

enum status key_load_public(const char *path, EVP_PKEY **out)
{
	AUTO_DONE(bytes) pem = { 0 };
	enum status status = file_read_guarded(path, KEY_FILE_MAX, false, &pem);

	if (status != OK)
		return status;

	AUTO(BIO) bio = BIO_new_mem_buf(pem.data, (int)pem.len);

	*out = bio == NULL ? NULL : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	return *out == NULL ? STATUS_MALFORMED : OK;
}
