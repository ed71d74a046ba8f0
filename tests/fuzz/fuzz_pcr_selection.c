/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "tpm/pcr.h"

/* A selection that is read is written again byte by byte. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct reader r = reader_over((struct span){ data, len });
	struct pcr_selection s;
	AUTO_DONE(bytes) again = { 0 };
	struct writer w = writer_to(&again, 64);

	taint(&s, sizeof(s));
	if (pcr_selection_read(&r, &s) != OK) {
		must_be_tainted(&s, sizeof(s));
		return 0;
	}
	must(s.count <= DIGEST_ALGS && pcr_selection_equal(&s, &s));
	pcr_selection_write(&w, &s);
	must(writer_end(&w) == OK && span_equal(span_of(&again), (struct span){ data, r.offset }));
	return 0;
}
