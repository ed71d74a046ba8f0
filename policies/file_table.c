/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/file_table.h"

#include <stdlib.h>
#include <string.h>

void file_table_write(struct writer *w, const struct file_table *table)
{
	writer_be64(w, table->key);
	writer_be64(w, table->slots);
	writer_be64(w, table->slot_count);
	writer_be64(w, table->records);
	writer_be64(w, table->records_len);
}

void file_table_read(struct reader *r, struct file_table *out)
{
	out->key = reader_be64(r);
	out->slots = reader_be64(r);
	out->slot_count = reader_be64(r);
	out->records = reader_be64(r);
	out->records_len = reader_be64(r);
}

bool file_table_is_sound(const struct file_table *table, struct span slots, struct span records)
{
	return table->slot_count > 0 && (table->slot_count & (table->slot_count - 1)) == 0 &&
	       table->slots <= slots.len &&
	       table->slot_count <= (slots.len - table->slots) / IMAGE_SLOT_SIZE &&
	       table->records <= records.len && table->records_len <= records.len - table->records;
}

/* An empty section has no bytes to point at. */
static struct span part_of(struct span section, uint64_t offset, uint64_t len)
{
	if (len == 0)
		return (struct span){ 0 };
	return (struct span){ section.data + offset, (size_t)len };
}

struct file_lookup file_table_open(const struct file_table *table, struct span slots,
				   struct span records)
{
	return (struct file_lookup){
		.key = table->key,
		.mask = table->slot_count - 1,
		.slots = slots.data + table->slots,
		.records = part_of(records, table->records, table->records_len),
	};
}

static uint64_t count_lines(struct span file)
{
	const uint8_t *end = file.data + file.len;
	const uint8_t *at = file.len == 0 ? NULL : file.data;
	uint64_t count = 0;

	while (at != NULL && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		at++;
		count++;
	}
	return count;
}

/* Appends a record with the path as IMA will log it. */
static enum status append_record(struct bytes *records, const struct set_entry *entry,
				 struct file_record *out)
{
	size_t start = records->len;
	struct writer w = writer_to(records, SIZE_MAX);
	bool had_space = memchr(entry->path.data, ' ', entry->path.len) != NULL;

	writer_put(&w, (struct span){ entry->digest, SHA256_SIZE });
	writer_be16(&w, (uint16_t)(entry->path.len | (had_space ? IMAGE_PATH_HAD_SPACE : 0)));
	writer_put(&w, entry->path);
	if (writer_end(&w) != OK)
		return writer_end(&w);

	uint8_t *path = records->data + start + IMAGE_RECORD_HEAD;
	path_as_logged(entry->path, path);
	*out = (struct file_record){
		.digest = records->data + start,
		.path = { .data = path, .len = entry->path.len },
		.had_space = had_space,
	};
	return OK;
}

static void put_be32(uint8_t *at, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Puts the last record into the first free slot of its run. False where the
 * same path stands there already: two digests for one file. ("a b" and "a_b"
 * are two files that IMA spells alike; both count.) */
static bool insert(const struct file_table *table, uint8_t *slots, struct span records,
		   uint64_t offset, const struct file_record *record)
{
	struct file_lookup files = { .records = { records.data + table->records,
						  (size_t)table->records_len } };
	uint64_t hash = image_file_hash(table->key, record->path);
	uint32_t tag = (uint32_t)(hash >> 32);
	uint64_t mask = table->slot_count - 1;
	uint64_t slot = hash & mask;
	struct file_record other = { 0 };

	for (;; slot = (slot + 1) & mask) {
		uint8_t *at = slots + slot * IMAGE_SLOT_SIZE;
		uint32_t taken = image_be32(at + 4);

		if (taken == 0) {
			put_be32(at, tag);
			put_be32(at + 4, (uint32_t)offset + 1);
			return true;
		}
		if (image_be32(at) == tag && file_lookup_record(&files, taken - 1, &other) &&
		    span_equal(other.path, record->path) && other.had_space == record->had_space)
			return false;
	}
}

/* A set file's lines, in the order of their paths. */
struct listing {
	struct set_entry *entry;
	size_t count;
};

static void listing_done(struct listing *listing)
{
	free(listing->entry);
}

AUTO_RELEASE(listing, listing_done);

static int compare_entries(const void *a, const void *b)
{
	const struct set_entry *first = a;
	const struct set_entry *second = b;
	int order = span_compare(first->path, second->path);

	/* Of two with the same path, the later line is the one too many. */
	return order != 0 ? order
			  : (first->path.data > second->path.data) -
				    (first->path.data < second->path.data);
}

static enum status list(struct span file, uint64_t lines, struct listing *out,
			struct file_table_result *result)
{
	struct set_reader reader = set_reader_over(file);
	enum status status = OK;

	out->entry = calloc(lines + 1, sizeof(*out->entry));
	if (out->entry == NULL)
		return STATUS_NO_MEMORY;
	while (out->count < lines &&
	       (status = set_reader_next(&reader, &out->entry[out->count])) == OK)
		out->count++;
	/* What follows the last newline. */
	if (status == OK)
		status = set_reader_next(&reader, &out->entry[out->count]);
	if (status != STATUS_NOT_FOUND) {
		result->fault = reader.fault;
		result->line = reader.line;
		return status;
	}
	qsort(out->entry, out->count, sizeof(*out->entry), compare_entries);
	return OK;
}

static enum status fill(struct span file, const struct listing *listing, struct file_table *table,
			uint8_t *slots, struct bytes *records, struct file_table_result *result)
{
	for (size_t i = 0; i < listing->count; i++) {
		const struct set_entry *entry = &listing->entry[i];
		uint64_t offset = records->len - table->records;
		struct file_record record = { 0 };
		enum status status = append_record(records, entry, &record);

		if (status != OK)
			return status;
		table->records_len = records->len - table->records;
		if (table->records_len >= UINT32_MAX)
			return STATUS_TOO_LARGE;
		result->files++;
		if (!insert(table, slots, span_of(records), offset, &record)) {
			result->fault = "set-path-twice";
			result->line =
				1 + count_lines((struct span){
					    file.data, (size_t)(entry->path.data - file.data) });
			return STATUS_MALFORMED;
		}
	}
	return OK;
}

enum status file_table_build(struct span file, const struct digest *digest, struct bytes *slots,
			     struct bytes *records, struct file_table *out,
			     struct file_table_result *result)
{
	AUTO_DONE(listing) listing = { 0 };
	struct file_table table = { .slots = slots->len, .slot_count = 2, .records = records->len };
	uint64_t lines = count_lines(file);

	memcpy(&table.key, digest->value, sizeof(table.key));
	while (table.slot_count < 2 * lines)
		table.slot_count *= 2;

	size_t slots_len = table.slot_count * IMAGE_SLOT_SIZE;
	if (file.len > SET_FILE_MAX || slots_len > UINT32_MAX - slots->len ||
	    file.len > UINT32_MAX - records->len)
		return STATUS_TOO_LARGE;
	enum status status = list(file, lines, &listing, result);
	if (status == OK)
		status = bytes_reserve(slots, slots->len + slots_len);
	if (status == OK)
		status = bytes_reserve(records, records->len + file.len);
	if (status != OK)
		return status;
	memset(slots->data + slots->len, 0, slots_len);
	status = fill(file, &listing, &table, slots->data + slots->len, records, result);
	if (status == OK) {
		slots->len += slots_len;
		*out = table;
	}
	return status;
}
