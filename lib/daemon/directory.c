/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/directory.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "daemon/file.h"

#define NAMES_MAX 100000

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* One walk: who reads the files, and what is done with them; or, where nobody
 * reads, what they look like from outside. */
struct walk {
	size_t max;
	bool is_guarded;
	directory_visitor visit;
	void *context;
	struct bytes *looks;
};

static enum status look_at(const char *path, struct bytes *looks)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return STATUS_IO;
	return bytes_printf(looks, "%s%c%ju %ju %ju %o %u %jd.%ld %jd.%ld\n", path, '\0',
			    (uintmax_t)st.st_dev, (uintmax_t)st.st_ino, (uintmax_t)st.st_size,
			    st.st_mode, st.st_uid, (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
			    (intmax_t)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
}

static enum status visit_file(const struct walk *walk, const char *path)
{
	AUTO_DONE(bytes) content = { 0 };

	if (walk->visit == NULL)
		return look_at(path, walk->looks);

	enum status status = walk->is_guarded ? file_read_guarded(path, walk->max, false, &content)
					      : file_read(path, walk->max, &content);

	return walk->visit(walk->context, path, status, span_of(&content));
}

/* Gone since the names were read, or no file. A link that leads nowhere is there:
 * what it led to may be a revocation list. */
static bool is_left_out(const struct walk *walk, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return !S_ISREG(st.st_mode) && !walk->is_guarded;
	return walk->visit == NULL || (lstat(path, &st) != 0 && errno == ENOENT);
}

static enum status visit_entry(const struct walk *walk, const char *directory, const char *name)
{
	AUTO_DONE(bytes) path = { 0 };
	enum status status = bytes_printf(&path, "%s/%s%c", directory, name, '\0');

	if (status != OK || is_left_out(walk, (const char *)path.data))
		return status;
	return visit_file(walk, (const char *)path.data);
}

static enum status visit_all(const struct walk *walk, const char *path)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, is_visible, alphasort);

	if (count < 0 && errno == ENOTDIR)
		return visit_file(walk, path);
	if (count < 0)
		return errno == ENOENT ? STATUS_NOT_FOUND
				       : (errno == EACCES ? STATUS_DENIED : STATUS_IO);

	enum status status = count > NAMES_MAX ? STATUS_TOO_LARGE : OK;
	for (int i = 0; i < count; i++) {
		if (status == OK)
			status = visit_entry(walk, path, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return status;
}

enum status directory_read(const char *path, size_t max, directory_visitor visit, void *context)
{
	return visit_all(&(struct walk){ .max = max, .visit = visit, .context = context }, path);
}

enum status directory_read_guarded(const char *path, size_t max, directory_visitor visit,
				   void *context)
{
	enum status status = directory_check_guarded(path);

	return status == OK ? visit_all(&(struct walk){ .max = max,
							.is_guarded = true,
							.visit = visit,
							.context = context },
					path)
			    : status;
}

enum status directory_look(const char *path, struct bytes *looks)
{
	enum status status = look_at(path, looks);

	return status == OK ? visit_all(&(struct walk){ .looks = looks }, path) : status;
}
