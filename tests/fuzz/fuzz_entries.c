/* SPDX-License-Identifier: Apache-2.0 */
/* What a node is told of its workloads: writing what was parsed gives the same bytes. */
#include "fuzz.h"
#include "messages/entries.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span text = { data, len };
	AUTO_DONE(bytes) again = { 0 };
	struct entries entries;

	taint(&entries, sizeof(entries));
	if (entries_parse(text, &entries) != OK) {
		must_be_tainted(&entries, sizeof(entries));
		return 0;
	}
	must(len <= ENTRIES_TEXT_MAX && entries.count <= ENTRIES_MAX);
	must(entries_write(&entries, &again) == OK && span_equal(span_of(&again), text));
	entries_done(&entries);
	return 0;
}
