/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "verifier/signer/core.h"

static void add_finding(enum reason reason, struct findings *findings)
{
	struct finding finding = finding_of(reason);

	if (reason != REASON_NONE)
		findings_add(findings, &finding);
}

/* A finding that the appraiser can't have: it decides, like its own. */
static void add_own_finding(const struct turn *turn, const struct pending *p,
			    struct findings *findings)
{
	enum reason reason = reason_to_refuse(turn, &p->row);

	add_finding(p->journal.has_gap ? REASON_JOURNAL_GAP : REASON_NONE, findings);
	for (size_t i = 0; i < findings->count; i++)
		if (findings->list[i].reason == reason)
			return;
	add_finding(reason, findings);
}

/* The host is as good as it was; the verifier may not, or can't, grant anything
 * new. What it granted before runs out by itself. */
static enum reason reason_to_withhold(const struct turn *turn, const struct pending *p)
{
	const struct signer *s = turn->signer;
	struct node_class node_class;

	if (!challenge_class(s, p->row.class_name, &node_class))
		return REASON_CLASS_UNKNOWN;
	if (reference_facts(&s->reference).valid_until < turn->now)
		return REASON_RELEASE_STALE;

	const struct authority *authority =
		signer_keys_authority(&s->keys, node_class.trust_domain);

	if (authority == NULL)
		return REASON_TRUST_DOMAIN_UNKNOWN;
	if (authority->until <= turn->now)
		return REASON_AUTHORITY_EXPIRED;
	return p->issued + node_class.grant_lifetime_s <= turn->now ? REASON_EVIDENCE_LATE
								    : REASON_NONE;
}

/* Says why, without a change to claims that were already derived. */
static bool withhold(enum reason reason, struct findings *findings)
{
	add_finding(reason, findings);
	return reason != REASON_NONE;
}

static bool is_withheld(const struct turn *turn, const struct pending *p, struct findings *findings)
{
	return withhold(reason_to_withhold(turn, p), findings);
}

static enum node_state state_of_claims(const struct claims *claims)
{
	/* clang-format off */
	switch (claims_verdict(claims)) {
	case VERDICT_TRUSTED: return NODE_TRUSTED;
	case VERDICT_WARNED: return NODE_WARNED;
	case VERDICT_UNTRUSTED: return NODE_UNTRUSTED;
	}
	/* clang-format on */
	return NODE_UNTRUSTED;
}

/* A retryable end decides nothing, and no part of a log does, unless something
 * bad was found as well. */
