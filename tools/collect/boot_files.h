/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_COLLECT_BOOT_FILES_H
#define TOOLS_COLLECT_BOOT_FILES_H

#include "policies/artifacts/grub_script.h"

/* An EFI system partition's files below a directory. As FAT does, names are
 * found whatever the case of their letters; links are not followed. */
struct boot_files {
	const char *directory;
};

#define BOOT_FILE_MAX ((size_t)1 << 30)

enum grub_file_kind boot_file_kind(void *files, struct span path);
/* Quiet STATUS_NOT_FOUND; anything else is said on standard error. */
enum status boot_file_read(void *files, struct span path, struct bytes *out);

#endif
