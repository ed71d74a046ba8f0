/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/collect/release_validation.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tools/command.h"
#include "tools/collect/draft_image.h"
#include "tools/evidence/evidence_quote.h"
#include "verifier/appraisal/boot_match.h"
#include "verifier/appraisal/ima_entry_check.h"

#define UNMATCHED_MAX ((size_t)1 << 20)

void validation_done(struct validation *v)
{
	for (size_t i = 0; i < v->count; i++) {
		free(v->unmatched[i].detail);
		free(v->unmatched[i].nearest);
	}
	free(v->unmatched);
	bytes_done(&v->manifest);
	bytes_done(&v->boot_file);
	bytes_done(&v->ima_file);
	bytes_done(&v->image);
	evidence_file_done(&v->evidence);
	appraisal_done(&v->appraisal);
}

static void fail(struct validation *v, enum status status)
{
	if (v->status == OK)
		v->status = status;
}

static struct unmatched *add_unmatched(struct validation *v, const struct finding *finding)
{
	if (v->count == v->capacity) {
		size_t capacity = v->capacity == 0 ? 64 : 2 * v->capacity;
		void *grown = capacity > UNMATCHED_MAX
				      ? NULL
				      : reallocarray(v->unmatched, capacity, sizeof(*v->unmatched));

		if (grown == NULL) {
			fail(v, STATUS_NO_MEMORY);
			return NULL;
		}
		v->unmatched = grown;
		v->capacity = capacity;
	}
	struct unmatched *u = &v->unmatched[v->count];

	*u = (struct unmatched){ .reason = finding->reason, .number = finding->entry };
	u->detail = strdup(finding->detail);
	if (u->detail == NULL)
		fail(v, STATUS_NO_MEMORY);
	else
		v->count++;
	return u->detail == NULL ? NULL : u;
}

static void event_unexplained(void *self, const struct finding *finding,
			      const struct boot_event *event)
{
	struct validation *v = self;
	struct unmatched *u = add_unmatched(v, finding);

	if (u != NULL)
		fail(v, nearest_rule(v, event, u));
}

static enum status pinned_pcrs(const struct validation *v, pcr_mask *out)
{
	for (uint32_t i = 0; i < v->release.boot.pcrs.count; i++) {
		struct boot_rule rule;
		enum status status =
			reference_boot_rule(&v->ref, v->release.boot.pcrs.first + i, &rule);

		if (status != OK)
			return status;
		*out |= (pcr_mask)1 << rule.pcr;
	}
	return OK;
}

static enum status match_boot(struct validation *v)
{
	struct boot_match_input input = { .ref = &v->ref,
					  .release = &v->release,
					  .log = v->boot_log,
					  .bank = v->node_class.bank,
					  .quoted = v->node_class.select & ~((pcr_mask)1 << 10),
					  .unexplained = event_unexplained,
					  .self = v };
	struct boot_match match;
	enum status status = pinned_pcrs(v, &input.pinned);

	if (status == OK)
		status = nearest_init(v);
	if (status == OK)
		status = boot_match(&input, &match);
	if (status != OK)
		return status;
	v->events = match.extending;
	v->events_explained = match.explained;
	return v->status;
}

static struct appraisal_input input_of(const struct validation *v)
{
	return (struct appraisal_input){
		.reference = &v->ref,
		.node_class = &v->node_class,
		.node = node_id_span(&v->evidence.node),
		.values = &v->authentication.values,
		.boot_log = v->boot_log,
		.ima_log = v->ima_log,
		.now = v->release.not_before,
	};
}

/* What is wrong with each entry, one after the other. */
static enum status check_entry(struct validation *v, struct ima_walk *walk, struct ima_state *state,
			       const struct ima_entry *entry)
{
	enum status status;

	findings_init(&state->findings);
	walk->searches_left = 0;
	ima_walk_ahead(walk, entry, 0);
	status = ima_entry_check(walk, entry, 0);
	v->entries++;
	v->entries_explained += state->findings.count == 0;
	for (size_t i = 0; i < state->findings.count && status == OK; i++) {
		struct unmatched *u = add_unmatched(v, &state->findings.list[i]);

		if (u == NULL)
			return v->status;
		u->is_ima = true;
		u->path = entry->path;
		if (digest_from(entry->file_alg, entry->file_digest, &u->digest) != OK)
			u->digest = (struct digest){ 0 };
	}
	return status;
}

static enum status match_ima(struct validation *v)
{
	const struct appraisal_input input = input_of(v);
	struct ima_sets *sets = malloc(sizeof(*sets));
	struct ima_walk *walk = malloc(sizeof(*walk));
	struct ima_state *state = malloc(sizeof(*state));
	enum status status = sets == NULL || walk == NULL || state == NULL ? STATUS_NO_MEMORY : OK;
	struct ima_log log;
	struct ima_entry entry;

