/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/policy_digest.h"

/* TPM_CC, Part 2, 6.5.2 */
#define CC_POLICY_COUNTER_TIMER 0x0000016du
#define CC_POLICY_PCR 0x0000017fu
/* TPM_EO, Part 2, 6.8 */
#define EO_EQUAL 0x0000u
/* resetCount in TPMS_TIME_INFO: after time and clock (Part 2, 10.11.6). */
#define OFFSET_RESET_COUNT 16u

/* Longer than any policy command's parameters here. */
#define TERM_MAX 256

/* *policy = H(*policy || what), Part 1, 19.7.1: as a PCR is extended. */
static enum status policy_extend(struct hasher *h, struct digest *policy, const struct bytes *what,
				 const struct writer *written)
{
	enum status status = writer_end(written);

	return status == OK ? hasher_extend(h, policy, span_of(what)) : status;
}

static enum status policy_pcr(struct hasher *h, const struct pcr_selection *selection,
			      const struct pcr_values *values, struct digest *policy)
{
	AUTO_DONE(bytes) term = { 0 };
	struct writer w = writer_to(&term, TERM_MAX);
	struct digest composite;
	enum status status = pcr_composite(selection, values, h->alg, &composite);

	if (status != OK)
		return status;
	writer_be32(&w, CC_POLICY_PCR);
	pcr_selection_write(&w, selection);
	writer_put(&w, digest_span(&composite));
	return policy_extend(h, policy, &term, &w);
}

static enum status policy_counters(struct hasher *h, uint32_t reset_count, uint32_t restart_count,
				   struct digest *policy)
{
	AUTO_DONE(bytes) arguments = { 0 };
	AUTO_DONE(bytes) term = { 0 };
	struct writer w = writer_to(&arguments, TERM_MAX);
	struct digest hashed;

	writer_be32(&w, reset_count);
	writer_be32(&w, restart_count);
	writer_be16(&w, OFFSET_RESET_COUNT);
	writer_be16(&w, EO_EQUAL);

	enum status status = writer_end(&w);

	if (status == OK)
		status = hasher_digest(h, &(struct span){ arguments.data, arguments.len }, 1,
				       &hashed);
	if (status != OK)
		return status;
	w = writer_to(&term, TERM_MAX);
	writer_be32(&w, CC_POLICY_COUNTER_TIMER);
	writer_put(&w, digest_span(&hashed));
	return policy_extend(h, policy, &term, &w);
}

enum status minting_policy(enum digest_alg bank, pcr_mask mask, const struct pcr_values *values,
			   uint32_t reset_count, uint32_t restart_count, struct digest *out)
{
	AUTO_DONE(hasher) h = { 0 };
	struct pcr_selection selection = { .count = 1, .bank = { { bank, mask } } };
	struct digest policy = digest_filled(DIGEST_SHA256, 0);

	/* A policy over no PCR would hold whatever the host runs. */
	if (mask == 0 || (mask & ~PCR_MASK_ALL) != 0 || digest_size(bank) == 0)
		return STATUS_UNSUPPORTED;

	enum status status = hasher_init(&h, DIGEST_SHA256);

	if (status == OK)
		status = policy_pcr(&h, &selection, values, &policy);
	if (status == OK)
		status = policy_counters(&h, reset_count, restart_count, &policy);
	if (status == OK)
		*out = policy;
	return status;
}

static enum status labelled(enum digest_alg alg, const char *label, struct span first,
			    struct span second, struct digest *out)
{
	AUTO_DONE(hasher) h = { 0 };
	struct span parts[] = { span_text(label), first, second };
	enum status status = hasher_init(&h, alg);

	return status == OK ? hasher_digest(&h, parts, 3, out) : status;
}

static enum status reporting_extra_data(struct span nonce, struct span minting_name,
					struct span report, struct digest *out)
{
	AUTO_DONE(bytes) rest = { 0 };
	struct writer w = writer_to(&rest, TERM_MAX);
	struct digest digest;
	enum status status = digest_of(DIGEST_SHA256, report, &digest);

	if (status != OK)
		return status;
	writer_sized(&w, minting_name);
	writer_put(&w, digest_span(&digest));
	status = writer_end(&w);
	return status == OK
		       ? labelled(DIGEST_SHA256, "attestd quote v2", nonce, span_of(&rest), out)
		       : status;
}

enum status quote_extra_data(struct span nonce, struct span minting_name, struct span report,
			     struct digest *out)
{
	if (report.len > 0)
		return reporting_extra_data(nonce, minting_name, report, out);
	return labelled(DIGEST_SHA256, "attestd quote v1", nonce, minting_name, out);
}

enum status certify_extra_data(struct span nonce, struct digest *out)
{
	return labelled(DIGEST_SHA256, "attestd certify v1", nonce, (struct span){ 0 }, out);
}

enum status cap_digest(enum digest_alg bank, struct digest *out)
{
	return digest_of(bank, span_text("attestd cap v1"), out);
}
