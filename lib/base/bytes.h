/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/auto.h"
#include "base/status.h"

/* Borrowed bytes. An empty span may have data == NULL. */
struct span {
	const uint8_t *data;
	size_t len;
};

/* Owned bytes; { 0 } is empty. bytes_done() releases and empties. */
struct bytes {
	uint8_t *data;
	size_t len;
	size_t capacity;
};

static inline struct span span_of(const struct bytes *b)
{
	return (struct span){ .data = b->data, .len = b->len };
}

/* The text without its closing NUL; NULL gives the empty span. Inline, so that a
 * constant text's length is a constant too. */
static inline struct span span_text(const char *text)
{
	if (text == NULL)
		return (struct span){ 0 };
	return (struct span){ .data = (const uint8_t *)text, .len = strlen(text) };
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Equal in time that depends on the lengths only: for secrets and nonces. */
bool span_equal_secret(struct span a, struct span b);
static inline bool span_is_zero(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] != 0)
			return false;
	return true;
}

bool span_starts_with(struct span s, const char *prefix);
/* memcmp order, the shorter first where one is a prefix of the other. */
int span_compare(struct span a, struct span b);

void bytes_done(struct bytes *b);
/* Like bytes_done, but overwrites the memory first. */
void bytes_wipe(struct bytes *b);
/* For what comes next in its place: memory stays, unless it is more than keep_max. */
void bytes_empty(struct bytes *b, size_t keep_max);
enum status bytes_append(struct bytes *b, struct span more);
enum status bytes_append_byte(struct bytes *b, uint8_t value);
/* Appends text by a printf format, without the closing NUL. */
enum status bytes_printf(struct bytes *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Room for more bytes behind len, and as much again: who appends often moves
 * the bytes rarely. */
enum status bytes_make_room(struct bytes *b, size_t more);
/* Room for capacity bytes in all; len stays. */
enum status bytes_reserve(struct bytes *b, size_t capacity);
enum status bytes_copy(struct span from, struct bytes *out);
/* A heap text with a closing NUL; a NUL inside is STATUS_MALFORMED. Free it. */
enum status bytes_text(struct span from, char **out);

AUTO_RELEASE(bytes, bytes_done);
AUTO_FREE(char, char, __builtin_free);

#endif
