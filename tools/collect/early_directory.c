/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tools/collect/early_root.h"
#include "tools/release/release_line.h"
#include "tools/command.h"

#define PROGRAM_MAX ((size_t)512 << 20)

struct directory {
	char path[EARLY_PATH_MAX]; /* without links */
	int fd;
	struct bytes file; /* the program that was asked for last */
};

static bool resolve(void *self, const char *path, char out[EARLY_PATH_MAX])
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	const struct directory *root = self;
	char link[64];
	char real[EARLY_PATH_MAX];
	long fd = syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
	size_t root_len = strlen(root->path);
	ssize_t len;

	if (fd < 0)
		return false;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%ld", fd);
	len = readlink(link, real, sizeof(real) - 1);
	(void)close((int)fd);
	if (len <= (ssize_t)root_len || strncmp(real, root->path, root_len) != 0)
		return false;
	real[len] = '\0';
	(void)snprintf(out, EARLY_PATH_MAX, "%s", real + root_len);
	return true;
}

static enum status program(void *self, const char *path, struct elf_image *out)
{
	struct directory *root = self;
	struct path_text full;
	enum status status;

	(void)snprintf(full.text, sizeof(full.text), "%s", root->path);
	(void)strncat(full.text, path, sizeof(full.text) - strlen(full.text) - 1);
	bytes_done(&root->file);
	status = path_read(full.text, PROGRAM_MAX, &root->file);
	if (status != OK)
		return status;
	status = elf_image_parse(span_of(&root->file), out);
	if (status != OK && status != STATUS_NOT_FOUND)
		(void)unusable("%s: %s", full.text, status_text(status));
	return status;
}

enum status early_directory_files(const char *directory, const char *init,
				  const struct file_list *files, struct file_list *out)
{
	struct directory d = { 0 };
	const struct early_root root = {
		.self = &d, .name = directory, .resolve = resolve, .program = program
	};
	enum status status;

	if (realpath(directory, d.path) == NULL ||
	    (d.fd = open(d.path, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0) {
		(void)unusable("%s: cannot be read", directory);
		return STATUS_IO;
	}
	/* What is found in "/" begins with that slash. */
	if (d.path[1] == '\0')
		d.path[0] = '\0';
	status = early_root_files(&root, init, files, out);
	(void)close(d.fd);
	bytes_done(&d.file);
	return status;
}
