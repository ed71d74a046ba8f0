/* SPDX-License-Identifier: Apache-2.0 */
#include "base/writer.h"

struct writer writer_to(struct bytes *out, size_t max)
{
	return (struct writer){ .out = out, .max = max };
}

void writer_fail(struct writer *w, enum status status)
{
	if (w->status == OK)
		w->status = status;
}

void writer_put(struct writer *w, struct span s)
{
	if (w->status != OK)
		return;
	if (w->out->len > w->max || s.len > w->max - w->out->len) {
		w->status = STATUS_TOO_LARGE;
		return;
	}
	w->status = bytes_append(w->out, s);
}

static void put_big_endian(struct writer *w, uint64_t value, size_t len)
{
	uint8_t raw[8];

	for (size_t i = 0; i < len; i++)
		raw[i] = (uint8_t)(value >> (8 * (len - 1 - i)));
	writer_put(w, (struct span){ .data = raw, .len = len });
}

void writer_u8(struct writer *w, uint8_t value)
{
	put_big_endian(w, value, 1);
}

void writer_be16(struct writer *w, uint16_t value)
{
	put_big_endian(w, value, 2);
}

void writer_be32(struct writer *w, uint32_t value)
{
	put_big_endian(w, value, 4);
}

void writer_be64(struct writer *w, uint64_t value)
{
	put_big_endian(w, value, 8);
}

void writer_sized(struct writer *w, struct span s)
{
	if (s.len > UINT16_MAX)
		writer_fail(w, STATUS_TOO_LARGE);
	writer_be16(w, (uint16_t)s.len);
	writer_put(w, s);
}

void writer_sized32(struct writer *w, struct span s)
{
	if (s.len > UINT32_MAX)
		writer_fail(w, STATUS_TOO_LARGE);
	writer_be32(w, (uint32_t)s.len);
	writer_put(w, s);
}

enum status writer_end(const struct writer *w)
{
	return w->status;
}
