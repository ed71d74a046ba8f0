/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PROGRESS_H
#define TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How far long work has come, on standard error: on a terminal one line that is
 * written over, elsewhere a line each half minute. Nothing where it is done soon.
 */
struct progress {
	const char *what; /* "reading packages" */
	bool is_terminal;
	bool was_shown;
	int64_t started_ms, shown_ms;
	size_t files;
	uint64_t bytes;
};

struct progress progress_begin(const char *what);
/* Content that was read; seldom asks the clock. */
void progress_bytes(struct progress *progress, size_t len);
void progress_file(struct progress *progress);
/* Leaves the terminal's line empty. */
void progress_end(struct progress *progress);

#endif
