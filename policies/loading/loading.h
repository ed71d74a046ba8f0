/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_LOADING_LOADING_H
#define POLICIES_LOADING_LOADING_H

#include "policies/documents/emergency.h"
#include "policies/documents/index.h"
#include "policies/documents/manifest.h"
#include "policies/documents/matrix.h"
#include "policies/documents/revocations.h"
#include "policies/documents/timestamp.h"
#include "policies/loading/refusal.h"
#include "policies/transparency/merkle.h"
#include "policies/trust/log_trust.h"
#include "policies/trust/root.h"

/*
 * One load, between the files that do it: release_load.c (order, image),
 * load_envelope.c (documents and who signed them), load_root.c, load_revocations.c,
 * load_online.c (timestamp, index, matrix), load_vendor.c, load_proofs.c (what the release log
 * has to prove), load_rollback.c, load_emergency.c, load_manifest.c, load_sets.c (a
 * manifest's), load_approvals.c (what a manifest changes, and who approved that). Every
 * function that fails has filled the refusal.
 */

#define SIGNERS_MAX 16
/* By so much a version is above the one seen last, at most. */
#define VERSION_LEAP_MAX 65536

/* A rollback document that counts. */
struct way_back {
	struct span platform, kernel; /* its cell */
	struct digest from, to; /* manifests */
	bool was_gone; /* as far as the cell's manifests were read */
	uint64_t from_version;
	int64_t time;
};

struct loading {
	const struct release_trust *trust;
	const struct document_source *source;
	struct release_refusal *refusal;
	struct release_marks marks; /* as they will be */
	struct root root;
	struct root next_root;
	key_mask revoked; /* keys of the root that no longer count */
	key_mask publishers; /* who signed timestamp and index */
	/* Why what was in force goes on, though nobody may sign it so today; code NULL:
	 * nothing is amiss. */
	struct release_refusal notice;
	bool is_suspended; /* it is appraised against, no new right is given */
	bool falls_back; /* to the index of the last load */
	bool has_older_root; /* in root, the one which that index names */
	struct timestamp timestamp;
	struct statement index_statement;
	struct index index;
	struct statement old_index_statement;
	struct index old_index; /* of the last load; empty where there was none */
	struct revocations revocations;
	struct statement matrix_statement;
	struct matrix matrix;
	struct statement emergency_statement;
	struct emergency emergency; /* the one that the index names */
	key_mask emergency_signers;
	bool emergency_misses_review; /* a confirmation that the index names is not there */
	const char *emergency_fault; /* why nothing may go by it; NULL: none */
	int64_t emergency_end; /* of what it lets in; 0: nobody */
	size_t way_back_count;
	struct way_back way_back[INDEX_ROLLBACKS_MAX];
	struct hasher hasher;
	struct tree_head log; /* as the witness saw it */
	bool goes_without_proofs; /* for a revocation's sake */
	struct manifest manifest;
	struct image_builder image;
	size_t table_count;
	struct {
		struct digest digest;
		uint32_t table;
		uint64_t files;
	} table[INDEX_ENTRIES_MAX]; /* sets that several manifests name */
	/* Tables of the cell's manifests: a node that booted the oldest is appraised by all. */
	size_t cell_set_count;
	uint32_t cell_set[CELL_SETS_MAX];
};

enum status loading_refuse(struct loading *l, enum status status, const char *code,
			   const char *document, const char *field);
/* After a statement that could not be read: its fault, or memory; never OK. */
enum status loading_check(struct loading *l, const char *document, const struct statement *s);

/* An envelope; STATUS_NOT_FOUND without a refusal where there is none. */
enum status loading_envelope(struct loading *l, const char *path, enum document_kind kind,
			     struct dsse *out);
/* An envelope that has to be there. */
enum status loading_document(struct loading *l, const char *path, enum document_kind kind,
			     struct dsse *out);
/* Signed by a key with the role, revoked or not; *key is which. */
enum status loading_signed(struct loading *l, const char *path, enum role role,
			   const struct dsse *dsse, size_t *key);
bool loading_is_revoked(const struct loading *l, size_t key);
/*
 * folder/1.json, 2.json, ...: signatures over one payload, byte for byte. Adds
 * to signers each key of root that signed; envelopes of keys that it does not
 * know do not count.
 */
enum status loading_signers(struct loading *l, const char *folder, enum document_kind kind,
			    const struct root *root, struct bytes *payload, key_mask *signers);
/* SHA-256 of the payload is the one that was pinned. */
enum status loading_pinned(struct loading *l, const char *path, struct span payload,
			   const struct digest *pin);
/* An index of before, pinned by who names it. Too large for a stack. */
enum status loading_index(struct loading *l, uint64_t version, const struct digest *pin,
			  struct statement *s, struct index *out);
/* High-water: no lower version, and no other bytes under the same one. */
enum status loading_mark(struct loading *l, const char *path, const struct release_mark *seen,
			 uint64_t version, struct span payload, struct release_mark *next);
