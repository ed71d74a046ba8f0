/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_JWT_SCENE_H
#define TESTS_JWT_SCENE_H

#include <openssl/evp.h>

#include "messages/statement.h"

/* Tokens as a trust domain makes them. unit.h comes first. */

/* The public half under this name. */
void jwt_scene_key(EVP_PKEY *key, const char *kid, struct jwt_key *out);
/* Header and claims, each in base64url, and the dot between them. */
void jwt_scene_begin(const char *header, const char *claims, struct bytes *token);
/* RFC 7518, 3.4: of the signature in DER, both numbers at this length. */
void jwt_scene_append_ecdsa(struct bytes *token, struct span der, int coordinate);
/* The whole of it by a key on P-256. */
void jwt_scene_sign(EVP_PKEY *key, const char *header, const char *claims, struct bytes *token);

#endif
