/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_JSON_WRITER_H
#define MESSAGES_JSON_WRITER_H

#include "base/bytes.h"

/*
 * Writes JSON straight into bytes: a message of megabytes is never held twice.
 * The first failure sticks; ask once, with json_end(). name is NULL for
 * elements of an array and for the top level.
 */
struct json_writer {
	struct bytes *out;
	bool needs_comma;
	enum status status;
};

struct json_writer json_to(struct bytes *out);
void json_open(struct json_writer *w, const char *name, char bracket); /* '{' or '[' */
void json_close(struct json_writer *w, char bracket); /* '}' or ']' */
/* Text that is not UTF-8 is written with U+FFFD for each byte outside ASCII. */
void json_text(struct json_writer *w, const char *name, struct span text);
void json_base64(struct json_writer *w, const char *name, struct span bytes);
void json_hex(struct json_writer *w, const char *name, struct span bytes);
void json_uint(struct json_writer *w, const char *name, uint64_t value);
void json_int(struct json_writer *w, const char *name, int64_t value);
void json_bool(struct json_writer *w, const char *name, bool value);
/* Already JSON. */
void json_raw(struct json_writer *w, const char *name, struct span json);
enum status json_end(const struct json_writer *w);

#endif
