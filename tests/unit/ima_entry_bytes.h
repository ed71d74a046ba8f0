/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_IMA_ENTRY_BYTES_H
#define TESTS_IMA_ENTRY_BYTES_H

/* Entries of an IMA log, made by hand. Include unit.h first. */

#include "log_bytes.h"
#include "tpm/ima_log.h"

#define SHA256_NG                                                                                  \
	"sha256:\0"                                                                                \
	"0123456789abcdef0123456789abcdef"

struct field {
	const char *data;
	size_t len;
};

#define FIELD(text)                                                                                \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

/* An entry whose recorded template hash is right, or zero. */
static inline void put_entry(struct bytes *log, uint32_t pcr, const char *template,
			     const struct field *fields, size_t count, bool is_violation)
{
	AUTO_DONE(bytes) data = { 0 };
	struct digest hash = digest_filled(DIGEST_SHA1, 0);

	for (size_t i = 0; i < count; i++) {
		put_le(&data, fields[i].len, 4);
		put(&data, (struct span){ (const uint8_t *)fields[i].data, fields[i].len });
	}
	if (!is_violation)
		assert_int_equal(digest_of(DIGEST_SHA1, span_of(&data), &hash), OK);
	put_le(log, pcr, 4);
	put(log, digest_span(&hash));
	put_le(log, strlen(template), 4);
	put(log, span_text(template));
	put_le(log, data.len, 4);
	put(log, span_of(&data));
}

static inline void put_file(struct bytes *log, uint32_t pcr, const char *path)
{
	const struct field fields[] = { FIELD(SHA256_NG), { path, strlen(path) + 1 } };

	put_entry(log, pcr, "ima-ng", fields, 2, false);
}

static inline enum status read_first(const struct bytes *log, struct ima_entry *entry)
{
	struct ima_log opened;

	assert_int_equal(ima_log_open(span_of(log), DIGEST_SHA1, 0, &opened), OK);
	return ima_log_next(&opened, entry);
}

#endif
