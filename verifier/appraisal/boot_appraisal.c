/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/boot_appraisal.h"

#include <stdio.h>

#include "tpm/boot_log.h"
#include "tpm/policy_digest.h"
#include "verifier/appraisal/boot_match.h"

#define CAPS_MAX 64

static bool is_in(pcr_mask mask, unsigned pcr)
{
	return (mask >> pcr & 1) != 0;
}

/* "PLATFORM/KERNEL" */
static bool is_cell(struct span cell, const struct release *release)
{
	struct span platform = { cell.data, release->platform.len };
	struct span kernel;

	if (cell.len != release->platform.len + 1 + release->kernel.len ||
	    !span_equal(platform, release->platform) || cell.data[platform.len] != '/')
		return false;
	kernel = (struct span){ cell.data + platform.len + 1, release->kernel.len };
	return span_equal(kernel, release->kernel);
}

bool release_is_for(const struct reference *ref, const struct release *release,
		    struct span class_name, struct span node)
{
	const struct release_scope *scope = &release->scope;
	struct digest id;

	if (!scope->is_emergency)
		return true;
	if (!reference_range_has_text(ref, scope->classes, class_name))
		return false;
	return scope->nodes.count == 0 || (digest_from(DIGEST_SHA256, node, &id) == OK &&
					   reference_range_has_digest(ref, scope->nodes, &id));
}

/* Dates and scope. */
static bool is_due(const struct appraisal_input *input, const struct release *release)
{
	return input->now >= release->not_before && input->now < release->not_after &&
	       input->now < release->accept_until &&
	       release_is_for(input->reference, release, input->node_class->name, input->node);
}

bool release_is_of_class(const struct reference *ref, const struct release *release,
			 const struct node_class *node_class)
{
	struct ref_range cells = node_class->cells;

	for (uint32_t i = 0; i < cells.count; i++)
		if (is_cell(reference_text(ref, cells.first + i), release))
			return true;
	return false;
}

bool release_is_in_force(const struct appraisal_input *input, const struct release *release)
{
	return is_due(input, release) &&
	       release_is_of_class(input->reference, release, input->node_class);
}

enum status cap_is_explained(enum digest_alg bank, const struct digest *base,
			     const struct digest *value, bool *is_explained)
{
	AUTO_DONE(hasher) hasher = { 0 };
	struct digest running = *base;
	struct digest cap;
	enum status status;

	/* Not capped, which most are. */
	if (digest_equal(base, value)) {
		*is_explained = true;
		return OK;
	}
	status = hasher_init(&hasher, bank);
	if (status == OK)
		status = cap_digest(bank, &cap);
	for (unsigned i = 0; i < CAPS_MAX && status == OK && !digest_equal(&running, value); i++)
		status = hasher_extend(&hasher, &running, digest_span(&cap));
	if (status == OK)
		*is_explained = digest_equal(&running, value);
	return status;
}

/* What one candidate came to. */
struct candidate {
	uint32_t index;
	struct release release;
	pcr_mask pinned;
	size_t explained;
	size_t failures;
	struct findings findings;
};

static void add_pcr_finding(struct findings *findings, struct finding f, unsigned pcr,
			    const char *name)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "pcr=%u", pcr);
	finding_detail(&f, text, span_text(name));
	findings_add(findings, &f);
}

/* Values that the release lists, whatever the log says of that PCR (b13). Two
 * rules about one PCR are alternatives. */
static enum status check_pinned(const struct appraisal_input *input, struct candidate *c)
{
	struct ref_range pcrs = c->release.boot.pcrs;
	enum layer layer[PCR_COUNT] = { 0 };
	pcr_mask allowed = 0;

	for (uint32_t i = 0; i < pcrs.count; i++) {
		struct boot_rule rule;
		enum status status = reference_boot_rule(input->reference, pcrs.first + i, &rule);

		if (status != OK)
			return status;
		if (rule.pcr >= PCR_COUNT)
			return STATUS_MALFORMED;
		const struct digest *value =
			pcr_value(input->values, input->node_class->bank, rule.pcr);

		c->pinned |= (pcr_mask)1 << rule.pcr;
		layer[rule.pcr] = rule.layer;
		/* A PCR outside the selection has no value and fails (q07). */
		if (value != NULL &&
		    reference_range_has_digest(input->reference, rule.digests, value))
			allowed |= (pcr_mask)1 << rule.pcr;
	}
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		struct finding f = finding_of(REASON_PCR_NOT_ALLOWED);

