/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_READER_H
#define BASE_READER_H

#include "base/bytes.h"

/*
 * A cursor over hostile bytes. It holds the project's only bounds check; the
 * first failure sticks and every later read gives zero or an empty span, so
 * that a parser reads like its format's table and asks once, at the end.
 */
struct reader {
	struct span rest;
	size_t offset;
	enum status status;
};

struct reader reader_over(struct span bytes);
void reader_fail(struct reader *r, enum status status);
struct span reader_take(struct reader *r, size_t len);
void reader_skip(struct reader *r, size_t len);
uint8_t reader_u8(struct reader *r);
uint16_t reader_be16(struct reader *r);
uint32_t reader_be32(struct reader *r);
uint64_t reader_be64(struct reader *r);
uint16_t reader_le16(struct reader *r);
uint32_t reader_le32(struct reader *r);
uint64_t reader_le64(struct reader *r);
/* A TPM2B: be16 length, then at most max bytes (else STATUS_TOO_LARGE). */
struct span reader_sized(struct reader *r, size_t max);
/* The same with a be32 length: what our own frames use. */
struct span reader_sized32(struct reader *r, size_t max);
/* A reader over the next len bytes; it starts failed if they are not there. */
struct reader reader_within(struct reader *r, size_t len);
bool reader_is_done(const struct reader *r);
/* The verdict on the whole: leftover bytes are STATUS_MALFORMED. */
enum status reader_end(const struct reader *r);

#endif
