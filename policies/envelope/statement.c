/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/envelope/statement.h"

#include <string.h>

#define KIB ((size_t)1024)

static const struct {
	const char *predicate_type;
	size_t max;
} kinds[DOCUMENT_KINDS] = {
	[DOCUMENT_ROOT] = { "https://attestd.dev/root/v1", 256 * KIB },
	[DOCUMENT_TIMESTAMP] = { "https://attestd.dev/timestamp/v1", 16 * KIB },
	[DOCUMENT_INDEX] = { "https://attestd.dev/index/v1", 2048 * KIB },
	[DOCUMENT_REVOCATIONS] = { "https://attestd.dev/revocations/v1", 8192 * KIB },
	[DOCUMENT_MATRIX] = { "https://attestd.dev/matrix/v1", 2048 * KIB },
	[DOCUMENT_MANIFEST] = { "https://attestd.dev/manifest/v1", 4096 * KIB },
	[DOCUMENT_APPROVAL] = { "https://attestd.dev/approval/v1", 64 * KIB },
	[DOCUMENT_ROLLBACK] = { "https://attestd.dev/rollback/v1", 64 * KIB },
	[DOCUMENT_EMERGENCY] = { "https://attestd.dev/emergency/v1", 256 * KIB },
	[DOCUMENT_REVIEW] = { "https://attestd.dev/review/v1", 64 * KIB },
	[DOCUMENT_CANARY] = { "https://attestd.dev/canary/v1", 64 * KIB },
	[DOCUMENT_PROVENANCE] = { "https://slsa.dev/provenance/v1", 8192 * KIB },
};

const char *document_predicate_type(enum document_kind kind)
{
	return kinds[kind].predicate_type;
}

size_t document_max(enum document_kind kind)
{
	return kinds[kind].max;
}

enum status statement_open(struct span payload, enum document_kind kind, struct statement *s)
{
	*s = (struct statement){ 0 };

	enum status status = strict_document_parse(payload, kinds[kind].max, &s->document);
	s->root = strict_root(&s->document);
	if (status != OK)
		return status;
	if (!span_equal(strict_text(&s->root, "_type", 64), span_text(STATEMENT_TYPE)))
		strict_fail(&s->root, "_type", STATUS_UNSUPPORTED, "statement-type");
	/* An approval handed over as a manifest ends here. */
	if (!span_equal(strict_text(&s->root, "predicateType", 64),
			span_text(kinds[kind].predicate_type)))
		strict_fail(&s->root, "predicateType", STATUS_UNSUPPORTED, "predicate-type");
	s->subjects = strict_array(&s->root, "subject", STATEMENT_SUBJECTS_MAX);
	s->predicate = strict_object(&s->root, "predicate");
	return strict_end(&s->root);
}

void statement_done(struct statement *s)
{
	strict_document_done(&s->document);
}

void statement_expect_subject(struct statement *s, size_t index, const char *name,
			      const struct digest *digest)
{
	struct strict_cursor subject = strict_element_object(&s->subjects, index);
	struct span found = strict_text(&subject, "name", 128);
	struct strict_cursor digests = strict_object(&subject, "digest");
	struct digest sha256 = strict_sha256(&digests, "sha256");

	(void)strict_end(&digests);
	if (strict_end(&subject) == OK && digest_equal(&sha256, digest) &&
	    (name == NULL || span_equal(found, span_text(name))))
		return;
	strict_fail(&s->subjects, NULL, STATUS_MISMATCH, "subject-mismatch");
}

void statement_expect_subjects(struct statement *s, size_t count)
{
	if (strict_count(&s->subjects) != count)
		strict_fail(&s->subjects, NULL, STATUS_MISMATCH, "subject-mismatch");
}

static bool is_lower_or_digit(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool name_is_valid(struct span name)
{
	if (name.len == 0 || !is_lower_or_digit(name.data[0]))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!is_lower_or_digit(name.data[i]) && name.data[i] != '-' && name.data[i] != '.')
			return false;
	return true;
}

bool target_is_valid(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		uint8_t c = name.data[i];

		if (!is_lower_or_digit(c) && !(c >= 'A' && c <= 'Z') &&
		    (c == 0 || strchr("._+~-", c) == NULL))
			return false;
	}
	return name.len > 0;
}
