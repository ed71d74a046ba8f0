/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/release_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/file.h"
#include "policies/envelope/dsse.h"

#define FIRST_ROOT "root/1/1.json"
#define ROOT_MAX_BYTES ((size_t)1 << 20)

/* Whoever serves the directory can put a pipe there, which nobody ever writes to. */
static enum status read_regular(const char *path, size_t max, struct bytes *out)
{
	struct stat found;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum status status = STATUS_IO;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? STATUS_NOT_FOUND : STATUS_IO;
	if (fstat(fd, &found) == 0 && S_ISREG(found.st_mode))
		status = file_read_fd(fd, max, out);
	(void)close(fd);
	return status;
}

static enum status read_document(void *self, const char *path, size_t max, struct bytes *out)
{
	const struct release_directory *directory = self;
	char full[4096];
	int len = snprintf(full, sizeof(full), "%s/%s", directory->path, path);

	if (len < 0 || (size_t)len >= sizeof(full))
		return STATUS_TOO_LARGE;
	/* A name out of a document never leaves the directory. */
	if (path[0] == '/' || strstr(path, "..") != NULL)
		return STATUS_DENIED;
	return read_regular(full, max, out);
}

struct document_source release_directory_source(struct release_directory *directory)
{
	return (struct document_source){ .read = read_document, .self = directory };
}

enum status release_directory_root(struct release_directory *directory, struct digest *out)
{
	AUTO_DONE(bytes) envelope = { 0 };
	AUTO_DONE(dsse) root = { 0 };
	AUTO_DONE(strict_document) why = { 0 };
	enum status status = read_document(directory, FIRST_ROOT, ROOT_MAX_BYTES, &envelope);

	if (status == OK)
		status = dsse_parse(span_of(&envelope), ROOT_MAX_BYTES, &root, &why);
	return status == OK ? digest_of(DIGEST_SHA256, span_of(&root.payload), out) : status;
}
