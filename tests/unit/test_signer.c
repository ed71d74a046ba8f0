/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "signer_scene.h"
#include "verifier/signer/clock.h"
#include "verifier/signer/desks.h"
#include "verifier/store/sqlite.h"

static bool result_says(const struct result *r, const char *line)
{
	return r->verdict.len > 0 &&
	       memmem(r->verdict.data, r->verdict.len, line, strlen(line)) != NULL;
}

static void expect_result(const struct result *r, const char *state, const char *reason)
{
	assert_true(result_says(r, state));
	if (reason == NULL) {
		assert_int_equal(r->reasons.count, 0);
		return;
	}
	assert_int_not_equal(r->reasons.count, 0);
	assert_true(span_equal(r->reasons.items[0].code, span_text(reason)));
}

static void a_host_enrols_and_waits_for_approval(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_join(&s);
	assert_int_equal(s.answer.activate.state, NODE_PENDING);
	s.request.challenge = (struct challenge_request){ .node = s.node };
	scene_expect(&s, FRAME_CHALLENGE, REFUSAL_NODE_PENDING);
	assert_true(s.answer.retry_after_s > 0);
}

static void the_inventory_gives_a_host_its_class(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(bytes) list = { 0 };
	size_t line;
	(void)state;

	signer_scene_init(&s);
	scene_enrol(&s);
	assert_int_equal(bytes_append(&list, span_text("# hosts\nr01n07 server ")), OK);
	assert_int_equal(node_id_append(&list, &s.node), OK);
	assert_int_equal(inventory_parse(&list, &s.signer.inventory, &line), OK);
	scene_prepare_activation(&s);
	scene_expect(&s, FRAME_ACTIVATE, REFUSAL_NONE);
	assert_int_equal(s.answer.activate.state, NODE_STALE);
	scene_challenge(&s);
}

static void a_wrong_secret_activates_nothing(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	uint8_t wrong[SHA256_SIZE] = { 1 };
	(void)state;

	signer_scene_init(&s);
	scene_enrol(&s);
	scene_prepare_activation(&s);
	s.request.activate.secret = (struct span){ wrong, sizeof(wrong) };
	scene_expect(&s, FRAME_ACTIVATE, REFUSAL_ACTIVATION_INVALID);
	s.request.activate.secret = (struct span){ 0 };
	scene_expect(&s, FRAME_ACTIVATE, REFUSAL_ACTIVATION_INVALID);
	s.request.challenge = (struct challenge_request){ .node = s.node };
	scene_expect(&s, FRAME_CHALLENGE, REFUSAL_NODE_UNKNOWN);
}

static void a_changed_record_needs_another_secret(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(bytes) record = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_enrol(&s);
	scene_prepare_activation(&s);
	for (size_t at = 0; at < s.request.activate.record.len; at += 7) {
		struct activate_request honest = s.request.activate;

		record.len = 0;
		assert_int_equal(bytes_append(&record, honest.record), OK);
		record.data[at] ^= 1;
		s.request.activate.record = span_of(&record);
		scene_expect(&s, FRAME_ACTIVATE, REFUSAL_ACTIVATION_INVALID);
		s.request.activate = honest;
	}
	scene_expect(&s, FRAME_ACTIVATE, REFUSAL_NONE);
}

static void an_activation_ends_after_five_minutes(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_enrol(&s);
	scene_prepare_activation(&s);
	s.now += ENROLMENT_LIFETIME_S + 1;
	scene_expect(&s, FRAME_ACTIVATE, REFUSAL_ENROLMENT_EXPIRED);
}

static void an_activation_needs_a_quote_over_its_own_nonce(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_enrol(&s);

	struct enrol_answer first = s.answer.enrol;

	scene_enrol(&s);
	scene_prepare_activation(&s);
	s.request.activate.nonce = first.challenge.nonce;
	scene_expect(&s, FRAME_ACTIVATE, REFUSAL_NONCE_INVALID);
	s.request.activate.nonce = s.challenge.nonce;
	s.attest.data[s.attest.len - 1] ^= 1;
	scene_expect(&s, FRAME_ACTIVATE, REFUSAL_SIGNATURE_INVALID);
}

