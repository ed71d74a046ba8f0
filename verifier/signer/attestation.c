/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "verifier/signer/core.h"

void pending_done(struct pending *pending)
{
	keep_done(&pending->keep);
	memset(pending, 0, offsetof(struct pending, authentication));
	authentication_init(&pending->authentication);
}

/* Fresh: made here for this node, and answered while it lived. received is the
 * appraiser's word, so that it is bounded from both sides; what a late answer
 * could gain is bounded by the grant, which ends by the nonce's time. */
static enum refusal check_age(const struct turn *turn, const struct authenticate_request *request,
			      const int64_t *issued)
{
	if (*issued > turn->now + CLOCK_TOLERANCE_S || request->received > turn->now + 1 ||
	    turn->now - request->received > BODY_LIFETIME_S)
		return REFUSAL_NONCE_EXPIRED;
	if (request->received - *issued > NONCE_LIFETIME_S)
		return REFUSAL_NONCE_EXPIRED;
	return REFUSAL_NONE;
}

/* The entries of now: where the stored verdict names others, the node takes none. */
static void offer_entries(struct turn *turn, const struct authenticate_request *request,
			  struct span class_name, struct result *result)
{
	const struct class_entries *entries;
	struct node_class node_class;

	if (result->certificate.len > 0 && challenge_class(turn->signer, class_name, &node_class) &&
	    entry_texts_find(turn, &node_class, &entries) == OK &&
	    !span_equal(digest_span(&entries->digest), request->entries_held))
		result->entries = span_of(&entries->text);
}

/* A lost answer, asked for again with the same bytes: the stored result, with
 * the same end, however often. */
static enum refusal find_replay(struct turn *turn, const struct authenticate_request *request,
				const struct pending *p, struct authenticate_answer *answer)
{
	const struct session_row *session = &p->session;
	struct signer_answer stored;
	struct span result;

	if (request->evidence_digest.len != SHA256_SIZE || !session->is_stored ||
	    !span_equal(request->evidence_digest, session->evidence_digest))
		return REFUSAL_NONE;
	if (store_session_result(turn->signer->store, &request->node, turn->keep, &result) != OK ||
	    signer_answer_decode(FRAME_COMMIT, result, &stored) != OK ||
	    stored.refusal != REFUSAL_NONE)
		return REFUSAL_STORE_UNAVAILABLE;
	answer->is_final = true;
	answer->result = stored.commit;
	offer_entries(turn, request, p->row.class_name, &answer->result);
	return REFUSAL_NONE;
}

/* Copies what has to outlive this request's frame. */
static enum status keep_evidence(struct pending *p, const struct authenticate_request *request)
{
	AUTO_DONE(bytes) encoded = { 0 };
	struct evidence_item item = {
		.ek_public = p->row.ek_public,
		.ak_public = p->row.ak_public,
		.nonce = request->nonce,
		.attest = request->attest,
		.signature = request->signature,
		.pcrs = request->pcrs,
		.minting_public = request->minting_public,
		.certify_attest = request->certify_attest,
		.certify_signature = request->certify_signature,
		.report = request->report,
		.previous_reset = counters_reset(&p->row.counters),
		.previous_restart = counters_restart(&p->row.counters),
		.previous_minting_name = p->session.minting_name,
		.previous_clock = counters_clock(&p->row.counters),
	};
	enum status status = evidence_item_encode(&item, &encoded);

	if (status == OK)
		status = keep_bytes(&p->keep, &encoded, &p->evidence);
	if (status == OK)
		status = keep_copy(&p->keep, request->nonce, &p->nonce);
	if (status == OK && request->report.len > 0)
		status = keep_copy(&p->keep, request->report, &p->report);
	return status == OK ? keep_copy(&p->keep, request->evidence_digest, &p->evidence_digest)
			    : status;
}

/* The node, if there may be a verdict about it, and its boot session. */
static enum refusal load_node(struct turn *turn, const struct node_id *node, struct pending *p)
{
	struct store *store = turn->signer->store;
	enum status status = store_attester(store, node, &p->keep, &p->row, &p->session);

	return status == OK ? signer_may_judge(turn->signer, p->row.standing) : refusal_of(status);
}

static enum status run_authenticate(struct turn *turn, const struct authenticate_request *request,
				    struct pending *p)
{
	const struct signer *s = turn->signer;
	struct node_class node_class;
	struct public_area area;
	struct attester attester = { 0 };
	EVP_PKEY *found = NULL;
	const struct tpm_counters previous = {
		.reset_count = (uint32_t)counters_reset(&p->row.counters),
		.restart_count = (uint32_t)counters_restart(&p->row.counters),
		.clock = counters_clock(&p->row.counters),
	};

	(void)challenge_class(s, p->row.class_name, &node_class);

	enum status status = public_area_parse(p->row.ak_public, &area);

