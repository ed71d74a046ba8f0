/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tpm/device against a software TPM, everything it says verified in memory by
 * tpm/. The TCTI stands in ATTESTD_TEST_TCTI, the NV index that the EK
 * certificate has to come from in ATTESTD_TEST_EK_INDEX, where there is one the
 * endorsement password in ATTESTD_TEST_AUTH, and in ATTESTD_TEST_RESTART a command
 * that suspends the TPM and starts it again.
 */
#include "../unit/unit.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto_openssl.h"
#include "tpm/attest.h"
#include "tpm/credential.h"
#include "tpm/device/device.h"
#include "tpm/ek_certificate.h"
#include "tpm/policy_digest.h"
#include "tpm/signature.h"

#define SELECT ((pcr_mask)0x6fff) /* 0-11, 13, 14 */
#define POLICY ((pcr_mask)(1 << 4 | 1 << 7 | 1 << 14 | 1 << 13))
#define CAP 13

static struct tpm_device *device;

static enum status another_device(const char *auth, struct tpm_device **out)
{
	return tpm_device_new(getenv("ATTESTD_TEST_TCTI"), span_text(auth), out);
}

static int open_device(void **state)
{
	(void)state;
	return getenv("ATTESTD_TEST_TCTI") == NULL ||
	       another_device(getenv("ATTESTD_TEST_AUTH"), &device) != OK;
}

static int close_device(void **state)
{
	(void)state;
	tpm_device_free(device);
	return 0;
}

static void assert_ok(enum status status)
{
	if (status != OK)
		fail_msg("%s: %s", status_text(status), tpm_device_reason(device));
}

static EVP_PKEY *key_of(struct span public_area, struct public_area *area)
{
	EVP_PKEY *key = NULL;

	assert_int_equal(public_area_parse(public_area, area), OK);
	assert_int_equal(public_area_key(area, &key), OK);
	return key;
}

static void assert_signed(const struct bytes *signed_bytes, const struct bytes *signature_bytes,
			  struct span public_area)
{
	struct public_area area;
	struct signature signature;
	AUTO(EVP_PKEY) key = key_of(public_area, &area);

	assert_int_equal(signature_parse(span_of(signature_bytes), &signature), OK);
	assert_int_equal(signature_verify(&signature, area.scheme, area.scheme_hash,
					  span_of(signed_bytes), key),
			 OK);
}

static void the_identity_is_that_of_the_ek_certificate(void **state)
{
	AUTO_DONE(tpm_identity) identity = { 0 };
	AUTO_DONE(bytes) ek_public = { 0 };
	AUTO_DONE(ek_certificate) certificate = { 0 };
	const struct ek_trust nobody = { 0 };
	struct public_area area;
	char index[16];

	(void)state;
	assert_ok(tpm_device_identify(device, &identity));
	assert_int_equal(identity.states, 0);
	(void)snprintf(index, sizeof(index), "%08x", identity.ek_index);
	assert_string_equal(index, getenv("ATTESTD_TEST_EK_INDEX"));
	assert_ok(tpm_device_ek_public(device, &identity, &ek_public));
	assert_int_equal(
		ek_certificate_verify(span_of(&identity.ek_certificate), &nobody, &certificate),
		OK);
	assert_int_equal(public_area_parse(span_of(&ek_public), &area), OK);
	assert_true(ek_certificate_is_for(&certificate, &area));
}

static void the_attestation_key_is_acceptable_and_the_same_again(void **state)
{
	AUTO_DONE(tpm_identity) identity = { 0 };
	AUTO_DONE(tpm_identity) again = { 0 };
	AUTO(tpm_device) restarted = NULL;
	struct public_area area;

	(void)state;
	assert_ok(tpm_device_identify(device, &identity));
	assert_int_equal(public_area_parse(span_of(&identity.ak_public), &area), OK);
	assert_int_equal(attestation_key_check(&area), OK);
	assert_int_equal(another_device(getenv("ATTESTD_TEST_AUTH"), &restarted), OK);
	assert_ok(tpm_device_identify(restarted, &again));
	assert_true(span_equal(span_of(&identity.ak_public), span_of(&again.ak_public)));
}

