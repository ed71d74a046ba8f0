/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/loading/loading.h"

#include <stdio.h>

#define PATH_SIZE 160

static enum status add_table(struct loading *l, const struct manifest_set *set, const char *path,
			     struct span file, struct file_table_result *result)
{
	char line[32];
	enum status status = image_file_table(&l->image, file, &set->digest, result);

	(void)snprintf(line, sizeof(line), "line %llu", (unsigned long long)result->line);
	if (status == STATUS_MALFORMED)
		return loading_refuse(l, status, result->fault, path, line);
	if (status != OK)
		return loading_refuse(l, status, "source-failed", path, "");
	if (l->table_count < INDEX_ENTRIES_MAX) {
		l->table[l->table_count].digest = set->digest;
		l->table[l->table_count].table = result->table;
		l->table[l->table_count].files = result->files;
		l->table_count++;
	}
	return OK;
}

/* Size before hash: what is too long is not even read. */
enum status load_set_file(struct loading *l, const struct manifest_set *set, const char *path,
			  struct bytes *file)
{
	struct digest digest;
	enum status status = l->source->read(l->source->self, path, (size_t)set->size, file);

	if (status == STATUS_NOT_FOUND)
		return loading_refuse(l, status, "document-missing", path, "");
	if (status == STATUS_TOO_LARGE || (status == OK && file->len != set->size))
		return loading_refuse(l, STATUS_MISMATCH, "set-size-mismatch", path, "size");
	if (status == OK)
		status = digest_of(DIGEST_SHA256, span_of(file), &digest);
	if (status != OK)
		return loading_refuse(l, status, "source-failed", path, "");
	if (!digest_equal(&digest, &set->digest))
		return loading_refuse(l, STATUS_MISMATCH, "digest-mismatch", path, "sha256");
	return OK;
}

static bool has_class_rules(const struct loading *l, const struct manifest_set *set)
{
	return l->root.class_rules.path_count > 0 &&
	       (set->class == SET_BASE || set->class == SET_VENDOR) && !set->is_early;
}

/* No exclude may reach a file that identity or enforcement rests on. */
static enum status check_excludes(struct loading *l, const struct manifest_set *set,
				  const char *path, struct span file)
{
	struct ref_range excludes = l->manifest.release.ima.exclude;
	struct set_reader reader = set_reader_over(file);
	struct set_entry entry;
	uint8_t logged[SET_PATH_MAX];

	if (excludes.count == 0 || (set->class != SET_IDENTITY && set->class != SET_ENFORCEMENT))
		return OK;
	while (set_reader_next(&reader, &entry) == OK) {
		path_as_logged(entry.path, logged);
		entry.path.data = logged;
		for (uint32_t i = 0; i < excludes.count; i++) {
			struct span prefix = image_text_at(&l->image, excludes.first + i);

			prefix.len -= prefix.len > 0;
			if (path_is_within(entry.path, prefix))
				return loading_refuse(l, STATUS_DENIED, "exclude-covers-identity",
						      path, "ima.exclude");
		}
	}
	return OK;
}

/* What the root calls identity, enforcement or kernel code is in no base set, nor in a
 * vendor's. The
 * files of an early set are the initramfs's: all their changes touch trust. */
static enum status check_classes(struct loading *l, const struct manifest_set *set,
				 const char *path, struct span file)
{
	const struct class_rules *rules = &l->root.class_rules;
	struct set_reader reader = set_reader_over(file);
	struct set_entry entry;
	uint8_t logged[SET_PATH_MAX];
	char line[32];

	if (!has_class_rules(l, set))
		return OK;
	while (set_reader_next(&reader, &entry) == OK) {
		path_as_logged(entry.path, logged);
		entry.path.data = logged;
		if (class_rules_class(rules, entry.path) == SET_BASE)
			continue;
		(void)snprintf(line, sizeof(line), "line %llu", (unsigned long long)reader.line);
		return loading_refuse(l, STATUS_DENIED, "set-class-too-low", path, line);
	}
	return OK;
}

static enum status load_set(struct loading *l, const struct manifest_set *set, uint32_t *number)
{
	AUTO_DONE(bytes) file = { 0 };
	struct file_table_result table = { 0 };
	bool is_known = false;
	char path[PATH_SIZE];
	enum status status = OK;

	loading_path(path, sizeof(path), "sets/", &set->digest, "");
	for (size_t i = 0; i < l->table_count && !is_known; i++) {
		if (!digest_equal(&l->table[i].digest, &set->digest))
			continue;
		is_known = true;
		table.table = l->table[i].table;
		table.files = l->table[i].files;
	}
	if (!is_known || l->manifest.release.ima.exclude.count > 0 || has_class_rules(l, set))
		status = load_set_file(l, set, path, &file);
	if (status == OK && !is_known)
		status = add_table(l, set, path, span_of(&file), &table);
	if (status == OK)
		status = check_excludes(l, set, path, span_of(&file));
	if (status == OK)
		status = check_classes(l, set, path, span_of(&file));
	for (uint32_t i = 0; i < set->must_appear.count && status == OK; i++)
		if (!image_table_has_path(&l->image, table.table,
					  image_text_at(&l->image, set->must_appear.first + i)))
			status = loading_refuse(l, STATUS_MISMATCH, "must-appear-not-in-set", path,
						"mustAppear");
	if (status != OK)
		return status;

	struct reference_set row = { .name = set->name,
				     .digest = set->digest,
				     .class = set->class,
				     .vendor = (uint8_t)set->vendor,
				     .files = table.files,
				     .must_appear = set->must_appear,
				     .table = table.table };
	(void)image_set(&l->image, &row);
	*number = table.table;
	return OK;
}

/* Appraisal takes account of so many, and would give nobody on the oldest a right. */
static enum status count_set(struct loading *l, uint32_t table)
{
	for (size_t i = 0; i < l->cell_set_count; i++)
		if (l->cell_set[i] == table)
			return OK;
	if (l->cell_set_count == CELL_SETS_MAX)
		return loading_refuse(l, STATUS_DENIED, "too-many-sets", "index",
				      "cells.manifests");
	l->cell_set[l->cell_set_count++] = table;
	return OK;
}

/* Early sets first, so that they are a range too. */
enum status load_sets(struct loading *l, bool are_counted)
{
	struct ima_rules *ima = &l->manifest.release.ima;
	enum status status = OK;
	uint32_t table = 0;

	ima->sets = image_sets_from_here(&l->image);
	ima->early = ima->sets;
	for (int is_early = 1; is_early >= 0; is_early--) {
		for (size_t i = 0; i < l->manifest.set_count && status == OK; i++) {
			if (l->manifest.set[i].is_early != is_early)
				continue;
			status = load_set(l, &l->manifest.set[i], &table);
			if (status == OK && are_counted)
				status = count_set(l, table);
			ima->sets.count++;
			ima->early.count += (uint32_t)is_early;
		}
	}
	return status;
}
