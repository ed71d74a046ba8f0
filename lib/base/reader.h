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

static inline struct reader reader_over(struct span bytes)
{
	return (struct reader){ .rest = bytes };
}

static inline void reader_fail(struct reader *r, enum status status)
{
	if (r->status == OK)
		r->status = status;
}

/* Inline, like what stands on it in a log's inner loop. */
static inline struct span reader_take(struct reader *r, size_t len)
{
	if (len > r->rest.len)
		reader_fail(r, STATUS_TRUNCATED);
	if (r->status != OK || len == 0)
		return (struct span){ 0 };

	struct span taken = { .data = r->rest.data, .len = len };
	r->rest.data += len;
	r->rest.len -= len;
	r->offset += len;
	return taken;
}

void reader_skip(struct reader *r, size_t len);
/* The next len bytes into out, which stays as it is where they are not there. */
void reader_copy(struct reader *r, void *out, size_t len);
uint8_t reader_u8(struct reader *r);
uint16_t reader_be16(struct reader *r);
uint32_t reader_be32(struct reader *r);
uint64_t reader_be64(struct reader *r);
uint16_t reader_le16(struct reader *r);

/* The four bytes at a place that was taken. */
static inline uint32_t le32_at(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static inline uint32_t reader_le32(struct reader *r)
{
	struct span s = reader_take(r, 4);

	return s.len == 0 ? 0 : le32_at(s.data);
}

uint64_t reader_le64(struct reader *r);
/* A TPM2B: be16 length, then at most max bytes (else STATUS_TOO_LARGE). */
struct span reader_sized(struct reader *r, size_t max);
/* The same with a be32 length: what our own frames use. */
struct span reader_sized32(struct reader *r, size_t max);
/* A reader over the next len bytes; it starts failed if they are not there. */
struct reader reader_within(struct reader *r, size_t len);
static inline bool reader_is_done(const struct reader *r)
{
	return r->status != OK || r->rest.len == 0;
}

/* The verdict on the whole: leftover bytes are STATUS_MALFORMED. */
static inline enum status reader_end(const struct reader *r)
{
	if (r->status != OK)
		return r->status;
	return r->rest.len == 0 ? OK : STATUS_MALFORMED;
}

#endif
