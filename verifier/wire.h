/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_WIRE_H
#define VERIFIER_WIRE_H

#include <stddef.h>

#include "base/reader.h"
#include "base/writer.h"

/*
 * A struct on the wire: a table names its members in order, with the form and
 * the cap of each, and one walk writes them or reads them back, so that encoder
 * and decoder can't disagree. The macros below refuse to compile for a member of
 * another type than their form has.
 */
enum wire_form {
	WIRE_FORM_BOOL = 1, /* be16: 0 or 1 */
	WIRE_FORM_U8, /* at most cap */
	WIRE_FORM_BITS, /* be32: a uint32_t, no bit outside cap */
	WIRE_FORM_BE64,
	WIRE_FORM_TIME, /* be64: int64_t, unix seconds, never negative */
	WIRE_FORM_NUMBER, /* be16: an enum or uint32_t, from least to below cap */
	WIRE_FORM_SIZED, /* be16 length, then a span of at most cap bytes */
	WIRE_FORM_SIZED32, /* the same with a be32 length */
	WIRE_FORM_EXACT, /* as SIZED: a span of cap bytes, or of none */
	WIRE_FORM_FIXED, /* cap bytes in place, no length */
	WIRE_FORM_TEXT, /* as SIZED: char[cap + 1] with a NUL behind and none inside */
	WIRE_FORM_STRUCT, /* the fields of another table */
	WIRE_FORM_ARRAY, /* cap elements */
	WIRE_FORM_LIST, /* be16 count (a size_t), then so many elements of at most cap */
	WIRE_FORM_CHOICE, /* nothing of its own: the fields of the table that a bool or enum chooses */
	WIRE_FORM_CODEC, /* by two functions */
};

struct wire_table {
	size_t size; /* of the struct that it describes */
	/* A struct that ends with a long list, most of which is seldom used: its size without
	 * the items, and where the count of them is. stride 0: with nothing like it. */
	size_t head, counter, stride;
	size_t count;
	const struct wire_field *fields;
};

/* A member with a form of its own; both fail their reader or writer. */
struct wire_codec {
	void (*put)(struct writer *w, const void *member);
	void (*take)(struct reader *r, void *member);
};

struct wire_field {
	enum wire_form form;
	size_t offset;
	size_t cap;
	union {
		struct { /* BOOL, NUMBER, CHOICE */
			size_t size; /* of the member: a bool's or an enum's */
			uint32_t least;
		};
		size_t stride; /* STRUCT, ARRAY, LIST: of one; a table of another size is refused */
	};
	size_t base; /* offset of a LIST's items, of what a CHOICE's tables describe */
	union {
		const struct wire_codec *codec;
		const struct wire_table *table; /* STRUCT, ARRAY, LIST: of an element */
		const struct wire_table *const *tables; /* CHOICE: cap of them */
	};
};

/* Appends message, a struct that the table describes. */
void wire_put(struct writer *w, const struct wire_table *table, const void *message);
/* Bytes of message that are in use, from its first on. */
size_t wire_used(const struct wire_table *table, const void *message);
/* Fills message, of which the caller zeroed the head; a list's elements are zeroed as
 * they come. Spans borrow from what is read. */
void wire_take(struct reader *r, const struct wire_table *table, void *message);
/* wire_put() of at most max bytes in all, and wire_take() of all there is. A message
 * that could not be read is half filled. */
enum status wire_encode(const struct wire_table *table, const void *message, size_t max,
			struct bytes *out);
enum status wire_decode(const struct wire_table *table, struct span body, void *message);

/* clang-format off */
#define WIRE_TABLE(type, list) \
	{ .size = sizeof(type), .head = sizeof(type), \
	  .count = sizeof(list) / sizeof((list)[0]), .fields = (list) }
/* Of a struct that ends with counted items. */
#define WIRE_TABLE_TO(type, list, counted, items) \
	{ .size = sizeof(type), .head = offsetof(type, items), .counter = offsetof(type, counted), \
	  .stride = sizeof(((type *)0)->items[0]), \
	  .count = sizeof(list) / sizeof((list)[0]), .fields = (list) }

/* A member's name cannot stand in parentheses. NOLINTBEGIN(bugprone-macro-parentheses) */
#define WIRE_MEMBER(tag, member) (((struct tag *)0)->member)
/* The member's offset; no constant where it is of another type or size. */
#define WIRE_AT(tag, member, type) \
	(offsetof(struct tag, member) * _Generic(WIRE_MEMBER(tag, member), type: 1))
