/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/loading/loading.h"

#include <stdio.h>
#include <string.h>

#include "policies/transparency/log_entry.h"
#include "policies/transparency/log_proof.h"
#include "policies/transparency/release_log.h"
#include "policies/transparency/tile.h"
#include "policies/trust/log_trust.h"

#define PATH_SIZE 192

/*
 * What comes into force stands in the release log, where both teams can see it:
 * each manifest and approval, and what lets one in without or takes another back,
 * has a proof beside it, up to a checkpoint that the log signed and identity security's witness cosigned. The tree that verifiers
 * saw last is a prefix of the one that they see now.
 */

/*
 * A revocation never waits for a proof: where it is newer than the last load, and
 * the index is the one of that load, whose manifests were proven then, it counts
 * though the log is in disorder. Nothing else comes into force that way: what had lapsed
 * may have been signed again since, by keys that were stolen, so no new right is given.
 */
static bool may_go_without(const struct loading *l)
{
	const struct release_marks *seen = &l->trust->marks;

	return seen->log.version > 0 && seen->index.version == l->marks.index.version &&
	       l->marks.revocations.version > seen->revocations.version;
}

bool loading_goes_without_proofs(struct loading *l, const struct release_refusal *why)
{
	if (!l->has_older_root && !may_go_without(l))
		return false;
	loading_suspend(l, why->code, why->document, why->field);
	l->goes_without_proofs = true;
	l->marks.log = l->trust->marks.log;
	return true;
}

static enum status excuse(struct loading *l, enum status status)
{
	if (status == OK || status == STATUS_NO_MEMORY ||
	    !loading_goes_without_proofs(l, l->refusal))
		return status;
	*l->refusal = (struct release_refusal){ 0 };
	return OK;
}

/* Files of the log, by their paths within it. */
static enum status read_tile(void *self, const char *path, size_t max, struct bytes *out)
{
	const struct document_source *source = self;
	char full[PATH_SIZE];

	(void)snprintf(full, sizeof(full), "%s/%s", RELEASE_LOG, path);
	return source->read(source->self, full, max, out);
}

/* Why the checkpoint does not count; NULL: it does. */
static const char *doubt_about(struct loading *l, struct span bytes, struct checkpoint *out)
{
	AUTO_DONE(bytes) origin = { 0 };
	struct log_trust trust = { .root = &l->root, .revoked = l->revoked, .now = l->trust->now };

	if (release_log_origin(&l->trust->root, &origin) != OK)
		return "source-failed";
	trust.origin = span_of(&origin);
	return log_trust_doubt(&trust, bytes, out);
}

/* Is older a prefix of the tree that was witnessed? Computed from its tiles. */
static enum status check_prefix(struct loading *l, const struct tree_head *older)
{
	struct document_source source = *l->source;
	const struct tile_source tiles = { .read = read_tile, .self = &source };
	AUTO_DONE(tile_tree) tree = { 0 };
	struct tree_proof proof = { 0 };
	struct tree_source subtrees;
	enum status status = OK;

	if (older->size > l->log.size)
		return STATUS_DENIED;
	tile_tree_init(&tree, &l->hasher, &tiles, l->log.size);
	subtrees = tile_tree_source(&tree);
	if (older->size < l->log.size)
		status = consistency_make(&l->hasher, &subtrees, older->size, l->log.size, &proof);
	return status == OK ? consistency_verify(&l->hasher, older, &proof, &l->log) : status;
}

static enum status refuse_prefix(struct loading *l, enum status status, const char *document)
{
	if (status == STATUS_DENIED)
		return loading_refuse(l, status, "log-shrunk", document, "size");
	if (status == STATUS_MISMATCH)
		return loading_refuse(l, status, "log-forked", document, "root");
	return loading_refuse(l, status, "log-tile-missing", document, "tile");
}

/* What was seen stays: a larger tree that goes on from it, or the same. */
static enum status check_log_mark(struct loading *l)
{
	const struct release_mark *seen = &l->trust->marks.log;
	struct tree_head before = { .size = seen->version };
	enum status status;

	memcpy(before.root.value, seen->digest.value, SHA256_SIZE);
	status = seen->version == 0 ? OK : check_prefix(l, &before);
	if (status != OK)
		return refuse_prefix(l, status, RELEASE_LOG_WITNESSED);
	l->marks.log.version = l->log.size;
	status = digest_from(DIGEST_SHA256, tree_hash_span(&l->log.root), &l->marks.log.digest);
	return status == OK ? OK
			    : loading_refuse(l, status, "source-failed", RELEASE_LOG_WITNESSED, "");
}

