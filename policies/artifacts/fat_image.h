/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ARTIFACTS_FAT_IMAGE_H
#define POLICIES_ARTIFACTS_FAT_IMAGE_H

#include "base/reader.h"

/* A small FAT12 or FAT16 file system, as GRUB carries one in memory (Microsoft
 * FAT Specification, 2005): files of its root directory by their short names. */
struct fat_image {
	struct span image;
	size_t cluster_size; /* bytes */
	size_t table_at, root_at, clusters_at; /* offsets */
	size_t root_entries;
	size_t cluster_count;
};

/* STATUS_UNSUPPORTED for FAT32. */
enum status fat_image_open(struct span image, struct fat_image *out);
/* name as a directory has it: 8 and 3 letters, "GRUB    CFG". */
enum status fat_image_read(const struct fat_image *fat, const char name[11], size_t max,
			   struct bytes *out);

#endif