	if (status == OK)
		status = public_area_key_in(&area, s->keys.p256, &found);
	AUTO(EVP_PKEY) ak = found;
	if (status == OK)
		status = attester_init(p->row.ak_public, ak, p->vendor, &attester);
	/* The key that verifies is the one the store names (CVE-2022-1053). */
	if (status == OK && !span_equal(name_span(&attester.name), p->row.ak_name))
		status = STATUS_IO;
	if (status != OK)
		return status;
	attester.ready = ak == s->keys.p256 ? s->keys.p256_verifier : NULL;

	const struct quote_evidence evidence = {
		.nonce = request->nonce,
		.attest = request->attest,
		.signature = request->signature,
		.pcrs = request->pcrs,
		.minting_public = request->minting_public,
		.certify_attest = request->certify_attest,
		.certify_signature = request->certify_signature,
		.report = request->report,
		.known_minting_name = p->session.minting_name,
	};

	return authenticate(s->has_reference ? &s->reference : NULL, &node_class, &attester,
			    &previous, &evidence, &p->authentication);
}

static enum refusal refusal_of_reason(enum reason reason)
{
	if (reason == REASON_EVIDENCE_REPLAYED)
		return REFUSAL_EVIDENCE_REPLAYED;
	if (reason == REASON_QUOTE_NONCE_MISMATCH)
		return REFUSAL_NONCE_INVALID;
	if (reason == REASON_QUOTE_MALFORMED)
		return REFUSAL_MALFORMED;
	return REFUSAL_SIGNATURE_INVALID;
}

