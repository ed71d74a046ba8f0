/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ENVELOPE_STATEMENT_H
#define POLICIES_ENVELOPE_STATEMENT_H

#include "messages/strict_json.h"

/* in-toto Attestation Framework, Statement v1. */
#define STATEMENT_TYPE "https://in-toto.io/Statement/v1"

/* Each kind of document has one predicate type and is signed by one role. */
enum document_kind {
	DOCUMENT_ROOT,
	DOCUMENT_TIMESTAMP,
	DOCUMENT_INDEX,
	DOCUMENT_REVOCATIONS,
	DOCUMENT_MATRIX,
	DOCUMENT_MANIFEST,
	DOCUMENT_APPROVAL,
	DOCUMENT_ROLLBACK,
	DOCUMENT_EMERGENCY,
	DOCUMENT_REVIEW,
	DOCUMENT_CANARY,
	DOCUMENT_PROVENANCE,
};

#define DOCUMENT_KINDS 12
/* The end of the year 9999: adding a cap to a time cannot overflow. */
#define TIME_MAX INT64_C(253402300799)
#define STATEMENT_SUBJECTS_MAX 1024

const char *document_predicate_type(enum document_kind kind);
/* The largest envelope, in bytes. */
size_t document_max(enum document_kind kind);

/*
 * A statement whose signature has been verified. It is opened in place and must
 * not be moved while it is read: its cursors point at each other.
 */
struct statement {
	struct strict_document document;
	struct strict_cursor root;
	struct strict_cursor subjects;
	struct strict_cursor predicate; /* everything in it has to be taken */
};

/* Refuses another predicate type than kind's, and unknown fields. What is wrong
 * is in document. */
enum status statement_open(struct span payload, enum document_kind kind, struct statement *s);
void statement_done(struct statement *s);

AUTO_RELEASE(statement, statement_done);

/* The subjects must be exactly those that the document is about: each is
 * expected once, then their number. A NULL name is any. */
void statement_expect_subject(struct statement *s, size_t index, const char *name,
			      const struct digest *digest);
void statement_expect_subjects(struct statement *s, size_t count);

/* Grammars that several documents share. */
bool name_is_valid(struct span name); /* [a-z0-9][a-z0-9.-]*: keys, classes, lines */
bool target_is_valid(struct span name); /* [A-Za-z0-9._+~-]+: platforms, kernels, sets */

#endif
