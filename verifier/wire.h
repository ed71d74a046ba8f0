/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_WIRE_H
#define VERIFIER_WIRE_H

#include "base/reader.h"
#include "base/writer.h"

/*
 * One description of a structure serves both directions, so that encoder and
 * decoder can't disagree: a function names the fields in order, and the wire
 * either appends them or fills them in. Exactly one of the two is set.
 */
struct wire {
	struct reader *in;
	struct writer *out;
};

void wire_fail(struct wire *w, enum status status);
bool wire_is_failed(const struct wire *w);
bool wire_is_reading(const struct wire *w);

void wire_bool(struct wire *w, bool *value); /* 0 or 1, nothing else */
void wire_u8(struct wire *w, uint8_t *value);
void wire_be16(struct wire *w, uint16_t *value);
void wire_be32(struct wire *w, uint32_t *value);
void wire_be64(struct wire *w, uint64_t *value);
/* Unix seconds, never negative. */
void wire_time(struct wire *w, int64_t *value);
/* Below count, and count is at most 65536: an enumerator or a number of items. */
void wire_below(struct wire *w, uint32_t *value, uint32_t count);
/* be16 or be32 length, at most max bytes. */
void wire_sized(struct wire *w, struct span *value, size_t max);
void wire_sized32(struct wire *w, struct span *value, size_t max);
/* Exactly len bytes, no length on the wire. */
void wire_fixed(struct wire *w, uint8_t *value, size_t len);
/* A sized span of exactly len bytes, or an empty one. */
void wire_exact(struct wire *w, struct span *value, size_t len);

#endif