#define WIRE_AT_OF_SIZE(tag, member, wanted) \
	(offsetof(struct tag, member) + \
	 0 * sizeof(char[sizeof(WIRE_MEMBER(tag, member)) == (wanted) ? 1 : -1]))
#define WIRE_ELEMENTS(tag, member) (sizeof(WIRE_MEMBER(tag, member)) / sizeof(WIRE_MEMBER(tag, member)[0]))

#define WIRE_BOOL(tag, member) \
	{ .form = WIRE_FORM_BOOL, .offset = WIRE_AT(tag, member, bool), .cap = 2, \
	  .size = sizeof(bool) }
#define WIRE_U8(tag, member, max) \
	{ .form = WIRE_FORM_U8, .offset = WIRE_AT(tag, member, uint8_t), .cap = (max) }
#define WIRE_BITS(tag, member, allowed) \
	{ .form = WIRE_FORM_BITS, .offset = WIRE_AT(tag, member, uint32_t), .cap = (allowed) }
#define WIRE_BE32(tag, member) WIRE_BITS(tag, member, UINT32_MAX)
#define WIRE_BE64(tag, member) \
	{ .form = WIRE_FORM_BE64, .offset = WIRE_AT(tag, member, uint64_t) }
#define WIRE_TIME(tag, member) \
	{ .form = WIRE_FORM_TIME, .offset = WIRE_AT(tag, member, int64_t) }
#define WIRE_NUMBER(tag, member, first, end) \
	{ .form = WIRE_FORM_NUMBER, .offset = WIRE_AT_OF_SIZE(tag, member, sizeof(uint32_t)), \
	  .cap = (end), .size = sizeof(uint32_t), .least = (first) }
#define WIRE_SIZED(tag, member, max) \
	{ .form = WIRE_FORM_SIZED, .offset = WIRE_AT(tag, member, struct span), .cap = (max) }
#define WIRE_SIZED32(tag, member, max) \
	{ .form = WIRE_FORM_SIZED32, .offset = WIRE_AT(tag, member, struct span), .cap = (max) }
#define WIRE_EXACT(tag, member, len) \
	{ .form = WIRE_FORM_EXACT, .offset = WIRE_AT(tag, member, struct span), .cap = (len) }
#define WIRE_FIXED(tag, member) \
	{ .form = WIRE_FORM_FIXED, .offset = WIRE_AT(tag, member[0], uint8_t), \
	  .cap = sizeof(WIRE_MEMBER(tag, member)) }
#define WIRE_TEXT(tag, member) \
	{ .form = WIRE_FORM_TEXT, .offset = WIRE_AT(tag, member[0], char), \
	  .cap = sizeof(WIRE_MEMBER(tag, member)) - 1 }
#define WIRE_STRUCT(tag, member, of) \
	{ .form = WIRE_FORM_STRUCT, .offset = offsetof(struct tag, member), \
	  .stride = sizeof(WIRE_MEMBER(tag, member)), .table = &(of) }
#define WIRE_ARRAY(tag, member, of) \
	{ .form = WIRE_FORM_ARRAY, .offset = offsetof(struct tag, member), \
	  .cap = WIRE_ELEMENTS(tag, member), \
	  .stride = sizeof(WIRE_MEMBER(tag, member)[0]), .table = &(of) }
#define WIRE_LIST(tag, counter, member, of) \
	{ .form = WIRE_FORM_LIST, .offset = WIRE_AT(tag, counter, size_t), \
	  .cap = WIRE_ELEMENTS(tag, member), \
	  .base = offsetof(struct tag, member), \
	  .stride = sizeof(WIRE_MEMBER(tag, member)[0]), .table = &(of) }
/* list: of tables by the chooser's value, STATUS_UNSUPPORTED where there is none;
 * start: where what they describe begins in this struct. */
#define WIRE_CHOICE(tag, chooser, start, list) \
	{ .form = WIRE_FORM_CHOICE, .offset = offsetof(struct tag, chooser), \
	  .cap = sizeof(list) / sizeof((list)[0]), \
	  .size = sizeof(WIRE_MEMBER(tag, chooser)), .base = (start), .tables = (list) }
#define WIRE_CODEC(tag, member, by) \
	{ .form = WIRE_FORM_CODEC, .offset = offsetof(struct tag, member), .codec = &(by) }
/* NOLINTEND(bugprone-macro-parentheses) */
/* clang-format on */

#endif
