/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/subject.h"

#define FIELD_MAX 255

bool subject_is_end(const struct subject *subject)
{
	static const char *const ends[] = { SUBJECT_JOB_ENDED, SUBJECT_JOB_SUCCEEDED,
					    SUBJECT_JOB_FAILED };

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		if (span_equal(subject->reason, span_text(ends[i])))
			return true;
	}
	return false;
}

void subject_put(struct writer *w, const struct subject *subject)
{
	writer_sized(w, subject->entry);
	writer_u8(w, subject->has_uid);
	writer_be32(w, subject->uid);
	writer_sized(w, subject->unit);
	writer_sized(w, digest_span(&subject->executable));
	writer_sized(w, subject->reason);
}

void subject_take(struct reader *r, struct subject *out)
{
	struct subject s = { .entry = reader_sized(r, FIELD_MAX) };

	s.has_uid = reader_u8(r) != 0;
	s.uid = reader_be32(r);
	s.unit = reader_sized(r, FIELD_MAX);

	struct span executable = reader_sized(r, SHA256_SIZE);

	if (executable.len > 0 && digest_from(DIGEST_SHA256, executable, &s.executable) != OK)
		reader_fail(r, STATUS_MALFORMED);
	s.reason = reader_sized(r, FIELD_MAX);
	*out = s;
}