static void a_certificate_for_another_key_than_the_ek_is_refused(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_enrol(&s);
	s.spki.data[s.spki.len - 1] ^= 1;
	s.request.enrol = (struct enrol_request){ .spki = span_of(&s.spki),
						  .ek_public = span_of(&s.ek_public),
						  .ak_public = span_of(&s.ak.public) };
	scene_expect(&s, FRAME_ENROL, REFUSAL_EK_MISMATCH);
}

static void software_tpms_are_refused_unless_allowed(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_enrol(&s);
	s.request.enrol = (struct enrol_request){ .spki = span_of(&s.spki),
						  .ek_public = span_of(&s.ek_public),
						  .ak_public = span_of(&s.ak.public),
						  .is_software_tpm = true };
	scene_expect(&s, FRAME_ENROL, REFUSAL_EK_UNSUPPORTED);
	s.signer.allow_software_tpm = true;
	scene_expect(&s, FRAME_ENROL, REFUSAL_NONE);
}

static void an_ak_belongs_to_one_node(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(signer_scene) other = { 0 };
	(void)state;

	signer_scene_init(&s);
	signer_scene_init(&other);
	scene_join(&s);
	s.request.enrol = (struct enrol_request){ .spki = span_of(&other.spki),
						  .ek_public = span_of(&other.ek_public),
						  .ak_public = span_of(&s.ak.public) };
	scene_expect(&s, FRAME_ENROL, REFUSAL_AK_TAKEN);
}

/* The right ends at once, and only a person's signed act brings it back. */
static void another_ak_of_the_same_tpm_waits_for_a_signed_act(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(software_key) first = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_attest(&s);
	first = s.ak;
	s.ak = (struct software_key){ 0 };
	make_attestation_key(&s.ak);
	s.now += 10;
	scene_join(&s);
	assert_int_equal(s.answer.activate.state, NODE_QUARANTINED);
	s.request.challenge = (struct challenge_request){ .node = s.node };
	scene_expect(&s, FRAME_CHALLENGE, REFUSAL_NODE_QUARANTINED);
	s.now += 5;
	scene_prepare_act(&s, "release", "", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	scene_attest(&s);
	expect_result(&s.answer.commit, "\nstate trusted\n", NULL);
}

/* What activated the first key would otherwise bring it back for five minutes. */
static void an_old_activation_brings_no_old_ak_back(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(software_key) first = { 0 };
	AUTO_DONE(bytes) attest = { 0 };
	AUTO_DONE(bytes) signature = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_join(&s);

	struct activate_request old = s.request.activate;

	attest = s.attest;
	signature = s.signature;
	s.attest = s.signature = (struct bytes){ 0 };
	first = s.ak;
	s.ak = (struct software_key){ 0 };
	make_attestation_key(&s.ak);
	s.now += 10;
	scene_join(&s);
	assert_int_equal(s.answer.activate.state, NODE_PENDING);
	s.request.activate = old;
	scene_expect(&s, FRAME_ACTIVATE, REFUSAL_AK_CHANGED);
}

static void without_a_release_the_verdict_says_so(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_join_approved(&s);
	scene_attest(&s);
	assert_true(s.answer.authenticate.is_final);
	expect_result(&s.answer.authenticate.result, "\nstate untrusted\n", "release-none");
	assert_int_equal(s.answer.authenticate.result.certificate.len, 0);
	scene_expect(&s, FRAME_HEALTH, REFUSAL_NONE);
	assert_int_equal(s.answer.health.health, HEALTH_NO_RELEASE);
	assert_int_equal(s.answer.health.nodes[NODE_UNTRUSTED], 1);
}

static void nobody_is_judged_before_the_configured_release_is_loaded(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_join_approved(&s);
	scene_challenge(&s);
	s.signer.expects_reference = true;
	/* An older nonce that comes after a restart meets the same answer. */
	scene_prepare_evidence(&s);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_RELEASE_AWAITED);
	s.request.challenge = (struct challenge_request){ .node = s.node };
	scene_expect(&s, FRAME_CHALLENGE, REFUSAL_RELEASE_AWAITED);

	scene_load_release(&s);
	scene_attest(&s);
	expect_result(&s.answer.commit, "\nstate trusted\n", NULL);
}

