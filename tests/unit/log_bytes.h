/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LOG_BYTES_H
#define TESTS_LOG_BYTES_H

/* Logs made by hand, and the project's captures. Include unit.h first. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "daemon/file.h"

static inline void put(struct bytes *log, struct span s)
{
	assert_int_equal(bytes_append(log, s), OK);
}

static inline void put_le(struct bytes *log, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		assert_int_equal(bytes_append_byte(log, (uint8_t)(value >> (8 * i))), OK);
}

static inline void put_filled(struct bytes *log, uint8_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		assert_int_equal(bytes_append_byte(log, value), OK);
}

static inline void read_capture(const char *name, struct bytes *out)
{
	char path[512];
	const char *srcdir = getenv("srcdir");

	(void)snprintf(path, sizeof(path), "%s/tests/data/sb-exec-policy/%s",
		       srcdir == NULL ? "." : srcdir, name);
	assert_int_equal(file_read(path, 1 << 20, out), OK);
}

#endif
