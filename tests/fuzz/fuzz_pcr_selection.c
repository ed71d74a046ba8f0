/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tpm/pcr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A selection that is read is written again byte by byte. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_over((struct span){ data, len });
	struct pcr_selection s;
	AUTO_DONE(bytes) again = { 0 };
	struct writer w = writer_to(&again, 64);

	if (pcr_selection_read(&r, &s) != OK)
		return 0;
	pcr_selection_write(&w, &s);
	if (writer_end(&w) != OK || !span_equal(span_of(&again), (struct span){ data, r.offset }))
		abort();
	return 0;
}
