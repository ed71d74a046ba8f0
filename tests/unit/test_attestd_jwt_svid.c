/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include <openssl/rsa.h>

#include "attestd/jwt_svid.h"
#include "base/auto_openssl.h"
#include "base/text.h"
#include "jwt_scene.h"

#define NOW 1767225600
#define HEADER "{\"alg\":\"ES256\",\"kid\":\"one\",\"typ\":\"JWT\"}"
#define CLAIMS                                                                                     \
	"{\"sub\":\"spiffe://example.org/web\",\"aud\":[\"a\",\"b\"],\"iat\":1767225590,"          \
	"\"exp\":1767225890,\"jti\":\"x\",\"more\":{\"deep\":[1,true]}}"

/* A trust domain with a key of each kind. */
enum kind { EC_256, EC_384, EC_521, RSA_2048, RSA_1024, KINDS };
static const char *const kids[KINDS] = { "one", "p384", "p521", "rsa", "weak" };

struct scene {
	EVP_PKEY *private[KINDS];
	struct jwt_key keys[KINDS];
	struct bytes token;
	const char *fault;
	struct jwt_svid got;
};

static void scene_init(struct scene *s)
{
	*s = (struct scene){ .private = { EVP_EC_gen("P-256"), EVP_EC_gen("P-384"),
					  EVP_EC_gen("P-521"), EVP_RSA_gen(2048),
					  EVP_RSA_gen(1024) } };
	for (size_t i = 0; i < KINDS; i++)
		jwt_scene_key(s->private[i], kids[i], &s -> keys[i]);
}

static void scene_done(struct scene *s)
{
	for (size_t i = 0; i < KINDS; i++) {
		EVP_PKEY_free(s->private[i]);
		bytes_done(&s->keys[i].kid);
		bytes_done(&s->keys[i].spki);
	}
	bytes_done(&s->token);
	jwt_svid_done(&s->got);
}

AUTO_RELEASE(scene, scene_done);

static void sign(struct scene *s, enum kind kind, const char *hash, int padding, const char *header,
		 const char *claims)
{
	static const int coordinates[KINDS] = { 32, 48, 66, 0, 0 };
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key_ctx = NULL;
	uint8_t signature[512];
	size_t len = sizeof(signature);

	jwt_scene_begin(header, claims, &s->token);
	assert_int_equal(
		EVP_DigestSignInit_ex(ctx, &key_ctx, hash, NULL, NULL, s->private[kind], NULL), 1);
	if (padding != 0)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(key_ctx, padding), 1);
	if (padding == RSA_PKCS1_PSS_PADDING)
		assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(key_ctx, RSA_PSS_SALTLEN_DIGEST),
				 1);
	assert_int_equal(EVP_DigestSign(ctx, signature, &len, s->token.data, s->token.len), 1);
	assert_int_equal(bytes_append_byte(&s->token, '.'), OK);
	if (coordinates[kind] != 0)
		jwt_scene_append_ecdsa(&s->token, (struct span){ signature, len },
				       coordinates[kind]);
	else
		assert_int_equal(base64url_append(&s->token, (struct span){ signature, len }), OK);
}

static enum status verify_at(struct scene *s, const char *audience, int64_t now)
{
	const struct jwt_svid_question question = {
		.token = span_of(&s->token),
		.keys = s->keys,
		.key_count = KINDS,
		.trust_domain = span_text("example.org"),
		.audience = span_text(audience),
		.now = now,
	};

	jwt_svid_done(&s->got);
	return jwt_svid_verify(&question, &s->got, &s->fault);
}

static enum status verify(struct scene *s)
{
	return verify_at(s, "b", NOW);
}

static enum status judge(struct scene *s, const char *header, const char *claims)
{
	sign(s, EC_256, "SHA256", 0, header, claims);
	return verify(s);
}

