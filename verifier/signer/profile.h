/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_PROFILE_H
#define VERIFIER_SIGNER_PROFILE_H

#include "base/auto_openssl.h"

/* The extensions of MINTING.md's certificate profile. NULL: out of memory. */

/* CA true; path_len -1: none. Critical. */
X509_EXTENSION *profile_ca(int path_len);
/* keyCertSign and cRLSign. Critical. */
X509_EXTENSION *profile_usage(void);
/* One URI, spiffe://DOMAIN. */
X509_EXTENSION *profile_san(const char *trust_domain);
/* Permitted: the URI host; excluded: every DNS name, every IP address. With the
 * URI alone a node could issue a TLS server certificate for any host. Critical. */
X509_EXTENSION *profile_name_constraints(const char *trust_domain);
/* Of the key identifier that issuer carries. */
X509_EXTENSION *profile_authority_key_id(X509 *issuer);
/* SHA-1 over an uncompressed P-256 point, RFC 5280, 4.2.1.2 (1): an identifier. */
X509_EXTENSION *profile_subject_key_id(const uint8_t *point, size_t len);

#endif
