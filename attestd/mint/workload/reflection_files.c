/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/workload/reflection_files.h"

#include "base/reader.h"

/* google/protobuf/descriptor.proto */
enum {
	SET_FILE = 1,
	FILE_NAME = 1,
	FILE_PACKAGE = 2,
	FILE_DEPENDENCY = 3,
	FILE_MESSAGE = 4,
	FILE_ENUM = 5,
	FILE_SERVICE = 6,
	ANY_NAME = 1, /* of a message, an enumeration, a service */
};

/* Protocol buffers' wire types, of which a descriptor has these two. */
#define WIRE_VARINT 0
#define WIRE_SIZED 2

static uint64_t take_varint(struct reader *r)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = reader_u8(r);

		value |= (uint64_t)(byte & 0x7f) << shift;
		if ((byte & 0x80) == 0)
			return value;
	}
	reader_fail(r, STATUS_MALFORMED);
	return 0;
}

/* The next sized field of that number; false at the end. */
static bool next_field(struct span *message, uint64_t number, struct span *out)
{
	struct reader r = reader_over(*message);

	while (!reader_is_done(&r)) {
		uint64_t key = take_varint(&r);
		uint64_t value = take_varint(&r);

		if ((key & 7) == WIRE_VARINT)
			continue;
		if ((key & 7) != WIRE_SIZED)
			return false;

		struct span field = reader_take(&r, (size_t)value);

		if (r.status != OK || key >> 3 != number)
			continue;
		*message = r.rest;
		*out = field;
		return true;
	}
	return false;
}

/* The field, or nothing. */
static struct span field_of(struct span message, uint64_t number)
{
	struct span field = { 0 };

	return next_field(&message, number, &field) ? field : (struct span){ 0 };
}

bool reflection_file_next(struct span *set, struct span *file)
{
	return next_field(set, SET_FILE, file);
}

struct span reflection_file_name(struct span file)
{
	return field_of(file, FILE_NAME);
}

bool reflection_file_import(struct span *rest, struct span *name)
{
	return next_field(rest, FILE_DEPENDENCY, name);
}

/* Takes a part off the front, and the dot behind it. */
static bool take_part(struct span *symbol, struct span part)
{
	if (symbol->len < part.len || !span_equal((struct span){ symbol->data, part.len }, part))
		return false;
	if (symbol->len > part.len && symbol->data[part.len] != '.')
		return false;

	size_t len = symbol->len > part.len ? part.len + 1 : part.len;

	*symbol = (struct span){ symbol->data + len, symbol->len - len };
	return true;
}

bool reflection_file_has(struct span file, struct span symbol)
{
	static const uint64_t kinds[] = { FILE_MESSAGE, FILE_ENUM, FILE_SERVICE };
	struct span package = field_of(file, FILE_PACKAGE);
	struct span thing;

	if (package.len > 0 && !take_part(&symbol, package))
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct span rest = file;

		while (next_field(&rest, kinds[i], &thing)) {
			struct span left = symbol;

			if (take_part(&left, field_of(thing, ANY_NAME)))
				return true;
		}
	}
	return false;
}
