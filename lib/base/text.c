/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";
static const char hex_digits_upper[] = "0123456789ABCDEF";
static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void hex_encode(struct span s, char *out)
{
	for (size_t i = 0; i < s.len; i++) {
		out[2 * i] = hex_digits[s.data[i] >> 4];
		out[2 * i + 1] = hex_digits[s.data[i] & 15];
	}
}

enum status hex_append(struct bytes *out, struct span s)
{
	if (s.len > SIZE_MAX / 4 - out->len)
		return STATUS_TOO_LARGE;

	enum status status = bytes_make_room(out, s.len * 2);

	if (status != OK || s.len == 0)
		return status;
	hex_encode(s, (char *)out->data + out->len);
	out->len += s.len * 2;
	return OK;
}

/* A digit's value with this bit, so that what stands for no digit is 0. */
#define IS_DIGIT 0x80

static const uint8_t hex_values[256] = {
	['0'] = IS_DIGIT | 0,  ['1'] = IS_DIGIT | 1,  ['2'] = IS_DIGIT | 2,  ['3'] = IS_DIGIT | 3,
	['4'] = IS_DIGIT | 4,  ['5'] = IS_DIGIT | 5,  ['6'] = IS_DIGIT | 6,  ['7'] = IS_DIGIT | 7,
	['8'] = IS_DIGIT | 8,  ['9'] = IS_DIGIT | 9,  ['a'] = IS_DIGIT | 10, ['b'] = IS_DIGIT | 11,
	['c'] = IS_DIGIT | 12, ['d'] = IS_DIGIT | 13, ['e'] = IS_DIGIT | 14, ['f'] = IS_DIGIT | 15,
	['A'] = IS_DIGIT | 10, ['B'] = IS_DIGIT | 11, ['C'] = IS_DIGIT | 12, ['D'] = IS_DIGIT | 13,
	['E'] = IS_DIGIT | 14, ['F'] = IS_DIGIT | 15,
};

int hex_digit_value(uint8_t c)
{
	return hex_values[c] == 0 ? -1 : hex_values[c] & 15;
}

enum status hex_decode(struct span text, struct bytes *out)
{
	AUTO_DONE(bytes) raw = { 0 };

	if (text.len % 2 != 0)
		return STATUS_MALFORMED;

	enum status status = bytes_reserve(&raw, text.len / 2 + 1);
	for (size_t i = 0; i < text.len && status == OK; i += 2) {
		int high = hex_digit_value(text.data[i]);
		int low = hex_digit_value(text.data[i + 1]);

		if (high < 0 || low < 0)
			return STATUS_MALFORMED;
		raw.data[raw.len++] = (uint8_t)(high << 4 | low);
	}
	if (status == OK) {
		*out = raw;
		raw = (struct bytes){ 0 };
	}
	return status;
}

/* Three bytes as four digits. */
static void put_quad(uint8_t *to, const uint8_t from[3], const char *digits)
{
	to[0] = (uint8_t)digits[from[0] >> 2];
	to[1] = (uint8_t)digits[(from[0] & 3) << 4 | from[1] >> 4];
	to[2] = (uint8_t)digits[(from[1] & 15) << 2 | from[2] >> 6];
	to[3] = (uint8_t)digits[from[2] & 63];
}

static enum status base64_encode(struct bytes *out, struct span s, const char *digits, bool padded)
{
	if (s.len > SIZE_MAX / 4 - out->len)
		return STATUS_TOO_LARGE;

	enum status status = bytes_make_room(out, (s.len + 2) / 3 * 4);
	if (status != OK || s.len == 0)
		return status;

	uint8_t *to = out->data + out->len;
	size_t whole = s.len - s.len % 3, left = s.len - whole;
	uint8_t last[3] = { 0 };

