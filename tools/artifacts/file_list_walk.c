/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "policies/reference/set_file.h"
#include "tools/artifacts/content_hash.h"
#include "tools/artifacts/file_list.h"
#include "tools/command.h"

/* One walk over a directory: what every file needs is made once. */
struct tree_walk {
	struct file_list *list;
	size_t *left_out;
	size_t prefix; /* of the directory's own name */
	struct content_hash *hash;
	struct progress progress;
};

static enum status add_file(struct tree_walk *w, const char *file)
{
	struct span path = span_text(file + w->prefix);
	struct digest digest = { 0 };
	enum status status = STATUS_IO;
	uint64_t size;
	int fd;

	progress_file(&w->progress);
	if (set_path_is_of_kexec(path) || !set_path_is_valid(path))
		return file_list_add_found(w->list, path, digest.value, w->left_out);
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0) {
		status = content_hash_fd(w->hash, fd, &digest, &size);
		(void)close(fd);
	}
	if (status != OK) {
		(void)unusable("%s: %s", file, strerror(errno));
		return status;
	}
	return file_list_add(w->list, path, digest.value);
}

/* What the kernel makes up is nobody's file: reading some of it would never end. */
static bool is_made_up(const char *directory)
{
	struct statfs found;

	return statfs(directory, &found) == 0 &&
	       (found.f_type == PROC_SUPER_MAGIC || found.f_type == SYSFS_MAGIC);
}

static enum status add_found(struct tree_walk *w, FTS *tree, FTSENT *at)
{
	switch (at->fts_info) {
	case FTS_D:
		if (at->fts_parent->fts_level >= FTS_ROOTLEVEL &&
		    at->fts_dev != at->fts_parent->fts_dev && is_made_up(at->fts_path))
			(void)fts_set(tree, at, FTS_SKIP);
		return OK;
	case FTS_F:
		return add_file(w, at->fts_path);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		(void)unusable("%s: cannot be read", at->fts_path);
		return STATUS_IO;
	default:
		return OK;
	}
}

static enum status walk_tree(struct tree_walk *w, const char *directory)
{
	AUTO(char) root = strdup(directory);
	char *roots[] = { root, NULL };
	enum status status = OK;

	if (root == NULL)
		return STATUS_NO_MEMORY;
	w->prefix = strlen(directory);
	while (w->prefix > 1 && directory[w->prefix - 1] == '/')
		root[--w->prefix] = '\0';
	if (strcmp(root, "/") == 0)
		w->prefix = 0;

	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (tree == NULL) {
		(void)unusable("%s: cannot be read", directory);
		return STATUS_IO;
	}
	errno = 0;
	for (FTSENT *at = fts_read(tree); at != NULL && status == OK; at = fts_read(tree))
		status = add_found(w, tree, at);
	if (status == OK && errno != 0) {
		(void)unusable("%s: %s", directory, strerror(errno));
		status = STATUS_IO;
	}
	(void)fts_close(tree);
	return status;
}

enum status file_list_add_tree(struct file_list *list, const char *directory, size_t *left_out)
{
	AUTO(content_hash) hash = NULL;
	struct tree_walk w = { .list = list,
			       .left_out = left_out,
			       .progress = progress_begin("reading files") };
	enum status status = content_hash_new(&w.progress, &hash);

	w.hash = hash;
	if (status == OK)
		status = walk_tree(&w, directory);
	progress_end(&w.progress);
	return status;
}
