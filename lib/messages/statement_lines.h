/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_STATEMENT_LINES_H
#define MESSAGES_STATEMENT_LINES_H

#include "base/bytes.h"

/* A cursor over the lines "name value" of a statement; the first failure
 * sticks. Every line ends with a newline, the last one says "end". */
struct lines {
	struct span rest;
	enum status status;
};

/* Checks the size and takes the first line, the kind ("attestd-act/1"). */
struct lines lines_over(struct span text, const char *kind);
struct lines lines_within(struct span text, size_t max, const char *kind);
void lines_fail(struct lines *l, enum status status);
/* True while the next line has this name: for fields that repeat. */
bool lines_has(const struct lines *l, const char *name);
/* The value of the next line, which must have this name; never empty. */
struct span lines_field(struct lines *l, const char *name);
/* The next word of a value; fails where there is none. */
struct span lines_word(struct lines *l, struct span *value);
/* "end", and nothing after it. */
enum status lines_end(struct lines *l);

/* Lines "extra NAME VALUE", which a reader passes over where it does not know NAME
 * (code_is_valid()): in the order of their names, none twice. Borrows all, as lines. */
#define EXTRAS_MAX 16
#define EXTRA_VALUE_MAX 1024 /* printable ASCII */
struct span lines_take_extras(struct lines *l);

/* Values: "-" leaves *out empty where is_optional. */
void lines_take_escaped(struct lines *l, struct span value, size_t max, bool is_optional,
			struct bytes *out);
void lines_take_base64(struct lines *l, struct span value, size_t max, struct bytes *out);
void lines_take_hex(struct lines *l, struct span value, size_t max, bool is_optional,
		    struct bytes *out);
uint64_t lines_decimal(struct lines *l, struct span value, uint64_t max);

/* The same way out. The first failure sticks in *status. */
struct line_writer {
	struct bytes *out;
	enum status status;
};

void line_text(struct line_writer *w, const char *text);
void line_escaped(struct line_writer *w, struct span value); /* "-" where empty */
void line_base64(struct line_writer *w, struct span value);
void line_hex(struct line_writer *w, struct span value); /* "-" where empty */
void line_decimal(struct line_writer *w, uint64_t value);
/* As lines_take_extras() had them; STATUS_MALFORMED for anything else. */
void line_extras(struct line_writer *w, struct span extras);

#endif
