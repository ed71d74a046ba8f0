/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "signer_scene.h"

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

	signer_scene_approved(&s);
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
	scene_expect_result(&s.answer.commit, "\nstate trusted\n", NULL);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
