/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/file_table.h"

#include <string.h>

#define PATH_HAD_SPACE 0x8000u /* in a record's path length */
#define PATH_LEN_MASK 0x7fffu

static uint64_t load64(const uint8_t *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9fb21c651e98df25);
	return hash ^ hash >> 32;
}

uint64_t image_file_hash(uint64_t key, struct span path)
{
	uint64_t hash = mix(key, path.len);
	uint64_t last = 0;

	while (path.len >= 8) {
		hash = mix(hash, load64(path.data));
		path.data += 8;
		path.len -= 8;
	}
	if (path.len > 0)
		memcpy(&last, path.data, path.len);
	return mix(mix(hash, last), key);
}

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

/* A slot's record; false where it lies outside. */
struct record {
	const uint8_t *digest;
	struct span path;
	bool had_space;
};

static bool record_at(const struct file_table *table, struct span records, uint64_t offset,
		      struct record *out)
{
	if (offset > table->records_len || table->records_len - offset < IMAGE_RECORD_HEAD)
		return false;

	const uint8_t *at = records.data + table->records + offset;
	unsigned len = (unsigned)at[SHA256_SIZE] << 8 | at[SHA256_SIZE + 1];

	*out = (struct record){
		.digest = at,
		.path = { .data = at + IMAGE_RECORD_HEAD, .len = len & PATH_LEN_MASK },
		.had_space = (len & PATH_HAD_SPACE) != 0,
	};
	return out->path.len <= table->records_len - offset - IMAGE_RECORD_HEAD;
}

enum status file_table_lookup(const struct file_table *table, struct span slots,
			      struct span records, struct span path, const struct digest *digest)
{
	uint64_t hash = image_file_hash(table->key, path);
	uint32_t tag = (uint32_t)(hash >> 32);
	bool has_path = false;

	for (uint64_t i = 0; i < table->slot_count; i++) {
		uint64_t slot = (hash + i) & (table->slot_count - 1);
		const uint8_t *at = slots.data + table->slots + slot * IMAGE_SLOT_SIZE;
		uint32_t offset = image_be32(at + 4);
		struct record record = { 0 };

		if (offset == 0)
			break;
		if (image_be32(at) != tag || !record_at(table, records, offset - 1, &record) ||
		    !span_equal(record.path, path))
			continue;
		has_path = true;
		if (digest->alg == DIGEST_SHA256 &&
		    memcmp(record.digest, digest->value, SHA256_SIZE) == 0)
			return OK;
	}
	return has_path ? STATUS_MISMATCH : STATUS_NOT_FOUND;
}

bool file_table_has_digest(const struct file_table *table, struct span records,
			   const struct digest *digest)
{
	struct record record;

	if (digest->alg != DIGEST_SHA256)
		return false;
	for (uint64_t at = 0; record_at(table, records, at, &record);
	     at += IMAGE_RECORD_HEAD + record.path.len)
		if (memcmp(record.digest, digest->value, SHA256_SIZE) == 0)
			return true;
	return false;
}

static uint64_t count_lines(struct span file)
{
	uint64_t count = 0;

	for (size_t i = 0; i < file.len; i++)
		count += file.data[i] == '\n';
	return count;
}

/* Appends a record with the path as IMA will log it: the kernel writes '_' for
 * each space (ima_d_path, ima_template_lib.c). */
static enum status append_record(struct bytes *records, const struct set_entry *entry,
				 struct record *out)
{
	size_t start = records->len;
	struct writer w = writer_to(records, SIZE_MAX);
	bool had_space = memchr(entry->path.data, ' ', entry->path.len) != NULL;

	writer_put(&w, (struct span){ entry->digest, SHA256_SIZE });
	writer_be16(&w, (uint16_t)(entry->path.len | (had_space ? PATH_HAD_SPACE : 0)));
	writer_put(&w, entry->path);
	if (writer_end(&w) != OK)
		return writer_end(&w);

	uint8_t *path = records->data + start + IMAGE_RECORD_HEAD;
	for (size_t i = 0; had_space && i < entry->path.len; i++)
		if (path[i] == ' ')
			path[i] = '_';
	*out = (struct record){
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
		   uint64_t offset, const struct record *record)
{
	uint64_t hash = image_file_hash(table->key, record->path);
	uint32_t tag = (uint32_t)(hash >> 32);
	uint64_t slot = hash & (table->slot_count - 1);
	struct record other = { 0 };

	for (;; slot = (slot + 1) & (table->slot_count - 1)) {
		uint8_t *at = slots + slot * IMAGE_SLOT_SIZE;
		uint32_t taken = image_be32(at + 4);

		if (taken == 0) {
			put_be32(at, tag);
			put_be32(at + 4, (uint32_t)offset + 1);
			return true;
		}
		if (image_be32(at) == tag && record_at(table, records, taken - 1, &other) &&
		    span_equal(other.path, record->path) && other.had_space == record->had_space)
			return false;
	}
}

static enum status fill(struct set_reader *reader, struct file_table *table, uint8_t *slots,
			struct bytes *records, struct file_table_result *result)
{
	struct set_entry entry;
	enum status status;

	while ((status = set_reader_next(reader, &entry)) == OK) {
		uint64_t offset = records->len - table->records;
		struct record record = { 0 };

		status = append_record(records, &entry, &record);
		if (status != OK)
			return status;
		table->records_len = records->len - table->records;
		if (table->records_len >= UINT32_MAX)
			return STATUS_TOO_LARGE;
		result->files++;
		if (!insert(table, slots, span_of(records), offset, &record)) {
			result->fault = "set-path-twice";
			result->line = reader->line;
			return STATUS_MALFORMED;
		}
	}
	if (status == STATUS_NOT_FOUND)
		return OK;
	result->fault = reader->fault;
	result->line = reader->line;
	return status;
}

enum status file_table_build(struct span file, const struct digest *digest, struct bytes *slots,
			     struct bytes *records, struct file_table *out,
			     struct file_table_result *result)
{
	struct set_reader reader = set_reader_over(file);
	struct file_table table = { .key = load64(digest->value),
				    .slots = slots->len,
				    .slot_count = 2,
				    .records = records->len };
	uint64_t lines = count_lines(file);

	while (table.slot_count < 2 * lines)
		table.slot_count *= 2;

	size_t slots_len = table.slot_count * IMAGE_SLOT_SIZE;
	if (file.len > SET_FILE_MAX || slots_len > UINT32_MAX - slots->len ||
	    file.len > UINT32_MAX - records->len)
		return STATUS_TOO_LARGE;
	enum status status = bytes_reserve(slots, slots->len + slots_len);
	if (status == OK)
		status = bytes_reserve(records, records->len + file.len);
	if (status != OK)
		return status;
	memset(slots->data + slots->len, 0, slots_len);
	status = fill(&reader, &table, slots->data + slots->len, records, result);
	if (status == OK) {
		slots->len += slots_len;
		*out = table;
	}
	return status;
}
