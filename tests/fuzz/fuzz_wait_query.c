/* SPDX-License-Identifier: Apache-2.0 */
/* What a node, or a stranger, asks to wait for. */
#include "fuzz.h"

#include "messages/wait.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(bytes) again = { 0 };
	struct span query = { data, len };
	uint32_t seconds;

	taint(&seconds, sizeof(seconds));
	if (wait_query_parse(query, &seconds) != OK) {
		must_be_tainted(&seconds, sizeof(seconds));
		return 0;
	}
	must(seconds > 0 && seconds <= WAIT_MAX_S);
	must(bytes_printf(&again, "seconds=%u", seconds) == OK);
	must(span_equal(span_of(&again), query));
	return 0;
}
