/* SPDX-License-Identifier: Apache-2.0 */
#include <archive.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policies/artifacts/cpio_archive.h"
#include "policies/reference/set_file.h"
#include "tools/collect/release_artifacts.h"
#include "tools/command.h"

#define UNPACKED_MAX ((size_t)1 << 30) /* it is held in memory */
#define NAMES_MAX 16384 /* each path is compared with all of them */
#define LINKS_FOLLOWED_MAX 40 /* as the kernel */
#define PATH_MAX_LEN 4096

/* A name whose content is elsewhere: a symbolic link, or one of several names. */
struct other_name {
	char *path;
	char *target; /* NULL: hard link */
	uint32_t inode, major, minor;
};

struct unpacking {
	struct file_list *out;
	struct other_name *name;
	size_t count, capacity;
};

static void unpacking_done(struct unpacking *u)
{
	for (size_t i = 0; i < u->count; i++) {
		free(u->name[i].path);
		free(u->name[i].target);
	}
	free(u->name);
}

AUTO_RELEASE(unpacking, unpacking_done);

static const struct other_name *link_at(const struct unpacking *u, struct span path)
{
	for (size_t i = u->count; i > 0; i--)
		if (u->name[i - 1].target != NULL &&
		    span_equal(span_text(u->name[i - 1].path), path))
			return &u->name[i - 1];
	return NULL;
}

static void go_up(struct bytes *path)
{
	while (path->len > 0 && path->data[path->len - 1] != '/')
		path->len--;
	if (path->len > 0)
		path->len--;
}

/* Where the kernel unpacks the name to: links among its directories are followed.
 * out: "/..." without what leads nowhere. */
static enum status resolve(const struct unpacking *u, struct span name, struct bytes *out)
{
	AUTO_DONE(bytes) rest = { 0 };
	struct span word;
	struct span left;
	size_t followed = 0;
	enum status status = bytes_append(&rest, name);

	left = span_of(&rest);
	while (status == OK && text_next_word(&left, '/', &word)) {
		if (word.len == 0 || span_equal(word, span_text(".")))
			continue;
		if (span_equal(word, span_text(".."))) {
			go_up(out);
			continue;
		}
		size_t parent_len = out->len;

		status = bytes_printf(out, "/%.*s", (int)word.len, (const char *)word.data);
		const struct other_name *link = link_at(u, span_of(out));
		if (status != OK || link == NULL || left.len == 0)
			continue; /* the last component is not followed */
		if (++followed > LINKS_FOLLOWED_MAX || rest.len > PATH_MAX_LEN)
			return STATUS_MALFORMED;

		AUTO_DONE(bytes) longer = { 0 };
		out->len = link->target[0] == '/' ? 0 : parent_len;
		status = bytes_printf(&longer, "%s/%.*s", link->target, (int)left.len,
				      (const char *)left.data);
		bytes_done(&rest);
		rest = longer;
		longer = (struct bytes){ 0 };
		left = span_of(&rest);
	}
	return status;
}

static enum status keep_name(struct unpacking *u, const struct cpio_member *m, struct span path)
{
	struct other_name name = { .inode = m->inode,
				   .major = m->device_major,
				   .minor = m->device_minor };

	if (u->count == NAMES_MAX)
		return STATUS_TOO_LARGE;
	if (u->count == u->capacity) {
		size_t capacity = u->capacity == 0 ? 64 : 2 * u->capacity;
		struct other_name *grown = reallocarray(u->name, capacity, sizeof(*grown));

		if (grown == NULL)
			return STATUS_NO_MEMORY;
		u->name = grown;
		u->capacity = capacity;
	}
	if (bytes_text(path, &name.path) != OK)
		return STATUS_NO_MEMORY;
	if (m->kind == CPIO_LINK && bytes_text(m->content, &name.target) != OK) {
		free(name.path);
		return STATUS_MALFORMED;
	}
	u->name[u->count++] = name;
	return OK;
}

static enum status add_file(struct unpacking *u, struct span path, struct span content)
{
	struct digest digest;
	size_t left_out = 0; /* of /boot: no set may list it (i27) */
	enum status status = digest_of(DIGEST_SHA256, content, &digest);

	if (status != OK)
		return status;
	return file_list_add_found(u->out, path, digest.value, &left_out);
}

static void forget(struct unpacking *u, size_t i)
{
	free(u->name[i].path);
	free(u->name[i].target);
	memmove(&u->name[i], &u->name[i + 1], (--u->count - i) * sizeof(*u->name));
}

/* All names of the file whose content has come at last; they have waited for it, and
 * are not listed again with each further content. */
static enum status add_other_names(struct unpacking *u, const struct cpio_member *m)
{
	enum status status = OK;