static void a_trusted_node_gets_a_grant_that_ends_by_its_nonce(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	char expires[64];
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_challenge(&s);

	int64_t issued = s.now;

	s.now += 50;
	scene_prepare_evidence(&s);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	assert_false(s.answer.authenticate.is_final);
	s.now += 30;
	scene_prepare_commit(&s);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	expect_result(&s.answer.commit, "\nstate trusted\n", NULL);
	(void)snprintf(expires, sizeof(expires), "\nexpires %lld\n", (long long)issued + 600);
	assert_true(result_says(&s.answer.commit, expires));
	assert_true(result_says(&s.answer.commit, "\ntrust-domain prod.example\n"));
	assert_int_not_equal(s.answer.commit.certificate.len, 0);
	assert_int_not_equal(s.answer.commit.ear.len, 0);
	assert_int_not_equal(s.answer.commit.bundle.len, 0);
}

static void an_attestation_result_is_made_for_who_asks_for_one(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_challenge(&s);
	scene_prepare_evidence(&s);
	s.request.authenticate.wants_ear = false;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_prepare_commit(&s);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	expect_result(&s.answer.commit, "\nstate trusted\n", NULL);
	assert_int_not_equal(s.answer.commit.certificate.len, 0);
	assert_int_equal(s.answer.commit.ear.len, 0);
	scene_attest(&s);
	assert_int_not_equal(s.answer.commit.ear.len, 0);
}

/* A body that took longer than the grant would have lived: trusted, and nothing
 * that anybody could rely on. */
static void a_grant_that_is_over_before_it_is_made_leaves_no_result(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_challenge(&s);
	scene_prepare_evidence(&s);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	s.now += 600;
	scene_prepare_commit(&s);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	assert_true(result_says(&s.answer.commit, "\nexpires 0\n"));
	assert_int_equal(s.answer.commit.certificate.len, 0);
	assert_int_equal(s.answer.commit.ear.len, 0);
}

static void a_resend_of_the_same_bytes_gets_the_same_result(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_challenge(&s);
	scene_prepare_evidence(&s);

	struct authenticate_request sent = s.request.authenticate;

	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_prepare_commit(&s);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);

	struct result first = s.answer.commit;

	s.now += 200;
	s.request.authenticate = sent;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	assert_true(s.answer.authenticate.is_final);
	assert_true(span_equal(first.verdict, s.answer.authenticate.result.verdict));
	assert_true(span_equal(first.certificate, s.answer.authenticate.result.certificate));
	assert_int_equal(s.signer.grants, 1);
}

static void a_quote_counts_once(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	uint8_t other[SHA256_SIZE] = { 7 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_challenge(&s);
	scene_prepare_evidence(&s);

	struct authenticate_request sent = s.request.authenticate;

	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_prepare_commit(&s);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	sent.evidence_digest = (struct span){ other, sizeof(other) };
	s.request.authenticate = sent;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_EVIDENCE_REPLAYED);
}

/* Two channels hold the same quote: the store lets one of them through. */
static void two_in_flight_commit_once(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct pending first;
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_challenge(&s);
	scene_prepare_evidence(&s);

	struct authenticate_request sent = s.request.authenticate;

	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	first = s.pending;
	s.pending = (struct pending){ 0 };
	s.request.authenticate = sent;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_prepare_commit(&s);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	s.pending = first;
	scene_prepare_commit(&s);
	s.request.commit.generation = signer_generation(&s.signer);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_EVIDENCE_REPLAYED);
	assert_int_equal(s.signer.grants, 1);
}

