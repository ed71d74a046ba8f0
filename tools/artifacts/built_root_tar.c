/* SPDX-License-Identifier: Apache-2.0 */
#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include "base/text.h"
#include "tools/artifacts/built_root.h"
#include "tools/command.h"

/* What one archive may bring: far more than any package or layer has. */
#define MEMBERS_MAX ((size_t)4 << 20)
#define MEMBER_MAX ((uint64_t)16 << 30)
#define ARCHIVE_MAX ((uint64_t)64 << 30)

/* One archive on its way into the root. */
struct taking {
	struct built_root *root;
	struct archive *tar;
	const struct archive_origin *origin;
	size_t members;
	uint64_t left; /* bytes that it may still bring */
};

static enum status refuse(const struct taking *t, struct span name, const char *fault)
{
	AUTO_DONE(bytes) escaped = { 0 };

	if (text_append_escaped(&escaped, name) != OK)
		return STATUS_NO_MEMORY;
	(void)unusable("%s: %.*s: %s", t->origin->archive, (int)escaped.len,
		       (const char *)escaped.data, fault);
	return STATUS_MALFORMED;
}

static enum status take_bytes(const struct taking *t, struct span content)
{
	enum status status = hasher_add(&t->root->sha256, content);

	if (status == OK && t->root->programs != NULL)
		status = built_programs_add(t->root->programs, content);
	return status;
}

/* Holes of a sparse file are zeros to who reads it. */
static enum status take_zeros(const struct taking *t, uint64_t len)
{
	static const uint8_t zeros[1 << 16];
	enum status status = OK;

	for (; len > 0 && status == OK; len -= len < sizeof(zeros) ? len : sizeof(zeros))
		status = take_bytes(
			t, (struct span){ zeros, len < sizeof(zeros) ? len : sizeof(zeros) });
	return status;
}

/* STATUS_TRUNCATED where the archive ends, or breaks, before the member does. */
static enum status hash_content(const struct taking *t, uint64_t size, struct digest *digest)
{
	enum status status = hasher_begin(&t->root->sha256);
	uint64_t at = 0;

	if (t->root->programs != NULL)
		built_programs_begin(t->root->programs);
	while (status == OK) {
		const void *block;
		size_t len = 0;
		la_int64_t offset = 0;
		int code = archive_read_data_block(t->tar, &block, &len, &offset);

		if (code == ARCHIVE_EOF)
			break;
		if (code != ARCHIVE_OK)
			return STATUS_TRUNCATED;
		if ((uint64_t)offset < at || (uint64_t)offset > size ||
		    len > size - (uint64_t)offset)
			return STATUS_MALFORMED;
		progress_bytes(&t->root->progress, len);
		status = take_zeros(t, (uint64_t)offset - at);
		if (status == OK)
			status = take_bytes(t, (struct span){ block, len });
		at = (uint64_t)offset + len;
	}
	if (status == OK)
		status = take_zeros(t, size - at);
	if (status == OK)
		status = hasher_end(&t->root->sha256, digest);
	if (status == OK && t->root->programs != NULL)
		status = built_programs_end(t->root->programs, digest->value);
	return status;
}

static enum status take_content(struct taking *t, struct archive_entry *entry, struct span name,
				struct digest *digest)
{
	la_int64_t size = archive_entry_size(entry);
	enum status status;

	if (!archive_entry_size_is_set(entry) || size < 0 || (uint64_t)size > MEMBER_MAX)
		return refuse(t, name, "larger than any file of a package or layer");
	if ((uint64_t)size > t->left)
		return refuse(t, name, "the archive is larger than any package or layer");
	t->left -= (uint64_t)size;
	progress_file(&t->root->progress);
	status = hash_content(t, (uint64_t)size, digest);
	if (status == STATUS_TRUNCATED || status == STATUS_MALFORMED)
		return refuse(t, name, "cut short, or broken");
	return status;
}

/* As dpkg compares: names as packages have them, without following links. */
static struct span diverted(const struct taking *t, struct span name)
{
	struct span path = name;

	while (span_starts_with(path, "./")) {
		path.data += 2;
		path.len -= 2;
	}
	for (size_t i = 0; i < t->root->diversion_count && path.data != NULL; i++) {
		const struct diversion *d = &t->root->diversion[i];
		struct span from = { d->from.data + 1, d->from.len - 1 };

		if (span_equal(from, path) && !span_equal(d->package, t->origin->package))
			return (struct span){ d->to.data + 1, d->to.len - 1 };
	}
	return name;
}

static void say_change(struct taking *t, struct span name, const struct file_tree_change *change)
{
	AUTO_DONE(bytes) escaped = { 0 };
	const struct built_root *root = t->root;
	const char *one;

	/* Layers are there to replace. */
	if (change->replaced == TREE_NO_SOURCE || root->rule == TREE_LAYERS)
		return;
	t->root->conflicts++;
	one = root->source[change->replaced].text;
	if (text_append_escaped(&escaped, name) == OK)
		fprintf(stderr, "conflict: %.*s: of %s and %s: that of %s counts\n",
			(int)escaped.len, (const char *)escaped.data, one,
			root->source[root->source_count - 1].text,
			change->was_kept ? one : root->source[root->source_count - 1].text);
}

