/* SPDX-License-Identifier: Apache-2.0 */
/* Who may enrol as whom, with which key. */
#include "attacks.h"

#include <string.h>

#include "attack_scene.h"
#include "base/auto_openssl.h"
#include "verifier/store/sqlite.h"

#define AK_ATTRIBUTES 0x00050472u

static void enrol_scene_init(struct signer_scene *s)
{
	signer_scene_init(s);
	scene_load_release(s);
	scene_enrol(s);
}

static void k01_a_certificate_for_another_ek_is_refused(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(signer_scene) other = { 0 };
	(void)state;

	enrol_scene_init(&s);
	signer_scene_init(&other);
	/* The maker's certificate for one TPM, the key of another: CVE-2021-3406. */
	s.request.enrol.spki = span_of(&other.spki);
	expect_refused_unchanged(&s, FRAME_ENROL, REFUSAL_EK_MISMATCH);
	s.request.enrol.spki = span_of(&s.spki);
	s.request.enrol.ek_public = span_of(&other.ek_public);
	expect_refused_unchanged(&s, FRAME_ENROL, REFUSAL_EK_MISMATCH);
	s.request.enrol.ek_public = span_of(&s.ek_public);
	scene_expect(&s, FRAME_ENROL, REFUSAL_NONE);
}

/* Offers an AK of these properties. */
static void offer_ak(struct signer_scene *s, enum digest_alg name_alg, uint32_t attributes,
		     struct span policy, enum digest_alg scheme_hash)
{
	s->ak.public.len = 0;
	write_ecc_public(&s->ak, name_alg, attributes, policy, scheme_hash, &s->ak.public);
	s->request.enrol.ak_public = span_of(&s->ak.public);
}

static void k02_every_attribute_bit_of_an_ak_counts(void **state)
{
	static const uint8_t policy[SHA256_SIZE] = { 1 };
	struct span none = { 0 };
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	enrol_scene_init(&s);
	for (unsigned bit = 0; bit < 32; bit++) {
		offer_ak(&s, DIGEST_SHA256, AK_ATTRIBUTES ^ (uint32_t)1 << bit, none,
			 DIGEST_SHA256);
		expect_refused_unchanged(&s, FRAME_ENROL, REFUSAL_AK_UNACCEPTABLE);
	}
	offer_ak(&s, DIGEST_SHA256, AK_ATTRIBUTES, (struct span){ policy, sizeof(policy) },
		 DIGEST_SHA256);
	expect_refused_unchanged(&s, FRAME_ENROL, REFUSAL_AK_UNACCEPTABLE);
	offer_ak(&s, DIGEST_SHA256, AK_ATTRIBUTES, none, DIGEST_SHA256);
	scene_expect(&s, FRAME_ENROL, REFUSAL_NONE);
}

static void offer_rsa_ak(struct signer_scene *s, uint16_t bits, uint32_t exponent)
{
	uint8_t modulus[512] = { 0x80 };
	struct writer w = writer_to(&s->ak.public, 1024);

	modulus[bits / 8 - 1] = 1;
	s->ak.public.len = 0;
	writer_be16(&w, TPM_ALG_RSA);
	writer_be16(&w, DIGEST_SHA256);
	writer_be32(&w, AK_ATTRIBUTES);
	writer_sized(&w, (struct span){ 0 });
	writer_be16(&w, TPM_ALG_NULL);
	writer_be16(&w, TPM_ALG_RSASSA);
	writer_be16(&w, DIGEST_SHA256);
	writer_be16(&w, bits);
	writer_be32(&w, exponent);
	writer_sized(&w, (struct span){ modulus, bits / 8 });
	assert_int_equal(writer_end(&w), OK);
	s->request.enrol.ak_public = span_of(&s->ak.public);
}

