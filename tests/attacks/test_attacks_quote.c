/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes: what was signed, by whom, and what it says. */
#include "attacks.h"

#include <string.h>

#include "attack_scene.h"
#include "base/auto_openssl.h"
#include "tpm/signature.h"

static void q01_a_quote_without_the_tpms_magic_is_refused(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct made_attest quote;
	(void)state;

	attack_scene_init(&s);
	for (unsigned bit = 0; bit < 32; bit++) {
		scene_evidence(&s);
		quote = scene_quote(&s);
		quote.magic ^= (uint32_t)1 << bit;
		scene_send_quote(&s, &quote);
		expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_SIGNATURE_INVALID);
	}
}

static void q02_another_kind_of_attestation_is_no_quote(void **state)
{
	/* TPM_ST: NV, command and session audit, certify, time, creation, NV digest */
	static const uint16_t types[] = { 0x8014, 0x8015, 0x8016, 0x8017, 0x8019, 0x801a, 0x801c };
	AUTO_DONE(signer_scene) s = { 0 };
	struct made_attest quote;
	(void)state;

	attack_scene_init(&s);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		scene_evidence(&s);
		quote = scene_quote(&s);
		quote.type = types[i];
		if (types[i] == ATTEST_CERTIFY)
			quote.certified = quote.certified_qualified = s.minting.name;
		scene_send_quote(&s, &quote);
		expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_SIGNATURE_INVALID);
	}
}

static void q03_a_scheme_that_is_not_the_enrolled_one_verifies_nothing(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	scene_evidence(&s);
	/* NULL (0x0010), RSAPSS (0x0016), ECDAA (0x001a), and whatever else there is. */
	for (unsigned scheme = 0; scheme < 0x100; scheme++) {
		s.signature.data[1] = (uint8_t)scheme;
		if (scheme != TPM_ALG_ECDSA)
			expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_SIGNATURE_INVALID);
	}
	/* An empty one, and the scheme NULL with nothing behind it. */
	s.request.authenticate.signature = (struct span){ (const uint8_t *)"\0\x10", 2 };
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_SIGNATURE_INVALID);
	s.request.authenticate.signature = (struct span){ 0 };
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_SIGNATURE_INVALID);
}

static void q04_no_other_hash_is_tried_than_the_enrolled_one(void **state)
{
	static const enum digest_alg others[] = { DIGEST_SHA1, DIGEST_SHA384, DIGEST_SHA512 };
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	scene_evidence(&s);
	for (size_t i = 0; i < 3; i++) {
		/* By the right key, and labelled as what it is. */
		s.signature.len = 0;
		sign_attest_with(&s.ak, others[i], span_of(&s.attest), &s.signature);
		s.request.authenticate.signature = span_of(&s.signature);
		expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_SIGNATURE_INVALID);
		/* And labelled as the enrolled one. */
		s.signature.data[3] = DIGEST_SHA256;
		expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_SIGNATURE_INVALID);
	}
}

/* A signature that would verify if the structure named how, in the structure of
 * the other kind of key. */
static void q05_a_signature_structure_of_another_kind_of_key_is_refused(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(bytes) der = { 0 };
	AUTO_DONE(bytes) wrapped = { 0 };
	AUTO(EVP_PKEY) rsa = EVP_RSA_gen(2048);
	struct writer w = writer_to(&wrapped, 1024);
	struct signature signature;
	(void)state;

	attack_scene_init(&s);
	scene_evidence(&s);
	assert_int_equal(signature_parse(span_of(&s.signature), &signature), OK);
	assert_int_equal(signature_der(&signature, &der), OK);
	writer_be16(&w, TPM_ALG_RSASSA);
	writer_be16(&w, DIGEST_SHA256);
	writer_sized(&w, span_of(&der));
	assert_int_equal(writer_end(&w), OK);
	s.request.authenticate.signature = span_of(&wrapped);
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_SIGNATURE_INVALID);

	/* The reverse: an RSA key, and a structure for ECC ones. */
	assert_non_null(rsa);
	assert_int_equal(signature_verify(&signature, TPM_ALG_RSASSA, DIGEST_SHA256,
					  span_of(&s.attest), rsa),
			 STATUS_MISMATCH);
	assert_int_equal(
		signature_verify(&signature, TPM_ALG_ECDSA, DIGEST_SHA256, span_of(&s.attest), rsa),
		STATUS_MISMATCH);
}

/* PCR 16 is free to reset: a good log is extended there, quoted, and its value
 * sent as that of PCR 10. */
static void q06_a_relabelled_selection_is_refused(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct made_attest quote;
	struct pcr_values values;
	(void)state;

	attack_scene_init(&s);
	scene_evidence(&s);
	values = s.golden.values;
	assert_int_equal(pcr_value_set(&values, 16, pcr_value(&values, DIGEST_SHA256, 10)), OK);
	quote = scene_quote(&s);
	quote.selection.bank[0].pcrs = (s.challenge.select & ~(1u << 10)) | 1u << 16;
	assert_int_equal(pcr_composite(&quote.selection, &values, DIGEST_SHA256, &quote.pcr_digest),
			 OK);
	scene_send_quote(&s, &quote);
	expect_right_ended(&s, "quote-selection-mismatch");
}

