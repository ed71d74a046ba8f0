/* SPDX-License-Identifier: Apache-2.0 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/auto.h"
#include "tools/artifacts/built_root.h"
#include "tools/artifacts/content_archive.h"
#include "tools/command.h"

#define BLOCK_SIZE ((size_t)1 << 17)
#define CONTROL_MAX ((size_t)1 << 20)

static void close_archive(struct archive *a)
{
	(void)archive_read_free(a);
}

AUTO_FREE(archive, struct archive, close_archive);

/* deb(5): debian-binary, control.tar, data.tar, in this order. */
enum part {
	PART_FORMAT,
	PART_CONTROL,
	PART_DATA,
	PART_NONE,
};

/* One package file as it is read. */
struct package_file {
	struct built_root *root;
	const char *path;
	const struct package_text *wanted;
	struct archive *outer;
	struct bytes control;
	struct package_text package; /* borrows from control */
	enum part next;
};

static enum status refuse(const struct package_file *p, const char *fault)
{
	(void)unusable("%s: %s", p->path, fault);
	return STATUS_MALFORMED;
}

static la_ssize_t read_part(struct archive *inner, void *self, const void **block)
{
	const struct package_file *p = self;
	la_int64_t offset;
	size_t len = 0;
	int code = archive_read_data_block(p->outer, block, &len, &offset);

	if (code == ARCHIVE_EOF)
		return 0;
	if (code == ARCHIVE_OK)
		return (la_ssize_t)len;
	archive_set_error(inner, archive_errno(p->outer), "%s",
			  archive_error_string(p->outer) == NULL ? "the package is cut short"
								 : archive_error_string(p->outer));
	return -1;
}

/* dpkg-deb(1) knows these; bzip2 and lzma are of another century. */
static int allow_compression(struct archive *a, struct span suffix)
{
	if (suffix.len == 0)
		return ARCHIVE_OK;
	if (span_equal(suffix, span_text(".gz")))
		return archive_read_support_filter_gzip(a);
	if (span_equal(suffix, span_text(".xz")))
		return archive_read_support_filter_xz(a);
	if (span_equal(suffix, span_text(".zst")))
		return archive_read_support_filter_zstd(a);
	return ARCHIVE_FATAL;
}

static enum status open_part(struct package_file *p, struct span suffix, struct archive **out)
{
	AUTO(archive) inner = archive_read_new();

	if (inner == NULL)
		return STATUS_NO_MEMORY;
	if (allow_compression(inner, suffix) != ARCHIVE_OK)
		return refuse(p, "compressed otherwise than with gzip, xz or zstd");
	if (archive_read_support_format_tar(inner) != ARCHIVE_OK ||
	    archive_read_open(inner, p, NULL, read_part, NULL) != ARCHIVE_OK)
		return refuse(p, archive_error_string(inner) == NULL ? "a part of it cannot be read"
								     : archive_error_string(inner));
	*out = inner;
	inner = NULL;
	return OK;
}

/* To the end of the part, or the archive is cut short. */
static enum status drain(struct package_file *p)
{
	const void *block;
	la_int64_t offset;
	size_t len;
	int code;

	while ((code = archive_read_data_block(p->outer, &block, &len, &offset)) == ARCHIVE_OK)
		;
	return code == ARCHIVE_EOF ? OK : refuse(p, "cut short");
}

static enum status read_text(struct archive *a, size_t max, struct bytes *out)
{
	const void *block;
	la_int64_t offset;
	size_t len;
	int code;
	enum status status = OK;

	while (status == OK &&
	       (code = archive_read_data_block(a, &block, &len, &offset)) != ARCHIVE_EOF) {
		if (code != ARCHIVE_OK)
			return STATUS_TRUNCATED;
		if (len > max - out->len)
			return STATUS_TOO_LARGE;
		status = bytes_append(out, (struct span){ block, len });
	}
	return status;
}

static enum status take_format(struct package_file *p)
{
	AUTO_DONE(bytes) text = { 0 };
	enum status status = read_text(p->outer, 64, &text);

	if (status == OK && span_starts_with(span_of(&text), "2."))
		return OK;
	return refuse(p, "not a package of format 2");
}

static enum status check_package(struct package_file *p)
{
	struct package_reader reader = package_reader_over(span_of(&p->control));
	const struct package_text *wanted = p->wanted;
	struct package_text *found = &p->package;
	AUTO_DONE(bytes) name = { 0 };
	enum status status = package_reader_paragraph(&reader, found);

