/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_STEP 65536

static enum status status_of_errno(void)
{
	if (errno == ENOENT || errno == ENOTDIR)
		return STATUS_NOT_FOUND;
	if (errno == EACCES || errno == EPERM)
		return STATUS_DENIED;
	return STATUS_IO;
}

enum status file_read_fd(int fd, size_t max, struct bytes *out)
{
	AUTO_DONE(bytes) all = { 0 };

	for (;;) {
		/* One byte over the cap tells "too large" from "just fits". */
		size_t room = max - all.len < READ_STEP ? max - all.len + 1 : READ_STEP;
		enum status status = bytes_reserve(&all, all.len + room);

		if (status != OK)
			return status;

		ssize_t got = read(fd, all.data + all.len, room);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return status_of_errno();
		if (got == 0)
			break;
		all.len += (size_t)got;
		if (all.len > max)
			return STATUS_TOO_LARGE;
		/* Double instead of adding: large logs in few copies. */
		size_t wanted = all.capacity * 2 > max + 1 ? max + 1 : all.capacity * 2;
		if (all.capacity - all.len < READ_STEP && bytes_reserve(&all, wanted) != OK)
			return STATUS_NO_MEMORY;
	}
	*out = all;
	all = (struct bytes){ 0 };
	return OK;
}

/* Told before any of it is read; a file that gives more than it says, as those
 * of the kernel do, is stopped while reading. */
static bool says_it_is_over(int fd, size_t max)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	       (uintmax_t)st.st_size > max;
}

static enum status read_and_close(int fd, size_t max, struct bytes *out)
{
	enum status status =
		says_it_is_over(fd, max) ? STATUS_TOO_LARGE : file_read_fd(fd, max, out);
	int saved = errno;

	(void)close(fd);
	errno = saved;
	return status;
}

enum status file_read(const char *path, size_t max, struct bytes *out)
{
	if (strcmp(path, "-") == 0)
		return file_read_fd(STDIN_FILENO, max, out);

	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return status_of_errno();
	return read_and_close(fd, max, out);
}

/* Root's or our own: whoever owns a file can write it, whatever its mode says. */
static bool is_ours(const struct stat *st, mode_t forbidden)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) && (st->st_mode & forbidden) == 0;
}

/* The open file, or why not. */
static enum status open_guarded(const char *path, bool is_secret, int *out)
{
	mode_t forbidden = is_secret ? S_IRWXG | S_IRWXO : S_IWGRP | S_IWOTH;
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return status_of_errno();
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || !is_ours(&st, forbidden)) {
		(void)close(fd);
		errno = EPERM;
		return STATUS_DENIED;
	}
	*out = fd;
	return OK;
}

enum status file_read_guarded(const char *path, size_t max, bool is_secret, struct bytes *out)
{
	int fd = -1;
	enum status status = open_guarded(path, is_secret, &fd);

	return status == OK ? read_and_close(fd, max, out) : status;
}

enum status file_check_guarded(const char *path, bool is_secret)
{
	int fd = -1;
	enum status status = open_guarded(path, is_secret, &fd);

	if (status == OK)
		(void)close(fd);
	return status;
}

enum status directory_check_guarded(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return status_of_errno();
	return is_ours(&st, S_IWGRP | S_IWOTH) ? OK : STATUS_DENIED;
}

enum status directory_make(int above, const char *name, mode_t mode)
{
	if (mkdirat(above, name, mode) != 0)
		return errno == EEXIST ? OK : status_of_errno();

	int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool is_made = fd >= 0 && fchmod(fd, mode) == 0;
	int saved = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = saved;
	return is_made ? OK : status_of_errno();
}

static enum status check_above(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return status_of_errno();
	return is_ours(&st, (st.st_mode & S_ISVTX) != 0 ? 0 : S_IWGRP | S_IWOTH) ? OK
										 : STATUS_DENIED;
}

enum status directory_check_reached(const char *path)
{
	char above[PATH_MAX];
	enum status status = directory_check_guarded(path);
	size_t len = strlen(path);

	if (path[0] != '/' || len >= sizeof(above))
		return STATUS_UNSUPPORTED;
	memcpy(above, path, len);
	while (status == OK && len > 1) {
		while (len > 1 && path[len - 1] != '/')
			len--;
		/* "/" stays, other slashes go. */
		if (len > 1)
			len--;
		above[len] = '\0';
		status = check_above(above);
	}
	return status;
}

