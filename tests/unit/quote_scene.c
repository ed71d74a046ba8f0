/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "quote_scene.h"
#include "tpm/policy_digest.h"

static const uint8_t nonce_bytes[32] = "a nonce of thirty-two bytes, so!";
const struct span quote_scene_nonce = { nonce_bytes, sizeof(nonce_bytes) };

void quote_scene_take_pcrs(struct quote_scene *s)
{
	bytes_done(&s->pcrs);
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		const struct digest *value = pcr_value(&s->golden.values, DIGEST_SHA256, pcr);

		if ((s->golden.node_class.select >> pcr & 1) != 0)
			assert_int_equal(bytes_append(&s->pcrs, digest_span(value)), OK);
	}
	s->evidence.pcrs = span_of(&s->pcrs);
}

void quote_scene_policy(const struct quote_scene *s, struct digest *out)
{
	assert_int_equal(
		minting_policy(DIGEST_SHA256, 0x4090 | 1u << 13, &s->golden.values, 7, 1, out), OK);
}

void quote_scene_quote(struct quote_scene *s)
{
	s->quote = honest_quote(&s->ak, quote_scene_nonce, name_span(&s->minting.name),
				DIGEST_SHA256, s->golden.node_class.select, &s->golden.values);
}

void quote_scene_init(struct quote_scene *s)
{
	struct digest policy;

	*s = (struct quote_scene){ 0 };
	golden_init(&s->golden);
	golden_build(&s->golden);
	make_attestation_key(&s->ak);
	quote_scene_policy(s, &policy);
	make_minting_key(digest_span(&policy), &s->minting);
	quote_scene_quote(s);
	s->certify = honest_certify(&s->ak, quote_scene_nonce, &s->minting.name);
	quote_scene_take_pcrs(s);
	s->evidence.nonce = quote_scene_nonce;
	s->evidence.minting_public = span_of(&s->minting.public);
	assert_int_equal(attester_init(span_of(&s->ak.public), s->ak.key, "TST", &s->attester), OK);
}

void quote_scene_done(struct quote_scene *s)
{
	golden_done(&s->golden);
	software_key_done(&s->ak);
	software_key_done(&s->minting);
	bytes_done(&s->pcrs);
	bytes_done(&s->quote_bytes);
	bytes_done(&s->quote_signature);
	bytes_done(&s->certify_bytes);
	bytes_done(&s->certify_signature);
}

void quote_scene_sign(struct quote_scene *s)
{
	s->quote_bytes.len = s->quote_signature.len = 0;
	s->certify_bytes.len = s->certify_signature.len = 0;
	write_attest(&s->quote, &s->quote_bytes);
	sign_attest(&s->ak, span_of(&s->quote_bytes), &s->quote_signature);
	write_attest(&s->certify, &s->certify_bytes);
	sign_attest(&s->ak, span_of(&s->certify_bytes), &s->certify_signature);
	s->evidence.attest = span_of(&s->quote_bytes);
	s->evidence.signature = span_of(&s->quote_signature);
	s->evidence.certify_attest = span_of(&s->certify_bytes);
	s->evidence.certify_signature = span_of(&s->certify_signature);
}

void quote_scene_judge(struct quote_scene *s)
{
	assert_int_equal(authenticate(&s->golden.reference, &s->golden.built, &s->attester,
				      s->previous, &s->evidence, &s->result),
			 OK);
}

void quote_scene_expect_as_sent(struct quote_scene *s, enum authenticity authenticity,
				const char *code)
{
	quote_scene_judge(s);
	assert_string_equal(reason_facts(s->result.why.reason)->code, code);
	assert_int_equal(s->result.authenticity, authenticity);
}

void quote_scene_expect_refused(struct quote_scene *s, const char *code)
{
	quote_scene_sign(s);
	quote_scene_expect_as_sent(s, AUTHENTIC_REFUSED, code);
}

void quote_scene_expect_unauthenticated(struct quote_scene *s, const char *code)
{
	quote_scene_sign(s);
	quote_scene_expect_as_sent(s, UNAUTHENTICATED, code);
}

void quote_scene_expect_accepted(struct quote_scene *s)
{
	quote_scene_sign(s);
	quote_scene_expect_as_sent(s, AUTHENTIC, "none");
}