static void a_good_token_says_who_it_is_for_and_until_when(void **state)
{
	AUTO_DONE(scene) s;
	AUTO_DONE(bytes) domain = { 0 };
	(void)state;

	scene_init(&s);
	assert_int_equal(judge(&s, HEADER, CLAIMS), OK);
	assert_true(span_equal(span_of(&s.got.spiffe_id), span_text("spiffe://example.org/web")));
	assert_true(span_equal(span_of(&s.got.claims), span_text(CLAIMS)));
	assert_int_equal(s.got.expires, 1767225890);
	assert_int_equal(jwt_svid_claimed_domain(span_of(&s.token), &domain), OK);
	assert_true(span_equal(span_of(&domain), span_text("example.org")));
	assert_int_equal(judge(&s, "{\"alg\":\"ES256\",\"kid\":\"one\"}",
			       "{\"sub\":\"spiffe://example.org/web\",\"aud\":\"b\","
			       "\"exp\":1767225601}"),
			 OK);
}

static void each_algorithm_is_taken_from_a_key_that_has_it(void **state)
{
	static const struct {
		const char *alg;
		enum kind kind;
		const char *hash;
		int padding;
	} rows[] = {
		{ "ES256", EC_256, "SHA256", 0 },
		{ "ES384", EC_384, "SHA384", 0 },
		{ "ES512", EC_521, "SHA512", 0 },
		{ "RS256", RSA_2048, "SHA256", RSA_PKCS1_PADDING },
		{ "RS384", RSA_2048, "SHA384", RSA_PKCS1_PADDING },
		{ "RS512", RSA_2048, "SHA512", RSA_PKCS1_PADDING },
		{ "PS256", RSA_2048, "SHA256", RSA_PKCS1_PSS_PADDING },
		{ "PS384", RSA_2048, "SHA384", RSA_PKCS1_PSS_PADDING },
		{ "PS512", RSA_2048, "SHA512", RSA_PKCS1_PSS_PADDING },
	};
	AUTO_DONE(scene) s;
	char header[128];
	(void)state;

	scene_init(&s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (enum kind named = EC_256; named < KINDS; named++) {
			(void)snprintf(header, sizeof(header), "{\"alg\":\"%s\",\"kid\":\"%s\"}",
				       rows[i].alg, kids[named]);
			sign(&s, rows[i].kind, rows[i].hash, rows[i].padding, header, CLAIMS);
			assert_int_equal(verify(&s), named == rows[i].kind ? OK : STATUS_MISMATCH);
		}
	}
	sign(&s, RSA_1024, "SHA256", RSA_PKCS1_PADDING, "{\"alg\":\"RS256\",\"kid\":\"weak\"}",
	     CLAIMS);
	assert_int_equal(verify(&s), STATUS_MISMATCH);
	/* The right key by another of its algorithms than the token says. */
	sign(&s, RSA_2048, "SHA256", RSA_PKCS1_PSS_PADDING, "{\"alg\":\"RS256\",\"kid\":\"rsa\"}",
	     CLAIMS);
	assert_int_equal(verify(&s), STATUS_MISMATCH);
}

/* A curve as wide as P-256 makes signatures of the same size. */
static void es256_is_of_p256_alone(void **state)
{
	static const char *const curves[] = { "P-256", "secp256k1" };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(scene) s;
		AUTO(EVP_PKEY) key = EVP_EC_gen(curves[i]);

		scene_init(&s);
		bytes_done(&s.keys[EC_256].kid);
		bytes_done(&s.keys[EC_256].spki);
		jwt_scene_key(key, kids[EC_256], &s.keys[EC_256]);
		jwt_scene_sign(key, HEADER, CLAIMS, &s.token);
		assert_int_equal(verify(&s), i == 0 ? OK : STATUS_MISMATCH);
	}
}

