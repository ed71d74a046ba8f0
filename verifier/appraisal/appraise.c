/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/appraise.h"

#include <stdio.h>
#include <string.h>

#include "verifier/appraisal/state.h"

#define PCR_DRTM_FIRST 17 /* reset to all ones (TCG PTP 4.6.2) */
#define PCR_DRTM_LAST 22

void appraisal_init(struct appraisal *appraisal)
{
	memset(appraisal, 0, offsetof(struct appraisal, findings));
	findings_init(&appraisal->findings);
}

void appraisal_done(struct appraisal *appraisal)
{
	bytes_done(&appraisal->state);
}

static void appraisal_copy(const struct appraisal *from, struct appraisal *to)
{
	memcpy(to, from, offsetof(struct appraisal, findings));
	findings_copy(&from->findings, &to->findings);
}

static bool is_in(pcr_mask mask, unsigned pcr)
{
	return (mask >> pcr & 1) != 0;
}

static void add(struct findings *findings, enum reason reason)
{
	struct finding f = finding_of(reason);

	findings_add(findings, &f);
}

/* One hash over the values that the boot explains; caps may come later. */
static enum status boot_values(const struct appraisal_input *input, pcr_mask explained,
			       struct digest *out)
{
	const struct node_class *k = input->node_class;
	const struct pcr_selection selection = {
		.count = 1,
		.bank = { { k->bank, explained & ~((pcr_mask)1 << k->cap) } },
	};

	return pcr_composite(&selection, input->values, DIGEST_SHA256, out);
}

static enum status state_start(const struct appraisal_input *input, struct appraisal_state *state)
{
	struct span generation = reference_facts(input->reference).generation;

	appraisal_state_init(state);
	if (generation.len != sizeof(state->generation))
		return STATUS_MALFORMED;
	memcpy(state->generation, generation.data, generation.len);
	ima_state_init(&state->ima, input->node_class->bank);
	return digest_of(DIGEST_SHA256, input->node_class->name, &state->class_name);
}

/* The session's state, if it can be gone on from. One that can't be read counts
 * as none: then the host is asked for everything again. */
static bool resume(const struct appraisal_input *input, struct appraisal_state *state)
{
	return input->state.len > 0 && appraisal_state_read(input->state, state) == OK &&
	       appraisal_state_is_usable(state, input->reference, input->node_class, input->now);
}

/* Goes on from the boot that the state has. */
static enum status keep_boot(const struct appraisal_input *input,
			     const struct appraisal_state *state, struct findings *findings,
			     bool *has_matched)
{
	struct digest values;
	enum status status = boot_values(input, state->boot.explained, &values);

	if (status == STATUS_NO_MEMORY)
		return status;
	*has_matched = status == OK && digest_equal(&values, &state->boot_values);
	if (!*has_matched)
		add(findings, REASON_BOOT_PCR_CHANGED);
	return OK;
}

/*
 * Was the host asked for less than is wanted now? Only where release or class changed
 * since, or the state ran out on the way: else a host that leaves its boot log out would
 * put its verdict off for as long as it likes.
 */
static bool is_overtaken(const struct appraisal_input *input)
{
	struct appraisal_state known;

	if (input->boot_log.len > 0 || input->state.len == 0)
		return false;
	return input->in_use_since >= input->asked ||
	       (appraisal_state_read(input->state, &known) == OK &&
		appraisal_state_is_usable(&known, input->reference, input->node_class,
					  input->asked));
}

static enum status match_boot(const struct appraisal_input *input, struct appraisal_state *state,
			      struct findings *findings, bool *has_matched)
{
	struct boot_outcome outcome;
	enum status status = OK;

	if (is_overtaken(input))
		add(findings, REASON_EVIDENCE_OVERTAKEN);
	else
		status = boot_appraise(input, has_matched, &outcome, findings);
	if (status != OK || !*has_matched)
		return status;
	/* Entries were judged by another release's sets: from 0 again. */
	if (!digest_equal(&outcome.manifest, &state->boot.manifest))
		ima_state_init(&state->ima, input->node_class->bank);
	state->boot = outcome;
	return boot_values(input, outcome.explained, &state->boot_values);
}

static enum status explain_reset(const struct appraisal_input *input,
				 const struct appraisal_state *state, unsigned pcr, bool *is_right)
{
	const struct node_class *k = input->node_class;
	const struct digest *value = pcr_value(input->values, k->bank, pcr);
	bool is_drtm = pcr >= PCR_DRTM_FIRST && pcr <= PCR_DRTM_LAST;
	struct digest reset = digest_filled(k->bank, is_drtm ? 0xff : 0);

	if (value == NULL)
		return OK;
	if (pcr == k->cap)
		return cap_is_explained(k->bank, &state->boot.cap_base, value, is_right);
	*is_right = digest_equal(value, &reset);
	return OK;
}

/* The quoted PCRs that the boot does not explain and that were touched. */
static enum status find_unexplained(const struct appraisal_input *input,
				    const struct appraisal_state *state, pcr_mask *out)
{
	const struct node_class *k = input->node_class;
	pcr_mask unexplained = 0;

	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		bool is_right = is_in(state->boot.explained, pcr) && pcr != k->cap;
		enum status status = OK;

		if (!is_in(k->select, pcr))
			continue;
		if (!is_right)
			status = explain_reset(input, state, pcr, &is_right);
		if (status != OK)
			return status;
		if (!is_right)
			unexplained |= (pcr_mask)1 << pcr;
	}
	*out = unexplained;
	return OK;
}