/* What is not quoted could be claimed at will: PCR 4 as a good boot has it. */
static void q07_a_selection_that_leaves_a_pcr_out_is_refused(void **state)
{
	static const pcr_mask selections[] = { 0, 1, GOLDEN_SELECT & ~(1u << 4),
					       GOLDEN_SELECT & ~(1u << 10) };
	(void)state;

	for (size_t i = 0; i < sizeof(selections) / sizeof(selections[0]); i++) {
		AUTO_DONE(signer_scene) s = { 0 };
		struct made_attest quote;

		attack_scene_init(&s);
		scene_evidence(&s);
		quote = scene_quote(&s);
		quote.selection.bank[0].pcrs = selections[i];
		if (selections[i] == 0)
			quote.selection.count = 0;
		assert_int_equal(pcr_composite(&quote.selection, &s.golden.values, DIGEST_SHA256,
					       &quote.pcr_digest),
				 OK);
		scene_send_quote(&s, &quote);
		expect_right_ended(&s, "quote-selection-mismatch");
	}
}

static void q08_the_sha1_bank_is_not_what_policy_reads(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(bytes) values = { 0 };
	struct made_attest quote;
	(void)state;

	attack_scene_init(&s);
	scene_evidence(&s);
	quote = scene_quote(&s);
	quote.selection.bank[0].alg = DIGEST_SHA1;
	scene_send_quote(&s, &quote);
	/* With values of that bank's size. */
	for (unsigned i = 0; i < 14 * 20; i++)
		assert_int_equal(bytes_append_byte(&values, 0), OK);
	s.request.authenticate.pcrs = span_of(&values);
	expect_right_ended(&s, "quote-selection-mismatch");
}

/* Two banks, of which the second carries what the host likes. */
static void q09_no_bank_is_read_beside_the_one_that_was_asked_for(void **state)
{
	static const enum digest_alg others[] = { DIGEST_SHA1, DIGEST_SHA384 };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(signer_scene) s = { 0 };
		struct made_attest quote;

		attack_scene_init(&s);
		scene_evidence(&s);
		quote = scene_quote(&s);
		quote.selection.count = 2;
		quote.selection.bank[1] = quote.selection.bank[0];
		quote.selection.bank[1].alg = others[i];
		/* As a TPM without that bank does: it selects nothing there. */
		quote.selection.bank[1].pcrs = 0;
		scene_send_quote(&s, &quote);
		expect_right_ended(&s, "quote-selection-mismatch");
	}
}

/* Puts other bytes where the quote's one selection stands, and signs. */
static void respell_selection(struct signer_scene *s, struct span spelling)
{
	static const uint8_t honest[] = { 0, 0, 0, 1, 0, 0x0b, 3, 0xff, 0x6f, 0 };
	const uint8_t *at = memmem(s->attest.data, s->attest.len, honest, sizeof(honest));
	AUTO_DONE(bytes) made = { 0 };

	assert_non_null(at);
	size_t before = (size_t)(at - s->attest.data);
	size_t after = before + sizeof(honest);

	assert_int_equal(bytes_append(&made, (struct span){ s->attest.data, before }), OK);
	assert_int_equal(bytes_append(&made, spelling), OK);
	assert_int_equal(
		bytes_append(&made, (struct span){ s->attest.data + after, s->attest.len - after }),
		OK);
	bytes_done(&s->attest);
	s->attest = made;
	made = (struct bytes){ 0 };
	scene_resign(s);
}

static void q10_a_selection_has_one_spelling(void **state)
{
	static const uint8_t twice[] = { 0, 0, 0, 2, 0, 11, 3, 0xff, 0x6f, 0, 0, 11, 3, 0, 0, 0 };
	static const uint8_t narrow[] = { 0, 0, 0, 1, 0, 11, 2, 0xff, 0x6f };
	static const uint8_t wide[] = { 0, 0, 0, 1, 0, 11, 4, 0xff, 0x6f, 0, 0 };
	static const struct span spellings[] = {
		{ twice, sizeof(twice) },
		{ narrow, sizeof(narrow) },
		{ wide, sizeof(wide) },
	};
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		scene_evidence(&s);
		respell_selection(&s, spellings[i]);
		expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_SIGNATURE_INVALID);
	}
}

