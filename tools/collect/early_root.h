/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_COLLECT_EARLY_ROOT_H
#define TOOLS_COLLECT_EARLY_ROOT_H

#include "policies/artifacts/elf_image.h"
#include "tools/artifacts/built_root.h"
#include "tools/artifacts/file_list.h"

#define EARLY_PATH_MAX 4096
#define EARLY_LOADER_CACHE "/etc/ld.so.cache"

/* The root that the initramfs starts init in: a directory, or one that packages or layers
 * build. */
struct early_root {
	void *self;
	const char *name; /* for messages */
	/* The path inside the root that this one leads to, links followed there. */
	bool (*resolve)(void *self, const char *path, char out[EARLY_PATH_MAX]);
	/* What the program there has loaded with it; STATUS_NOT_FOUND: it is no such file, a
	 * script. Spans are good until the next call. Says what failed. */
	enum status (*program)(void *self, const char *path, struct elf_image *out);
};

/* What runs before systemd loads the IMA policy, added to out: the program that init is,
 * its loader and libraries, and the loader's cache, from the files of a settled list. */
enum status early_root_files(const struct early_root *root, const char *init,
			     const struct file_list *files, struct file_list *out);

/* The same in a directory, and in a root whose programs were kept. */
enum status early_directory_files(const char *directory, const char *init,
				  const struct file_list *files, struct file_list *out);
enum status early_built_files(struct built_root *root, const char *init,
			      const struct file_list *files, struct file_list *out);

#endif