/* RFC 8725, 2: what tokens were forged with. */
static void a_header_brings_neither_key_nor_algorithm(void **state)
{
	static const char *const headers[] = {
		"{\"alg\":\"none\",\"kid\":\"one\"}",
		"{\"alg\":\"None\",\"kid\":\"one\"}",
		"{\"alg\":\"HS256\",\"kid\":\"one\"}",
		"{\"alg\":\"\",\"kid\":\"one\"}",
		"{\"kid\":\"one\"}",
		"{\"alg\":\"ES256\"}",
		"{\"alg\":\"ES256\",\"kid\":\"\"}",
		"{\"alg\":\"ES256\",\"kid\":\"two\"}",
		"{\"alg\":\"ES256\",\"kid\":\"../one\"}",
		"{\"alg\":\"ES256\",\"kid\":[\"one\"]}",
		"{\"alg\":\"ES256\",\"kid\":\"one\",\"kid\":\"one\"}",
		"{\"alg\":\"ES256\",\"kid\":\"one\",\"jwk\":{\"kty\":\"EC\"}}",
		"{\"alg\":\"ES256\",\"kid\":\"one\",\"jku\":\"https://evil.example/\"}",
		"{\"alg\":\"ES256\",\"kid\":\"one\",\"x5c\":[\"AQID\"]}",
		"{\"alg\":\"ES256\",\"kid\":\"one\",\"x5u\":\"https://evil.example/\"}",
		"{\"alg\":\"ES256\",\"kid\":\"one\",\"crit\":[\"exp\"]}",
		"{\"alg\":\"ES256\",\"kid\":\"one\",\"b64\":false}",
		"{\"alg\":\"ES256\",\"kid\":\"one\",\"typ\":\"at+jwt\"}",
		"[]",
		"",
	};
	AUTO_DONE(scene) s;
	(void)state;

	scene_init(&s);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (judge(&s, headers[i], CLAIMS) == OK)
			fail_msg("believed: %s", headers[i]);
		assert_int_equal(s.got.spiffe_id.len, 0);
	}
}

static void claims_that_do_not_do_are_refused(void **state)
{
#define SUB "{\"sub\":\"spiffe://example.org/web\","
	static const struct {
		enum status status;
		const char *claims;
	} rows[] = {
		{ STATUS_DENIED, SUB "\"aud\":[\"a\",\"c\"],\"exp\":1767225890}" },
		{ STATUS_DENIED, SUB "\"aud\":[],\"exp\":1767225890}" },
		{ STATUS_DENIED, SUB "\"aud\":\"B\",\"exp\":1767225890}" },
		{ STATUS_DENIED, SUB "\"exp\":1767225890}" },
		{ STATUS_DENIED, SUB "\"aud\":\"b\",\"exp\":1767225600}" },
		{ STATUS_DENIED, SUB "\"aud\":\"b\",\"exp\":1767225890,\"nbf\":1767225661}" },
		{ STATUS_DENIED, SUB "\"aud\":\"b\",\"exp\":1767225890,\"iat\":1767225661}" },
		{ STATUS_DENIED, "{\"sub\":\"spiffe://other.example/web\",\"aud\":\"b\","
				 "\"exp\":1767225890}" },
		{ STATUS_DENIED, "{\"sub\":\"spiffe://example.org.evil.example/web\","
				 "\"aud\":\"b\",\"exp\":1767225890}" },
		{ STATUS_DENIED, "{\"sub\":\"https://example.org/web\",\"aud\":\"b\","
				 "\"exp\":1767225890}" },
		{ STATUS_DENIED, "{\"sub\":\"spiffe://example.org/../web\",\"aud\":\"b\","
				 "\"exp\":1767225890}" },
		{ STATUS_MALFORMED, SUB "\"aud\":\"b\"}" },
		{ STATUS_MALFORMED, SUB "\"aud\":\"b\",\"exp\":\"1767225890\"}" },
		{ STATUS_MALFORMED, SUB "\"aud\":\"b\",\"exp\":1767225890.5}" },
		{ STATUS_MALFORMED, SUB "\"aud\":{\"b\":1},\"exp\":1767225890}" },
		{ STATUS_MALFORMED, SUB "\"aud\":[\"b\",1],\"exp\":1767225890}" },
		{ STATUS_MALFORMED, SUB "\"aud\":\"b\",\"exp\":1767225890,\"nbf\":\"no\"}" },
		{ STATUS_MALFORMED, SUB "\"aud\":\"b\",\"exp\":1767225590,\"exp\":1767225890}" },
		{ STATUS_MALFORMED, "{\"aud\":\"b\",\"exp\":1767225890}" },
		{ STATUS_MALFORMED, "[1]" },
	};
#undef SUB
	AUTO_DONE(scene) s;
	(void)state;

	scene_init(&s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum status status = judge(&s, HEADER, rows[i].claims);
		bool is_malformed =
			status != OK && status != STATUS_DENIED && status != STATUS_MISMATCH;

		if (rows[i].status == STATUS_DENIED ? status != STATUS_DENIED : !is_malformed)
			fail_msg("status %d: %s", (int)status, rows[i].claims);
		assert_non_null(s.fault);
		assert_int_equal(s.got.spiffe_id.len, 0);
	}
}