static enum status add(struct taking *t, struct file_tree_member *member, struct span name)
{
	struct file_tree_change change = { .replaced = TREE_NO_SOURCE };
	const char *fault = "";
	enum status status;

	member->name = diverted(t, name);
	member->source = (uint32_t)(t->root->source_count - 1);
	status = file_tree_add(t->root->tree, member, &change, &fault);
	if (status == STATUS_MALFORMED)
		return refuse(t, name, fault);
	if (status == OK)
		say_change(t, name, &change);
	return status;
}

/* OCI image specification, layer, "Whiteouts". */
static enum status take_whiteout(struct taking *t, struct span name, size_t start)
{
	struct span word = { name.data + start, name.len - start };
	bool is_opaque = span_equal(word, span_text(".wh..wh..opq"));
	uint32_t source = (uint32_t)(t->root->source_count - 1);
	AUTO_DONE(bytes) target = { 0 };
	const char *fault = "";
	enum status status = bytes_append(&target, (struct span){ name.data, start });

	if (!is_opaque && (word.len == 4 || span_equal(word, span_text(".wh..")) ||
			   span_starts_with(word, ".wh..wh.")))
		return refuse(t, name, "a whiteout of a kind that nobody knows");
	if (status == OK && is_opaque)
		status = bytes_append_byte(&target, '.');
	if (status == OK && !is_opaque)
		status = bytes_append(&target, (struct span){ word.data + 4, word.len - 4 });
	if (status == OK)
		status = file_tree_remove(t->root->tree, span_of(&target), source, is_opaque,
					  &fault);
	return status == STATUS_MALFORMED ? refuse(t, name, fault) : status;
}

static bool is_whiteout(const struct taking *t, struct span name, size_t *start)
{
	for (*start = name.len; *start > 0 && name.data[*start - 1] != '/'; (*start)--)
		;
	return t->root->rule == TREE_LAYERS &&
	       span_starts_with((struct span){ name.data + *start, name.len - *start }, ".wh.");
}

static enum status take_member(struct taking *t, struct archive_entry *entry)
{
	const char *text = archive_entry_pathname(entry);
	struct span name = span_text(text == NULL ? "" : text);
	struct file_tree_member member = { 0 };
	struct digest digest;
	enum status status;
	size_t start;

	if (++t->members > MEMBERS_MAX)
		return refuse(t, name, "more files than any package or layer has");
	if (is_whiteout(t, name, &start))
		return take_whiteout(t, name, start);
	if (archive_entry_hardlink(entry) != NULL) {
		member.kind = TREE_HARD_LINK;
		member.target = diverted(t, span_text(archive_entry_hardlink(entry)));
		return add(t, &member, name);
	}
	switch (archive_entry_filetype(entry)) {
	case AE_IFDIR:
		member.kind = TREE_DIRECTORY;
		return add(t, &member, name);
	case AE_IFLNK:
		member.kind = TREE_LINK;
		member.target = span_text(archive_entry_symlink(entry));
		return add(t, &member, name);
	case AE_IFREG:
		member.kind = TREE_FILE;
		status = take_content(t, entry, name, &digest);
		member.sha256 = digest.value;
		return status == OK ? add(t, &member, name) : status;
	default:
		return refuse(t, name,
			      "neither file, directory nor link: no package or image for "
			      "machines brings devices, pipes or sockets");
	}
}

static enum status take_members(struct built_root *root, struct archive *tar,
				const struct archive_origin *origin)
{
	struct taking t = { .root = root, .tar = tar, .origin = origin, .left = ARCHIVE_MAX };
	struct archive_entry *entry;
	enum status status = OK;
	int code = ARCHIVE_OK;

	while (status == OK && (code = archive_read_next_header(tar, &entry)) == ARCHIVE_OK)
		status = take_member(&t, entry);
	if (status == STATUS_TOO_LARGE || status == STATUS_NO_MEMORY)
		(void)unusable("%s: %s", origin->archive, status_text(status));
	if (status != OK || code == ARCHIVE_EOF)
		return status;
	(void)unusable("%s: not a tar archive, cut short or broken after %zu members: %s",
		       origin->archive, t.members,
		       archive_error_string(tar) == NULL ? "" : archive_error_string(tar));
	return STATUS_MALFORMED;
}

/* libarchive converts names in UTF-8 to the locale's own: to the same bytes here. */
enum status built_root_take(struct built_root *root, struct archive *tar,
			    const struct archive_origin *origin)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	locale_t before = utf8 == (locale_t)0 ? utf8 : uselocale(utf8);
	enum status status = take_members(root, tar, origin);

	if (utf8 != (locale_t)0) {
		(void)uselocale(before);
		freelocale(utf8);
	}
	return status;
}
