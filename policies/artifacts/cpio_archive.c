/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/artifacts/cpio_archive.h"

#define NAME_MAX_LEN 4096 /* PATH_MAX, NUL included: more is an error to the kernel too */
#define MODE_KIND 0170000u
#define MODE_FILE 0100000u
#define MODE_LINK 0120000u

struct cpio_archive cpio_archive_over(struct span bytes)
{
	return (struct cpio_archive){ .reader = reader_over(bytes) };
}

/* Eight hexadecimal digits, either case. */
static uint32_t read_number(struct reader *r)
{
	struct span text = reader_take(r, 8);
	uint32_t value = 0;

	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		unsigned digit = 16;

		if (c >= '0' && c <= '9')
			digit = c - (unsigned)'0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (c | 0x20u) - 'a' + 10;
		if (digit == 16)
			reader_fail(r, STATUS_MALFORMED);
		value = value << 4 | (digit & 15);
	}
	return value;
}

/* To a multiple of four from where the archive began, which is one itself. */
static void align(struct reader *r, size_t start)
{
	reader_skip(r, (4 - (r->offset - start) % 4) % 4);
}

static enum cpio_kind kind_of(uint32_t mode)
{
	if ((mode & MODE_KIND) == MODE_FILE)
		return CPIO_FILE;
	return (mode & MODE_KIND) == MODE_LINK ? CPIO_LINK : CPIO_OTHER;
}

static void read_member(struct reader *r, struct cpio_member *m)
{
	size_t start = r->offset;
	size_t size;
	size_t name_len;

	reader_skip(r, 6); /* the magic, seen before */
	m->inode = read_number(r);
	m->kind = kind_of(read_number(r));
	reader_skip(r, 16); /* uid, gid */
	m->links = read_number(r);
	reader_skip(r, 8); /* mtime */
	size = read_number(r);
	m->device_major = read_number(r);
	m->device_minor = read_number(r);
	reader_skip(r, 16); /* rdev */
	name_len = read_number(r);
	reader_skip(r, 8); /* a checksum of "crc" archives, which the kernel knows too */
	if (name_len == 0 || name_len > NAME_MAX_LEN)
		reader_fail(r, STATUS_MALFORMED);
	m->name = reader_take(r, name_len);
	align(r, start);
	m->content = reader_take(r, size);
	/* An archive may end with its last byte. */
	if (r->rest.len > 0)
		align(r, start);
	if (r->status != OK)
		return;
	/* One NUL, at the end. */
	if (m->name.data == NULL ||
	    memchr(m->name.data, 0, name_len) != m->name.data + name_len - 1)
		reader_fail(r, STATUS_MALFORMED);
	m->name.len--;
}

static bool is_archive(struct span rest)
{
	return span_starts_with(rest, "070701") || span_starts_with(rest, "070702");
}

enum status cpio_archive_next(struct cpio_archive *archive, struct cpio_member *out)
{
	struct reader *r = &archive->reader;
	struct cpio_member member;

	for (;;) {
		while (r->rest.len > 0 && r->rest.data[0] == 0)
			reader_skip(r, 1);
		if (r->status != OK)
			return r->status;
		if (!is_archive(r->rest))
			return STATUS_NOT_FOUND;
		read_member(r, &member);
		if (r->status != OK)
			return r->status;
		if (!span_equal(member.name, span_text("TRAILER!!!"))) {
			*out = member;
			return OK;
		}
	}
}

struct span cpio_archive_rest(const struct cpio_archive *archive)
{
	return archive->reader.rest;
}
