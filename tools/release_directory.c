/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release_directory.h"

#include <stdio.h>
#include <string.h>

#include "daemon/file.h"
#include "policies/dsse.h"

#define FIRST_ROOT "root/1/1.json"
#define ROOT_MAX_BYTES ((size_t)1 << 20)

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
	return file_read(full, max, out);
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