static void k03_weak_and_odd_attestation_keys_are_refused(void **state)
{
	static const uint8_t curves[] = { 0x01, 0x02, 0x04, 0x05, 0x10, 0x20 };
	struct span none = { 0 };
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	enrol_scene_init(&s);
	offer_ak(&s, DIGEST_SHA1, AK_ATTRIBUTES, none, DIGEST_SHA256);
	expect_refused_unchanged(&s, FRAME_ENROL, REFUSAL_AK_UNACCEPTABLE);
	offer_ak(&s, DIGEST_SHA384, AK_ATTRIBUTES, none, DIGEST_SHA256);
	expect_refused_unchanged(&s, FRAME_ENROL, REFUSAL_AK_UNACCEPTABLE);
	offer_ak(&s, DIGEST_SHA256, AK_ATTRIBUTES, none, DIGEST_SHA1);
	expect_refused_unchanged(&s, FRAME_ENROL, REFUSAL_AK_UNACCEPTABLE);
	for (size_t i = 0; i < sizeof(curves); i++) {
		offer_ak(&s, DIGEST_SHA256, AK_ATTRIBUTES, none, DIGEST_SHA256);
		s.ak.public.data[17] = curves[i];
		expect_refused_unchanged(&s, FRAME_ENROL, REFUSAL_AK_UNACCEPTABLE);
	}
	offer_rsa_ak(&s, 1024, 0);
	expect_refused_unchanged(&s, FRAME_ENROL, REFUSAL_AK_UNACCEPTABLE);
	offer_rsa_ak(&s, 2048, 3);
	expect_refused_unchanged(&s, FRAME_ENROL, REFUSAL_AK_UNACCEPTABLE);
	offer_rsa_ak(&s, 2048, 0);
	scene_expect(&s, FRAME_ENROL, REFUSAL_NONE);
}

/* Nobody is asked for a Name: it is the digest of the bytes that came. */
static void k04_the_aks_name_is_computed_from_its_public_area(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	uint8_t expected[2 + SHA256_SIZE] = { 0x00, 0x0b };
	struct node_row row;
	(void)state;

	signer_scene_init(&s);
	scene_join(&s);
	assert_int_equal(EVP_Digest(s.ak.public.data, s.ak.public.len, expected + 2, NULL,
				    EVP_sha256(), NULL),
			 1);
	assert_int_equal(store_node(s.signer.store, &s.node, &s.keep, &row), OK);
	assert_int_equal(row.ak_name.len, sizeof(expected));
	assert_memory_equal(row.ak_name.data, expected, sizeof(expected));
}

/* One EK, two AKs, both offers open: the first activation is the node's, whoever
 * comes second changes nothing (CVE-2025-13609). */
static void k05_of_two_activations_of_one_ek_one_wins(void **state)
{
	(void)state;
	for (int is_reversed = 0; is_reversed < 2; is_reversed++) {
		AUTO_DONE(signer_scene) s = { 0 };
		struct signer_request activations[2];
		struct name names[2];
		struct node_row row;

		signer_scene_init(&s);
		for (size_t i = 0; i < 2; i++) {
			if (i == 1) {
				software_key_done(&s.ak);
				make_attestation_key(&s.ak);
			}
			scene_enrol(&s);
			scene_prepare_activation(&s);
			activations[i] = scene_record(&s, FRAME_ACTIVATE);
			names[i] = s.ak.name;
		}
		s.request = activations[is_reversed];
		scene_expect(&s, FRAME_ACTIVATE, REFUSAL_NONE);
		s.request = activations[1 - is_reversed];
		expect_refused_unchanged(&s, FRAME_ACTIVATE, REFUSAL_AK_CHANGED);
		assert_int_equal(store_node(s.signer.store, &s.node, &s.keep, &row), OK);
		assert_true(span_equal(row.ak_name, name_span(&names[is_reversed])));
	}
}

/* The id is the EK's digest: another one is not to be had by asking. */
static void k05_a_node_id_is_not_for_the_asking(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct digest id;
	(void)state;

	enrol_scene_init(&s);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&s.spki), &id), OK);
	assert_memory_equal(s.node.value, id.value, SHA256_SIZE);
	scene_prepare_activation(&s);
	s.request.activate.node.value[0] ^= 1;
	expect_refused_unchanged(&s, FRAME_ACTIVATE, REFUSAL_ACTIVATION_INVALID);
}

