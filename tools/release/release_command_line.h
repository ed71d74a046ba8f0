/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_COMMAND_LINE_H
#define TOOLS_RELEASE_RELEASE_COMMAND_LINE_H

#include <stdio.h>

#include "tools/release/release_difference.h"

/* What a kernel's command line leaves open, as a warning: an initramfs may be one that has no
 * shell, and no verifier asks. */

/* Nothing where it leaves no shell. */
void command_line_warn(FILE *to, struct span line);

/*
 * Of a comparison that has been run: where it changes command lines or the initramfs that reads
 * them, each line that leaves a shell.
 */
void comparison_print_shells(const struct comparison *c, FILE *to);
/* [{"cmdline", "shells": [CODE]}] */
json_t *comparison_shells_json(const struct comparison *c);

#endif
