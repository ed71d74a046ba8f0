/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/artifacts/pe_image.h"

#include <stdlib.h>

#define COFF_AT 0x3c /* e_lfanew */
#define PE32 0x10b
#define PE32_PLUS 0x20b
#define DIRECTORIES_MAX 16
#define DIRECTORY_OF_SIGNATURES 4
#define SYMBOL_SIZE 18
#define STRINGS_MAX ((size_t)1 << 20)

static struct reader reader_at(struct span file, size_t offset)
{
	struct reader r = reader_over(file);

	reader_skip(&r, offset);
	return r;
}

struct coff {
	size_t sections;
	size_t optional_len;
	size_t symbols_at;
	size_t symbols;
};

static struct coff read_coff(struct reader *r)
{
	struct coff coff = { 0 };

	if (reader_le32(r) != 0x00004550) /* "PE\0\0" */
		reader_fail(r, STATUS_MALFORMED);
	reader_skip(r, 2); /* Machine */
	coff.sections = reader_le16(r);
	reader_skip(r, 4); /* TimeDateStamp */
	coff.symbols_at = reader_le32(r);
	coff.symbols = reader_le32(r);
	coff.optional_len = reader_le16(r);
	reader_skip(r, 2); /* Characteristics */
	if (coff.sections > PE_SECTIONS_MAX)
		reader_fail(r, STATUS_TOO_LARGE);
	return coff;
}

/* r stands at the optional header, which is where the sections' table follows. */
static void read_optional(struct reader *r, size_t at, struct pe_image *image)
{
	uint16_t magic = reader_le16(r);
	size_t before_count = magic == PE32 ? 24 : 40;

	if (magic != PE32 && magic != PE32_PLUS)
		reader_fail(r, STATUS_MALFORMED);
	reader_skip(r, 58);
	image->header_len = reader_le32(r);
	image->checksum_at = at + 64;
	reader_skip(r, 4 + before_count);

	uint32_t directories = reader_le32(r);
	if (directories > DIRECTORIES_MAX)
		reader_fail(r, STATUS_MALFORMED);
	if (directories <= DIRECTORY_OF_SIGNATURES)
		return;
	reader_skip(r, (size_t)DIRECTORY_OF_SIGNATURES * 8);
	image->signatures_at = at + 64 + 4 + before_count + 4 + (size_t)DIRECTORY_OF_SIGNATURES * 8;

	size_t offset = reader_le32(r);
	image->signatures_len = reader_le32(r);
	/* The digest leaves out the last bytes of the file: only there are they
	 * the signatures. */
	if (image->signatures_len > image->file.len ||
	    (image->signatures_len > 0 && offset != image->file.len - image->signatures_len))
		reader_fail(r, STATUS_MALFORMED);
}

/* Eight bytes padded with zeros, or "/N": N bytes into the string table. */
static struct span section_name(struct span field, struct span strings)
{
	const uint8_t *end = memchr(field.data, 0, field.len);
	size_t offset = 0;

	if (end != NULL)
		field.len = (size_t)(end - field.data);
	if (field.len < 2 || field.data[0] != '/')
		return field;
	for (size_t i = 1; i < field.len; i++) {
		if (field.data[i] < '0' || field.data[i] > '9')
			return field;
		offset = offset * 10 + (size_t)(field.data[i] - '0');
	}
	if (offset >= strings.len)
		return field;

	struct span name = { strings.data + offset, strings.len - offset };
	end = memchr(name.data, 0, name.len);
	if (end != NULL)
		name.len = (size_t)(end - name.data);
	return name;
}

static void read_section(struct reader *r, struct span strings, struct pe_image *image)
{
	struct pe_section section = { 0 };
	struct span field = reader_take(r, 8);

	section.virtual_size = reader_le32(r);
	reader_skip(r, 4); /* VirtualAddress */
	section.raw_size = reader_le32(r);
	section.offset = reader_le32(r);
	reader_skip(r, 16);
	if (r->status != OK)
		return;

	struct reader content = reader_at(image->file, section.raw_size > 0 ? section.offset : 0);
	section.name = section_name(field, strings);
	section.content = reader_take(&content, section.raw_size);
	reader_fail(r, content.status);
	if (section.content.len > section.virtual_size)
		section.content.len = section.virtual_size;
	image->section[image->section_count++] = section;
}

