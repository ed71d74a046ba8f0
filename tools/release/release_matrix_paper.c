/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/release_matrix.h"

#include <stdlib.h>
#include <string.h>

#include "tools/command.h"
#include "tools/release/release_root.h"

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
	AUTO(json_t) settings = line_settings(&request->line);
	AUTO_DONE(dsse) dsse = { 0 };
	const char *hex = json_string_value(json_object_get(settings, "matrix"));
	struct path_text path = line_path(&request->line, "release/matrix/%s/1.json", hex);

	if (hex == NULL || envelope_open(path.text, &dsse) != OK)
		return NULL;
	if (strcmp(sha256_text_of(span_of(&dsse.payload)).hex, hex) != 0) {
		(void)unusable("%s: not the matrix that line.json names", path.text);
		return NULL;
	}
	return matrix_paper_read(&dsse.payload, path.text);
}

struct matrix_paper *matrix_paper_draft(const struct matrix_request *request)
{
	AUTO_DONE(bytes) text = { 0 };
	struct path_text path = line_path(&request->line, DRAFT_MATRIX);

	if (path_read(path.text, MATRIX_BYTES_MAX, &text) != OK)
		return NULL;
	return matrix_paper_read(&text, path.text);
}
