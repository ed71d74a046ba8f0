/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_DIFFERENCE_H
#define TOOLS_RELEASE_RELEASE_DIFFERENCE_H

#include "policies/difference/difference.h"
#include "policies/trust/root.h"
#include "tools/release/release_line.h"

/*
 * A manifest beside the one that it is compared with, from a line's working
 * directory or a release directory. Every function says what failed on standard
 * error. Must not be moved once it is open.
 */
struct comparison {
	char release[PATH_TEXT_MAX]; /* where sets, manifests and roots lie */
	struct bytes old, new; /* payloads */
	bool has_before;
	struct difference_side before, after;
	struct root root; /* the newest; whose rules class the change */
	struct digest first; /* the root that its chain begins with */
	struct difference difference;
};

/* A payload beside what it names as previous, which passes baseline_check(). pin as
 * line_root() takes it. */
enum status comparison_open(struct comparison *c, const struct release_line *line,
			    const struct digest *pin, struct span new);
/* Two payloads that whoever compares them chose, with what lies in a release directory; pin
 * as verified_root() takes it. */
enum status comparison_open_both(struct comparison *c, const char *release,
				 const struct digest *pin, struct span old, struct span new);
/* Tells and counts all that differs. */
enum status comparison_run(struct comparison *c, const struct difference_listener *listener);
void comparison_done(struct comparison *c);

AUTO_RELEASE(comparison, comparison_done);

/* The class that approvals have to name: computed, raised by the author's own. */
enum change_class comparison_class(const struct comparison *c);

/* Changes as people read them: kind by kind, files by package or directory. */
enum status comparison_print(struct comparison *c, FILE *to, const char *packages);
/* As programs do. */
enum status comparison_print_json(struct comparison *c, FILE *to);
/* The text whose digest approvals carry. */
enum status comparison_print_canonical(struct comparison *c, FILE *to);

#endif
