/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/auto_openssl.h"
#include "base/text.h"
#include "policies/envelope/dsse.h"

static EVP_PKEY *ed25519_key(void)
{
	uint8_t seed[32] = { 1 };

	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, sizeof(seed));
}

static size_t sign(EVP_PKEY *key, const EVP_MD *md, struct span message, uint8_t out[128])
{
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	size_t len = 128;

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, md, NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, out, &len, message.data, message.len), 1);
	return len;
}

static enum status load_hex(enum key_scheme scheme, const char *hex)
{
	AUTO_DONE(bytes) spki = { 0 };
	EVP_PKEY *key = NULL;

	assert_int_equal(hex_decode(span_text(hex), &spki), OK);
	enum status status = signing_key_load(scheme, span_of(&spki), &key);
	EVP_PKEY_free(key);
	return status;
}

static void the_pae_keeps_type_and_payload_apart(void **state)
{
	AUTO_DONE(bytes) out = { 0 };
	(void)state;

	assert_int_equal(dsse_pae(span_text("hello"), &out), OK);
	assert_true(span_equal(span_of(&out),
			       span_text("DSSEv1 28 application/vnd.in-toto+json 5 hello")));
}

#define ED_PREFIX "302a300506032b6570032100"
#define ZERO_30 "000000000000000000000000000000000000000000000000000000000000"
#define FF_30 "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static void ed25519_points_of_low_order_are_no_keys(void **state)
{
	static const char *const points[] = {
		"00" ZERO_30 "00",
		"00" ZERO_30 "80",
		"01" ZERO_30 "00",
		"01" ZERO_30 "80",
		"ec" FF_30 "7f",
		"ec" FF_30 "ff",
		"ed" FF_30 "7f", /* 0, not reduced */
		"ee" FF_30 "7f", /* 1, not reduced */
		"ff" FF_30 "ff",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		char spki[128] = ED_PREFIX;

		strcat(spki, points[i]);
		assert_int_equal(load_hex(SCHEME_ED25519, spki), STATUS_MALFORMED);
	}
}

static void spki_of(EVP_PKEY *key, struct bytes *out)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	assert_true(len > 0);
	assert_int_equal(bytes_copy((struct span){ der, (size_t)len }, out), OK);
	OPENSSL_free(der);
}

static void keys_have_one_encoding(void **state)
{
	AUTO(EVP_PKEY) ed = ed25519_key();
	AUTO(EVP_PKEY) ec = EVP_EC_gen("P-256");
	AUTO(EVP_PKEY) p224 = EVP_EC_gen("P-224");
	AUTO(EVP_PKEY) compressed = EVP_EC_gen("P-256");
	AUTO(EVP_PKEY) rsa = EVP_RSA_gen(1024);
	EVP_PKEY *keys[] = { ed, ec, p224, compressed, rsa };
	(void)state;

	assert_int_equal(EVP_PKEY_set_utf8_string_param(compressed, "point-format", "compressed"),
			 1);
	for (size_t i = 0; i < 5; i++) {
		AUTO_DONE(bytes) spki = { 0 };

		spki_of(keys[i], &spki);
		for (int scheme = 0; scheme < 2; scheme++) {
			EVP_PKEY *out = NULL;
			enum status status =
				signing_key_load((enum key_scheme)scheme, span_of(&spki), &out);

			assert_int_equal(status == OK, i == (size_t)scheme);
			EVP_PKEY_free(out);
		}
		EVP_PKEY *out = NULL;
		assert_int_equal(bytes_append_byte(&spki, 0), OK);
		assert_int_not_equal(
			signing_key_load((enum key_scheme)(i % 2), span_of(&spki), &out), OK);
	}
}

static void a_point_off_the_curve_is_no_key(void **state)
{
	AUTO(EVP_PKEY) ec = EVP_EC_gen("P-256");
	AUTO_DONE(bytes) spki = { 0 };
	EVP_PKEY *out = NULL;
	(void)state;

	spki_of(ec, &spki);
	spki.data[spki.len - 1] ^= 1;
	assert_int_not_equal(signing_key_load(SCHEME_ECDSA_P256_SHA256, span_of(&spki), &out), OK);
}

