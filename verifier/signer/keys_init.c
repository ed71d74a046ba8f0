/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/rand.h>

#include "daemon/file.h"
#include "verifier/signer/authority.h"
#include "verifier/signer/nonce.h"
#include "verifier/signer/signer.h"

#define PATH_SIZE 4096

static enum status put(const char *directory, const char *name, struct span content, mode_t mode)
{
	char path[PATH_SIZE];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", directory, name) >= sizeof(path))
		return STATUS_TOO_LARGE;
	/* A key that is in use must not be replaced by accident. */
	if (access(path, F_OK) == 0)
		return STATUS_DENIED;
	return file_replace(path, content, mode, (uid_t)-1, (gid_t)-1);
}

static enum status put_bio(const char *directory, const char *name, BIO *bio, mode_t mode)
{
	char *text = NULL;
	long len = BIO_get_mem_data(bio, &text);

	if (len <= 0)
		return STATUS_NO_MEMORY;
	return put(directory, name,
		   (struct span){ .data = (const uint8_t *)text, .len = (size_t)len }, mode);
}

static enum status put_private(const char *directory, const char *name, EVP_PKEY *key)
{
	AUTO(BIO) bio = BIO_new(BIO_s_secmem());

	if (bio == NULL || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
		return STATUS_NO_MEMORY;
	return put_bio(directory, name, bio, 0600);
}

static enum status put_public(const char *directory, const char *name, EVP_PKEY *key)
{
	AUTO(BIO) bio = BIO_new(BIO_s_mem());

	if (bio == NULL || PEM_write_bio_PUBKEY(bio, key) != 1)
		return STATUS_NO_MEMORY;
	return put_bio(directory, name, bio, 0644);
}

static enum status init_authority(const char *directory, const char *trust_domain)
{
	AUTO(EVP_PKEY) key = EVP_EC_gen("P-256");
	AUTO_DONE(bytes) pem = { 0 };
	uint8_t serial[GRANT_NAME_SIZE];

	if (key == NULL || RAND_bytes(serial, sizeof(serial)) != 1)
		return STATUS_UNAVAILABLE;

	enum status status =
		authority_make_root(trust_domain, key, serial, (int64_t)time(NULL), &pem);

	if (status == OK)
		status = put_private(directory, "ca_key.pem", key);
	return status == OK ? put(directory, "ca.pem", span_of(&pem), 0644) : status;
}

static enum status init_result_key(const char *directory)
{
	AUTO(EVP_PKEY) key = EVP_EC_gen("P-256");

	if (key == NULL)
		return STATUS_UNAVAILABLE;

	enum status status = put_private(directory, "result_key.pem", key);

	return status == OK ? put_public(directory, "result_pub.pem", key) : status;
}

static enum status init_jwt_key(const char *directory)
{
	AUTO(EVP_PKEY) key = EVP_EC_gen("P-256");

	return key == NULL ? STATUS_UNAVAILABLE : put_private(directory, "jwt_key.pem", key);
}

static enum status init_log_key(const char *directory)
{
	AUTO(EVP_PKEY) key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	if (key == NULL)
		return STATUS_UNAVAILABLE;

	enum status status = put_private(directory, "log_key.pem", key);

	return status == OK ? put_public(directory, "log_pub.pem", key) : status;
}

enum status signer_keys_init(const char *directory, const char *trust_domain)
{
	uint8_t mac[MAC_KEY_SIZE];
	enum status status = init_authority(directory, trust_domain);

	if (status == OK)
		status = init_result_key(directory);
	if (status == OK)
		status = init_jwt_key(directory);
	if (status == OK)
		status = init_log_key(directory);
	if (status == OK && RAND_priv_bytes(mac, sizeof(mac)) != 1)
		status = STATUS_UNAVAILABLE;
	if (status == OK)
		status = put(directory, "mac_key", (struct span){ mac, sizeof(mac) }, 0600);
	OPENSSL_cleanse(mac, sizeof(mac));
	return status;
}