/* Every quoted PCR: explained by the boot, reached by IMA, or never touched; any
 * other value would stand for something that nobody looked at (b04). */
static void account_for_pcrs(const struct appraisal_input *input, pcr_mask unexplained,
			     const struct ima_state *ima, struct findings *findings)
{
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		struct finding f = finding_of(REASON_PCR_UNEXPLAINED);
		char text[16];

		if (!is_in(unexplained, pcr) ||
		    (is_in(ima->progress.named, pcr) && pcr != input->node_class->cap))
			continue;
		(void)snprintf(text, sizeof(text), "pcr=%u", pcr);
		finding_detail(&f, text, (struct span){ 0 });
		findings_add(findings, &f);
	}
}

static void report(const struct appraisal_state *state, const struct ima_sets *sets,
		   struct appraisal *out)
{
	const struct ima_rules *rules = &sets->booted.ima;

	out->has_release = true;
	out->manifest = state->boot.manifest;
	out->version = state->boot.version;
	out->release = state->boot.release;
	if (sets->booted.scope.is_emergency)
		out->emergency = sets->booted.manifest;
	else if (state->ima.uses_emergency)
		out->emergency = sets->emergency;
	out->entries = state->ima.progress.entries;
	out->excluded = state->ima.excluded;
	out->violations = state->ima.violations;
	out->uses_builtin_policy =
		rules->allow_builtin_policy && state->ima.phase != IMA_PHASE_IN_FORCE;
	out->lacks_modules_disabled = !rules->modules_disabled;
	findings_join(&out->findings, &state->ima.findings);
}

static enum status appraise_logs(const struct appraisal_input *input, struct appraisal_state *state,
				 struct appraisal *out)
{
	struct ima_sets sets;
	/* No entry accounts for a cap. */
	pcr_mask unexplained = 0, cap = (pcr_mask)1 << input->node_class->cap;
	bool is_complete = false;
	enum status status = ima_sets_collect(input, state->boot.release, &sets);

	if (status == STATUS_TOO_LARGE) {
		add(&out->findings, REASON_RELEASE_UNUSABLE);
		return OK;
	}
	if (status == OK)
		status = find_unexplained(input, state, &unexplained);
	if (status == OK)
		status = ima_appraise(input, &sets, unexplained & ~cap, &state->ima, &out->findings,
				      &out->prefix_bytes, &is_complete);
	if (status == STATUS_TOO_LARGE) {
		add(&out->findings, REASON_RELEASE_UNUSABLE);
		status = OK;
		is_complete = false;
	}
	if (status != OK)
		return status;
	state->valid_until = sets.valid_until;
	report(state, &sets, out);
	out->is_unproven = ima_state_is_unproven(&state->ima);
	if (is_complete) {
		claims_affirm(&out->claims, CLAIM_EXECUTABLES);
		claims_affirm(&out->claims, CLAIM_CONFIGURATION);
		account_for_pcrs(input, unexplained, &state->ima, &out->findings);
	}
	if (ima_state_is_lost(&state->ima))
		return OK;
	return appraisal_state_write(state, &out->state);
}

/* A kernel that is not locked down takes unsigned modules from memory (i23). */
static void check_lockdown(const struct release *release, struct findings *findings)
{
	if (!release->ima.allow_builtin_policy && release->boot.lockdown == LOCKDOWN_NONE)
		add(findings, REASON_LOCKDOWN_MISSING);
}

static enum status appraise_session(const struct appraisal_input *input,
				    struct appraisal_state *state, bool is_resumed,
				    struct appraisal *out)
{
	bool has_matched = false;
	enum status status = is_resumed && input->boot_log.len == 0
				     ? keep_boot(input, state, &out->findings, &has_matched)
				     : match_boot(input, state, &out->findings, &has_matched);
	struct release release;

	if (status != OK || !has_matched)
		return status;
	status = reference_release(input->reference, state->boot.release, &release);
	if (status != OK)
		return status;
	check_lockdown(&release, &out->findings);
	return appraise_logs(input, state, out);
}

enum status appraise(const struct appraisal_input *input, struct appraisal *out)
{
	struct appraisal_state state;
	struct appraisal result;
	bool is_resumed = resume(input, &state);
	enum status status = is_resumed ? OK : state_start(input, &state);

	appraisal_init(&result);
	if (status == OK)
		status = appraise_session(input, &state, is_resumed, &result);
	if (status != OK) {
		appraisal_done(&result);
		return status;
	}
	claims_lower(&result.claims, &result.findings);
	result.is_retryable = findings_have_any(&result.findings, SEVERITY_RETRYABLE) &&
			      !findings_have_any(&result.findings, SEVERITY_CONTRAINDICATED);
	appraisal_copy(&result, out);
	return OK;
}

struct appraisal_wants appraisal_wants(const struct reference *ref,
				       const struct node_class *node_class, struct span state,
				       int64_t now)
{
	struct appraisal_state known;

	if (state.len == 0 || appraisal_state_read(state, &known) != OK ||
	    !appraisal_state_is_usable(&known, ref, node_class, now))
		return (struct appraisal_wants){ .next_entry = 0, .boot_log = true };
	return (struct appraisal_wants){ .next_entry = known.ima.progress.entries };
}
