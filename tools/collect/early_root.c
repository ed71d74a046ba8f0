/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/collect/early_root.h"

#include <string.h>

#include "base/text.h"
#include "tools/command.h"

/* Files that run before systemd loads the IMA policy: each once, in out. */
struct closure {
	const struct early_root *root;
	const struct file_list *files;
	struct file_list *out; /* also the queue: what stands there was queued */
	struct file_list names; /* of libraries, that ld.so would not look for again */
	char library_directory[EARLY_PATH_MAX]; /* the loader's own */
};

static bool resolve(const struct closure *c, const char *path, char out[EARLY_PATH_MAX])
{
	return c->root->resolve(c->root->self, path, out);
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
		(void)unusable("%s: %s is in no list of files", c->root->name, real);
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
		    struct span name, char out[EARLY_PATH_MAX])
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
			 struct span name, char out[EARLY_PATH_MAX])
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
	char real[EARLY_PATH_MAX];

	if (path.len == 0)
		return OK;
	if (bytes_text(path, &text) != OK || !resolve(c, text, real)) {
		(void)unusable("%s: the loader %.*s is not there", c->root->name, (int)path.len,
			       (const char *)path.data);
		return STATUS_NOT_FOUND;
	}
	(void)snprintf(c->library_directory, sizeof(c->library_directory), "%s", real);
	set_directory(c->library_directory);
	return queue(c, real);
}

static enum status queue_needed(struct closure *c, const char *path, const struct elf_image *elf)
{
	char origin[EARLY_PATH_MAX];
	char real[EARLY_PATH_MAX];
	enum status status = queue_interpreter(c, elf->interpreter);

	(void)snprintf(origin, sizeof(origin), "%s", path);
	set_directory(origin);
	for (size_t i = 0; i < elf->needed_count && status == OK; i++) {
		struct span name = elf->needed[i];

		if (has(&c->names, name))
			continue;
		if (!find_library(c, elf, origin, name, real)) {
			(void)unusable("%s: %s needs the library %.*s, which is not there",
				       c->root->name, path, (int)name.len, (const char *)name.data);
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
	struct elf_image elf;
	enum status status = c->root->program(c->root->self, path, &elf);

	if (status == STATUS_NOT_FOUND) /* ld.so.cache, a script */
		return OK;
	return status == OK ? queue_needed(c, path, &elf) : status;
}

static enum status close_over(struct closure *c, const char *init)
{
	char real[EARLY_PATH_MAX];
	enum status status;

	if (!resolve(c, init, real)) {
		(void)unusable("%s: there is no %s: name the program that the initramfs starts "
			       "with --init",
			       c->root->name, init);
		return STATUS_NOT_FOUND;
	}
	status = queue(c, real);
	if (status == OK && resolve(c, EARLY_LOADER_CACHE, real))
		status = queue(c, real);
	for (size_t i = 0; i < c->out->count && status == OK; i++)
		status = visit(c, c->out->entry[i].path);
	return status;
}

enum status early_root_files(const struct early_root *root, const char *init,
			     const struct file_list *files, struct file_list *out)
{
	AUTO_DONE(file_list) found = { 0 };
	struct closure c = { .root = root, .files = files, .out = &found };
	enum status status = close_over(&c, init);

	file_list_done(&c.names);
	return status == OK ? file_list_add_list(out, &found) : status;
}
