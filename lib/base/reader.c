/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reader.h"

#include <string.h>

void reader_copy(struct reader *r, void *out, size_t len)
{
	struct span taken = reader_take(r, len);

	if (taken.data != NULL)
		memcpy(out, taken.data, taken.len);
}

void reader_skip(struct reader *r, size_t len)
{
	(void)reader_take(r, len);
}

static uint64_t big_endian(struct span s)
{
	uint64_t value = 0;

	for (size_t i = 0; i < s.len; i++)
		value = value << 8 | s.data[i];
	return value;
}

static uint64_t little_endian(struct span s)
{
	uint64_t value = 0;

	for (size_t i = s.len; i > 0; i--)
		value = value << 8 | s.data[i - 1];
	return value;
}

uint8_t reader_u8(struct reader *r)
{
	return (uint8_t)big_endian(reader_take(r, 1));
}

uint16_t reader_be16(struct reader *r)
{
	return (uint16_t)big_endian(reader_take(r, 2));
}

uint32_t reader_be32(struct reader *r)
{
	return (uint32_t)big_endian(reader_take(r, 4));
}

uint64_t reader_be64(struct reader *r)
{
	return big_endian(reader_take(r, 8));
}

uint16_t reader_le16(struct reader *r)
{
	return (uint16_t)little_endian(reader_take(r, 2));
}

uint64_t reader_le64(struct reader *r)
{
	return little_endian(reader_take(r, 8));
}

static struct span take_capped(struct reader *r, size_t len, size_t max)
{
	if (len > max)
		reader_fail(r, STATUS_TOO_LARGE);
	return reader_take(r, len);
}

struct span reader_sized(struct reader *r, size_t max)
{
	return take_capped(r, reader_be16(r), max);
}

struct span reader_sized32(struct reader *r, size_t max)
{
	return take_capped(r, reader_be32(r), max);
}

struct reader reader_within(struct reader *r, size_t len)
{
	struct reader inner = reader_over(reader_take(r, len));

	inner.status = r->status;
	return inner;
}
