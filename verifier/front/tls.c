/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/tls.h"

#include <openssl/err.h>

#include "base/auto_openssl.h"
#include "daemon/file.h"

#define KEY_FILE_MAX ((size_t)64 << 10)
/* As strong as the P-256 and X25519 beside it, and processors have SHA-256: of a
 * handshake, a tenth is the key schedule's hash. */
#define CIPHER_SUITES "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

/* Possession of the key is what TLS itself proves; which certificates are
 * believed is decided by tls_administrator(), by their digest. */
static int accept_any(X509_STORE_CTX *ctx, void *unused)
{
	(void)unused;
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
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

static const char *use_files(SSL_CTX *ctx, const char *certificate, const char *key)
{
	AUTO_DONE(bytes) pem = { 0 };

	if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1)
		return "the TLS certificate could not be read";

	enum status status = file_read_guarded(key, KEY_FILE_MAX, true, &pem);
	if (status == STATUS_DENIED)
		return "the TLS key must be readable by its owner only";
	if (status != OK)
		return "the TLS key could not be read";

	AUTO(BIO) bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	AUTO(EVP_PKEY)
	pkey = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	OPENSSL_cleanse(pem.data, pem.capacity);
	if (pkey == NULL)
		return "the TLS key is no private key in PEM without a passphrase";
	if (SSL_CTX_use_PrivateKey(ctx, pkey) != 1 || SSL_CTX_check_private_key(ctx) != 1)
		return "the TLS key does not fit the certificate";
	return NULL;
}

static const char *set_up(SSL_CTX *ctx, const char *certificate, const char *key, bool is_admin)
{
	static const unsigned char context[] = "attestd/1";

	if (SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_set_ciphersuites(ctx, CIPHER_SUITES) != 1 ||
	    SSL_CTX_set_session_id_context(ctx, context, sizeof(context) - 1) != 1)
		return "TLS 1.3 is not available";
	/* A client that renegotiates nothing, and memory that goes back at once. What is
	 * sent is the file's chain as it is: looking for more costs a verification. */
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					       SSL_OP_CIPHER_SERVER_PREFERENCE);
	(void)SSL_CTX_set_max_early_data(ctx, 0);
	/* One read for all that came, in place of two for each record: connection.c takes
	 * those that the bufferevent does not know of. */
	SSL_CTX_set_read_ahead(ctx, 1);
	/* A node has one connection, and each brings the ticket for the next. */
	(void)SSL_CTX_set_num_tickets(ctx, 1);
	if (is_admin) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
		SSL_CTX_set_cert_verify_callback(ctx, accept_any, NULL);
		/* A certificate taken off the list is out with the next connection. */
		(void)SSL_CTX_set_num_tickets(ctx, 0);
		(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	}
	return use_files(ctx, certificate, key);
}

SSL_CTX *tls_server(const char *certificate, const char *key, bool is_admin, const char **why)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	*why = ctx == NULL ? "no memory" : set_up(ctx, certificate, key, is_admin);
	if (*why == NULL)
		return ctx;
	ERR_clear_error();
	SSL_CTX_free(ctx);
	return NULL;
}

const struct administrator *tls_administrator(const SSL *ssl, const struct administrator *list,
					      size_t count)
{
	AUTO(X509) certificate = SSL_get1_peer_certificate(ssl);
	struct digest digest = { .alg = DIGEST_SHA256 };
	unsigned len = 0;

	if (certificate == NULL ||
	    X509_digest(certificate, EVP_sha256(), digest.value, &len) != 1 || len != SHA256_SIZE)
		return NULL;
	if (X509_cmp_current_time(X509_get0_notBefore(certificate)) >= 0 ||
	    X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (digest_equal(&list[i].certificate, &digest))
			return &list[i];
	return NULL;
}
