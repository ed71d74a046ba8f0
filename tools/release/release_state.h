/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_STATE_H
#define TOOLS_RELEASE_RELEASE_STATE_H

#include "tools/release/release_root.h"

/* By what a line's documents are believed. */
struct line_anchor {
	const struct digest *pin; /* the first root; NULL or DIGEST_NONE: as line_pin() */
	/* SHA-256 of the index in force, by who knows it, hexadecimal: its publisher may have
	 * lost the role or the key since. NULL: one who has it now. */
	const char *after;
};

/* What is in force, zero where there is none yet: timestamp and index, each verified from
 * the first root on before anything of it is used. */
struct line_state {
	uint64_t timestamp_version;
	uint64_t index_version;
	struct digest index_digest;
	struct release_mark revocations; /* that the index names */
	json_t *index; /* predicate; NULL: none yet */
};

/* Says what does not verify. */
enum status line_state_from(const struct release_line *line, const struct line_anchor *anchor,
			    struct line_state *out);
void line_state_done(struct line_state *state);
/* The cell's manifest in a state: {"sha256", "version", ...}, borrowed. */
json_t *line_state_manifest(const struct line_state *state, const char *platform,
			    const char *kernel, const char *name);

/* The predicate of an index that was in force once, by a publisher of the root that it
 * names; NULL after a message. */
json_t *line_past_index(const struct release_line *line, const struct digest *pin,
			uint64_t version);
/* The predicate of the manifest that has this digest; NULL after a message. */
json_t *line_manifest(const struct release_line *line, const char *hex);

AUTO_RELEASE(line_state, line_state_done);

#endif