static enum status read_log(struct loading *l)
{
	AUTO_DONE(bytes) note = { 0 };
	struct checkpoint checkpoint;
	const char *doubt;
	enum status status;

	status = hasher_init(&l->hasher, DIGEST_SHA256);
	if (status != OK)
		return loading_refuse(l, status, "source-failed", RELEASE_LOG_WITNESSED, "");
	status = l->source->read(l->source->self, RELEASE_LOG_WITNESSED, NOTE_MAX, &note);
	if (status != OK)
		return loading_refuse(l, status, "witness-missing", RELEASE_LOG_WITNESSED, "");
	doubt = doubt_about(l, span_of(&note), &checkpoint);
	if (doubt != NULL)
		return loading_refuse(l, STATUS_DENIED, doubt, RELEASE_LOG_WITNESSED, "");
	l->log = checkpoint.head;
	return check_log_mark(l);
}

enum status load_log(struct loading *l)
{
	l->marks.log = l->trust->marks.log;
	return l->root.requires_proofs ? excuse(l, read_log(l)) : OK;
}

/* The entry in the proof speaks of this document, and of this signature. */
static bool is_about(const struct log_entry *entry, const char *kind, const struct digest *document,
		     struct span key)
{
	return span_equal(entry->kind, span_text(kind)) &&
	       digest_equal(&entry->document, document) && span_equal(entry->key, key);
}

static enum status check_proof(struct loading *l, const char *path, const struct log_proof *proof)
{
	struct checkpoint checkpoint;
	const char *doubt = doubt_about(l, proof->checkpoint, &checkpoint);
	enum status status;

	if (doubt != NULL)
		return loading_refuse(l, STATUS_DENIED, doubt, path, "checkpoint");
	status = check_prefix(l, &checkpoint.head);
	if (status != OK)
		return refuse_prefix(l, status, path);
	status = log_proof_verify(&l->hasher, proof, &checkpoint.head);
	return status == OK ? OK : loading_refuse(l, status, "bad-proof", path, "index");
}

static enum status prove(struct loading *l, const char *kind, const struct digest *document,
			 size_t key)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(log_proof) proof = { 0 };
	struct span name = l->root.key[key].name;
	struct log_entry entry;
	char suffix[LOG_NAME_MAX + 2];
	char path[PATH_SIZE];
	enum status status;

	if (!l->root.requires_proofs || l->goes_without_proofs)
		return OK;
	(void)snprintf(suffix, sizeof(suffix), "/%.*s", (int)name.len, (const char *)name.data);
	loading_path(path, sizeof(path), RELEASE_PROOFS "/", document, suffix);
	status = l->source->read(l->source->self, path, LOG_PROOF_MAX, &text);
	if (status != OK)
		return loading_refuse(l, status, "proof-missing", path, "");
	if (log_proof_parse(span_of(&text), &proof) != OK ||
	    log_entry_parse(span_of(&proof.entry), &entry) != OK)
		return loading_refuse(l, STATUS_MALFORMED, "bad-proof", path, "");
	if (!is_about(&entry, kind, document, name))
		return loading_refuse(l, STATUS_MISMATCH, "proof-of-another", path, "extra");
	return check_proof(l, path, &proof);
}

enum status loading_is_logged(struct loading *l, const char *kind, struct span payload, size_t key)
{
	struct digest digest;
	enum status status = digest_of(DIGEST_SHA256, payload, &digest);

	if (status != OK)
		return loading_refuse(l, status, "source-failed", kind, "");
	return prove(l, kind, &digest, key);
}

enum status loading_proven(struct loading *l, const char *kind, struct span payload, size_t key)
{
	return excuse(l, loading_is_logged(l, kind, payload, key));
}

enum status loading_proven_by(struct loading *l, const char *kind, const struct digest *document,
			      enum role role, key_mask signers)
{
	key_mask keys = signers & l->root.role[role].keys & ~l->revoked;
	enum status status = OK;

	for (size_t i = 0; i < l->root.key_count && status == OK; i++)
		if ((keys >> i & 1) != 0)
			status = excuse(l, prove(l, kind, document, i));
	return status;
}
