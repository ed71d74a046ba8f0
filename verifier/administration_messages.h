/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_ADMINISTRATION_MESSAGES_H
#define VERIFIER_ADMINISTRATION_MESSAGES_H

#include "messages/node.h"
#include "verifier/frames.h"
#include "verifier/signer_parts.h"

/* The bodies of FRAME_ADMIN and of its answer: what people ask of the signer. */
enum admin_verb {
	ADMIN_LIST = 1,
	ADMIN_SHOW,
	ADMIN_EVIDENCE,
	ADMIN_QUARANTINE,
	ADMIN_RETIRE,
	ADMIN_ACT,
	ADMIN_RELEASES,
	ADMIN_AUDIT,
	ADMIN_CANARY,
	ADMIN_ENTRIES,
	ADMIN_ENTRY, /* in an answer also to an ACT about one */
	ADMIN_ENTRY_QUARANTINE,
	ADMIN_ENTRY_REMOVE,
};

#define ADMIN_VERB_END (ADMIN_ENTRY_REMOVE + 1)

/* administrator and role are the front's word, from the client certificate:
 * good enough to read and to narrow. What widens carries its own signature. */
struct admin_request {
	enum admin_verb verb;
	struct span administrator;
	enum role role;
	struct node_id node; /* SHOW, EVIDENCE, QUARANTINE, RETIRE */
	bool has_state; /* LIST: only nodes in state */
	enum node_state state;
	bool has_after; /* LIST: after this node id */
	struct node_id after;
	uint64_t after_entry; /* AUDIT: after this entry; entries count from 1 */
	uint32_t limit; /* LIST, AUDIT, ENTRIES: 1 to SIGNER_PAGE_MAX */
	struct span entry; /* ENTRY, ENTRY_...: its name; ENTRIES: after this one */
	struct span class_name; /* ENTRIES: of this class; empty: of all */
	struct span reason; /* QUARANTINE, RETIRE, ENTRY_QUARANTINE, ENTRY_REMOVE */
	struct span act, act_signature; /* ACT */
	struct span manifest; /* CANARY: SHA-256 of its payload */
	uint32_t window_s; /* CANARY: how far back */
};

/* How many of a list are asked for. */
size_t admin_request_limit(const struct admin_request *request);

struct node_item {
	struct node_id node;
	enum node_state state;
	struct span host, class_name, hostname; /* host: inventory or act; hostname: its own word */
	struct span manufacturer, model, version;
	bool is_software_tpm;
	uint32_t quirks;
	int64_t enrolled, attested; /* unix seconds; 0: never */
	int64_t expires; /* of the last grant; 0 without one */
	uint64_t release_version, entries;
	struct span note; /* why quarantined or retired */
	struct span manifest; /* of its last grant: SHA-256; empty before the first */
};

struct node_list {
	size_t count;
	struct node_item items[SIGNER_PAGE_MAX];
	bool has_more;
	struct node_id next; /* where it goes on: behind this one */
};

/* What attestctl appraise reads, as the node sent it with its last commit. */
struct evidence_item {
	struct span ek_public, ak_public;
	struct span nonce, attest, signature;
	struct span pcrs;
	struct span minting_public, certify_attest, certify_signature;
	struct span ima_log, boot_log; /* zstd frames, the whole boot session */
	/* before that commit */
	uint64_t previous_reset, previous_restart, previous_clock;
	struct span previous_minting_name; /* certified before in this boot session */
	int64_t appraised;
	struct span generation;
	struct span report;
};

/* As the signer stores it. */
enum status evidence_item_encode(const struct evidence_item *item, struct bytes *out);
enum status evidence_item_decode(struct span bytes, struct evidence_item *out);

struct audit_item {
	uint64_t index; /* from 1 */
	int64_t time;
	struct span kind, actor, node, text; /* node: 64 hex or empty */
	struct span hash; /* of the entry and the one before it */
};

struct audit_list {
	size_t count;
	struct audit_item items[SIGNER_PAGE_MAX];
	struct span checkpoint, checkpoint_signature; /* over the newest entry */
	struct span log_checkpoint; /* of the verdict log: a signed note; empty: none yet */
};

struct releases_item {
	bool is_loaded;
	struct span generation;
	uint64_t root_version, index_version;
	int64_t valid_until, loaded;
	/* the last refusal since; code empty: none */
	struct span refused_code, refused_document, refused_field, refused_advice;
	int64_t refused;
};

/* What the result key says of a release that is tried out (policies/documents/canary.h). */
struct canary_item {
	struct span payload; /* of a DSSE envelope */
	struct span signature;
	uint64_t nodes, svids; /* in it */
};

/* A registration entry, and what people decided about it. */
struct entry_item {
	struct span name, class_name;
	/* As its nodes are told of it, digests too (messages/entries.h); empty: what the
	 * store holds of it is none, and they are told nothing. */
	struct span line;
	bool is_quarantined, is_removed;
	int64_t added;
	struct span note; /* why quarantined or removed */
};

struct entry_list {
	size_t count;
	struct entry_item items[SIGNER_PAGE_MAX];
	bool has_more;
};

struct admin_answer {
	enum admin_verb verb;
	struct node_list nodes; /* LIST; one item for SHOW, QUARANTINE, RETIRE, ACT */
	struct reason_list reasons; /* SHOW: of the last verdict */
	struct evidence_item evidence;
	struct releases_item releases;
	struct audit_list audit;
	struct canary_item canary;
	struct entry_list entries; /* ENTRIES; one item for the other verbs about them */
};

extern const struct wire_table admin_request_wire;
extern const struct wire_table admin_answer_wire;

#endif
