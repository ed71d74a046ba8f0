/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/ima_appraisal.h"

#include <stdio.h>

#include "verifier/appraisal/ima_entry_check.h"

/* A log read after its quote reaches it. One that does not, this often in a row,
 * was not read too early: the PCR was extended by something else (i03, i12). */
#define UNREACHED_MAX 3
/* The same for files that must be loaded: services take a while to start. */
#define INCOMPLETE_MAX 3

void ima_state_init(struct ima_state *state, enum digest_alg bank)
{
	*state = (struct ima_state){ 0 };
	ima_progress_init(&state->progress, bank);
}

bool ima_state_is_unproven(const struct ima_state *state)
{
	return state->proven != state->progress.entries;
}

bool ima_state_is_lost(const struct ima_state *state)
{
	return ima_state_is_unproven(state) && state->unreached == UNREACHED_MAX;
}

static enum status add_sets(const struct reference *ref, struct ref_range range,
			    struct ima_sets *out)
{
	for (uint32_t i = 0; i < range.count; i++) {
		struct reference_set set;
		bool is_known = false;
		enum status status = reference_set(ref, range.first + i, &set);

		if (status != OK)
			return status;
		for (size_t j = 0; j < out->count; j++)
			is_known = is_known || out->set[j].table == set.table;
		if (is_known)
			continue;
		if (out->count == sizeof(out->set) / sizeof(out->set[0]))
			return STATUS_TOO_LARGE;
		out->set[out->count++] = set;
	}
	return OK;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A newer release of the booted one's cell: an update that is under way. */
static bool is_update_of(const struct release *newer, const struct release *booted)
{
	return newer->version > booted->version && span_equal(newer->line, booted->line) &&
	       span_equal(newer->platform, booted->platform) &&
	       span_equal(newer->kernel, booted->kernel);
}

enum status ima_sets_collect(const struct appraisal_input *input, uint32_t booted,
			     struct ima_sets *out)
{
	const struct reference *ref = input->reference;
	struct ima_sets sets = { 0 };
	enum status status = reference_release(ref, booted, &sets.booted);
	uint32_t count = reference_facts(ref).release_count;

	if (status == OK)
		status = add_sets(ref, sets.booted.ima.early, &sets);
	sets.early_count = sets.count;
	if (status == OK)
		status = add_sets(ref, sets.booted.ima.sets, &sets);
	sets.valid_until = earlier(sets.booted.not_after, sets.booted.accept_until);
	for (uint32_t i = 0; i < count && status == OK; i++) {
		struct release release;

		status = reference_release(ref, i, &release);
		if (status != OK || !is_update_of(&release, &sets.booted))
			continue;
		if (release.not_before > input->now)
			sets.valid_until = earlier(sets.valid_until, release.not_before);
		if (!release_is_in_force(ref, input->node_class, &release, input->now))
			continue;
		sets.valid_until = earlier(sets.valid_until, release.not_after);
		sets.valid_until = earlier(sets.valid_until, release.accept_until);
		status = add_sets(ref, release.ima.sets, &sets);
	}
	if (status == OK)
		*out = sets;
	return status;
}

static void add(struct findings *findings, enum reason reason)
{
	struct finding f = finding_of(reason);

	findings_add(findings, &f);
}

/* No prefix leads to the quote, for the nth time in a row. */
static void not_reached(struct ima_state *state, struct findings *findings)
{
	if (state->unreached < UNREACHED_MAX)
		state->unreached++;
	add(findings,
	    state->unreached < UNREACHED_MAX ? REASON_IMA_LOG_SHORT : REASON_IMA_PCR_MISMATCH);
}

/* Which of the entries given count. */
enum extent {
	EXTENT_NONE, /* a finding says why */
	EXTENT_PART, /* all; the quote lies beyond them, if anywhere */
	EXTENT_PREFIX, /* those that the quote covers */
};

/* Parts so small, or so many, are no log on its way but a way to put a verdict
 * off and to keep a verifier busy. */
static enum extent extent_of_part(const struct appraisal_input *input, struct ima_state *state,
				  struct findings *findings)
{
	uint64_t bytes = state->unproven_bytes + input->ima_log.len;

	if (!input->ima_has_more || input->ima_log.len < IMA_PART_MIN) {
		not_reached(state, findings);
		return EXTENT_NONE;
	}
	if (bytes > IMA_UNPROVEN_MAX) {
		state->unreached = UNREACHED_MAX;
		add(findings, REASON_IMA_LOG_ENDLESS);
		return EXTENT_NONE;
	}
	state->unproven_bytes = bytes;
	add(findings, REASON_IMA_LOG_PARTIAL);
	return EXTENT_PART;
}

/* *progress and *replayed are of use only with an extent. */
static enum status find_extent(const struct appraisal_input *input, struct ima_state *state,
			       struct ima_progress *progress, size_t *replayed,
			       struct findings *findings, enum extent *extent)
{
	bool is_reached = false;
	enum status status = ima_replay(input->ima_log, DIGEST_SHA1, IMA_BANK_PROPER, input->values,
					progress, replayed, &is_reached);

