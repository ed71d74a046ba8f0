/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_RELEASE_OUTCOME_H
#define TESTS_RELEASE_OUTCOME_H

#include "release_line.h"

/* What release_load() says to a line. unit.h comes first. */
struct outcome {
	enum status status;
	struct bytes image;
	struct release_marks marks;
	struct release_refusal refusal;
};

void outcome_done(struct outcome *out);
AUTO_RELEASE(outcome, outcome_done);

/* After these marks (NULL: the first load) and at this time. A refusal has a
 * code, gives no image and leaves the marks in *out as they were. */
void outcome_load_at(struct line *line, const struct release_marks *marks, int64_t now,
		     struct outcome *out);
/* The first load at LINE_NOW; says why where there is none. */
void outcome_load(struct line *line, struct outcome *out);

/* One row: one edit, and what the load must say to it. */
struct refusal_row {
	struct line_edit edit;
	const char *code;
};

void outcome_all_refused(const struct refusal_row *rows, size_t count);

#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

#endif
