/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "image_maker.h"

#include <stdio.h>

#include "log_bytes.h"
#include "policies/artifacts/variable_data.h"

#define FILE_ALIGN 0x200u
#define STORE_HEADER 0x48u

static void pad_to(struct bytes *out, size_t multiple)
{
	put_filled(out, 0, (multiple - out->len % multiple) % multiple);
}

static void overwrite(struct bytes *out, size_t at, uint64_t value, size_t size)
{
	assert_true(at + size <= out->len);
	for (size_t i = 0; i < size; i++)
		out->data[at + i] = (uint8_t)(value >> 8 * i);
}

static void put_headers(size_t sections, struct bytes *out)
{
	put(out, span_text("MZ"));
	put_filled(out, 0, 0x3c - out->len);
	put_le(out, MADE_PE_AT, 4);
	put(out, span_text("PE"));
	put_le(out, 0, 2);
	put_le(out, 0x8664, 2);
	put_le(out, sections, 2);
	put_filled(out, 0, 12); /* time; symbols: set later */
	put_le(out, 112 + 16 * 8, 2);
	put_le(out, 0x206, 2);
	put_le(out, 0x20b, 2);
	put_filled(out, 0, 58);
	put_le(out, MADE_HEADER_LEN, 4);
	put_le(out, 0, 4); /* checksum */
	put_filled(out, 0, 40);
	put_le(out, 16, 4);
	put_filled(out, 0, 16 * 8);
}

static void put_section_header(const struct made_section *section, size_t name_at, size_t offset,
			       struct bytes *out)
{
	char name[9] = { 0 };
	size_t raw = (section->content.len + FILE_ALIGN - 1) / FILE_ALIGN * FILE_ALIGN;

	if (strlen(section->name) <= 8)
		memcpy(name, section->name, strlen(section->name));
	else
		(void)snprintf(name, sizeof(name), "/%zu", name_at);
	put(out, (struct span){ (const uint8_t *)name, 8 });
	put_le(out, section->content.len, 4);
	put_le(out, offset + 0x10000, 4);
	put_le(out, raw, 4);
	put_le(out, offset, 4);
	put_filled(out, 0, 16);
}

void make_image(const struct made_section *sections, size_t count, struct bytes *out)
{
	AUTO_DONE(bytes) strings = { 0 };
	size_t offset = MADE_HEADER_LEN;

	put_headers(count, out);
	put_le(&strings, 0, 4);
	for (size_t i = 0; i < count; i++) {
		put_section_header(&sections[i], strings.len, offset, out);
		offset += (sections[i].content.len + FILE_ALIGN - 1) / FILE_ALIGN * FILE_ALIGN;
		if (strlen(sections[i].name) <= 8)
			continue;
		put(&strings, span_text(sections[i].name));
		put_le(&strings, 0, 1);
	}
	put_filled(out, 0, MADE_HEADER_LEN - out->len);
	for (size_t i = 0; i < count; i++) {
		put(out, sections[i].content);
		pad_to(out, FILE_ALIGN);
	}
	overwrite(&strings, 0, strings.len, 4);
	overwrite(out, MADE_PE_AT + 12, out->len, 4);
	put(out, span_of(&strings));
	pad_to(out, 8);
}

void make_signed(struct span image, struct bytes *out)
{
	put(out, image);
	put_filled(out, 0x5a, 64);
	overwrite(out, MADE_CHECKSUM_AT, 0x12345678, 4);
	overwrite(out, MADE_SIGNATURES_AT, image.len, 4);
	overwrite(out, MADE_SIGNATURES_AT + 4, 64, 4);
}