static void a_nonce_is_good_for_its_node_and_its_time(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct node_id stranger = { { 9 } };
	uint8_t random[NONCE_RANDOM_SIZE] = { 1 };
	struct nonce nonce;
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_challenge(&s);
	scene_prepare_evidence(&s);

	struct authenticate_request honest = s.request.authenticate;

	assert_int_equal(
		nonce_make(s.signer.keys.mac, NONCE_ATTEST, &stranger, random, s.now, &nonce), OK);
	s.request.authenticate.nonce = nonce_span(&nonce);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_INVALID);
	assert_int_equal(nonce_make(s.signer.keys.mac, NONCE_ENROL, &s.node, random, s.now, &nonce),
			 OK);
	s.request.authenticate = honest;
	s.request.authenticate.nonce = nonce_span(&nonce);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_INVALID);
	for (size_t len = 0; len < honest.nonce.len; len++) {
		s.request.authenticate = honest;
		s.request.authenticate.nonce.len = len;
		scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_INVALID);
	}
	s.request.authenticate = honest;
	s.request.authenticate.received = s.now + NONCE_LIFETIME_S + 1;
	s.now += NONCE_LIFETIME_S + 1;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_EXPIRED);
	/* An arrival in the past does not make it young for ever. */
	s.now += BODY_LIFETIME_S;
	s.request.authenticate = honest;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_EXPIRED);
}

static void a_bad_signature_changes_nothing(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_attest(&s);
	scene_challenge(&s);
	scene_prepare_evidence(&s);
	s.attest.data[s.attest.len - 1] ^= 1;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_SIGNATURE_INVALID);
	scene_expect(&s, FRAME_HEALTH, REFUSAL_NONE);
	assert_int_equal(s.answer.health.nodes[NODE_TRUSTED], 1);
}

static void any_failing_step_after_the_signature_ends_the_right(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_attest(&s);
	scene_challenge(&s);
	scene_prepare_evidence(&s);
	s.pcrs.data[5] ^= 1;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	assert_true(s.answer.authenticate.is_final);
	expect_result(&s.answer.authenticate.result, "\nstate untrusted\n", "quote-pcr-mismatch");
	scene_expect(&s, FRAME_HEALTH, REFUSAL_NONE);
	assert_int_equal(s.answer.health.nodes[NODE_UNTRUSTED], 1);
}

static void an_appraiser_speaks_for_the_logs_only(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_challenge(&s);
	scene_prepare_evidence(&s);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_prepare_commit(&s);
	s.request.commit.claims = (struct claims){ 0 };
	s.request.commit.claims.tier[CLAIM_HARDWARE] = TIER_AFFIRMING;
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	expect_result(&s.answer.commit, "\nstate untrusted\n", NULL);
}

static void a_commit_without_an_authentication_is_refused(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_attest(&s);
	scene_prepare_commit(&s);
	s.request.commit.generation = signer_generation(&s.signer);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_MALFORMED);
}

static void a_finding_takes_the_right_and_names_its_owner(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct finding finding = finding_of(REASON_IMA_ENTRY_UNKNOWN);
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_challenge(&s);
	scene_prepare_evidence(&s);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_prepare_commit(&s);
	finding.entry = 158;
	finding_detail(&finding, "path", span_text("/tmp/x"));
	findings_add(&s.request.commit.findings, &finding);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	expect_result(&s.answer.commit, "\nstate untrusted\n", "ima-entry-unknown");
	assert_true(span_equal(s.answer.commit.reasons.items[0].owner, span_text("team")));
	assert_int_equal(s.answer.commit.certificate.len, 0);
	/* The key was capped: the next one must be certified again. */
	scene_challenge(&s);
	assert_true(s.challenge.want_certify);
}

static void a_retry_decides_nothing(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_attest(&s);
	scene_challenge(&s);
	scene_prepare_evidence(&s);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_prepare_commit(&s);
	s.request.commit.is_retry = true;
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	assert_true(s.answer.commit.is_retry);
	assert_int_equal(s.answer.commit.certificate.len, 0);
	assert_int_equal(s.answer.commit.verdict.len, 0);
	assert_int_equal(s.signer.grants, 1);
	scene_expect(&s, FRAME_HEALTH, REFUSAL_NONE);
	assert_int_equal(s.answer.health.nodes[NODE_TRUSTED], 1);
}

