/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* What a target is: called with each input, it returns 0 or the process dies. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A property that does not hold is a finding like any crash. */
static inline void must(bool holds)
{
	if (!holds)
		abort();
}

/* Borrowed fields lie inside the bytes that they were read from. */
static inline void must_lie_inside(struct span field, struct span whole)
{
	must(field.len == 0 || (field.data >= whole.data && field.len <= whole.len &&
				(size_t)(field.data - whole.data) <= whole.len - field.len));
}

/*
 * Outputs are written only on success: taint() what a parser is to fill, and
 * after a refusal must_be_tainted() still.
 */
#define TAINT 0xa5

static inline void taint(void *out, size_t size)
{
	memset(out, TAINT, size);
}

static inline void must_be_tainted(const void *out, size_t size)
{
	const uint8_t *at = out;

	must(at[0] == TAINT && memcmp(at, at + 1, size - 1) == 0);
}

/* Pasted from what a program was compiled for: one source serves many parsers. */
#define FUZZ_PASTE_(a, b) a##b
#define FUZZ_PASTE(a, b) FUZZ_PASTE_(a, b)

#endif