		f.layer = layer[pcr];
		if (is_in(c->pinned & ~allowed, pcr))
			add_pcr_finding(&c->findings, f, pcr, "");
	}
	return OK;
}

/* Every selected PCR that the log touches has the value it leads to. */
static enum status check_replay(const struct appraisal_input *input,
				const struct boot_replay *replay, struct candidate *c)
{
	const struct node_class *k = input->node_class;
	pcr_mask missing = replay->missing[digest_alg_index(k->bank)];

	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		const struct digest *replayed = pcr_value(&replay->values, k->bank, pcr);
		const struct digest *quoted = pcr_value(input->values, k->bank, pcr);
		bool is_right = false;
		enum status status = OK;

		if (!is_in(replay->touched & k->select & ~c->pinned, pcr))
			continue;
		if (is_in(missing, pcr) || replayed == NULL) {
			add_pcr_finding(&c->findings, finding_of(REASON_BOOT_BANK_MISSING), pcr,
					digest_name(k->bank));
			continue;
		}
		if (quoted != NULL && pcr == k->cap)
			status = cap_is_explained(k->bank, replayed, quoted, &is_right);
		else if (quoted != NULL)
			is_right = digest_equal(replayed, quoted);
		if (status != OK)
			return status;
		if (!is_right)
			add_pcr_finding(&c->findings, finding_of(REASON_BOOT_REPLAY_MISMATCH), pcr,
					"");
	}
	return OK;
}

static enum status check_events(const struct appraisal_input *input, bool is_whole_wanted,
				struct candidate *c)
{
	const struct boot_match_input match_input = {
		.ref = input->reference,
		.release = &c->release,
		.log = input->boot_log,
		.bank = input->node_class->bank,
		.quoted = input->node_class->select,
		.pinned = c->pinned,
		.is_whole_wanted = is_whole_wanted,
	};
	struct boot_match match;
	enum status status = boot_match(&match_input, &match);

	if (status != OK)
		return status;
	c->explained = match.explained;
	findings_join(&c->findings, &match.findings);
	return OK;
}

static enum status try_release(const struct appraisal_input *input,
			       const struct boot_replay *replay, bool is_whole_wanted,
			       struct candidate *c)
{
	enum status status = check_pinned(input, c);
	size_t not_allowed = c->findings.count;

	if (status == OK)
		status = check_replay(input, replay, c);
	/* A log that leads elsewhere says nothing that could be compared; what it says of
	 * other PCRs than those with listed values may tell why these are wrong. */
	if (status != OK || c->findings.count > not_allowed)
		return status;
	return check_events(input, is_whole_wanted, c);
}

static bool got_further(const struct candidate *a, const struct candidate *b)
{
	if (a->explained != b->explained)
		return a->explained > b->explained;
	return a->findings.count + a->findings.more < b->findings.count + b->findings.more;
}

bool release_is_below_ratchet(const struct appraisal_input *input, const struct release *release)
{
	return release->version < input->ratchet && release->state != RELEASE_CURRENT &&
	       input->ratchet > release->rolled_back_from;
}

static void name_release(struct finding *f, const struct release *release)
{
	char version[32];

	(void)snprintf(version, sizeof(version), "version=%llu",
		       (unsigned long long)release->version);
	finding_detail(f, "line", release->line);
	finding_detail(f, version, (struct span){ 0 });
}

static void take_outcome(const struct appraisal_input *input, const struct boot_replay *replay,
			 const struct candidate *c, struct boot_outcome *out)
{
	const struct node_class *k = input->node_class;
	const struct digest *cap = pcr_value(&replay->values, k->bank, k->cap);

	*out = (struct boot_outcome){
		.release = c->index,
		.manifest = c->release.manifest,
		.version = c->release.version,
		.explained = (replay->touched | c->pinned) & k->select,
		.cap_base = cap != NULL ? *cap : digest_filled(k->bank, 0),
	};
}

/* Every cell that this class could run is blocked: these, by name. */
static void name_blocked(const struct appraisal_input *input, struct findings *findings)
{
	struct ref_range blocked = input->node_class->blocked;

	for (uint32_t i = 0; i < blocked.count; i++) {
		struct finding f = finding_of(REASON_CELL_BLOCKED);

		finding_detail(&f, "class", input->node_class->name);
		finding_detail(&f, "cell", reference_text(input->reference, blocked.first + i));
		findings_add(findings, &f);
	}
}

