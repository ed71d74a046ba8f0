/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/artifacts/elf_image.h"

#define SEGMENTS_MAX 64
#define PT_LOAD 1
#define PT_DYNAMIC 2
#define PT_INTERP 3
#define DT_NULL 0
#define DT_NEEDED 1
#define DT_STRTAB 5
#define DT_STRSZ 10
#define DT_RPATH 15
#define DT_RUNPATH 29

struct segment {
	uint32_t type;
	uint64_t offset, address, size; /* size in the file */
};

struct segments {
	size_t count;
	struct segment list[SEGMENTS_MAX];
};

static struct span part(struct span file, uint64_t offset, uint64_t len, enum status *status)
{
	if (offset > file.len || len > file.len - offset) {
		*status = STATUS_TRUNCATED;
		return (struct span){ 0 };
	}
	return (struct span){ file.data + offset, (size_t)len };
}

static enum status read_segments(struct span file, struct segments *out)
{
	struct reader r = reader_over(file);
	enum status status = OK;

	if (!span_starts_with(file, "\177ELF"))
		return STATUS_NOT_FOUND;
	reader_skip(&r, 4);
	if (reader_u8(&r) != 2 || reader_u8(&r) != 1)
		return STATUS_UNSUPPORTED;
	reader_skip(&r, 26);

	uint64_t at = reader_le64(&r); /* e_phoff */
	reader_skip(&r, 14);
	uint16_t entry_size = reader_le16(&r);
	uint16_t count = reader_le16(&r);
	if (r.status != OK)
		return r.status;
	if (count > SEGMENTS_MAX || (count > 0 && entry_size != 56))
		return STATUS_MALFORMED;

	struct reader table = reader_over(part(file, at, (uint64_t)count * 56, &status));
	for (size_t i = 0; i < count && status == OK; i++) {
		struct segment *s = &out->list[out->count++];

		s->type = reader_le32(&table);
		reader_skip(&table, 4);
		s->offset = reader_le64(&table);
		s->address = reader_le64(&table);
		reader_skip(&table, 8);
		s->size = reader_le64(&table);
		reader_skip(&table, 16);
	}
	return status;
}

/* What is loaded at the address; to the end of its segment. */
static struct span loaded_at(struct span file, const struct segments *segments, uint64_t address,
			     enum status *status)
{
	for (size_t i = 0; i < segments->count; i++) {
		const struct segment *s = &segments->list[i];

		if (s->type == PT_LOAD && address >= s->address && address - s->address < s->size &&
		    s->offset <= UINT64_MAX - s->size)
			return part(file, s->offset + (address - s->address),
				    s->size - (address - s->address), status);
	}
	*status = STATUS_MALFORMED;
	return (struct span){ 0 };
}

static struct span text_at(struct span strings, uint64_t offset, enum status *status)
{
	struct span text = part(strings, offset, 0, status);
	const uint8_t *end = NULL;

	if (*status != OK)
		return text;
	if (offset < strings.len)
		end = memchr(text.data, 0, strings.len - (size_t)offset);
	if (end == NULL)
		*status = STATUS_MALFORMED;
	else
		text.len = (size_t)(end - text.data);
	return text;
}

struct dynamic {
	uint64_t strings, strings_len, run_path, r_path;
	bool has_run_path, has_r_path;
	size_t count;
	uint64_t needed[ELF_NEEDED_MAX];
};

static enum status read_dynamic(struct span content, struct dynamic *d)
{
	struct reader r = reader_over(content);

	while (!reader_is_done(&r)) {
		uint64_t tag = reader_le64(&r);
		uint64_t value = reader_le64(&r);

		if (tag == DT_NULL)
			break;
		if (tag == DT_NEEDED && d->count >= ELF_NEEDED_MAX)
			return STATUS_TOO_LARGE;
		if (tag == DT_NEEDED)
			d->needed[d->count++] = value;
		if (tag == DT_STRTAB)
			d->strings = value;
		if (tag == DT_STRSZ)
			d->strings_len = value;
		if (tag == DT_RUNPATH) {
			d->run_path = value;
			d->has_run_path = true;
		}
		if (tag == DT_RPATH) {
			d->r_path = value;
			d->has_r_path = true;
		}
	}
	return r.status;
}

static enum status take_dynamic(struct span file, const struct segments *segments,
				struct span content, struct elf_image *image)
{
	struct dynamic d = { 0 };
	enum status status = read_dynamic(content, &d);

	if (status != OK || (d.count == 0 && !d.has_run_path && !d.has_r_path))
		return status;

	struct span strings = loaded_at(file, segments, d.strings, &status);
	if (strings.len > d.strings_len)
		strings.len = (size_t)d.strings_len;
	image->needed_count = d.count;
	for (size_t i = 0; i < d.count && status == OK; i++)
		image->needed[i] = text_at(strings, d.needed[i], &status);
	if (status == OK && (d.has_run_path || d.has_r_path))
		image->run_path = text_at(strings, d.has_run_path ? d.run_path : d.r_path, &status);
	return status;
}

/* Of two, kernel and loader may each take another one. */
static bool has_two_of(const struct segments *segments, uint32_t type)
{
	size_t count = 0;

	for (size_t i = 0; i < segments->count; i++)
		count += segments->list[i].type == type;
	return count > 1;
}

enum status elf_image_parse(struct span file, struct elf_image *out)
{
	struct segments segments = { 0 };
	struct elf_image image = { 0 };
	enum status status = read_segments(file, &segments);

	if (status == OK && (has_two_of(&segments, PT_INTERP) || has_two_of(&segments, PT_DYNAMIC)))
		return STATUS_MALFORMED;
	for (size_t i = 0; i < segments.count && status == OK; i++) {
		const struct segment *s = &segments.list[i];
		struct span content = { 0 };

		if (s->type == PT_INTERP || s->type == PT_DYNAMIC)
			content = part(file, s->offset, s->size, &status);
		if (s->type == PT_INTERP && status == OK)
			image.interpreter = text_at(content, 0, &status);
		if (s->type == PT_DYNAMIC && status == OK)
			status = take_dynamic(file, &segments, content, &image);
	}
	if (status == OK)
		*out = image;
	return status;
}
