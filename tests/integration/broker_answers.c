/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit/unit.h"

#include "broker_answers.h"

#include "tpm/attest.h"
#include "tpm/policy_digest.h"
#include "tpm/signature.h"

EVP_PKEY *answer_key(struct span public_area, struct public_area *area)
{
	EVP_PKEY *key = NULL;

	assert_int_equal(public_area_parse(public_area, area), OK);
	assert_int_equal(public_area_key(area, &key), OK);
	return key;
}

void answer_is_signed(struct span message, struct span signature, struct span public_area)
{
	struct public_area area;
	struct signature parsed;
	AUTO(EVP_PKEY) key = answer_key(public_area, &area);

	assert_int_equal(signature_parse(signature, &parsed), OK);
	assert_int_equal(signature_verify(&parsed, area.scheme, area.scheme_hash, message, key),
			 OK);
}

static void assert_same(const struct bytes *a, const struct bytes *b)
{
	assert_true(span_equal(span_of(a), span_of(b)));
}

void answer_is_same_host(const struct broker_identity *got, const struct broker_identity *golden,
			 const char *scene)
{
	if (!got->has_node || got->states != 0 ||
	    got->enrolment.ek_index != golden->enrolment.ek_index ||
	    got->reset_count != golden->reset_count ||
	    got->enrolment.chain_count != golden->enrolment.chain_count)
		fail_msg("%s: another identity: states %u, EK 0x%08x, resetCount %u, chain of %zu",
			 scene, got->states, got->enrolment.ek_index, got->reset_count,
			 got->enrolment.chain_count);
	assert_same(&got->enrolment.ek_certificate, &golden->enrolment.ek_certificate);
	assert_same(&got->enrolment.ek_public, &golden->enrolment.ek_public);
	assert_same(&got->enrolment.ak_public, &golden->enrolment.ak_public);
}

static void read_pcrs(const struct evidence *e, uint32_t select, struct pcr_values *out)
{
	size_t next = 0;

	pcr_values_init(out);
	for (unsigned pcr = 0; pcr < PCRS; pcr++) {
		struct digest value;

		if ((select >> pcr & 1) == 0)
			continue;
		assert_true(next < e->pcr_count);
		assert_int_equal(digest_from(DIGEST_SHA256, span_of(&e->pcrs[next++]), &value), OK);
		assert_int_equal(pcr_value_set(out, pcr, &value), OK);
	}
}

void answer_is_quote(const struct evidence *e, struct span ak_public, uint32_t select,
		     struct span nonce)
{
	struct attest quote;
	struct pcr_values values;
	struct digest composite, extra;
	struct name name;

	answer_is_signed(span_of(&e->attest), span_of(&e->signature), ak_public);
	assert_int_equal(attest_parse(span_of(&e->attest), ATTEST_QUOTE, &quote), OK);
	read_pcrs(e, select, &values);
	assert_int_equal(pcr_composite(&quote.selection, &values, DIGEST_SHA256, &composite), OK);
	assert_true(span_equal(quote.pcr_digest, digest_span(&composite)));
	assert_int_equal(public_area_name(span_of(&e->minting_public), &name), OK);
	assert_int_equal(quote_extra_data(nonce, name_span(&name), span_of(&e->report), &extra),
			 OK);
	assert_true(span_equal(quote.extra_data, digest_span(&extra)));
}

void answer_is_certify(const struct evidence *e, struct span ak_public)
{
	struct attest certify;
	struct name name;

	answer_is_signed(span_of(&e->certify_attest), span_of(&e->certify_signature), ak_public);
	assert_int_equal(attest_parse(span_of(&e->certify_attest), ATTEST_CERTIFY, &certify), OK);
	assert_int_equal(public_area_name(span_of(&e->minting_public), &name), OK);
	assert_true(span_equal(certify.certified_name, name_span(&name)));
}
