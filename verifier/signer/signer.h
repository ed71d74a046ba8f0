/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_SIGNER_H
#define VERIFIER_SIGNER_SIGNER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "verifier/frames.h"

/*
 * The process that decides: it owns nonces, enrolled keys, the store, the CA
 * and result keys and the audit log. It reads fixed-size TPM structures, its own
 * frames and signed acts; never certificates, JSON or logs.
 */

#define SIGNER_AUTHORITIES_MAX 8
#define SIGNER_ACT_KEYS_MAX 64

/* One CA for each trust domain. */
struct signer_authority_settings {
	const char *trust_domain;
	const char *key; /* PEM file, or an OSSL_STORE URI ("pkcs11:...") */
	const char *certificate; /* PEM file: issuing CA first, root last */
	const char *jwt_keys; /* as jwt_signer_load(); NULL: none */
	const char *federated; /* directory of federation_read(); NULL: none */
};

/* Who may sign acts. */
struct signer_act_key_settings {
	const char *name;
	enum role role;
	const char *key; /* PEM file of the public key: P-256 or Ed25519 */
};

struct signer_settings {
	const char *store; /* SQLite file */
	const char *mac_key; /* file of 32 random bytes, for this store alone */
	const char *result_key; /* PEM file or OSSL_STORE URI: P-256 */
	const char *log_key; /* the same, Ed25519; NULL: no verdict log is signed */
	const struct signer_authority_settings *authorities;
	size_t authority_count;
	const struct signer_act_key_settings *act_keys;
	size_t act_key_count;
	/* Role that an act wants; ROLE_NONE: platform or identity-security. */
	uint32_t narrow_per_hour; /* unsigned acts that narrow */
	enum role approve_role, release_role;
	const char *inventory; /* file, NULL for none; docs/man/verifierd.conf */
	bool has_release; /* a loader will bring one: no verdict before it did */
	bool allow_software_tpm;
	const char *issuer; /* iss of attestation results */
	const char *audience; /* aud of attestation results */
	uint32_t jwt_lifetime_s; /* of JWT-SVIDs */
};

/*
 * The role's whole life: reads keys, opens the store, says FRAME_READY to the
 * parent, which hands it the channels to appraisers and loaders, and serves them
 * until the parent's channel ends (0) or it can't go on (1). Owns the descriptor.
 */
int signer_run(const struct signer_settings *settings, int parent_fd);

/*
 * For verifierd --accept-clock: the clock is right now, and was wrong when it
 * stood ahead of this. Into the store and its audit log, while a verifier runs
 * or not. Says what it did; 0, or 1 where it can't be done.
 */
int signer_accept_clock(const char *store, const char *reason);

/*
 * For verifierd --init, into an existing directory: ca_key.pem, ca.pem (root of
 * the trust domain, P-256, ten years), jwt_key.pem, result_key.pem, result_pub.pem,
 * log_key.pem, log_pub.pem, mac_key.
 * STATUS_DENIED where one of them is there already.
 */
enum status signer_keys_init(const char *directory, const char *trust_domain);

#endif
