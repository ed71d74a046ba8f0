/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FRONT_TLS_H
#define VERIFIER_FRONT_TLS_H

#include <openssl/ssl.h>

#include "base/digest.h"
#include "verifier/frames.h"

/* A person or program that administers, known by its certificate. */
struct administrator {
	const char *name;
	enum role role;
	struct digest certificate; /* SHA-256 of the DER */
};

/*
 * TLS 1.3 with the chain and key of PEM files; NULL, and *why (static), where
 * they don't serve. With is_admin clients are asked for a certificate, any:
 * what counts is whether it is known, see tls_administrator(). Without, sessions
 * may be resumed: a full handshake costs more than an attestation.
 */
SSL_CTX *tls_server(const char *certificate, const char *key, bool is_admin, const char **why);

/* Whose certificate the client proved to hold; NULL where it sent none, or an
 * unknown or expired one. */
const struct administrator *tls_administrator(const SSL *ssl, const struct administrator *list,
					      size_t count);

#endif