const char *file_guard_text(enum status status)
{
	return status == STATUS_DENIED
		       ? "denied (a regular file is wanted that belongs to root or to this user "
			 "and "
			 "that nobody else may write; nor read, where it holds a secret)"
		       : status_text(status);
}

bool file_write_fd(int fd, struct span content)
{
	while (content.len > 0) {
		ssize_t wrote = write(fd, content.data, content.len);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return false;
		content.data += wrote;
		content.len -= (size_t)wrote;
	}
	return true;
}

static bool sync_directory_of(const char *path)
{
	AUTO(char) copy = strdup(path);
	int fd = copy == NULL ? -1 : open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return false;

	bool synced = fsync(fd) == 0;
	(void)close(fd);
	return synced;
}

/* Hidden: who dies before the rename leaves it, in a directory where each visible
 * name may count. */
#define BESIDE_PREFIX ".attestd-"
#define BESIDE_RANDOM "XXXXXX"
#define BESIDE_TRIES 8

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static enum status name_beside(const char *path, struct bytes *out)
{
	const char *name = name_of(path);

	return bytes_printf(out, "%.*s.%s" BESIDE_PREFIX BESIDE_RANDOM "%c", (int)(name - path),
			    path, name, '\0');
}

static bool is_beside(const char *name, const char *entry)
{
	static const char random[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	const size_t len = strlen(name);

	if (entry[0] != '.' || strncmp(entry + 1, name, len) != 0 ||
	    strncmp(entry + 1 + len, BESIDE_PREFIX, strlen(BESIDE_PREFIX)) != 0)
		return false;
	entry += 1 + len + strlen(BESIDE_PREFIX);
	return strlen(entry) == strlen(BESIDE_RANDOM) && strspn(entry, random) == strlen(entry);
}

/* Whoever writes it holds a lock on it, as long as it lives. */
static void remove_left(int folder, const char *entry)
{
	struct stat st;
	int fd = openat(folder, entry, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	    st.st_nlink == 1 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)unlinkat(folder, entry, 0);
	(void)close(fd);
}

/* What earlier ones left of this same file: it may hold what is secret. */
static void remove_all_left(const char *path)
{
	AUTO(char) copy = strdup(path);
	DIR *folder = copy == NULL ? NULL : opendir(dirname(copy));
	struct dirent *entry;

	if (folder == NULL)
		return;
	while ((entry = readdir(folder)) != NULL)
		if (is_beside(name_of(path), entry->d_name))
			remove_left(dirfd(folder), entry->d_name);
	(void)closedir(folder);
}

/* -1 with errno. Before it is locked another one may take it for left, and remove it. */
static int create_beside(struct bytes *name)
{
	char *random = (char *)name->data + name->len - sizeof(BESIDE_RANDOM);
	struct stat st;

	for (int i = 0; i < BESIDE_TRIES; i++) {
		memcpy(random, BESIDE_RANDOM, strlen(BESIDE_RANDOM));

		int fd = mkostemp((char *)name->data, O_CLOEXEC);
		if (fd < 0)
			return -1;
		/* Whoever looks at it holds it for a moment. */
		while (flock(fd, LOCK_EX) != 0 && errno == EINTR)
			;
		if (fstat(fd, &st) == 0 && st.st_nlink > 0)
			return fd;
		(void)close(fd);
	}
	errno = EAGAIN;
	return -1;
}

enum status file_replace(const char *path, struct span content, mode_t mode, uid_t owner,
			 gid_t group)
{
	AUTO_DONE(bytes) name = { 0 };
	enum status status = name_beside(path, &name);

	if (status != OK)
		return status;
	remove_all_left(path);

	int fd = create_beside(&name);
	if (fd < 0)
		return status_of_errno();

	const char *temporary = (const char *)name.data;
	bool is_written =
		file_write_fd(fd, content) && fchmod(fd, mode) == 0 &&
		((owner == (uid_t)-1 && group == (gid_t)-1) || fchown(fd, owner, group) == 0) &&
		fsync(fd) == 0 && rename(temporary, path) == 0;
	int saved = errno;
	if (!is_written)
		(void)unlink(temporary);
	bool is_closed = close(fd) == 0;
	if (is_written)
		return is_closed && sync_directory_of(path) ? OK : STATUS_IO;
	errno = saved;
	return status_of_errno();
}
