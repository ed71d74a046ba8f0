/* SPDX-License-Identifier: Apache-2.0 */
/* The minting key: in the TPM, of this boot, under its policy, and no other. */
#include "attacks.h"

#include <string.h>

#include "attack_scene.h"
#include "base/auto_openssl.h"
#include "tpm/policy_digest.h"

#define MINTING_ATTRIBUTES 0x00040432u
#define POLICY_PCRS ((pcr_mask)0x4090 | 1u << 13)

static struct digest policy_of(const struct signer_scene *s, uint32_t reset, uint32_t restart)
{
	struct digest policy;

	assert_int_equal(minting_policy(DIGEST_SHA256, POLICY_PCRS, &s->golden.values, reset,
					restart, &policy),
			 OK);
	return policy;
}

/* Offers the key with these properties, quoted and certified as it is. */
static void offer(struct signer_scene *s, uint32_t attributes, struct span policy)
{
	s->minting.public.len = 0;
	write_ecc_public(&s->minting, DIGEST_SHA256, attributes, policy, DIGEST_SHA256,
			 &s->minting.public);
	assert_int_equal(public_area_name(span_of(&s->minting.public), &s->minting.name), OK);
	scene_evidence(s);
}

static void k12_every_attribute_bit_and_the_policy_of_a_minting_key_count(void **state)
{
	(void)state;
	for (unsigned bit = 0; bit < 32; bit++) {
		AUTO_DONE(signer_scene) s = { 0 };
		struct digest policy;

		attack_scene_init(&s);
		policy = policy_of(&s, 7, 1);
		offer(&s, MINTING_ATTRIBUTES ^ (uint32_t)1 << bit, digest_span(&policy));
		expect_right_ended(&s, "minting-key-unsuitable");
	}

	AUTO_DONE(signer_scene) s = { 0 };

	attack_scene_init(&s);
	offer(&s, MINTING_ATTRIBUTES, (struct span){ 0 });
	expect_right_ended(&s, "minting-key-unsuitable");
}

static void k12_a_minting_key_is_certified_by_the_ak_for_this_nonce(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(software_key) other = { 0 };
	struct made_attest certify;
	struct digest policy;
	(void)state;

	attack_scene_init(&s);
	policy = policy_of(&s, 7, 1);
	/* A key that was never in a TPM has no certification at all. */
	make_minting_key(digest_span(&policy), &other);
	software_key_done(&s.minting);
	s.minting = other;
	other = (struct software_key){ 0 };
	scene_evidence(&s);
	s.request.authenticate.certify_attest = (struct span){ 0 };
	s.request.authenticate.certify_signature = (struct span){ 0 };
	expect_right_ended(&s, "minting-key-uncertified");
	/* Or one by itself, */
	scene_evidence(&s);
	s.certify_signature.len = 0;
	sign_attest(&s.minting, span_of(&s.certify), &s.certify_signature);
	s.request.authenticate.certify_signature = span_of(&s.certify_signature);
	expect_right_ended(&s, "certify-signature-invalid");
	/* or one made for another question, */
	scene_evidence(&s);
	certify = scene_certify(&s);
	certify.extra[0] ^= 1;
	scene_send_certify(&s, &certify);
	expect_right_ended(&s, "certify-nonce-mismatch");
	/* or of another key. */
	scene_evidence(&s);
	certify = scene_certify(&s);
	certify.certified = s.ak.name;
	scene_send_certify(&s, &certify);
	expect_right_ended(&s, "certify-name-mismatch");
}

static void k13_a_minting_key_that_outlives_the_boot_is_refused(void **state)
{
	static const uint32_t hierarchies[] = { TPM_RH_OWNER, TPM_RH_ENDORSEMENT, 0x4000000c };
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(signer_scene) s = { 0 };
		struct made_attest certify;

		attack_scene_init(&s);
		scene_evidence(&s);
		certify = scene_certify(&s);
		assert_int_equal(qualified_name_of_primary(hierarchies[i], &s.minting.name,
							   &certify.certified_qualified),
				 OK);
		scene_send_certify(&s, &certify);
		expect_right_ended(&s, "certify-hierarchy-mismatch");
	}
}

static X509 *granted(const struct signer_scene *s)
{
	struct span der = s->answer.commit.certificate;
	const uint8_t *at = der.data;
	X509 *certificate = d2i_X509(NULL, &at, (long)der.len);

	assert_non_null(certificate);
	return certificate;
}

/* An appraiser that was taken over offers a key of its own beside honest words. */
static void k14_a_certificate_is_for_the_certified_key_alone(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(software_key) own = { 0 };
	struct digest policy;
	(void)state;

	attack_scene_init(&s);
	policy = policy_of(&s, 7, 1);
	make_minting_key(digest_span(&policy), &own);
	scene_evidence(&s);
	s.request.authenticate.minting_public = span_of(&own.public);
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_NONCE_INVALID);

	scene_attest(&s);
	AUTO(X509) certificate = granted(&s);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(certificate), s.minting.key), 1);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(certificate), own.key), 0);
}

