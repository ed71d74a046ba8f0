/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <unistd.h>

#include "policies/set_file.h"
#include "tools/command.h"
#include "tools/file_list.h"
#include "tools/progress.h"

/* One walk over a directory: what every file needs is made once. */
struct tree_walk {
	struct file_list *list;
	size_t *left_out;
	size_t prefix; /* of the directory's own name */
	struct hasher sha256;
	struct progress progress;
	uint8_t buffer[1 << 18];
};

static enum status hash_file(struct tree_walk *w, int fd, struct digest *digest)
{
	enum status status = hasher_begin(&w->sha256);

	while (status == OK) {
		ssize_t len = read(fd, w->buffer, sizeof(w->buffer));

		if (len == 0)
			return hasher_end(&w->sha256, digest);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return STATUS_IO;
		progress_bytes(&w->progress, (size_t)len);
		status = hasher_add(&w->sha256, (struct span){ w->buffer, (size_t)len });
	}
	return status;
}

static enum status add_file(struct tree_walk *w, const char *file)
{
	struct span path = span_text(file + w->prefix);
	struct digest digest = { 0 };
	enum status status = STATUS_IO;
	int fd;

	progress_file(&w->progress);
	if (path_is_within(path, span_text("/boot")) || !set_path_is_valid(path))
		return file_list_add_found(w->list, path, digest.value, w->left_out);
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0) {
		status = hash_file(w, fd, &digest);
		(void)close(fd);
	}
	if (status != OK) {
		(void)unusable("%s: %s", file, strerror(errno));
		return status;
	}
	return file_list_add(w->list, path, digest.value);
}

static enum status add_found(struct tree_walk *w, const FTSENT *at)
{
	switch (at->fts_info) {
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
	enum status status = hasher_init(&w->sha256, DIGEST_SHA256);

	if (status != OK || root == NULL)
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
	for (FTSENT *at = fts_read(tree); at != NULL && status == OK; at = fts_read(tree))
		status = add_found(w, at);
	(void)fts_close(tree);
	return status;
}

AUTO_FREE(tree_walk, struct tree_walk, free);

enum status file_list_add_tree(struct file_list *list, const char *directory, size_t *left_out)
{
	AUTO(tree_walk) w = calloc(1, sizeof(*w));
	enum status status;

	if (w == NULL)
		return STATUS_NO_MEMORY;
	w->list = list;
	w->left_out = left_out;
	w->progress = progress_begin("reading files");
	status = walk_tree(w, directory);
	progress_end(&w->progress);
	hasher_done(&w->sha256);
	return status;
}
