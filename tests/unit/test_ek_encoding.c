/* SPDX-License-Identifier: Apache-2.0 */
/* How EK certificates are written down in the field, and how not. */
#include "unit.h"

#include "base/text.h"
#include "ek_scene.h"
#include "tpm/der.h"

/* before || golden || count times fill */
static struct bytes stored(struct span before, size_t count, uint8_t fill)
{
	struct bytes all = { 0 };

	assert_int_equal(bytes_append(&all, before), OK);
	assert_int_equal(bytes_append(&all, span_of(&ek.golden)), OK);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(bytes_append_byte(&all, fill), OK);
	return all;
}

static void padding_is_trimmed_by_the_der_length(void **state)
{
	static const uint8_t fills[] = { 0x00, 0xff, 0x11, 0x30 };

	(void)state;
	for (size_t i = 0; i < sizeof(fills); i++) {
		AUTO_DONE(bytes) nv = stored((struct span){ 0 }, 192, fills[i]);

		assert_int_equal(ek_scene_judge(span_of(&nv)), EK_ACCEPTED);
		assert_true((ek.result.quirks & EK_QUIRK_PADDING) != 0);
		assert_true(span_equal(span_of(&ek.result.der), span_of(&ek.golden)));
	}
	assert_int_equal(ek_scene_judge(span_of(&ek.golden)), EK_ACCEPTED);
	assert_true((ek.result.quirks & (EK_QUIRK_PADDING | EK_QUIRK_PREFIX)) == 0);
}

static void the_stored_certificate_header_is_skipped(void **state)
{
	size_t len = ek.golden.len;
	const uint8_t long_form[] = {
		0x10, 0x01, 0x00, (uint8_t)((len + 2) >> 8), (uint8_t)(len + 2), 0x10, 0x02
	};
	const uint8_t short_form[] = { 0x10, 0x01, 0x00, (uint8_t)(len >> 8), (uint8_t)len };
	AUTO_DONE(bytes) seven = stored((struct span){ long_form, sizeof(long_form) }, 9, 0);
	AUTO_DONE(bytes) five = stored((struct span){ short_form, sizeof(short_form) }, 0, 0);

	(void)state;
	assert_int_equal(ek_scene_judge(span_of(&seven)), EK_ACCEPTED);
	assert_true((ek.result.quirks & EK_QUIRK_PREFIX) != 0);
	assert_int_equal(ek_scene_judge(span_of(&five)), EK_ACCEPTED);
	assert_true((ek.result.quirks & EK_QUIRK_PREFIX) != 0);
}

static void any_other_header_is_refused(void **state)
{
	static const uint8_t header[] = { 0x10, 0x01, 0x01, 0x00, 0x10, 0x10, 0x02 };
	static const uint8_t empty[] = { 0x10, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00 };
	AUTO_DONE(bytes) nv = stored((struct span){ header, sizeof(header) }, 0, 0);

	(void)state;
	assert_int_equal(ek_scene_judge(span_of(&nv)), EK_MALFORMED);
	for (size_t len = 0; len <= sizeof(empty); len++)
		assert_int_equal(ek_scene_judge((struct span){ empty, len }), EK_MALFORMED);
}

static void pem_is_read_too(void **state)
{
	AUTO_DONE(bytes) pem = { 0 };

	(void)state;
	assert_int_equal(bytes_append(&pem, span_text("note\n-----BEGIN CERTIFICATE-----\n")), OK);

	AUTO_DONE(bytes) text = { 0 };
	assert_int_equal(base64_append(&text, span_of(&ek.golden)), OK);
	for (size_t at = 0; at < text.len; at += 64) {
		size_t len = text.len - at < 64 ? text.len - at : 64;

		assert_int_equal(bytes_append(&pem, (struct span){ text.data + at, len }), OK);
		assert_int_equal(bytes_append_byte(&pem, '\n'), OK);
	}
	assert_int_equal(bytes_append(&pem, span_text("-----END CERTIFICATE-----\n")), OK);
	assert_int_equal(ek_scene_judge(span_of(&pem)), EK_ACCEPTED);
	assert_int_equal(ek.result.quirks & (EK_QUIRK_PEM | EK_QUIRK_PADDING), EK_QUIRK_PEM);

	pem.len /= 2;
	assert_int_equal(ek_scene_judge(span_of(&pem)), EK_MALFORMED);
}

static void every_truncation_is_refused(void **state)
{
	(void)state;
	for (size_t len = 0; len < ek.golden.len; len++)
		assert_int_equal(ek_scene_judge((struct span){ ek.golden.data, len }),
				 EK_MALFORMED);
}

