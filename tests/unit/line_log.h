/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LINE_LOG_H
#define TESTS_LINE_LOG_H

#include "policies/transparency/log_entry.h"
#include "policies/transparency/tree_edge.h"
#include "release_line.h"

/* A release line's transparency log, kept by the test: the line's own keys `log` and
 * `witness` sign. unit.h comes first. */
#define LINE_LOG_ENTRIES_MAX 16

/* What a root's text has to say for it. */
extern const struct line_edit line_log_edits[2];

struct line_log {
	struct line *line;
	struct hasher hasher;
	struct tree_edge edge;
	struct tree_head head;
	size_t count;
	struct {
		struct bytes text;
		struct digest document;
		char key[LOG_NAME_MAX];
	} entry[LINE_LOG_ENTRIES_MAX];
};

void line_log_init(struct line_log *log, struct line *line);
void line_log_done(struct line_log *log);
/* Of the first envelope whose path starts with this: its kind, and who signed it. */
void line_log_add(struct line_log *log, const char *kind, const char *path, const char *key);
/* Manifest and approvals of the line as line_make() made it. */
void line_log_add_all(struct line_log *log);
/* Tiles, a checkpoint signed by these two, and proofs beside the documents. NULL: that
 * signature is left out. */
void line_log_publish(struct line_log *log, const char *log_key, const char *witness);
/* The path of the proof of an entry, by number. */
void line_log_proof_path(const struct line_log *log, size_t entry, char path[160]);
/* The proof of an entry under the path of another. */
void line_log_prove(struct line_log *log, size_t entry, const char *path, const char *log_key,
		    const char *witness);

AUTO_RELEASE(line_log, line_log_done);

#endif
