/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: what a document says, who signed it and with which keys. */
#include "attacks.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "signed_text.h"

#define SPKI_TEXT 512
#define EC_KEY 6 /* of the root's keys: sec-approve's */

/* A P-256 SPKI in base64, with its point in the other form. */
static void compress(const char *spki, char out[SPKI_TEXT])
{
	AUTO_DONE(bytes) der = { 0 };
	AUTO_DONE(bytes) encoded = { 0 };

	assert_int_equal(base64_decode(span_text(spki), SPKI_MAX, &der), OK);
	assert_int_equal(der.len, 91);
	der.data[26] = der.data[90] % 2 == 0 ? 2 : 3;
	der.data[1] = 0x39;
	der.data[24] = 0x22;
	der.len = 59;
	assert_int_equal(base64_append(&encoded, span_of(&der)), OK);
	(void)snprintf(out, SPKI_TEXT, "%.*s", (int)encoded.len, (const char *)encoded.data);
}
static void r01_a_changed_payload_or_type_is_refused(void **state)
{
	static const char *const documents[] = { "root/1/2.json", "timestamp.json",
						 "index/1.json",  "revocations/1.json",
						 "matrix/",	  "manifests/",
						 "approvals/" };
	(void)state;

	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		AUTO_DONE(line) line = { 0 };
		AUTO_DONE(outcome) out = { 0 };

		line_make(&line, NULL, 0);
		struct bytes *content = line_file(&line, documents[i]);
		/* One letter inside the base64 of the signature. */
		uint8_t *at = content->data + content->len - 20;
		uint8_t was = *at;

		*at = *at == 'A' ? 'B' : 'A';
		outcome_load_at(&line, NULL, LINE_NOW, &out);
		assert_int_not_equal(out.status, OK);
		assert_string_equal(out.refusal.code, "bad-signature");
		*at = was;
		outcome_load_at(&line, NULL, LINE_NOW, &out);
		assert_int_equal(out.status, OK);
	}
	/* A payload under the signature of another one, named by its own digest. */
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct signed_text timestamp = { 0 };

	line_make(&line, NULL, 0);
	signed_text_of(&line, "timestamp.json", &timestamp);
	*strstr(timestamp.text, "1767229200") = '2';
	put_signature(&line, "timestamp.json", &timestamp);
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "bad-signature");

	line_done(&line);
	line_make(&line, NULL, 0);
	uint8_t *type = memmem(line_file(&line, "timestamp.json")->data, 60, "in-toto", 7);
	assert_non_null(type);
	type[0] = 'o';
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "payload-type");
}

static void r02_a_document_of_another_role_is_refused(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "manifest", "dev/manifest/v1", "dev/approval/v1" }, "predicate-type" },
		{ { "approval#1", "dev/approval/v1", "dev/manifest/v1" }, "predicate-type" },
		{ { "manifest", NULL, "publish" }, "role-not-allowed" },
		{ { "manifest", NULL, "plat-approve" }, "role-not-allowed" },
		{ { "index", NULL, "sign" }, "role-not-allowed" },
		{ { "timestamp", NULL, "sign" }, "role-not-allowed" },
		{ { "revocations", NULL, "publish" }, "role-not-allowed" },
		{ { "approval#2", NULL, "sign" }, "approvals-missing" },
		{ { "matrix#2", NULL, "sec-root" }, "threshold-not-met" },
		{ { "manifest", "in-toto.io/Statement/v1", "in-toto.io/Statement/v0" },
		  "statement-type" },
	};
	(void)state;

	outcome_all_refused(ROWS(rows));
}

/* The base64 of the nth key in the root, as many letters as out has room for. */
static void spki_text(unsigned nth, char *out, size_t size)
{
	AUTO_DONE(line) line = { 0 };
	struct signed_text root = { 0 };
	const char *at;

	line_make(&line, NULL, 0);
	signed_text_of(&line, "root/1/1.json", &root);
	at = root.text;
	for (unsigned i = 0; i <= nth; i++)
		at = strstr(at, "\"spki\":\"") + 8;
	(void)snprintf(out, size, "%.*s", (int)strcspn(at, "\""), at);
}