static void no_flipped_byte_is_believed(void **state)
{
	AUTO_DONE(bytes) copy = { 0 };

	(void)state;
	assert_int_equal(bytes_copy(span_of(&ek.golden), &copy), OK);
	for (size_t i = 0; i < copy.len; i++) {
		copy.data[i] ^= 0x01;
		assert_int_not_equal(ek_scene_judge(span_of(&copy)), EK_ACCEPTED);
		copy.data[i] ^= 0x81;
		assert_int_not_equal(ek_scene_judge(span_of(&copy)), EK_ACCEPTED);
		copy.data[i] ^= 0x80;
	}
}

static void odd_serials_are_a_named_quirk(void **state)
{
	static const uint8_t serial[] = { 0x02, 0x02, 0x01, 0x02 };
	static const uint8_t not_minimal[] = { 0x02, 0x02, 0x00, 0x02 };
	static const uint8_t negative[] = { 0x02, 0x02, 0x81, 0x02 };
	AUTO_DONE(bytes) first = stored((struct span){ 0 }, 0, 0);
	AUTO_DONE(bytes) second = stored((struct span){ 0 }, 0, 0);

	(void)state;
	PATCH(&first, serial, not_minimal);
	assert_int_equal(ek_scene_judge(span_of(&first)), EK_ACCEPTED);
	assert_true((ek.result.quirks & EK_QUIRK_ODD_SERIAL) != 0);
	PATCH(&second, serial, negative);
	assert_int_equal(ek_scene_judge(span_of(&second)), EK_ACCEPTED);
	assert_true((ek.result.quirks & EK_QUIRK_ODD_SERIAL) != 0);
	assert_int_equal(ek_scene_judge(span_of(&ek.golden)), EK_ACCEPTED);
	assert_true((ek.result.quirks & EK_QUIRK_ODD_SERIAL) == 0);
}

static void a_serial_that_is_not_minimal_is_still_found_in_a_crl(void **state)
{
	static const uint8_t serial[] = { 0x02, 0x02, 0x01, 0x02 };
	static const uint8_t not_minimal[] = { 0x02, 0x02, 0x00, 0x02 };
	AUTO_DONE(bytes) leaf = stored((struct span){ 0 }, 0, 0);
	struct crl_recipe recipe = { .issuer = "root",
				     .signer = ek.root_key,
				     .revoked = 2,
				     .this_update = MAKER_NOW - 1,
				     .next_update = MAKER_NOW + 1 };
	AUTO_DONE(bytes) crl = maker_crl(&recipe);
	AUTO_DONE(ek_pool) crls = { 0 };
	struct ek_trust trust = { .roots = &ek.roots, .crls = &crls, .at = MAKER_NOW };

	(void)state;
	PATCH(&leaf, serial, not_minimal);
	assert_int_equal(ek_pool_add_crls(&crls, span_of(&crl)), OK);
	ek_certificate_done(&ek.result);
	assert_int_equal(ek_certificate_verify(span_of(&leaf), &trust, &ek.result), OK);
	assert_int_equal(ek.result.refusal, EK_REVOKED);
}

static void the_unsigned_algorithm_must_be_the_signed_one(void **state)
{
	AUTO_DONE(bytes) altered = maker_alter_outer_algorithm(span_of(&ek.golden));

	(void)state;
	assert_int_equal(ek_scene_judge(span_of(&altered)), EK_MALFORMED);
}

static void another_version_is_refused(void **state)
{
	static const uint8_t version_3[] = { 0xa0, 0x03, 0x02, 0x01, 0x02 };
	static const uint8_t version_2[] = { 0xa0, 0x03, 0x02, 0x01, 0x01 };
	AUTO_DONE(bytes) copy = stored((struct span){ 0 }, 0, 0);

	(void)state;
	PATCH(&copy, version_3, version_2);
	assert_int_equal(ek_scene_judge(span_of(&copy)), EK_MALFORMED);
}

static void what_no_nv_index_holds_is_refused(void **state)
{
	AUTO_DONE(bytes) full = stored((struct span){ 0 }, 65536 - ek.golden.len, 0);
	AUTO_DONE(bytes) over = stored((struct span){ 0 }, 65537 - ek.golden.len, 0);

	(void)state;
	assert_int_equal(ek_scene_judge(span_of(&full)), EK_ACCEPTED);
	assert_int_equal(ek_scene_judge(span_of(&over)), EK_MALFORMED);
}

static void a_serial_over_64_bytes_is_refused(void **state)
{
	struct recipe leaf = ek_scene_recipe();

	(void)state;
	leaf.serial = 7;
	leaf.serial_bytes = 64;
	AUTO_DONE(bytes) longest = maker_certificate(&leaf);
	assert_int_equal(ek_scene_judge(span_of(&longest)), EK_ACCEPTED);
	leaf.serial_bytes = 65;
	AUTO_DONE(bytes) over = maker_certificate(&leaf);
	assert_int_equal(ek_scene_judge(span_of(&over)), EK_MALFORMED);
}