/* Dated not in the future and living no longer than the cap. */
enum status loading_dated(struct loading *l, const char *path, int64_t time, int64_t expires,
			  int64_t cap_s);
/* folder/VERSION.json */
void loading_numbered(char *path, size_t size, const char *folder, uint64_t version);
/* prefix, hexadecimal digest, suffix. */
void loading_path(char *path, size_t size, const char *prefix, const struct digest *digest,
		  const char *suffix);

/* What is amiss with the document, such as that a revoked key signed it. *l goes on. */
void loading_notice(struct loading *l, const char *code, const char *document, const char *field);
/* The same, and the load ends without new rights. */
void loading_suspend(struct loading *l, const char *code, const char *document, const char *field);

enum status load_root(struct loading *l);
/* May the newest root be in force? */
enum status check_root_in_force(struct loading *l);
/* In place of the newest root the earlier one that l->index names. */
enum status load_root_of_index(struct loading *l);
/* Which keys of l->root the revocations take back. */
void loading_mark_revoked(struct loading *l);
/* The revocations, where earlier ones were seen: what their keys publish is not read. */
enum status load_known_revocations(struct loading *l);
/* All of them, for who keeps no marks; marks.revocations, where it is given, is among them. */
enum status load_all_revocations(struct loading *l);
enum status load_timestamp(struct loading *l);
enum status load_index(struct loading *l);
/* The version that the index names is among them; at a first load, all of them. */
enum status load_revocations(struct loading *l);
enum status load_matrix(struct loading *l);
/* Rollback documents: those that this verifier has not gone by yet bring the old
 * index's current manifests down. */
enum status load_rollbacks(struct loading *l);
/* The emergency that the index names, and the reviews of it. */
enum status load_emergency(struct loading *l);
/* Is it about this manifest, which may then be short of approvals? */
bool is_expedited(const struct loading *l, const struct digest *manifest);
enum status check_expedited(struct loading *l, const struct index_entry *entry, bool *in_force);
/* The manifest takes the current one's place: was it tried out? */
enum status check_promotion(struct loading *l, const struct index_entry *entry);
/* Against the index of the last load, with matrix and rollbacks in hand. */
enum status check_history(struct loading *l);
/* The manifest in l->manifest takes over from *was: its epoch may not be lower. */
enum status check_epoch(struct loading *l, const struct index_entry *was);
/* The manifest in l->manifest was read, the cell's newest first: does it show that a rollback
 * of the cell was never done? */
void hold_against_rollbacks(struct loading *l, const struct index_entry *entry);
/* A rollback left this manifest, at that time. */
bool is_left_behind(const struct loading *l, const struct index_entry *entry, int64_t *since);
/* The highest version from which a rollback leads here; 0: none. */
uint64_t rolled_back_from(const struct loading *l, const struct index_entry *entry);
/* The log that was witnessed goes on from the one that was seen before. */
enum status load_log(struct loading *l);
/* Where the root asks for it: the document stands in the log, with this key's
 * signature. */
enum status loading_proven(struct loading *l, const char *kind, struct span payload, size_t key);
/* The same, and for no revocation's sake is it passed over. */
enum status loading_is_logged(struct loading *l, const char *kind, struct span payload, size_t key);
/* Does the load go on without proofs where this one could not be had? */
bool loading_goes_without_proofs(struct loading *l, const struct release_refusal *why);
/* Of each key that counts for the role, by the payload's digest. */
enum status loading_proven_by(struct loading *l, const char *kind, const struct digest *document,
			      enum role role, key_mask signers);
enum status load_manifests(struct loading *l);
/* A manifest's change class and difference, computed from what it names as
 * previous; approved by as many as that class asks for, and so is that baseline, and
 * each one of a low-risk change. *in_force false: not without keys that are revoked.
 * *is_complete false: it is not, and an emergency has to stand for it. entry: the
 * index's, or any of its cell. */
enum status load_approvals(struct loading *l, const char *path, struct span payload,
			   const struct index_entry *entry, bool *is_complete, bool *in_force);
/* What a manifest names as previous, before there is such a manifest. */
enum status load_baseline(struct loading *l, const struct digest *manifest);
/* Of the manifest in l->manifest: its provenance, where it names one or the root wants
 * one. *in_force false: its builder's key is revoked. */
enum status load_provenance(struct loading *l, const char *path, struct span payload,
			    bool *in_force);
/* The manifest's sets that vendors delivered: each with the signature of one that the
 * root knows. *in_force false: of a key, or an artifact, that is revoked. */
enum status load_vendors(struct loading *l, const char *path, bool *in_force);
/* The sets of the manifest in l->manifest, into the image. are_counted: it is accepted
 * still, and they are among those that a cell may have. */
enum status load_sets(struct loading *l, bool are_counted);
/* A set's file, of its size and digest. */
enum status load_set_file(struct loading *l, const struct manifest_set *set, const char *path,
			  struct bytes *file);

#endif
