/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIGNED_TEXT_H
#define TESTS_SIGNED_TEXT_H

#include "policies/envelope/dsse.h"
#include "release_outcome.h"

/* An envelope, taken apart. */
struct signed_text {
	char key[DSSE_KEYID_MAX + 1];
	char text[16384];
	uint8_t signature[DSSE_SIGNATURE_MAX + 8];
	size_t signature_len;
};
/* Of the first file whose path starts with this. */
void signed_text_of(struct line *line, const char *path, struct signed_text *out);
void put_signature(struct line *line, const char *path, const struct signed_text *signed_text);

void approval_path(const struct line *line, int number, char path[160]);
/* The line's first approval once more, by this key. */
void approve_as(struct line *line, const char *key, struct signed_text *approval);

/* The text of the line's first root with another version and, unless find is
 * NULL, one more change. */
void root_text(struct line *line, const char *version, const char *find, const char *replace,
	       char out[16384]);
/* An index edit that names root 2 with this text. */
void pin_root(const struct line *line, const char *text, char find[160], char replace[160]);

#endif
