/* SPDX-License-Identifier: Apache-2.0 */
/* What parses has one spelling: writing it gives the same bytes. */
#include "messages/statement.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define FUZZ(T)                                                                                    \
	static void fuzz_##T(struct span text)                                                     \
	{                                                                                          \
		AUTO_DONE(T) statement = { 0 };                                                    \
		AUTO_DONE(bytes) again = { 0 };                                                    \
		if (T##_parse(text, &statement) != OK)                                             \
			return;                                                                    \
		if (T##_write(&statement, &again) != OK || !span_equal(text, span_of(&again)))     \
			abort();                                                                   \
	}                                                                                          \
	struct fuzz_needs_semicolon

FUZZ(verdict);
FUZZ(bundle);
FUZZ(act);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span text = { data, len };

	fuzz_verdict(text);
	fuzz_bundle(text);
	fuzz_act(text);
	return 0;
}
