/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_STORE_STORE_H
#define VERIFIER_STORE_STORE_H

#include "verifier/keep.h"
#include "verifier/signer_messages.h"

/*
 * What the signer remembers. Every function belongs to a group, which is one
 * durable transaction: what was written is there after kill -9 once
 * store_commit() said OK, and not before. A function that fails has changed
 * nothing. Rows that are read borrow from the keep handed in.
 */
struct store;

/* Creates the database where there is none, brings an older one up to date,
 * refuses a newer one (STATUS_UNSUPPORTED). STATUS_MALFORMED: damaged, or no
 * database; STATUS_UNAVAILABLE: another process holds it; STATUS_DENIED: it can't
 * be opened and written; STATUS_IO: disk full or failing. ":memory:" for tests. */
enum status store_open(const char *path, struct store **out);
/* For the one service that works on it: what that keeps in memory is as true as the store
 * only while nobody else serves from it. The claim is a lock on a file beside it, PATH-lock,
 * which the kernel takes back when the process ends, however that ends; it waits so long
 * for that. STATUS_MISMATCH: another service has it. */
enum status store_open_alone(const char *path, unsigned patience_ms, struct store **out);
void store_free(struct store *s);

enum status store_begin(struct store *s);
/* Ends the group in any case. Fails also where one of its files, or its claim's, was moved, replaced or deleted since. */
enum status store_commit(struct store *s);
void store_rollback(struct store *s);
/* One request of a group: keep what it wrote, or undo that alone. */
enum status store_step_begin(struct store *s);
enum status store_step_end(struct store *s, bool is_kept);

/* What people decided about a node. */
enum standing {
	STANDING_PENDING,
	STANDING_ACTIVE,
	STANDING_QUARANTINED,
	STANDING_RETIRED,
};

/* (resetCount, restartCount, clock), big-endian: compared as bytes. */
#define COUNTERS_SIZE 24

struct counters {
	uint8_t value[COUNTERS_SIZE];
};

struct counters counters_of(uint64_t reset, uint64_t restart, uint64_t clock);
uint64_t counters_reset(const struct counters *c);
uint64_t counters_restart(const struct counters *c);
uint64_t counters_clock(const struct counters *c);

struct node_row {
	struct node_id node;
	enum standing standing;
	enum node_state verdict; /* TRUSTED, WARNED, UNTRUSTED; STALE before the first */
	struct span ak_name, ak_public, ek_public, spki;
	struct span host, class_name, hostname, manufacturer, model, version;
	bool is_software_tpm;
	uint32_t quirks, nv_index;
	int64_t enrolled, attested, expires;
	uint64_t release_version;
	struct counters counters;
	int64_t act_time; /* of the last signed act about this node */
	struct span note;
	struct span manifest; /* of its last grant: SHA-256; empty before the first */
	uint64_t entries; /* of its boot session; read only */
};

enum status store_node(struct store *s, const struct node_id *node, struct keep *keep,
		       struct node_row *out);
/* STATUS_NOT_FOUND where no node has it. */
enum status store_node_of_ak(struct store *s, struct span ak_name, struct node_id *out);
/* STATUS_DENIED where the node is there already or its AK is another's. */
enum status store_node_insert(struct store *s, const struct node_row *row);
/* A fresh activation: the counters start again, the boot session is forgotten.
 * STATUS_MISMATCH unless the node has this AK. */
enum status store_node_reset(struct store *s, const struct node_id *node, struct span ak_name,
			     const struct counters *counters, int64_t now);
/* Another AK in the same TPM: row's AK, counters, time and note take the place of
 * ak_name's, the boot session is forgotten, and an active node is quarantined. Acts up
 * to row's act_time approve it no more. STATUS_MISMATCH unless the node has ak_name and is
 * pending or active. */
enum status store_node_rekey(struct store *s, const struct node_row *row, struct span ak_name);
/* A pending node, which has no boot session; else STATUS_MISMATCH. */
enum status store_node_forget(struct store *s, const struct node_id *node);
/* Host and class, and STANDING_ACTIVE. act_time 0: by the inventory, pending
 * nodes only; else STATUS_MISMATCH unless it is later than the node's last act. */
enum status store_node_place(struct store *s, const struct node_id *node, struct span host,
			     struct span class_name, int64_t act_time);