	for (size_t i = 0; i < whole; i += 3, to += 4)
		put_quad(to, s.data + i, digits);
	if (left > 0) {
		memcpy(last, s.data + whole, left);
		put_quad(to, last, digits);
		memset(to + left + 1, '=', 3 - left);
		to += padded ? 4 : left + 1;
	}
	out->len = (size_t)(to - out->data);
	return OK;
}

enum status base64_append(struct bytes *out, struct span s)
{
	return base64_encode(out, s, base64_digits, true);
}

enum status base64url_append(struct bytes *out, struct span s)
{
	return base64_encode(out, s, base64url_digits, false);
}

/* The digits that both alphabets have. */
#define LETTERS_AND_FIGURES                                                                        \
	['A'] = IS_DIGIT | 0, ['B'] = IS_DIGIT | 1, ['C'] = IS_DIGIT | 2, ['D'] = IS_DIGIT | 3,    \
	['E'] = IS_DIGIT | 4, ['F'] = IS_DIGIT | 5, ['G'] = IS_DIGIT | 6, ['H'] = IS_DIGIT | 7,    \
	['I'] = IS_DIGIT | 8, ['J'] = IS_DIGIT | 9, ['K'] = IS_DIGIT | 10, ['L'] = IS_DIGIT | 11,  \
	['M'] = IS_DIGIT | 12, ['N'] = IS_DIGIT | 13, ['O'] = IS_DIGIT | 14,                       \
	['P'] = IS_DIGIT | 15, ['Q'] = IS_DIGIT | 16, ['R'] = IS_DIGIT | 17,                       \
	['S'] = IS_DIGIT | 18, ['T'] = IS_DIGIT | 19, ['U'] = IS_DIGIT | 20,                       \
	['V'] = IS_DIGIT | 21, ['W'] = IS_DIGIT | 22, ['X'] = IS_DIGIT | 23,                       \
	['Y'] = IS_DIGIT | 24, ['Z'] = IS_DIGIT | 25, ['a'] = IS_DIGIT | 26,                       \
	['b'] = IS_DIGIT | 27, ['c'] = IS_DIGIT | 28, ['d'] = IS_DIGIT | 29,                       \
	['e'] = IS_DIGIT | 30, ['f'] = IS_DIGIT | 31, ['g'] = IS_DIGIT | 32,                       \
	['h'] = IS_DIGIT | 33, ['i'] = IS_DIGIT | 34, ['j'] = IS_DIGIT | 35,                       \
	['k'] = IS_DIGIT | 36, ['l'] = IS_DIGIT | 37, ['m'] = IS_DIGIT | 38,                       \
	['n'] = IS_DIGIT | 39, ['o'] = IS_DIGIT | 40, ['p'] = IS_DIGIT | 41,                       \
	['q'] = IS_DIGIT | 42, ['r'] = IS_DIGIT | 43, ['s'] = IS_DIGIT | 44,                       \
	['t'] = IS_DIGIT | 45, ['u'] = IS_DIGIT | 46, ['v'] = IS_DIGIT | 47,                       \
	['w'] = IS_DIGIT | 48, ['x'] = IS_DIGIT | 49, ['y'] = IS_DIGIT | 50,                       \
	['z'] = IS_DIGIT | 51, ['0'] = IS_DIGIT | 52, ['1'] = IS_DIGIT | 53,                       \
	['2'] = IS_DIGIT | 54, ['3'] = IS_DIGIT | 55, ['4'] = IS_DIGIT | 56,                       \
	['5'] = IS_DIGIT | 57, ['6'] = IS_DIGIT | 58, ['7'] = IS_DIGIT | 59,                       \
	['8'] = IS_DIGIT | 60, ['9'] = IS_DIGIT | 61

static const uint8_t base64_values[256] = {
	LETTERS_AND_FIGURES,
	['+'] = IS_DIGIT | 62,
	['/'] = IS_DIGIT | 63,
};
static const uint8_t base64url_values[256] = {
	LETTERS_AND_FIGURES,
	['-'] = IS_DIGIT | 62,
	['_'] = IS_DIGIT | 63,
};

