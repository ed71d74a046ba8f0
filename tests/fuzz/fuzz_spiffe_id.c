/* SPDX-License-Identifier: Apache-2.0 */
/* A pattern and an ID on two lines: what a grant entitles to. */
#include "base/text.h"
#include "fuzz.h"
#include "messages/spiffe_id.h"

static bool has_star(struct span s)
{
	return s.len > 0 && memchr(s.data, '*', s.len) != NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span rest = { data, len }, pattern = { 0 }, id = { 0 };

	if (!text_next_line(&rest, &pattern) || !text_next_line(&rest, &id))
		return 0;

	bool is_pattern = spiffe_pattern_is_valid(pattern);
	bool is_id = spiffe_id_is_valid(id);

	must(!is_id || !has_star(id));
	if (!is_pattern || !is_id)
		return 0;

	bool matches = spiffe_id_matches(pattern, id);

	/* A pattern without a star is one ID; none reaches into another domain. */
	must(has_star(pattern) || matches == span_equal(pattern, id));
	if (matches)
		must(span_starts_with(id, "spiffe://") &&
		     span_equal(spiffe_id_trust_domain(pattern), spiffe_id_trust_domain(id)));
	return 0;
}
