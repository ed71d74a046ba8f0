/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/wire.h"

#include <string.h>

#include "base/text.h"

/* A bool or an enum: one byte or four. */
static uint32_t number_at(const void *member, size_t size)
{
	uint32_t number;

	if (size == sizeof(bool))
		return *(const bool *)member;
	memcpy(&number, member, sizeof(number));
	return number;
}

static const struct wire_table *chosen(const struct wire_field *f, const void *member)
{
	uint32_t choice = number_at(member, f->size);

	return choice < f->cap ? f->tables[choice] : NULL;
}

static void put_number(struct writer *w, const struct wire_field *f, uint32_t number)
{
	if (number < f->least || number >= f->cap)
		writer_fail(w, STATUS_MALFORMED);
	writer_be16(w, (uint16_t)number);
}

static uint32_t take_number(struct reader *r, const struct wire_field *f)
{
	uint32_t number = reader_be16(r);

	if (number >= f->least && number < f->cap)
		return number;
	reader_fail(r, STATUS_MALFORMED);
	return f->least;
}

static void take_enum(struct reader *r, const struct wire_field *f, void *member)
{
	uint32_t number = take_number(r, f);

	memcpy(member, &number, sizeof(number));
}

static void put_u8(struct writer *w, const struct wire_field *f, uint8_t value)
{
	if (value > f->cap)
		writer_fail(w, STATUS_MALFORMED);
	writer_u8(w, value);
}

static uint8_t take_u8(struct reader *r, const struct wire_field *f)
{
	uint8_t value = reader_u8(r);

	if (value > f->cap)
		reader_fail(r, STATUS_MALFORMED);
	return value;
}

static void put_bits(struct writer *w, const struct wire_field *f, uint32_t value)
{
	if ((value & ~f->cap) != 0)
		writer_fail(w, STATUS_MALFORMED);
	writer_be32(w, value);
}

static uint32_t take_bits(struct reader *r, const struct wire_field *f)
{
	uint32_t value = reader_be32(r);

	if ((value & ~f->cap) != 0)
		reader_fail(r, STATUS_MALFORMED);
	return value;
}

static void put_time(struct writer *w, int64_t value)
{
	if (value < 0)
		writer_fail(w, STATUS_MALFORMED);
	writer_be64(w, (uint64_t)value);
}

static int64_t take_time(struct reader *r)
{
	uint64_t value = reader_be64(r);

	if (value <= INT64_MAX)
		return (int64_t)value;
	reader_fail(r, STATUS_MALFORMED);
	return 0;
}

static void put_span(struct writer *w, const struct wire_field *f, struct span value)
{
	if (value.len > f->cap)
		writer_fail(w, STATUS_TOO_LARGE);
	if (f->form == WIRE_FORM_EXACT && value.len != 0 && value.len != f->cap)
		writer_fail(w, STATUS_MALFORMED);
	if (f->form == WIRE_FORM_SIZED32)
		writer_sized32(w, value);
	else
		writer_sized(w, value);
}

static struct span take_span(struct reader *r, const struct wire_field *f)
{
	struct span value =
		f->form == WIRE_FORM_SIZED32 ? reader_sized32(r, f->cap) : reader_sized(r, f->cap);

	if (f->form == WIRE_FORM_EXACT && value.len != 0 && value.len != f->cap)
		reader_fail(r, STATUS_MALFORMED);
	return value;
}

static void take_text(struct reader *r, const struct wire_field *f, char *text)
{
	struct span value = reader_sized(r, f->cap);

	/* It is text on this side: a NUL inside would hide the rest. */
	if (value.len > 0 && memchr(value.data, '\0', value.len) != NULL)
		reader_fail(r, STATUS_MALFORMED);
	if (r->status != OK)
		return;
	if (value.len > 0)
		memcpy(text, value.data, value.len);
	text[value.len] = '\0';
}

static void put_elements(struct writer *w, const struct wire_field *f, const uint8_t *first,
			 size_t count)
{
	if (f->table->size != f->stride)
		writer_fail(w, STATUS_UNSUPPORTED);
	for (size_t i = 0; i < count && w->status == OK; i++)
		wire_put(w, f->table, first + i * f->stride);
}

static void take_elements(struct reader *r, const struct wire_field *f, uint8_t *first,
			  size_t count)
{
	if (f->table->size != f->stride)
		reader_fail(r, STATUS_UNSUPPORTED);
	for (size_t i = 0; i < count && r->status == OK; i++)
		wire_take(r, f->table, first + i * f->stride);
}

static void put_list(struct writer *w, const struct wire_field *f, const uint8_t *message)
{
	size_t count = *(const size_t *)(const void *)(message + f->offset);

	if (count > f->cap) {
		writer_fail(w, STATUS_MALFORMED);
		return;
	}
	writer_be16(w, (uint16_t)count);
	put_elements(w, f, message + f->base, count);
}