static void the_scheme_is_the_keys_and_not_the_messages(void **state)
{
	AUTO(EVP_PKEY) ed = ed25519_key();
	uint8_t signature[128];
	struct span message = span_text("message");
	size_t len = sign(ed, NULL, message, signature);
	(void)state;

	assert_int_not_equal(signing_key_verify(ed, SCHEME_ECDSA_P256_SHA256, message,
						(struct span){ signature, len }),
			     OK);
}

static void envelopes_are_read_strictly(void **state)
{
	static const struct {
		const char *text;
		const char *fault;
	} cases[] = {
		{ "{}", "missing-field" },
		{ "{\"payloadType\":\"application/json\",\"payload\":\"\",\"signatures\":[]}",
		  "payload-type" },
		{ "{\"payloadType\":\"" DSSE_PAYLOAD_TYPE "\",\"payload\":\"e30\","
		  "\"signatures\":[{\"keyid\":\"a\",\"sig\":\"\"}]}",
		  "bad-value" },
		{ "{\"payloadType\":\"" DSSE_PAYLOAD_TYPE "\",\"payload\":\"e3 0=\","
		  "\"signatures\":[{\"keyid\":\"a\",\"sig\":\"\"}]}",
		  "bad-value" },
		{ "{\"payloadType\":\"" DSSE_PAYLOAD_TYPE "\",\"payload\":\"e31=\","
		  "\"signatures\":[{\"keyid\":\"a\",\"sig\":\"\"}]}",
		  "bad-value" },
		{ "{\"payloadType\":\"" DSSE_PAYLOAD_TYPE "\",\"payload\":\"\","
		  "\"signatures\":[{\"keyid\":\"a\",\"sig\":\"\"}]}",
		  "empty" },
		{ "{\"payloadType\":\"" DSSE_PAYLOAD_TYPE "\",\"payload\":\"e30=\","
		  "\"signatures\":[]}",
		  "not-one-signature" },
		{ "{\"payloadType\":\"" DSSE_PAYLOAD_TYPE "\",\"payload\":\"e30=\","
		  "\"signatures\":[{\"keyid\":\"a\",\"sig\":\"\"},{\"keyid\":\"b\",\"sig\":\"\"}]}",
		  "too-many-elements" },
		{ "{\"payloadType\":\"" DSSE_PAYLOAD_TYPE "\",\"payload\":\"e30=\","
		  "\"signatures\":[{\"keyid\":\"a\",\"sig\":\"\",\"alg\":\"none\"}]}",
		  "unknown-field" },
		{ "{\"payloadType\":\"" DSSE_PAYLOAD_TYPE "\",\"payload\":\"e30=\",\"alg\":\"x\","
		  "\"signatures\":[{\"keyid\":\"a\",\"sig\":\"\"}]}",
		  "unknown-field" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_DONE(dsse) dsse = { 0 };
		AUTO_DONE(strict_document) why = { 0 };

		assert_int_not_equal(dsse_parse(span_text(cases[i].text), 4096, &dsse, &why), OK);
		assert_string_equal(why.fault, cases[i].fault);
	}
}

static void every_truncation_of_an_envelope_is_refused(void **state)
{
	static const char text[] =
		"{\"payloadType\":\"" DSSE_PAYLOAD_TYPE "\",\"payload\":\"e30=\",\"signatures\":["
		"{\"keyid\":\"a\",\"sig\":\"AQI=\"}]}";
	(void)state;

	for (size_t len = 0; len <= sizeof(text) - 1; len++) {
		AUTO_DONE(dsse) dsse = { 0 };
		AUTO_DONE(strict_document) why = { 0 };
		enum status status =
			dsse_parse((struct span){ (const uint8_t *)text, len }, 4096, &dsse, &why);

		assert_int_equal(status == OK, len == sizeof(text) - 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_pae_keeps_type_and_payload_apart),
		cmocka_unit_test(ed25519_points_of_low_order_are_no_keys),
		cmocka_unit_test(keys_have_one_encoding),
		cmocka_unit_test(a_point_off_the_curve_is_no_key),
		cmocka_unit_test(the_scheme_is_the_keys_and_not_the_messages),
		cmocka_unit_test(envelopes_are_read_strictly),
		cmocka_unit_test(every_truncation_of_an_envelope_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
