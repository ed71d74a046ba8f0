/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/artifacts/firmware_variables.h"

#define START_ID 0x55aa
#define END_ID 0xffff /* erased flash */
#define STORE_FORMATTED 0x5a
#define STORE_HEALTHY 0xfe
/* Bits of State are cleared one after the other (EDK II, VariableFormat.h). */
#define STATE_ADDED 0x3f
#define STATE_ADDED_IN_TRANSITION 0x3e /* its successor is not complete yet */

/* EFI_SYSTEM_NV_DATA_FV_GUID, EFI_AUTHENTICATED_VARIABLE_GUID, as stored */
static const uint8_t volume_guid[16] = {
	0x8d, 0x2b, 0xf1, 0xff, 0x96, 0x76, 0x8b, 0x4c,
	0xa9, 0x85, 0x27, 0x47, 0x07, 0x5b, 0x4f, 0x50,
};
static const uint8_t store_guid[16] = {
	0x78, 0x2c, 0xf3, 0xaa, 0x7b, 0x94, 0x9a, 0x43,
	0xa1, 0x80, 0x2e, 0x14, 0x4e, 0xc3, 0x77, 0x92,
};

static void expect_guid(struct reader *r, const uint8_t guid[16])
{
	uint8_t found[16] = { 0 };

	reader_copy(r, found, sizeof(found));
	if (memcmp(found, guid, sizeof(found)) != 0)
		reader_fail(r, STATUS_MALFORMED);
}

/* The volume's header, which says how long it is itself. */
static size_t read_volume(struct reader *r)
{
	reader_skip(r, 16); /* ZeroVector */
	expect_guid(r, volume_guid);
	reader_skip(r, 8); /* FvLength: what the image has beyond is not ours */
	if (reader_le32(r) != 0x4856465f) /* "_FVH" */
		reader_fail(r, STATUS_MALFORMED);
	reader_skip(r, 4); /* Attributes */
	return reader_le16(r);
}

enum status firmware_variables_open(struct span image, struct firmware_variables *out)
{
	struct reader volume = reader_over(image);
	size_t header_len = read_volume(&volume);
	struct reader r = reader_over(image);
	size_t size;

	reader_fail(&r, volume.status);
	reader_skip(&r, header_len);
	expect_guid(&r, store_guid);
	size = reader_le32(&r); /* this header of 28 bytes included */
	if (reader_u8(&r) != STORE_FORMATTED || reader_u8(&r) != STORE_HEALTHY || size < 28)
		reader_fail(&r, STATUS_MALFORMED);
	reader_skip(&r, 6); /* reserved */

	struct span store = reader_take(&r, r.status == OK ? size - 28 : 0);
	if (r.status == OK)
		*out = (struct firmware_variables){ .reader = reader_over(store), .store = store };
	return r.status;
}

/* Headers start at multiples of four. */
static void align(struct reader *r)
{
	size_t over = r->offset % 4;

	if (over != 0 && r->rest.len > 0)
		reader_skip(r, 4 - over < r->rest.len ? 4 - over : r->rest.len);
}

/* AUTHENTICATED_VARIABLE_HEADER, name, content. */
static uint8_t read_variable(struct reader *r, struct firmware_variable *out)
{
	uint8_t state = reader_u8(r);

	reader_skip(r, 1 + 4 + 8 + 16 + 4); /* Attributes, count, time, key's index */

	size_t name_len = reader_le32(r);
	size_t content_len = reader_le32(r);

	reader_copy(r, out->guid, sizeof(out->guid));
	out->name = reader_take(r, name_len);
	out->content = reader_take(r, content_len);
	if (name_len < 2 || name_len % 2 != 0)
		reader_fail(r, STATUS_MALFORMED);
	if (r->status == OK && span_is_zero((struct span){ out->name.data + name_len - 2, 2 }))
		out->name.len -= 2;
	return state;
}

enum status firmware_variables_next(struct firmware_variables *variables,
				    struct firmware_variable *out)
{
	struct reader *r = &variables->reader;

	while (!reader_is_done(r)) {
		struct firmware_variable found;
		uint16_t id;

		align(r);
		if (r->rest.len < 2)
			return r->status == OK ? STATUS_NOT_FOUND : r->status;
		id = reader_le16(r);
		if (id == END_ID)
			return STATUS_NOT_FOUND;
		if (id != START_ID)
			reader_fail(r, STATUS_MALFORMED);

		uint8_t state = read_variable(r, &found);
		if (r->status != OK)
			return r->status;
		if (state == STATE_ADDED || state == STATE_ADDED_IN_TRANSITION) {
			*out = found;
			return OK;
		}
	}
	return r->status == OK ? STATUS_NOT_FOUND : r->status;
}

static bool is_named(struct span name, const char *text)
{
	size_t len = strlen(text);

	if (name.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (name.data[2 * i] != (uint8_t)text[i] || name.data[2 * i + 1] != 0)
			return false;
	return true;
}

enum status firmware_variable_named(struct span image, const uint8_t guid[16], const char *name,
				    struct firmware_variable *out)
{
	struct firmware_variables variables;
	struct firmware_variable variable;
	bool is_found = false;
	enum status status = firmware_variables_open(image, &variables);

	/* The last one counts: one in transition stands before its successor. */
	while (status == OK && (status = firmware_variables_next(&variables, &variable)) == OK) {
		/* An operating system may have one of the same name, its own. */
		if (memcmp(variable.guid, guid, sizeof(variable.guid)) != 0 ||
		    !is_named(variable.name, name))
			continue;
		*out = variable;
		is_found = true;
	}
	if (status != STATUS_NOT_FOUND)
		return status;
	return is_found ? OK : STATUS_NOT_FOUND;
}
