/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "key_files.h"

void key_files_private(const char *path, EVP_PKEY *key, const char *passphrase)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(PEM_write_PrivateKey(f, key, passphrase == NULL ? NULL : EVP_aes_128_cbc(),
					      NULL, 0, NULL, (void *)(uintptr_t)passphrase),
			 1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

void key_files_public(const char *path, EVP_PKEY *key)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(PEM_write_PUBKEY(f, key), 1);
	assert_int_equal(fclose(f), 0);
}

const struct certificate_wanted key_files_root = { "critical,CA:TRUE",
						   "critical,keyCertSign,cRLSign", -1, 3650 };
const struct certificate_wanted key_files_issuer = { "critical,CA:TRUE,pathlen:1",
						     "critical,keyCertSign", -1, 365 };

static void add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(x, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static void set_name(X509_NAME *name, const char *text)
{
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)text,
						    -1, -1, 0),
			 1);
}

X509 *key_files_certificate(const char *subject, const char *issuer, EVP_PKEY *key, EVP_PKEY *by,
			    const struct certificate_wanted *wanted)
{
	X509 *x = X509_new();

	assert_non_null(x);
	assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 1 + rand() % 100000), 1);
	set_name(X509_get_subject_name(x), subject);
	set_name(X509_get_issuer_name(x), issuer);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), wanted->from * DAY));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), wanted->until * DAY));
	assert_int_equal(X509_set_pubkey(x, key), 1);
	add_extension(x, NID_subject_key_identifier, "hash");
	if (wanted->constraints != NULL)
		add_extension(x, NID_basic_constraints, wanted->constraints);
	if (wanted->usage != NULL)
		add_extension(x, NID_key_usage, wanted->usage);
	assert_true(X509_sign(x, by, EVP_sha256()) > 0);
	return x;
}

void key_files_chain(const struct key_files *f, X509 *issuer, X509 *root)
{
	FILE *file = fopen(f->ca, "w");

	assert_non_null(file);
	if (issuer != NULL)
		assert_int_equal(PEM_write_X509(file, issuer), 1);
	if (root != NULL)
		assert_int_equal(PEM_write_X509(file, root), 1);
	assert_int_equal(fclose(file), 0);
	X509_free(issuer);
	X509_free(root);
}

void key_files_issued(const struct key_files *f, const struct certificate_wanted *issuer,
		      const struct certificate_wanted *root)
{
	key_files_chain(f,
			key_files_certificate("issuer", "root", f->issuer_key, f->root_key, issuer),
			key_files_certificate("root", "root", f->root_key, f->root_key, root));
}

void key_files_init(struct key_files *f)
{
	static const uint8_t mac[MAC_KEY_SIZE] = { 1 };
	EVP_PKEY *keys[3] = { EVP_EC_gen("P-256"), EVP_EC_gen("P-256"),
			      EVP_PKEY_Q_keygen(NULL, NULL, "ED25519") };

	*f = (struct key_files){ 0 };
	assert_non_null(mkdtemp(scratch_name(f->directory, "keys")));
	(void)snprintf(f->ca_key, sizeof(f->ca_key), "%s/ca_key", f->directory);
	(void)snprintf(f->ca, sizeof(f->ca), "%s/ca", f->directory);
	(void)snprintf(f->result, sizeof(f->result), "%s/result", f->directory);
	(void)snprintf(f->mac, sizeof(f->mac), "%s/mac", f->directory);
	(void)snprintf(f->act, sizeof(f->act), "%s/act", f->directory);
	(void)snprintf(f->other_act, sizeof(f->other_act), "%s/other_act", f->directory);
	f->root_key = EVP_EC_gen("P-384");
	f->issuer_key = EVP_EC_gen("P-256");
	key_files_private(f->ca_key, f->issuer_key, NULL);
	key_files_issued(f, &key_files_issuer, &key_files_root);
	key_files_private(f->result, keys[0], NULL);
	scratch_write(f->mac, (struct span){ mac, sizeof(mac) }, 0600);
	key_files_public(f->act, keys[1]);
	key_files_public(f->other_act, keys[2]);
	for (size_t i = 0; i < 3; i++)
		EVP_PKEY_free(keys[i]);
}

void key_files_done(struct key_files *f)
{
	const char *const paths[] = { f->ca_key, f->ca, f->result, f->mac, f->act, f->other_act };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		(void)unlink(paths[i]);
	(void)rmdir(f->directory);
	EVP_PKEY_free(f->root_key);
	EVP_PKEY_free(f->issuer_key);
}
