/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/bytes.h"

/*
 * The name of a directory or file of the test's own, for mkdtemp() or mkstemp():
 * below $TMPDIR, so that what a test leaves which died goes with that.
 * unit.h comes first.
 */
#define SCRATCH_MAX 96

static inline char *scratch_name(char out[SCRATCH_MAX], const char *what)
{
	const char *top = getenv("TMPDIR");
	int len = snprintf(out, SCRATCH_MAX, "%s/attestd-%s-XXXXXX", top == NULL ? "/tmp" : top,
			   what);

	assert_in_range(len, 1, SCRATCH_MAX - 1);
	return out;
}

static inline void scratch_write(const char *path, struct span content, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(content.data, 1, content.len, file), content.len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

#endif