	*extent = EXTENT_NONE;
	switch (status) {
	case OK:
		*extent = is_reached ? EXTENT_PREFIX : extent_of_part(input, state, findings);
		return OK;
	case STATUS_NO_MEMORY:
		return status;
	case STATUS_TRUNCATED:
		not_reached(state, findings);
		return OK;
	case STATUS_NOT_FOUND:
		add(findings, REASON_IMA_PCR_UNQUOTED);
		return OK;
	case STATUS_MALFORMED:
	case STATUS_TOO_LARGE:
	case STATUS_UNSUPPORTED:
	case STATUS_MISMATCH:
	case STATUS_DENIED:
	case STATUS_IO:
	case STATUS_UNAVAILABLE:
		break;
	}
	add(findings, REASON_IMA_LOG_MALFORMED);
	return OK;
}

static enum status check_entries(const struct appraisal_input *input, const struct ima_sets *sets,
				 struct ima_state *state, size_t prefix_bytes)
{
	AUTO_DONE(ima_walk) walk = { 0 };
	struct span prefix = { input->ima_log.data, prefix_bytes };
	struct ima_log log;
	struct ima_entry entry;
	enum status status = ima_walk_init(&walk, input, sets, state);

	if (status == OK)
		status = ima_log_open(prefix, DIGEST_SHA1, input->ima_first, &log);
	while (status == OK && (status = ima_log_next(&log, &entry)) == OK)
		status = ima_entry_check(&walk, &entry);
	return status == STATUS_NOT_FOUND ? OK : status;
}

/* Paths that must have appeared and have not: the first, and how many. */
static enum status missing_required(const struct appraisal_input *input,
				    const struct ima_sets *sets, const struct ima_state *state,
				    struct span *first, size_t *count)
{
	struct ref_range range = sets->booted.ima.sets;
	size_t bit = 0;

	*count = 0;
	for (uint32_t i = 0; i < range.count; i++) {
		struct reference_set set;
		enum status status = reference_set(input->reference, range.first + i, &set);

		if (status != OK)
			return status;
		for (uint32_t j = 0; j < set.must_appear.count; j++, bit++) {
			if (bit >= IMA_REQUIRED_MAX)
				return STATUS_TOO_LARGE;
			if ((state->seen[bit / 64] >> (bit % 64) & 1) != 0)
				continue;
			if ((*count)++ == 0)
				*first =
					reference_text(input->reference, set.must_appear.first + j);
		}
	}
	return OK;
}

static enum status check_required(const struct appraisal_input *input, const struct ima_sets *sets,
				  struct ima_state *state, struct findings *findings)
{
	struct span first = { 0 };
	size_t count = 0;
	enum status status = missing_required(input, sets, state, &first, &count);

	if (status != OK)
		return status;
	if (count == 0) {
		state->incomplete = 0;
		return OK;
	}
	if (state->incomplete < INCOMPLETE_MAX)
		state->incomplete++;

	struct finding f =
		finding_of(state->incomplete < INCOMPLETE_MAX ? REASON_IMA_REQUIRED_MISSING
							      : REASON_IMA_REQUIRED_ABSENT);
	char more[32];

	finding_detail(&f, NULL, first);
	(void)snprintf(more, sizeof(more), "missing=%zu", count);
	finding_detail(&f, more, (struct span){ 0 });
	findings_add(findings, &f);
	return OK;
}

/* RELEASES.md: without the policy and a locked down kernel, executables never
 * affirms, unless the release says that the built-in policy will do. */
static void check_policy(const struct ima_sets *sets, const struct ima_state *state,
			 struct findings *findings)
{
	if (!ima_policy_is_required(&sets->booted.ima) || state->phase == IMA_PHASE_IN_FORCE)
		return;
	add(findings, state->phase == IMA_PHASE_LOADED ? REASON_IMA_POLICY_NOT_IN_FORCE
						       : REASON_IMA_POLICY_MISSING);
}

/* Not what follows on the state's entries: parts that the host does not go on
 * with are given up, so that it can begin again. */
static void leave_gap(struct ima_state *state, struct findings *findings)
{
	if (ima_state_is_unproven(state))
		state->unreached = UNREACHED_MAX;
	add(findings, REASON_IMA_LOG_GAP);
}

/* False: a finding says why there is nothing to replay. */
static bool may_replay(const struct appraisal_input *input, struct ima_state *state,
		       struct findings *findings)
{
	if (input->ima_first != state->progress.entries) {
		leave_gap(state, findings);
		return false;
	}
	if (input->ima_log.len == 0 && state->progress.entries == 0) {
		add(findings, REASON_IMA_LOG_MISSING);
		return false;
	}
	if (input->ima_log.len > IMA_LOG_MAX) {
		add(findings, REASON_IMA_LOG_MALFORMED);
		return false;
	}
	return true;
}

enum status ima_appraise(const struct appraisal_input *input, const struct ima_sets *sets,
			 struct ima_state *state, struct findings *findings, size_t *prefix_bytes,
			 bool *is_complete)
{
	struct ima_progress progress = state->progress;
	size_t replayed = 0;
	enum extent extent = EXTENT_NONE;
	enum status status = OK;

	*is_complete = false;
	*prefix_bytes = 0;
	if (!may_replay(input, state, findings))
		return OK;
	status = find_extent(input, state, &progress, &replayed, findings, &extent);
	if (status != OK || extent == EXTENT_NONE)
		return status;
	if (progress.entries == 0) {
		/* Entries, and none of them quoted: IMA has extended nothing. */
		add(findings, REASON_IMA_LOG_MISSING);
		return OK;
	}
	status = check_entries(input, sets, state, replayed);
	if (status != OK)
		return status;
	state->progress = progress;
	*prefix_bytes = replayed;
	if (extent == EXTENT_PART)
		return OK;
	/* All that came before it in parts, too: one chain leads here. */
	state->unreached = 0;
	state->proven = progress.entries;
	state->unproven_bytes = 0;
	check_policy(sets, state, findings);
	*is_complete = true;
	return check_required(input, sets, state, findings);
}
