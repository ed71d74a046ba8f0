/* SPDX-License-Identifier: Apache-2.0 */
/* Nonces, counters, and when a quote stops being worth anything. */
#include "attacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attack_scene.h"
#include "tpm/policy_digest.h"
#include "verifier/signer/clock.h"

static int compare_nonces(const void *a, const void *b)
{
	return memcmp(a, b, NONCE_RANDOM_SIZE);
}

static enum status no_random(uint8_t *buffer, size_t len)
{
	(void)buffer;
	(void)len;
	return STATUS_UNAVAILABLE;
}

#define NONCES 4096

/* Of all bits each is set about half the time, and no two nonces are alike: a
 * constant, a counter and a short source all show. */
static void q14_nonces_are_random_and_never_twice(void **state)
{
	static uint8_t nonces[NONCES][NONCE_RANDOM_SIZE];
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	for (size_t i = 0; i < NONCES; i++) {
		scene_challenge(&s);
		assert_int_equal(s.challenge.nonce.len, NONCE_RANDOM_SIZE + 8 + SHA256_SIZE);
		memcpy(nonces[i], s.challenge.nonce.data, NONCE_RANDOM_SIZE);
	}
	assert_true(NONCE_RANDOM_SIZE >= 16);
	for (size_t bit = 0; bit < 8 * NONCE_RANDOM_SIZE; bit++) {
		size_t set = 0;

		for (size_t i = 0; i < NONCES; i++)
			set += nonces[i][bit / 8] >> bit % 8 & 1;
		/* Ten standard deviations: once in 10^23 runs by chance. */
		assert_in_range(set, NONCES / 2 - 320, NONCES / 2 + 320);
	}
	qsort(nonces, NONCES, NONCE_RANDOM_SIZE, compare_nonces);
	for (size_t i = 1; i < NONCES; i++)
		assert_memory_not_equal(nonces[i - 1], nonces[i], NONCE_RANDOM_SIZE);

	/* Without randomness there is no nonce, rather than a known one. */
	s.random = no_random;
	s.request.challenge = (struct challenge_request){ .node = s.node };
	expect_refused_unchanged(&s, FRAME_CHALLENGE, REFUSAL_STORE_UNAVAILABLE);
}

/* The same quote in another body: what is compared is the quote, not the bytes. */
static void send_again(struct signer_scene *s, const struct authenticate_request *sent)
{
	static const uint8_t other[SHA256_SIZE] = { 7 };

	s->request.authenticate = *sent;
	s->request.authenticate.evidence_digest = (struct span){ other, sizeof(other) };
}

static const char *use_store_on_disk(struct signer_scene *s)
{
	const char *path = s->files.path[FILE_STORE];

	store_free(s->signer.store);
	s->signer.store = NULL;
	assert_int_equal(store_open(path, &s->signer.store), OK);
	assert_int_equal(store_begin(s->signer.store), OK);
	assert_int_equal(store_generation_set(s->signer.store, signer_generation(&s->signer)), OK);
	assert_int_equal(store_commit(s->signer.store), OK);
	return path;
}

static void q15_a_quote_counts_once_at_all_replicas_together(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct pending first_pending;
	struct store *first_store, *second_store = NULL;
	struct authenticate_request sent;
	const char *path;
	(void)state;

	signer_scene_init(&s);
	path = use_store_on_disk(&s);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_attest(&s);
	/* A second verifier that has the keys and the database in common. */
	first_store = s.signer.store;
	assert_int_equal(store_open(path, &second_store), OK);

	scene_evidence(&s);
	sent = s.request.authenticate;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	assert_false(s.answer.authenticate.is_final);
	first_pending = s.pending;
	s.pending = (struct pending){ 0 };
	/* In flight at the one, taken and finished by the other. */
	s.signer.store = second_store;
	s.request.authenticate = sent;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	assert_false(s.answer.authenticate.is_final);
	scene_commit(&s);
	assert_int_equal(s.signer.grants, 2);
	/* Accepted there: replayed here, whole or as what is still pending. */
	s.signer.store = first_store;
	send_again(&s, &sent);
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_EVIDENCE_REPLAYED);
	pending_done(&s.pending);
	s.pending = first_pending;
	scene_prepare_commit(&s);
	s.request.commit.generation = signer_generation(&s.signer);
	expect_refused_unchanged(&s, FRAME_COMMIT, REFUSAL_EVIDENCE_REPLAYED);
	assert_int_equal(s.signer.grants, 2);
	store_free(second_store);
	store_free(first_store);
	s.signer.store = NULL;
}