static void k06_a_verdict_is_about_the_ak_that_was_verified(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	scene_authenticate(&s);
	/* Between check and use somebody else's key takes the place (CVE-2022-1053). */
	assert_int_equal(sqlite3_exec(s.signer.store->db, "UPDATE nodes SET ak_name = x'000b77'",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	scene_prepare_commit(&s);
	expect_refused_unchanged(&s, FRAME_COMMIT, REFUSAL_AK_CHANGED);
	/* A name in the store that its own public area does not have. */
	scene_evidence(&s);
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_STORE_UNAVAILABLE);
}

static void k07_guessing_the_secret_helps_nothing(void **state)
{
	static const struct signer_answer nothing;
	AUTO_DONE(signer_scene) s = { 0 };
	uint8_t guess[SHA256_SIZE];
	struct span honest;
	(void)state;

	enrol_scene_init(&s);
	scene_prepare_activation(&s);
	honest = s.request.activate.secret;
	for (size_t bit = 0; bit < 8 * SHA256_SIZE; bit++) {
		memcpy(guess, honest.data, sizeof(guess));
		guess[bit / 8] ^= (uint8_t)(1u << bit % 8);
		s.request.activate.secret = (struct span){ guess, sizeof(guess) };
		expect_refused_unchanged(&s, FRAME_ACTIVATE, REFUSAL_ACTIVATION_INVALID);
		/* One code, and nothing of how near it was. */
		assert_memory_equal(&s.answer.activate, &nothing.activate,
				    sizeof(nothing.activate));
	}
	for (size_t len = 0; len < honest.len; len++) {
		s.request.activate.secret = (struct span){ honest.data, len };
		expect_refused_unchanged(&s, FRAME_ACTIVATE, REFUSAL_ACTIVATION_INVALID);
	}
	s.request.activate.secret = honest;
	s.now += ENROLMENT_LIFETIME_S + 1;
	expect_refused_unchanged(&s, FRAME_ACTIVATE, REFUSAL_ENROLMENT_EXPIRED);
	s.now -= 1;
	scene_expect(&s, FRAME_HEALTH, REFUSAL_NONE);
	scene_enrol(&s);
	scene_prepare_activation(&s);
	scene_expect(&s, FRAME_ACTIVATE, REFUSAL_NONE);
}

static void k09_a_software_tpm_is_refused_where_nobody_allows_it(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	enrol_scene_init(&s);
	s.request.enrol.is_software_tpm = true;
	expect_refused_unchanged(&s, FRAME_ENROL, REFUSAL_EK_UNSUPPORTED);
	s.signer.allow_software_tpm = true;
	scene_expect(&s, FRAME_ENROL, REFUSAL_NONE);
}

static void k20_one_ak_behind_two_eks_is_one_node(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(signer_scene) twin = { 0 };
	struct signer_request first, second;
	(void)state;

	signer_scene_init(&s);
	signer_scene_init(&twin);
	scene_enrol(&s);
	scene_prepare_activation(&s);
	first = scene_record(&s, FRAME_ACTIVATE);
	/* The same TPM by its other EK, before either is activated. */
	s.request.enrol = (struct enrol_request){ .spki = span_of(&twin.spki),
						  .ek_public = span_of(&twin.ek_public),
						  .ak_public = span_of(&s.ak.public) };
	scene_expect(&s, FRAME_ENROL, REFUSAL_NONE);
	s.node = s.answer.enrol.node;
	s.challenge = s.answer.enrol.challenge;
	scene_prepare_activation(&s);
	second = scene_record(&s, FRAME_ACTIVATE);
	s.request = first;
	scene_expect(&s, FRAME_ACTIVATE, REFUSAL_NONE);
	s.request = second;
	expect_refused_unchanged(&s, FRAME_ACTIVATE, REFUSAL_AK_TAKEN);
	/* And afterwards. */
	s.request.enrol = (struct enrol_request){ .spki = span_of(&twin.spki),
						  .ek_public = span_of(&twin.ek_public),
						  .ak_public = span_of(&s.ak.public) };
	expect_refused_unchanged(&s, FRAME_ENROL, REFUSAL_AK_TAKEN);
}

#define ANOTHER_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void swap_tpms(struct signer_scene *a, struct signer_scene *b)
{
	const struct signer_scene before = *a;

	a->ek = b->ek, b->ek = before.ek;
	a->ek_public = b->ek_public, b->ek_public = before.ek_public;
	a->spki = b->spki, b->spki = before.spki;
	a->ak = b->ak, b->ak = before.ak;
}

enum first_node { FIRST_NONE, FIRST_ACTIVE, FIRST_QUARANTINED, FIRST_RETIRED, FIRST_REVOKED };

/* Two EKs of a TPM on one line; the second AK is another one, as many as a host makes. */
static enum node_state state_of_second(enum first_node first)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(signer_scene) twin = { 0 };
	AUTO_DONE(bytes) list = { 0 };
	struct node_id node;
	size_t line;

	signer_scene_init(&s);
	signer_scene_init(&twin);
	swap_tpms(&s, &twin);
	scene_enrol(&s);
	assert_int_equal(bytes_append(&list, span_text("# all EKs\nr01n07 server ")), OK);
	assert_int_equal(node_id_append(&list, &s.node), OK);
	swap_tpms(&s, &twin);
	scene_enrol(&s);
	node = s.node;
	assert_int_equal(bytes_append(&list, span_text(" \t")), OK);
	assert_int_equal(node_id_append(&list, &node), OK);
	assert_int_equal(bytes_append(&list, span_text("\nr01n08 server ")), OK);
	assert_int_equal(bytes_append(&list, span_text(ANOTHER_ID "\n")), OK);
	assert_int_equal(inventory_parse(&list, &s.signer.inventory, &line), OK);
	if (first != FIRST_NONE && first != FIRST_REVOKED) {
		scene_join(&s);
		assert_int_equal(s.answer.activate.state, NODE_STALE);
	}
	if (first == FIRST_QUARANTINED || first == FIRST_RETIRED) {
		s.request.admin =
			(struct admin_request){ .verb = first == FIRST_RETIRED ? ADMIN_RETIRE
									       : ADMIN_QUARANTINE,
						.node = node,
						.role = ROLE_PLATFORM,
						.reason = span_text("stolen") };
		scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	}
	if (first == FIRST_REVOKED)
		s.golden.revoked_node = &node;
	golden_build(&s.golden);
	scene_load_release(&s);
	swap_tpms(&s, &twin);
	scene_join(&s);

	enum node_state state = s.answer.activate.state;

	s.request.challenge = (struct challenge_request){ .node = s.node };
	scene_expect(&s, FRAME_CHALLENGE,
		     state == NODE_PENDING ? REFUSAL_NODE_PENDING : REFUSAL_NONE);
	return state;
}

