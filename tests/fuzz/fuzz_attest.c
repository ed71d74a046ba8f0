/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "tpm/attest.h"

static void read_as(struct span whole, enum attest_type type)
{
	struct attest a;

	taint(&a, sizeof(a));
	if (attest_parse(whole, type, &a) != OK) {
		must_be_tainted(&a, sizeof(a));
		return;
	}
	must_lie_inside(a.qualified_signer, whole);
	must_lie_inside(a.extra_data, whole);
	must_lie_inside(a.pcr_digest, whole);
	must_lie_inside(a.certified_name, whole);
	must_lie_inside(a.certified_qualified_name, whole);
	must(a.type == type && a.selection.count <= DIGEST_ALGS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span whole = { data, len };

	read_as(whole, ATTEST_QUOTE);
	read_as(whole, ATTEST_CERTIFY);
	return 0;
}
