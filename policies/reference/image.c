/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/reference/image.h"

#include <stdlib.h>
#include <string.h>

#include "policies/reference/file_table.h"
#include "policies/reference/image_layout.h"

/* Offsets and indices are 32 bits wide where rows name each other. */
#define SECTION_MAX ((size_t)UINT32_MAX)

const size_t image_row_size[IMAGE_SECTIONS] = {
	[IMAGE_FACTS] = 32 + 8 + 8 + 8,
	[IMAGE_TEXT_POOL] = 1,
	[IMAGE_TEXTS] = 4 + 4,
	[IMAGE_DIGESTS] = 2 + DIGEST_MAX,
	[IMAGE_OWNERS] = 3 * 4,
	[IMAGE_CLASSES] = 4 + 4 + 8 + 2 + 4 + 4 + 1 + 1 + 8 + 8 + 8 + 4 + 4,
	[IMAGE_FIRMWARE_DENY] = 4 + 8 + 8,
	[IMAGE_BOOT_RULES] = 1 + 4 + 4 + 8 + 1 + 1,
	[IMAGE_SETS] = 4 + 4 + 1 + 1 + 8 + 8 + 4,
	[IMAGE_RELEASES] = 4 + 4 + 8 + 8 + 1 + 4 + 4 + 8 + 8 + 8 + 8 /* head */
			   + 1 + 4 + 8 + 8 /* scope */
			   + 1 + 1 + 10 * 8 + 4 /* boot */
			   + 8 + 2 + 4 + 8 + 3 + 5 * 8 /* IMA */,
	[IMAGE_FILE_TABLES] = 5 * 8,
	[IMAGE_FILE_SLOTS] = 1,
	[IMAGE_FILE_RECORDS] = 1,
	[IMAGE_REVOKED_FILES] = SHA256_SIZE,
	[IMAGE_REVOKED_NODES] = SHA256_SIZE,
};

enum status image_builder_init(struct image_builder *image)
{
	*image = (struct image_builder){ 0 };
	/* Row 0 is the empty text. */
	(void)image_text(image, (struct span){ 0 });
	return image->status;
}

void image_builder_done(struct image_builder *image)
{
	for (size_t i = 0; i < REFERENCE_SECTIONS; i++)
		bytes_done(&image->section[i]);
}

static uint32_t rows(const struct image_builder *image, enum image_section section)
{
	return (uint32_t)(image->section[section].len / image_row_size[section]);
}

static struct writer row_writer(struct image_builder *image, enum image_section section)
{
	struct writer w = writer_to(&image->section[section], SECTION_MAX);

	w.status = image->status;
	return w;
}

/* Notes how a row went and gives its index. */
static uint32_t row_end(struct image_builder *image, enum image_section section,
			const struct writer *w)
{
	image->status = writer_end(w);
	return image->status == OK ? rows(image, section) - 1 : 0;
}

static void put_range(struct writer *w, struct ref_range range)
{
	writer_be32(w, range.first);
	writer_be32(w, range.count);
}

uint32_t image_text(struct image_builder *image, struct span text)
{
	size_t offset = image->section[IMAGE_TEXT_POOL].len;

	/* The empty text is row 0, but a range may have to have it too. */
	struct writer pool = row_writer(image, IMAGE_TEXT_POOL);
	writer_put(&pool, text);
	image->status = writer_end(&pool);

	struct writer w = row_writer(image, IMAGE_TEXTS);
	writer_be32(&w, (uint32_t)offset);
	writer_be32(&w, (uint32_t)text.len);
	return row_end(image, IMAGE_TEXTS, &w);
}

uint32_t image_logged_path(struct image_builder *image, struct span path)
{
	uint8_t logged[SET_PATH_MAX + 1]; /* of a prefix: it ends with a '/' */

	if (path.len > sizeof(logged)) {
		image->status = STATUS_TOO_LARGE;
		return 0;
	}
	path_as_logged(path, logged);
	return image_text(image, (struct span){ .data = logged, .len = path.len });
}

uint32_t image_digest(struct image_builder *image, const struct digest *digest)
{
	struct writer w = row_writer(image, IMAGE_DIGESTS);
	struct digest padded = { .alg = digest->alg };

	memcpy(padded.value, digest->value, digest_size(digest->alg));
	writer_be16(&w, (uint16_t)digest->alg);
	writer_put(&w, (struct span){ padded.value, sizeof(padded.value) });
	return row_end(image, IMAGE_DIGESTS, &w);
}

