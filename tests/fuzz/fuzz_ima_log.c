/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tpm/ima_log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Replays all entries; false where the list is not well formed. */
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

/* What replays to some values has a prefix that reaches them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span bytes = { .data = data, .len = len };
	struct pcr_values values;
	struct ima_progress progress;
	size_t prefix = 0;

	pcr_values_init(&values);
	if (!replay(bytes, &values))
		return 0;
	ima_progress_init(&progress, DIGEST_SHA256);
	if (ima_find_prefix(bytes, DIGEST_SHA1, IMA_BANK_PROPER, &values, &progress, &prefix) !=
		    OK ||
	    prefix != len)
		abort();
	return 0;
}