static void r03_one_key_under_two_names_is_refused(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	char spki[2][SPKI_TEXT];
	(void)state;

	spki_text(0, spki[0], SPKI_TEXT);
	spki_text(1, spki[1], SPKI_TEXT);
	struct line_edit edit = { "root", spki[1], spki[0] };
	line_make(&line, &edit, 1);
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "key-twice");

	/* The P-256 key a second time, compressed. */
	AUTO_DONE(line) second = { 0 };

	spki_text(EC_KEY, spki[1], SPKI_TEXT);
	char compressed[SPKI_TEXT];

	compress(spki[1], compressed);
	struct line_edit again = { "root", spki[1], compressed };
	line_make(&second, &again, 1);
	outcome_load_at(&second, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "bad-key");
}

static void r04_two_keys_of_one_person_are_one_signature(void **state)
{
	static const struct line_edit edits[] = {
		{ "root", "\"trust-impacting\":{\"approve-platform\":1",
		  "\"trust-impacting\":{\"approve-platform\":2" },
	};
	static const struct line_edit two_people[] = {
		{ "root", "\"trust-impacting\":{\"approve-platform\":1",
		  "\"trust-impacting\":{\"approve-platform\":2" },
		{ "root", "\"principal\":\"ann\",\"team\":\"platform\"",
		  "\"principal\":\"amy\",\"team\":\"platform\"" },
	};
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	/* plat-approve and plat-approve-2 are both ann's: two are out of reach. */
	line_make(&line, edits, 1);
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "threshold-unreachable");
	line_done(&line);
	line_make(&line, two_people, 2);
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "threshold-unreachable");
	line_done(&line);
	/* Within reach, and still two signatures of one person. */
	static const struct line_edit in_reach[] = {
		{ "root", "\"trust-impacting\":{\"approve-platform\":1",
		  "\"trust-impacting\":{\"approve-platform\":2" },
		{ "root", "\"principal\":\"ann\",\"team\":\"platform\"",
		  "\"principal\":\"amy\",\"team\":\"platform\"" },
		{ "root", "[\"plat-approve\",\"plat-approve-2\"]",
		  "[\"plat-approve\",\"plat-approve-2\",\"plat-root\"]" },
	};
	struct signed_text approval = { 0 };

	line_make(&line, in_reach, 3);
	approve_as(&line, "plat-approve-2", &approval);
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "approvals-missing");
	approve_as(&line, "plat-root", &approval);
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_int_equal(out.status, OK);
}

static void r05_a_threshold_that_cannot_be_is_refused(void **state)
{
	static const char find[] = "[\"plat-root\",\"sec-root\"],\"threshold\":2";
	static const struct refusal_row rows[] = {
		{ { "root", find, "[\"plat-root\",\"sec-root\"],\"threshold\":0" },
		  "out-of-range" },
		{ { "root", find, "[\"plat-root\",\"sec-root\"],\"threshold\":-1" },
		  "out-of-range" },
		{ { "root", find, "[\"plat-root\",\"sec-root\"],\"threshold\":1.0" },
		  "not-an-integer" },
		{ { "root", find, "[\"plat-root\",\"sec-root\"],\"threshold\":4294967298" },
		  "out-of-range" },
		{ { "root", find, "[\"plat-root\",\"sec-root\"],\"threshold\":3" },
		  "threshold-unreachable" },
		{ { "root", find, "[\"plat-root\",\"sec-root\"],\"threshold\":1" },
		  "not-both-teams" },
		{ { "root", find, "[\"plat-root\",\"build\"],\"threshold\":2" }, "not-both-teams" },
		{ { "root", find, "[\"plat-root\",\"plat-root\",\"sec-root\"],\"threshold\":2" },
		  "key-twice" },
		{ { "root", find, "[\"plat-root\",\"nobody\"],\"threshold\":2" }, "unknown-key" },
		{ { "root", "\"approve-platform\":1,\"approve-security\":1",
		    "\"approve-platform\":1,\"approve-security\":0" },
		  "out-of-range" },
		{ { "root", "\"publish\":{\"keys\":[\"publish\"],\"threshold\":1",
		    "\"publish\":{\"keys\":[\"publish\",\"build\"],\"threshold\":2" },
		  "threshold-not-one" },
	};
	(void)state;

	outcome_all_refused(ROWS(rows));
}

