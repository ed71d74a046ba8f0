/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_NONCE_H
#define VERIFIER_SIGNER_NONCE_H

#include <openssl/evp.h>

#include "messages/node.h"

/*
 * Nonces without a table: 16 random bytes, issue time (be64), HMAC-SHA256 over
 * the store's epoch, purpose, node and both. Single use comes from the TPM's
 * counters, in the store.
 */
#define NONCE_RANDOM_SIZE 16
#define NONCE_SIZE (NONCE_RANDOM_SIZE + 8 + SHA256_SIZE)
#define MAC_KEY_SIZE 32

/* With a context that has seen the key: what HMAC() sets up for each call costs ten
 * times the call. */
struct mac_key {
	uint8_t value[MAC_KEY_SIZE];
	EVP_MAC_CTX *ctx;
};

enum status mac_key_init(const uint8_t value[MAC_KEY_SIZE], struct mac_key *out);
/* Wipes it. */
void mac_key_done(struct mac_key *key);

/* A store's own; another one since its clock was last accepted or found put back: what was
 * made under a clock that stood ahead does not count when that time comes. */
#define EPOCH_SIZE 16

struct epoch {
	uint8_t value[EPOCH_SIZE];
};

static inline struct span epoch_span(const struct epoch *e)
{
	return (struct span){ .data = e->value, .len = EPOCH_SIZE };
}

enum nonce_purpose {
	NONCE_ATTEST = 1,
	NONCE_ENROL,
};

struct nonce {
	uint8_t value[NONCE_SIZE];
};

static inline struct span nonce_span(const struct nonce *n)
{
	return (struct span){ .data = n->value, .len = NONCE_SIZE };
}

enum status nonce_make(const struct mac_key *key, const struct epoch *epoch,
		       enum nonce_purpose purpose, const struct node_id *node,
		       const uint8_t random[NONCE_RANDOM_SIZE], int64_t issued, struct nonce *out);
/* STATUS_MISMATCH unless it was made by nonce_make() in this epoch, for this purpose
 * and node. */
enum status nonce_verify(const struct mac_key *key, const struct epoch *epoch,
			 enum nonce_purpose purpose, const struct node_id *node, struct span nonce,
			 int64_t *issued);

/* The secret that proves an activation: HMAC over the epoch and the record, which holds
 * EK, AK and issue time. Nothing has to be kept until it comes back. */
enum status activation_secret(const struct mac_key *key, const struct epoch *epoch,
			      struct span record, struct span ak_name, uint8_t secret[SHA256_SIZE]);

#endif
