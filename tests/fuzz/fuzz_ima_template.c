/* SPDX-License-Identifier: Apache-2.0 */
/* Names that kernels give to templates and algorithms. */
#include "fuzz.h"
#include "tpm/ima_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span name = { data, len };
	struct ima_template t;
	const struct ima_digest_alg *alg = ima_digest_alg_named(name);
	unsigned seen = 0;

	if (alg != NULL)
		must(span_equal(name, span_text(alg->name)) && alg->size > 0);
	taint(&t, sizeof(t));
	if (ima_template_named(name, &t) != OK) {
		must_be_tainted(&t, sizeof(t));
		return 0;
	}
	must(t.field_count > 0 && t.field_count <= IMA_FIELDS_MAX);
	for (size_t i = 0; i < t.field_count; i++) {
		must((seen >> t.field[i] & 1) == 0);
		seen |= 1u << t.field[i];
	}
	return 0;
}
