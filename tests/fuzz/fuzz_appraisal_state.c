/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "verifier/appraisal/state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* One spelling for each state: what can be read is written the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(bytes) again = { 0 };
	struct appraisal_state state;
	struct span bytes = { data, len };

	if (appraisal_state_read(bytes, &state) != OK)
		return 0;
	if (appraisal_state_write(&state, &again) != OK || !span_equal(span_of(&again), bytes))
		abort();
	return 0;
}
