/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/directory.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "daemon/file.h"

#define NAMES_MAX 100000

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static enum status visit_file(const char *path, size_t max, directory_visitor visit, void *context)
{
	AUTO_DONE(bytes) content = { 0 };
	enum status status = file_read(path, max, &content);

	return status == OK ? visit(context, path, span_of(&content)) : status;
}

static enum status visit_entry(const char *directory, const char *name, size_t max,
			       directory_visitor visit, void *context)
{
	AUTO_DONE(bytes) path = { 0 };
	enum status status = bytes_printf(&path, "%s/%s%c", directory, name, '\0');
	struct stat st;

	if (status != OK)
		return status;
	/* A name whose file is gone since, or that is no file, holds nothing. */
	if (stat((const char *)path.data, &st) != 0 || !S_ISREG(st.st_mode))
		return OK;
	return visit_file((const char *)path.data, max, visit, context);
}

enum status directory_read(const char *path, size_t max, directory_visitor visit, void *context)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, is_visible, alphasort);

	if (count < 0 && errno == ENOTDIR)
		return visit_file(path, max, visit, context);
	if (count < 0)
		return errno == ENOENT ? STATUS_NOT_FOUND
				       : (errno == EACCES ? STATUS_DENIED : STATUS_IO);

	enum status status = count > NAMES_MAX ? STATUS_TOO_LARGE : OK;
	for (int i = 0; i < count; i++) {
		if (status == OK)
			status = visit_entry(path, entries[i]->d_name, max, visit, context);
		free(entries[i]);
	}
	free(entries);
	return status;
}
