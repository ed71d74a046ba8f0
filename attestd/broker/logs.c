/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/broker/logs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/log.h"
#include "tpm/ima_log.h"

/* Holds any one entry: its data, names and sizes; and a part before it. */
#define WINDOW ((size_t)2 << 20)
#define SEEK_STEP ((size_t)256 << 10)
#define READ_STEP ((size_t)64 << 10)

static int open_log(const char *path)
{
	return path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
}

/* What the path leads to by now: a file that was unreadable or in the way may have
 * been put right under another inode. Where it can't be opened, as without the
 * privileges of the start, the one that is open stays. */
static void refresh(int *fd, const char *path)
{
	int again = open_log(path);

	if (again < 0)
		return;
	if (*fd >= 0)
		(void)close(*fd);
	*fd = again;
}

static const char *wanted(const char *path)
{
	return strcmp(path, "none") == 0 ? NULL : path;
}

static int open_first(const char *path)
{
	int fd = open_log(path);

	if (fd < 0 && path != NULL)
		log_line(LOG_LEVEL_WARNING, "%s: %s", path, strerror(errno));
	return fd;
}

void logs_open(const char *boot, const char *ima, const char *count, struct log_files *out)
{
	*out = (struct log_files){ .boot = wanted(boot),
				   .ima = wanted(ima),
				   .count = wanted(count) };
	out->boot_fd = open_first(out->boot);
	out->ima_fd = open_first(out->ima);
	out->count_fd = open_first(out->count);
	/* What is there already is no growth. */
	(void)logs_grew(out);
}

