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

static void judge(const struct appraisal_input *input, struct ima_state *state,
		  struct findings *findings, size_t *prefix, bool *is_complete)
{
	struct ima_sets sets;

	if (ima_sets_collect(input, 0, &sets) != OK ||
	    ima_appraise(input, &sets, 0, state, findings, prefix, is_complete) != OK)
		abort();
}

/* Well formed and quoted: all of it is looked at, whether or not more is said to
 * come, and something is wrong, since the only file of the release has a digest
 * that no file has. */
static void in_one_piece(struct appraisal_input *input, struct pcr_values *values)
{
	bool is_whole = replay(input->ima_log, values);

	for (unsigned more = 0; more < 2; more++) {
		struct findings findings = { 0 };
		struct ima_state state;
		size_t prefix = 0;
		bool is_complete = false;

		input->ima_has_more = more == 1;
		ima_state_init(&state, DIGEST_SHA256);
		judge(input, &state, &findings, &prefix, &is_complete);
		if (is_whole && input->ima_log.len > 0 &&
		    (!is_complete || prefix != input->ima_log.len))
			abort();
		if (is_complete && findings.count + state.findings.count == 0)
			abort();
	}
}

/* The same log again and again, until it is enough for a part, and once more. */
static void in_parts(struct appraisal_input *input, struct pcr_values *values)
{
	static uint8_t bytes[3 * IMA_PART_MIN];
	const struct span log = input->ima_log;
	struct findings findings = { 0 };
	struct ima_state state;
	size_t part = 0, prefix = 0;
	bool is_complete = false;

	if (log.len == 0 || log.len > IMA_PART_MIN)
		return;
	for (; part < IMA_PART_MIN; part += log.len)
		memcpy(bytes + part, log.data, log.len);
	memcpy(bytes + part, log.data, log.len);

	/* An entry may begin in one copy and end in the next. */
	bool is_whole = replay((struct span){ bytes, part }, values) &&
			replay((struct span){ bytes, part + log.len }, values);

	ima_state_init(&state, DIGEST_SHA256);
	input->ima_log = (struct span){ bytes, part };
	input->ima_has_more = true;
	judge(input, &state, &findings, &prefix, &is_complete);
	/* No quote has reached it: kept, and not believed. */
	if (is_whole && (is_complete || prefix != part || !ima_state_is_unproven(&state)))
		abort();
	input->ima_log = log;
	input->ima_first = state.progress.entries;
	input->ima_has_more = false;
	judge(input, &state, &findings, &prefix, &is_complete);
	if (is_whole && (!is_complete || prefix != log.len || ima_state_is_unproven(&state)))
		abort();
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

	pcr_values_init(&values);
	in_one_piece(&input, &values);
	in_parts(&input, &values);
	return 0;
}