/* A nonce that this verifier made, for someone else or for something else. */
static void q16_a_nonce_serves_its_node_and_its_purpose_alone(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct node_id stranger;
	struct nonce nonce;
	(void)state;

	attack_scene_init(&s);
	scene_challenge(&s);
	stranger = s.node;
	stranger.value[31] ^= 1;
	nonce = scene_nonce(&s, NONCE_ATTEST, &stranger, s.now);
	s.challenge.nonce = nonce_span(&nonce);
	scene_prepare_evidence(&s);
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_INVALID);
	nonce = scene_nonce(&s, NONCE_ENROL, &s.node, s.now);
	scene_prepare_evidence(&s);
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_INVALID);
}

static void q17_a_nonce_is_young_or_refused(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct authenticate_request sent;
	uint8_t altered[NONCE_RANDOM_SIZE + 8 + SHA256_SIZE];
	(void)state;

	attack_scene_init(&s);
	scene_evidence(&s);
	sent = s.request.authenticate;
	s.now += NONCE_LIFETIME_S + 1;
	s.request.authenticate.received = s.now;
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_EXPIRED);
	/* An appraiser that dates the arrival back gains no more than a body's time. */
	s.now += BODY_LIFETIME_S;
	s.request.authenticate = sent;
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_EXPIRED);
	s.request.authenticate.received = s.now + 2;
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_EXPIRED);
	/* The issue time is inside what the MAC covers. */
	assert_int_equal(sent.nonce.len, sizeof(altered));
	memcpy(altered, sent.nonce.data, sizeof(altered));
	for (size_t i = 0; i < 8; i++)
		altered[NONCE_RANDOM_SIZE + i] = (uint8_t)((uint64_t)s.now >> 8 * (7 - i));
	s.challenge.nonce = (struct span){ altered, sizeof(altered) };
	scene_prepare_evidence(&s);
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_INVALID);
	scene_authenticate(&s);
}

static void q18_a_reboot_ends_what_was_known_and_old_boots_do_not_come_back(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct signer_request old;
	struct digest policy;
	(void)state;

	attack_scene_init(&s);
	/* Prepared in the old boot, kept for later. */
	scene_evidence(&s);
	old = scene_record(&s, FRAME_AUTHENTICATE);
	scene_challenge(&s);
	assert_int_equal(s.challenge.next_entry, 0);
	s.reset_count++;
	s.restart_count = 0;
	s.clock = 10;
	scene_challenge(&s);
	assert_true(s.challenge.want_boot_log && s.challenge.want_certify);

	/* A key of the new boot: its policy names the new counters. */
	software_key_done(&s.minting);
	assert_int_equal(minting_policy(DIGEST_SHA256, 0x4090 | 1u << 13, &s.golden.values,
					s.reset_count, s.restart_count, &policy),
			 OK);
	make_minting_key(digest_span(&policy), &s.minting);
	s.now++;
	scene_authenticate(&s);
	assert_false(s.answer.authenticate.is_final);
	/* From entry 0, with nothing of what the boot before had proven. */
	assert_int_equal(s.answer.authenticate.entries, 0);
	assert_int_equal(s.answer.authenticate.state.len, 0);
	scene_commit(&s);
	assert_int_equal(state_in_store(&s), NODE_TRUSTED);

	s.request = old;
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_EVIDENCE_REPLAYED);
}

static void q19_the_tpms_clock_only_goes_forward(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct made_attest quote;
	uint64_t committed;
	(void)state;

	attack_scene_init(&s);
	committed = s.clock;
	for (uint64_t back = 0; back < 3; back++) {
		scene_evidence(&s);
		quote = scene_quote(&s);
		quote.clock = committed - back;
		scene_send_quote(&s, &quote);
		expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_EVIDENCE_REPLAYED);
	}
	/* safe == 0 is no reason by itself: it stays so long after a crash. */
	scene_evidence(&s);
	quote = scene_quote(&s);
	quote.safe = 0;
	scene_send_quote(&s, &quote);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	assert_false(s.answer.authenticate.is_final);
	assert_false(s.pending.authentication.is_safe);
}