/* A quarantine lifted by a signed act; the same rule for its time. */
enum status store_node_release(struct store *s, const struct node_id *node, int64_t act_time);
/* STANDING_QUARANTINED or _RETIRED. Acts up to act_time lift it no more: one that was
 * signed before, and held back on its way, is not about this. */
enum status store_node_narrow(struct store *s, const struct node_id *node, enum standing standing,
			      struct span note, int64_t act_time);
/* Ids in order, after *after (NULL: from the start), at most limit. */
enum status store_node_ids(struct store *s, const struct node_id *after, size_t limit,
			   struct node_id *out, size_t *count);
/* The state that people see: standing, then the last verdict, which is stale
 * when it is older than fresh_since. Untrusted never becomes stale. */
enum node_state node_row_state(const struct node_row *row, int64_t fresh_since);
/* Adds the states of the next nodes, at most limit. *after is where it goes on, 0 at
 * the start and again at the end. */
enum status store_node_counts(struct store *s, int64_t fresh_since, size_t limit, int64_t *after,
			      uint64_t counts[NODE_STATES]);
/* Nodes enrolled, attested, or decided about, later than now; and their times made now. */
enum status store_nodes_ahead(struct store *s, int64_t now, uint64_t *count);
enum status store_nodes_bring_back(struct store *s, int64_t now);

/* A boot session, the node's latest. */
struct session_row {
	bool is_stored; /* it was read, and is not made up */
	uint64_t reset, restart;
	struct span state; /* the appraiser's */
	uint64_t entries;
	struct span generation;
	struct span minting_name; /* certified in this session; empty: certify again */
	struct span evidence_digest; /* of the last commit */
	/* Only written: most who read a session want neither. Encoded struct
	 * signer_answer of FRAME_COMMIT, encoded struct evidence_item without logs. */
	struct span result, evidence;
	/* The IMA log of these entries as it is stored: number of its last frame, and
	 * bytes of all. No frame, and entries: it grew too large to be kept. */
	uint64_t log_frame, log_bytes;
	/* What an appraisal without a verdict, or parts of a log, left to the next
	 * one; state empty: nothing. Frames from after log_frame on belong to its
	 * log, which begins with entry staged_first: 0, or entries. */
	struct span staged_state;
	uint64_t staged_first, staged_entries;
	uint64_t staged_frame, staged_bytes; /* as above */
	/* The node's issuance journal as far as it was collected; head empty: none was
	 * seen. It may be of an earlier boot, where no verdict was made since. */
	uint64_t journal_count;
	struct span journal_head;
	bool is_journal_old;
};

enum status store_session(struct store *s, const struct node_id *node, struct keep *keep,
			  struct session_row *out);
/* What store_session() leaves out. */
enum status store_session_result(struct store *s, const struct node_id *node, struct keep *keep,
				 struct span *out);
enum status store_session_evidence(struct store *s, const struct node_id *node, struct keep *keep,
				   struct span *out);
/* zstd frames, joined; of the IMA log those up to log_frame. */
enum status store_session_log(struct store *s, const struct node_id *node, bool is_boot,
			      struct keep *keep, struct span *out);

/* Both at once; a node without a session has one that is not stored. What
 * store_attester_ahead() laid aside is given out, once, where keep is empty and nobody
 * wrote about the node since. */
enum status store_attester(struct store *s, const struct node_id *node, struct keep *keep,
			   struct node_row *row, struct session_row *session);
/* Lays rows, just read in this group, aside for the node's evidence, which follows its
 * challenge. Takes keep, which owns what they borrow from, over; it is empty then. How
 * many are kept is bounded; in a step that wrote something, none is. */
void store_attester_ahead(struct store *s, const struct node_row *row,
			  const struct session_row *session, struct keep *keep);

struct attestation {
	struct node_id node;
	struct span ak_name;
	int64_t act_time; /* no person decided about the node since it was read */
	/* What the node had when its boot session was read: no other commit since. */
	struct counters previous;
	struct counters counters;
	struct span generation; /* must still be store_generation()'s */
	enum node_state verdict;
	bool is_decided; /* else: verdict, expiry and release stay as they are */
	int64_t now, expires;
	uint64_t release_version; /* the ratchet only rises */
	struct span manifest; /* of the grant; empty: as before */
	struct session_row session;
	bool is_new_session; /* what was stored of the old one goes */
	/* Frames of the IMA log with these numbers go first; 0: none. */
	uint64_t forget_from, forget_to;
	uint64_t ima_frame; /* number of: */
	struct span ima_log, boot_log; /* empty: as before */
};

