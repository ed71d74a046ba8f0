/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/reference/file_table.h"

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
	const uint8_t *at = file.data;
	uint64_t count = 0;

	if (file.len == 0)
		return 0;

	const uint8_t *end = file.data + file.len;

	while (at != NULL && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		at++;
		count++;
	}
	return count;
}

static void put_be16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put_be32(uint8_t *at, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* A line's path as IMA will log it. */
struct logged {
	uint8_t bytes[SET_PATH_MAX];
	struct span path;
	bool had_space;
};

static void log_path(struct span path, struct logged *out)
{
	path_as_logged(path, out->bytes);
	out->path = (struct span){ out->bytes, path.len };
	out->had_space = memchr(path.data, ' ', path.len) != NULL;
}

static size_t shared_len(struct span a, struct span b)
{
	size_t most = a.len < b.len ? a.len : b.len;
	size_t len = 0;

	while (len < most && a.data[len] == b.data[len])
		len++;
	return len;
}

/* Heads hold where paths end: all of them begin with a '/', which they share. */
_Static_assert(SET_PATH_MAX + (IMAGE_BLOCK_RECORDS - 1) * (SET_PATH_MAX - 1) <= UINT16_MAX,
	       "a block has room for the longest paths");

static enum status begin_block(struct bytes *records)
{
	static const uint8_t empty[IMAGE_BLOCK_PATHS];

	return bytes_append(records, (struct span){ empty, sizeof(empty) });
}

/* Appends a record to the last block, which begins at start. */
static enum status append_record(struct bytes *records, size_t start, size_t place,
				 const struct set_entry *entry, const struct logged *logged)
{
	size_t head = start + IMAGE_BLOCK_HEADS + place * IMAGE_RECORD_HEAD;
	size_t paths = start + IMAGE_BLOCK_PATHS;
	struct span rest = logged->path;
	size_t shared = 0;

	if (place > 0) {
		const uint8_t *first = records->data + start + IMAGE_BLOCK_HEADS;

		shared = shared_len((struct span){ records->data + paths, image_be16(first + 2) },
				    rest);
	}
	rest.data += shared;
	rest.len -= shared;

	enum status status = bytes_append(records, rest);
	if (status != OK)
		return status;
	memcpy(records->data + start + place * SHA256_SIZE, entry->digest, SHA256_SIZE);
	put_be16(records->data + head, shared | (logged->had_space ? IMAGE_PATH_HAD_SPACE : 0));
	put_be16(records->data + head + 2, records->len - paths);
	return OK;
}

/* Places that are left have no path: it ends where it begins. */
static enum status end_block(struct bytes *records, size_t start, size_t count)
{
	static const uint8_t zeros[IMAGE_ALIGN];
	size_t len = records->len - start;

	for (size_t i = count; i < IMAGE_BLOCK_RECORDS; i++)
		put_be16(records->data + start + IMAGE_BLOCK_HEADS + i * IMAGE_RECORD_HEAD + 2,
			 len - IMAGE_BLOCK_PATHS);
	return bytes_append(records, (struct span){ zeros, image_aligned(len) - len });
}

/* Puts the last record, by its name, into the first free slot of its run. False
 * where the same path stands there already: two digests for one file. ("a b" and
 * "a_b" are two files that IMA spells alike; both count.) */
static bool insert(const struct file_table *table, uint8_t *slots, struct span records,
		   uint64_t name, const struct logged *logged)
{
	struct file_lookup files = { .records = { records.data + table->records,
						  (size_t)table->records_len } };
	uint64_t hash = image_file_hash(table->key, logged->path);
	uint32_t tag = (uint32_t)(hash >> 32);
	uint64_t mask = table->slot_count - 1;
	uint64_t slot = hash & mask;
	struct file_record other = { 0 };

	for (;; slot = (slot + 1) & mask) {
		uint8_t *at = slots + slot * IMAGE_SLOT_SIZE;
		uint32_t taken = image_be32(at + 4);

		if (taken == 0) {
			put_be32(at, tag);
			put_be32(at + 4, (uint32_t)name + 1);
			return true;
		}
		if (image_be32(at) == tag && file_lookup_record(&files, taken - 1, &other) &&
		    file_record_has_path(&other, logged->path) &&
		    other.had_space == logged->had_space)
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

/* Where a table is built; the section's slots are not counted until it is done. */
struct building {
	struct file_table table;
	uint8_t *slots;
	struct bytes *records;
	struct file_table_result *result;
};

static enum status refuse_twice(struct building *b, struct span file, struct span path)
{
	b->result->fault = "set-path-twice";
	b->result->line =
		1 + count_lines((struct span){ file.data, (size_t)(path.data - file.data) });
	return STATUS_MALFORMED;
}

static enum status fill_block(struct building *b, struct span file, const struct set_entry *entry,
			      size_t count)
{
	size_t start = b->records->len;
	uint64_t name = start - b->table.records;
	enum status status = begin_block(b->records);

	for (size_t i = 0; i < count && status == OK; i++) {
		struct logged logged;

		log_path(entry[i].path, &logged);
		status = append_record(b->records, start, i, &entry[i], &logged);
		if (status != OK)
			return status;
		b->table.records_len = b->records->len - b->table.records;
		b->result->files++;
		if (!insert(&b->table, b->slots, span_of(b->records), name + i, &logged))
			return refuse_twice(b, file, entry[i].path);
	}
	if (status == OK)
		status = end_block(b->records, start, count);
	b->table.records_len = b->records->len - b->table.records;
	return status;
}

static enum status fill(struct building *b, struct span file, const struct listing *listing)
{
	enum status status = OK;

	for (size_t i = 0; i < listing->count && status == OK; i += IMAGE_BLOCK_RECORDS) {
		size_t left = listing->count - i;

		status = fill_block(b, file, &listing->entry[i],
				    left < IMAGE_BLOCK_RECORDS ? left : IMAGE_BLOCK_RECORDS);
	}
	return status;
}

enum status file_table_build(struct span file, const struct digest *digest, struct bytes *slots,
			     struct bytes *records, struct file_table *out,
			     struct file_table_result *result)
{
	AUTO_DONE(listing) listing = { 0 };
	struct building b = {
		.table = { .slots = slots->len, .slot_count = 2, .records = records->len },
		.records = records,
		.result = result,
	};
	uint64_t lines = count_lines(file);

	memcpy(&b.table.key, digest->value, sizeof(b.table.key));
	while (b.table.slot_count < 2 * lines)
		b.table.slot_count *= 2;

	/* A full block is smaller than its lines, by their digits; one may not be full. */
	size_t records_max = file.len + IMAGE_BLOCK_MIN;
	size_t slots_len = b.table.slot_count * IMAGE_SLOT_SIZE;
	if (file.len > SET_FILE_MAX || slots_len > UINT32_MAX - slots->len ||
	    records_max > UINT32_MAX - records->len)
		return STATUS_TOO_LARGE;
	enum status status = list(file, lines, &listing, result);
	if (status == OK)
		status = bytes_reserve(slots, slots->len + slots_len);
	if (status == OK)
		status = bytes_reserve(records, records->len + records_max);
	if (status != OK)
		return status;
	b.slots = slots->data + slots->len;
	memset(b.slots, 0, slots_len);
	status = fill(&b, file, &listing);
	if (status == OK) {
		slots->len += slots_len;
		*out = b.table;
	}
	return status;
}
