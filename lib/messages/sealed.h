/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_SEALED_H
#define MESSAGES_SEALED_H

#include <openssl/evp.h>

#include "messages/node.h"

/*
 * Bytes for one reader, past processes and a TLS end that may have been taken over: to
 * an ephemeral P-256 key, from another one. ECDH (SP 800-56A, 5.7.1.2), HKDF-SHA256 (RFC
 * 5869) with both points as salt and label and context as info, which gives key and IV of
 * AES-256-GCM. Each sender's key seals once.
 *
 * sealed: sender's point (65 bytes, SEC 1 2.3.3), ciphertext, tag (16 bytes)
 */
#define SEALED_POINT_SIZE 65
#define SEALED_TAG_SIZE 16
#define SEALED_SCALAR_SIZE 32
#define SEALED_OVERHEAD (SEALED_POINT_SIZE + SEALED_TAG_SIZE)

/* A key pair from 32 random bytes. STATUS_MISMATCH, once in 2^32 times: they are no
 * scalar of the curve, take others. */
enum status sealing_key(const uint8_t scalar[SEALED_SCALAR_SIZE], EVP_PKEY **out);
enum status sealing_point(EVP_PKEY *key, uint8_t out[SEALED_POINT_SIZE]);

/* The sender is fresh for each call: one that seals twice, for the same reader and
 * context, does so with the same key and IV. STATUS_MALFORMED: reader is no point of the
 * curve. */
enum status seal(EVP_PKEY *sender, struct span reader, struct span context, struct span plain,
		 struct bytes *sealed);
/* STATUS_MISMATCH: for another reader or context, or not as it was sealed. */
enum status unseal(EVP_PKEY *reader, struct span context, struct span sealed, struct bytes *plain);

/* The context of a JWT-SVID: the node, the challenge's nonce, the ticket. */
enum status sealed_jwt_context(const struct node_id *node, struct span nonce, uint64_t ticket,
			       struct bytes *out);

#endif