static void k20_a_second_ek_of_a_line_brings_nobody_back(void **state)
{
	(void)state;

	assert_int_equal(state_of_second(FIRST_NONE), NODE_STALE);
	assert_int_equal(state_of_second(FIRST_ACTIVE), NODE_PENDING);
	assert_int_equal(state_of_second(FIRST_QUARANTINED), NODE_PENDING);
	assert_int_equal(state_of_second(FIRST_RETIRED), NODE_PENDING);
	assert_int_equal(state_of_second(FIRST_REVOKED), NODE_PENDING);
}

/* --- the first quote ------------------------------------------------------ */

/* An activation in s->request, right up to the quote, which a test may spoil. */
static struct made_attest first_quote(struct signer_scene *s)
{
	scene_prepare_activation(s);

	struct made_attest made =
		honest_quote(&s->ak, s->challenge.nonce, (struct span){ 0 }, s->challenge.bank,
			     s->challenge.select, &s->golden.values);

	made.clock = s->clock;
	made.reset_count = s->reset_count;
	made.restart_count = s->restart_count;
	return made;
}

static void send_first_quote(struct signer_scene *s, const struct made_attest *made)
{
	s->attest.len = s->signature.len = 0;
	write_attest(made, &s->attest);
	sign_attest(&s->ak, span_of(&s->attest), &s->signature);
	s->request.activate.attest = span_of(&s->attest);
	s->request.activate.signature = span_of(&s->signature);
}

