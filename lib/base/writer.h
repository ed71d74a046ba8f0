/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include "base/bytes.h"

/*
 * Appends to bytes that the caller owns. The first failure sticks; ask once,
 * with writer_end(). Nothing already appended is taken back.
 */
struct writer {
	struct bytes *out;
	size_t max;
	enum status status;
};

/* Refuses with STATUS_TOO_LARGE what would make out longer than max. */
struct writer writer_to(struct bytes *out, size_t max);
void writer_fail(struct writer *w, enum status status);
void writer_put(struct writer *w, struct span s);
void writer_u8(struct writer *w, uint8_t value);
void writer_be16(struct writer *w, uint16_t value);
void writer_be32(struct writer *w, uint32_t value);
void writer_be64(struct writer *w, uint64_t value);
/* TPM2B: be16 length, bytes. */
void writer_sized(struct writer *w, struct span s);
/* be32 length, bytes. */
void writer_sized32(struct writer *w, struct span s);
enum status writer_end(const struct writer *w);

#endif
