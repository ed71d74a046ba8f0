/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys: files, and what a token or a TPM holds. */
#include <ctype.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/ui.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto_openssl.h"
#include "daemon/file.h"
#include "tools/command.h"
#include "tools/release/release_line.h"

#define KEY_MAX 16384

/* OpenSSL's providers for keys that never leave their device. An openssl.cnf that
 * loads them is as good. */
static const struct {
	const char *scheme, *provider;
} devices[] = {
	{ "pkcs11:", "pkcs11" },
	{ "handle:", "tpm2" },
	{ "object:", "tpm2" },
};

static bool is_uri(const char *name)
{
	size_t len = 0;

	while (isalnum((unsigned char)name[len]) || name[len] == '+' || name[len] == '-')
		len++;
	return len > 1 && name[len] == ':' && !path_exists(name);
}

/* A TPM's provider closes what it opened only when it is unloaded. */
static OSSL_PROVIDER *loaded[2];

static void unload_providers(void)
{
	for (size_t i = sizeof(loaded) / sizeof(loaded[0]); i-- > 0;)
		if (loaded[i] != NULL)
			(void)OSSL_PROVIDER_unload(loaded[i]);
}

static void load_provider(const char *uri)
{
	for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		const char *name = devices[i].provider;

		if (strncmp(uri, devices[i].scheme, strlen(devices[i].scheme)) != 0 ||
		    OSSL_PROVIDER_available(NULL, name))
			continue;
		if (loaded[0] == NULL && atexit(unload_providers) != 0)
			return;
		/* The first that is loaded by name takes the default one's place. */
		if (loaded[0] == NULL)
			loaded[0] = OSSL_PROVIDER_load(NULL, "default");
		loaded[1] = OSSL_PROVIDER_load(NULL, name);
		if (loaded[0] == NULL || loaded[1] == NULL)
			(void)unusable("OpenSSL's provider '%s' is not there", name);
	}
}

static EVP_PKEY *take_key(OSSL_STORE_CTX *store)
{
	EVP_PKEY *key = NULL;

	while (key == NULL && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);

		if (info == NULL)
			break;
		if (OSSL_STORE_INFO_get_type(info) == OSSL_STORE_INFO_PKEY)
			key = OSSL_STORE_INFO_get1_PKEY(info);
		OSSL_STORE_INFO_free(info);
	}
	return key;
}

static enum status load_from_store(const char *uri, EVP_PKEY **out)
{
	load_provider(uri);

	/* A PIN is asked for on the terminal. */
	OSSL_STORE_CTX *store = OSSL_STORE_open(uri, UI_OpenSSL(), NULL, NULL, NULL);
	EVP_PKEY *key = store == NULL ? NULL : take_key(store);

	(void)OSSL_STORE_close(store);
	if (key == NULL) {
		const char *why = ERR_reason_error_string(ERR_peek_last_error());

		(void)unusable("%s: no private key there%s%s", uri, why == NULL ? "" : ": ",
			       why == NULL ? "" : why);
		return STATUS_NOT_FOUND;
	}
	*out = key;
	return OK;
}

static enum status load_from_file(const char *path, EVP_PKEY **out)
{
	AUTO_DONE(bytes) pem = { 0 };
	enum status status = file_read_guarded(path, KEY_MAX, true, &pem);

	if (status != OK) {
		(void)unusable("%s: %s", path,
			       status == STATUS_IO ? strerror(errno) : status_text(status));
		return status;
	}
	AUTO(BIO) bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	*out = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	bytes_wipe(&pem);
	if (*out != NULL)
		return OK;
	(void)unusable("%s: not a private key in PEM", path);
	return STATUS_MALFORMED;
}

enum status line_key_load(const char *name, EVP_PKEY **out)
{
	return is_uri(name) ? load_from_store(name, out) : load_from_file(name, out);
}

enum status line_key_write(const char *path, EVP_PKEY *key)
{
	AUTO(BIO) bio = BIO_new(BIO_s_secmem());
	char *text = NULL;

	if (bio == NULL || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
		return STATUS_NO_MEMORY;

	long len = BIO_get_mem_data(bio, &text);
	return path_write(path, (struct span){ (const uint8_t *)text, (size_t)len }, 0600);
}

enum status line_key_new(EVP_PKEY **out)
{
	*out = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	if (*out != NULL)
		return OK;
	(void)unusable("no key could be made");
	return STATUS_NO_MEMORY;
}