static void q19_an_unsafe_clock_is_refused_where_policy_says(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct made_attest quote;
	(void)state;

	signer_scene_init(&s);
	s.golden.node_class.require_safe = true;
	golden_build(&s.golden);
	scene_load_release(&s);
	scene_join_approved(&s);
	scene_attest(&s);
	assert_int_equal(state_in_store(&s), NODE_TRUSTED);
	scene_evidence(&s);
	quote = scene_quote(&s);
	quote.safe = 0;
	scene_send_quote(&s, &quote);
	expect_right_ended(&s, "tpm-clock-not-safe");
}

/* A scene whose release denies this vendor's firmware from one version to another. */
static void deny_scene_init(struct signer_scene *s, const char *vendor, uint64_t from, uint64_t to)
{
	signer_scene_init(s);
	s->golden.has_deny = true;
	s->golden.deny = (struct firmware_deny){ .from = from, .to = to };
	(void)snprintf(s->golden.deny.vendor, sizeof(s->golden.deny.vendor), "%s", vendor);
	golden_build(&s->golden);
	scene_load_release(s);
	scene_join_approved(s);
	scene_evidence(s);
}

static void q20_firmware_on_the_signed_deny_list_is_refused(void **state)
{
	const uint64_t firmware = 0x0007000200000000; /* of an honest quote here */
	static const struct {
		const char *vendor;
		int below, above; /* of the version quoted: where the range begins and ends */
		bool is_denied;
	} cases[] = {
		{ "IBM", 0, 0, true },	{ "IBM", -5, 0, true },	  { "IBM", 0, 5, true },
		{ "IBM", 1, 5, false }, { "IBM", -5, -1, false }, { "IFX", -5, 5, false },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_DONE(signer_scene) s = { 0 };

		deny_scene_init(&s, cases[i].vendor, firmware + (uint64_t)(int64_t)cases[i].below,
				firmware + (uint64_t)(int64_t)cases[i].above);
		if (cases[i].is_denied) {
			expect_right_ended(&s, "tpm-firmware-denied");
			continue;
		}
		scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
		assert_false(s.answer.authenticate.is_final);
	}
}

static void q25_a_quote_that_was_held_back_buys_nothing(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct node_row row;
	int64_t issued;
	(void)state;

	attack_scene_init(&s);
	scene_evidence(&s);
	issued = s.now;
	/* As late as a nonce may be answered, and a body may take. */
	s.now += NONCE_LIFETIME_S;
	s.request.authenticate.received = s.now;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_commit(&s);
	assert_int_not_equal(s.answer.commit.certificate.len, 0);
	assert_int_equal(store_node(s.signer.store, &s.node, &s.keep, &row), OK);
	assert_int_equal(row.expires, issued + 600);

	scene_authenticate(&s);
	s.now += 600;
	scene_commit(&s);
	/* Trusted, and no right: it would have ended by now. */
	assert_int_equal(s.answer.commit.certificate.len, 0);
	assert_int_equal(s.signer.grants, 2);
}

static void accept_clock(struct signer_scene *s)
{
	struct turn turn = scene_turn(s);

	assert_int_equal(store_begin(s->signer.store), OK);
	assert_int_equal(clock_accept(&turn, span_text("NTP was wrong")), OK);
	assert_int_equal(store_commit(s->signer.store), OK);
}

/* An activation, which sets the counters back, and a quote of after it. */
static void q25_what_was_made_while_the_clock_stood_ahead_buys_nothing(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct signer_request activation, held;
	int64_t ahead;
	(void)state;

	attack_scene_init(&s);
	ahead = s.now += 3000;
	scene_enrol(&s);
	scene_prepare_activation(&s);
	activation = scene_record(&s, FRAME_ACTIVATE);
	scene_evidence(&s);
	held = scene_record(&s, FRAME_AUTHENTICATE);

	s.now -= 2000;
	accept_clock(&s);
	s.now++;
	scene_attest(&s);
	s.now = ahead;
	s.request = activation;
	expect_refused_unchanged(&s, FRAME_ACTIVATE, REFUSAL_ACTIVATION_INVALID);
	s.request = held;
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_INVALID);
	/* It still enrols and attests as ever. */
	scene_join(&s);
	scene_attest(&s);
}

