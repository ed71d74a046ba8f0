/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/artifacts/content_hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/command.h"

enum status content_hash_new(struct progress *progress, struct content_hash **out)
{
	struct content_hash *hash = calloc(1, sizeof(*hash));

	if (hash == NULL || hasher_init(&hash->sha256, DIGEST_SHA256) != OK) {
		free(hash);
		return STATUS_NO_MEMORY;
	}
	hash->progress = progress;
	*out = hash;
	return OK;
}

void content_hash_free(struct content_hash *hash)
{
	if (hash == NULL)
		return;
	hasher_done(&hash->sha256);
	free(hash);
}

enum status content_hash_fd(struct content_hash *hash, int fd, struct digest *out, uint64_t *size)
{
	enum status status = hasher_begin(&hash->sha256);

	*size = 0;
	while (status == OK) {
		ssize_t len = read(fd, hash->buffer, sizeof(hash->buffer));

		if (len == 0)
			return hasher_end(&hash->sha256, out);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return STATUS_IO;
		*size += (uint64_t)len;
		progress_bytes(hash->progress, (size_t)len);
		status = hasher_add(&hash->sha256, (struct span){ hash->buffer, (size_t)len });
	}
	return status;
}

enum status content_open_regular(const char *path, bool follows, int *fd)
{
	struct stat found;
	int opened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
					(follows ? 0 : O_NOFOLLOW));
	bool is_link = opened < 0 && errno == ELOOP && !follows;

	if (opened >= 0 && fstat(opened, &found) == 0 && S_ISREG(found.st_mode)) {
		*fd = opened;
		return OK;
	}
	(void)unusable("%s: %s", path,
		       opened >= 0 ? "not a regular file"
		       : is_link   ? "a symbolic link: name the file that it leads to"
				   : strerror(errno));
	if (opened >= 0)
		(void)close(opened);
	return STATUS_DENIED;
}

enum status content_hash_file(struct content_hash *hash, const char *path, struct digest *out)
{
	uint64_t size;
	int fd = -1;
	enum status status = content_open_regular(path, true, &fd);

	if (status != OK)
		return status;
	status = content_hash_fd(hash, fd, out, &size);
	if (status != OK)
		(void)unusable("%s: %s", path, strerror(errno));
	(void)close(fd);
	return status;
}

enum status content_open(struct content_hash *hash, const char *path, const struct digest *wanted,
			 uint64_t *size, int *fd)
{
	struct digest digest;
	int opened = -1;
	enum status status = content_open_regular(path, true, &opened);

	if (status != OK)
		return status;
	status = content_hash_fd(hash, opened, &digest, size);
	if (status == OK && lseek(opened, 0, SEEK_SET) != 0)
		status = STATUS_IO;
	if (status == STATUS_IO)
		(void)unusable("%s: %s", path, strerror(errno));
	if (status == OK && !digest_equal(&digest, wanted)) {
		(void)unusable("%s: not the file that was named: it has another digest", path);
		status = STATUS_MISMATCH;
	}
	if (status == OK)
		*fd = opened;
	else
		(void)close(opened);
	return status;
}
