/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_EXECUTABLE_FACTS_H
#define TESTS_UNIT_EXECUTABLE_FACTS_H

#include "unit.h"

#include <sys/stat.h>

#include "attestd/mint/admission/executable.h"

/* Of a caller who runs what is at name now. */
static inline struct caller_facts executable_facts_of(const char *name)
{
	struct caller_facts facts = { .executable = span_text(name) };
	struct stat st;

	assert_int_equal(stat(name, &st), 0);
	facts.file =
		(struct file_identity){ st.st_dev, st.st_ino, st.st_size, st.st_mtim, st.st_ctim };
	return facts;
}

#endif