uint32_t image_owner(struct image_builder *image, const struct layer_owner *owner)
{
	uint32_t text[] = { image_text(image, owner->owner), image_text(image, owner->backup),
			    image_text(image, owner->escalation) };
	struct writer w = row_writer(image, IMAGE_OWNERS);

	for (size_t i = 0; i < 3; i++)
		writer_be32(&w, text[i]);
	return row_end(image, IMAGE_OWNERS, &w);
}

uint32_t image_firmware_deny(struct image_builder *image, const struct firmware_deny *deny)
{
	struct writer w = row_writer(image, IMAGE_FIRMWARE_DENY);

	writer_put(&w, (struct span){ (const uint8_t *)deny->vendor, 4 });
	writer_be64(&w, deny->from);
	writer_be64(&w, deny->to);
	return row_end(image, IMAGE_FIRMWARE_DENY, &w);
}

uint32_t image_class(struct image_builder *image, const struct node_class *row)
{
	uint32_t name = image_text(image, row->name);
	uint32_t trust_domain = image_text(image, row->trust_domain);
	struct writer w = row_writer(image, IMAGE_CLASSES);

	writer_be32(&w, name);
	writer_be32(&w, trust_domain);
	put_range(&w, row->id_patterns);
	writer_be16(&w, (uint16_t)row->bank);
	writer_be32(&w, row->select);
	writer_be32(&w, row->policy_pcrs);
	writer_u8(&w, row->cap);
	writer_u8(&w, row->require_safe);
	put_range(&w, row->firmware_deny);
	put_range(&w, row->cells);
	put_range(&w, row->blocked);
	writer_be32(&w, row->grant_lifetime_s);
	writer_be32(&w, row->attest_interval_s);
	return row_end(image, IMAGE_CLASSES, &w);
}

uint32_t image_boot_rule(struct image_builder *image, const struct boot_rule *rule)
{
	uint32_t name = image_text(image, rule->name);
	struct writer w = row_writer(image, IMAGE_BOOT_RULES);

	writer_u8(&w, rule->pcr);
	writer_be32(&w, rule->type);
	writer_be32(&w, name);
	put_range(&w, rule->digests);
	writer_u8(&w, (uint8_t)rule->layer);
	writer_u8(&w, rule->is_required);
	return row_end(image, IMAGE_BOOT_RULES, &w);
}

uint32_t image_set(struct image_builder *image, const struct reference_set *row)
{
	uint32_t name = image_text(image, row->name);
	uint32_t digest = image_digest(image, &row->digest);
	struct writer w = row_writer(image, IMAGE_SETS);

	writer_be32(&w, name);
	writer_be32(&w, digest);
	writer_u8(&w, (uint8_t)row->class);
	writer_u8(&w, row->vendor);
	writer_be64(&w, row->files);
	put_range(&w, row->must_appear);
	writer_be32(&w, row->table);
	return row_end(image, IMAGE_SETS, &w);
}

static void put_boot(struct writer *w, const struct boot_rules *boot, uint32_t sbat)
{
	const struct ref_range ranges[] = { boot->pk,	       boot->kek,     boot->db,
					    boot->dbx_minimum, boot->chain,   boot->events,
					    boot->ignore,      boot->cmdline, boot->initrd,
					    boot->pcrs };

	writer_u8(w, boot->secure_boot);
	writer_u8(w, (uint8_t)boot->lockdown);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		put_range(w, ranges[i]);
	writer_be32(w, sbat);
}

static void put_ima(struct writer *w, const struct ima_rules *ima, uint32_t policy_path)
{
	const struct ref_range ranges[] = { ima->keyrings, ima->keyring_digests, ima->sets,
					    ima->early, ima->exclude };

	put_range(w, ima->templates);
	writer_be16(w, (uint16_t)ima->hash);
	writer_be32(w, policy_path);
	put_range(w, ima->policy_digests);
	writer_u8(w, ima->tolerate_violations);
	writer_u8(w, ima->allow_builtin_policy);
	writer_u8(w, ima->modules_disabled);
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		put_range(w, ranges[i]);
}

