/* SPDX-License-Identifier: Apache-2.0 */
/* What is read of the certificates that a TPM has of its EK's issuers. */
#include "unit.h"

#include "certificate_maker.h"
#include "tpm/device/connection.h"

static struct bytes certificate_with(unsigned extensions)
{
	AUTO(EVP_PKEY) key = maker_ec_key("P-256");
	struct recipe recipe = maker_root(key);

	recipe.more_extensions = extensions;
	return maker_certificate(&recipe);
}

/* Of a certificate that the agent does not take all of the answer would be lost. */
static void a_certificate_that_is_too_long_is_left_out_and_those_behind_it_are_not(void **state)
{
	static const uint8_t padding[40];
	AUTO_DONE(bytes) first = certificate_with(0);
	AUTO_DONE(bytes) longest = certificate_with(1000);
	AUTO_DONE(bytes) last = certificate_with(1);
	AUTO_DONE(bytes) all = { 0 };
	struct tpm_identity identity = { 0 };
	(void)state;

	assert_true(longest.len > TPM_CHAIN_CERTIFICATE_MAX);
	assert_int_equal(bytes_append(&all, span_of(&first)), OK);
	assert_int_equal(bytes_append(&all, span_of(&longest)), OK);
	assert_int_equal(bytes_append(&all, span_of(&last)), OK);
	assert_int_equal(bytes_append(&all, (struct span){ padding, sizeof(padding) }), OK);
	assert_int_equal(chain_split(span_of(&all), &identity), OK);
	assert_int_equal(identity.ek_chain_count, 2);
	assert_true(span_equal(span_of(&identity.ek_chain[0]), span_of(&first)));
	assert_true(span_equal(span_of(&identity.ek_chain[1]), span_of(&last)));
	tpm_identity_done(&identity);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_certificate_that_is_too_long_is_left_out_and_those_behind_it_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
