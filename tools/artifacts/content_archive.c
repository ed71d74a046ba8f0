/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/artifacts/content_archive.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tools/command.h"

/* What comes next, counted in; 0 at the end, negative with errno. */
static ssize_t read_more(struct content_archive *c)
{
	ssize_t len;

	do
		len = read(c->fd, c->hash->buffer, sizeof(c->hash->buffer));
	while (len < 0 && errno == EINTR);
	if (len > 0 &&
	    hasher_add(&c->hash->sha256, (struct span){ c->hash->buffer, (size_t)len }) != OK) {
		errno = ENOMEM;
		return -1;
	}
	return len;
}

static la_ssize_t take(struct archive *a, void *self, const void **block)
{
	struct content_archive *c = self;
	ssize_t len = read_more(c);

	if (len < 0)
		archive_set_error(a, errno, "%s", strerror(errno));
	*block = c->hash->buffer;
	return len;
}

enum status content_archive_open(struct content_archive *c, struct archive *a)
{
	uint64_t size;
	enum status status = content_open(c->hash, c->path, c->wanted, &size, &c->fd);

	if (status == OK)
		status = hasher_begin(&c->hash->sha256);
	if (status != OK)
		return status;
	/* Without a way to seek or skip: each byte comes by once. */
	if (archive_read_open(a, c, NULL, take, NULL) == ARCHIVE_OK)
		return OK;
	(void)unusable("%s: %s", c->path,
		       archive_error_string(a) == NULL ? "this archive cannot be read"
						       : archive_error_string(a));
	return STATUS_MALFORMED;
}

enum status content_archive_end(struct content_archive *c)
{
	struct digest digest;
	ssize_t len;

	while ((len = read_more(c)) > 0)
		;
	if (len < 0) {
		(void)unusable("%s: %s", c->path, strerror(errno));
		return STATUS_IO;
	}

	enum status status = hasher_end(&c->hash->sha256, &digest);

	if (status == OK && digest_equal(&digest, c->wanted))
		return OK;
	(void)unusable("%s: it was changed while it was read", c->path);
	return status == OK ? STATUS_MISMATCH : status;
}

void content_archive_done(struct content_archive *c)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
}
