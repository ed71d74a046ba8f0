/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STEP_MS 20

/* The kernel tells of no end of a lock but to who sleeps in it, for however long. */
static enum status lock(int fd, unsigned patience_ms)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };

	for (unsigned waited_ms = 0;; waited_ms += STEP_MS) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return OK;
		if (errno != EWOULDBLOCK && errno != EINTR)
			return STATUS_IO;
		if (waited_ms >= patience_ms)
			return STATUS_MISMATCH;
		(void)nanosleep(&step, NULL);
	}
}

enum status claim_take(struct store *s, const char *path, unsigned patience_ms)
{
	struct store_file *file = &s->files[STORE_CLAIM];
	struct stat facts;

	if (asprintf(&file->path, "%s-lock", path) < 0) {
		file->path = NULL;
		return STATUS_NO_MEMORY;
	}
	s->claim_fd = open(file->path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (s->claim_fd < 0)
		return errno == ENOSPC || errno == EDQUOT ? STATUS_IO : STATUS_DENIED;
	if (fstat(s->claim_fd, &facts) != 0)
		return STATUS_IO;
	/* Another file of this name would be another one's claim: nothing is committed then. */
	file->is_known = true;
	file->device = facts.st_dev;
	file->inode = facts.st_ino;
	return lock(s->claim_fd, patience_ms);
}

void claim_done(struct store *s)
{
	if (s->claim_fd >= 0)
		(void)close(s->claim_fd);
	s->claim_fd = -1;
}
