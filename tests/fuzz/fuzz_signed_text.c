/* SPDX-License-Identifier: Apache-2.0 */
/* A text that somebody signs: STATEMENT is verdict, bundle or act. It has one
 * spelling, so that writing what was parsed gives the very same bytes. */
#include "fuzz.h"
#include "messages/statement.h"

#define PARSE FUZZ_PASTE(STATEMENT, _parse)
#define WRITE FUZZ_PASTE(STATEMENT, _write)
#define DONE FUZZ_PASTE(STATEMENT, _done)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span text = { data, len };
	AUTO_DONE(bytes) again = { 0 };
	struct STATEMENT statement;

	taint(&statement, sizeof(statement));
	if (PARSE(text, &statement) != OK) {
		must_be_tainted(&statement, sizeof(statement));
		return 0;
	}
	must(len <= STATEMENT_MAX);
	must(WRITE(&statement, &again) == OK && span_equal(span_of(&again), text));
	DONE(&statement);
	return 0;
}
