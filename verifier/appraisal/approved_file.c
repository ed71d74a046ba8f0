/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/approved_file.h"

#include <stdlib.h>
#include <string.h>

#include "verifier/appraisal/boot_appraisal.h"

/* IMA logs a space as '_'. */
struct logged_path {
	uint8_t bytes[APPROVED_PATH_MAX];
	size_t len;
	bool had_space;
};

static enum status log_path(struct span path, struct logged_path *out)
{
	if (path.len == 0 || path.len > sizeof(out->bytes))
		return STATUS_MALFORMED;
	out->len = path.len;
	out->had_space = memchr(path.data, ' ', path.len) != NULL;
	for (size_t i = 0; i < path.len; i++)
		out->bytes[i] = path.data[i] == ' ' ? '_' : path.data[i];
	return OK;
}

static bool is_of_workloads(enum set_class class)
{
	return class == SET_BASE || class == SET_IDENTITY || class == SET_VENDOR;
}

static bool has(const struct approved_file *file, const struct digest *digest)
{
	for (size_t i = 0; i < file->count; i++)
		if (digest_equal(&file->digest[i], digest))
			return true;
	return false;
}

static void add_digests(const struct reference *ref, const struct file_lookup *files,
			const struct logged_path *path, struct approved_file *file)
{
	struct digest found[APPROVED_DIGESTS_MAX];
	size_t count = file_lookup_digests(files, (struct span){ path->bytes, path->len },
					   path->had_space, found, APPROVED_DIGESTS_MAX);

	for (size_t i = 0; i < count && file->count < APPROVED_DIGESTS_MAX; i++)
		if (!has(file, &found[i]) && !reference_is_revoked_file(ref, &found[i]))
			file->digest[file->count++] = found[i];
}

static enum status add_release(const struct reference *ref, const struct release *release,
			       const struct logged_path *path, struct approved_file *file)
{
	struct ref_range sets = release->ima.sets;

	for (uint32_t i = 0; i < sets.count; i++) {
		struct reference_set set;
		struct file_lookup files;
		enum status status = reference_set(ref, sets.first + i, &set);

		if (status == OK && !is_of_workloads(set.class))
			continue;
		if (status == OK)
			status = reference_files(ref, set.table, &files);
		if (status != OK)
			return status;
		add_digests(ref, &files, path, file);
	}
	return OK;
}

/* For some node of the class at least: which of them an emergency is for, its
 * appraisal looks at. */
static bool is_of_class(const struct reference *ref, const struct release *release,
			const struct node_class *node_class)
{
	return release_is_of_class(ref, release, node_class) &&
	       (!release->scope.is_emergency ||
		reference_range_has_text(ref, release->scope.classes, node_class->name));
}

static bool is_due(const struct release *release, int64_t now)
{
	return now >= release->not_before && now < release->not_after &&
	       now < release->accept_until;
}

static int compare(const void *a, const void *b)
{
	const struct digest *left = a, *right = b;

	return memcmp(left->value, right->value, SHA256_SIZE);
}

enum status approved_file_find(const struct reference *ref, const struct node_class *node_class,
			       struct span path, int64_t now, struct approved_file *out)
{
	uint32_t count = reference_facts(ref).release_count;
	struct approved_file file = { 0 };
	struct logged_path logged;
	enum status status = log_path(path, &logged);

	for (uint32_t i = 0; i < count && status == OK; i++) {
		struct release release;

		status = reference_release(ref, i, &release);
		if (status == OK && is_due(&release, now) && is_of_class(ref, &release, node_class))
			status = add_release(ref, &release, &logged, &file);
	}
	if (status != OK)
		return status;
	qsort(file.digest, file.count, sizeof(file.digest[0]), compare);
	*out = file;
	return OK;
}

static int64_t earlier_after(int64_t now, int64_t time, int64_t until)
{
	return time > now && time < until ? time : until;
}

enum status approved_file_until(const struct reference *ref, const struct node_class *node_class,
				int64_t now, int64_t *out)
{
	uint32_t count = reference_facts(ref).release_count;
	int64_t until = INT64_MAX;

	for (uint32_t i = 0; i < count; i++) {
		struct release release;
		enum status status = reference_release(ref, i, &release);

		if (status != OK)
			return status;
		if (!is_of_class(ref, &release, node_class))
			continue;
		until = earlier_after(now, release.not_before, until);
		until = earlier_after(now, release.not_after, until);
		until = earlier_after(now, release.accept_until, until);
	}
	*out = until;
	return OK;
}