static enum refusal end_early(struct turn *turn, const struct pending *p,
			      const struct finding *finding, struct authenticate_answer *answer)
{
	struct findings findings;
	struct conclusion conclusion = { .findings = &findings };

	if (p->authentication.authenticity == AUTHENTIC)
		authentication_claims(&p->authentication, &conclusion.claims);
	findings_init(&findings);
	findings_add(&findings, finding);
	answer->is_final = true;
	return conclude(turn, p, &conclusion, &answer->result);
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static void go_on(struct turn *turn, struct pending *p, struct authenticate_answer *answer)
{
	answer->generation = (struct span){ .data = p->generation, .len = SHA256_SIZE };
	answer->class_name = p->row.class_name;
	answer->release_version = p->row.release_version;
	if (p->has_svid)
		reported_svid_path(turn, p, &answer->svid_path);
	answer->asked = p->issued;
	/* Of several verifiers one loads a moment later than another. */
	answer->in_use_since =
		later(turn->signer->in_use_since, p->row.act_time) + CLOCK_TOLERANCE_S;
	if (p->authentication.is_new_session)
		return;
	answer->entries = session_entries(&p->session);
	answer->state = session_state(&p->session);
}

static enum refusal judge(struct turn *turn, struct pending *p, struct authenticate_answer *answer)
{
	const struct authentication *a = &p->authentication;

	if (a->authenticity == UNAUTHENTICATED)
		return refusal_of_reason(a->why.reason);
	journal_recall(p);
	if (a->is_new_session)
		p->session = (struct session_row){ 0 };
	if (a->authenticity == AUTHENTIC_REFUSED) {
		/* Lower counters in an answer to an older nonce are an old quote, not
		 * a cleared TPM. */
		if (a->why.reason == REASON_TPM_CLEARED && p->issued <= p->row.attested)
			return REFUSAL_EVIDENCE_REPLAYED;
		return end_early(turn, p, &a->why, answer);
	}

	/* No log has to be read to know how this ends. */
	enum reason said = reported_check(p);
	enum reason stop = reason_to_refuse(turn, &p->row);

	if (stop == REASON_NONE)
		stop = said;
	if (stop != REASON_NONE) {
		struct finding finding = finding_of(stop);

		return end_early(turn, p, &finding, answer);
	}
	go_on(turn, p, answer);
	return REFUSAL_NONE;
}

/* Whose words these are, and whether they were asked for just now. */
static enum refusal check_freshness(struct turn *turn, const struct authenticate_request *request,
				    struct pending *p, struct authenticate_answer *answer)
{
	enum refusal refusal = load_node(turn, &request->node, p);

	if (refusal == REFUSAL_NONE)
		refusal = refusal_of(epoch_read(turn->signer, &p->epoch));
	if (refusal != REFUSAL_NONE)
		return refusal;
	if (nonce_verify(&turn->signer->keys.mac, &p->epoch, NONCE_ATTEST, &request->node,
			 request->nonce, &p->issued) != OK)
		return REFUSAL_NONCE_INVALID;
	refusal = find_replay(turn, request, p, answer);
	if (refusal != REFUSAL_NONE || answer->is_final)
		return refusal;
	return check_age(turn, request, &p->issued);
}

enum refusal attestation_begin(struct turn *turn, const struct authenticate_request *request,
			       struct authenticate_answer *answer)
{
	struct pending *p = turn->pending;

	pending_done(p);

	enum refusal refusal = check_freshness(turn, request, p, answer);

	if (refusal != REFUSAL_NONE || answer->is_final) {
		pending_done(p);
		return refusal;
	}
	tpm_vendor_read(p->row.manufacturer, p->vendor);
	memcpy(p->generation, signer_generation(turn->signer).data, SHA256_SIZE);
	p->wants_ear = request->wants_ear;
	p->has_svid = request->has_svid;
	if (request->entries_held.len == SHA256_SIZE)
		memcpy(p->entries_held, request->entries_held.data, SHA256_SIZE);

	enum status status = keep_evidence(p, request);

	if (status == OK)
		status = run_authenticate(turn, request, p);
	if (status != OK)
		return status == STATUS_MALFORMED ? REFUSAL_MALFORMED : refusal_of(status);
	refusal = judge(turn, p, answer);
	p->is_set = refusal == REFUSAL_NONE && !answer->is_final;
	return refusal;
}

/* The appraiser speaks about executables and configuration only. */
static struct claims joined_claims(const struct pending *p, const struct commit_request *request)
{
	struct claims own = { 0 };
	struct claims theirs = request->claims;

	authentication_claims(&p->authentication, &own);
	theirs.tier[CLAIM_HARDWARE] = TIER_NONE;
	theirs.tier[CLAIM_INSTANCE_IDENTITY] = TIER_NONE;
	return claims_joined(&own, &theirs);
}

/* Its nonce may be of a time that the clock was put back from meanwhile. */
static enum refusal check_epoch(const struct turn *turn, const struct pending *p)
{
	struct epoch epoch;
	enum status status = epoch_read(turn->signer, &epoch);

	if (status != OK)
		return refusal_of(status);
	return span_equal(epoch_span(&epoch), epoch_span(&p->epoch)) ? REFUSAL_NONE
								     : REFUSAL_NONCE_EXPIRED;
}

static enum refusal check_commit(const struct turn *turn, const struct commit_request *request)
{
	const struct pending *p = turn->pending;

	if (!p->is_set || memcmp(p->row.node.value, request->node.value, SHA256_SIZE) != 0)
		return REFUSAL_MALFORMED;
	if (!span_equal(request->generation,
			(struct span){ .data = p->generation, .len = SHA256_SIZE }) ||
	    !span_equal(request->generation, signer_generation(turn->signer)))
		return REFUSAL_GENERATION_CHANGED;
	if (turn->now - p->issued > NONCE_LIFETIME_S + BODY_LIFETIME_S)
		return REFUSAL_NONCE_EXPIRED;

	/* As the verdict will be: the appraiser's words alone are never a whole one. */
	const struct claims claims = joined_claims(p, request);
	enum refusal refusal = named_releases_check(turn, request, &claims);

	if (refusal == REFUSAL_NONE)
		refusal = check_epoch(turn, p);
	if (refusal != REFUSAL_NONE)
		return refusal;
	/* A frame is appended exactly where the verified log ended, or replaces it. */
	if (request->ima_log.len > 0 && request->first_entry != 0 &&
	    request->first_entry != session_entries(&p->session))
		return REFUSAL_MALFORMED;
	return REFUSAL_NONE;
}

enum refusal attestation_commit(struct turn *turn, const struct commit_request *request,
				struct result *result)
{
	struct conclusion conclusion = {
		.findings = &request->findings,
		.is_retry = request->is_retry,
		.is_unproven = request->is_unproven,
		.release_version = request->release_version,
		.entries = request->entries,
		.state = request->state,
		.first_entry = request->first_entry,
		.ima_log = request->ima_log,
		.boot_log = request->boot_log,
	};
	enum refusal refusal = check_commit(turn, request);

	if (refusal == REFUSAL_NONE && request->manifest.len > 0 &&
	    digest_from(DIGEST_SHA256, request->manifest, &conclusion.manifest) != OK)
		refusal = REFUSAL_MALFORMED;
	if (refusal == REFUSAL_NONE && request->emergency.len > 0 &&
	    digest_from(DIGEST_SHA256, request->emergency, &conclusion.emergency) != OK)
		refusal = REFUSAL_MALFORMED;
	if (refusal == REFUSAL_NONE && request->svid_tbs.len > 0 &&
	    reported_svid_verify(turn, turn->pending, request->svid_tbs, request->svid_signature,
				 &conclusion.svid) != OK)
		refusal = REFUSAL_MALFORMED;
	if (refusal == REFUSAL_NONE) {
		conclusion.claims = joined_claims(turn->pending, request);
		refusal = conclude(turn, turn->pending, &conclusion, result);
	}
	pending_done(turn->pending);
	return refusal;
}