static void close_log(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

void logs_done(struct log_files *logs)
{
	close_log(logs->boot_fd);
	close_log(logs->ima_fd);
	close_log(logs->count_fd);
	*logs = (struct log_files){ .boot_fd = -1, .ima_fd = -1, .count_fd = -1 };
}

/* At most max bytes from offset on. securityfs knows no size: read to the end. */
static enum status read_from(int fd, uint64_t offset, size_t max, struct bytes *out)
{
	AUTO_DONE(bytes) all = { 0 };

	while (all.len < max) {
		size_t room = max - all.len < READ_STEP ? max - all.len : READ_STEP;
		size_t doubled = all.capacity * 2 < max ? all.capacity * 2 : max;
		enum status status = OK;

		if (all.capacity - all.len < room)
			status = bytes_reserve(&all,
					       doubled > all.len + room ? doubled : all.len + room);
		if (status != OK)
			return status;

		ssize_t got = pread(fd, all.data + all.len, room, (off_t)(offset + all.len));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return STATUS_IO;
		if (got == 0)
			break;
		all.len += (size_t)got;
	}
	*out = all;
	all = (struct bytes){ 0 };
	return OK;
}

enum status logs_read_boot(struct log_files *logs, size_t max, struct bytes *out)
{
	AUTO_DONE(bytes) log = { 0 };

	refresh(&logs->boot_fd, logs->boot);
	if (logs->boot_fd < 0)
		return STATUS_NOT_FOUND;

	/* One byte over the cap tells "too large" from "just fits". */
	enum status status = read_from(logs->boot_fd, 0, max + 1, &log);

	if (status != OK)
		return status;
	if (log.len == 0)
		return STATUS_NOT_FOUND;
	if (log.len > max)
		return STATUS_TOO_LARGE;
	*out = log;
	log = (struct bytes){ 0 };
	return OK;
}

/* Bytes taken by whole entries of log, at most count of them; *passed is how
 * many. */
static enum status whole_entries(struct span log, uint64_t count, size_t *len, uint64_t *passed)
{
	struct ima_log cursor;
	struct ima_entry entry;
	enum status status = ima_log_open(log, DIGEST_SHA1, 0, &cursor);

	*len = 0;
	*passed = 0;
	while (status == OK && *passed < count) {
		status = ima_log_next(&cursor, &entry);
		if (status == OK) {
			*len = entry.offset + entry.size;
			*passed += 1;
		}
	}
	/* The kernel, or the cap, stopped inside an entry: it waits. */
	return status == STATUS_NOT_FOUND || status == STATUS_TRUNCATED ? OK : status;
}

/* Whole entries at mark, at most count of them, out of about max bytes; more
 * where that holds less than least bytes of them. */
static enum status read_whole(const struct log_files *logs, const struct log_mark *mark,
			      uint64_t count, size_t max, size_t least, struct bytes *out,
			      uint64_t *passed, bool *is_cut)
{
	for (;;) {
		AUTO_DONE(bytes) window = { 0 };
		size_t len = 0;
		enum status status = read_from(logs->ima_fd, mark->offset, max, &window);

		if (status == OK)
			status = whole_entries(span_of(&window), count, &len, passed);
		if (status != OK)
			return status;
		*is_cut = window.len == max;
		if (*is_cut && len < least && max < WINDOW) {
			max = max < WINDOW / 2 ? max * 2 : WINDOW;
			continue;
		}
		window.len = len;
		*out = window;
		window = (struct bytes){ 0 };
		return OK;
	}
}

enum status logs_read_at(const struct log_files *logs, struct log_mark *mark, size_t max,
			 struct bytes *out)
{
	uint64_t passed = 0;
	bool is_cut = false;
	enum status status = read_whole(logs, mark, UINT64_MAX, max, 1, out, &passed, &is_cut);

	if (status != OK)
		return status;
	mark->entry += passed;
	mark->offset += out->len;
	return OK;
}

/* The nearest place that is known, not beyond entry. */
static struct log_mark nearest(const struct log_files *logs, uint64_t entry)
{
	if (logs->end.entry <= entry)
		return logs->end;
	if (logs->begin.entry <= entry)
		return logs->begin;
	return (struct log_mark){ 0 };
}

/* STATUS_NOT_FOUND where the log ends before entry. */
static enum status seek(const struct log_files *logs, uint64_t entry, struct log_mark *out)
{
	struct log_mark mark = nearest(logs, entry);

	while (mark.entry < entry) {
		AUTO_DONE(bytes) entries = { 0 };
		uint64_t passed = 0;
		bool is_cut = false;
		enum status status = read_whole(logs, &mark, entry - mark.entry, SEEK_STEP, 1,
						&entries, &passed, &is_cut);

		if (status != OK)
			return status;
		if (passed == 0)
			return STATUS_NOT_FOUND;
		mark.entry += passed;
		mark.offset += entries.len;
	}
	*out = mark;
	return OK;
}

static void rewind_ima(struct log_files *logs)
{
	logs->begin = logs->end = (struct log_mark){ 0 };
}

/* From number *first on, or from 0 where there is no such number. */
static enum status read_entries(struct log_files *logs, size_t max, uint64_t *first,
				struct bytes *out, uint64_t *goes_on_at)
{
	uint64_t passed = 0;
	bool is_cut = false;
	struct log_mark mark;
	enum status status = seek(logs, *first, &mark);

	/* Not the log that the verifier remembers. */
	if (status == STATUS_NOT_FOUND)
		status = seek(logs, 0, &mark);
	if (status == OK)
		status = read_whole(logs, &mark, UINT64_MAX, max,
				    max < LOGS_PART_MIN ? 1 : LOGS_PART_MIN, out, &passed, &is_cut);
	if (status != OK)
		return status;
	logs->begin = mark;
	logs->end =
		(struct log_mark){ .entry = mark.entry + passed, .offset = mark.offset + out->len };
	*first = mark.entry;
	*goes_on_at = is_cut ? logs->end.entry : 0;
	return OK;
}

/* Never of the kernel's, which only grows and tells no size. */
static bool is_shrunk(const struct log_files *logs)
{
	struct stat st;

	return fstat(logs->ima_fd, &st) == 0 && st.st_size > 0 &&
	       (uint64_t)st.st_size < logs->end.offset;
}

enum status logs_read_ima(struct log_files *logs, size_t max, uint64_t *first, struct bytes *out,
			  uint64_t *goes_on_at)
{
	refresh(&logs->count_fd, logs->count);
	refresh(&logs->ima_fd, logs->ima);
	if (logs->ima_fd < 0)
		return STATUS_NOT_FOUND;
	if (is_shrunk(logs)) {
		rewind_ima(logs);
		*first = 0;
	}

	enum status status = read_entries(logs, max, first, out, goes_on_at);

	/* Where an entry began, there is none: another log. */
	if (status == STATUS_MALFORMED && logs->end.offset > 0) {
		rewind_ima(logs);
		*first = 0;
		status = read_entries(logs, max, first, out, goes_on_at);
	}
	return status;
}

static uint64_t size_now(const struct log_files *logs)
{
	uint8_t text[32];
	struct stat st;
	uint64_t count = 0;

	if (logs->count_fd >= 0) {
		ssize_t len = pread(logs->count_fd, text, sizeof(text), 0);

		while (len > 0 && text[len - 1] == '\n')
			len--;
		if (len > 0 && decimal_parse((struct span){ .data = text, .len = (size_t)len },
					     UINT64_MAX, &count) == OK)
			return count;
	}
	if (logs->ima_fd >= 0 && fstat(logs->ima_fd, &st) == 0)
		return (uint64_t)st.st_size;
	return 0;
}

bool logs_grew(struct log_files *logs)
{
	uint64_t now = size_now(logs);
	bool grew = now != logs->size;

	logs->size = now;
	return grew;
}