	if (status != OK || found->version.len == 0 || found->architecture.len == 0)
		return refuse(p, "its control file names no package, version and architecture");
	if (wanted != NULL && (!span_equal(wanted->name, found->name) ||
			       !span_equal(wanted->version, found->version) ||
			       !span_equal(wanted->architecture, found->architecture)))
		return refuse(p, "its control file names another package, version or architecture "
				 "than the list");
	status = bytes_printf(&name, "%.*s %.*s", (int)found->name.len,
			      (const char *)found->name.data, (int)found->version.len,
			      (const char *)found->version.data);
	return status == OK ? built_root_begin(p->root, span_of(&name)) : status;
}

static enum status take_control(struct package_file *p, struct span suffix)
{
	AUTO(archive) inner = NULL;
	struct archive_entry *entry;
	enum status status = open_part(p, suffix, &inner);

	while (status == OK && archive_read_next_header(inner, &entry) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);

		if (name == NULL ||
		    (strcmp(name, "./control") != 0 && strcmp(name, "control") != 0))
			continue;
		status = read_text(inner, CONTROL_MAX, &p->control);
		if (status != OK)
			return refuse(p, "its control file cannot be read");
		status = check_package(p);
		return status == OK ? drain(p) : status;
	}
	return status == OK ? refuse(p, "it has no control file") : status;
}

static enum status take_data(struct package_file *p, struct span suffix)
{
	const struct archive_origin origin = { .archive = p->path, .package = p->package.name };
	AUTO(archive) inner = NULL;
	enum status status = open_part(p, suffix, &inner);

	if (status == OK)
		status = built_root_take(p->root, inner, &origin);
	return status == OK ? drain(p) : status;
}

static struct span after(struct span name, const char *prefix)
{
	size_t len = strlen(prefix);

	return (struct span){ name.data + len, name.len - len };
}

/* In this order and once: what a second data.tar holds, nobody would unpack. */
static enum status take_part(struct package_file *p, struct span name)
{
	enum part part = p->next;

	if (name.len > 0 && name.data[name.len - 1] == '/')
		name.len--;
	if (part > PART_FORMAT && span_starts_with(name, "_"))
		return OK; /* deb(5): may stand there, and is passed over */
	p->next = part == PART_NONE ? PART_NONE : part + 1;
	if (part == PART_FORMAT && span_equal(name, span_text("debian-binary")))
		return take_format(p);
	if (part == PART_CONTROL && span_starts_with(name, "control.tar"))
		return take_control(p, after(name, "control.tar"));
	if (part == PART_DATA && span_starts_with(name, "data.tar"))
		return take_data(p, after(name, "data.tar"));
	return refuse(p, "not a package: debian-binary, control.tar and data.tar, in this order "
			 "and once");
}

static enum status take_parts(struct package_file *p)
{
	struct archive_entry *entry;
	enum status status = OK;
	int code = ARCHIVE_OK;

	while (status == OK && (code = archive_read_next_header(p->outer, &entry)) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);

		status = take_part(p, span_text(name == NULL ? "" : name));
	}
	if (status == OK && (code != ARCHIVE_EOF || p->next != PART_NONE))
		return refuse(p, "not a package, or cut short");
	return status;
}

/* Nothing names it: it is believed as far as who may write it. */
static enum status open_unnamed(struct package_file *p, struct content_archive *file)
{
	enum status status = content_open_regular(p->path, false, &file->fd);

	if (status != OK || archive_read_open_fd(p->outer, file->fd, BLOCK_SIZE) == ARCHIVE_OK)
		return status;
	return refuse(p, archive_error_string(p->outer) == NULL ? "cannot be read"
								: archive_error_string(p->outer));
}

static enum status take_file(struct package_file *p, struct content_archive *file)
{
	enum status status =
		archive_read_support_format_ar(p->outer) == ARCHIVE_OK ? OK : STATUS_NO_MEMORY;

	if (status == OK)
		status = file->wanted == NULL ? open_unnamed(p, file)
					      : content_archive_open(file, p->outer);
	if (status == OK)
		status = take_parts(p);
	return status == OK && file->wanted != NULL ? content_archive_end(file) : status;
}

enum status built_root_package(struct built_root *root, const char *path,
			       const struct package_text *wanted, const struct digest *digest)
{
	AUTO(content_hash) hash = NULL;
	AUTO(archive) outer = archive_read_new();
	struct package_file p = { .root = root, .path = path, .wanted = wanted, .outer = outer };
	struct content_archive file = { .path = path, .wanted = digest, .fd = -1 };
	enum status status =
		outer == NULL ? STATUS_NO_MEMORY : content_hash_new(&root->progress, &hash);

	file.hash = hash;
	if (status == OK)
		status = take_file(&p, &file);
	content_archive_done(&file);
	bytes_done(&p.control);
	return status;
}