/* Two sign a matrix; one of them is got to sign nothing at all. */
static void r05_a_signature_over_nothing_is_no_word_on_a_document(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	AUTO_DONE(bytes) one = { 0 };
	char first[160], second[160];
	(void)state;

	line_make(&line, NULL, 0);
	for (size_t i = 0; i < line.count; i++)
		if (strncmp(line.file[i].path, "matrix/", 7) == 0)
			(void)snprintf(first, sizeof(first), "%.*s1.json",
				       (int)strlen(line.file[i].path) - 6, line.file[i].path);
	(void)snprintf(second, sizeof(second), "%.*s2.json", (int)strlen(first) - 6, first);
	assert_int_equal(bytes_copy(span_of(line_file(&line, first)), &one), OK);
	line_put(&line, second, span_of(&one));
	line_put_signed(&line, first, "sec-approve", "");
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "empty");
	assert_string_equal(out.refusal.document, first);
	/* The other alone is not enough. */
	line_put(&line, first, span_of(&one));
	line_remove(&line, second);
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "threshold-not-met");
}

static void spki_encoded(EVP_PKEY *key, size_t spare_bytes, char out[SPKI_TEXT])
{
	AUTO_DONE(bytes) spki = { 0 };
	AUTO_DONE(bytes) encoded = { 0 };
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	assert_true(len > 0);
	assert_int_equal(bytes_copy((struct span){ der, (size_t)len }, &spki), OK);
	OPENSSL_free(der);
	for (size_t i = 0; i < spare_bytes; i++)
		assert_int_equal(bytes_append_byte(&spki, 0), OK);
	assert_int_equal(base64_append(&encoded, span_of(&spki)), OK);
	(void)snprintf(out, SPKI_TEXT, "%.*s", (int)encoded.len, (const char *)encoded.data);
}

/* What a root says to this SPKI in place of its nth key's. */
static void expect_no_key(unsigned nth, const char *spki, const char *code)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	char old[SPKI_TEXT];

	spki_text(nth, old, SPKI_TEXT);
	struct line_edit edit = { "root", old, spki };
	line_make(&line, &edit, 1);
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_int_not_equal(out.status, OK);
	assert_string_equal(out.refusal.code, code);
}

static void r06_a_key_is_one_of_two_kinds_in_one_encoding(void **state)
{
	AUTO(EVP_PKEY) ec = EVP_EC_gen("P-256");
	AUTO(EVP_PKEY) p224 = EVP_EC_gen("P-224");
	AUTO(EVP_PKEY) rsa = EVP_RSA_gen(1024);
	uint8_t seed[32] = { 99 };
	AUTO(EVP_PKEY) ed = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
	char spki[SPKI_TEXT];
	(void)state;

	/* The neutral point, and one of order 8: they verify anything. */
	expect_no_key(0, "MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "bad-key");
	expect_no_key(0, "MCowBQYDK2VwAyEAJuiVj8KyJ7BFw/SJ8u+Y8NXfrAXTxjM5sTgCiG1T/AU=", "bad-key");
	spki_encoded(ed, 1, spki);
	expect_no_key(0, spki, "bad-key");
	spki_encoded(ec, 0, spki);
	expect_no_key(0, spki, "bad-key");
	spki_encoded(ec, 1, spki);
	expect_no_key(EC_KEY, spki, "bad-key");
	spki_encoded(p224, 0, spki);
	expect_no_key(EC_KEY, spki, "bad-key");
	spki_encoded(ed, 0, spki);
	expect_no_key(EC_KEY, spki, "bad-key");
	spki_encoded(rsa, 0, spki);
	expect_no_key(EC_KEY, spki, "too-long");
}

/* S + L, little-endian: the same signature in a second spelling (RFC 8032, 5.1.7). */
static void add_order(uint8_t s[32])
{
	static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a,       0x63,
					   0x12, 0x58, 0xd6, 0x9c, 0xf7,       0xa2,
					   0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };
	unsigned carry = 0;

	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)s[i] + order[i];
		s[i] = (uint8_t)carry;
		carry >>= 8;
	}
}