	if (status == OK)
		status = ima_sets_collect(&input, 0, sets);
	if (status == OK)
		status = ima_walk_init(walk, &input, sets, state);
	if (status == OK) {
		ima_state_init(state, v->node_class.bank);
		walk->is_covered = true;
		status = ima_log_open(v->ima_log, DIGEST_SHA1, 0, &log);
	}
	while (status == OK && (status = ima_log_next(&log, &entry)) == OK)
		status = check_entry(v, walk, state, &entry);
	free(sets);
	free(walk);
	free(state);
	return status == STATUS_NOT_FOUND ? OK : status;
}

/* Where logs stand alone, the PCRs are what they lead to. */
static enum status values_of_logs(struct validation *v)
{
	enum digest_alg bank = v->node_class.bank;
	struct pcr_values *values = &v->authentication.values;
	struct digest zero = digest_filled(bank, 0);
	struct ima_progress progress;
	struct boot_replay *replay = malloc(sizeof(*replay));
	size_t replayed = 0;
	bool is_reached = false;
	enum status status =
		replay == NULL ? STATUS_NO_MEMORY : boot_log_replay(v->boot_log, replay);

	pcr_values_init(values);
	for (unsigned pcr = 0; pcr < PCR_COUNT && status == OK; pcr++) {
		const struct digest *value = pcr_value(&replay->values, bank, pcr);

		if ((v->node_class.select >> pcr & 1) != 0)
			status = pcr_value_set(values, pcr, value == NULL ? &zero : value);
	}
	free(replay);
	/* No log leads to all ones: it is read to its end. */
	struct digest nowhere = digest_filled(bank, 0xff);
	if (status == OK)
		status = pcr_value_set(values, IMA_PCR, &nowhere);
	ima_progress_init(&progress, bank);
	if (status == OK)
		status = ima_replay(v->ima_log, DIGEST_SHA1, IMA_BANK_PROPER, values, NULL,
				    &progress, &replayed, &is_reached);
	if (status == OK)
		status = pcr_value_set(values, IMA_PCR, &progress.bank.value[IMA_PCR]);
	return status;
}

static bool has_cell(const struct validation *v, const struct node_class *k)
{
	AUTO_DONE(bytes) cell = { 0 };

	if (bytes_append(&cell, v->release.platform) != OK || bytes_append_byte(&cell, '/') != OK ||
	    bytes_append(&cell, v->release.kernel) != OK)
		return false;
	return reference_range_has_text(&v->ref, k->cells, span_of(&cell));
}

/* The node's class; where logs stand alone, one that may run the release. */
static enum status find_class(struct validation *v)
{
	uint32_t count = reference_facts(&v->ref).class_count;

	if (v->has_evidence &&
	    reference_class_named(&v->ref, span_of(&v->evidence.class_name), &v->node_class) == OK)
		return OK;
	for (uint32_t i = 0; i < count && !v->has_evidence; i++)
		if (reference_class(&v->ref, i, &v->node_class) == OK &&
		    has_cell(v, &v->node_class))
			return OK;
	(void)unusable("the matrix has no class for this machine and cell");
	return STATUS_NOT_FOUND;
}

static enum status find_values(struct validation *v)
{
	if (!v->has_evidence)
		return values_of_logs(v);

	enum status status =
		evidence_authenticate(&v->evidence, &v->ref, &v->node_class, &v->authentication);
	if (status == OK && v->authentication.authenticity != AUTHENTIC) {
		(void)unusable("the evidence is not its TPM's: %s %s",
			       reason_facts(v->authentication.why.reason)->code,
			       v->authentication.why.detail);
		return STATUS_MISMATCH;
	}
	return status;
}

static enum status take_logs(struct validation *v)
{
	const struct evidence *sent = &v->evidence.evidence;

	if (!v->has_evidence) {
		v->boot_log = span_of(&v->boot_file);
		v->ima_log = span_of(&v->ima_file);
		return OK;
	}
	if (!sent->has_boot_log || !sent->has_ima_log || sent->ima_first != 0) {
		(void)unusable("the evidence has not the whole of both logs: take that of a "
			       "boot's first attestation");
		return STATUS_TRUNCATED;
	}
	v->boot_log = span_of(&sent->boot_log);
	v->ima_log = span_of(&sent->ima_entries);
	return OK;
}

enum status validation_run(struct validation *v)
{
	enum status status = take_logs(v);

	if (status == OK)
		status = draft_image(span_of(&v->manifest), v->line, &v->anchor, &v->image);
	if (status == OK)
		status = reference_open(span_of(&v->image), &v->ref);
	if (status == OK)
		status = reference_release(&v->ref, 0, &v->release);
	if (status == OK)
		status = find_class(v);
	if (status == OK)
		status = find_values(v);
	if (status == OK)
		status = match_boot(v);
	if (status == OK)
		status = match_ima(v);
	if (status == OK)
		status = nearest_files(v);
	if (status != OK)
		return status;

	const struct appraisal_input input = input_of(v);
	return appraise(&input, &v->appraisal);
}

bool validation_passed(const struct validation *v)
{
	const struct claims *claims = &v->appraisal.claims;

	return v->count == 0 && claims->tier[CLAIM_EXECUTABLES] == TIER_AFFIRMING &&
	       claims->tier[CLAIM_CONFIGURATION] == TIER_AFFIRMING;
}
