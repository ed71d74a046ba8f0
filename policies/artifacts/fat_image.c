/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/artifacts/fat_image.h"

#define ENTRY_SIZE 32
#define ATTRIBUTE_VOLUME 0x08 /* also in every entry of a long name */
#define ATTRIBUTE_DIRECTORY 0x10
#define FAT12_CLUSTERS 4085 /* fewer than these are FAT12, */
#define FAT16_CLUSTERS 65525 /* fewer than these FAT16 */

static struct reader reader_at(struct span image, size_t offset)
{
	struct reader r = reader_over(image);

	reader_skip(&r, offset);
	return r;
}

enum status fat_image_open(struct span image, struct fat_image *out)
{
	struct fat_image fat = { .image = image };
	struct reader r = reader_at(image, 11);
	size_t sector = reader_le16(&r);
	size_t per_cluster = reader_u8(&r);
	size_t reserved = reader_le16(&r);
	size_t tables = reader_u8(&r);
	size_t sectors;
	size_t table_sectors;

	fat.root_entries = reader_le16(&r);
	sectors = reader_le16(&r);
	reader_skip(&r, 1);
	table_sectors = reader_le16(&r);
	reader_skip(&r, 8);
	if (sectors == 0)
		sectors = reader_le32(&r);
	if (r.status != OK)
		return r.status;
	if (table_sectors == 0)
		return STATUS_UNSUPPORTED; /* FAT32 counts them elsewhere */
	if (sector < 512 || sector > 4096 || (sector & (sector - 1)) != 0 || per_cluster == 0 ||
	    tables == 0 || sectors > image.len / sector)
		return STATUS_MALFORMED;
	fat.cluster_size = sector * per_cluster;
	fat.table_at = reserved * sector;
	fat.root_at = fat.table_at + tables * table_sectors * sector;
	fat.clusters_at =
		fat.root_at + (fat.root_entries * ENTRY_SIZE + sector - 1) / sector * sector;
	if (fat.clusters_at > sectors * sector)
		return STATUS_MALFORMED;
	fat.cluster_count = (sectors * sector - fat.clusters_at) / fat.cluster_size;
	if (fat.cluster_count >= FAT16_CLUSTERS)
		return STATUS_UNSUPPORTED;
	*out = fat;
	return OK;
}

/* The cluster behind this one; clusters count from 2, and what is none ends it. */
static size_t next_cluster(const struct fat_image *fat, size_t cluster)
{
	bool is_fat12 = fat->cluster_count < FAT12_CLUSTERS;
	size_t offset = is_fat12 ? cluster + cluster / 2 : 2 * cluster;
	struct reader r = reader_at(fat->image, fat->table_at + offset);
	uint16_t entry = reader_le16(&r);

	if (r.status != OK)
		return 0;
	if (!is_fat12)
		return entry;
	return cluster % 2 == 0 ? entry & 0xfffu : (size_t)entry >> 4;
}

static enum status read_chain(const struct fat_image *fat, size_t cluster, size_t size,
			      struct bytes *out)
{
	AUTO_DONE(bytes) content = { 0 };

	while (content.len < size) {
		size_t len = size - content.len < fat->cluster_size ? size - content.len
								    : fat->cluster_size;

		if (cluster < 2 || cluster - 2 >= fat->cluster_count)
			return STATUS_MALFORMED;

		struct reader r =
			reader_at(fat->image, fat->clusters_at + (cluster - 2) * fat->cluster_size);
		struct span part = reader_take(&r, len);
		enum status status = r.status == OK ? bytes_append(&content, part) : r.status;

		if (status != OK)
			return status;
		cluster = next_cluster(fat, cluster);
	}
	*out = content;
	content = (struct bytes){ 0 };
	return OK;
}

enum status fat_image_read(const struct fat_image *fat, const char name[11], size_t max,
			   struct bytes *out)
{
	struct reader root = reader_at(fat->image, fat->root_at);

	for (size_t i = 0; i < fat->root_entries; i++) {
		struct span entry_name = reader_take(&root, 11);
		uint8_t attributes = reader_u8(&root);
		size_t cluster;
		size_t size;

		reader_skip(&root, 14);
		cluster = reader_le16(&root);
		size = reader_le32(&root);
		if (root.status != OK)
			return root.status;
		if (entry_name.len == 0 || entry_name.data[0] == 0)
			return STATUS_NOT_FOUND;
		if ((attributes & (ATTRIBUTE_VOLUME | ATTRIBUTE_DIRECTORY)) != 0 ||
		    memcmp(entry_name.data, name, 11) != 0)
			continue;
		if (size > max)
			return STATUS_TOO_LARGE;
		return read_chain(fat, cluster, size, out);
	}
	return STATUS_NOT_FOUND;
}
