/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fts.h>
#include <stdlib.h>

#include "base/text.h"
#include "tools/artifacts/built_root.h"
#include "tools/command.h"

#define TEXT_MAX ((size_t)512 << 20) /* a distribution's Packages has 60 MB */

/* Package files of all pools, sorted by their names without directories. */
struct pool_file {
	char *path;
	struct span name; /* borrows from path */
};

struct pool {
	struct pool_file *file;
	size_t count, capacity;
	struct bytes index;
	struct package_text *listed; /* of the index; borrow from it */
	size_t listed_count, listed_capacity;
	const char *index_path;
};

static void pool_done(struct pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		free(pool->file[i].path);
	free(pool->file);
	free(pool->listed);
	bytes_done(&pool->index);
}

AUTO_RELEASE(pool, pool_done);

/* Room for one row more. */
static void *grown(void *rows, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return rows;
	*capacity = *capacity == 0 ? 256 : 2 * *capacity;
	return reallocarray(rows, *capacity, size);
}

static enum status keep_file(struct pool *pool, const FTSENT *at)
{
	struct pool_file *rows = grown(pool->file, pool->count, &pool->capacity, sizeof(*rows));
	size_t path_len = strlen(at->fts_path);

	if (rows == NULL)
		return STATUS_NO_MEMORY;
	pool->file = rows;
	rows[pool->count].path = strdup(at->fts_path);
	if (rows[pool->count].path == NULL)
		return STATUS_NO_MEMORY;
	rows[pool->count].name = span_text(rows[pool->count].path + path_len - at->fts_namelen);
	pool->count++;
	return OK;
}

static bool is_package(const FTSENT *at)
{
	return at->fts_namelen > 4 && strcmp(at->fts_name + at->fts_namelen - 4, ".deb") == 0 &&
	       (at->fts_info == FTS_F || at->fts_info == FTS_SL);
}

static enum status add_directory(struct pool *pool, const char *directory)
{
	AUTO(char) copy = strdup(directory);
	char *roots[] = { copy, NULL };
	FTS *tree = copy == NULL ? NULL : fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	enum status status = OK;

	if (tree == NULL)
		return STATUS_NO_MEMORY;
	for (FTSENT *at = fts_read(tree); at != NULL && status == OK; at = fts_read(tree)) {
		if (at->fts_info == FTS_DNR || at->fts_info == FTS_ERR || at->fts_info == FTS_NS) {
			(void)unusable("%s: %s", at->fts_path, strerror(at->fts_errno));
			status = STATUS_IO;
		} else if (is_package(at)) {
			status = keep_file(pool, at);
		}
	}
	(void)fts_close(tree);
	return status;
}

static int compare_files(const void *a, const void *b)
{
	return span_compare(((const struct pool_file *)a)->name,
			    ((const struct pool_file *)b)->name);
}

/* sha256sum lines name files: the digest is that of the file's name. */
static bool read_sum(struct span line, struct package_text *out)
{
	size_t start = line.len;

	if (line.len < 67 || line.data[64] != ' ')
		return false;
	while (start > 66 && line.data[start - 1] != '/')
		start--;
	*out = (struct package_text){ .sha256 = { line.data, 64 },
				      .name = { line.data + start, line.len - start } };
	return true;
}

static enum status keep_listed(struct pool *pool, const struct package_text *package)
{
	struct package_text *rows =
		grown(pool->listed, pool->listed_count, &pool->listed_capacity, sizeof(*rows));

	if (rows == NULL)
		return STATUS_NO_MEMORY;
	pool->listed = rows;
	rows[pool->listed_count++] = *package;
	return OK;
}

static enum status read_index(struct pool *pool, const char *path)
{
	struct package_reader reader;
	struct package_text package = { 0 };
	struct span rest;
	struct span line;
	enum status status = path_read(path, TEXT_MAX, &pool->index);

	pool->index_path = path;
	rest = span_of(&pool->index);
	reader = package_reader_over(rest);
	if (status == OK && !package_text_is_paragraphs(rest)) {
		for (size_t number = 1; status == OK && text_next_line(&rest, &line); number++) {
			if (read_sum(line, &package)) {
				status = keep_listed(pool, &package);
				continue;
			}
			(void)unusable("%s: line %zu: neither sha256sum's nor a Packages file",
				       path, number);
			return STATUS_MALFORMED;
		}
		return status;
	}
	while (status == OK && (status = package_reader_paragraph(&reader, &package)) == OK)
		status = keep_listed(pool, &package);
	if (status == STATUS_MALFORMED)
		(void)unusable("%s: line %zu: not a Packages file", path, package.line);
	return status == STATUS_NOT_FOUND ? OK : status;
}