	for (size_t i = u->count; i > 0 && status == OK; i--) {
		const struct other_name *name = &u->name[i - 1];

		if (name->target != NULL || name->inode != m->inode ||
		    name->major != m->device_major || name->minor != m->device_minor)
			continue;
		status = add_file(u, span_text(name->path), m->content);
		forget(u, i - 1);
	}
	return status;
}

/* The kernel removes a link before it makes something else of that name. */
static void forget_link(struct unpacking *u, struct span path)
{
	for (size_t i = u->count; i > 0; i--)
		if (u->name[i - 1].target != NULL &&
		    span_equal(span_text(u->name[i - 1].path), path))
			forget(u, i - 1);
}

static enum status take_member(struct unpacking *u, const struct cpio_member *m)
{
	AUTO_DONE(bytes) path = { 0 };
	enum status status = resolve(u, m->name, &path);

	if (status != OK || path.len == 0)
		return status;
	forget_link(u, span_of(&path));
	if (m->kind == CPIO_OTHER)
		return OK;
	if (m->kind == CPIO_LINK)
		return keep_name(u, m, span_of(&path));
	/* Without content yet it is listed as empty: what comes last counts. */
	status = add_file(u, span_of(&path), m->content);
	if (status != OK || m->links < 2)
		return status;
	return m->content.len == 0 ? keep_name(u, m, span_of(&path)) : add_other_names(u, m);
}

static enum status take_archives(struct unpacking *u, struct span bytes, struct span *rest)
{
	struct cpio_archive archive = cpio_archive_over(bytes);
	struct cpio_member member;
	enum status status;

	while ((status = cpio_archive_next(&archive, &member)) == OK) {
		status = take_member(u, &member);
		if (status != OK)
			return status;
	}
	*rest = cpio_archive_rest(&archive);
	return status == STATUS_NOT_FOUND ? OK : status;
}

static int allow_compressions(struct archive *a)
{
	int failed = archive_read_support_format_raw(a);

	failed |= archive_read_support_filter_gzip(a);
	failed |= archive_read_support_filter_bzip2(a);
	failed |= archive_read_support_filter_xz(a);
	failed |= archive_read_support_filter_lzma(a);
	failed |= archive_read_support_filter_zstd(a);
	failed |= archive_read_support_filter_lz4(a);
	return failed;
}

static enum status read_unpacked(struct archive *a, struct bytes *out)
{
	static uint8_t buffer[1 << 16];
	struct archive_entry *entry;
	la_ssize_t len;
	enum status status = OK;

	if (archive_read_next_header(a, &entry) != ARCHIVE_OK || archive_filter_code(a, 0) == 0)
		return STATUS_MALFORMED;
	while (status == OK && (len = archive_read_data(a, buffer, sizeof(buffer))) != 0) {
		if (len < 0)
			return STATUS_MALFORMED;
		if (out->len > UNPACKED_MAX - (size_t)len)
			return STATUS_TOO_LARGE;
		status = bytes_make_room(out, (size_t)len);
		if (status == OK)
			status = bytes_append(out, (struct span){ buffer, (size_t)len });
	}
	return status;
}

static enum status unpack(struct span packed, struct bytes *out)
{
	struct archive *a = archive_read_new();
	enum status status = STATUS_NO_MEMORY;

	if (a == NULL)
		return status;
	status = STATUS_UNSUPPORTED;
	if (allow_compressions(a) == ARCHIVE_OK &&
	    archive_read_open_memory(a, packed.data, packed.len) == ARCHIVE_OK)
		status = read_unpacked(a, out);
	(void)archive_read_free(a);
	return status;
}

enum status initramfs_content_files(const char *name, struct span content, struct file_list *out)
{
	AUTO_DONE(bytes) unpacked = { 0 };
	AUTO_DONE(unpacking) u = { .out = out };
	struct span rest = { 0 };
	size_t before = out->count;
	enum status status = take_archives(&u, content, &rest);

	if (status == OK && rest.len > 0)
		status = unpack(rest, &unpacked);
	if (status == OK && rest.len > 0)
		status = take_archives(&u, span_of(&unpacked), &rest);
	if (status == OK && (rest.len > 0 || out->count == before))
		status = STATUS_MALFORMED;
	if (status == STATUS_TOO_LARGE)
		(void)unusable("%s: more than %zu MiB unpacked, or more than %d links", name,
			       UNPACKED_MAX >> 20, NAMES_MAX);
	else if (status != OK)
		(void)unusable("%s: no cpio archive, plain or compressed with gzip, xz, lzma, "
			       "bzip2, lz4 or zstd: %s",
			       name, status_text(status));
	return status;
}

enum status initramfs_files(const char *path, struct file_list *out)
{
	AUTO_DONE(bytes) file = { 0 };
	enum status status = path_read(path, BOOT_FILE_MAX, &file);

	return status == OK ? initramfs_content_files(path, span_of(&file), out) : status;
}
