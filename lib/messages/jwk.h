/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_JWK_H
#define MESSAGES_JWK_H

#include <openssl/evp.h>

#include "messages/json_writer.h"
#include "messages/statement.h"

/* A key's members in a JWK (RFC 7518, 6.2 and 6.3): EC on P-256, P-384, P-521, and RSA.
 * STATUS_UNSUPPORTED for any other, and a writer that has failed. */
enum status jwk_put_key(struct json_writer *w, EVP_PKEY *key);
/* An element: a key of JWT-SVIDs, from its DER SubjectPublicKeyInfo. */
enum status jwk_put_jwt_key(struct json_writer *w, struct span kid, struct span spki);
/* A trust domain's keys of JWT-SVIDs, as a set. */
enum status jwks_write(const struct jwt_key *keys, size_t count, struct bytes *json);

#endif
