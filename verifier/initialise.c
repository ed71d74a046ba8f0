/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/initialise.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/rand.h>

#include "base/auto_openssl.h"
#include "base/digest.h"
#include "base/text.h"
#include "daemon/file.h"
#include "messages/node.h"
#include "verifier/signer/signer.h"

#define TLS_DAYS 825
#define ADMINISTRATOR_DAYS 3650
#define SERIAL_SIZE 16
#define NOW_SLACK_S 300 /* clocks of clients are behind at times */

static bool add_extension(X509 *certificate, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, certificate, certificate, NULL, NULL, 0);

	AUTO(X509_EXTENSION) extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	return extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
}

static bool set_serial(X509 *certificate)
{
	uint8_t raw[SERIAL_SIZE];

	if (RAND_bytes(raw, sizeof(raw)) != 1)
		return false;
	raw[0] = (raw[0] & 0x7f) | 0x40;

	AUTO(BIGNUM) number = BN_bin2bn(raw, sizeof(raw), NULL);
	return number != NULL &&
	       BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
}

/* names: a subjectAltName as OpenSSL's configuration spells it; NULL: none. */
static X509 *self_signed(EVP_PKEY *key, const char *common_name, const char *names,
			 const char *usage, long days)
{
	AUTO(X509) certificate = X509_new();
	X509_NAME *subject = certificate == NULL ? NULL : X509_get_subject_name(certificate);

	if (subject == NULL || X509_set_version(certificate, X509_VERSION_3) != 1 ||
	    !set_serial(certificate) || X509_set_pubkey(certificate, key) != 1 ||
	    X509_gmtime_adj(X509_getm_notBefore(certificate), -NOW_SLACK_S) == NULL ||
	    X509_gmtime_adj(X509_getm_notAfter(certificate), days * 86400) == NULL ||
	    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
				       (const unsigned char *)common_name, -1, -1, 0) != 1 ||
	    X509_set_issuer_name(certificate, subject) != 1)
		return NULL;
	if (!add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") ||
	    !add_extension(certificate, NID_key_usage, "critical,digitalSignature") ||
	    !add_extension(certificate, NID_ext_key_usage, usage) ||
	    (names != NULL && !add_extension(certificate, NID_subject_alt_name, names)) ||
	    X509_sign(certificate, key, EVP_sha256()) == 0)
		return NULL;

	X509 *made = certificate;
	certificate = NULL;
	return made;
}

static enum status write_file(const char *directory, const char *name, BIO *content, mode_t mode)
{
	AUTO_DONE(bytes) path = { 0 };
	char *data = NULL;
	long len = BIO_get_mem_data(content, &data);
	enum status status = bytes_printf(&path, "%s/%s%c", directory, name, '\0');

	if (status == OK)
		status = file_replace((const char *)path.data,
				      (struct span){ (const uint8_t *)data, (size_t)len }, mode,
				      (uid_t)-1, (gid_t)-1);
	return status;
}

/* NAME_key.pem, NAME_cert.pem and NAME_pub.pem. */
static enum status write_pair(const char *directory, const char *name, EVP_PKEY *key,
			      X509 *certificate)
{
	AUTO(BIO) secret = BIO_new(BIO_s_secmem());
	AUTO(BIO) chain = BIO_new(BIO_s_mem());
	AUTO(BIO) public_half = BIO_new(BIO_s_mem());
	char file[64];

	if (secret == NULL || chain == NULL || public_half == NULL ||
	    PEM_write_bio_PrivateKey(secret, key, NULL, NULL, 0, NULL, NULL) != 1 ||
	    PEM_write_bio_X509(chain, certificate) != 1 ||
	    PEM_write_bio_PUBKEY(public_half, key) != 1)
		return STATUS_NO_MEMORY;
	(void)snprintf(file, sizeof(file), "%s_key.pem", name);

	enum status status = write_file(directory, file, secret, 0600);
	if (status == OK) {
		(void)snprintf(file, sizeof(file), "%s_cert.pem", name);
		status = write_file(directory, file, chain, 0644);
	}
	if (status == OK) {
		(void)snprintf(file, sizeof(file), "%s_pub.pem", name);
		status = write_file(directory, file, public_half, 0644);
	}
	return status;
}

/* "DNS:a,IP:127.0.0.1". Names that could end an entry early are refused. */
static enum status alternative_names(const struct initialise_options *options, struct bytes *out)
{
	enum status status = OK;

