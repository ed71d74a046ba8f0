/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>

#include "signer_scene.h"

static void a_trusted_node_gets_a_grant_that_ends_by_its_nonce(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	char expires[64];
	(void)state;

	signer_scene_approved(&s);
	scene_challenge(&s);

	int64_t issued = s.now;

	s.now += 50;
	scene_prepare_evidence(&s);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	assert_false(s.answer.authenticate.is_final);
	s.now += 30;
	scene_commit(&s);
	scene_expect_result(&s.answer.commit, "\nstate trusted\n", NULL);
	(void)snprintf(expires, sizeof(expires), "\nexpires %lld\n", (long long)issued + 600);
	assert_true(scene_result_says(&s.answer.commit, expires));
	assert_true(scene_result_says(&s.answer.commit, "\ntrust-domain prod.example\n"));
	assert_int_not_equal(s.answer.commit.certificate.len, 0);
	assert_int_not_equal(s.answer.commit.ear.len, 0);
	assert_int_not_equal(s.answer.commit.bundle.len, 0);
}

static void an_attestation_result_is_made_for_who_asks_for_one(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	scene_evidence(&s);
	s.request.authenticate.wants_ear = false;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_commit(&s);
	scene_expect_result(&s.answer.commit, "\nstate trusted\n", NULL);
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

	signer_scene_approved(&s);
	scene_authenticate(&s);
	s.now += 600;
	scene_commit(&s);
	scene_expect_result(&s.answer.commit, "\nstate trusted\n", "evidence-late");
	assert_true(scene_result_says(&s.answer.commit, "\nexpires 0\n"));
	assert_int_equal(s.answer.commit.certificate.len, 0);
	assert_int_equal(s.answer.commit.ear.len, 0);
}

static void a_resend_of_the_same_bytes_gets_the_same_result(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	scene_evidence(&s);

	struct authenticate_request sent = s.request.authenticate;

	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_commit(&s);

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

	signer_scene_approved(&s);
	scene_evidence(&s);

	struct authenticate_request sent = s.request.authenticate;

	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_commit(&s);
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

	signer_scene_approved(&s);
	scene_evidence(&s);

	struct authenticate_request sent = s.request.authenticate;

	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	first = s.pending;
	s.pending = (struct pending){ 0 };
	s.request.authenticate = sent;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_commit(&s);
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
	struct nonce nonce;
	(void)state;

	signer_scene_approved(&s);
	scene_evidence(&s);

	struct authenticate_request honest = s.request.authenticate;

	nonce = scene_nonce(&s, NONCE_ATTEST, &stranger, s.now);
	s.request.authenticate.nonce = nonce_span(&nonce);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_INVALID);
	nonce = scene_nonce(&s, NONCE_ENROL, &s.node, s.now);
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

	signer_scene_approved(&s);
	scene_attest(&s);
	scene_evidence(&s);
	s.attest.data[s.attest.len - 1] ^= 1;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_SIGNATURE_INVALID);
	scene_expect(&s, FRAME_HEALTH, REFUSAL_NONE);
	assert_int_equal(s.answer.health.nodes[NODE_TRUSTED], 1);
}

static void any_failing_step_after_the_signature_ends_the_right(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	scene_attest(&s);
	scene_evidence(&s);
	s.pcrs.data[5] ^= 1;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	assert_true(s.answer.authenticate.is_final);
	scene_expect_result(&s.answer.authenticate.result, "\nstate untrusted\n",
			    "quote-pcr-mismatch");
	scene_expect(&s, FRAME_HEALTH, REFUSAL_NONE);
	assert_int_equal(s.answer.health.nodes[NODE_UNTRUSTED], 1);
}

static void what_a_host_reports_is_what_it_quoted(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	scene_evidence(&s);
	s.request.authenticate.report = span_text("attestd-report/1\nend\n");
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_INVALID); /* added on the way */
	s.report = span_text("attestd-report/1\nend\n");
	scene_evidence(&s);
	s.request.authenticate.report = (struct span){ 0 };
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_INVALID); /* taken away */
	scene_evidence(&s);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_prepare_commit(&s);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	assert_true(scene_result_says(&s.answer.commit, "\nstate trusted\n"));
}

