/* SPDX-License-Identifier: Apache-2.0 */
/* One EK, and a certificate's several ways to write its key: one node. */
#include "attacks.h"

#include <string.h>

#include "attack_scene.h"
#include "base/auto_openssl.h"

static void give_rsa_key(struct signer_scene *s, struct bytes *spki)
{
	AUTO(EVP_PKEY) key = EVP_RSA_gen(2048);
	BIGNUM *number = NULL;
	uint8_t modulus[256];

	assert_int_equal(EVP_PKEY_get_bn_param(key, "n", &number), 1);
	assert_int_equal(BN_bn2binpad(number, modulus, sizeof(modulus)), sizeof(modulus));
	BN_free(number);
	s->ek_public.len = 0;

	struct writer w = writer_to(&s->ek_public, 512);

	write_ek_opening(&w, TPM_ALG_RSA);
	writer_be16(&w, TPM_ALG_NULL);
	writer_be16(&w, 2048);
	writer_be32(&w, 0);
	writer_sized(&w, (struct span){ modulus, sizeof(modulus) });
	assert_int_equal(writer_end(&w), OK);
	copy_spki(key, spki);
}

/* rsaEncryption in place of id-RSAES-OAEP, or the other way round: the last arc. */
static void spell_otherwise(struct signer_scene *s, struct span spki)
{
	bytes_done(&s->spki);
	assert_int_equal(bytes_copy(spki, &s->spki), OK);
	s->spki.data[16] ^= 0x01 ^ 0x07;
}

static void spell_plainly(struct signer_scene *s, struct span spki)
{
	bytes_done(&s->spki);
	assert_int_equal(bytes_copy(spki, &s->spki), OK);
}

/* A captured appraiser, asked in for the same TPM with an AK of its own. */
static void ask_in_anew(struct signer_scene *s)
{
	software_key_done(&s->ak);
	make_attestation_key(&s->ak);
	s->request.enrol = (struct enrol_request){ .spki = span_of(&s->spki),
						   .ek_public = span_of(&s->ek_public),
						   .ak_public = span_of(&s->ak.public) };
}

/* Its certificate is spelled otherwise, as a captured appraiser chose. */
static void rsa_scene_init(struct signer_scene *s, struct bytes *plain)
{
	signer_scene_init(s);
	scene_load_release(s);
	give_rsa_key(s, plain);
	spell_otherwise(s, span_of(plain));
}

static void k01_an_ek_is_one_node_however_its_certificate_spells_it(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(bytes) plain = { 0 };
	struct digest id;
	(void)state;

	rsa_scene_init(&s, &plain);
	scene_enrol(&s);
	scene_prepare_activation(&s);

	struct activate_request held = s.request.activate;
	AUTO_DONE(bytes) attest = s.attest;
	AUTO_DONE(bytes) signature = s.signature;

	held.attest = span_of(&attest);
	held.signature = span_of(&signature);
	s.attest = s.signature = (struct bytes){ 0 };

	/* Two at once, of which the second comes when the first was approved. */
	spell_plainly(&s, span_of(&plain));
	scene_join_approved(&s);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&plain), &id), OK);
	assert_memory_equal(s.node.value, id.value, sizeof(s.node.value));
	s.request.activate = held;
	expect_refused_unchanged(&s, FRAME_ACTIVATE, REFUSAL_EK_MISMATCH);

	spell_otherwise(&s, span_of(&plain));
	ask_in_anew(&s);
	expect_refused_unchanged(&s, FRAME_ENROL, REFUSAL_EK_MISMATCH);
	s.request.enrol.spki = span_of(&plain);
	scene_expect(&s, FRAME_ENROL, REFUSAL_NONE);
}

/* Who comes when nobody decided yet, with the same AK. */
static void k01_a_wrong_spelling_keeps_nobody_out(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(bytes) plain = { 0 };
	struct audit_row noted = { 0 };
	struct node_id named;
	struct node_row row;
	(void)state;

	rsa_scene_init(&s, &plain);
	scene_keep_log(&s);
	scene_join(&s);

	struct node_id wrong = s.node;

	spell_plainly(&s, span_of(&plain));
	/* An offer changes nothing: nothing is proven yet. */
	scene_enrol(&s);
	assert_int_equal(store_node(s.signer.store, &wrong, &s.keep, &row), OK);
	scene_join_approved(&s);
	assert_int_equal(store_node(s.signer.store, &wrong, &s.keep, &row), STATUS_NOT_FOUND);
	assert_int_equal(scene_noted(&s, "superseded", &noted), 1);
	assert_int_equal(node_id_parse(noted.node, &named), OK);
	assert_memory_equal(named.value, wrong.value, sizeof(wrong.value));
	assert_int_equal(store_node(s.signer.store, &s.node, &s.keep, &row), OK);
	assert_int_equal(row.standing, STANDING_ACTIVE);
	scene_attest(&s);
	scene_expect_result(&s.answer.commit, "\nstate trusted\n", NULL);
}

static void narrow(struct signer_scene *s, int64_t lifted)
{
	assert_int_equal(store_begin(s->signer.store), OK);
	assert_int_equal(store_node_narrow(s->signer.store, &s->node, STANDING_QUARANTINED,
					   span_text("why"), s->now),
			 OK);
	assert_int_equal(store_node_forget(s->signer.store, &s->node), STATUS_MISMATCH);
	if (lifted != 0)
		assert_int_equal(store_node_release(s->signer.store, &s->node, lifted), OK);
	assert_int_equal(store_commit(s->signer.store), OK);
}

/* It waits for the signed act that lifts it; and acts from before that must not come back
 * with its node. */
static void k01_a_quarantine_outlasts_its_spelling(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(bytes) plain = { 0 };
	int64_t lifted;
	(void)state;

	rsa_scene_init(&s, &plain);
	scene_join(&s);
	narrow(&s, 0);
	spell_plainly(&s, span_of(&plain));
	ask_in_anew(&s);
	expect_refused_unchanged(&s, FRAME_ENROL, REFUSAL_EK_MISMATCH);

	lifted = s.now + 10;
	narrow(&s, lifted);
	scene_join(&s);
	scene_prepare_act(&s, "approve", "server", lifted);
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_REPLAYED);
	/* Nor with the other spelling, once more. */
	spell_otherwise(&s, span_of(&plain));
	scene_join(&s);
	scene_prepare_act(&s, "approve", "server", lifted);
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_REPLAYED);
	scene_prepare_act(&s, "approve", "server", lifted + 1);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(k01_an_ek_is_one_node_however_its_certificate_spells_it),
	cmocka_unit_test(k01_a_wrong_spelling_keeps_nobody_out),
	cmocka_unit_test(k01_a_quarantine_outlasts_its_spelling),
};

ATTACKS_MAIN(tests)
