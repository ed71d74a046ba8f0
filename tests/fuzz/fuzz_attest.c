/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tpm/attest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What was accepted has one spelling: each span lies inside the input. */
static void must_lie_inside(struct span field, struct span whole)
{
	if (field.len != 0 &&
	    (field.data < whole.data || field.data + field.len > whole.data + whole.len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const enum attest_type types[] = { ATTEST_QUOTE, ATTEST_CERTIFY };
	struct span whole = { data, len };

	for (size_t i = 0; i < 2; i++) {
		struct attest a;

		if (attest_parse(whole, types[i], &a) != OK)
			continue;
		must_lie_inside(a.qualified_signer, whole);
		must_lie_inside(a.extra_data, whole);
		must_lie_inside(a.pcr_digest, whole);
		must_lie_inside(a.certified_name, whole);
		must_lie_inside(a.certified_qualified_name, whole);
		if (a.type != types[i] || a.selection.count > DIGEST_ALGS)
			abort();
	}
	return 0;
}