/* One compare-and-set: STATUS_MISMATCH, and nothing changed, unless the node
 * is active with this AK, the counters rise from those read, the generation is
 * current. */
enum status store_attest(struct store *s, const struct attestation *a);
/* Authentic words that no later quote could follow (tpm-cleared): the verdict
 * alone, counters stay. The same conditions but that the counters fall. */
enum status store_attest_cleared(struct store *s, const struct attestation *a);
/* trials.c: nodes that got a grant under a manifest that is tried out. */
struct trial_count {
	uint64_t nodes, others; /* all of them; all but the node asked about */
	int64_t first, last; /* grants */
};

enum status store_trial(struct store *s, struct span manifest, const struct node_id *node,
			int64_t now);
/* Those whose last grant is not older than since. */
enum status store_trial_count(struct store *s, struct span manifest, const struct node_id *node,
			      int64_t since, struct trial_count *out);

/* The node showed an SVID that it minted under the grant of granted, its last verdict.
 * STATUS_MISMATCH: that was no grant under this manifest. */
enum status store_trial_svid(struct store *s, struct span manifest, const struct node_id *node,
			     int64_t granted, int64_t now);

struct trial_outcome {
	uint64_t nodes; /* trusted now, by a grant under the manifest not older than since */
	uint64_t svids; /* of these: whose SVID was verified since */
};

enum status store_trial_outcome(struct store *s, struct span manifest, int64_t since, int64_t now,
				struct trial_outcome *out);

/* entries.c: registration entries (messages/entries.h), and what people decided. */
enum entry_standing {
	ENTRY_ACTIVE,
	ENTRY_QUARANTINED,
	ENTRY_REMOVED, /* kept, so that the act that added it counts once */
};

struct entry_row {
	struct span name, class_name;
	struct span line; /* of entry_write(), without digests */
	enum entry_standing standing;
	int64_t added;
	int64_t act_time; /* of the last signed act about it */
	struct span note; /* why quarantined or removed */
};

enum status store_entry(struct store *s, struct span name, struct keep *keep,
			struct entry_row *out);
/* In the order of their names, after a name (empty: from the start), of one class
 * (empty: of all); none that is removed. */
enum status store_entries(struct store *s, struct span class_name, struct span after, size_t limit,
			  struct keep *keep, struct entry_row *out, size_t *count);
/* Active. STATUS_MISMATCH: there is one of this name that was not removed, or a later
 * act was about it. */
enum status store_entry_add(struct store *s, const struct entry_row *row);
/* A quarantine lifted by a signed act; the same rule for its time. */
enum status store_entry_release(struct store *s, struct span name, int64_t act_time);
/* ENTRY_QUARANTINED, once more as well, or _REMOVED; the same rule for acts.
 * STATUS_MISMATCH: there is none, or it was removed. */
enum status store_entry_narrow(struct store *s, struct span name, enum entry_standing standing,
			       struct span note, int64_t act_time);
/* As store_nodes_bring_back(). */
enum status store_entries_bring_back(struct store *s, int64_t now);
/* Another number whenever an entry may be another than before. */
uint64_t store_entries_sequence(const struct store *s);

/* Append-only; entry n's hash covers n-1's. */
struct audit_row {
	uint64_t index; /* from 1; set by store_audit_append */
	int64_t time;
	struct span kind, actor, node, text;
	uint8_t hash[SHA256_SIZE];
};

enum status store_audit_append(struct store *s, struct audit_row *row);
enum status store_audit(struct store *s, uint64_t after, size_t limit, struct keep *keep,
			struct audit_row *out, size_t *count);
/* Index 0 and zeros before the first entry. */
enum status store_audit_last(struct store *s, uint64_t *index, uint8_t hash[SHA256_SIZE]);
/* Recomputes an entry's hash from the one before it. */
enum status audit_hash(const uint8_t previous[SHA256_SIZE], struct audit_row *row);

/* Small facts by name: marks, high-water time, sequences. STATUS_NOT_FOUND. */
enum status store_fact(struct store *s, const char *name, struct keep *keep, struct span *out);
enum status store_fact_set(struct store *s, const char *name, struct span value);
/* The generation that commits must have been appraised with. */
enum status store_generation_set(struct store *s, struct span generation);

AUTO_FREE(store, struct store, store_free);

#endif