static void expect_bad_signature(struct line *line, const char *path,
				 const struct signed_text *signed_text)
{
	AUTO_DONE(outcome) out = { 0 };

	put_signature(line, path, signed_text);
	outcome_load_at(line, NULL, LINE_NOW, &out);
	assert_int_not_equal(out.status, OK);
	assert_string_equal(out.refusal.code, "bad-signature");
	assert_string_equal(out.refusal.document, path);
}

static void r07_an_ed25519_signature_has_one_spelling(void **state)
{
	AUTO_DONE(line) line = { 0 };
	struct signed_text timestamp = { 0 };
	(void)state;

	line_make(&line, NULL, 0);
	signed_text_of(&line, "timestamp.json", &timestamp);
	assert_int_equal(timestamp.signature_len, 64);
	while (timestamp.signature_len-- > 0)
		expect_bad_signature(&line, "timestamp.json", &timestamp);
	timestamp.signature_len = 64;
	add_order(timestamp.signature + 32);
	expect_bad_signature(&line, "timestamp.json", &timestamp);
}

static void r07_an_ecdsa_signature_is_strict_der(void **state)
{
	static const char path[] = "revocations/1.json";
	AUTO_DONE(line) line = { 0 };
	struct signed_text good = { 0 };
	struct signed_text bad;
	(void)state;

	line_make(&line, NULL, 0);
	signed_text_of(&line, path, &good);
	bad = good;
	while (bad.signature_len-- > 0)
		expect_bad_signature(&line, path, &bad);
	/* A spare byte behind it. */
	bad = good;
	bad.signature[bad.signature_len++] = 0;
	expect_bad_signature(&line, path, &bad);
	/* BER: the length in the long form. */
	bad = good;
	memmove(bad.signature + 2, good.signature + 1, good.signature_len - 1);
	bad.signature[1] = 0x81;
	bad.signature_len++;
	expect_bad_signature(&line, path, &bad);
	/* r || s, as JWS has it. */
	bad = good;
	const uint8_t *r = good.signature + 4 + (good.signature[3] - 32);
	const uint8_t *s = good.signature + good.signature_len - 32;

	memcpy(bad.signature, r, 32);
	memcpy(bad.signature + 32, s, 32);
	bad.signature_len = 64;
	expect_bad_signature(&line, path, &bad);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r01_a_changed_payload_or_type_is_refused),
	cmocka_unit_test(r02_a_document_of_another_role_is_refused),
	cmocka_unit_test(r03_one_key_under_two_names_is_refused),
	cmocka_unit_test(r04_two_keys_of_one_person_are_one_signature),
	cmocka_unit_test(r05_a_threshold_that_cannot_be_is_refused),
	cmocka_unit_test(r05_a_signature_over_nothing_is_no_word_on_a_document),
	cmocka_unit_test(r06_a_key_is_one_of_two_kinds_in_one_encoding),
	cmocka_unit_test(r07_an_ed25519_signature_has_one_spelling),
	cmocka_unit_test(r07_an_ecdsa_signature_is_strict_der),
};

ATTACKS_MAIN(tests)