static void a_quote_verifies_in_memory(void **state)
{
	AUTO_DONE(tpm_identity) identity = { 0 };
	AUTO_DONE(tpm_statement) quoted = { 0 };
	uint8_t nonce[32];
	struct span extra = { nonce, sizeof(nonce) };
	struct pcr_values values;
	struct attest quote;
	struct digest composite;
	struct name ak, qualified;

	(void)state;
	assert_int_equal(RAND_bytes(nonce, sizeof(nonce)), 1);
	assert_ok(tpm_device_identify(device, &identity));
	assert_ok(tpm_device_quote(device, DIGEST_SHA256, SELECT, extra, &quoted, &values));
	assert_signed(&quoted.attest, &quoted.signature, span_of(&identity.ak_public));
	assert_int_equal(attest_parse(span_of(&quoted.attest), ATTEST_QUOTE, &quote), OK);
	assert_true(span_equal(quote.extra_data, extra));
	assert_int_equal(quote.selection.count, 1);
	assert_int_equal(quote.selection.bank[0].alg, DIGEST_SHA256);
	assert_int_equal(quote.selection.bank[0].pcrs, SELECT);
	assert_int_equal(pcr_composite(&quote.selection, &values, DIGEST_SHA256, &composite), OK);
	assert_true(span_equal(quote.pcr_digest, digest_span(&composite)));
	assert_int_equal(public_area_name(span_of(&identity.ak_public), &ak), OK);
	assert_int_equal(qualified_name_of_primary(TPM_RH_ENDORSEMENT, &ak, &qualified), OK);
	assert_true(span_equal(quote.qualified_signer, name_span(&qualified)));
}

static void an_inactive_bank_is_refused(void **state)
{
	AUTO_DONE(tpm_statement) quoted = { 0 };
	struct pcr_values values;

	(void)state;
	assert_int_not_equal(tpm_device_quote(device, DIGEST_SHA512, SELECT, (struct span){ 0 },
					      &quoted, &values),
			     OK);
}

/* What make_credential wants to know of an EK. */
static void credential_for(const struct tpm_identity *identity, struct span secret,
			   struct bytes *id_object, struct bytes *encrypted_secret)
{
	AUTO_DONE(bytes) ek_public = { 0 };
	struct public_area area;
	struct name ak;
	struct credential_random random = { 0 };
	AUTO(EVP_PKEY) ephemeral = NULL;

	assert_ok(tpm_device_ek_public(device, identity, &ek_public));

	AUTO(EVP_PKEY) ek = key_of(span_of(&ek_public), &area);

	assert_int_equal(RAND_bytes(random.seed, sizeof(random.seed)), 1);
	assert_int_equal(RAND_bytes(random.oaep, sizeof(random.oaep)), 1);
	if (area.type == TPM_ALG_ECC)
		ephemeral = EVP_EC_gen(area.curve == TPM_CURVE_P384 ? "P-384" : "P-256");
	random.ephemeral = ephemeral;
	assert_int_equal(public_area_name(span_of(&identity->ak_public), &ak), OK);
	assert_int_equal(make_credential(ek, area.name_alg, area.symmetric_bits, name_span(&ak),
					 secret, &random, id_object, encrypted_secret),
			 OK);
}

static void a_credential_made_for_it_opens_and_an_altered_one_does_not(void **state)
{
	AUTO_DONE(tpm_identity) identity = { 0 };
	AUTO_DONE(bytes) id_object = { 0 };
	AUTO_DONE(bytes) encrypted_secret = { 0 };
	AUTO_DONE(bytes) opened = { 0 };
	AUTO_DONE(bytes) nothing = { 0 };
	uint8_t secret[32];

	(void)state;
	assert_int_equal(RAND_bytes(secret, sizeof(secret)), 1);
	assert_ok(tpm_device_identify(device, &identity));
	credential_for(&identity, (struct span){ secret, sizeof(secret) }, &id_object,
		       &encrypted_secret);
	assert_ok(tpm_device_activate(device, &identity, span_of(&id_object),
				      span_of(&encrypted_secret), &opened));
	assert_true(span_equal(span_of(&opened), (struct span){ secret, sizeof(secret) }));
	id_object.data[id_object.len - 1] ^= 1;
	assert_int_not_equal(tpm_device_activate(device, &identity, span_of(&id_object),
						 span_of(&encrypted_secret), &nothing),
			     OK);
	assert_int_equal(nothing.len, 0);
}