/* Even where the release says so. */
static void q11_resettable_pcrs_are_never_evidence(void **state)
{
	(void)state;
	for (unsigned pcr = 16; pcr <= 23; pcr += 7) {
		AUTO_DONE(signer_scene) s = { 0 };
		struct digest zero = digest_filled(DIGEST_SHA256, 0);

		signer_scene_init(&s);
		s.golden.node_class.select |= (pcr_mask)1 << pcr;
		golden_build(&s.golden);
		assert_int_equal(pcr_value_set(&s.golden.values, pcr, &zero), OK);
		scene_load_release(&s);
		scene_join_approved(&s);
		scene_evidence(&s);
		expect_right_ended(&s, "release-unusable");
	}
}

/* Each of them signed by the AK: no signature protects from these. */
static void q12_lengths_that_do_not_add_up_are_refused(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(bytes) signature = { 0 };
	size_t whole;
	(void)state;

	attack_scene_init(&s);
	scene_evidence(&s);
	whole = s.attest.len;
	for (s.attest.len = 0; s.attest.len < whole; s.attest.len++) {
		scene_resign(&s);
		expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_MALFORMED);
	}
	/* pcrDigest's own size, beyond what holds it and short of it. */
	for (unsigned size = 0; size < 64; size += 31) {
		s.attest.data[whole - 33] = (uint8_t)size;
		scene_resign(&s);
		expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_MALFORMED);
	}
	s.attest.data[whole - 33] = 32;
	assert_int_equal(bytes_append_byte(&s.attest, 0), OK);
	scene_resign(&s);
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_MALFORMED);
	s.attest.len--;
	scene_resign(&s);
	assert_int_equal(bytes_copy(span_of(&s.signature), &signature), OK);
	assert_int_equal(bytes_append_byte(&signature, 0), OK);
	for (size_t len = 0; len <= signature.len; len++) {
		s.request.authenticate.signature = (struct span){ signature.data, len };
		if (len != s.signature.len)
			expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_SIGNATURE_INVALID);
	}
}

static void q13_a_nonce_counts_whole_or_not_at_all(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(bytes) longer = { 0 };
	struct made_attest quote;
	(void)state;

	attack_scene_init(&s);
	scene_evidence(&s);
	for (size_t len = 0; len < SHA256_SIZE; len++) {
		quote = scene_quote(&s);
		quote.extra_len = len;
		scene_send_quote(&s, &quote);
		expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_INVALID);
	}
	quote = scene_quote(&s);
	quote.extra[quote.extra_len++] = 0;
	scene_send_quote(&s, &quote);
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_INVALID);

	/* The verifier's own nonce with a byte more, and a quote over just that. */
	assert_int_equal(bytes_copy(s.challenge.nonce, &longer), OK);
	assert_int_equal(bytes_append_byte(&longer, 0), OK);
	for (size_t len = 0; len <= longer.len; len++) {
		if (len == s.challenge.nonce.len)
			continue;
		struct span honest = s.challenge.nonce;

		s.challenge.nonce = (struct span){ longer.data, len };
		scene_prepare_evidence(&s);
		expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_INVALID);
		s.challenge.nonce = honest;
	}
}

static void q21_another_key_of_the_same_tpm_does_not_speak(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(software_key) other = { 0 };
	struct made_attest quote;
	(void)state;

	attack_scene_init(&s);
	make_attestation_key(&other);
	scene_evidence(&s);
	s.signature.len = 0;
	sign_attest(&other, span_of(&s.attest), &s.signature);
	s.request.authenticate.signature = span_of(&s.signature);
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_SIGNATURE_INVALID);

	/* The same template under another hierarchy: another qualified name. */
	scene_evidence(&s);
	quote = scene_quote(&s);
	assert_int_equal(qualified_name_of_primary(TPM_RH_OWNER, &s.ak.name, &quote.signer), OK);
	scene_send_quote(&s, &quote);
	expect_right_ended(&s, "quote-signer-mismatch");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(q01_a_quote_without_the_tpms_magic_is_refused),
	cmocka_unit_test(q02_another_kind_of_attestation_is_no_quote),
	cmocka_unit_test(q03_a_scheme_that_is_not_the_enrolled_one_verifies_nothing),
	cmocka_unit_test(q04_no_other_hash_is_tried_than_the_enrolled_one),
	cmocka_unit_test(q05_a_signature_structure_of_another_kind_of_key_is_refused),
	cmocka_unit_test(q06_a_relabelled_selection_is_refused),
	cmocka_unit_test(q07_a_selection_that_leaves_a_pcr_out_is_refused),
	cmocka_unit_test(q08_the_sha1_bank_is_not_what_policy_reads),
	cmocka_unit_test(q09_no_bank_is_read_beside_the_one_that_was_asked_for),
	cmocka_unit_test(q10_a_selection_has_one_spelling),
	cmocka_unit_test(q11_resettable_pcrs_are_never_evidence),
	cmocka_unit_test(q12_lengths_that_do_not_add_up_are_refused),
	cmocka_unit_test(q13_a_nonce_counts_whole_or_not_at_all),
	cmocka_unit_test(q21_another_key_of_the_same_tpm_does_not_speak),
};

ATTACKS_MAIN(tests)