static bool is_undecided(const struct conclusion *c)
{
	return (c->is_retry || c->is_unproven) &&
	       !findings_have_any(c->findings, SEVERITY_CONTRAINDICATED);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* For the authenticated minting key and no other; from the nonce's issue on, so
 * that a quote that was held back buys nothing (ATTACKS q25), not beyond the release
 * that it stands on, and not beyond what signs it: some validators look at the leaf's
 * time alone. */
static enum status make_grant(struct turn *turn, const struct pending *p, int64_t end,
			      struct grant *grant)
{
	const struct signer *s = turn->signer;
	const struct authentication *a = &p->authentication;
	struct grant_request request = { .x = a->minting_x,
					 .y = a->minting_y,
					 .issued = p->issued };

	if (a->authenticity != AUTHENTIC || !a->has_minting_key || !s->has_reference ||
	    !challenge_class(s, p->row.class_name, &grant->node_class))
		return OK;
	grant->authority = signer_keys_authority(&s->keys, grant->node_class.trust_domain);
	if (grant->authority == NULL)
		return OK;
	request.expires =
		earlier(p->issued + grant->node_class.grant_lifetime_s, grant->authority->until);
	request.expires = earlier(request.expires, end);
	if (request.expires <= turn->now)
		return OK;

	enum status status = turn->random(request.name, sizeof(request.name));

	if (status == OK)
		status = turn->random(request.serial, sizeof(request.serial));
	if (status == OK)
		status = authority_grant(grant->authority, &request, &grant->certificate);
	if (status == OK)
		status = digest_of(DIGEST_SHA256, span_of(&grant->certificate), &grant->digest);
	if (status == OK)
		status = entry_texts_find(turn, &grant->node_class, &grant->entries);
	if (status == OK)
		grant->expires = request.expires;
	return status;
}

static enum status add_reason(struct turn *turn, const struct finding *finding,
			      struct reason_item *item)
{
	struct layer_owner owner = { 0 };

	if (turn->signer->has_reference)
		owner = reference_owner(&turn->signer->reference, finding->layer);
	*item = (struct reason_item){
		.code = span_text(reason_facts(finding->reason)->code),
		.layer = finding->layer,
		.entry = finding->entry,
		.owner = owner.owner,
		.contact = owner.escalation,
	};
	return keep_copy(turn->keep, span_text(finding->detail), &item->detail);
}

static enum status list_reasons(struct turn *turn, const struct findings *findings,
				struct reason_list *out)
{
	enum status status = OK;

	for (size_t i = 0; i < findings->count && status == OK; i++) {
		status = add_reason(turn, &findings->list[i], &out->items[i]);
		out->count = i + 1;
	}
	return status;
}

/* What is stored of the boot session. A key that was capped must be certified
 * anew, so only a trusted session remembers it. */
static void fill_session(const struct pending *p, const struct conclusion *c, enum node_state state,
			 struct session_row *session)
{
	const struct authentication *a = &p->authentication;

	*session = (struct session_row){
		.reset = a->counters.reset_count,
		.restart = a->counters.restart_count,
		.generation = { .data = p->generation, .len = SHA256_SIZE },
		.evidence_digest = p->evidence_digest,
		.evidence = p->evidence,
	};
	if (a->authenticity == AUTHENTIC && a->has_minting_key && state == NODE_TRUSTED)
		session->minting_name = name_span(&a->minting_name);
	/* Nothing was found out about it. */
	if (is_undecided(c))
		session->minting_name = p->session.minting_name;
}

static enum status store_it(struct turn *turn, const struct pending *p, const struct conclusion *c,
			    enum node_state state, const struct grant *grant, struct span encoded)
{
	const struct authentication *a = &p->authentication;
	bool is_new = a->is_new_session || !p->session.is_stored;
	bool is_granted = state == NODE_TRUSTED && !is_undecided(c);
	struct attestation row = {
		.node = p->row.node,
		.ak_name = p->row.ak_name,
		.act_time = p->row.act_time,
		.previous = p->row.counters,
		.counters = counters_of(a->counters.reset_count, a->counters.restart_count,
					a->counters.clock),
		.generation = { .data = p->generation, .len = SHA256_SIZE },
		.verdict = state,
		.is_decided = !is_undecided(c),
		.now = turn->now,
		.expires = grant->expires,
		.release_version = is_granted ? c->release_version : 0,
		.manifest = is_granted ? digest_span(&c->manifest) : (struct span){ 0 },
		.is_new_session = is_new,
	};

	fill_session(p, c, state, &row.session);
	row.session.result = encoded;
	journal_store(p, row.is_decided, &row.session);
	session_go_on(&p->session, c, row.is_decided && !c->is_unproven, &row);
	if (a->authenticity == AUTHENTIC_REFUSED && a->why.reason == REASON_TPM_CLEARED)
		return store_attest_cleared(turn->signer->store, &row);

	enum status status = store_attest(turn->signer->store, &row);

	if (status != OK || session_log_is_kept(&row.session) || !session_log_is_kept(&p->session))
		return status;
	return audit_note(turn, "log-not-kept", (struct span){ 0 }, &p->row.node, "%llu entries",
			  (unsigned long long)row.session.entries);
}

/* Nothing was changed: say which of the conditions failed. */
static enum refusal why_not_stored(struct turn *turn, const struct pending *p)
{
	const struct tpm_counters *c = &p->authentication.counters;
	struct counters own = counters_of(c->reset_count, c->restart_count, c->clock);
	struct node_row row;
	enum status status = store_node(turn->signer->store, &p->row.node, turn->keep, &row);

	if (status != OK)
		return refusal_of(status);
	if (row.standing != STANDING_ACTIVE)
		return refusal_of_standing(row.standing);
	if (!span_equal(row.ak_name, p->row.ak_name))
		return REFUSAL_AK_CHANGED;
	if (!span_equal((struct span){ .data = p->generation, .len = SHA256_SIZE },
			signer_generation(turn->signer)))
		return REFUSAL_GENERATION_CHANGED;
	/* Another class has other reference values: appraise again. */
	if (row.act_time != p->row.act_time)
		return REFUSAL_GENERATION_CHANGED;
	/* Another of its quotes was faster: this one goes on from there. */
	if (memcmp(row.counters.value, p->row.counters.value, COUNTERS_SIZE) != 0 &&
	    memcmp(row.counters.value, own.value, COUNTERS_SIZE) < 0)
		return REFUSAL_GENERATION_CHANGED;
	return REFUSAL_EVIDENCE_REPLAYED;
}

static enum status note_it(struct turn *turn, const struct pending *p, enum node_state state,
			   const struct grant *grant, const struct reason_list *reasons)
{
	struct span why = reasons->count > 0 ? reasons->items[0].code : (struct span){ 0 };
	enum status status = OK;

	if (state != p->row.verdict)
		status = audit_note(turn, "verdict", (struct span){ 0 }, &p->row.node,
				    "%s to %s %.*s", node_state_name(p->row.verdict),
				    node_state_name(state), (int)why.len, (const char *)why.data);
	if (status == OK)
		status = journal_note(turn, p);
	if (status != OK || grant->expires == 0)
		return status;

	AUTO_DONE(bytes) text = { 0 };

	status = digest_text_append(&text, &grant->digest);
	return status == OK
		       ? audit_note(turn, "grant", (struct span){ 0 }, &p->row.node,
				    "%.*s %s until %lld", (int)text.len, (const char *)text.data,
				    grant->authority->trust_domain, (long long)grant->expires)
		       : status;
}

/* Only what is on record: a failure further up undoes the rest. */
static void count_it(struct turn *turn, const struct conclusion *c, const struct grant *grant)
{
	if (is_undecided(c))
		return;
	turn->signer->verdicts++;
	if (grant->expires != 0)
		turn->signer->grants++;
}

static enum status write_result(struct turn *turn, const struct conclusion_text *text,
				struct result *result, struct bytes *encoded)
{
	enum status status = OK;

	result->is_retry = is_undecided(text->conclusion);
	if (!result->is_retry)
		status = statement_make(turn, text, result);
	return status == OK ? signer_result_encode(result, encoded) : status;
}

/* Beside what is signed and stored, which names their digest: to a node that does
 * not have them. */
static void offer_entries(const struct pending *p, const struct grant *grant, struct result *result)
{
	if (memcmp(p->entries_held, grant->entries->digest.value, SHA256_SIZE) != 0)
		result->entries = span_of(&grant->entries->text);
}

static void grant_done(struct grant *grant)
{
	bytes_done(&grant->certificate);
}

AUTO_RELEASE(grant, grant_done);

/* A node learns the roots of its trust domain whether or not it gets a grant. */
static const struct authority *bundle_authority(const struct turn *turn, const struct pending *p)
{
	struct node_class node_class;

	if (!challenge_class(turn->signer, p->row.class_name, &node_class))
		return NULL;
	return signer_keys_authority(&turn->signer->keys, node_class.trust_domain);
}

enum refusal conclude(struct turn *turn, const struct pending *pending,
		      const struct conclusion *conclusion, struct result *result)
{
	struct conclusion c = *conclusion;
	struct reason_list *reasons = &result->reasons;
	struct findings findings;
	AUTO_DONE(grant) grant = { 0 };
	AUTO_DONE(bytes) encoded = { 0 };

	findings_copy(conclusion->findings, &findings);
	c.findings = &findings;
	add_own_finding(turn, pending, &findings);
	claims_lower(&c.claims, &findings);

	enum node_state state = state_of_claims(&c.claims);
	struct trial trial = { 0 };
	bool may_grant = state == NODE_TRUSTED && !is_undecided(&c) && !c.is_unproven &&
			 !is_withheld(turn, pending, &findings);
	enum status status = may_grant ? trial_begin(turn, &pending->row.node, &c, &trial) : OK;

	if (trial.withheld != REASON_NONE)
		may_grant = !withhold(trial.withheld, &findings);
	struct conclusion_text text = { .pending = pending,
					.conclusion = &c,
					.state = state,
					.grant = &grant,
					.reference = &turn->signer->reference,
					.bundle_of = bundle_authority(turn, pending),
					.reasons = reasons };
	if (status == OK)
		status = list_reasons(turn, &findings, reasons);
	if (status == OK && may_grant)
		status = make_grant(turn, pending, trial.end, &grant);
	/* After the grant was tried: one whose time is over before it was made
	 * must not live on as an attestation result. */
	text.has_ear = pending->wants_ear && (state != NODE_TRUSTED || grant.expires != 0);
	if (status == OK)
		status = jwt_svids_mint(turn, pending, &grant, result);
	if (status == OK)
		status = write_result(turn, &text, result, &encoded);
	if (status == OK)
		status = store_it(turn, pending, &c, state, &grant, span_of(&encoded));
	if (status == STATUS_MISMATCH)
		return why_not_stored(turn, pending);
	if (status == OK && grant.expires != 0)
		offer_entries(pending, &grant, result);
	if (status == OK && grant.expires != 0)
		status = trial_note(turn, &pending->row, &c, &trial);
	if (status == OK && !is_undecided(&c))
		status = note_it(turn, pending, state, &grant, reasons);
	if (status != OK)
		return refusal_of(status == STATUS_NOT_FOUND ? STATUS_IO : status);
	count_it(turn, &c, &grant);
	return REFUSAL_NONE;
}