uint32_t image_release(struct image_builder *image, const struct release *row)
{
	uint32_t manifest = image_digest(image, &row->manifest);
	uint32_t line = image_text(image, row->line);
	uint32_t platform = image_text(image, row->platform);
	uint32_t kernel = image_text(image, row->kernel);
	uint32_t sbat = image_text(image, row->boot.sbat_minimum);
	uint32_t policy_path = image_logged_path(image, row->ima.policy_path);
	struct writer w = row_writer(image, IMAGE_RELEASES);

	writer_be32(&w, manifest);
	writer_be32(&w, line);
	writer_be64(&w, row->version);
	writer_be64(&w, row->security_epoch);
	writer_u8(&w, (uint8_t)row->state);
	writer_be32(&w, platform);
	writer_be32(&w, kernel);
	writer_be64(&w, (uint64_t)row->not_before);
	writer_be64(&w, (uint64_t)row->not_after);
	writer_be64(&w, (uint64_t)row->accept_until);
	writer_be64(&w, row->rolled_back_from);
	writer_u8(&w, row->scope.is_emergency);
	writer_be32(&w, row->scope.most_nodes);
	put_range(&w, row->scope.classes);
	put_range(&w, row->scope.nodes);
	put_boot(&w, &row->boot, sbat);
	put_ima(&w, &row->ima, policy_path);
	return row_end(image, IMAGE_RELEASES, &w);
}

static void put_revoked(struct image_builder *image, enum image_section section, struct span row)
{
	struct writer w = row_writer(image, section);

	if (row.len != SHA256_SIZE)
		writer_fail(&w, STATUS_MALFORMED);
	writer_put(&w, row);
	(void)row_end(image, section, &w);
}

void image_revoked_file(struct image_builder *image, struct span digest)
{
	put_revoked(image, IMAGE_REVOKED_FILES, digest);
}

void image_revoked_node(struct image_builder *image, struct span node_id)
{
	put_revoked(image, IMAGE_REVOKED_NODES, node_id);
}

struct ref_range image_texts_from_here(const struct image_builder *image)
{
	return (struct ref_range){ .first = rows(image, IMAGE_TEXTS) };
}

struct ref_range image_digests_from_here(const struct image_builder *image)
{
	return (struct ref_range){ .first = rows(image, IMAGE_DIGESTS) };
}

struct ref_range image_boot_rules_from_here(const struct image_builder *image)
{
	return (struct ref_range){ .first = rows(image, IMAGE_BOOT_RULES) };
}

struct ref_range image_firmware_deny_from_here(const struct image_builder *image)
{
	return (struct ref_range){ .first = rows(image, IMAGE_FIRMWARE_DENY) };
}

struct ref_range image_sets_from_here(const struct image_builder *image)
{
	return (struct ref_range){ .first = rows(image, IMAGE_SETS) };
}

struct span image_text_at(const struct image_builder *image, uint32_t index)
{
	struct reader r = reader_over(span_of(&image->section[IMAGE_TEXTS]));
	struct reader pool = reader_over(span_of(&image->section[IMAGE_TEXT_POOL]));

	reader_skip(&r, index * image_row_size[IMAGE_TEXTS]);
	reader_skip(&pool, reader_be32(&r));
	return reader_take(&pool, reader_be32(&r));
}

enum status image_file_table(struct image_builder *image, struct span file,
			     const struct digest *digest, struct file_table_result *out)
{
	struct file_table table = { 0 };
	struct file_table_result result = { .table = rows(image, IMAGE_FILE_TABLES) };

	if (image->status != OK)
		return image->status;

	enum status status = file_table_build(file, digest, &image->section[IMAGE_FILE_SLOTS],
					      &image->section[IMAGE_FILE_RECORDS], &table, &result);
	if (status == OK) {
		struct writer w = row_writer(image, IMAGE_FILE_TABLES);

		file_table_write(&w, &table);
		(void)row_end(image, IMAGE_FILE_TABLES, &w);
		status = image->status;
	}
	*out = result;
	image->status = status;
	return status;
}

