/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/collect/draft_image.h"

#include <stdlib.h>

#include "policies/documents/manifest.h"
#include "policies/documents/matrix.h"
#include "tools/command.h"
#include "tools/release/release_matrix.h"
#include "tools/release/release_root.h"

static enum status add_matrix(struct image_builder *image, const struct release_line *line,
			      const struct line_anchor *anchor)
{
	AUTO_DONE(bytes) payload = { 0 };
	AUTO_DONE(statement) s = { 0 };
	struct matrix *matrix = malloc(sizeof(*matrix));
	enum status status =
		matrix == NULL ? STATUS_NO_MEMORY : matrix_known(line, anchor, &payload);

	if (status == OK && (statement_open(span_of(&payload), DOCUMENT_MATRIX, &s) != OK ||
			     matrix_read(&s, image, matrix) != OK))
		status = statement_unreadable("the matrix that line.json names", &s);
	free(matrix);
	return status;
}

static enum status add_set(struct image_builder *image, const struct release_line *line,
			   const struct manifest_set *set)
{
	AUTO_DONE(bytes) file = { 0 };
	struct path_text path = line_path(line, "release/sets/%s", sha256_hex(&set->digest).hex);
	struct file_table_result table = { 0 };
	enum status status = path_read(path.text, (size_t)set->size, &file);

	if (status != OK)
		return status;
	status = image_file_table(image, span_of(&file), &set->digest, &table);
	if (status != OK) {
		(void)unusable("%s: line %llu: %s", path.text, (unsigned long long)table.line,
			       table.fault == NULL ? status_text(status) : table.fault);
		return status;
	}
	struct reference_set row = { .name = set->name,
				     .digest = set->digest,
				     .class = set->class,
				     .files = table.files,
				     .must_appear = set->must_appear,
				     .table = table.table };
	(void)image_set(image, &row);
	return image->status;
}

/* Early ones first, so that they are a range too. */
static enum status add_sets(struct image_builder *image, const struct release_line *line,
			    struct manifest *manifest)
{
	struct ima_rules *ima = &manifest->release.ima;
	enum status status = OK;

	ima->sets = ima->early = image_sets_from_here(image);
	for (int is_early = 1; is_early >= 0; is_early--) {
		for (size_t i = 0; i < manifest->set_count && status == OK; i++) {
			if (manifest->set[i].is_early != is_early)
				continue;
			status = add_set(image, line, &manifest->set[i]);
			ima->sets.count++;
			ima->early.count += (uint32_t)is_early;
		}
	}
	return status;
}

enum status draft_image(struct span manifest, const struct release_line *line,
			const struct line_anchor *anchor, struct bytes *out)
{
	AUTO_DONE(statement) s = { 0 };
	AUTO_DONE(image_builder) image = { 0 };
	struct manifest read;
	struct reference_facts facts = { 0 };
	struct layer_owner nobody = { 0 };
	enum status status = image_builder_init(&image);

	if (status == OK)
		status = statement_open(manifest, DOCUMENT_MANIFEST, &s);
	if (status == OK)
		status = manifest_read(&s, &image, &read);
	if (status == OK)
		status = digest_of(DIGEST_SHA256, manifest, &read.release.manifest);
	if (status == OK && line != NULL)
		status = add_matrix(&image, line, anchor);
	if (status == OK && line != NULL)
		status = add_sets(&image, line, &read);
	if (status != OK)
		return status;
	for (size_t i = 0; i < LAYERS; i++)
		(void)image_owner(&image, &nobody);
	read.release.state = RELEASE_CURRENT;
	read.release.accept_until = INT64_MAX;
	(void)image_release(&image, &read.release);
	return image_finish(&image, &facts, out);
}
