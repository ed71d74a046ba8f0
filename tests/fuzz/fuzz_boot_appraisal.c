/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "fixed_reference.h"
#include "tpm/boot_log.h"
#include "verifier/appraisal/appraise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Whatever the log says, quoted values are where it leads: the events get
 * compared. No log can be trusted, since none has the release's programs. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct fixed_reference *fixed = fixed_reference();
	AUTO_DONE(appraisal) appraisal = { 0 };
	struct boot_replay replay;
	struct appraisal_input input = {
		.reference = &fixed->reference,
		.node_class = &fixed->node_class,
		.values = &replay.values,
		.boot_log = { data, len },
		.now = FIXED_NOW,
	};

	if (boot_log_replay(input.boot_log, &replay) != OK)
		pcr_values_init(&replay.values);
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		struct digest zero = digest_filled(DIGEST_SHA256, 0);

		if (pcr_value(&replay.values, DIGEST_SHA256, pcr) == NULL &&
		    pcr_value_set(&replay.values, pcr, &zero) != OK)
			abort();
	}
	if (appraise(&input, &appraisal) != OK)
		abort();
	if (appraisal.claims.tier[CLAIM_CONFIGURATION] != TIER_CONTRAINDICATED ||
	    appraisal.findings.count == 0 || appraisal.state.len != 0)
		abort();
	return 0;
}
