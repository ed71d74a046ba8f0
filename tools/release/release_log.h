/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_LOG_H
#define TOOLS_RELEASE_RELEASE_LOG_H

#include "policies/transparency/log_entry.h"
#include "policies/transparency/log_proof.h"
#include "policies/transparency/release_log.h"
#include "policies/transparency/tree_edge.h"
#include "policies/trust/log_trust.h"
#include "tools/release/release_directory.h"
#include "tools/release/release_line.h"

/* A release directory's transparency log, read by somebody who trusts its root. */
struct release_log {
	struct release_directory directory;
	struct document_source documents;
	struct tile_source tiles;
	struct hasher hasher;
	struct digest first_root;
	struct root root; /* the newest */
	key_mask revoked; /* its keys that no longer count; none before release_log_heed() */
	struct bytes origin;
};

/* pin NULL: the first root that is there is believed. Says what is wrong. The log
 * must not be moved. */
enum status release_log_open(struct release_log *log, const char *directory,
			     const struct digest *pin);
void release_log_done(struct release_log *log);
AUTO_RELEASE(release_log, release_log_done);

/* From here on keys that were revoked count as little as to verifiers. The log's keeper
 * goes on from what an earlier key signed. */
enum status release_log_heed(struct release_log *log);

struct log_trust release_log_trust(const struct release_log *log, int64_t now);
/* A checkpoint by its path in the directory. STATUS_NOT_FOUND without a word;
 * STATUS_DENIED after one: nobody who counts signed it. *out borrows from text. */
enum status release_log_checkpoint(const struct release_log *log, const char *path,
				   bool without_witness, struct bytes *text,
				   struct checkpoint *out);
/* Is older a prefix of head? STATUS_MISMATCH, STATUS_DENIED (it shrank). */
enum status release_log_prefix(const struct release_log *log, const struct tree_head *older,
			       const struct tree_head *head);

/* Every entry from number from on. STATUS_MISMATCH where all entries together don't
 * give head's root, which is known only at the end. */
typedef enum status (*log_visitor)(void *self, uint64_t index, struct span text,
				   const struct log_entry *entry);
enum status release_log_entries(const struct release_log *log, const struct tree_head *head,
				log_visitor visit, void *self);
/* "proofs/SHA256/KEY", below the directory. */
struct path_text release_log_proof_name(const struct log_entry *entry);

/*
 * Appends what the line's release directory has and its log has not: every
 * envelope that a key of its roots signed. key_file NULL: DIR/keys/log-keeper/log.pem.
 * A line without a log key has no log: nothing is done. What was interrupted is made
 * good by the next call. pin as line_root() takes it.
 */
enum status release_log_catch_up(const struct release_line *line, const struct digest *pin,
				 const char *key_file);

#endif