static void a_report_that_cannot_be_read_ends_the_right(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	scene_attest(&s);
	s.report = span_text("attestd-report/1\nmore than was agreed\nend\n");
	scene_evidence(&s);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	assert_true(s.answer.authenticate.is_final);
	scene_expect_result(&s.answer.authenticate.result, "\nstate untrusted\n",
			    "report-malformed");
}

static void an_appraiser_speaks_for_the_logs_only(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	scene_authenticate(&s);
	scene_prepare_commit(&s);
	s.request.commit.claims = (struct claims){ 0 };
	s.request.commit.claims.tier[CLAIM_HARDWARE] = TIER_AFFIRMING;
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	scene_expect_result(&s.answer.commit, "\nstate untrusted\n", NULL);
}

static void a_commit_without_an_authentication_is_refused(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
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

	signer_scene_approved(&s);
	scene_authenticate(&s);
	scene_prepare_commit(&s);
	finding.entry = 158;
	finding_detail(&finding, "path", span_text("/tmp/x"));
	findings_add(&s.request.commit.findings, &finding);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	scene_expect_result(&s.answer.commit, "\nstate untrusted\n", "ima-entry-unknown");
	assert_true(span_equal(s.answer.commit.reasons.items[0].owner, span_text("team")));
	assert_int_equal(s.answer.commit.certificate.len, 0);
	/* The key was capped: the next one must be certified again. */
	scene_challenge(&s);
	assert_true(s.challenge.want_certify);
}

/* Counters that rose are no cleared TPM: what is known of the boot session stays. */
static void an_activation_without_a_clear_resets_nothing(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct session_row session;
	(void)state;

	signer_scene_approved(&s);
	scene_attest(&s);

	uint64_t entries = s.request.commit.entries;

	s.now += 5;
	scene_join(&s);
	assert_int_equal(s.answer.activate.state, NODE_TRUSTED);
	assert_int_equal(store_session(s.signer.store, &s.node, &s.keep, &session), OK);
	assert_true(entries > 0);
	assert_int_equal(session.entries, entries);
}

static void a_cleared_tpm_starts_again_by_a_fresh_activation(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	scene_attest(&s);
	s.now += 10;
	s.reset_count = 0;
	s.restart_count = 0;
	s.clock = 0;
	scene_authenticate(&s);
	assert_true(s.answer.authenticate.is_final);
	scene_expect_result(&s.answer.authenticate.result, "\nstate untrusted\n", "tpm-cleared");
	s.now += 10;
	scene_join(&s);
	scene_challenge(&s);
	assert_int_equal(s.challenge.next_entry, 0);
	assert_true(s.challenge.want_certify);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trusted_node_gets_a_grant_that_ends_by_its_nonce),
		cmocka_unit_test(an_attestation_result_is_made_for_who_asks_for_one),
		cmocka_unit_test(a_grant_that_is_over_before_it_is_made_leaves_no_result),
		cmocka_unit_test(a_resend_of_the_same_bytes_gets_the_same_result),
		cmocka_unit_test(a_quote_counts_once),
		cmocka_unit_test(two_in_flight_commit_once),
		cmocka_unit_test(a_nonce_is_good_for_its_node_and_its_time),
		cmocka_unit_test(a_bad_signature_changes_nothing),
		cmocka_unit_test(any_failing_step_after_the_signature_ends_the_right),
		cmocka_unit_test(what_a_host_reports_is_what_it_quoted),
		cmocka_unit_test(a_report_that_cannot_be_read_ends_the_right),
		cmocka_unit_test(an_appraiser_speaks_for_the_logs_only),
		cmocka_unit_test(a_commit_without_an_authentication_is_refused),
		cmocka_unit_test(a_finding_takes_the_right_and_names_its_owner),
		cmocka_unit_test(an_activation_without_a_clear_resets_nothing),
		cmocka_unit_test(a_cleared_tpm_starts_again_by_a_fresh_activation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
