/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/fetcher/staging.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/file.h"
#include "verifier/fetcher/tree.h"

#define CURRENT "current"
#define SETS "sets"
#define ASKED ".asked"
#define INCOMING "incoming"
#define LINK "current.next"
#define NUMBER_MAX 24
#define ASKED_MAX ((size_t)4 << 20)
#define HASH_STEP ((size_t)64 << 10)

static enum status failed(void)
{
	return errno == ENOENT || errno == ENOTDIR ? STATUS_NOT_FOUND : STATUS_IO;
}

static int open_directory(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

static void close_fd(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

/* Where `current` leads: a number, in this directory. 0: nowhere. */
static unsigned long current_number(int top)
{
	char target[NUMBER_MAX] = { 0 };
	ssize_t len = readlinkat(top, CURRENT, target, sizeof(target) - 1);
	uint64_t number = 0;

	if (len <= 0 || decimal_parse((struct span){ (const uint8_t *)target, (size_t)len },
				      ULONG_MAX - 1, &number) != OK)
		return 0;
	return number;
}

static void number_text(unsigned long number, char out[NUMBER_MAX])
{
	(void)snprintf(out, NUMBER_MAX, "%lu", number);
}

/* A release that `current` does not lead to. Whatever else lies here is not ours. */
static bool is_other_release(const struct staging *s, const char *name)
{
	uint64_t number = 0;

	return decimal_parse(span_text(name), ULONG_MAX, &number) == OK && number > 0 &&
	       number != s->now_number;
}

/* What an earlier pass left. */
static enum status clean(const struct staging *s)
{
	int fd = open_directory(s->top, ".");
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	enum status status = OK;

	if (directory == NULL) {
		close_fd(fd);
		return STATUS_IO;
	}
	for (const struct dirent *e; status == OK && (e = readdir(directory)) != NULL;)
		if (is_other_release(s, e->d_name))
			status = tree_remove(s->top, e->d_name);
	(void)closedir(directory);
	return status;
}

static enum status begin(struct staging *s)
{
	char name[NUMBER_MAX];

	s->now_number = current_number(s->top);
	if (s->now_number > 0) {
		number_text(s->now_number, name);
		s->now = open_directory(s->top, name);
		if (s->now < 0)
			s->now_number = 0;
	}
	enum status status = clean(s);
	if (status != OK)
		return status;
	s->next_number = s->now_number + 1;
	number_text(s->next_number, name);
	if (mkdirat(s->top, name, S_IRWXU) != 0 ||
	    (mkdirat(s->top, SETS, S_IRWXU) != 0 && errno != EEXIST))
		return STATUS_IO;
	s->next = open_directory(s->top, name);
	return s->next < 0 ? STATUS_IO : OK;
}

enum status staging_open(const char *path, struct staging *out)
{
	struct staging s = { .top = -1, .now = -1, .next = -1 };

	if (mkdir(path, S_IRWXU) != 0 && errno != EEXIST)
		return STATUS_IO;
	s.top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s.top < 0)
		return STATUS_IO;

	enum status status = begin(&s);
	if (status == OK)
		*out = s;
	else
		staging_done(&s);
	return status;
}

void staging_done(struct staging *s)
{
	close_fd(s->next);
	close_fd(s->now);
	close_fd(s->top);
	bytes_done(&s->asked);
	*s = (struct staging){ .top = -1, .now = -1, .next = -1 };
}

enum status staging_asked(const struct staging *s, struct bytes *out)
{
	int fd = s->now < 0 ? -1 : openat(s->now, ASKED, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return OK;

	enum status status = file_read_fd(fd, ASKED_MAX, out);
	close_fd(fd);
	return status;
}

static enum status note(struct staging *s, char sign, const char *path)
{
	if (s->asked.len + FETCH_PATH_MAX + 2 > ASKED_MAX)
		return STATUS_TOO_LARGE;
	return bytes_printf(&s->asked, "%c%s\n", sign, path);
}

bool staging_is_absent(const struct staging *s, const char *path)
{
	struct span rest = span_of(&s->asked);
	struct span line;
	struct span wanted = span_text(path);

	while (text_next_line(&rest, &line))
		if (line.len > 0 && line.data[0] == '-' &&
		    span_equal((struct span){ line.data + 1, line.len - 1 }, wanted))
			return true;
	return false;
}

enum status staging_note_absent(struct staging *s, const char *path)
{
	return note(s, '-', path);
}

static int find(int directory, const char *path)
{
	return directory < 0 ? -1 : openat(directory, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

int staging_find(const struct staging *s, const char *path)
{
	return find(s->next, path);
}

int staging_find_current(const struct staging *s, const char *path)
{
	return find(s->now, path);
}

static enum status link_from(struct staging *s, int from, const char *path)
{
	enum status status = tree_make_parents(s->next, path);

	if (status == OK && linkat(from, path, s->next, path, 0) != 0)
		status = failed();
	return status == OK ? note(s, '+', path) : status;
}

enum status staging_reuse(struct staging *s, const char *path)
{
	return s->now < 0 ? STATUS_NOT_FOUND : link_from(s, s->now, path);
}

static enum status hash_file(int fd, struct digest *out)
{
	AUTO_DONE(hasher) hasher = { 0 };
	AUTO(char) room = malloc(HASH_STEP);
	enum status status = room == NULL ? STATUS_NO_MEMORY : hasher_init(&hasher, DIGEST_SHA256);
	off_t at = 0;

	if (status == OK)
		status = hasher_begin(&hasher);
	while (status == OK) {
		ssize_t got = pread(fd, room, HASH_STEP, at);

		if (got < 0)
			return STATUS_IO;
		if (got == 0)
			return hasher_end(&hasher, out);
		status = hasher_add(&hasher, (struct span){ (const uint8_t *)room, (size_t)got });
		at += got;
	}
	return status;
}

static bool is_set(const char *path)
{
	return strncmp(path, SETS "/", sizeof(SETS)) == 0;
}

/* Is it what its name says? */
static enum status check_set(const char *path, int fd)
{
	AUTO_DONE(bytes) named = { 0 };
	struct digest digest;

	if (hex_decode(span_text(path + sizeof(SETS)), &named) != OK)
		return STATUS_MISMATCH;

	enum status status = hash_file(fd, &digest);
	if (status == OK && !span_equal(span_of(&named), digest_span(&digest)))
		status = STATUS_MISMATCH;
	return status;
}

enum status staging_reuse_set(struct staging *s, const char *path)
{
	int fd = is_set(path) ? find(s->top, path) : -1;
	enum status status;

	if (fd < 0)
		return STATUS_NOT_FOUND;
	status = check_set(path, fd);
	close_fd(fd);
	if (status != STATUS_MISMATCH)
		return status == OK ? link_from(s, s->top, path) : status;
	/* A disk that lost bytes: it is fetched again. */
	return unlinkat(s->top, path, 0) == 0 ? STATUS_NOT_FOUND : STATUS_IO;
}

int staging_receive(const struct staging *s)
{
	return openat(s->top, INCOMING, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		      S_IRUSR | S_IWUSR);
}

enum status staging_keep(struct staging *s, const char *path, int fd, int64_t modified)
{
	const struct timespec times[2] = { { .tv_sec = modified }, { .tv_sec = modified } };
	enum status status = is_set(path) ? check_set(path, fd) : OK;

	if (status != OK)
		return status;
	/* On disk before anything leads to it. */
	if (futimens(fd, times) != 0 || fsync(fd) != 0)
		return STATUS_IO;
	if (is_set(path)) {
		if (renameat(s->top, INCOMING, s->top, path) != 0)
			return STATUS_IO;
		return link_from(s, s->top, path);
	}
	status = tree_make_parents(s->next, path);
	if (status == OK && renameat(s->top, INCOMING, s->next, path) != 0)
		status = STATUS_IO;
	return status == OK ? note(s, '+', path) : status;
}

static enum status write_asked(const struct staging *s)
{
	int fd = openat(s->next, ASKED, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
	bool is_written = fd >= 0 && file_write_fd(fd, span_of(&s->asked)) && fsync(fd) == 0;

	close_fd(fd);
	return is_written ? OK : STATUS_IO;
}

/* A set that no release links to any more. */
static void drop_unused_sets(const struct staging *s)
{
	int fd = open_directory(s->top, SETS);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct stat facts;

	if (directory == NULL) {
		close_fd(fd);
		return;
	}
	for (const struct dirent *e; (e = readdir(directory)) != NULL;)
		if (fstatat(fd, e->d_name, &facts, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(facts.st_mode) && facts.st_nlink == 1)
			(void)unlinkat(fd, e->d_name, 0);
	(void)closedir(directory);
}

enum status staging_adopt(struct staging *s)
{
	char next[NUMBER_MAX];
	char now[NUMBER_MAX];
	enum status status = write_asked(s);

	/* Names, too: one call for the directories, of which there are many. */
	if (status != OK || syncfs(s->next) != 0)
		return STATUS_IO;
	number_text(s->next_number, next);
	number_text(s->now_number, now);
	if ((unlinkat(s->top, LINK, 0) != 0 && errno != ENOENT) ||
	    symlinkat(next, s->top, LINK) != 0 || renameat(s->top, LINK, s->top, CURRENT) != 0 ||
	    fsync(s->top) != 0)
		return STATUS_IO;
	/* Adopted already: what can't be removed now is, later. */
	if (s->now_number > 0 && tree_remove(s->top, now) != OK)
		return OK;
	drop_unused_sets(s);
	return OK;
}