/* The table of long names, behind the symbols; empty where there is none. */
static struct span string_table(struct span file, const struct coff *coff)
{
	struct reader r = reader_at(file, coff->symbols_at);
	struct reader whole;

	if (coff->symbols_at == 0)
		return (struct span){ 0 };
	reader_skip(&r, coff->symbols * SYMBOL_SIZE);
	whole = r;

	uint32_t len = reader_le32(&r); /* itself included */
	struct span strings = reader_take(&whole, len <= STRINGS_MAX ? len : 0);
	return r.status == OK && whole.status == OK ? strings : (struct span){ 0 };
}

enum status pe_image_parse(struct span file, struct pe_image *out)
{
	struct pe_image image = { .file = file };
	struct reader r = reader_at(file, COFF_AT);
	size_t pe_at = reader_le32(&r);

	if (!span_starts_with(file, "MZ"))
		return STATUS_MALFORMED;
	if (r.status != OK)
		return r.status;
	r = reader_at(file, pe_at);

	struct coff coff = read_coff(&r);
	size_t optional_at = r.offset;
	struct reader optional = reader_within(&r, coff.optional_len);
	struct span strings = string_table(file, &coff);

	read_optional(&optional, optional_at, &image);
	reader_fail(&r, optional.status);
	if (image.header_len > file.len - image.signatures_len ||
	    r.offset + coff.sections * 40 > image.header_len)
		reader_fail(&r, STATUS_MALFORMED);
	for (size_t i = 0; i < coff.sections && r.status == OK; i++)
		read_section(&r, strings, &image);
	if (r.status == OK)
		*out = image;
	return r.status;
}

enum status pe_image_section(const struct pe_image *image, const char *name, struct pe_section *out)
{
	const struct pe_section *found = NULL;

	for (size_t i = 0; i < image->section_count; i++) {
		if (!span_equal(image->section[i].name, span_text(name)))
			continue;
		if (found != NULL)
			return STATUS_MALFORMED;
		found = &image->section[i];
	}
	if (found == NULL)
		return STATUS_NOT_FOUND;
	*out = *found;
	return OK;
}

static int compare_offsets(const void *a, const void *b)
{
	const struct pe_section *one = a;
	const struct pe_section *two = b;

	return (one->offset > two->offset) - (one->offset < two->offset);
}

struct parts {
	struct span part[PE_SECTIONS_MAX + 4];
	size_t count;
};

static void add_part(struct parts *parts, struct span file, size_t from, size_t to)
{
	parts->part[parts->count++] = (struct span){ file.data + from, to - from };
}

/* CheckSum and the signatures' place are left out: signing changes both. */
static void add_header(struct parts *parts, const struct pe_image *image)
{
	size_t after_checksum = image->checksum_at + 4;

	add_part(parts, image->file, 0, image->checksum_at);
	if (image->signatures_at == 0) {
		add_part(parts, image->file, after_checksum, image->header_len);
		return;
	}
	add_part(parts, image->file, after_checksum, image->signatures_at);
	add_part(parts, image->file, image->signatures_at + 8, image->header_len);
}

enum status pe_image_authenticode(const struct pe_image *image, enum digest_alg alg,
				  struct digest *out)
{
	struct pe_section sorted[PE_SECTIONS_MAX];
	struct parts parts = { .count = 0 };
	AUTO_DONE(hasher) hasher = { 0 };
	size_t hashed = image->header_len;
	size_t end = image->file.len - image->signatures_len;
	enum status status;

	add_header(&parts, image);
	memcpy(sorted, image->section, image->section_count * sizeof(sorted[0]));
	qsort(sorted, image->section_count, sizeof(sorted[0]), compare_offsets);
	for (size_t i = 0; i < image->section_count; i++) {
		size_t size = sorted[i].raw_size;

		if (size == 0)
			continue;
		if (size > end - hashed)
			return STATUS_MALFORMED;
		add_part(&parts, image->file, sorted[i].offset, sorted[i].offset + size);
		hashed += size;
	}
	/* What stands behind the sections, by the sum of their sizes and not by
	 * where they end: so firmware counts, too. */
	add_part(&parts, image->file, hashed, end);
	status = hasher_init(&hasher, alg);
	return status == OK ? hasher_digest(&hasher, parts.part, parts.count, out) : status;
}
