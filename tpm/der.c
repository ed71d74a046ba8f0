/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/der.h"

#define LONG_LENGTH 0x80u
#define LENGTH_BYTES_MAX 4
#define HIGH_TAG 0x1fu

static size_t read_length(struct reader *r)
{
	uint8_t first = reader_u8(r);
	size_t length = 0;

	if (first < LONG_LENGTH)
		return first;

	unsigned count = first & ~LONG_LENGTH;
	/* 0x80 is BER's indefinite length. */
	if (count == 0 || count > LENGTH_BYTES_MAX)
		reader_fail(r, STATUS_MALFORMED);
	for (unsigned i = 0; i < count && r->status == OK; i++)
		length = length << 8 | reader_u8(r);
	return length;
}

struct der der_next(struct reader *r)
{
	const uint8_t *start = r->rest.data;
	size_t before = r->offset;
	struct der element = { .tag = reader_u8(r) };

	if ((element.tag & HIGH_TAG) == HIGH_TAG)
		reader_fail(r, STATUS_MALFORMED);
	element.content = reader_take(r, read_length(r));
	if (r->status != OK)
		return (struct der){ 0 };
	element.whole = (struct span){ .data = start, .len = r->offset - before };
	return element;
}

bool der_is_next(const struct reader *r, unsigned tag)
{
	return r->status == OK && r->rest.len > 0 && r->rest.data[0] == tag;
}

static struct der expect(struct reader *r, unsigned tag)
{
	struct der element = der_next(r);

	if (r->status == OK && element.tag != tag)
		reader_fail(r, STATUS_MALFORMED);
	return r->status == OK ? element : (struct der){ 0 };
}

struct span der_content(struct reader *r, unsigned tag)
{
	return expect(r, tag).content;
}

struct span der_whole(struct reader *r, unsigned tag)
{
	return expect(r, tag).whole;
}

struct reader der_enter(struct reader *r, unsigned tag)
{
	struct reader inner = reader_over(der_content(r, tag));

	if (r->status != OK)
		reader_fail(&inner, r->status);
	return inner;
}

void der_leave(struct reader *r, const struct reader *inner)
{
	enum status end = reader_end(inner);

	if (end != OK)
		reader_fail(r, end);
}

struct span der_bit_string(struct reader *r)
{
	struct reader bits = der_enter(r, DER_BIT_STRING);

	if (reader_u8(&bits) != 0)
		reader_fail(&bits, STATUS_MALFORMED);
	if (bits.status != OK)
		reader_fail(r, bits.status);
	return bits.rest;
}

struct span der_magnitude(struct reader *r)
{
	struct span value = der_content(r, DER_INTEGER);

	if (r->status == OK && (value.len == 0 || (value.data[0] & 0x80) != 0))
		reader_fail(r, STATUS_MALFORMED);
	if (r->status != OK)
		return (struct span){ 0 };
	while (value.len > 0 && value.data[0] == 0) {
		value.data++;
		value.len--;
	}
	return value;
}

uint64_t der_unsigned(struct reader *r)
{
	struct span value = der_magnitude(r);
	uint64_t number = 0;

	if (value.len > sizeof(number))
		reader_fail(r, STATUS_TOO_LARGE);
	for (size_t i = 0; i < value.len && r->status == OK; i++)
		number = number << 8 | value.data[i];
	return r->status == OK ? number : 0;
}

/* Two digits; a number over 99 where there are none. */
static unsigned two_digits(struct reader *r)
{
	unsigned tens = (unsigned)reader_u8(r) - '0';
	unsigned ones = (unsigned)reader_u8(r) - '0';

	return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

/* Days since 1970-01-01 of a date of the Gregorian calendar, year >= 1. */
static int64_t days_since_epoch(unsigned year, unsigned month, unsigned day)
{
	/* Counted from March, so that the leap day ends the year. */
	int64_t y = (int64_t)year - (month <= 2 ? 1 : 0);
	int64_t m = month <= 2 ? month + 9 : month - 3;

	return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

enum status der_time_parse(uint8_t tag, struct span text, int64_t *out)
{
	struct reader r = reader_over(text);
	unsigned century = 0;

	if (tag == DER_GENERALIZED_TIME)
		century = two_digits(&r);

	unsigned year = two_digits(&r);
	/* RFC 5280, 4.1.2.5.1 */
	if (tag == DER_UTC_TIME)
		century = year < 50 ? 20 : 19;

	unsigned month = two_digits(&r);
	unsigned day = two_digits(&r);
	unsigned hour = two_digits(&r);
	unsigned minute = two_digits(&r);
	unsigned second = two_digits(&r);

	if (reader_u8(&r) != 'Z' || reader_end(&r) != OK)
		return STATUS_MALFORMED;
	if (century == 0 || century > 99 || year > 99 || month < 1 || month > 12 || day < 1 ||
	    day > 31 || hour > 23 || minute > 59 || second > 59)
		return STATUS_MALFORMED;
	*out = days_since_epoch(century * 100 + year, month, day) * 86400 + (int64_t)hour * 3600 +
	       (int64_t)minute * 60 + second;
	return OK;
}

int64_t der_time(struct reader *r)
{
	struct der element = der_next(r);
	int64_t seconds = 0;

	if (r->status == OK && element.tag != DER_UTC_TIME && element.tag != DER_GENERALIZED_TIME)
		reader_fail(r, STATUS_MALFORMED);
	if (r->status == OK && der_time_parse(element.tag, element.content, &seconds) != OK)
		reader_fail(r, STATUS_MALFORMED);
	return seconds;
}