static void another_generation_means_appraising_again(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(bytes) old_image = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_challenge(&s);
	scene_prepare_evidence(&s);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_prepare_commit(&s);
	/* The old image stays mapped as long as anything may borrow from it. */
	old_image = s.golden.image;
	s.golden.image = (struct bytes){ 0 };
	(void)golden_update(&s.golden);
	golden_build(&s.golden);
	scene_load_release(&s);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_GENERATION_CHANGED);
	scene_attest(&s);
	expect_result(&s.answer.commit, "\nstate trusted\n", NULL);
}

/* An approval for another class between the two steps: what was appraised for
 * the old class grants nothing. */
static void a_class_that_changed_under_way_means_appraising_again(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_challenge(&s);
	scene_prepare_evidence(&s);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);

	struct commit_request commit;

	scene_prepare_commit(&s);
	commit = s.request.commit;
	s.now += 5;
	scene_prepare_act(&s, "approve", "server", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	s.request.commit = commit;
	scene_expect(&s, FRAME_COMMIT, REFUSAL_GENERATION_CHANGED);
	assert_int_equal(s.signer.grants, 0);
}

static void a_quarantined_node_gets_nothing_until_a_signed_act(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_challenge(&s);
	scene_prepare_evidence(&s);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);

	struct commit_request commit;

	scene_prepare_commit(&s);
	commit = s.request.commit;
	s.request.admin = (struct admin_request){ .verb = ADMIN_QUARANTINE,
						  .node = s.node,
						  .role = ROLE_AUDITOR,
						  .administrator = span_text("pat"),
						  .reason = span_text("stolen") };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_ROLE_DENIED);
	s.request.admin.role = ROLE_PLATFORM;
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	assert_int_equal(s.answer.admin.nodes.items[0].state, NODE_QUARANTINED);
	s.request.commit = commit;
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NODE_QUARANTINED);
	s.request.challenge = (struct challenge_request){ .node = s.node };
	scene_expect(&s, FRAME_CHALLENGE, REFUSAL_NODE_QUARANTINED);
	s.now += 5;
	scene_prepare_act(&s, "release", "", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	assert_int_equal(s.answer.admin.nodes.items[0].state, NODE_STALE);
	scene_attest(&s);
	expect_result(&s.answer.commit, "\nstate trusted\n", NULL);
}

/* Evidence that was good before the quarantine is worth nothing after it. */
static void a_lifted_quarantine_brings_no_old_grant_back(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_challenge(&s);
	scene_prepare_evidence(&s);

	struct authenticate_request sent = s.request.authenticate;

	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_prepare_commit(&s);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	s.request.admin = (struct admin_request){ .verb = ADMIN_QUARANTINE,
						  .node = s.node,
						  .role = ROLE_PLATFORM };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	s.now += 5;
	scene_prepare_act(&s, "release", "", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	s.request.authenticate = sent;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_EVIDENCE_REPLAYED);
	scene_challenge(&s);
	assert_true(s.challenge.want_certify);
}

static void a_retired_node_stays_retired(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_join_approved(&s);
	s.request.admin = (struct admin_request){ .verb = ADMIN_RETIRE,
						  .node = s.node,
						  .role = ROLE_IDENTITY_SECURITY };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	s.now += 5;
	scene_prepare_act(&s, "release", "", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NODE_RETIRED);
	scene_prepare_act(&s, "approve", "server", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NODE_RETIRED);
}

static void an_act_counts_once_in_time_and_by_its_role(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_join(&s);
	scene_prepare_act(&s, "approve", "server", s.now - ACT_LIFETIME_S - 1);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_ACT_EXPIRED);
	scene_prepare_act(&s, "approve", "server", s.now);
	s.request.admin.act_signature.len--;
	scene_expect(&s, FRAME_ADMIN, REFUSAL_ACT_SIGNATURE_INVALID);
	scene_prepare_act(&s, "approve", "server", s.now);
	s.signer.approve_role = ROLE_PLATFORM;
	scene_expect(&s, FRAME_ADMIN, REFUSAL_ROLE_DENIED);
	s.signer.approve_role = ROLE_IDENTITY_SECURITY;
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_ACT_REPLAYED);
	scene_load_release(&s);
	scene_prepare_act(&s, "approve", "no-such-class", s.now + 1);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_CLASS_UNKNOWN);
}

