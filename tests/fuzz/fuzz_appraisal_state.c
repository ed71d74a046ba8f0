/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "verifier/appraisal/state.h"

/* One spelling for each state: what can be read is written the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(bytes) again = { 0 };
	static struct appraisal_state state;
	struct span bytes = { data, len };

	taint(&state, sizeof(state));
	if (appraisal_state_read(bytes, &state) != OK)
		return 0;
	must(appraisal_state_write(&state, &again) == OK && span_equal(span_of(&again), bytes));
	return 0;
}