static void credential_blobs_over_the_cap_never_reach_the_tss(void **state)
{
	AUTO_DONE(tpm_identity) identity = { 0 };
	AUTO_DONE(bytes) opened = { 0 };
	static const uint8_t big[4096];
	struct span over = { big, sizeof(big) };
	struct span small = { big, 16 };

	(void)state;
	assert_ok(tpm_device_identify(device, &identity));
	assert_int_equal(tpm_device_activate(device, &identity, over, small, &opened),
			 STATUS_MALFORMED);
	assert_int_equal(tpm_device_activate(device, &identity, small, over, &opened),
			 STATUS_MALFORMED);
}

static void assert_signs(bool does)
{
	AUTO_DONE(bytes) signature = { 0 };
	AUTO_DONE(bytes) message = { 0 };
	struct digest digest;

	assert_int_equal(bytes_append(&message, span_text("to be signed")), OK);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&message), &digest), OK);

	enum status status = tpm_device_mint_sign(device, &digest, 0, &signature);

	if (!does) {
		assert_int_equal(status, STATUS_DENIED);
		return;
	}
	assert_ok(status);
	assert_signed(&message, &signature, tpm_device_minting_public(device));
}

static void the_minting_key_is_certified_and_signs(void **state)
{
	AUTO_DONE(tpm_identity) identity = { 0 };
	AUTO_DONE(tpm_statement) certified = { 0 };
	struct pcr_values values;
	struct tpm_clock clock;
	struct digest policy;
	struct public_area area;
	struct attest certify;
	struct name name, qualified;
	bool is_new = false;

	(void)state;
	assert_ok(tpm_device_identify(device, &identity));
	assert_ok(tpm_device_minting_key(device, DIGEST_SHA256, POLICY, &is_new));
	assert_true(is_new);
	assert_ok(tpm_device_read_pcrs(device, DIGEST_SHA256, POLICY, &values));
	assert_ok(tpm_device_read_clock(device, &clock));
	assert_int_equal(minting_policy(DIGEST_SHA256, POLICY, &values, clock.reset_count,
					clock.restart_count, &policy),
			 OK);
	assert_int_equal(public_area_parse(tpm_device_minting_public(device), &area), OK);
	assert_int_equal(minting_key_check(&area, digest_span(&policy)), OK);

	assert_ok(tpm_device_certify(device, span_text("nonce"), &certified));
	assert_signed(&certified.attest, &certified.signature, span_of(&identity.ak_public));
	assert_int_equal(attest_parse(span_of(&certified.attest), ATTEST_CERTIFY, &certify), OK);
	assert_true(span_equal(certify.extra_data, span_text("nonce")));
	assert_int_equal(public_area_name(tpm_device_minting_public(device), &name), OK);
	assert_int_equal(qualified_name_of_primary(TPM_RH_NULL, &name, &qualified), OK);
	assert_true(span_equal(certify.certified_name, name_span(&name)));
	assert_true(span_equal(certify.certified_qualified_name, name_span(&qualified)));
	assert_signs(true);
}

static void the_minting_key_stays_while_it_fits(void **state)
{
	bool is_new = true;

	(void)state;
	assert_ok(tpm_device_minting_key(device, DIGEST_SHA256, POLICY, &is_new));
	assert_false(is_new);
	assert_signs(true);
}

static void a_capped_minting_key_refuses_and_a_new_one_signs(void **state)
{
	AUTO_DONE(bytes) capped = { 0 };
	bool is_new = false;

	(void)state;
	assert_int_equal(bytes_copy(tpm_device_minting_public(device), &capped), OK);
	assert_ok(tpm_device_cap(device, CAP));
	assert_signs(false);
	assert_ok(tpm_device_minting_key(device, DIGEST_SHA256, POLICY, &is_new));
	assert_true(is_new);
	assert_false(span_equal(span_of(&capped), tpm_device_minting_public(device)));
	assert_signs(true);
}