static void q26_garbage_in_anothers_name_changes_nothing(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(software_key) attacker = { 0 };
	uint8_t garbage[256];
	(void)state;

	attack_scene_init(&s);
	make_attestation_key(&attacker);
	scene_evidence(&s);

	struct authenticate_request honest = s.request.authenticate;
	struct span *const fields[] = { &s.request.authenticate.nonce,
					&s.request.authenticate.attest,
					&s.request.authenticate.signature };
	const enum refusal refusals[] = { REFUSAL_NONCE_INVALID, REFUSAL_SIGNATURE_INVALID,
					  REFUSAL_SIGNATURE_INVALID };

	for (size_t round = 0; round < 20; round++) {
		for (size_t i = 0; i < sizeof(garbage); i++)
			garbage[i] = (uint8_t)(i * 37 + round);
		for (size_t i = 0; i < 3; i++) {
			s.request.authenticate = honest;
			*fields[i] = (struct span){ garbage, 10 * round };
			expect_refused_unchanged(&s, FRAME_AUTHENTICATE, refusals[i]);
		}
	}
	/* Well-formed, damning, fresh, and by somebody else's key. */
	s.request.authenticate = honest;
	s.pcrs.data[0] ^= 1;
	s.signature.len = 0;
	sign_attest(&attacker, span_of(&s.attest), &s.signature);
	s.request.authenticate.signature = span_of(&s.signature);
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_SIGNATURE_INVALID);
	assert_int_equal(state_in_store(&s), NODE_TRUSTED);
}

static void q27_a_clock_beyond_2_63_is_refused(void **state)
{
	static const uint64_t clocks[] = { (uint64_t)1 << 63, UINT64_MAX };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(signer_scene) s = { 0 };
		struct made_attest quote;

		attack_scene_init(&s);
		scene_evidence(&s);
		quote = scene_quote(&s);
		quote.clock = clocks[i];
		scene_send_quote(&s, &quote);
		expect_right_ended(&s, "tpm-clock-out-of-range");
	}
}

static void q27_a_cleared_or_rolled_back_tpm_wants_a_fresh_activation(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct signer_request old;
	(void)state;

	attack_scene_init(&s);
	s.now += 10;
	/* An activation of before, kept to reset the counters once more. */
	scene_enrol(&s);
	s.clock -= 2000;
	scene_prepare_activation(&s);
	old = scene_record(&s, FRAME_ACTIVATE);
	s.clock += 2000;
	s.now += 10;
	scene_attest(&s);
	s.request = old;
	expect_refused_unchanged(&s, FRAME_ACTIVATE, REFUSAL_ENROLMENT_EXPIRED);

	/* Cleared, or a vTPM restored from a snapshot of an earlier boot: lower counters, fresh
	 * nonce. Of the same boot: q19. */
	s.now += 10;
	s.reset_count = 3;
	s.clock = 0;
	scene_evidence(&s);
	expect_right_ended(&s, "tpm-cleared");
	s.now += 10;
	scene_join(&s);
	scene_challenge(&s);
	assert_int_equal(s.challenge.next_entry, 0);
	assert_true(s.challenge.want_certify);
	assert_int_equal(state_in_store(&s), NODE_UNTRUSTED);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(q14_nonces_are_random_and_never_twice),
	cmocka_unit_test(q15_a_quote_counts_once_at_all_replicas_together),
	cmocka_unit_test(q16_a_nonce_serves_its_node_and_its_purpose_alone),
	cmocka_unit_test(q17_a_nonce_is_young_or_refused),
	cmocka_unit_test(q18_a_reboot_ends_what_was_known_and_old_boots_do_not_come_back),
	cmocka_unit_test(q19_the_tpms_clock_only_goes_forward),
	cmocka_unit_test(q19_an_unsafe_clock_is_refused_where_policy_says),
	cmocka_unit_test(q20_firmware_on_the_signed_deny_list_is_refused),
	cmocka_unit_test(q25_a_quote_that_was_held_back_buys_nothing),
	cmocka_unit_test(q25_what_was_made_while_the_clock_stood_ahead_buys_nothing),
	cmocka_unit_test(q26_garbage_in_anothers_name_changes_nothing),
	cmocka_unit_test(q27_a_clock_beyond_2_63_is_refused),
	cmocka_unit_test(q27_a_cleared_or_rolled_back_tpm_wants_a_fresh_activation),
};

ATTACKS_MAIN(tests)
