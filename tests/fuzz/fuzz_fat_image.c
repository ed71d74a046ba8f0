/* SPDX-License-Identifier: Apache-2.0 */
/* A FAT file system in a GRUB image */
#include "fuzz.h"
#include "policies/artifacts/fat_image.h"

#define FILE_MAX_LEN ((size_t)8192)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(bytes) content = { 0 };
	struct fat_image fat;

	taint(&fat, sizeof(fat));
	if (fat_image_open((struct span){ data, len }, &fat) != OK) {
		must_be_tainted(&fat, sizeof(fat));
		return 0;
	}
	must(fat.clusters_at + fat.cluster_count * fat.cluster_size <= len);
	if (fat_image_read(&fat, "GRUB    CFG", FILE_MAX_LEN, &content) == OK)
		must(content.len <= FILE_MAX_LEN);
	else
		must(content.len == 0);
	return 0;
}
