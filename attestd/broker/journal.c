/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/broker/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/file.h"
#include "messages/statement_lines.h"

#define RECORDS "records"
#define RECORDS_NEXT "records.next"
#define DAMAGED "damaged"
#define KIND "attestd-journal/1 "
#define HEAD_LEN (2 * SHA256_SIZE)
/* Of the lines in one report: it travels in base64, beside the logs. */
#define REPORT_LINES_MAX ((size_t)96 << 10)

static void close_one(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

/* After a failure: who comes next finds out anew what there is. */
static enum status give_up(struct journal *j, enum status status)
{
	int saved = errno;

	close_one(&j->file);
	close_one(&j->directory);
	errno = saved;
	return status;
}

/* "attestd-journal/1 COUNT HEAD\n" */
static enum status write_start(const struct journal_point *point, struct bytes *out)
{
	struct line_writer w = { .out = out };

	line_text(&w, KIND);
	line_decimal(&w, point->count);
	line_text(&w, " ");
	line_hex(&w, journal_point_head(point));
	line_text(&w, "\n");
	return w.status;
}

static bool take_head(struct span hex, uint8_t out[SHA256_SIZE])
{
	AUTO_DONE(bytes) head = { 0 };

	if (hex.len != HEAD_LEN || hex_decode(hex, &head) != OK)
		return false;
	memcpy(out, head.data, SHA256_SIZE);
	return true;
}

static bool take_start(struct span *rest, struct journal_point *out)
{
	struct span line, word;

	return text_next_line(rest, &line) && span_starts_with(line, KIND) &&
	       text_next_word(&line, ' ', &word) && text_next_word(&line, ' ', &word) &&
	       decimal_parse(word, INT64_MAX, &out->count) == OK && take_head(line, out->head);
}

/* The next record, if it goes on from *point. */
static bool take_record(struct span *rest, struct journal_point *point, struct span *record)
{
	struct span line, hex;
	uint8_t head[SHA256_SIZE];

	if (!text_next_line(rest, &line) || !text_next_word(&line, ' ', &hex) ||
	    !take_head(hex, head) || journal_point_add(point, line) != OK ||
	    memcmp(head, point->head, SHA256_SIZE) != 0)
		return false;
	*record = line;
	return true;
}

static struct span whole_lines(const struct bytes *content)
{
	struct span whole = span_of(content);

	/* A torn line: its signature was never made. */
	while (whole.len > 0 && whole.data[whole.len - 1] != '\n')
		whole.len--;
	return whole;
}

/* False where it does not add up. */
static bool read_points(struct span content, struct journal_point *collected,
			struct journal_point *end)
{
	struct span rest = content, record;

	if (!take_start(&rest, collected))
		return false;
	*end = *collected;
	while (rest.len > 0) {
		struct report_issued issued;

		if (!take_record(&rest, end, &record) || report_issued_parse(record, &issued) != OK)
			return false;
	}
	return true;
}

/* The directory, made where it is missing; of the one above it as well, which is the run
 * directory that nothing else may have made yet. */
static enum status open_directory(struct journal *j)
{
	char *end = strrchr(j->path, '/');

	if (end == NULL)
		return STATUS_UNSUPPORTED;
	*end = '\0';
	if (j->path[0] != '\0')
		(void)!directory_make(AT_FDCWD, j->path, 0755);

	/* Who may write above it could put another in its place between two starts. */
	enum status above = directory_check_reached(j->path[0] != '\0' ? j->path : "/");

	*end = '/';
	if (above == STATUS_DENIED)
		errno = EPERM;
	if (above != OK)
		return STATUS_IO;
	if (mkdir(j->path, 0700) != 0 && errno != EEXIST)
		return STATUS_IO;
	j->directory = open(j->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	struct stat st;

	if (j->directory < 0 || fstat(j->directory, &st) != 0)
		return STATUS_IO;
	/* Who may write it could take records away. */
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 ||
	    (st.st_uid != 0 && st.st_uid != geteuid() && st.st_uid != j->owner)) {
		errno = EPERM;
		return STATUS_IO;
	}
	/* Two writers would make two chains of one. */
	if (flock(j->directory, LOCK_EX | LOCK_NB) != 0)
		return STATUS_UNAVAILABLE;
	if (geteuid() == 0 && j->owner != (uid_t)-1 &&
	    fchown(j->directory, j->owner, (gid_t)-1) != 0)
		return STATUS_IO;
	return OK;
}

/* Puts a file with this content in the place of the one there is, and goes on with it. */
static enum status replace(struct journal *j, struct span content)
{
	/* What lies there may be another name of somebody's file, who is root here. */
	(void)unlinkat(j->directory, RECORDS_NEXT, 0);
	int fd = openat(j->directory, RECORDS_NEXT,
			O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool is_written =
		fd >= 0 && file_write_fd(fd, content) &&
		(geteuid() != 0 || j->owner == (uid_t)-1 || fchown(fd, j->owner, (gid_t)-1) == 0) &&
		fdatasync(fd) == 0 &&
		renameat(j->directory, RECORDS_NEXT, j->directory, RECORDS) == 0 &&
		fsync(j->directory) == 0;

	if (!is_written) {
		close_one(&fd);
		return STATUS_IO;
	}
	close_one(&j->file);
	j->file = fd;
	j->size = (off_t)content.len;
	return OK;
}

static enum status start_at(struct journal *j, const struct journal_point *point)
{
	AUTO_DONE(bytes) content = { 0 };
	enum status status = write_start(point, &content);

	if (status == OK)
		status = replace(j, span_of(&content));
	if (status == OK)
		j->collected = j->end = *point;
	return status;
}

/* A chain that leads to nothing the verifier ever saw: that records are missing is for
 * it to say, and nothing that is left could pass for the whole. */
static enum status start_after_damage(struct journal *j, const struct journal_point *known)
{
	struct journal_point point = *known;

	if (renameat(j->directory, RECORDS, j->directory, DAMAGED) != 0)
		return STATUS_IO;
	if (getrandom(point.head, sizeof(point.head), 0) != (ssize_t)sizeof(point.head))
		return STATUS_UNAVAILABLE;
	return start_at(j, &point);
}

/* Does it add up, and to no less than there was while it was open? */
static bool is_whole(const struct journal *j, struct span content, struct journal_point *collected,
		     struct journal_point *end)
{
	return read_points(content, collected, end) && end->count >= j->end.count;
}

static enum status load(struct journal *j)
{
	AUTO_DONE(bytes) content = { 0 };
	struct journal_point collected = { 0 }, end = { 0 };

	if (j->directory < 0) {
		enum status status = open_directory(j);

		if (status != OK)
			return status;
	}
	j->file = openat(j->directory, RECORDS, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (j->file < 0 && errno == ENOENT)
		return start_at(j, &end);
	if (j->file < 0)
		return STATUS_IO;

	enum status status = file_read_fd(j->file, 2 * JOURNAL_FILE_MAX, &content);
	struct span whole = whole_lines(&content);

	if (status == STATUS_TOO_LARGE || (status == OK && !is_whole(j, whole, &collected, &end)))
		return start_after_damage(j, end.count < j->end.count ? &j->end : &end);
	if (status == OK && ftruncate(j->file, (off_t)whole.len) != 0)
		status = STATUS_IO;
	if (status == OK) {
		j->size = (off_t)whole.len;
		j->collected = collected;
		j->end = end;
	}
	return status;
}

/* Still the one that its name stands for: a file that was deleted keeps nothing. */
static bool is_there(const struct journal *j)
{
	struct stat open_one, named;

	return j->file >= 0 && fstat(j->file, &open_one) == 0 &&
	       fstatat(j->directory, RECORDS, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       open_one.st_ino == named.st_ino && open_one.st_dev == named.st_dev;
}

/* STATUS_MALFORMED: it has become shorter under us. */
static enum status content_read(const struct journal *j, struct bytes *out)
{
	AUTO_DONE(bytes) content = { 0 };
	enum status status = bytes_reserve(&content, (size_t)j->size);
	ssize_t got = status == OK ? pread(j->file, content.data, (size_t)j->size, 0) : 0;

	if (status != OK)
		return status;
	if (got != (ssize_t)j->size)
		return got < 0 ? STATUS_IO : STATUS_MALFORMED;
	content.len = (size_t)j->size;
	*out = content;
	content = (struct bytes){ 0 };
	return OK;
}

/* Taken away while we hold it open: what was in it goes into a new one. */
static enum status restore(struct journal *j)
{
	AUTO_DONE(bytes) content = { 0 };
	enum status status = content_read(j, &content);

	close_one(&j->directory);
	if (status == OK)
		status = open_directory(j);
	return status == OK ? replace(j, span_of(&content)) : status;
}

static enum status ensure(struct journal *j)
{
	enum status status = OK;

	/* Given up only where nothing is held that is nowhere else. */
	if (j->file >= 0)
		return is_there(j) ? OK : restore(j);
	status = load(j);
	return status == OK ? OK : give_up(j, status);
}

enum status journal_open(const char *path, uid_t owner, struct journal *out)
{
	struct journal j = { .path = strdup(path), .owner = owner, .directory = -1, .file = -1 };

	if (j.path == NULL)
		return STATUS_NO_MEMORY;
	*out = j;
	return ensure(out);
}

void journal_done(struct journal *j)
{
	if (j->path == NULL)
		return;
	free(j->path);
	close_one(&j->file);
	close_one(&j->directory);
	*j = (struct journal){ .directory = -1, .file = -1 };
}

static enum status make_line(const struct journal *j, const struct report_issued *record,
			     struct journal_point *end, struct bytes *out)
{
	AUTO_DONE(bytes) text = { 0 };
	enum status status = report_issued_write(record, &text);

	*end = j->end;
	if (status == OK)
		status = journal_point_add(end, span_of(&text));
	if (status == OK)
		status = hex_append(out, journal_point_head(end));
	if (status == OK)
		status = bytes_append_byte(out, ' ');
	if (status == OK)
		status = bytes_append(out, span_of(&text));
	return status == OK ? bytes_append_byte(out, '\n') : status;
}

enum status journal_append(struct journal *j, const struct report_issued *record)
{
	AUTO_DONE(bytes) line = { 0 };
	struct journal_point end;
	enum status status = ensure(j);

	if (status == OK)
		status = make_line(j, record, &end, &line);
	if (status != OK)
		return status;
	if ((size_t)j->size + line.len > JOURNAL_FILE_MAX)
		return STATUS_TOO_LARGE;

	/* On a disk it is there before the signature is; on a tmpfs, where it belongs,
	 * that costs nothing. */
	if (lseek(j->file, j->size, SEEK_SET) == j->size &&
	    file_write_fd(j->file, span_of(&line)) && fdatasync(j->file) == 0) {
		j->size += (off_t)line.len;
		j->end = end;
		return OK;
	}

	int saved = errno;

	/* Half a line would be the start of the next. */
	if (ftruncate(j->file, j->size) != 0)
		return give_up(j, STATUS_IO);
	errno = saved;
	return STATUS_IO;
}

static enum status report_what_is_there(struct journal *j, struct bytes *lines, struct report *out)
{
	enum status status = ensure(j);
	struct journal_point start, point;
	struct span record;

	if (status == OK)
		status = content_read(j, lines);
	if (status == STATUS_MALFORMED)
		return give_up(j, status);
	if (status != OK)
		return status;

	struct span rest = span_of(lines);
	size_t total = 0;

	if (!take_start(&rest, &start))
		return give_up(j, STATUS_MALFORMED);
	point = start;
	for (size_t i = 0; i < REPORT_ISSUED_MAX && rest.len > 0; i++) {
		struct journal_point next = point;

		if (!take_record(&rest, &next, &record) ||
		    report_issued_parse(record, &out->issued[i]) != OK)
			return give_up(j, STATUS_MALFORMED);
		total += record.len + 1;
		if (total > REPORT_LINES_MAX)
			break;
		point = next;
	}
	out->has_journal = true;
	out->first = start.count;
	out->count = j->end.count;
	out->issued_count = (size_t)(point.count - start.count);
	memcpy(out->head, point.head, SHA256_SIZE);
	return OK;
}

enum status journal_report(struct journal *j, struct bytes *lines, struct report *out)
{
	enum status status = report_what_is_there(j, lines, out);

	if (status != STATUS_MALFORMED)
		return status;
	/* Changed under us: what it is now is another journal, and that is told. */
	bytes_done(lines);
	return report_what_is_there(j, lines, out);
}

enum status journal_collected(struct journal *j, uint64_t count)
{
	AUTO_DONE(bytes) content = { 0 }, kept = { 0 };
	enum status status = OK;

	if (count <= j->collected.count || count > j->end.count)
		return OK;
	status = ensure(j);
	if (status == OK)
		status = content_read(j, &content);
	if (status == STATUS_MALFORMED)
		return give_up(j, status);
	if (status != OK)
		return status;

	struct span rest = span_of(&content), record;
	struct journal_point point;

	if (!take_start(&rest, &point))
		return give_up(j, STATUS_MALFORMED);
	while (point.count < count) {
		if (!take_record(&rest, &point, &record))
			return give_up(j, STATUS_MALFORMED);
	}
	status = write_start(&point, &kept);
	if (status == OK)
		status = bytes_append(&kept, rest);
	if (status == OK)
		status = replace(j, span_of(&kept));
	if (status == OK)
		j->collected = point;
	return status;
}

bool journal_is_filling(const struct journal *j)
{
	return (size_t)j->size > JOURNAL_FILE_MAX / 2;
}
