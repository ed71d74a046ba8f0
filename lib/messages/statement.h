/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_STATEMENT_H
#define MESSAGES_STATEMENT_H

#include "messages/entries.h"

/*
 * What is signed: texts of fixed fields, one a line, each once and in order
 * (docs/protocol.md). One spelling for each statement, so that writing what
 * was parsed gives the same bytes. The signature is over the whole text.
 * What an older reader does not know is refused, but for lines "extra".
 */
#define STATEMENT_MAX ((size_t)128 << 10)
#define VERDICT_ENTITLEMENTS_MAX 64
#define VERDICT_REASONS_MAX 64
#define BUNDLE_FEDERATED_MAX 8
#define BUNDLE_CERTIFICATES_MAX 8
#define BUNDLE_JWT_KEYS_MAX 8
#define KID_MAX 64
#define JWT_KEY_SPKI_MAX 1024 /* RSA of 4096 bits, and more */

struct verdict_reason {
	struct bytes code, layer;
	struct bytes owner, detail; /* any bytes; empty is written - */
	bool has_entry;
	uint64_t entry;
};

struct verdict {
	struct node_id node;
	struct bytes nonce;
	enum node_state state; /* trusted, warned, untrusted, quarantined or retired */
	int64_t issued, expires; /* unix seconds; expires 0 without a grant */
	struct digest generation; /* SHA-256; all zero: none loaded */
	unsigned cap; /* PCR that the node extends where this ends its right: 11 to 15 */
	uint32_t interval_s; /* how long until it attests again; 0: not said */
	/* So many records of the node's issuance journal are on the verifier's own; only
	 * where it has one. */
	bool has_journal;
	uint64_t journal;
	struct bytes minting_key; /* Name; empty: none */
	struct digest certificate; /* SHA-256 of the grant; DIGEST_NONE without */
	struct bytes trust_domain; /* empty without a grant */
	/* SHA-256 of the text of its registration entries (messages/entries.h);
	 * DIGEST_NONE without a grant. */
	struct digest entries;
	/* Sequence of the trust domain's bundle, below which none goes with this; 0
	 * without a grant. */
	uint64_t bundle;
	struct bytes entitlements[VERDICT_ENTITLEMENTS_MAX];
	size_t entitlement_count;
	struct bytes extras; /* lines of a later version, messages/statement_lines.h */
	size_t reason_count;
	struct verdict_reason reasons[VERDICT_REASONS_MAX]; /* last: see verdict_init() */
};

/* Zeros, but for the reasons beyond their count, which verdict_add_reason() zeroes. */
void verdict_init(struct verdict *verdict);
/* One more, empty; NULL where there are as many as there may be. */
struct verdict_reason *verdict_add_reason(struct verdict *verdict);

/* STATUS_MALFORMED also where a grant's fields are not there together, or are
 * there for a state other than trusted. */
enum status verdict_parse(struct span text, struct verdict *out);
enum status verdict_write(const struct verdict *verdict, struct bytes *text);
void verdict_done(struct verdict *verdict);

/* Whose JWT-SVIDs are good. */
struct jwt_key {
	struct bytes kid;
	struct bytes spki; /* DER SubjectPublicKeyInfo */
};

/* By what the SVIDs of a trust domain are verified. */
struct trust_anchors {
	struct bytes trust_domain;
	struct bytes certificates[BUNDLE_CERTIFICATES_MAX]; /* DER */
	size_t certificate_count;
	struct jwt_key jwt_keys[BUNDLE_JWT_KEYS_MAX]; /* no kid twice */
	size_t jwt_key_count;
};

void trust_anchors_done(struct trust_anchors *anchors);

struct bundle {
	struct trust_anchors own; /* one certificate at least */
	uint64_t sequence;
	/* Of other trust domains whose SVIDs workloads take, by name, none twice. */
	struct trust_anchors federated[BUNDLE_FEDERATED_MAX];
	size_t federated_count;
	struct bytes extras; /* as a verdict's */
};

/* Those of a trust domain; NULL where the bundle has none. */
const struct trust_anchors *bundle_anchors(const struct bundle *bundle, struct span trust_domain);

/* Letters, digits, '-' and '_', as base64url has them. */
bool kid_is_valid(struct span kid);

enum status bundle_parse(struct span text, struct bundle *out);
enum status bundle_write(const struct bundle *bundle, struct bytes *text);
void bundle_done(struct bundle *bundle);

enum act_verb {
	ACT_APPROVE,
	ACT_RELEASE, /* lift a quarantine */
	ACT_ADD_ENTRY,
	ACT_RELEASE_ENTRY, /* lift an entry's quarantine */
};

/* About a registration entry, and no node. */
static inline bool act_verb_is_of_entry(enum act_verb verb)
{
	return verb == ACT_ADD_ENTRY || verb == ACT_RELEASE_ENTRY;
}

struct act {
	enum act_verb verb;
	struct node_id node;
	struct bytes host; /* of an approval */
	struct bytes class; /* of an approval and an added entry */
	struct entry entry; /* added: whole but for digests; released: its name alone */
	struct bytes reason;
	int64_t time; /* unix seconds */
};

enum status act_parse(struct span text, struct act *out);
enum status act_write(const struct act *act, struct bytes *text);
void act_done(struct act *act);

AUTO_RELEASE(verdict, verdict_done);
AUTO_RELEASE(trust_anchors, trust_anchors_done);
AUTO_RELEASE(bundle, bundle_done);
AUTO_RELEASE(act, act_done);

#endif