static void a_stale_timestamp_grants_nothing_new(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_attest(&s);
	s.now = GOLDEN_NOW + 3601;
	scene_attest(&s);
	/* Not the host's fault: what it holds runs out by itself. */
	expect_result(&s.answer.commit, "\nstate trusted\n", "release-stale");
	assert_true(result_says(&s.answer.commit, "\nexpires 0\n"));
	assert_int_equal(s.answer.commit.certificate.len, 0);
	assert_int_equal(s.answer.commit.ear.len, 0);
	assert_int_equal(s.signer.grants, 1);
}

static void a_clock_set_back_is_named_and_stops_everything(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	s.now -= CLOCK_TOLERANCE_S + 1;
	s.request.challenge = (struct challenge_request){ .node = s.node };
	scene_expect(&s, FRAME_CHALLENGE, REFUSAL_CLOCK_SET_BACK);
	scene_expect(&s, FRAME_HEALTH, REFUSAL_NONE);
	assert_int_equal(s.answer.health.health, HEALTH_CLOCK_SET_BACK);
}

/* A refusal first, in each second: what comes after it must reach the store. */
static void a_refused_request_hides_no_time_from_the_store(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	s.now += 3000;
	s.request.challenge = (struct challenge_request){ .node = { { 0xee } } };
	scene_expect(&s, FRAME_CHALLENGE, REFUSAL_NODE_UNKNOWN);
	scene_attest(&s);
	/* As after a restart. */
	s.signer.high_water = 0;
	assert_int_equal(high_water_read(&s.signer), OK);
	assert_int_equal(s.signer.high_water, s.now);
}

static void send_challenge_request(struct channel *c, uint64_t id, uint8_t first_byte,
				   const struct node_id *node)
{
	struct signer_request request = { .type = FRAME_CHALLENGE };
	AUTO_DONE(bytes) body = { 0 };

	request.challenge.node = *node;
	request.challenge.node.value[0] ^= first_byte;
	assert_int_equal(signer_request_encode(&request, &body), OK);
	assert_int_equal(channel_send(c, FRAME_CHALLENGE, id, span_of(&body)), OK);
}

static void send_bundle_request(struct channel *c, uint64_t id)
{
	struct signer_request request = { .type = FRAME_BUNDLE };
	AUTO_DONE(bytes) body = { 0 };

	assert_int_equal(signer_request_encode(&request, &body), OK);
	assert_int_equal(channel_send(c, FRAME_BUNDLE, id, span_of(&body)), OK);
}

/* What a refused request wrote could not be undone: the others must not keep it. */
static void a_step_that_can_not_be_undone_ends_its_group(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct desks *desks = calloc(1, sizeof(*desks));
	struct pollfd slots[DESKS_MAX] = { { .revents = POLLIN } };
	struct channel appraiser;
	sqlite3_stmt **undo;
	int ends[2];
	(void)state;

	assert_non_null(desks);
	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	assert_int_equal(channel_pair(ends), OK);
	channel_init(&appraiser, ends[0], SIGNER_FRAME_MAX);
	assert_int_equal(desks_open(desks, 0, ends[1], false), OK);
	s.signer.store_path = "the store";
	undo = &s.signer.store->prepared[SQL_STEP_UNDO];
	(void)sqlite3_finalize(*undo);
	assert_int_equal(sqlite3_prepare_v2(s.signer.store->db,
					    "INSERT INTO facts VALUES (NULL, 1)", -1, undo, NULL),
			 SQLITE_OK);

	int64_t before = s.signer.high_water;

	s.now += 3000;
	struct turn turn = scene_turn(&s);

	/* Reads; is refused, and has written the time; would be answered. */
	send_bundle_request(&appraiser, 1);
	send_challenge_request(&appraiser, 2, 0xff, &s.node);
	send_challenge_request(&appraiser, 3, 0, &s.node);
	desks_answer(desks, slots, &turn);
	desks_flush(desks, -1);
	for (uint64_t id = 1; id <= 3; id++) {
		struct signer_answer answer;
		struct frame frame;

		assert_int_equal(channel_receive(&appraiser, 1000, &frame), OK);
		assert_int_equal(frame.id, id);
		assert_int_equal(signer_answer_decode(FRAME_CHALLENGE, frame.body, &answer), OK);
		assert_int_equal(answer.refusal, REFUSAL_STORE_UNAVAILABLE);
	}
	assert_int_equal(s.signer.high_water, before);
	desks_done(desks);
	channel_done(&appraiser);
	free(desks);
}