/* Capped, then Shutdown(STATE): the PCRs may come back, the counters do not. */
static void k19_a_key_of_before_the_restart_is_refused(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct digest policy;
	(void)state;

	attack_scene_init(&s);
	s.restart_count++;
	scene_evidence(&s);
	expect_right_ended(&s, "minting-key-unsuitable");
	policy = policy_of(&s, s.reset_count, s.restart_count);
	software_key_done(&s.minting);
	make_minting_key(digest_span(&policy), &s.minting);
	/* A new key of the new session is welcome, certified anew. */
	scene_challenge(&s);
	assert_true(s.challenge.want_certify);
	scene_prepare_evidence(&s);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	assert_false(s.answer.authenticate.is_final);
}

/* Five wrong passwords for another object must not silence these two. */
static void k21_keys_that_a_lockout_would_silence_are_refused(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(signer_scene) fresh = { 0 };
	struct digest policy;
	(void)state;

	attack_scene_init(&s);
	policy = policy_of(&s, 7, 1);
	offer(&s, MINTING_ATTRIBUTES & ~(uint32_t)OBJECT_NO_DA, digest_span(&policy));
	expect_right_ended(&s, "minting-key-unsuitable");

	signer_scene_init(&fresh);
	fresh.ak.public.len = 0;
	write_ecc_public(&fresh.ak, DIGEST_SHA256, 0x00050472u & ~(uint32_t)OBJECT_NO_DA,
			 (struct span){ 0 }, DIGEST_SHA256, &fresh.ak.public);
	fresh.request.enrol = (struct enrol_request){ .spki = span_of(&fresh.spki),
						      .ek_public = span_of(&fresh.ek_public),
						      .ak_public = span_of(&fresh.ak.public) };
	expect_refused_unchanged(&fresh, FRAME_ENROL, REFUSAL_AK_UNACCEPTABLE);
}

/* A key whose X or Y begins with a zero byte, as a TPM that strips it writes it. */
static void strip_coordinate(struct signer_scene *s, struct span policy)
{
	for (;;) {
		struct bytes *public = &s->minting.public;
		size_t x;

		software_key_done(&s->minting);
		make_minting_key(policy, &s->minting);
		x = public->len - 64 - 2;
		if (public->data[x] != 0)
			continue;
		memmove(public->data + x, public->data + x + 1, public->len - x - 1);
		public->len--;
		public->data[x - 1] = 31;
		break;
	}
	assert_int_equal(public_area_name(span_of(&s->minting.public), &s->minting.name), OK);
}

static void k11_a_stripped_coordinate_is_padded_on_the_left(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct public_area area;
	struct digest policy;
	(void)state;

	attack_scene_init(&s);
	policy = policy_of(&s, 7, 1);
	strip_coordinate(&s, digest_span(&policy));
	assert_int_equal(public_area_parse(span_of(&s.minting.public), &area), OK);

	EVP_PKEY *read = NULL;

	assert_int_equal(public_area_key(&area, &read), OK);
	assert_int_equal(EVP_PKEY_eq(read, s.minting.key), 1);
	EVP_PKEY_free(read);
	scene_attest(&s);
	AUTO(X509) certificate = granted(&s);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(certificate), s.minting.key), 1);
}

/* The same of r and s: zeros on the left, or none. */
static void k11_numbers_of_a_signature_may_be_shorter(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct bytes *signature = &s.signature;
	(void)state;

	attack_scene_init(&s);
	scene_evidence(&s);
	do
		scene_resign(&s);
	while (signature->data[6] != 0);
	memmove(signature->data + 6, signature->data + 7, signature->len - 7);
	signature->len--;
	signature->data[5] = 31;
	s.request.authenticate.signature = span_of(signature);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	assert_false(s.answer.authenticate.is_final);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(k11_a_stripped_coordinate_is_padded_on_the_left),
	cmocka_unit_test(k11_numbers_of_a_signature_may_be_shorter),
	cmocka_unit_test(k12_every_attribute_bit_and_the_policy_of_a_minting_key_count),
	cmocka_unit_test(k12_a_minting_key_is_certified_by_the_ak_for_this_nonce),
	cmocka_unit_test(k13_a_minting_key_that_outlives_the_boot_is_refused),
	cmocka_unit_test(k14_a_certificate_is_for_the_certified_key_alone),
	cmocka_unit_test(k19_a_key_of_before_the_restart_is_refused),
	cmocka_unit_test(k21_keys_that_a_lockout_would_silence_are_refused),
};

ATTACKS_MAIN(tests)
