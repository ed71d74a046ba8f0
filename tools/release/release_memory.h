/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_MEMORY_H
#define TOOLS_RELEASE_RELEASE_MEMORY_H

#include "tools/release/release_line.h"

/*
 * What somebody who signs for a line signed last, in a file of their own where nobody else
 * writes: who writes the release directory can put back what lay there before, with the
 * signatures that it had. Marks with version 0 are of what was not signed or seen yet.
 */
struct release_memory {
	struct path_text path;
	bool is_there;
	struct release_mark index, revocations;
	struct release_mark begun; /* an index that may be in force, or was never */
	uint64_t timestamp; /* version */
};

/* given NULL: DIR/keys/USUAL. That the file is not there yet is OK. */
enum status memory_read(const struct release_line *line, const char *usual, const char *given,
			struct release_memory *out);
enum status memory_write(const struct release_memory *memory);
/* Says that nothing is remembered, where there is something to go on from. */
void memory_say_none(const struct release_memory *memory, const char *what);
/* Is what was found at path what is remembered, or later? Says that it is not. */
bool memory_allows(const struct release_memory *memory, const char *path,
		   const struct release_mark *remembered, const struct release_mark *found);

/* The newest revocations that are there; unverified. */
enum status revocations_newest(const struct release_line *line, struct release_mark *out);

#endif