static enum status accept_clock(struct signer_scene *s)
{
	struct turn turn = scene_turn(s);
	enum status status = store_begin(s->signer.store);

	if (status == OK)
		status = clock_accept(&turn, span_text("NTP was wrong"));
	if (status == OK)
		return store_commit(s->signer.store);
	store_rollback(s->signer.store);
	return status;
}

static void a_clock_that_was_far_ahead_is_accepted_once_and_on_record(void **state)
{
	const struct release_marks ahead = { .time = GOLDEN_NOW + 86400 };
	AUTO_DONE(signer_scene) s = { 0 };
	struct audit_row rows[64];
	struct release_marks marks;
	size_t count = 0;
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	assert_int_equal(accept_clock(&s), STATUS_MISMATCH);
	s.now += 3000;
	scene_attest(&s);
	scene_prepare_act(&s, "approve", "server", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	assert_int_equal(releases_marks_set(&s.signer, &ahead), OK);
	s.now -= 2000;
	s.request.challenge = (struct challenge_request){ .node = s.node };
	scene_expect(&s, FRAME_CHALLENGE, REFUSAL_CLOCK_SET_BACK);
	assert_int_equal(accept_clock(&s), OK);
	/* A signer that runs has the old value in memory still. */
	s.signer.high_water = s.now + 2000;
	s.now += 1;
	scene_attest(&s);
	assert_int_equal(s.answer.commit.reasons.count, 0);
	scene_prepare_act(&s, "approve", "server", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	assert_int_equal(releases_marks(&s.signer, &marks), OK);
	assert_int_equal(marks.time, s.now - 1);
	assert_int_equal(store_audit(s.signer.store, 0, 64, &s.keep, rows, &count), OK);
	while (count > 0 && !span_equal(rows[count - 1].kind, span_text("clock-accepted")))
		count--;
	assert_true(count > 0);
	assert_int_equal(accept_clock(&s), STATUS_MISMATCH);
}

static void a_cleared_tpm_starts_again_by_a_fresh_activation(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_attest(&s);
	s.now += 10;
	s.reset_count = 0;
	s.restart_count = 0;
	s.clock = 0;
	scene_challenge(&s);
	scene_prepare_evidence(&s);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	assert_true(s.answer.authenticate.is_final);
	expect_result(&s.answer.authenticate.result, "\nstate untrusted\n", "tpm-cleared");
	s.now += 10;
	scene_join(&s);
	scene_challenge(&s);
	assert_int_equal(s.challenge.next_entry, 0);
	assert_true(s.challenge.want_certify);
}

static void silence_is_stale_and_never_better_than_untrusted(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_attest(&s);
	s.now += 601;
	s.request.admin =
		(struct admin_request){ .verb = ADMIN_SHOW, .node = s.node, .role = ROLE_AUDITOR };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	assert_int_equal(s.answer.admin.nodes.items[0].state, NODE_STALE);
	s.request.admin =
		(struct admin_request){ .verb = ADMIN_LIST, .role = ROLE_AUDITOR, .limit = 10 };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	assert_int_equal(s.answer.admin.nodes.count, 1);
	s.request.admin = (struct admin_request){ .verb = ADMIN_EVIDENCE,
						  .node = s.node,
						  .role = ROLE_AUDITOR };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	assert_true(span_equal(s.answer.admin.evidence.ima_log, span_text("a compressed IMA log")));
}

static void every_decision_leaves_an_entry_in_the_chain(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	uint8_t previous[SHA256_SIZE] = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_attest(&s);
	s.request.admin =
		(struct admin_request){ .verb = ADMIN_AUDIT, .role = ROLE_AUDITOR, .limit = 50 };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);

	const char *const kinds[] = { "release-loaded", "enrolled", "act", "verdict", "grant" };

	assert_int_equal(s.answer.admin.audit.count, 5);
	for (size_t i = 0; i < 5; i++) {
		const struct audit_item *item = &s.answer.admin.audit.items[i];
		struct audit_row row = { .index = item->index,
					 .time = item->time,
					 .kind = item->kind,
					 .actor = item->actor,
					 .node = item->node,
					 .text = item->text };

		assert_true(span_equal(item->kind, span_text(kinds[i])));
		assert_int_equal(audit_hash(previous, &row), OK);
		assert_memory_equal(row.hash, item->hash.data, SHA256_SIZE);
		memcpy(previous, row.hash, SHA256_SIZE);
	}
	assert_int_not_equal(s.answer.admin.audit.checkpoint_signature.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_enrols_and_waits_for_approval),
		cmocka_unit_test(the_inventory_gives_a_host_its_class),
		cmocka_unit_test(a_wrong_secret_activates_nothing),
		cmocka_unit_test(a_changed_record_needs_another_secret),
		cmocka_unit_test(an_activation_ends_after_five_minutes),
		cmocka_unit_test(an_activation_needs_a_quote_over_its_own_nonce),
		cmocka_unit_test(a_certificate_for_another_key_than_the_ek_is_refused),
		cmocka_unit_test(software_tpms_are_refused_unless_allowed),
		cmocka_unit_test(an_ak_belongs_to_one_node),
		cmocka_unit_test(another_ak_of_the_same_tpm_waits_for_a_signed_act),
		cmocka_unit_test(an_old_activation_brings_no_old_ak_back),
		cmocka_unit_test(without_a_release_the_verdict_says_so),
		cmocka_unit_test(nobody_is_judged_before_the_configured_release_is_loaded),
		cmocka_unit_test(a_trusted_node_gets_a_grant_that_ends_by_its_nonce),
		cmocka_unit_test(an_attestation_result_is_made_for_who_asks_for_one),
		cmocka_unit_test(a_grant_that_is_over_before_it_is_made_leaves_no_result),
		cmocka_unit_test(a_resend_of_the_same_bytes_gets_the_same_result),
		cmocka_unit_test(a_quote_counts_once),
		cmocka_unit_test(two_in_flight_commit_once),
		cmocka_unit_test(a_nonce_is_good_for_its_node_and_its_time),
		cmocka_unit_test(a_bad_signature_changes_nothing),
		cmocka_unit_test(any_failing_step_after_the_signature_ends_the_right),
		cmocka_unit_test(an_appraiser_speaks_for_the_logs_only),
		cmocka_unit_test(a_commit_without_an_authentication_is_refused),
		cmocka_unit_test(a_finding_takes_the_right_and_names_its_owner),
		cmocka_unit_test(a_retry_decides_nothing),
		cmocka_unit_test(another_generation_means_appraising_again),
		cmocka_unit_test(a_class_that_changed_under_way_means_appraising_again),
		cmocka_unit_test(a_quarantined_node_gets_nothing_until_a_signed_act),
		cmocka_unit_test(a_lifted_quarantine_brings_no_old_grant_back),
		cmocka_unit_test(a_retired_node_stays_retired),
		cmocka_unit_test(an_act_counts_once_in_time_and_by_its_role),
		cmocka_unit_test(a_stale_timestamp_grants_nothing_new),
		cmocka_unit_test(a_step_that_can_not_be_undone_ends_its_group),
		cmocka_unit_test(a_refused_request_hides_no_time_from_the_store),
		cmocka_unit_test(a_clock_set_back_is_named_and_stops_everything),
		cmocka_unit_test(a_clock_that_was_far_ahead_is_accepted_once_and_on_record),
		cmocka_unit_test(a_cleared_tpm_starts_again_by_a_fresh_activation),
		cmocka_unit_test(silence_is_stale_and_never_better_than_untrusted),
		cmocka_unit_test(every_decision_leaves_an_entry_in_the_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