static enum status refuse(const char *list, const struct package_text *p, const char *what)
{
	(void)unusable("%s: line %zu: %.*s %.*s %.*s: %s", list, p->line, (int)p->name.len,
		       (const char *)p->name.data, (int)p->version.len,
		       (const char *)p->version.data, (int)p->architecture.len,
		       (const char *)p->architecture.data, what);
	return STATUS_NOT_FOUND;
}

static bool is_listed(const struct package_text *row, const struct package_text *p,
		      const struct pool_file *file)
{
	if (row->version.len == 0)
		return span_equal(row->name, file->name);
	return span_equal(row->name, p->name) && span_equal(row->version, p->version) &&
	       span_equal(row->architecture, p->architecture);
}

/* What the index says of the package: once, or with the same digest each time. */
static enum status find_digest(const struct pool *pool, const char *list,
			       const struct package_text *p, const struct pool_file *file,
			       struct digest *out)
{
	AUTO_DONE(bytes) value = { 0 };
	const struct package_text *found = NULL;

	for (size_t i = 0; i < pool->listed_count; i++) {
		const struct package_text *row = &pool->listed[i];

		if (!is_listed(row, p, file))
			continue;
		if (found != NULL && !span_equal(found->sha256, row->sha256))
			return refuse(list, p, "stands in the index with two digests");
		found = row;
	}
	if (found == NULL)
		return refuse(list, p, "is not in the index");
	if (hex_decode(found->sha256, &value) != OK ||
	    digest_from(DIGEST_SHA256, span_of(&value), out) != OK)
		return refuse(list, p, "has no SHA256 in the index");
	return OK;
}

/* Files of a package stand together: their names begin with its name and '_'. */
static size_t first_named(const struct pool *pool, struct span name)
{
	size_t low = 0;
	size_t high = pool->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (span_compare(pool->file[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static enum status find_file(const struct pool *pool, const char *list,
			     const struct package_text *p, const struct pool_file **out)
{
	const struct pool_file *found = NULL;

	for (size_t i = first_named(pool, p->name); i < pool->count; i++) {
		struct span name = pool->file[i].name;

		if (name.len < p->name.len || memcmp(name.data, p->name.data, p->name.len) != 0)
			break;
		if (!package_text_is_file(p, name))
			continue;
		if (found != NULL) {
			(void)refuse(list, p, "is found twice:");
			fprintf(stderr, "  %s\n  %s\n", found->path, pool->file[i].path);
			return STATUS_MISMATCH;
		}
		found = &pool->file[i];
	}
	if (found == NULL)
		return refuse(list, p, "is in no pool");
	*out = found;
	return OK;
}

static enum status take(struct built_root *root, const struct pool *pool, const char *list,
			const struct package_text *p)
{
	const struct pool_file *file = NULL;
	struct digest digest;
	enum status status;

	if (p->version.len == 0 || p->architecture.len == 0)
		return refuse(list, p, "has no version or architecture");
	status = find_file(pool, list, p, &file);
	if (status == OK && pool->index_path != NULL)
		status = find_digest(pool, list, p, file, &digest);
	if (status != OK)
		return status;
	return built_root_package(root, file->path, p, pool->index_path == NULL ? NULL : &digest);
}

static enum status open_pool(struct pool *pool, const struct package_pool *from)
{
	enum status status = OK;

	for (size_t i = 0; i < from->directory_count && status == OK; i++)
		status = add_directory(pool, from->directory[i]);
	if (status == OK && pool->count > 0)
		qsort(pool->file, pool->count, sizeof(*pool->file), compare_files);
	if (status == OK && from->index != NULL)
		status = read_index(pool, from->index);
	return status;
}

/* All that is missing is said, not the first alone. */
static enum status take_all(struct built_root *root, const struct pool *pool, const char *list,
			    struct span text)
{
	struct package_reader reader = package_reader_over(text);
	bool is_status = package_text_is_paragraphs(text);
	struct package_text package = { 0 };
	enum status status = OK;

	for (;;) {
		enum status found = is_status ? package_reader_paragraph(&reader, &package)
					      : package_reader_line(&reader, &package);

		if (found == STATUS_NOT_FOUND)
			return status;
		if (found != OK) {
			(void)unusable("%s: line %zu: neither 'NAME VERSION ARCHITECTURE' nor "
				       "dpkg's status file",
				       list, package.line);
			return found;
		}
		if (package.is_installed)
			found = take(root, pool, list, &package);
		if (found == STATUS_NOT_FOUND)
			status = found;
		else if (found != OK)
			return found;
	}
}

enum status built_root_packages(struct built_root *root, const char *list,
				const struct package_pool *from)
{
	AUTO_DONE(pool) pool = { 0 };
	AUTO_DONE(bytes) text = { 0 };
	enum status status = path_read(list, TEXT_MAX, &text);

	if (status == OK)
		status = open_pool(&pool, from);
	return status == OK ? take_all(root, &pool, list, span_of(&text)) : status;
}
