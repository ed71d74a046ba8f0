/* SPDX-License-Identifier: Apache-2.0 */
#include <archive.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policies/artifacts/cpio_archive.h"
#include "policies/reference/set_file.h"
#include "tools/collect/release_artifacts.h"
#include "tools/command.h"

#define UNPACKED_MAX ((size_t)1 << 30) /* it is held in memory */
#define NAMES_MAX 16384 /* links, and names of files whose content is yet to come */
#define LINKS_FOLLOWED_MAX 40 /* as the kernel */
#define PATH_MAX_LEN 4096

/* A symbolic link by its path, or what is known of a file by its inode. */
struct kept {
	struct span key; /* in held */
	struct bytes held;
	char *target; /* of a link */
	struct bytes names; /* of a file whose content is yet to come: each with its NUL */
	size_t name_count;
};

struct unpacking {
	struct file_list *out;
	void *links, *files; /* trees of struct kept: tsearch() */
	size_t count; /* names in both */
};

static void kept_free(void *p)
{
	struct kept *kept = p;

	bytes_done(&kept->held);
	bytes_done(&kept->names);
	free(kept->target);
	free(kept);
}

static void unpacking_done(struct unpacking *u)
{
	tdestroy(u->links, kept_free);
	tdestroy(u->files, kept_free);
}

AUTO_RELEASE(unpacking, unpacking_done);

/* Shorter ones first: those of one path's prefixes are told apart without reading them. */
static int compare_keys(const void *a, const void *b)
{
	const struct kept *one = a;
	const struct kept *other = b;

	if (one->key.len != other->key.len)
		return one->key.len < other->key.len ? -1 : 1;
	return one->key.len == 0 ? 0 : memcmp(one->key.data, other->key.data, one->key.len);
}

static struct kept *find_kept(void *const *tree, struct span key)
{
	const struct kept wanted = { .key = key };
	void *found = tfind(&wanted, tree, compare_keys);

	return found == NULL ? NULL : *(struct kept **)found;
}

static enum status new_kept(void **tree, struct span key, struct kept **out)
{
	struct kept *kept = calloc(1, sizeof(*kept));
	enum status status = kept == NULL ? STATUS_NO_MEMORY : bytes_append(&kept->held, key);

	if (status == OK) {
		kept->key = span_of(&kept->held);
		if (tsearch(kept, tree, compare_keys) == NULL)
			status = STATUS_NO_MEMORY;
	}
	if (status == OK)
		*out = kept;
	else if (kept != NULL)
		kept_free(kept);
	return status;
}

static void drop_kept(void **tree, struct kept *kept)
{
	(void)tdelete(kept, tree, compare_keys);
	kept_free(kept);
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
		const struct kept *link = find_kept(&u->links, span_of(out));
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

static enum status keep_link(struct unpacking *u, const struct cpio_member *m, struct span path)
{
	struct kept *link;
	enum status status =
		u->count == NAMES_MAX ? STATUS_TOO_LARGE : new_kept(&u->links, path, &link);

	if (status != OK)
		return status;
	u->count++;
	return bytes_text(m->content, &link->target) == OK ? OK : STATUS_MALFORMED;
}

struct inode {
	uint32_t number, major, minor;
};

static enum status keep_name(struct unpacking *u, const struct inode *inode, struct span path)
{
	struct span key = { (const uint8_t *)inode, sizeof(*inode) };
	struct kept *file = find_kept(&u->files, key);
	enum status status = OK;

	if (u->count == NAMES_MAX)
		return STATUS_TOO_LARGE;
	if (file == NULL)
		status = new_kept(&u->files, key, &file);
	if (status == OK)
		status = bytes_append(&file->names, path);
	if (status == OK)
		status = bytes_append_byte(&file->names, 0);
	if (status != OK)
		return status;
	file->name_count++;
	u->count++;
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

/* All names of the file whose content has come at last; they have waited for it, and
 * are not listed again with each further content. */
static enum status add_other_names(struct unpacking *u, const struct inode *inode,
				   struct span content)
{
	struct kept *file =
		find_kept(&u->files, (struct span){ (const uint8_t *)inode, sizeof(*inode) });
	enum status status = OK;
	struct span rest;
	struct span name;

	if (file == NULL)
		return OK;
	rest = span_of(&file->names);
	while (status == OK && text_next_word(&rest, '\0', &name))
		if (name.len > 0)
			status = add_file(u, name, content);
	u->count -= file->name_count;
	drop_kept(&u->files, file);
	return status;
}

/* The kernel removes a link before it makes something else of that name. */
static void forget_link(struct unpacking *u, struct span path)
{
	struct kept *link = find_kept(&u->links, path);

	if (link == NULL)
		return;
	u->count--;
	drop_kept(&u->links, link);
}

static enum status take_member(struct unpacking *u, const struct cpio_member *m)
{
	const struct inode inode = { m->inode, m->device_major, m->device_minor };
	AUTO_DONE(bytes) path = { 0 };
	enum status status = resolve(u, m->name, &path);

	if (status != OK || path.len == 0)
		return status;
	forget_link(u, span_of(&path));
	if (m->kind == CPIO_OTHER)
		return OK;
	if (m->kind == CPIO_LINK)
		return keep_link(u, m, span_of(&path));
	/* Without content yet it is listed as empty: what comes last counts. */
	status = add_file(u, span_of(&path), m->content);
	if (status != OK || m->links < 2)
		return status;
	return m->content.len == 0 ? keep_name(u, &inode, span_of(&path))
				   : add_other_names(u, &inode, m->content);
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