static void expect_spoilt(struct signer_scene *s, const struct made_attest *made)
{
	send_first_quote(s, made);
	expect_refused_unchanged(s, FRAME_ACTIVATE, REFUSAL_ACTIVATION_INVALID);
}

static void expect_honest(struct signer_scene *s)
{
	struct made_attest made = first_quote(s);

	send_first_quote(s, &made);
	scene_expect(s, FRAME_ACTIVATE, REFUSAL_NONE);
}

static void q07_a_first_quote_selects_what_it_was_asked_for(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct made_attest made;
	(void)state;

	enrol_scene_init(&s);
	made = first_quote(&s);
	made.selection.bank[0].pcrs &= ~(pcr_mask)(1u << 10);
	expect_spoilt(&s, &made);
	made = first_quote(&s);
	made.selection.bank[0].pcrs |= (pcr_mask)1 << 12;
	expect_spoilt(&s, &made);
	made = first_quote(&s);
	made.selection.bank[0].pcrs = 0;
	expect_spoilt(&s, &made);
	expect_honest(&s);
}

static void q08_a_first_quote_is_of_one_bank_and_of_the_right_one(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct made_attest made;
	(void)state;

	enrol_scene_init(&s);
	made = first_quote(&s);
	made.selection.bank[0].alg = DIGEST_SHA1;
	expect_spoilt(&s, &made);
	made = first_quote(&s);
	made.selection.bank[1] = made.selection.bank[0];
	made.selection.bank[1].alg = DIGEST_SHA1;
	made.selection.count = 2;
	expect_spoilt(&s, &made);
	made = first_quote(&s);
	made.selection.count = 0;
	expect_spoilt(&s, &made);
	expect_honest(&s);
}

static void q21_a_first_quote_names_the_key_that_enrols(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct made_attest made;
	(void)state;

	enrol_scene_init(&s);
	made = first_quote(&s);
	made.signer.value[made.signer.len - 1] ^= 1;
	expect_spoilt(&s, &made);
	/* Of the same Name in another hierarchy: the Name itself. */
	made = first_quote(&s);
	made.signer = s.ak.name;
	expect_spoilt(&s, &made);
	expect_honest(&s);
}

/* What later quotes must be above: a clock that nothing is above ends the node. */
static void q27_a_first_quotes_clock_is_one_that_a_tpm_reaches(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct made_attest made;
	(void)state;

	enrol_scene_init(&s);
	made = first_quote(&s);
	made.clock = (uint64_t)INT64_MAX + 1;
	expect_spoilt(&s, &made);
	made.clock = UINT64_MAX;
	expect_spoilt(&s, &made);
	expect_honest(&s);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(k01_a_certificate_for_another_ek_is_refused),
	cmocka_unit_test(k02_every_attribute_bit_of_an_ak_counts),
	cmocka_unit_test(k03_weak_and_odd_attestation_keys_are_refused),
	cmocka_unit_test(k04_the_aks_name_is_computed_from_its_public_area),
	cmocka_unit_test(k05_of_two_activations_of_one_ek_one_wins),
	cmocka_unit_test(k05_a_node_id_is_not_for_the_asking),
	cmocka_unit_test(k06_a_verdict_is_about_the_ak_that_was_verified),
	cmocka_unit_test(k07_guessing_the_secret_helps_nothing),
	cmocka_unit_test(k09_a_software_tpm_is_refused_where_nobody_allows_it),
	cmocka_unit_test(k20_one_ak_behind_two_eks_is_one_node),
	cmocka_unit_test(k20_a_second_ek_of_a_line_brings_nobody_back),
	cmocka_unit_test(q07_a_first_quote_selects_what_it_was_asked_for),
	cmocka_unit_test(q08_a_first_quote_is_of_one_bank_and_of_the_right_one),
	cmocka_unit_test(q21_a_first_quote_names_the_key_that_enrols),
	cmocka_unit_test(q27_a_first_quotes_clock_is_one_that_a_tpm_reaches),
};

ATTACKS_MAIN(tests)
