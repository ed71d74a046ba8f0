/* SPDX-License-Identifier: Apache-2.0 */
/* The query of a URL. */
#include "fuzz.h"
#include "verifier/appraiser/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const names[] = { "limit", "after", "state", NULL };
	struct span query = { data, len };
	bool is_good = query_check(query, names) == OK;
	size_t seen = 0, count = 0;

	for (size_t i = 0; names[i] != NULL; i++) {
		struct span value = query_value(query, names[i]);

		must_lie_inside(value, query);
		if (value.len == 0)
			continue;
		seen += strlen(names[i]) + 1 + value.len;
		count++;
	}
	/* Every byte of a good one is a name, a value or between them. */
	if (is_good)
		must(seen + (count > 0 ? count - 1 : 0) == len);
	return 0;
}
