/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_MATRIX_H
#define TOOLS_RELEASE_RELEASE_MATRIX_H

#include "policies/documents/matrix.h"
#include "tools/auto_jansson.h"
#include "tools/release/release_signing.h"
#include "tools/release/release_state.h"

#define DRAFT_MATRIX "draft/matrix.json"

enum matrix_action {
	MATRIX_SHOW,
	MATRIX_ALLOW,
	MATRIX_BLOCK,
	MATRIX_COSIGN,
	MATRIX_PUBLISH,
};

struct matrix_request {
	struct release_line line;
	enum matrix_action action;
	const char *cell, *reason;
	json_t *classes;
	bool as_json;
	const char *after; /* as line_anchor has it */
	struct signing signing;
};

/* A matrix that was read strictly; too large for a stack. */
struct matrix_paper {
	struct bytes payload;
	struct statement statement;
	struct image_builder aside;
	struct matrix matrix;
};

void matrix_paper_free(struct matrix_paper *paper);
AUTO_FREE(matrix_paper, struct matrix_paper, matrix_paper_free);

/* Takes payload over; NULL after a message. */
struct matrix_paper *matrix_paper_read(struct bytes *payload, const char *what);
/* matrix_known() as it was read. */
struct matrix_paper *matrix_paper_known(const struct matrix_request *request);
struct matrix_paper *matrix_paper_draft(const struct matrix_request *request);

/*
 * The payload of the matrix that the next one goes on from: line.json names it, and it is
 * believed where enough people of both teams signed it by the newest root, with keys that
 * are not revoked, or where the index in force names it. Whoever signs the next one sees
 * what differs from it. Says what is wrong.
 */
enum status matrix_known(const struct release_line *line, const struct line_anchor *anchor,
			 struct bytes *payload);
/* Adds who of the root signed the matrix of that SHA-256. */
enum status matrix_signers(const struct release_line *line, const struct root *root,
			   const char *hex, key_mask *signers);

/* PLATFORM/KERNEL. */
bool matrix_cell_split(const char *text, char platform[65], char kernel[65]);
/* The next version, with one decision more; self is the request. Says what is wrong. */
enum status matrix_next(void *self, struct bytes *payload);

#endif
