/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void inventory_done(struct inventory *inventory)
{
	bytes_done(&inventory->text);
	free(inventory->entries);
	*inventory = (struct inventory){ 0 };
}

static enum status add_entry(struct inventory *inventory, const struct inventory_entry *entry)
{
	if (inventory->count == inventory->capacity) {
		size_t capacity = inventory->capacity == 0 ? 64 : 2 * inventory->capacity;
		struct inventory_entry *entries =
			reallocarray(inventory->entries, capacity, sizeof(*entries));

		if (entries == NULL)
			return STATUS_NO_MEMORY;
		inventory->entries = entries;
		inventory->capacity = capacity;
	}
	inventory->entries[inventory->count++] = *entry;
	return OK;
}

/* The next word, over any run of blanks; empty at the line's end. */
static struct span next_word(struct span *rest)
{
	size_t start = 0, end;

	while (start < rest->len && (rest->data[start] == ' ' || rest->data[start] == '\t'))
		start++;
	for (end = start; end < rest->len; end++)
		if (rest->data[end] == ' ' || rest->data[end] == '\t')
			break;

	struct span word = { .data = rest->data + start, .len = end - start };

	*rest = (struct span){ .data = rest->data + end, .len = rest->len - end };
	return word;
}

static enum status parse_line(struct inventory *inventory, struct span line)
{
	struct inventory_entry entry = { 0 };
	enum status status = OK;
	size_t count = 0;

	entry.host = next_word(&line);
	if (entry.host.len == 0 || entry.host.data[0] == '#')
		return OK;
	entry.class_name = next_word(&line);
	if (!hostname_is_valid(entry.host) || !class_name_is_valid(entry.class_name))
		return STATUS_MALFORMED;
	for (struct span id = next_word(&line); id.len > 0; id = next_word(&line)) {
		if (++count > INVENTORY_EKS_MAX)
			return STATUS_TOO_LARGE;
		status = node_id_parse(id, &entry.node);
		if (status == OK)
			status = add_entry(inventory, &entry);
		if (status != OK)
			return status;
	}
	return count > 0 ? OK : STATUS_MALFORMED;
}

static int compare_entries(const void *a, const void *b)
{
	const struct inventory_entry *left = a, *right = b;

	return memcmp(left->node.value, right->node.value, sizeof(left->node.value));
}

static bool has_double(const struct inventory *inventory)
{
	for (size_t i = 1; i < inventory->count; i++)
		if (compare_entries(&inventory->entries[i - 1], &inventory->entries[i]) == 0)
			return true;
	return false;
}

enum status inventory_parse(struct bytes *text, struct inventory *out, size_t *line)
{
	AUTO_DONE(inventory) inventory = { .text = *text };
	struct span rest = span_of(&inventory.text);
	struct span next;

	*text = (struct bytes){ 0 };
	*line = 0;
	while (text_next_line(&rest, &next)) {
		enum status status = parse_line(&inventory, next);

		++*line;
		if (status != OK)
			return status;
	}
	if (inventory.count > 0)
		qsort(inventory.entries, inventory.count, sizeof(*inventory.entries),
		      compare_entries);
	if (has_double(&inventory))
		return STATUS_MISMATCH;
	*out = inventory;
	inventory = (struct inventory){ 0 };
	return OK;
}

const struct inventory_entry *inventory_find(const struct inventory *inventory,
					     const struct node_id *node)
{
	struct inventory_entry key = { .node = *node };

	if (inventory->count == 0)
		return NULL;
	return bsearch(&key, inventory->entries, inventory->count, sizeof(key), compare_entries);
}

size_t inventory_line(const struct inventory *inventory, const struct inventory_entry *entry,
		      struct node_id out[INVENTORY_EKS_MAX])
{
	const uint8_t *ids = entry->class_name.data + entry->class_name.len;
	struct span rest = { ids, inventory->text.len - (size_t)(ids - inventory->text.data) };
	struct span line;
	size_t count = 0;

	if (!text_next_line(&rest, &line))
		return 0;
	for (struct span id = next_word(&line); id.len > 0 && count < INVENTORY_EKS_MAX;
	     id = next_word(&line))
		count += node_id_parse(id, &out[count]) == OK;
	return count;
}