static void too_many_extensions_are_refused(void **state)
{
	struct recipe leaf = ek_scene_recipe();

	(void)state;
	leaf.more_extensions = 60;
	AUTO_DONE(bytes) full = maker_certificate(&leaf);
	assert_int_equal(ek_scene_judge(span_of(&full)), EK_ACCEPTED);
	leaf.more_extensions = 61;
	AUTO_DONE(bytes) over = maker_certificate(&leaf);
	assert_int_equal(ek_scene_judge(span_of(&over)), EK_MALFORMED);
}

static void an_extension_twice_is_refused(void **state)
{
	struct recipe leaf = ek_scene_recipe();

	(void)state;
	leaf.critical_oid = "1.3.6.1.4.1.99999.1";
	leaf.more_extensions = 1;
	AUTO_DONE(bytes) der = maker_certificate(&leaf);
	assert_int_equal(ek_scene_judge(span_of(&der)), EK_MALFORMED);
}

static void assert_time(uint8_t tag, const char *text, int64_t expected)
{
	int64_t seconds = 0;

	assert_int_equal(der_time_parse(tag, span_text(text), &seconds), OK);
	assert_int_equal(seconds, expected);
}

static void times_are_seconds_since_1970(void **state)
{
	(void)state;
	assert_time(DER_UTC_TIME, "700101000000Z", 0);
	assert_time(DER_UTC_TIME, "491231235959Z", 2524607999);
	assert_time(DER_UTC_TIME, "500101000000Z", -631152000);
	assert_time(DER_GENERALIZED_TIME, "20000229120000Z", 951825600);
	assert_time(DER_GENERALIZED_TIME, "99991231235959Z", 253402300799);
}

static void other_forms_of_time_are_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"7001010000Z",
		"700101000000",
		"700101000000+0100",
		"701301000000Z",
		"700100000000Z",
		"700101240000Z",
		"700101006000Z",
		"70010100000aZ",
		"700101000000Z\n",
		"19700101000000.5Z",
	};
	int64_t seconds = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(der_time_parse(DER_UTC_TIME, span_text(wrong[i]), &seconds),
				 STATUS_MALFORMED);
}

static void a_file_without_a_certificate_adds_nothing(void **state)
{
	AUTO_DONE(ek_pool) pool = { 0 };

	(void)state;
	assert_int_equal(ek_pool_add_certificates(&pool, span_text("{}")), STATUS_NOT_FOUND);
	assert_int_equal(ek_pool_add_certificates(&pool, span_text("")), STATUS_NOT_FOUND);
	assert_int_equal(ek_pool_add_crls(&pool, span_of(&ek.golden)), STATUS_MALFORMED);
	assert_int_equal(pool.count, 0);
}

static void every_quirk_and_refusal_has_a_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i < EK_QUIRKS; i++)
		assert_non_null(ek_quirk_name(1u << i));
	assert_null(ek_quirk_name(1u << EK_QUIRKS));
	for (unsigned i = EK_ACCEPTED; i <= EK_IS_CA; i++)
		assert_non_null(ek_refusal_name(i));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(padding_is_trimmed_by_the_der_length),
	cmocka_unit_test(the_stored_certificate_header_is_skipped),
	cmocka_unit_test(any_other_header_is_refused),
	cmocka_unit_test(pem_is_read_too),
	cmocka_unit_test(every_truncation_is_refused),
	cmocka_unit_test(no_flipped_byte_is_believed),
	cmocka_unit_test(odd_serials_are_a_named_quirk),
	cmocka_unit_test(a_serial_that_is_not_minimal_is_still_found_in_a_crl),
	cmocka_unit_test(the_unsigned_algorithm_must_be_the_signed_one),
	cmocka_unit_test(another_version_is_refused),
	cmocka_unit_test(what_no_nv_index_holds_is_refused),
	cmocka_unit_test(a_serial_over_64_bytes_is_refused),
	cmocka_unit_test(too_many_extensions_are_refused),
	cmocka_unit_test(an_extension_twice_is_refused),
	cmocka_unit_test(times_are_seconds_since_1970),
	cmocka_unit_test(other_forms_of_time_are_refused),
	cmocka_unit_test(a_file_without_a_certificate_adds_nothing),
	cmocka_unit_test(every_quirk_and_refusal_has_a_name),
};

int main(void)
{
	return cmocka_run_group_tests(tests, ek_scene_begin, ek_scene_end);
}
