/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/wire.h"

#include <string.h>

void wire_fail(struct wire *w, enum status status)
{
	if (w->in != NULL)
		reader_fail(w->in, status);
	if (w->out != NULL)
		writer_fail(w->out, status);
}

bool wire_is_failed(const struct wire *w)
{
	return w->in != NULL ? w->in->status != OK : w->out->status != OK;
}

bool wire_is_reading(const struct wire *w)
{
	return w->in != NULL;
}

void wire_u8(struct wire *w, uint8_t *value)
{
	if (w->in != NULL)
		*value = reader_u8(w->in);
	else
		writer_u8(w->out, *value);
}

void wire_be16(struct wire *w, uint16_t *value)
{
	if (w->in != NULL)
		*value = reader_be16(w->in);
	else
		writer_be16(w->out, *value);
}

void wire_be32(struct wire *w, uint32_t *value)
{
	if (w->in != NULL)
		*value = reader_be32(w->in);
	else
		writer_be32(w->out, *value);
}

void wire_be64(struct wire *w, uint64_t *value)
{
	if (w->in != NULL)
		*value = reader_be64(w->in);
	else
		writer_be64(w->out, *value);
}

void wire_bool(struct wire *w, bool *value)
{
	uint32_t number = *value;

	wire_below(w, &number, 2);
	*value = number == 1;
}

void wire_time(struct wire *w, int64_t *value)
{
	uint64_t seconds = (uint64_t)*value;

	wire_be64(w, &seconds);
	if (seconds > INT64_MAX) {
		wire_fail(w, STATUS_MALFORMED);
		seconds = 0;
	}
	*value = (int64_t)seconds;
}

void wire_below(struct wire *w, uint32_t *value, uint32_t count)
{
	uint16_t number = (uint16_t)*value;

	if (*value > UINT16_MAX && w->out != NULL)
		wire_fail(w, STATUS_TOO_LARGE);
	wire_be16(w, &number);
	if (number >= count) {
		wire_fail(w, STATUS_MALFORMED);
		number = 0;
	}
	*value = number;
}

void wire_sized(struct wire *w, struct span *value, size_t max)
{
	if (w->in != NULL) {
		*value = reader_sized(w->in, max);
		return;
	}
	if (value->len > max)
		writer_fail(w->out, STATUS_TOO_LARGE);
	writer_sized(w->out, *value);
}

void wire_sized32(struct wire *w, struct span *value, size_t max)
{
	if (w->in != NULL) {
		*value = reader_sized32(w->in, max);
		return;
	}
	if (value->len > max)
		writer_fail(w->out, STATUS_TOO_LARGE);
	writer_sized32(w->out, *value);
}

void wire_fixed(struct wire *w, uint8_t *value, size_t len)
{
	if (w->out != NULL) {
		writer_put(w->out, (struct span){ .data = value, .len = len });
		return;
	}
	reader_copy(w->in, value, len);
}

void wire_exact(struct wire *w, struct span *value, size_t len)
{
	wire_sized(w, value, len);
	if (value->len != 0 && value->len != len)
		wire_fail(w, STATUS_MALFORMED);
}
