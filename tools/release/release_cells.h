/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_CELLS_H
#define TOOLS_RELEASE_RELEASE_CELLS_H

#include "tools/release/release_line.h"

/* What an index becomes when one manifest takes another place in its cell. */
struct cell_change {
	const char *platform, *kernel;
	const char *manifest; /* SHA-256 of its payload, hexadecimal */
	bool is_canary; /* tried beside the current one */
	const char *rollback; /* its document where `current` goes down, else NULL */
	int64_t now, accept_previous;
};

/* The cells of the next index: every other cell as it was, in this one what was
 * current is accepted a while longer. NULL after a message. */
json_t *cells_after(const struct release_line *line, json_t *index,
		    const struct cell_change *change);
/* Every manifest that the cells name, in their order. */
json_t *cells_subjects(json_t *cells);
/* The cell of an index, borrowed; NULL where it has none. */
json_t *cells_find(json_t *index, const char *platform, const char *kernel);
/* {"sha256", "version"} of a cell's manifest of that version, from the newest index
 * that had it; NULL after a message. pin as line_past_index() takes it. */
json_t *cells_past(const struct release_line *line, const struct digest *pin, uint64_t newest,
		   const char *platform, const char *kernel, int64_t version);

/* The highest version that any index had in the cell: after a rollback there are
 * versions above the current one, which nobody may use again. 0: none. */
enum status cells_highest(const struct release_line *line, const struct digest *pin,
			  uint64_t newest, const char *platform, const char *kernel, uint64_t *out);

#endif
