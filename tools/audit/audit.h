/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_AUDIT_AUDIT_H
#define TOOLS_AUDIT_AUDIT_H

#include "policies/transparency/checkpoint.h"
#include "policies/transparency/tile_check.h"
#include "tools/auto_jansson.h"
#include "tools/command.h"
#include "tools/release/release_log.h"

/* A verdict log as it was exported into a directory: checkpoint, tile/... */
struct verdict_export {
	struct path_text folder;
	struct hasher hasher;
	EVP_PKEY *key; /* the log's, public */
	struct bytes origin;
	struct note_key note_key;
	struct tile_source tiles;
};

/* key_file: PEM. Says what is wrong. It must not be moved. */
enum status verdict_export_open(struct verdict_export *e, const char *folder, const char *key_file);
void verdict_export_done(struct verdict_export *e);
AUTO_RELEASE(verdict_export, verdict_export_done);

/* A checkpoint that the log signed; says why it is none. STATUS_NOT_FOUND without a
 * word. *out borrows from text. */
enum status verdict_export_checkpoint(const struct verdict_export *e, const char *path,
				      struct bytes *text, struct checkpoint *out);
/* All entries give head's root, and each names the hash of the one before it.
 * STATUS_MISMATCH else. *older: its root is that of the first older->size. Each was added
 * to tiles. */
enum status verdict_export_check(const struct verdict_export *e, const struct tree_head *head,
				 const struct tree_head *older, struct tile_check *tiles);

/* attestctl audit export --verifier: audit_export.c */
struct audit_source {
	const char *verifier, *ca, *certificate, *key;
};

enum answer audit_export_verdicts(const struct audit_source *source, const char *folder,
				  const char *log_key, enum team trail);
/* attestctl audit export --release: the trail of one team, as JSON lines. */
enum answer audit_export_trail(const char *directory, const struct digest *pin, enum team trail);

/* attestctl audit drift; argv[0] is the subcommand. */
enum answer audit_drift(int argc, char **argv);

#endif