/* 512 bytes a sector and a cluster; sector 1 is the table, 2 the root directory. */
void make_fat(const char name[11], struct span content, struct bytes *out)
{
	size_t clusters = (content.len + 511) / 512;

	put_filled(out, 0, 11);
	put_le(out, 512, 2);
	put_le(out, 1, 1);
	put_le(out, 1, 2);
	put_le(out, 1, 1);
	put_le(out, 16, 2);
	put_le(out, 3 + clusters, 2);
	put_le(out, 0xf8, 1);
	put_le(out, 1, 2);
	pad_to(out, 512);
	put_filled(out, 0, 512);
	for (size_t i = 0; i < clusters; i++) {
		size_t cluster = i + 2;
		unsigned next = i + 1 < clusters ? (unsigned)cluster + 1 : 0xfff;
		uint8_t *at = out->data + 512 + cluster + cluster / 2;

		at[0] = (uint8_t)(cluster % 2 == 0 ? next : (at[0] & 0xf) | (next & 0xf) << 4);
		at[1] = (uint8_t)(cluster % 2 == 0 ? next >> 8 : next >> 4);
	}
	put(out, span_text("LABEL      "));
	put_le(out, 8, 1);
	put_filled(out, 0, 20);
	put(out, (struct span){ (const uint8_t *)name, 11 });
	put_filled(out, 0, 15);
	put_le(out, 2, 2);
	put_le(out, content.len, 4);
	pad_to(out, 512);
	put(out, content);
	pad_to(out, 512);
}

static void put_object(uint32_t type, struct span content, struct bytes *out)
{
	size_t padded = (content.len + 4) / 4 * 4; /* with a closing NUL */

	put_le(out, type, 4);
	put_le(out, 8 + padded, 4);
	put(out, content);
	put_filled(out, 0, padded - content.len);
}

void make_grub_modules(const char *prefix, const char *config, struct span memdisk,
		       struct bytes *out)
{
	put(out, span_text("mimg"));
	put_le(out, 0, 4);
	put_le(out, 24, 8);
	put_le(out, 0, 8);
	put_object(0, span_text("\177ELF"), out);
	if (memdisk.len > 0)
		put_object(1, memdisk, out);
	if (config != NULL)
		put_object(2, span_text(config), out);
	put_object(3, span_text(prefix), out);
	overwrite(out, 16, out->len, 8);
}

void make_vendor(struct span keys, struct span forbidden, struct bytes *out)
{
	put_le(out, keys.len, 4);
	put_le(out, forbidden.len, 4);
	put_le(out, 16, 4);
	put_le(out, 16 + keys.len, 4);
	put(out, keys);
	put(out, forbidden);
}

void make_sbat_level(const char *always, const char *latest, struct bytes *out)
{
	put_le(out, 0, 4);
	put_le(out, 8, 4);
	put_le(out, 8 + strlen(always) + 1, 4);
	put(out, span_text(always));
	put_le(out, 0, 1);
	put(out, span_text(latest));
	put_le(out, 0, 1);
}

static void put_cpio(const char *name, uint32_t mode, uint32_t inode, uint32_t links,
		     struct span content, struct bytes *out)
{
	char header[160];

	(void)snprintf(header, sizeof(header),
		       "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", inode, mode,
		       0, 0, links, 0, content.len, 8, 1, 0, 0, strlen(name) + 1, 0);
	put(out, span_text(header));
	put(out, span_text(name));
	put_le(out, 0, 1);
	pad_to(out, 4);
	put(out, content);
	pad_to(out, 4);
}

void make_cpio_member(const char *name, uint32_t mode, struct span content, struct bytes *out)
{
	put_cpio(name, mode, 7, 1, content, out);
}

void make_cpio_link(const char *name, uint32_t inode, uint32_t links, struct span content,
		    struct bytes *out)
{
	put_cpio(name, MADE_MEMBER, inode, links, content, out);
}

void make_store(struct bytes *out)
{
	static const uint8_t volume[16] = { 0x8d, 0x2b, 0xf1, 0xff, 0x96, 0x76, 0x8b, 0x4c,
					    0xa9, 0x85, 0x27, 0x47, 0x07, 0x5b, 0x4f, 0x50 };
	static const uint8_t variables[16] = { 0x78, 0x2c, 0xf3, 0xaa, 0x7b, 0x94, 0x9a, 0x43,
					       0xa1, 0x80, 0x2e, 0x14, 0x4e, 0xc3, 0x77, 0x92 };

	put_filled(out, 0, 16);
	put(out, (struct span){ volume, 16 });
	put_le(out, 0x84000, 8);
	put(out, span_text("_FVH"));
	put_le(out, 0x4feff, 4);
	put_le(out, STORE_HEADER, 2);
	put_filled(out, 0, STORE_HEADER - out->len);
	put(out, (struct span){ variables, 16 });
	put_le(out, 0, 4);
	put_le(out, 0x5a, 1);
	put_le(out, 0xfe, 1);
	put_le(out, 0, 6);
}

