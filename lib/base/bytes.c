/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Few of the buffers that grow stay smaller, and malloc(3) hands these out of a list. */
#define FIRST_CAPACITY 512

bool span_starts_with(struct span s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.len >= len && memcmp(s.data, prefix, len) == 0;
}

int span_compare(struct span a, struct span b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common == 0 ? 0 : memcmp(a.data, b.data, common);

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

void bytes_done(struct bytes *b)
{
	free(b->data);
	*b = (struct bytes){ 0 };
}

void bytes_wipe(struct bytes *b)
{
	if (b->data != NULL)
		explicit_bzero(b->data, b->capacity);
	bytes_done(b);
}

void bytes_empty(struct bytes *b, size_t keep_max)
{
	if (b->capacity > keep_max)
		bytes_done(b);
	b->len = 0;
}

enum status bytes_reserve(struct bytes *b, size_t capacity)
{
	if (capacity <= b->capacity)
		return OK;

	uint8_t *grown = realloc(b->data, capacity);
	if (grown == NULL)
		return STATUS_NO_MEMORY;
	b->data = grown;
	b->capacity = capacity;
	return OK;
}

enum status bytes_make_room(struct bytes *b, size_t more)
{
	if (more <= b->capacity - b->len)
		return OK;
	if (more > SIZE_MAX / 2 - b->len)
		return STATUS_TOO_LARGE;

	size_t wanted = b->len + more;
	size_t doubled = b->capacity < FIRST_CAPACITY ? FIRST_CAPACITY : b->capacity * 2;
	return bytes_reserve(b, wanted > doubled ? wanted : doubled);
}

enum status bytes_append(struct bytes *b, struct span more)
{
	enum status status = bytes_make_room(b, more.len);

	if (status != OK)
		return status;
	if (more.len > 0)
		memcpy(b->data + b->len, more.data, more.len);
	b->len += more.len;
	return OK;
}

enum status bytes_append_byte(struct bytes *b, uint8_t value)
{
	return bytes_append(b, (struct span){ .data = &value, .len = 1 });
}

enum status bytes_printf(struct bytes *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		return STATUS_MALFORMED;

	enum status status = bytes_make_room(b, (size_t)len + 1);
	if (status != OK)
		return status;
	va_start(args, format);
	(void)vsnprintf((char *)b->data + b->len, (size_t)len + 1, format, args);
	va_end(args);
	b->len += (size_t)len;
	return OK;
}

enum status bytes_copy(struct span from, struct bytes *out)
{
	struct bytes copy = { 0 };
	enum status status = bytes_append(&copy, from);

	if (status == OK)
		*out = copy;
	return status;
}

enum status bytes_text(struct span from, char **out)
{
	if (from.len > 0 && memchr(from.data, 0, from.len) != NULL)
		return STATUS_MALFORMED;

	char *text = malloc(from.len + 1);
	if (text == NULL)
		return STATUS_NO_MEMORY;
	if (from.len > 0)
		memcpy(text, from.data, from.len);
	text[from.len] = '\0';
	*out = text;
	return OK;
}
