/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte says which document the rest is, as a verified payload. */
#include <stdlib.h>

#include "policies/approval.h"
#include "policies/index.h"
#include "policies/manifest.h"
#include "policies/matrix.h"
#include "policies/revocations.h"
#include "policies/root.h"
#include "policies/timestamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_root(struct span payload)
{
	struct root *root = calloc(1, sizeof(*root));

	if (root != NULL) {
		(void)root_open(payload, root);
		root_done(root);
	}
	free(root);
}

static void read_into_image(struct statement *s, enum document_kind kind)
{
	AUTO_DONE(image_builder) image = { 0 };
	struct matrix *matrix = calloc(1, sizeof(*matrix));
	struct manifest manifest;

	if (matrix != NULL && image_builder_init(&image) == OK) {
		if (kind == DOCUMENT_MATRIX)
			(void)matrix_read(s, &image, matrix);
		else if (manifest_read(s, &image, &manifest) == OK)
			(void)image_release(&image, &manifest.release);
	}
	free(matrix);
}

static void read_index(struct statement *s)
{
	struct index *index = calloc(1, sizeof(*index));

	if (index != NULL)
		(void)index_read(s, index);
	free(index);
}

static void read_document(struct statement *s, enum document_kind kind)
{
	AUTO_DONE(revocations) revocations = { 0 };
	struct approval approval;
	struct timestamp timestamp;

	if (kind == DOCUMENT_MATRIX || kind == DOCUMENT_MANIFEST)
		read_into_image(s, kind);
	else if (kind == DOCUMENT_INDEX)
		read_index(s);
	else if (kind == DOCUMENT_REVOCATIONS)
		(void)revocations_read(s, &revocations);
	else if (kind == DOCUMENT_APPROVAL)
		(void)approval_read(s, &approval);
	else
		(void)timestamp_read(s, &timestamp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(statement) s = { 0 };

	if (len < 1)
		return 0;

	enum document_kind kind = (enum document_kind)((data[0] - '0') & 7);
	struct span payload = { .data = data + 1, .len = len - 1 };
	if (kind == DOCUMENT_ROOT)
		read_root(payload);
	else if ((unsigned)kind < DOCUMENT_KINDS && statement_open(payload, kind, &s) == OK)
		read_document(&s, kind);
	return 0;
}
