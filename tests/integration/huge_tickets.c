/* SPDX-License-Identifier: Apache-2.0 */
/* For LD_PRELOAD: a TLS server that sends many session tickets makes each as large
 * as one can be. */
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

/* OpenSSL makes no ticket of more than 0xff00 bytes. */
#define STUFFING 65000
#define MANY 10

static int stuff(SSL *ssl, void *unused)
{
	static const uint8_t stuffing[STUFFING];

	(void)unused;
	if (SSL_CTX_get_num_tickets(SSL_get_SSL_CTX(ssl)) < MANY)
		return 1;
	return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), stuffing, sizeof(stuffing));
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
SSL_CTX *SSL_CTX_new(const SSL_METHOD *method)
{
	union {
		void *found;
		SSL_CTX *(*call)(const SSL_METHOD *method);
	} original = { .found = dlsym(RTLD_NEXT, "SSL_CTX_new") };
	SSL_CTX *ctx = original.found == NULL ? NULL : original.call(method);

	if (ctx != NULL && SSL_CTX_set_session_ticket_cb(ctx, stuff, NULL, NULL) != 1) {
		SSL_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}
