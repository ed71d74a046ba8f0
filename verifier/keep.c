/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/keep.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 4096
#define SMALL_MAX 1024

static enum status make_room(struct keep *keep)
{
	size_t capacity = keep->capacity == 0 ? 16 : 2 * keep->capacity;
	struct bytes *items;

	if (keep->count < keep->capacity)
		return OK;
	items = reallocarray(keep->items, capacity, sizeof(*items));
	if (items == NULL)
		return STATUS_NO_MEMORY;
	keep->items = items;
	keep->capacity = capacity;
	return OK;
}

enum status keep_bytes(struct keep *keep, struct bytes *bytes, struct span *out)
{
	enum status status = make_room(keep);

	if (status != OK)
		return status;
	*out = span_of(bytes);
	keep->items[keep->count++] = *bytes;
	*bytes = (struct bytes){ 0 };
	return OK;
}

static enum status add_block(struct keep *keep)
{
	AUTO_DONE(bytes) block = { 0 };
	struct span unused;
	enum status status = bytes_reserve(&block, BLOCK_SIZE);

	if (status != OK)
		return status;

	uint8_t *data = block.data;

	status = keep_bytes(keep, &block, &unused);
	if (status != OK)
		return status;
	keep->block = data;
	keep->block_left = BLOCK_SIZE;
	return OK;
}

enum status keep_copy(struct keep *keep, struct span from, struct span *out)
{
	AUTO_DONE(bytes) copy = { 0 };
	enum status status = OK;

	if (from.len == 0) {
		*out = (struct span){ 0 };
		return OK;
	}
	if (from.len > SMALL_MAX) {
		status = bytes_copy(from, &copy);
		return status == OK ? keep_bytes(keep, &copy, out) : status;
	}
	if (from.len > keep->block_left)
		status = add_block(keep);
	if (status != OK)
		return status;
	memcpy(keep->block, from.data, from.len);
	*out = (struct span){ .data = keep->block, .len = from.len };
	keep->block += from.len;
	keep->block_left -= from.len;
	return OK;
}

void keep_done(struct keep *keep)
{
	for (size_t i = 0; i < keep->count; i++)
		bytes_done(&keep->items[i]);
	free(keep->items);
	*keep = (struct keep){ 0 };
}