/* Four digits as three bytes. False: one is no digit. */
static bool take_quad(const uint8_t digit[4], uint8_t to[3])
{
	uint32_t block = (uint32_t)(digit[0] & 63) << 18 | (uint32_t)(digit[1] & 63) << 12 |
			 (uint32_t)(digit[2] & 63) << 6 | (digit[3] & 63);

	to[0] = (uint8_t)(block >> 16);
	to[1] = (uint8_t)(block >> 8);
	to[2] = (uint8_t)block;
	return (digit[0] & digit[1] & digit[2] & digit[3] & IS_DIGIT) != 0;
}

/* Two or three digits; the bits that they leave are zero. */
static bool take_last(struct span text, const uint8_t *values, uint8_t to[3])
{
	const uint8_t digit[4] = { values[text.data[0]], values[text.data[1]],
				   text.len == 3 ? values[text.data[2]] : IS_DIGIT, IS_DIGIT };

	return take_quad(digit, to) && (text.len == 3 ? to[2] == 0 : to[1] == 0);
}

/* text is without padding; every digit counts and unused bits are zero. */
static enum status base64_digits_decode(struct span text, const uint8_t *values, size_t max,
					struct bytes *out)
{
	AUTO_DONE(bytes) raw = { 0 };
	size_t whole = text.len / 4 * 4, left = text.len % 4;
	size_t len = whole / 4 * 3 + left * 3 / 4;

	if (left == 1)
		return STATUS_MALFORMED;
	if (len > max)
		return STATUS_TOO_LARGE;

	enum status status = bytes_reserve(&raw, len + 3);
	if (status != OK)
		return status;
	for (size_t i = 0; i < whole; i += 4, raw.len += 3) {
		const uint8_t *at = text.data + i;
		const uint8_t digit[4] = { values[at[0]], values[at[1]], values[at[2]],
					   values[at[3]] };

		if (!take_quad(digit, raw.data + raw.len))
			return STATUS_MALFORMED;
	}
	if (left > 0 &&
	    !take_last((struct span){ text.data + whole, left }, values, raw.data + raw.len))
		return STATUS_MALFORMED;
	raw.len = len;
	*out = raw;
	raw = (struct bytes){ 0 };
	return OK;
}

enum status base64_decode(struct span text, size_t max, struct bytes *out)
{
	if (text.len % 4 != 0)
		return STATUS_MALFORMED;
	for (int i = 0; i < 2 && text.len > 0 && text.data[text.len - 1] == '='; i++)
		text.len--;
	return base64_digits_decode(text, base64_values, max, out);
}

enum status base64url_decode(struct span text, size_t max, struct bytes *out)
{
	return base64_digits_decode(text, base64url_values, max, out);
}

enum status digest_text_append(struct bytes *out, const struct digest *d)
{
	const char *name = digest_name(d->alg);

	if (name == NULL)
		return STATUS_UNSUPPORTED;

	enum status status = bytes_printf(out, "%s:", name);
	return status == OK ? hex_append(out, digest_span(d)) : status;
}

enum status digest_text_parse(struct span text, struct digest *out)
{
	AUTO_DONE(bytes) raw = { 0 };
	struct span name;

	if (!text_next_word(&text, ':', &name))
		return STATUS_MALFORMED;

	enum digest_alg alg = digest_alg_named(name);
	if (alg == DIGEST_NONE)
		return STATUS_UNSUPPORTED;

	enum status status = hex_decode(text, &raw);
	return status == OK ? digest_from(alg, span_of(&raw), out) : status;
}

enum status decimal_append(struct bytes *out, uint64_t value)
{
	uint8_t digits[20]; /* of UINT64_MAX */
	size_t start = sizeof(digits);