/* A boot that is all of a release, and of a cell that is not this class's: named. There may
 * be many, and a host chooses what each is compared with: each as far as it fits. */
static enum status name_other_cell(const struct appraisal_input *input,
				   const struct boot_replay *replay, struct findings *findings)
{
	uint32_t count = reference_facts(input->reference).release_count;

	for (uint32_t i = 0; i < count; i++) {
		struct finding f = finding_of(REASON_CELL_NOT_ALLOWED);
		struct candidate c = { .index = i };
		enum status status = reference_release(input->reference, i, &c.release);

		if (status == OK &&
		    (!is_due(input, &c.release) ||
		     release_is_of_class(input->reference, &c.release, input->node_class)))
			continue;
		if (status == OK)
			status = try_release(input, replay, true, &c);
		if (status != OK)
			return status;
		if (c.findings.count > 0)
			continue;
		finding_detail(&f, "class", input->node_class->name);
		finding_detail(&f, "platform", c.release.platform);
		finding_detail(&f, "kernel", c.release.kernel);
		findings_add(findings, &f);
		return OK;
	}
	return OK;
}

static enum status try_releases(const struct appraisal_input *input,
				const struct boot_replay *replay, bool *has_matched,
				struct boot_outcome *out, struct findings *findings)
{
	const struct reference *ref = input->reference;
	uint32_t count = reference_facts(ref).release_count;
	struct candidate best = { 0 };
	bool has_any = false;

	for (uint32_t i = 0; i < count; i++) {
		struct candidate c = { .index = i };
		enum status status = reference_release(ref, i, &c.release);

		if (status != OK)
			return status;
		if (!release_is_in_force(input, &c.release))
			continue;
		status = try_release(input, replay, false, &c);
		if (status != OK)
			return status;
		if (c.findings.count == 0 && release_is_below_ratchet(input, &c.release)) {
			struct finding f = finding_of(REASON_RELEASE_RATCHET);

			name_release(&f, &c.release);
			findings_add(&c.findings, &f);
		}
		if (c.findings.count == 0) {
			take_outcome(input, replay, &c, out);
			*has_matched = true;
			return OK;
		}
		if (!has_any || got_further(&c, &best))
			best = c;
		has_any = true;
	}
	if (!has_any)
		name_blocked(input, findings);
	enum status status = name_other_cell(input, replay, findings);
	if (status != OK)
		return status;
	if (!has_any && findings->count == 0) {
		struct finding f = finding_of(REASON_RELEASE_NONE);

		finding_detail(&f, "class", input->node_class->name);
		findings_add(&best.findings, &f);
	}
	findings_join(findings, &best.findings);
	*has_matched = false;
	return OK;
}

/* False: a finding says why no release can be tried. */
static bool may_try(const struct appraisal_input *input, struct findings *findings)
{
	enum digest_alg bank = input->node_class->bank;
	struct finding missing = finding_of(REASON_BOOT_LOG_MISSING);
	struct finding irrevocable = finding_of(REASON_BOOT_BANK_IRREVOCABLE);

	if (input->boot_log.len == 0) {
		findings_add(findings, &missing);
		return false;
	}
	if (!reference_tells_revoked(input->reference, bank)) {
		finding_detail(&irrevocable, "bank", span_text(digest_name(bank)));
		findings_add(findings, &irrevocable);
		return false;
	}
	return true;
}

enum status boot_appraise(const struct appraisal_input *input, bool *has_matched,
			  struct boot_outcome *out, struct findings *findings)
{
	struct boot_replay replay;
	enum status status = OK;

	if (!may_try(input, findings)) {
		*has_matched = false;
		return OK;
	}
	if (input->boot_log.len <= BOOT_LOG_MAX)
		status = boot_log_replay(input->boot_log, &replay);
	else
		status = STATUS_TOO_LARGE;
	if (status == OK)
		status = try_releases(input, &replay, has_matched, out, findings);
	if (status == OK || status == STATUS_NO_MEMORY)
		return status;

	/* Malformed evidence is a claim about the host, not a failure of ours. */
	struct finding f = finding_of(REASON_BOOT_LOG_MALFORMED);

	finding_detail(&f, status_text(status), (struct span){ 0 });
	findings_add(findings, &f);
	*has_matched = false;
	return OK;
}
