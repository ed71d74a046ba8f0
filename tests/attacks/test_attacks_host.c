/* SPDX-License-Identifier: Apache-2.0 */
/* What a captured front tells a host; and a verifier that is gone. */
#include "attacks.h"

#include "host_scene.h"
#include "service_scene.h"

#define CAPS_ACCEPTED 64 /* by appraisal, in a boot session */

/* --- what stands in the network -------------------------------------------- */

static void s09_a_captured_front_forges_no_verdict(void **state)
{
	AUTO_DONE(host) h = { 0 };
	AUTO_DONE(verdict) v = { 0 };
	AUTO(EVP_PKEY) own = EVP_EC_gen("P-256");
	int64_t expires;
	(void)state;

	host_init(&h);
	host_evidence(&h);
	host_fill_verdict(&h, NODE_TRUSTED, GRANT_S, &v);
	/* By a key of its own; by the CA's, which is no result key. */
	assert_int_equal(host_give(&h, &v, own, &expires), STATUS_MISMATCH);
	assert_int_equal(host_give(&h, &v, h.verifier.minting, &expires), STATUS_MISMATCH);
	host_expect_signed(&h, STATUS_DENIED);
	/* Well signed, for another node, another question, another key. */
	v.node.value[0] ^= 1;
	assert_int_equal(host_give(&h, &v, h.verifier.result, &expires), STATUS_MISMATCH);
	v.node.value[0] ^= 1;
	v.nonce.data[0] ^= 1;
	assert_int_equal(host_give(&h, &v, h.verifier.result, &expires), STATUS_MISMATCH);
	v.nonce.data[0] ^= 1;
	v.minting_key.data[5] ^= 1;
	assert_int_equal(host_give(&h, &v, h.verifier.result, &expires), STATUS_MISMATCH);
	v.minting_key.data[5] ^= 1;
	host_expect_signed(&h, STATUS_DENIED);
	/* The genuine one counts once. */
	assert_int_equal(host_give(&h, &v, h.verifier.result, &expires), OK);
	host_expect_signed(&h, OK);
	assert_int_equal(host_give(&h, &v, h.verifier.result, &expires), STATUS_MISMATCH);
	host_expect_signed(&h, OK);
}

/* Without the result key nothing that the TPM holds is spent. */
static void s09_a_captured_front_spends_no_cap(void **state)
{
	AUTO_DONE(host) h = { 0 };
	AUTO(EVP_PKEY) own = EVP_EC_gen("P-256");
	(void)state;

	host_init(&h);

	struct digest before = host_cap(&h);

	for (size_t i = 0; i < 4; i++) {
		AUTO_DONE(verdict) v = { 0 };
		int64_t expires;

		host_attest(&h, NODE_TRUSTED, GRANT_S);
		host_evidence(&h);
		host_fill_verdict(&h, NODE_UNTRUSTED, 0, &v);
		assert_int_equal(host_give(&h, &v, own, &expires), STATUS_MISMATCH);
		/* What an unsigned "node-quarantined" makes the agent ask for. */
		assert_int_equal(broker_drop(&h.agent), OK);
		host_expect_signed(&h, STATUS_DENIED);
	}

	struct digest after = host_cap(&h);

	assert_true(digest_equal(&before, &after));
	host_attest(&h, NODE_TRUSTED, GRANT_S);
	host_expect_signed(&h, OK);
}

/* Evidence that it spoilt earns honest, signed verdicts against the node: they
 * end rights, and leave the node a way back. */
static void s09_spoilt_evidence_does_not_use_up_the_caps(void **state)
{
	AUTO_DONE(host) h = { 0 };
	size_t caps = 0;
	(void)state;

	host_init(&h);

	struct digest last = host_cap(&h);

	for (size_t i = 0; i < 24; i++) {
		host_attest(&h, NODE_TRUSTED, GRANT_S);
		host_attest(&h, NODE_UNTRUSTED, 0);
		host_expect_signed(&h, STATUS_DENIED);

		struct digest now = host_cap(&h);

		caps += !digest_equal(&last, &now);
		last = now;
	}
	assert_true(caps > 0 && caps <= CAPS_ACCEPTED / 4);
	host_attest(&h, NODE_TRUSTED, GRANT_S);
	host_expect_signed(&h, OK);
}

/* The challenge is nobody's word. A cap of another PCR would be a boot that no
 * release explains, until the next one. */
static void s09_a_cap_that_the_front_chose_is_not_extended(void **state)
{
	AUTO_DONE(host) h = { 0 };
	(void)state;

	host_init(&h);
	h.asked_cap = HOST_OTHER_CAP;

	struct digest cap = host_cap(&h), other = host_other_cap(&h);

	host_attest(&h, NODE_TRUSTED, GRANT_S);
	host_expect_signed(&h, OK);
	host_attest(&h, NODE_UNTRUSTED, 0);
	host_expect_signed(&h, STATUS_DENIED);

	struct digest cap_now = host_cap(&h), other_now = host_other_cap(&h);

	assert_false(digest_equal(&cap, &cap_now));
	assert_true(digest_equal(&other, &other_now));
}