static void take_list(struct reader *r, const struct wire_field *f, uint8_t *message)
{
	size_t count = reader_be16(r);

	if (count > f->cap) {
		reader_fail(r, STATUS_MALFORMED);
		return;
	}
	*(size_t *)(void *)(message + f->offset) = count;
	memset(message + f->base, 0, count * f->stride);
	take_elements(r, f, message + f->base, count);
}

static void put_choice(struct writer *w, const struct wire_field *f, const uint8_t *message)
{
	const struct wire_table *table = chosen(f, message + f->offset);

	if (table == NULL)
		writer_fail(w, STATUS_UNSUPPORTED);
	else
		wire_put(w, table, message + f->base);
}

static void take_choice(struct reader *r, const struct wire_field *f, uint8_t *message)
{
	const struct wire_table *table = chosen(f, message + f->offset);

	if (table == NULL)
		reader_fail(r, STATUS_UNSUPPORTED);
	else
		wire_take(r, table, message + f->base);
}

static void put_field(struct writer *w, const struct wire_field *f, const uint8_t *message)
{
	const void *member = message + f->offset;

	switch (f->form) {
	case WIRE_FORM_BOOL:
	case WIRE_FORM_NUMBER:
		put_number(w, f, number_at(member, f->size));
		return;
	case WIRE_FORM_U8:
		put_u8(w, f, *(const uint8_t *)member);
		return;
	case WIRE_FORM_BITS:
		put_bits(w, f, *(const uint32_t *)member);
		return;
	case WIRE_FORM_BE64:
		writer_be64(w, *(const uint64_t *)member);
		return;
	case WIRE_FORM_TIME:
		put_time(w, *(const int64_t *)member);
		return;
	case WIRE_FORM_SIZED:
	case WIRE_FORM_SIZED32:
	case WIRE_FORM_EXACT:
		put_span(w, f, *(const struct span *)member);
		return;
	case WIRE_FORM_FIXED:
		writer_put(w, (struct span){ .data = member, .len = f->cap });
		return;
	case WIRE_FORM_TEXT:
		put_span(w, f, span_text(member));
		return;
	case WIRE_FORM_STRUCT:
		put_elements(w, f, member, 1);
		return;
	case WIRE_FORM_ARRAY:
		put_elements(w, f, member, f->cap);
		return;
	case WIRE_FORM_LIST:
		put_list(w, f, message);
		return;
	case WIRE_FORM_CHOICE:
		put_choice(w, f, message);
		return;
	case WIRE_FORM_CODEC:
		f->codec->put(w, member);
		return;
	}
}

static void take_field(struct reader *r, const struct wire_field *f, uint8_t *message)
{
	void *member = message + f->offset;

	switch (f->form) {
	case WIRE_FORM_BOOL:
		*(bool *)member = take_number(r, f) == 1;
		return;
	case WIRE_FORM_NUMBER:
		take_enum(r, f, member);
		return;
	case WIRE_FORM_U8:
		*(uint8_t *)member = take_u8(r, f);
		return;
	case WIRE_FORM_BITS:
		*(uint32_t *)member = take_bits(r, f);
		return;
	case WIRE_FORM_BE64:
		*(uint64_t *)member = reader_be64(r);
		return;
	case WIRE_FORM_TIME:
		*(int64_t *)member = take_time(r);
		return;
	case WIRE_FORM_SIZED:
	case WIRE_FORM_SIZED32:
	case WIRE_FORM_EXACT:
		*(struct span *)member = take_span(r, f);
		return;
	case WIRE_FORM_FIXED:
		reader_copy(r, member, f->cap);
		return;
	case WIRE_FORM_TEXT:
		take_text(r, f, member);
		return;
	case WIRE_FORM_STRUCT:
		take_elements(r, f, member, 1);
		return;
	case WIRE_FORM_ARRAY:
		take_elements(r, f, member, f->cap);
		return;
	case WIRE_FORM_LIST:
		take_list(r, f, message);
		return;
	case WIRE_FORM_CHOICE:
		take_choice(r, f, message);
		return;
	case WIRE_FORM_CODEC:
		f->codec->take(r, member);
		return;
	}
}

void wire_put(struct writer *w, const struct wire_table *table, const void *message)
{
	for (size_t i = 0; i < table->count && w->status == OK; i++)
		put_field(w, &table->fields[i], message);
}

void wire_take(struct reader *r, const struct wire_table *table, void *message)
{
	for (size_t i = 0; i < table->count && r->status == OK; i++)
		take_field(r, &table->fields[i], message);
}

size_t wire_used(const struct wire_table *table, const void *message)
{
	const uint8_t *counter = (const uint8_t *)message + table->counter;

	if (table->stride == 0)
		return table->size;
	return table->head + *(const size_t *)(const void *)counter * table->stride;
}

enum status wire_encode(const struct wire_table *table, const void *message, size_t max,
			struct bytes *out)
{
	struct writer w = writer_to(out, max);

	wire_put(&w, table, message);
	return writer_end(&w);
}

enum status wire_decode(const struct wire_table *table, struct span body, void *message)
{
	struct reader r = reader_over(body);

	wire_take(&r, table, message);
	return reader_end(&r);
}