void make_variable(const char *name, uint8_t state, struct span content, struct bytes *store)
{
	/* As in flash: aligned by where it stands in the store. */
	while ((store->len - STORE_HEADER - 28) % 4 != 0)
		put_le(store, 0xff, 1);
	put_le(store, 0x55aa, 2);
	put_le(store, state, 1);
	put_filled(store, 0, 1 + 4 + 8 + 16 + 4);
	put_le(store, 2 * strlen(name) + 2, 4);
	put_le(store, content.len, 4);
	put(store, (struct span){ guid_global, 16 });
	for (const char *c = name; *c != '\0'; c++)
		put_le(store, (uint8_t)*c, 2);
	put_le(store, 0, 2);
	put(store, content);
}

void make_store_end(struct bytes *store)
{
	put_filled(store, 0xff, 64);
	overwrite(store, STORE_HEADER + 16, store->len - STORE_HEADER, 4);
}

static void put_elf_header(size_t segments, struct bytes *out)
{
	put(out, span_text("\177ELF"));
	put_le(out, 2, 1);
	put_le(out, 1, 1);
	put_filled(out, 0, 26);
	put_le(out, 64, 8);
	put_filled(out, 0, 14);
	put_le(out, 56, 2);
	put_le(out, segments, 2);
	put_filled(out, 0, 6);
}

static void put_segment(size_t type, size_t at, size_t len, struct bytes *out)
{
	put_le(out, type, 4);
	put_le(out, 0, 4);
	put_le(out, at, 8);
	put_le(out, 0x1000 + at, 8);
	put_le(out, 0, 8);
	put_le(out, len, 8);
	put_filled(out, 0, 16);
}

/* One page for all: headers, loader, dynamic section, strings. */
void make_elf(struct bytes *out)
{
	static const char strings[] = "\0libone.so.1\0libtwo.so\0$ORIGIN/more";
	const size_t interp_at = 64 + 3 * 56, dynamic_at = interp_at + 16,
		     strings_at = dynamic_at + 6 * 16;
	const size_t segments[3][3] = { { 1, 0, strings_at + sizeof(strings) },
					{ 3, interp_at, 16 },
					{ 2, dynamic_at, 6 * 16 } };
	const uint64_t dynamic[6][2] = { { 1, 1 },
					 { 1, 13 },
					 { 29, 23 },
					 { 5, 0x1000 + strings_at },
					 { 10, sizeof(strings) },
					 { 0, 0 } };

	put_elf_header(3, out);
	for (size_t i = 0; i < 3; i++)
		put_segment(segments[i][0], segments[i][1], segments[i][2], out);
	put(out, span_text("/lib64/ld.so.2"));
	put_le(out, 0, 2);
	for (size_t i = 0; i < 6; i++) {
		put_le(out, dynamic[i][0], 8);
		put_le(out, dynamic[i][1], 8);
	}
	put(out, (struct span){ (const uint8_t *)strings, sizeof(strings) });
}

void make_crowded_elf(size_t dynamic_sections, size_t libraries, struct bytes *out)
{
	const size_t dynamic_at = 64 + (1 + dynamic_sections) * 56,
		     dynamic_len = (libraries + 2) * 16, strings_at = dynamic_at + dynamic_len;

	put_elf_header(1 + dynamic_sections, out);
	put_segment(1, 0, strings_at + sizeof("lib"), out);
	for (size_t i = 0; i < dynamic_sections; i++)
		put_segment(2, dynamic_at, dynamic_len, out);
	for (size_t i = 0; i < libraries; i++) {
		put_le(out, 1, 8);
		put_le(out, 0, 8);
	}
	put_le(out, 5, 8);
	put_le(out, 0x1000 + strings_at, 8);
	put_le(out, 10, 8);
	put_le(out, sizeof("lib"), 8);
	put(out, (struct span){ (const uint8_t *)"lib", sizeof("lib") });
}