	for (size_t i = 0; i < options->name_count && status == OK; i++) {
		const char *name = options->names[i];
		uint8_t address[16];
		bool is_address = inet_pton(AF_INET, name, address) == 1 ||
				  inet_pton(AF_INET6, name, address) == 1;

		if (!is_address && strspn(name, "abcdefghijklmnopqrstuvwxyz"
						"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						"0123456789.-*") != strlen(name))
			return STATUS_MALFORMED;
		/* The first is the certificate's common name as well (X.520: 64). */
		if (strlen(name) > (i == 0 ? 64 : 253))
			return STATUS_TOO_LARGE;
		status = bytes_printf(out, "%s%s:%s", i == 0 ? "" : ",", is_address ? "IP" : "DNS",
				      name);
	}
	return status == OK ? bytes_append_byte(out, 0) : status;
}

static enum status make_tls(const struct initialise_options *options, const char *names)
{
	AUTO(EVP_PKEY) key = EVP_EC_gen("P-256");
	AUTO(X509)
	certificate = key == NULL
			      ? NULL
			      : self_signed(key, options->names[0], names, "serverAuth", TLS_DAYS);
	return certificate == NULL ? STATUS_MALFORMED
				   : write_pair(options->directory, "tls", key, certificate);
}

static enum status make_administrator(const char *directory, struct digest *out)
{
	AUTO(EVP_PKEY) key = EVP_EC_gen("P-256");
	AUTO(X509)
	certificate = key == NULL ? NULL
				  : self_signed(key, "attestd administrator", NULL, "clientAuth",
						ADMINISTRATOR_DAYS);
	unsigned len = 0;

	*out = (struct digest){ .alg = DIGEST_SHA256 };
	if (certificate == NULL || X509_digest(certificate, EVP_sha256(), out->value, &len) != 1)
		return STATUS_NO_MEMORY;
	return write_pair(directory, "admin", key, certificate);
}

/* d: the directory, by a path that is the same for whoever starts it from elsewhere. */
static void print_configuration(const struct initialise_options *options, const char *d,
				const struct digest *administrator)
{
	AUTO_DONE(bytes) hex = { 0 };

	if (hex_append(&hex, digest_span(administrator)) != OK)
		return;
	printf("[server]\nlisten = 0.0.0.0:8443\ncertificate = %s/tls_cert.pem\n"
	       "key = %s/tls_key.pem\nadmin_listen = 127.0.0.1:8444\n\n"
	       "[administrator admin]\ncertificate_sha256 = %.*s\n"
	       "role = identity-security\nact_key = %s/admin_pub.pem\n\n",
	       d, d, (int)hex.len, (const char *)hex.data, d);
	printf("[store]\npath = %s/verifier.db\n\n"
	       "[keys]\nmac = %s/mac_key\nresult = %s/result_key.pem\nlog = %s/log_key.pem\n\n"
	       "[authority %s]\nkey = %s/ca_key.pem\ncertificate = %s/ca.pem\n"
	       "jwt_keys = %s/jwt_key.pem\n\n",
	       d, d, d, d, options->trust_domain, d, d, d);
	printf("# Roots of the TPM makers whose EK certificates are believed:\n"
	       "[ek]\nroots = %s/ek-roots\n\n"
	       "# Signed golden values; without them nothing is granted:\n"
	       "# [release]\n# directory = /var/lib/attestd/release\n# root = sha256:...\n",
	       d);
}

/* False after a message: there, and ours to write. */
static bool make_directory(const char *directory)
{
	struct stat facts;

	if (mkdir(directory, 0700) == 0)
		return true;
	if (errno == EEXIST && stat(directory, &facts) == 0 && !S_ISDIR(facts.st_mode))
		errno = ENOTDIR;
	if (errno == EEXIST && access(directory, W_OK | X_OK) == 0)
		return true;
	(void)fprintf(stderr, "verifierd: %s: %s\n", directory, strerror(errno));
	return false;
}

int initialise_run(const struct initialise_options *options)
{
	AUTO_DONE(bytes) names = { 0 };
	AUTO_DONE(bytes) roots = { 0 };
	struct digest administrator;
	enum status status;

	/* Before anything is made. */
	if (!trust_domain_is_valid(span_text(options->trust_domain))) {
		(void)fprintf(stderr,
			      "verifierd: '%s' is no trust domain: a-z, 0-9, '.' and '-' "
			      "are its letters\n",
			      options->trust_domain);
		return 2;
	}
	if (alternative_names(options, &names) != OK) {
		(void)fprintf(stderr, "verifierd: --name wants a DNS name or an address\n");
		return 2;
	}
	if (!make_directory(options->directory))
		return 1;
	AUTO(char) directory = realpath(options->directory, NULL);
	/* Empty: whose TPMs are believed is for whoever runs it to say. */
	if (directory == NULL || bytes_printf(&roots, "%s/ek-roots%c", directory, '\0') != OK ||
	    !make_directory((const char *)roots.data))
		return 1;
	/* Refuses where any of its keys is there: the rest has the same fate. */
	status = signer_keys_init(options->directory, options->trust_domain);
	if (status == OK)
		status = make_tls(options, (const char *)names.data);
	if (status == OK)
		status = make_administrator(options->directory, &administrator);
	if (status != OK) {
		(void)fprintf(stderr, "verifierd: %s: %s%s\n", options->directory,
			      status_text(status),
			      status == STATUS_DENIED ? " (there are keys already)" : "");
		return 1;
	}
	print_configuration(options, directory, &administrator);
	return 0;
}
