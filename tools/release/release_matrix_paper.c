/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/release_matrix.h"

#include <stdlib.h>

#include "tools/command.h"

#define MATRIX_BYTES_MAX ((size_t)4 << 20)

void matrix_paper_free(struct matrix_paper *paper)
{
	if (paper == NULL)
		return;
	statement_done(&paper->statement);
	image_builder_done(&paper->aside);
	bytes_done(&paper->payload);
	free(paper);
}

struct matrix_paper *matrix_paper_read(struct bytes *payload, const char *what)
{
	struct matrix_paper *paper = calloc(1, sizeof(*paper));

	if (paper == NULL)
		return NULL;
	paper->payload = *payload;
	*payload = (struct bytes){ 0 };
	if (image_builder_init(&paper->aside) == OK &&
	    statement_open(span_of(&paper->payload), DOCUMENT_MATRIX, &paper->statement) == OK &&
	    matrix_read(&paper->statement, &paper->aside, &paper->matrix) == OK)
		return paper;
	(void)unusable("%s: %s at %s", what, paper->statement.document.fault,
		       paper->statement.document.path);
	matrix_paper_free(paper);
	return NULL;
}

struct matrix_paper *matrix_paper_known(const struct matrix_request *request)
{
	const struct line_anchor anchor = { &request->signing.pin, request->after };
	AUTO_DONE(bytes) payload = { 0 };

	if (matrix_known(&request->line, &anchor, &payload) != OK)
		return NULL;
	return matrix_paper_read(&payload, "the matrix that line.json names");
}

struct matrix_paper *matrix_paper_draft(const struct matrix_request *request)
{
	AUTO_DONE(bytes) text = { 0 };
	struct path_text path = line_path(&request->line, DRAFT_MATRIX);

	if (path_read(path.text, MATRIX_BYTES_MAX, &text) != OK)
		return NULL;
	return matrix_paper_read(&text, path.text);
}
