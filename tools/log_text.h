/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_LOG_TEXT_H
#define TOOLS_LOG_TEXT_H

#include <stdio.h>

#include "base/digest.h"
#include "tools/auto_jansson.h"

/* What the commands that show logs have in common. */

struct hex_text {
	char text[DIGEST_MAX * 2 + 1];
};

/* At most DIGEST_MAX bytes of it. */
struct hex_text hex_text_of(struct span s);

/* Bytes of a stranger's on a terminal: all but printable ASCII becomes \xNN,
 * a backslash \\. At most max bytes of it, then "...". */
void print_escaped(FILE *to, struct span s, size_t max);

/* Text that is escaped already, as JSON is, but for what is beyond ASCII: signs that change
 * the direction of others or command a terminal would make another text of it. */
void print_visible(FILE *to, const char *text);

/* Prints and releases report, which may be NULL: out of memory. */
enum status print_report(json_t *report);

/* What a file is that is no binary log, as the end of a sentence that refuses it:
 * text (an ascii_ file, or what a tool made of a log). Empty where it is not. */
const char *text_hint(struct span file);

/* PCR:alg=HEX,...: an argument of tpm2_pcrextend. */
void print_extend_start(FILE *to, unsigned pcr);
void print_extend_digest(FILE *to, const struct digest *digest, bool is_first);

/* Comma-separated names of banks, each once. */
bool banks_parse(const char *text, enum digest_alg banks[DIGEST_ALGS], size_t *count);

#endif
