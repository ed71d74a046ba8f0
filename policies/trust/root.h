/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_TRUST_ROOT_H
#define POLICIES_TRUST_ROOT_H

#include "policies/envelope/dsse.h"
#include "policies/envelope/statement.h"
#include "policies/reference/layer.h"
#include "policies/reference/reference.h"
#include "policies/trust/class_rules.h"
#include "policies/trust/vendor.h"

/* Keys by number, so that a set of them is a word. */
#define ROOT_KEYS_MAX JSON_MEMBERS_MAX
typedef uint64_t key_mask;

enum team {
	TEAM_PLATFORM,
	TEAM_IDENTITY_SECURITY,
};

#define ROOT_BUILDERS_MAX 16
#define ROOT_BUILDER_MAX 256 /* bytes of a URI */

enum role {
	ROLE_ROOT,
	ROLE_BUILD,
	ROLE_RELEASE_SIGN,
	ROLE_APPROVE_PLATFORM,
	ROLE_APPROVE_SECURITY,
	ROLE_MATRIX,
	ROLE_REVOKE,
	ROLE_PUBLISH,
	/* From here on a root may leave them out. */
	ROLE_EMERGENCY,
	ROLE_REVIEW,
	ROLE_ROLLBACK,
	ROLE_CANARY,
	ROLE_LOG,
	ROLE_WITNESS,
};

#define ROLES 14

const char *role_name(enum role role);
/* The role that signs documents of a kind; an approval has one for each team. */
enum role document_role(enum document_kind kind);

struct root_key {
	struct span name;
	struct span principal;
	enum team team;
	enum key_scheme scheme;
	EVP_PKEY *key;
	struct digest spki; /* SHA-256 of the SubjectPublicKeyInfo: what a revocation names */
};

struct root_role {
	key_mask keys;
	unsigned threshold; /* in principals */
};

/* Approvals that a change of a class needs, in principals. */
struct class_rule {
	unsigned platform;
	unsigned security;
};

struct root_caps {
	int64_t timestamp_s;
	int64_t revocations_s;
	int64_t accept_until_s;
	int64_t manifest_s;
	/* What it lets in before it is approved, and before somebody reviews it. */
	int64_t emergency_s;
	int64_t review_s;
};

/* A root whose own rules hold. Spans borrow from its statement. */
struct root {
	struct statement statement;
	uint64_t version;
	int64_t expires;
	struct digest digest; /* SHA-256 of the payload */
	size_t key_count;
	struct root_key key[ROOT_KEYS_MAX];
	struct root_role role[ROLES];
	struct class_rule rule[2];
	struct class_rules class_rules;
	struct root_caps caps;
	/* What a manifest takes to become current: so many nodes, within this time. */
	uint64_t canary_nodes;
	int64_t canary_window_s;
	struct layer_owner owner[OWNED_LAYERS];
	struct vendors vendors;
	bool requires_provenance; /* of every manifest */
	size_t builder_count;
	struct span builder[ROOT_BUILDERS_MAX]; /* URIs of builders whose word counts */
	bool requires_proofs; /* from the log, cosigned by the witness */
};

/*
 * Reads a root's payload in place and checks that it can work and keeps duties
 * apart: thresholds within reach, no key twice, build, sign and publish three
 * principals, approvers none of these, root and matrix held by both teams, an
 * owner for every layer. What is wrong is in statement.document.
 */
enum status root_open(struct span payload, struct root *root);
void root_done(struct root *root);

AUTO_RELEASE(root, root_done);

/* Separation of duties and thresholds; called by root_open(). */
void root_check_duties(struct root *root, struct strict_cursor *roles);
/* Asked of the root in force, and of no earlier one, which decides nothing of it any more: a
 * role that lets manifests in, or back, and shares a principal with build, release-sign or
 * publish. NULL: none does. */
const char *root_shared_duty(const struct root *root);

/* Which key made the envelope's signature. STATUS_NOT_FOUND: the root does not
 * know the key it names; STATUS_MISMATCH: the signature is not that key's. */
enum status root_verify(const struct root *root, const struct dsse *dsse, size_t *key);
/* Distinct principals among keys. */
unsigned root_principals(const struct root *root, key_mask keys);
bool root_has_team(const struct root *root, key_mask keys, enum team team);
/* Did enough principals with the role sign? Root and matrix want both teams. */
bool root_meets(const struct root *root, enum role role, key_mask signers);

#endif
