/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/ima_appraisal.h"

#include <stdio.h>
#include <string.h>

#include "verifier/appraisal/ima_entry_check.h"

/* A log read after its quote reaches it. One that does not, this often in a row,
 * was not read too early: the PCR was extended by something else (i03, i12). */
#define UNREACHED_MAX 3
/* Files that must be loaded are waited for: services take a while to start. Before
 * the last of the attempts that a node makes in quick succession. */
#define INCOMPLETE_MAX_S 20

void ima_state_init(struct ima_state *state, enum digest_alg bank)
{
	memset(state, 0, offsetof(struct ima_state, findings));
	findings_init(&state->findings);
	ima_progress_init(&state->progress, bank);
}

void ima_state_copy(const struct ima_state *from, struct ima_state *to)
{
	memcpy(to, from, offsetof(struct ima_state, findings));
	findings_copy(&from->findings, &to->findings);
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
		if (out->count == IMA_SETS_MAX)
			return STATUS_TOO_LARGE;
		out->set[out->count++] = set;
	}
	return OK;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* What follows the booted release in its cell, by an update or on the way back from
 * it: a running host may have its files already. */
static bool is_update_of(const struct release *newer, const struct release *booted)
{
	return (newer->version > booted->version || newer->rolled_back_from >= booted->version) &&
	       newer->version != booted->version && span_equal(newer->line, booted->line) &&
	       span_equal(newer->platform, booted->platform) &&
	       span_equal(newer->kernel, booted->kernel);
}

static enum status add_update(const struct appraisal_input *input, const struct release *release,
			      struct ima_sets *sets)
{
	if (release->not_before > input->now)
		sets->valid_until = earlier(sets->valid_until, release->not_before);
	if (!release_is_in_force(input, release))
		return OK;
	sets->valid_until = earlier(sets->valid_until, release->not_after);
	sets->valid_until = earlier(sets->valid_until, release->accept_until);
	if (release->scope.is_emergency)
		sets->emergency = release->manifest;
	return add_sets(input->reference, release->ima.sets, sets);
}

/* An emergency's sets come last, so that what any other release lists as well does not
 * count as its. There is one at a time. */
enum status ima_sets_collect(const struct appraisal_input *input, uint32_t booted,
			     struct ima_sets *out)
{
	const struct reference *ref = input->reference;
	struct release emergency = { 0 };
	enum status status = reference_release(ref, booted, &out->booted);
	uint32_t count = reference_facts(ref).release_count;

	if (status != OK)
		return status;
	out->count = 0;
	out->emergency = (struct digest){ 0 };
	status = add_sets(ref, out->booted.ima.early, out);
	out->early_count = out->count;
	if (status == OK)
		status = add_sets(ref, out->booted.ima.sets, out);
	out->valid_until = earlier(out->booted.not_after, out->booted.accept_until);
	for (uint32_t i = 0; i < count && status == OK; i++) {
		struct release release;

		status = reference_release(ref, i, &release);
		if (status != OK || !is_update_of(&release, &out->booted))
			continue;
		if (release.scope.is_emergency)
			emergency = release;
		else
			status = add_update(input, &release, out);
	}
	out->approved_count = out->count;
	if (status == OK && emergency.scope.is_emergency)
		status = add_update(input, &emergency, out);
	return status;
}

static void add(struct findings *findings, enum reason reason)
{
	struct finding f = finding_of(reason);

	findings_add(findings, &f);
}

/* The entry whose data was changed, where who did it left the recorded hash alone:
 * for a person's sake. It proves nothing, since no quote covers what is recorded
 * (docs/decisions/044). */
static enum status name_forged_entry(const struct appraisal_input *input, struct findings *findings)
{
	AUTO_DONE(hasher) sha1 = { 0 };
	struct ima_log log;
	struct ima_entry entry;
	struct digest hash;
	enum status status = hasher_init(&sha1, DIGEST_SHA1);

	if (status == OK)
		status = ima_log_open(input->ima_log, DIGEST_SHA1, input->ima_first, &log);
	while (status == OK && ima_log_next(&log, &entry) == OK) {
		status = ima_entry_hash(&entry, &sha1, &hash);
		if (status != OK || entry.is_violation ||
		    span_equal(digest_span(&hash), entry.template_hash))
			continue;

		struct finding f = ima_entry_finding(REASON_IMA_TEMPLATE_HASH, &entry);
		findings_add(findings, &f);
		return OK;
	}
	return status;
}

/* No prefix leads to the quote, for the nth time in a row; excuse is why that may be
 * at first. */
static enum status not_reached(const struct appraisal_input *input, enum reason excuse,
			       struct ima_state *state, struct findings *findings)
{
	if (state->unreached < UNREACHED_MAX)
		state->unreached++;
	if (state->unreached < UNREACHED_MAX) {
		add(findings, excuse);
		return OK;
	}
	add(findings, REASON_IMA_PCR_MISMATCH);
	return name_forged_entry(input, findings);
}

/* Which of the entries given count. */
enum extent {
	EXTENT_NONE, /* a finding says why */
	EXTENT_PART, /* all; the quote lies beyond them, if anywhere */
	EXTENT_PREFIX, /* those that the quote covers */
};

/* Parts so small, or so many, are no log on its way but a way to put a verdict
 * off and to keep a verifier busy. */
static enum status find_part(const struct appraisal_input *input, struct ima_state *state,
			     struct findings *findings, enum extent *extent)
{
	uint64_t bytes = state->unproven_bytes + input->ima_log.len;