static void a_token_ends_at_its_time(void **state)
{
	AUTO_DONE(scene) s;
	(void)state;

	scene_init(&s);
	sign(&s, EC_256, "SHA256", 0, HEADER, CLAIMS);
	assert_int_equal(verify_at(&s, "a", 1767225889), OK);
	assert_int_equal(verify_at(&s, "a", 1767225890), STATUS_DENIED);
	assert_int_equal(verify_at(&s, "a", INT64_MAX), STATUS_DENIED);
	assert_int_equal(verify_at(&s, "a", 1767225590 - JWT_SVID_SKEW_S), OK);
	assert_int_equal(verify_at(&s, "a", 1767225590 - JWT_SVID_SKEW_S - 1), STATUS_DENIED);
}

static void what_was_changed_was_not_signed(void **state)
{
	AUTO_DONE(scene) s;
	(void)state;

	scene_init(&s);
	sign(&s, EC_256, "SHA256", 0, HEADER, CLAIMS);
	for (size_t i = 0; i < s.token.len; i++) {
		uint8_t was = s.token.data[i];

		s.token.data[i] = was == 'A' ? 'B' : 'A';
		assert_int_not_equal(verify(&s), OK);
		s.token.data[i] = was;
	}
	while (s.token.len-- > 0)
		assert_int_not_equal(verify(&s), OK);
	s.token.len = 0;
}

static void no_second_spelling_of_a_token_is_read(void **state)
{
	static const char *const more[] = { ".", "=", ".AQ", " ", "\n", "AA" };
	AUTO_DONE(scene) s;
	(void)state;

	scene_init(&s);
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		sign(&s, EC_256, "SHA256", 0, HEADER, CLAIMS);
		assert_int_equal(verify(&s), OK);
		assert_int_equal(bytes_append(&s.token, span_text(more[i])), OK);
		assert_int_not_equal(verify(&s), OK);
	}
	s.token.len = 0;
	for (size_t i = 0; i <= JWT_SVID_MAX; i++)
		assert_int_equal(bytes_append_byte(&s.token, 'A'), OK);
	assert_int_equal(verify(&s), STATUS_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_token_says_who_it_is_for_and_until_when),
		cmocka_unit_test(each_algorithm_is_taken_from_a_key_that_has_it),
		cmocka_unit_test(es256_is_of_p256_alone),
		cmocka_unit_test(a_header_brings_neither_key_nor_algorithm),
		cmocka_unit_test(claims_that_do_not_do_are_refused),
		cmocka_unit_test(a_token_ends_at_its_time),
		cmocka_unit_test(what_was_changed_was_not_signed),
		cmocka_unit_test(no_second_spelling_of_a_token_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