bool image_table_has_path(const struct image_builder *image, uint32_t index, struct span path)
{
	static const struct digest none = { .alg = DIGEST_SHA256 };
	size_t size = image_row_size[IMAGE_FILE_TABLES];
	struct reader r = reader_over(span_of(&image->section[IMAGE_FILE_TABLES]));
	struct file_table table;

	reader_skip(&r, index * size);
	file_table_read(&r, &table);
	if (r.status != OK)
		return false;

	struct file_lookup files =
		file_table_open(&table, span_of(&image->section[IMAGE_FILE_SLOTS]),
				span_of(&image->section[IMAGE_FILE_RECORDS]));
	struct file_place place = file_lookup_place(&files, path);
	return file_lookup_find(&files, &place, path, &none) != STATUS_NOT_FOUND;
}

static int compare_rows(const void *a, const void *b)
{
	return memcmp(a, b, SHA256_SIZE);
}

static void sort_rows(struct bytes *section)
{
	if (section->len > 0)
		qsort(section->data, section->len / SHA256_SIZE, SHA256_SIZE, compare_rows);
}

/* Every section but those of files, which the sets' digests stand for, and the
 * facts: a renewed timestamp must not have a fleet appraised anew. */
static enum status generation(struct image_builder *image, struct digest *out)
{
	struct span parts[REFERENCE_SECTIONS];
	size_t count = 0;
	AUTO_DONE(hasher) hasher = { 0 };
	enum status status = hasher_init(&hasher, DIGEST_SHA256);

	for (size_t i = 0; i < IMAGE_SECTIONS; i++)
		if (i != IMAGE_FACTS && i != IMAGE_FILE_SLOTS && i != IMAGE_FILE_RECORDS)
			parts[count++] = span_of(&image->section[i]);
	return status == OK ? hasher_digest(&hasher, parts, count, out) : status;
}

static enum status put_facts(struct image_builder *image, const struct reference_facts *facts)
{
	struct bytes *section = &image->section[IMAGE_FACTS];
	struct writer w = row_writer(image, IMAGE_FACTS);
	static const uint8_t no_generation[SHA256_SIZE];
	struct digest digest;

	writer_put(&w, (struct span){ no_generation, sizeof(no_generation) });
	writer_be64(&w, facts->root_version);
	writer_be64(&w, facts->index_version);
	writer_be64(&w, (uint64_t)facts->valid_until);
	(void)row_end(image, IMAGE_FACTS, &w);
	if (image->status == OK)
		image->status = generation(image, &digest);
	if (image->status == OK)
		memcpy(section->data, digest.value, SHA256_SIZE);
	return image->status;
}

static void put_header(struct writer *w, const struct image_builder *image)
{
	size_t offset = image_aligned(IMAGE_HEADER_SIZE);

	writer_put(w, span_text(IMAGE_MAGIC));
	writer_be32(w, IMAGE_SECTIONS);
	for (size_t i = 0; i < REFERENCE_SECTIONS; i++) {
		writer_be64(w, offset);
		writer_be64(w, image->section[i].len);
		offset = image_aligned(offset + image->section[i].len);
	}
}

enum status image_finish(struct image_builder *image, const struct reference_facts *facts,
			 struct bytes *out)
{
	AUTO_DONE(bytes) whole = { 0 };
	static const uint8_t padding[IMAGE_ALIGN];
	size_t size = image_aligned(IMAGE_HEADER_SIZE);

	sort_rows(&image->section[IMAGE_REVOKED_FILES]);
	sort_rows(&image->section[IMAGE_REVOKED_NODES]);

	enum status status = put_facts(image, facts);
	for (size_t i = 0; i < REFERENCE_SECTIONS; i++)
		size = image_aligned(size + image->section[i].len);
	if (status == OK)
		status = bytes_reserve(&whole, size);
	if (status != OK)
		return status;

	struct writer w = writer_to(&whole, SIZE_MAX);
	put_header(&w, image);
	for (size_t i = 0; i < REFERENCE_SECTIONS; i++) {
		writer_put(&w, (struct span){ padding, image_aligned(whole.len) - whole.len });
		writer_put(&w, span_of(&image->section[i]));
		bytes_done(&image->section[i]);
	}
	writer_put(&w, (struct span){ padding, image_aligned(whole.len) - whole.len });
	status = writer_end(&w);
	if (status == OK) {
		*out = whole;
		whole = (struct bytes){ 0 };
	}
	return status;
}