static void a_new_minting_key_in_one_boot_is_another_key(void **state)
{
	AUTO_DONE(bytes) first = { 0 };
	bool is_new = false;

	(void)state;
	assert_int_equal(bytes_copy(tpm_device_minting_public(device), &first), OK);
	tpm_device_drop_minting_key(device);
	assert_ok(tpm_device_minting_key(device, DIGEST_SHA256, POLICY, &is_new));
	assert_true(is_new);
	assert_false(span_equal(span_of(&first), tpm_device_minting_public(device)));
}

static void a_pcr_of_the_boot_is_never_capped(void **state)
{
	(void)state;
	assert_int_equal(tpm_device_cap(device, 10), STATUS_DENIED);
	assert_int_equal(tpm_device_cap(device, 0), STATUS_DENIED);
	assert_int_equal(tpm_device_cap(device, 16), STATUS_DENIED);
}

static void a_wrong_endorsement_password_is_a_state_of_the_host(void **state)
{
	AUTO_DONE(tpm_identity) identity = { 0 };
	AUTO(tpm_device) wrong = NULL;

	(void)state;
	if (getenv("ATTESTD_TEST_AUTH") == NULL)
		skip();
	assert_int_equal(another_device("not it", &wrong), OK);
	assert_ok(tpm_device_identify(wrong, &identity));
	assert_int_equal(identity.states, TPM_ENDORSEMENT_AUTH_SET);
	assert_int_equal(identity.ak_public.len, 0);
	/* What is known without it. */
	assert_int_not_equal(identity.ek_index, 0);
}

static void restart(void)
{
	assert_int_equal(system(getenv("ATTESTD_TEST_RESTART")), 0);
}

/* k19: Shutdown(STATE) and Startup(CLEAR) keep the NULL hierarchy's seed, and
 * bring the cap PCR back to what the policy wants. */
static void a_capped_minting_key_stays_dead_when_the_boot_is_replayed(void **state)
{
	struct tpm_clock before, after;
	struct pcr_values first, again;
	bool is_new = false;

	(void)state;
	if (getenv("ATTESTD_TEST_RESTART") == NULL)
		skip();
	restart();
	assert_ok(tpm_device_minting_key(device, DIGEST_SHA256, POLICY, &is_new));
	assert_true(is_new);
	assert_ok(tpm_device_read_pcrs(device, DIGEST_SHA256, POLICY, &first));
	assert_ok(tpm_device_read_clock(device, &before));
	assert_signs(true);
	assert_ok(tpm_device_cap(device, CAP));
	assert_signs(false);
	restart();
	assert_ok(tpm_device_read_pcrs(device, DIGEST_SHA256, POLICY, &again));
	assert_true(digest_equal(pcr_value(&first, DIGEST_SHA256, CAP),
				 pcr_value(&again, DIGEST_SHA256, CAP)));
	assert_ok(tpm_device_read_clock(device, &after));
	assert_int_equal(after.reset_count, before.reset_count);
	assert_int_equal(after.restart_count, before.restart_count + 1);
	assert_signs(false);
	assert_ok(tpm_device_minting_key(device, DIGEST_SHA256, POLICY, &is_new));
	assert_true(is_new);
	assert_signs(true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_identity_is_that_of_the_ek_certificate),
		cmocka_unit_test(the_attestation_key_is_acceptable_and_the_same_again),
		cmocka_unit_test(a_quote_verifies_in_memory),
		cmocka_unit_test(an_inactive_bank_is_refused),
		cmocka_unit_test(a_credential_made_for_it_opens_and_an_altered_one_does_not),
		cmocka_unit_test(credential_blobs_over_the_cap_never_reach_the_tss),
		cmocka_unit_test(the_minting_key_is_certified_and_signs),
		cmocka_unit_test(the_minting_key_stays_while_it_fits),
		cmocka_unit_test(a_capped_minting_key_refuses_and_a_new_one_signs),
		cmocka_unit_test(a_new_minting_key_in_one_boot_is_another_key),
		cmocka_unit_test(a_pcr_of_the_boot_is_never_capped),
		cmocka_unit_test(a_wrong_endorsement_password_is_a_state_of_the_host),
		cmocka_unit_test(a_capped_minting_key_stays_dead_when_the_boot_is_replayed),
	};

	return cmocka_run_group_tests(tests, open_device, close_device);
}
