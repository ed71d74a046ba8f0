/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_REFERENCE_IMAGE_LAYOUT_H
#define POLICIES_REFERENCE_IMAGE_LAYOUT_H

#include "policies/reference/reference.h"

/*
 * The reference image, between who writes it (image.c) and who reads it
 * (reference.c). Everything is big-endian and byte by byte; no struct lies in
 * it. Magic, number of sections, then offset and length of each (be64); every
 * section starts at a multiple of 64 so that file slots and blocks keep to cache lines.
 * Rows of a section have one size; a row names rows of others by index.
 */
#define IMAGE_MAGIC "attestd-reference/6\n"
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
 * hash's upper half. The hash is keyed by the set's digest: who chooses file names
 * cannot choose what they collide with, since that changes the key, on which each
 * bit of a path has another effect.
 *
 * Records stand in the order of their paths, by sixteen in a block: neighbours begin
 * alike, and a host's files come from few directories, so that what its log names
 * shares pages and caches. A block: the digests; a head for each record {be16 how
 * many bytes its path shares with the block's first, be16 where the rest of it
 * ends}; the first path, then each one's rest, which begins where the one before
 * ends; zeros up to a multiple of 64. A record is named by the offset of its block in
 * the table's records plus its place in the block, so that the slot alone tells
 * where all lies that a look-up reads. A place without a path has no record.
 */
#define IMAGE_SLOT_SIZE 8
#define IMAGE_BLOCK_RECORDS 16
#define IMAGE_BLOCK_HEADS ((size_t)IMAGE_BLOCK_RECORDS * SHA256_SIZE) /* offset in a block */
#define IMAGE_RECORD_HEAD 4
#define IMAGE_BLOCK_PATHS (IMAGE_BLOCK_HEADS + IMAGE_BLOCK_RECORDS * IMAGE_RECORD_HEAD)
#define IMAGE_BLOCK_MIN (IMAGE_BLOCK_PATHS + IMAGE_ALIGN)
/* What a path shares: the uppermost bit says that the path has a space. */
#define IMAGE_PATH_HAD_SPACE 0x8000u
#define IMAGE_PATH_SHARED 0x7fffu

struct file_table {
	uint64_t key;
	uint64_t slots; /* offset of the first, in IMAGE_FILE_SLOTS */
	uint64_t slot_count;
	uint64_t records; /* offset, in IMAGE_FILE_RECORDS */
	uint64_t records_len;
};

uint64_t image_file_hash(uint64_t key, struct span path);

/* The next offset at which a section or a block may begin. */
static inline size_t image_aligned(size_t offset)
{
	return (offset + IMAGE_ALIGN - 1) / IMAGE_ALIGN * IMAGE_ALIGN;
}

static inline uint16_t image_be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t image_be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline uint64_t image_be64(const uint8_t *at)
{
	return (uint64_t)image_be32(at) << 32 | image_be32(at + 4);
}

#endif