	if (!input->ima_has_more || input->ima_log.len < IMA_PART_MIN)
		return not_reached(input, REASON_IMA_LOG_SHORT, state, findings);
	if (bytes > IMA_UNPROVEN_MAX) {
		state->unreached = UNREACHED_MAX;
		add(findings, REASON_IMA_LOG_ENDLESS);
		return OK;
	}
	state->unproven_bytes = bytes;
	add(findings, REASON_IMA_LOG_PARTIAL);
	*extent = EXTENT_PART;
	return OK;
}

/* A whole part whose end reaches PCR 10 while a quoted PCR waits for its first
 * entry: the one that follows may name it. */
static bool is_cut_short(const struct ima_walk *walk, size_t replayed)
{
	const struct appraisal_input *input = walk->input;

	return input->ima_has_more && replayed == input->ima_log.len && replayed >= IMA_PART_MIN &&
	       (walk->unexplained & ~walk->state->progress.named) != 0;
}

static void walk_ahead(void *context, const struct ima_entry *entry, size_t place)
{
	ima_walk_ahead(context, entry, place);
}

static enum status walk_visit(void *context, const struct ima_entry *entry, size_t place)
{
	struct ima_walk *walk = context;

	if (!walk->is_waiting)
		walk->failure = ima_entry_check(walk, entry, place);
	return walk->failure;
}

/* Entries are judged as they are replayed; *replayed bytes are of use only with an
 * extent. */
static enum status find_extent(struct ima_walk *walk, size_t *replayed, struct findings *findings,
			       enum extent *extent)
{
	const struct appraisal_input *input = walk->input;
	struct ima_visitor visitor = { walk, walk_ahead, walk_visit };
	bool is_reached = false;
	enum status status = ima_replay(input->ima_log, DIGEST_SHA1, IMA_BANK_PROPER, input->values,
					&visitor, &walk->state->progress, replayed, &is_reached);

	*extent = EXTENT_NONE;
	if (walk->failure != OK)
		return walk->failure;
	switch (status) {
	case OK:
		if (!is_reached || is_cut_short(walk, *replayed))
			return find_part(input, walk->state, findings, extent);
		*extent = EXTENT_PREFIX;
		return OK;
	case STATUS_NO_MEMORY:
		return status;
	case STATUS_TRUNCATED:
		return not_reached(input, REASON_IMA_LOG_SHORT, walk->state, findings);
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

/* The entries that the walk stopped at, and after: they count. */
static enum status check_rest(struct ima_walk *walk, size_t replayed)
{
	struct span rest = { walk->input->ima_log.data, replayed };
	size_t done = walk->waiting.offset + walk->waiting.size;
	struct ima_log log;
	struct ima_entry entry;
	enum status status = OK;

	if (!walk->is_waiting)
		return OK;
	walk->is_covered = true;
	rest.data += done;
	rest.len -= done;
	status = ima_entry_settle(walk);
	if (status == OK)
		status = ima_log_open(rest, DIGEST_SHA1, walk->waiting.index + 1, &log);
	while (status == OK && (status = ima_log_next(&log, &entry)) == OK) {
		ima_walk_ahead(walk, &entry, 0);
		status = ima_entry_check(walk, &entry, 0);
	}
	return status == STATUS_NOT_FOUND ? OK : status;
}

/* One reading for replay and judgement: *state goes on over what counts. */
static enum status check_entries(const struct appraisal_input *input, const struct ima_sets *sets,
				 pcr_mask unexplained, struct ima_state *state, size_t *replayed,
				 struct findings *findings, enum extent *extent)
{
	struct ima_walk walk;
	struct ima_state judged;
	enum status status = ima_walk_init(&walk, input, sets, &judged);

	ima_state_copy(state, &judged);
	walk.unexplained = unexplained;
	if (status == OK)
		status = find_extent(&walk, replayed, findings, extent);
	if (status != OK)
		return status;
	/* All that is kept where nothing counts. */
	state->unreached = judged.unreached;
	if (*extent == EXTENT_NONE)
		return OK;
	status = check_rest(&walk, *replayed);
	if (status == OK)
		ima_state_copy(&judged, state);
	return status;
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
		state->incomplete_since = 0;
		return OK;
	}
	/* A clock that was set back begins anew. */
	if (state->incomplete_since == 0 || state->incomplete_since > input->now)
		state->incomplete_since = input->now;

	bool is_waited_for = input->now - state->incomplete_since < INCOMPLETE_MAX_S;
	struct finding f = finding_of(is_waited_for ? REASON_IMA_REQUIRED_MISSING
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

/* False: a finding says why there is nothing to replay. */
static bool may_replay(const struct appraisal_input *input, const struct ima_state *state,
		       struct findings *findings)
{
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
			 pcr_mask unexplained, struct ima_state *state, struct findings *findings,
			 size_t *prefix_bytes, bool *is_complete)
{
	size_t replayed = 0;
	enum extent extent = EXTENT_NONE;
	enum status status = OK;

	*is_complete = false;
	*prefix_bytes = 0;
	/* A host that sends other entries than it was asked for, again and again, puts its
	 * verdict off as one does whose log is too short. */
	if (input->ima_first != state->progress.entries)
		return not_reached(input, REASON_IMA_LOG_GAP, state, findings);
	if (!may_replay(input, state, findings))
		return OK;
	status = check_entries(input, sets, unexplained, state, &replayed, findings, &extent);
	if (status != OK || extent == EXTENT_NONE)
		return status;
	if (state->progress.entries == 0) {
		/* Entries, and none of them quoted: IMA has extended nothing. */
		add(findings, REASON_IMA_LOG_MISSING);
		return OK;
	}
	*prefix_bytes = replayed;
	if (extent == EXTENT_PART)
		return OK;
	/* All that came before it in parts, too: one chain leads here. */
	state->unreached = 0;
	state->proven = state->progress.entries;
	state->unproven_bytes = 0;
	check_policy(sets, state, findings);
	*is_complete = true;
	return check_required(input, sets, state, findings);
}
