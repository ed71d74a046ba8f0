/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/json_tree.h"

#include <stdlib.h>

#include "base/text.h"

/* Digits of INT64_MIN with its sign. */
#define NUMBER_MAX 20
#define FIRST_VALUES 64

/* Behind the text stands a NUL, which is part of no token: whoever goes on while
 * bytes belong to one stops there at the latest. */
struct json_reader {
	uint8_t *at;
	struct json_tree tree;
	size_t depth;
	enum status status;
	const char *fault;
};

static bool refuse(struct json_reader *r, enum status status, const char *fault)
{
	r->status = status;
	r->fault = fault;
	return false;
}

static bool is_not_json(struct json_reader *r)
{
	return refuse(r, STATUS_MALFORMED, "not-json");
}

static void skip_space(struct json_reader *r)
{
	while (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t')
		r->at++;
}

/* Space, and then this character. */
static bool takes(struct json_reader *r, char c)
{
	skip_space(r);
	if (*r->at != (uint8_t)c)
		return false;
	r->at++;
	return true;
}

static bool grow(struct json_tree *tree)
{
	size_t wanted = tree->capacity == 0 ? FIRST_VALUES : tree->capacity * 2;
	struct json_value *grown = realloc(tree->values, wanted * sizeof(*grown));

	if (grown == NULL)
		return false;
	tree->values = grown;
	tree->capacity = wanted;
	return true;
}

/* Values move as they become more: until the end they are known by number. */
static bool add(struct json_reader *r, struct json_value value)
{
	struct json_tree *tree = &r->tree;

	if (tree->count == JSON_VALUES_MAX)
		return refuse(r, STATUS_TOO_LARGE, "too-many-values");
	if (tree->count == tree->capacity && !grow(tree))
		return refuse(r, STATUS_NO_MEMORY, "no-memory");
	value.extent = 1;
	tree->values[tree->count++] = value;
	return true;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* In its one spelling: not "1.0", "1e3", "01", "-0". */
static bool read_integer(struct json_reader *r, struct span name)
{
	const uint8_t *start = r->at;
	bool is_negative = *start == '-';
	const uint8_t *digits = start + (is_negative ? 1 : 0);
	uint64_t most = (uint64_t)INT64_MAX + (is_negative ? 1 : 0);
	uint64_t size = 0;
	bool is_over = false;

	for (r->at += is_negative ? 1 : 0; is_digit(*r->at); r->at++) {
		uint64_t digit = (uint64_t)*r->at - '0';

		is_over = is_over || size > (most - digit) / 10;
		size = size * 10 + digit;
	}
	if (r->at == digits || r->at - start > NUMBER_MAX)
		return refuse(r, STATUS_MALFORMED, "not-an-integer");
	if (*digits == '0' && (r->at > digits + 1 || is_negative))
		return refuse(r, STATUS_MALFORMED, "not-an-integer");
	if (*r->at != '\0' && strchr(".eE+-", *r->at) != NULL)
		return refuse(r, STATUS_MALFORMED, "not-an-integer");
	if (is_over)
		return refuse(r, STATUS_MALFORMED, "out-of-range");
	return add(r, (struct json_value){
			      .kind = JSON_KIND_INTEGER,
			      .name = name,
			      .integer = is_negative ? (int64_t)(0 - size) : (int64_t)size,
		      });
}

static bool read_word(struct json_reader *r, const char *word, enum json_kind kind,
		      struct span name)
{
	size_t len = strlen(word);

	if (strncmp((const char *)r->at, word, len) != 0)
		return is_not_json(r);
	r->at += len;
	return add(r, (struct json_value){ .kind = kind, .name = name });
}

/* What \uXXXX stands for; negative where none is at this place. */
static int32_t code_unit(const uint8_t *at)
{
	int32_t unit = 0;

	if (at[0] != '\\' || at[1] != 'u')
		return -1;
	for (size_t i = 2; i < 6; i++) {
		int digit = hex_digit_value(at[i]);

		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

/* RFC 3629, 3. */
static uint8_t *put_utf8(uint8_t *to, uint32_t code)
{
	if (code < 0x80) {
		*to++ = (uint8_t)code;
		return to;
	}
	if (code < 0x800) {
		*to++ = (uint8_t)(0xc0 | code >> 6);
	} else if (code < 0x10000) {
		*to++ = (uint8_t)(0xe0 | code >> 12);
		*to++ = (uint8_t)(0x80 | (code >> 6 & 0x3f));
	} else {
		*to++ = (uint8_t)(0xf0 | code >> 18);
		*to++ = (uint8_t)(0x80 | (code >> 12 & 0x3f));
		*to++ = (uint8_t)(0x80 | (code >> 6 & 0x3f));
	}
	*to++ = (uint8_t)(0x80 | (code & 0x3f));
	return to;
}

/* \uXXXX, or two of them for what lies beyond the first plane. A half of a pair
 * is no character, and a NUL would end a text for some readers. */
static bool read_code_units(struct json_reader *r, uint8_t **to)
{
	int32_t first = code_unit(r->at);
	int32_t code = first;

	if (first <= 0 || (first >= 0xdc00 && first <= 0xdfff))
		return is_not_json(r);
	r->at += 6;
	if (first >= 0xd800 && first < 0xdc00) {
		int32_t second = code_unit(r->at);

		if (second < 0xdc00 || second > 0xdfff)
			return is_not_json(r);
		r->at += 6;
		code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
	}
	*to = put_utf8(*to, (uint32_t)code);
	return true;
}

static bool read_escape(struct json_reader *r, uint8_t **to)
{
	static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
	const char *known = r->at[1] == '\0' ? NULL : strchr(letters, r->at[1]);

	if (known == NULL)
		return read_code_units(r, to);
	*(*to)++ = (uint8_t)meant[known - letters];
	r->at += 2;
	return true;
}

static bool read_character(struct json_reader *r, uint8_t **to)
{
	struct span rest = { r->at, (size_t)(r->tree.text.data + r->tree.text.len - r->at) };
	size_t len = *r->at < ' ' ? 0 : utf8_length(rest);

	if (len == 0)
		return is_not_json(r);
	memmove(*to, r->at, len);
	*to += len;
	r->at += len;
	return true;
}

/* Stands for itself, in one byte. */
static bool is_plain(uint8_t c)
{
	return c >= ' ' && c < 0x80 && c != '"' && c != '\\';
}

#define EACH_BYTE UINT64_C(0x0101010101010101)

/* Not 0 where a byte is below least, which is at most 0x80. Which one it does not
 * tell: a borrow may have set the next one's bit, too. */
static uint64_t bytes_below(uint64_t word, uint8_t least)
{
	return (word - EACH_BYTE * least) & ~word & EACH_BYTE * 0x80;
}

/* All of these eight: long texts go by so many at a time. */
static bool are_plain(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return ((word & EACH_BYTE * 0x80) | bytes_below(word, ' ') |
		bytes_below(word ^ EACH_BYTE * '"', 1) | bytes_below(word ^ EACH_BYTE * '\\', 1)) ==
	       0;
}

/* To the first byte that does not stand for itself. */
static void skip_plain(struct json_reader *r)
{
	const uint8_t *end = r->tree.text.data + r->tree.text.len;

	while ((size_t)(end - r->at) >= sizeof(uint64_t) && are_plain(r->at))
		r->at += sizeof(uint64_t);
	while (is_plain(*r->at))
		r->at++;
}

/* Decoded where it stands: no character is longer than what it is written as. */
static bool read_text(struct json_reader *r, struct span *out)
{
	uint8_t *start = ++r->at, *to;

	skip_plain(r);
	for (to = r->at; *r->at != '"';)
		if (!(*r->at == '\\' ? read_escape(r, &to) : read_character(r, &to)))
			return false;
	r->at++;
	*to = '\0';
	*out = (struct span){ start, (size_t)(to - start) };
	return true;
}

static bool read_value(struct json_reader *r, struct span name);

static bool read_elements(struct json_reader *r, size_t *count)
{
	if (takes(r, ']'))
		return true;
	do {
		if (!read_value(r, (struct span){ 0 }))
			return false;
		++*count;
	} while (takes(r, ','));
	return takes(r, ']') || is_not_json(r);
}

/* So far read of the object with this number. */
static bool has_member(const struct json_reader *r, size_t object, size_t count, struct span name)
{
	const struct json_value *member = json_first(&r->tree.values[object]);

	for (; count > 0; count--, member = json_next(member))
		if (span_equal(member->name, name))
			return true;
	return false;
}

static bool read_member(struct json_reader *r, size_t object, size_t count)
{
	struct span name;

	skip_space(r);
	if (*r->at != '"')
		return is_not_json(r);
	if (!read_text(r, &name))
		return false;
	if (has_member(r, object, count, name))
		return refuse(r, STATUS_MALFORMED, "duplicate-field");
	if (count == JSON_MEMBERS_MAX)
		return refuse(r, STATUS_TOO_LARGE, "too-many-fields");
	if (!takes(r, ':'))
		return is_not_json(r);
	return read_value(r, name);
}

static bool read_members(struct json_reader *r, size_t object, size_t *count)
{
	if (takes(r, '}'))
		return true;
	do {
		if (!read_member(r, object, *count))
			return false;
		++*count;
	} while (takes(r, ','));
	return takes(r, '}') || is_not_json(r);
}

static bool read_container(struct json_reader *r, enum json_kind kind, struct span name)
{
	size_t self = r->tree.count, count = 0;

	if (r->depth == JSON_DEPTH_MAX)
		return refuse(r, STATUS_TOO_LARGE, "too-deep");
	if (!add(r, (struct json_value){ .kind = kind, .name = name }))
		return false;
	r->at++;
	r->depth++;
	if (!(kind == JSON_KIND_ARRAY ? read_elements(r, &count) : read_members(r, self, &count)))
		return false;
	r->depth--;
	r->tree.values[self].count = count;
	r->tree.values[self].extent = (uint32_t)(r->tree.count - self);
	return true;
}

static bool read_value(struct json_reader *r, struct span name)
{
	struct json_value text = { .kind = JSON_KIND_TEXT, .name = name };

	skip_space(r);
	switch (*r->at) {
	case '"':
		return read_text(r, &text.text) && add(r, text);
	case '{':
		return read_container(r, JSON_KIND_OBJECT, name);
	case '[':
		return read_container(r, JSON_KIND_ARRAY, name);
	case 'n':
		return read_word(r, "null", JSON_KIND_NULL, name);
	case 'f':
		return read_word(r, "false", JSON_KIND_FALSE, name);
	case 't':
		return read_word(r, "true", JSON_KIND_TRUE, name);
	default:
		return *r->at == '-' || is_digit(*r->at) ? read_integer(r, name) : is_not_json(r);
	}
}

/* An object or an array, and nothing else. A NUL inside the text looks like its
 * end, and is not. */
static bool read_all(struct json_reader *r)
{
	skip_space(r);
	if (*r->at != '{' && *r->at != '[')
		return is_not_json(r);
	if (!read_value(r, (struct span){ 0 }))
		return false;
	skip_space(r);
	if (r->at == r->tree.text.data + r->tree.text.len)
		return true;
	return *r->at == '\0' ? is_not_json(r) : refuse(r, STATUS_MALFORMED, "trailing-text");
}

enum status json_tree_parse(struct span text, struct json_tree *out, const char **fault)
{
	struct json_reader r = { 0 };
	enum status status = bytes_reserve(&r.tree.text, text.len + 1);

	if (status == OK)
		status = bytes_append(&r.tree.text, text);
	if (status != OK) {
		*fault = "no-memory";
		return status;
	}
	r.tree.text.data[text.len] = '\0';
	r.at = r.tree.text.data;
	if (read_all(&r)) {
		*out = r.tree;
		return OK;
	}
	json_tree_done(&r.tree);
	*fault = r.fault;
	return r.status;
}

void json_tree_done(struct json_tree *tree)
{
	free(tree->values);
	bytes_done(&tree->text);
	*tree = (struct json_tree){ 0 };
}
