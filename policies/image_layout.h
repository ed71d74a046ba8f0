/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_IMAGE_LAYOUT_H
#define POLICIES_IMAGE_LAYOUT_H

#include "policies/reference.h"

/*
 * The reference image, between who writes it (image.c) and who reads it
 * (reference.c). Everything is big-endian and byte by byte; no struct lies in
 * it. Magic, number of sections, then offset and length of each (be64); every
 * section starts at a multiple of 64 so that file slots keep to cache lines.
 * Rows of a section have one size; a row names rows of others by index.
 */
#define IMAGE_MAGIC "attestd-reference/5\n"
#define IMAGE_ALIGN 64
#define IMAGE_HEADER_SIZE (sizeof(IMAGE_MAGIC) - 1 + 4 + REFERENCE_SECTIONS * 16)

enum image_section {
	IMAGE_FACTS,
	IMAGE_TEXT_POOL, /* bytes that texts point into */
	IMAGE_TEXTS,
	IMAGE_DIGESTS,
	IMAGE_OWNERS,
	IMAGE_CLASSES,
	IMAGE_FIRMWARE_DENY,
	IMAGE_BOOT_RULES,
	IMAGE_SETS,
	IMAGE_RELEASES,
	IMAGE_FILE_TABLES,
	IMAGE_FILE_SLOTS, /* slots of all tables, one table after the other */
	IMAGE_FILE_RECORDS, /* records of all tables */
	IMAGE_REVOKED_FILES, /* sorted */
	IMAGE_REVOKED_NODES, /* sorted */
	IMAGE_SECTIONS,
};

_Static_assert(IMAGE_SECTIONS <= REFERENCE_SECTIONS, "a reference has room for every section");

/* Sizes of rows; 1 where a section is plain bytes. */
extern const size_t image_row_size[IMAGE_SECTIONS];

/*
 * A file table: a power of two of slots {be32 tag, be32 record + 1}, at most
 * half of them in use, probed one after the other from hash & mask; tag is the
 * hash's upper half, record an offset into the table's records: digest (32),
 * be16 path length, path. Two places in memory are touched for a look-up. Records
 * stand in the order of their paths: a host's files come from few directories, so
 * that their records share pages and caches. The hash is keyed by the set's digest:
 * who chooses file names cannot choose what they collide with, since that changes
 * the key, on which each bit of a path has another effect.
 */
#define IMAGE_SLOT_SIZE 8
#define IMAGE_RECORD_HEAD (SHA256_SIZE + 2)
/* A record's path length: its uppermost bit says that the path has a space. */
#define IMAGE_PATH_HAD_SPACE 0x8000u
#define IMAGE_PATH_LEN 0x7fffu

struct file_table {
	uint64_t key;
	uint64_t slots; /* offset of the first, in IMAGE_FILE_SLOTS */
	uint64_t slot_count;
	uint64_t records; /* offset, in IMAGE_FILE_RECORDS */
	uint64_t records_len;
};

uint64_t image_file_hash(uint64_t key, struct span path);

static inline uint32_t image_be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline uint64_t image_be64(const uint8_t *at)
{
	return (uint64_t)image_be32(at) << 32 | image_be32(at + 4);
}

#endif
