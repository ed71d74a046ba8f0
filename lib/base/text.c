/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <string.h>

static const char hex_digits[] = "0123456789abcdef";
static const char hex_digits_upper[] = "0123456789ABCDEF";
static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

enum status hex_append(struct bytes *out, struct span s)
{
	if (s.len > SIZE_MAX / 4 - out->len)
		return STATUS_TOO_LARGE;

	enum status status = bytes_make_room(out, s.len * 2);
	for (size_t i = 0; i < s.len && status == OK; i++) {
		out->data[out->len++] = (uint8_t)hex_digits[s.data[i] >> 4];
		out->data[out->len++] = (uint8_t)hex_digits[s.data[i] & 15];
	}
	return status;
}

int hex_digit_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
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
		status = bytes_append_byte(&raw, (uint8_t)(high << 4 | low));
	}
	if (status == OK) {
		*out = raw;
		raw = (struct bytes){ 0 };
	}
	return status;
}

static enum status base64_encode(struct bytes *out, struct span s, const char *digits, bool padded)
{
	if (s.len > SIZE_MAX / 4 - out->len)
		return STATUS_TOO_LARGE;

	enum status status = bytes_make_room(out, (s.len + 2) / 3 * 4);
	for (size_t i = 0; i < s.len && status == OK; i += 3) {
		size_t have = s.len - i < 3 ? s.len - i : 3;
		uint32_t block = (uint32_t)s.data[i] << 16;
		uint8_t quad[4] = { '=', '=', '=', '=' };

		if (have > 1)
			block |= (uint32_t)s.data[i + 1] << 8;
		if (have > 2)
			block |= s.data[i + 2];
		for (size_t j = 0; j <= have; j++)
			quad[j] = (uint8_t)digits[block >> (18 - 6 * j) & 63];
		memcpy(out->data + out->len, quad, sizeof(quad));
		out->len += padded ? 4 : have + 1;
	}
	return status;
}

enum status base64_append(struct bytes *out, struct span s)
{
	return base64_encode(out, s, base64_digits, true);
}

enum status base64url_append(struct bytes *out, struct span s)
{
	return base64_encode(out, s, base64url_digits, false);
}

static void reverse_table(const char *digits, uint8_t table[256])
{
	memset(table, 0xff, 256);
	for (uint8_t i = 0; i < 64; i++)
		table[(uint8_t)digits[i]] = i;
}

/* text is without padding; every digit counts and unused bits are zero. */
static enum status base64_digits_decode(struct span text, const char *digits, size_t max,
					struct bytes *out)
{
	AUTO_DONE(bytes) raw = { 0 };
	uint8_t table[256];
	uint32_t block = 0;
	unsigned bits = 0;

	if (text.len % 4 == 1)
		return STATUS_MALFORMED;
	if (text.len / 4 * 3 > max || text.len / 4 * 3 + text.len % 4 * 3 / 4 > max)
		return STATUS_TOO_LARGE;
	reverse_table(digits, table);

	enum status status = bytes_reserve(&raw, text.len / 4 * 3 + 3);
	if (status != OK)
		return status;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t value = table[text.data[i]];

		if (value == 0xff)
			return STATUS_MALFORMED;
		block = block << 6 | value;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			raw.data[raw.len++] = (uint8_t)(block >> bits);
			block &= (1u << bits) - 1;
		}
	}
	if (block != 0)
		return STATUS_MALFORMED;
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
	return base64_digits_decode(text, base64_digits, max, out);
}

enum status base64url_decode(struct span text, size_t max, struct bytes *out)
{
	return base64_digits_decode(text, base64url_digits, max, out);
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
