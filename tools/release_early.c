/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "policies/artifacts/elf_image.h"
#include "tools/release_artifacts.h"

#define PROGRAM_MAX ((size_t)512 << 20)
#define PATH_MAX_LEN 4096

/* Files that run before systemd loads the IMA policy: each once, in out. */
struct closure {
	const char *root;
	char real_root[PATH_MAX_LEN];
	int fd;
	const struct file_list *files;
	struct file_list *out; /* also the queue: what stands there was queued */
	struct file_list names; /* of libraries, that ld.so would not look for again */
	char library_directory[PATH_MAX_LEN]; /* the loader's own */
};

/* The path inside the root that a path leads to, links followed there. */
static bool resolve(const struct closure *c, const char *path, char out[PATH_MAX_LEN])
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	char link[64];
	char real[PATH_MAX_LEN];
	long fd = syscall(SYS_openat2, c->fd, path, &how, sizeof(how));
	size_t root_len = strlen(c->real_root);
	ssize_t len;

	if (fd < 0)
		return false;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%ld", fd);
	len = readlink(link, real, sizeof(real) - 1);
	(void)close((int)fd);
	if (len <= (ssize_t)root_len || strncmp(real, c->real_root, root_len) != 0)
		return false;
	real[len] = '\0';
	(void)snprintf(out, PATH_MAX_LEN, "%s", real + root_len);
	return true;
}

static bool has(const struct file_list *list, struct span path)
{
	for (size_t i = 0; i < list->count; i++)
		if (span_equal(span_text(list->entry[i].path), path))
			return true;
	return false;
}

static enum status queue(struct closure *c, const char *real)
{
	const struct file_list_entry *known = file_list_find(c->files, span_text(real));

	if (has(c->out, span_text(real)))
		return OK;
	if (known == NULL) {
		(void)unusable("%s: %s is in no list of files", c->root, real);
		return STATUS_NOT_FOUND;
	}
	return file_list_add(c->out, span_text(real), known->sha256);
}

static void set_directory(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash != NULL)
		*slash = '\0';
}

/* DIR/NAME, where DIR may begin with $ORIGIN. */
static bool find_in(const struct closure *c, struct span directory, const char *origin,
		    struct span name, char out[PATH_MAX_LEN])
{
	static const char word[] = "$ORIGIN";
	bool is_beside = span_starts_with(directory, word);
	AUTO_DONE(bytes) path = { 0 };
	AUTO(char) text = NULL;
	size_t skipped = is_beside ? sizeof(word) - 1 : 0;

	if (bytes_printf(&path, "%s%.*s/%.*s", is_beside ? origin : "",
			 (int)(directory.len - skipped), (const char *)directory.data + skipped,
			 (int)name.len, (const char *)name.data) != OK ||
	    bytes_text(span_of(&path), &text) != OK)
		return false;
	return resolve(c, text, out);
}

/* As ld.so looks: the image's own path, then the system's directories. */
static bool find_library(const struct closure *c, const struct elf_image *elf, const char *origin,
			 struct span name, char out[PATH_MAX_LEN])
{
	static const char *const system[] = { "/lib64", "/usr/lib64", "/lib", "/usr/lib" };
	struct span path = elf->run_path;
	struct span directory;

	while (text_next_word(&path, ':', &directory))
		if (directory.len > 0 && find_in(c, directory, origin, name, out))
			return true;
	if (c->library_directory[0] != '\0' &&
	    find_in(c, span_text(c->library_directory), origin, name, out))
		return true;
	for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++)
		if (find_in(c, span_text(system[i]), origin, name, out))
			return true;
	return false;
}

static enum status queue_interpreter(struct closure *c, struct span path)
{
	AUTO(char) text = NULL;
	char real[PATH_MAX_LEN];

	if (path.len == 0)
		return OK;
	if (bytes_text(path, &text) != OK || !resolve(c, text, real)) {
		(void)unusable("%s: the loader %.*s is not there", c->root, (int)path.len,
			       (const char *)path.data);
		return STATUS_NOT_FOUND;
	}
	(void)snprintf(c->library_directory, sizeof(c->library_directory), "%s", real);
	set_directory(c->library_directory);
	return queue(c, real);
}

static enum status queue_needed(struct closure *c, const char *path, const struct elf_image *elf)
{
	char origin[PATH_MAX_LEN];
	char real[PATH_MAX_LEN];
	enum status status = queue_interpreter(c, elf->interpreter);

	(void)snprintf(origin, sizeof(origin), "%s", path);
	set_directory(origin);
	for (size_t i = 0; i < elf->needed_count && status == OK; i++) {
		struct span name = elf->needed[i];

		if (has(&c->names, name))
			continue;
		if (!find_library(c, elf, origin, name, real)) {
			(void)unusable("%s: %s needs the library %.*s, which is not there", c->root,
				       path, (int)name.len, (const char *)name.data);
			return STATUS_NOT_FOUND;
		}
		status = file_list_add(&c->names, name, NULL);
		if (status == OK)
			status = queue(c, real);
	}
	return status;
}

static enum status visit(struct closure *c, const char *path)
{
	AUTO_DONE(bytes) file = { 0 };
	struct line_path full;
	struct elf_image elf;
	enum status status;

	(void)snprintf(full.text, sizeof(full.text), "%s", c->real_root);
	(void)strncat(full.text, path, sizeof(full.text) - strlen(full.text) - 1);
	status = line_read(full.text, PROGRAM_MAX, &file);
	if (status != OK)
		return status;
	status = elf_image_parse(span_of(&file), &elf);
	if (status == STATUS_NOT_FOUND) /* ld.so.cache, a script */
		return OK;
	if (status != OK) {
		(void)unusable("%s: %s", full.text, status_text(status));
		return status;
	}
	return queue_needed(c, path, &elf);
}

static enum status close_over(struct closure *c, const char *init)
{
	char real[PATH_MAX_LEN];
	enum status status;

	if (!resolve(c, init, real)) {
		(void)unusable("%s: there is no %s: name the program that the initramfs starts "
			       "with --init",
			       c->root, init);
		return STATUS_NOT_FOUND;
	}
	status = queue(c, real);
	if (status == OK && resolve(c, "/etc/ld.so.cache", real))
		status = queue(c, real);
	for (size_t i = 0; i < c->out->count && status == OK; i++)
		status = visit(c, c->out->entry[i].path);
	return status;
}

enum status early_files(const char *root, const char *init, const struct file_list *files,
			struct file_list *out)
{
	AUTO_DONE(file_list) found = { 0 };
	struct closure c = { .root = root, .files = files, .out = &found };
	enum status status;

	if (realpath(root, c.real_root) == NULL ||
	    (c.fd = open(c.real_root, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0) {
		(void)unusable("%s: cannot be read", root);
		return STATUS_IO;
	}
	/* What is found in "/" begins with that slash. */
	if (c.real_root[1] == '\0')
		c.real_root[0] = '\0';
	status = close_over(&c, init);
	(void)close(c.fd);
	file_list_done(&c.names);
	if (status == OK)
		status = file_list_add_list(out, &found);
	return status;
}