/* 16 and 23 whoever is root resets, and those up to 10 are the boot's and IMA's. */
static const struct attestation_challenge impossible[] = {
	{ .bank = DIGEST_NONE, .select = 1u << 7, .cap = HOST_CAP },
	{ .bank = DIGEST_SHA256, .select = 0, .cap = HOST_CAP },
	{ .bank = DIGEST_SHA256, .select = 1u << 7 | 1u << 16, .cap = HOST_CAP },
	{ .bank = DIGEST_SHA256, .select = 1u << 7, .policy_pcrs = 1u << 23, .cap = HOST_CAP },
	{ .bank = DIGEST_SHA256, .select = 1u << 7, .cap = 10 },
	{ .bank = DIGEST_SHA256, .select = 1u << 7, .cap = 16 },
};

static enum status ask(struct host *h, struct attestation_challenge challenge, const char *nonce)
{
	AUTO_DONE(broker_evidence) made = { 0 };
	AUTO_DONE(bytes) text = { 0 };
	const struct digest none = { 0 };

	assert_int_equal(bytes_append(&text, span_text(nonce)), OK);
	challenge.nonce = text;
	return broker_evidence(&h->agent, &challenge, &none, &made);
}

static void s09_a_challenge_of_other_pcrs_is_not_answered(void **state)
{
	AUTO_DONE(host) h = { 0 };
	const struct attestation_challenge honest = {
		.bank = DIGEST_SHA256, .select = 1u << 7, .policy_pcrs = 1u << 7, .cap = HOST_CAP
	};
	(void)state;

	host_init(&h);
	assert_int_equal(ask(&h, honest, ""), STATUS_UNSUPPORTED);
	for (size_t i = 0; i < sizeof(impossible) / sizeof(impossible[0]); i++)
		assert_int_equal(ask(&h, impossible[i], "nonce"), STATUS_UNSUPPORTED);
	assert_int_equal(ask(&h, honest, "nonce"), OK);
}

/* A release may choose another PCR; a challenge of before is kept for then. */
static void s09_a_cap_of_another_class_is_not_extended(void **state)
{
	AUTO_DONE(host) h = { 0 };
	AUTO_DONE(verdict) v = { 0 };
	int64_t expires;
	(void)state;

	host_init(&h);

	struct digest cap = host_cap(&h), other = host_other_cap(&h);

	host_attest(&h, NODE_TRUSTED, GRANT_S);
	host_evidence(&h);
	host_fill_verdict(&h, NODE_UNTRUSTED, 0, &v);
	v.cap = HOST_OTHER_CAP;
	assert_int_equal(host_give(&h, &v, h.verifier.result, &expires), OK);
	host_expect_signed(&h, STATUS_DENIED);

	struct name key = h.key;
	struct digest cap_now = host_cap(&h), other_now = host_other_cap(&h);

	assert_true(digest_equal(&cap, &cap_now));
	assert_true(digest_equal(&other, &other_now));
	/* Dead all the same: there is another since. */
	assert_false(span_equal(name_span(&key), name_span(&h.key)));
}

/* --- nobody answers --------------------------------------------------------- */

/* Long enough for a busy machine to use the right before it is over. */
#define SHORT_S 8
#define AFTER_IT_MS (SHORT_S * 1000 + 1100)

static void s14_a_right_that_nobody_renews_ends_by_itself(void **state)
{
	AUTO_DONE(host) h = { 0 };
	(void)state;

	host_init(&h);

	struct digest before = host_cap(&h);

	host_attest(&h, NODE_TRUSTED, SHORT_S);
	sleep_ms(AFTER_IT_MS);
	host_expect_signed(&h, STATUS_DENIED);

	/* Unreachable is not untrusted: nothing is capped, and the next verdict
	 * brings everything back. */
	struct digest after = host_cap(&h);

	assert_true(digest_equal(&before, &after));
	host_attest(&h, NODE_TRUSTED, GRANT_S);
	host_expect_signed(&h, OK);
}

/* By the verifier's word it lasts for seconds, whatever this host's clock says. */
static void s14_a_clock_that_is_behind_makes_no_right_longer(void **state)
{
	AUTO_DONE(host) h = { 0 };
	AUTO_DONE(verdict) v = { 0 };
	int64_t expires = 0;
	(void)state;

	host_init(&h);
	host_evidence(&h);
	host_fill_verdict(&h, NODE_TRUSTED, GRANT_S, &v);
	v.issued = v.expires - SHORT_S;
	assert_int_equal(host_give(&h, &v, h.verifier.result, &expires), OK);
	host_expect_signed(&h, OK);
	sleep_ms(AFTER_IT_MS);
	host_expect_signed(&h, STATUS_DENIED);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(s09_a_captured_front_forges_no_verdict),
	cmocka_unit_test(s09_a_captured_front_spends_no_cap),
	cmocka_unit_test(s09_spoilt_evidence_does_not_use_up_the_caps),
	cmocka_unit_test(s09_a_cap_that_the_front_chose_is_not_extended),
	cmocka_unit_test(s09_a_challenge_of_other_pcrs_is_not_answered),
	cmocka_unit_test(s09_a_cap_of_another_class_is_not_extended),
	cmocka_unit_test(s14_a_right_that_nobody_renews_ends_by_itself),
	cmocka_unit_test(s14_a_clock_that_is_behind_makes_no_right_longer),
};

ATTACKS_MAIN_WITH(tests, host_start_tpm, host_stop_tpm)
