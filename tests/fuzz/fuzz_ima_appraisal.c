/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "fixed_reference.h"
#include "verifier/appraisal/ima_appraisal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Where the log leads to; false where it is not well formed. */
static bool replay(struct span bytes, struct pcr_values *values)
{
	AUTO_DONE(hasher) hasher = { 0 };
	struct pcr_bank *bank = pcr_values_bank(values, DIGEST_SHA256);
	struct ima_log log;
	struct ima_entry entry;
	enum status status = ima_log_open(bytes, DIGEST_SHA1, 0, &log);

	if (status != OK || hasher_init(&hasher, DIGEST_SHA256) != OK)
		abort();
	for (unsigned i = 0; i < PCR_COUNT; i++)
		bank->value[i] = digest_filled(DIGEST_SHA256, 0);
	bank->known = PCR_MASK_ALL;
	while ((status = ima_log_next(&log, &entry)) == OK)
		if (ima_extend(&bank->value[entry.pcr], &entry, IMA_BANK_PROPER, &hasher, NULL) !=
		    OK)
			abort();
	return status == STATUS_NOT_FOUND;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct fixed_reference *fixed = fixed_reference();
	struct pcr_values values;
	struct appraisal_input input = {
		.reference = &fixed->reference,
		.node_class = &fixed->node_class,
		.values = &values,
		.ima_log = { data, len },
		.now = FIXED_NOW,
	};
	struct ima_sets sets;
	struct ima_state state;
	struct findings findings = { 0 };
	size_t prefix = 0;
	bool is_complete = false;

	pcr_values_init(&values);
	bool is_whole = replay(input.ima_log, &values);

	ima_state_init(&state, DIGEST_SHA256);
	if (ima_sets_collect(&input, 0, &sets) != OK ||
	    ima_appraise(&input, &sets, &state, &findings, &prefix, &is_complete) != OK)
		abort();
	/* Well formed and quoted: all of it is looked at, and something is wrong,
	 * since the only file of the release has a digest that no file has. */
	if (is_whole && len > 0 && (!is_complete || prefix != len))
		abort();
	if (is_complete && findings.count + state.findings.count == 0)
		abort();
	return 0;
}