	do {
		digits[--start] = (uint8_t)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	return bytes_append(out, (struct span){ digits + start, sizeof(digits) - start });
}

enum status decimal_parse(struct span text, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (text.len == 0 || (text.len > 1 && text.data[0] == '0'))
		return STATUS_MALFORMED;
	for (size_t i = 0; i < text.len; i++) {
		uint64_t digit = (uint64_t)text.data[i] - '0';

		if (text.data[i] < '0' || text.data[i] > '9')
			return STATUS_MALFORMED;
		if (value > (UINT64_MAX - digit) / 10)
			return STATUS_TOO_LARGE;
		value = value * 10 + digit;
	}
	if (value > max)
		return STATUS_TOO_LARGE;
	*out = value;
	return OK;
}

size_t utf8_length(struct span s)
{
	uint8_t first = s.data[0];
	size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

	if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || len > s.len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s.data[i] & 0xc0) != 0x80)
			return 0;
	if ((first == 0xe0 && s.data[1] < 0xa0) || (first == 0xed && s.data[1] > 0x9f) ||
	    (first == 0xf0 && s.data[1] < 0x90) || (first == 0xf4 && s.data[1] > 0x8f))
		return 0;
	return len;
}

/* C0, DEL and, in UTF-8, C1. */
static bool is_control(struct span character)
{
	uint8_t first = character.data[0];

	return first < ' ' || first == 0x7f || (first == 0xc2 && character.data[1] < 0xa0);
}

bool text_is_line(struct span s)
{
	while (s.len > 0) {
		size_t len = utf8_length(s);

		if (len == 0 || is_control((struct span){ s.data, len }))
			return false;
		s = (struct span){ s.data + len, s.len - len };
	}
	return true;
}

bool text_next_word(struct span *rest, char separator, struct span *word)
{
	if (rest->len == 0)
		return false;

	const uint8_t *end = memchr(rest->data, separator, rest->len);
	size_t len = end == NULL ? rest->len : (size_t)(end - rest->data);
	size_t used = end == NULL ? len : len + 1;

	*word = (struct span){ .data = rest->data, .len = len };
	rest->data += used;
	rest->len -= used;
	return true;
}

bool text_next_line(struct span *rest, struct span *line)
{
	return text_next_word(rest, '\n', line);
}

static bool is_plain(uint8_t c)
{
	return c > ' ' && c < 0x7f && c != '%' && c != '"';
}

enum status text_append_escaped(struct bytes *out, struct span s)
{
	enum status status = OK;

	for (size_t i = 0; i < s.len && status == OK; i++) {
		uint8_t c = s.data[i];
		uint8_t coded[3] = { '%', (uint8_t)hex_digits_upper[c >> 4],
				     (uint8_t)hex_digits_upper[c & 15] };

		if (is_plain(c))
			status = bytes_append_byte(out, c);
		else
			status = bytes_append(out, (struct span){ .data = coded, .len = 3 });
	}
	return status;
}

enum status text_unescape(struct span text, struct bytes *out)
{
	AUTO_DONE(bytes) raw = { 0 };
	enum status status = bytes_reserve(&raw, text.len + 1);

	for (size_t i = 0; i < text.len && status == OK; i++) {
		uint8_t c = text.data[i];

		if (c == '%') {
			int high = text.len - i > 2 ? hex_digit_value(text.data[i + 1]) : -1;
			int low = text.len - i > 2 ? hex_digit_value(text.data[i + 2]) : -1;

			if (high < 0 || low < 0)
				return STATUS_MALFORMED;
			c = (uint8_t)(high << 4 | low);
			i += 2;
			if (is_plain(c) || text.data[i - 1] >= 'a' || text.data[i] >= 'a')
				return STATUS_MALFORMED;
		} else if (!is_plain(c)) {
			return STATUS_MALFORMED;
		}
		status = bytes_append_byte(&raw, c);
	}
	if (status == OK) {
		*out = raw;
		raw = (struct bytes){ 0 };
	}
	return status;
}
