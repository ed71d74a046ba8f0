/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "capture.h"
#include "tests/data/sb-exec-policy/facts.h"
#include "tpm/attest.h"
#include "tpm/public_area.h"

/* Where the fields of the captured quotes stand: 34-byte name, 32-byte nonce. */
enum {
	AT_MAGIC = 0,
	AT_TYPE = 4,
	AT_SAFE = 92,
	AT_DIGEST = 111,
};

static void a_captured_quote_says_what_the_tpm_signed(void **state)
{
	AUTO_DONE(bytes) raw = capture("quote_ecc_sha256.attest.bin");
	AUTO_DONE(bytes) hex = capture("nonce.hex");
	AUTO_DONE(bytes) nonce = { 0 };
	struct attest a;
	(void)state;

	assert_int_equal(attest_parse(span_of(&raw), ATTEST_QUOTE, &a), OK);
	assert_int_equal(hex_decode((struct span){ hex.data, 64 }, &nonce), OK);
	assert_int_equal(a.type, ATTEST_QUOTE);
	assert_int_equal(a.qualified_signer.len, 34);
	assert_true(span_equal(a.extra_data, span_of(&nonce)));
	assert_true(a.clock == CAPTURE_CLOCK);
	assert_int_equal(a.reset_count, CAPTURE_RESET_COUNT);
	assert_int_equal(a.restart_count, CAPTURE_RESTART_COUNT);
	assert_true(a.is_safe);
	assert_true(a.firmware_version == CAPTURE_FIRMWARE_VERSION);
	assert_int_equal(a.selection.count, 1);
	assert_int_equal(a.selection.bank[0].alg, DIGEST_SHA256);
	assert_int_equal(a.selection.bank[0].pcrs, 0x7ff);
}

static void the_composite_is_over_the_banks_in_the_quoted_order(void **state)
{
	AUTO_DONE(bytes) raw = capture("quote_ecc.attest.bin");
	struct pcr_values values = captured_pcrs();
	struct digest composite;
	struct attest a;
	(void)state;

	assert_int_equal(attest_parse(span_of(&raw), ATTEST_QUOTE, &a), OK);
	assert_int_equal(a.selection.count, 2);
	assert_int_equal(pcr_composite(&a.selection, &values, DIGEST_SHA256, &composite), OK);
	assert_true(span_equal(digest_span(&composite), a.pcr_digest));

	struct pcr_selection swapped = a.selection;

	swapped.bank[0] = a.selection.bank[1];
	swapped.bank[1] = a.selection.bank[0];
	assert_int_equal(pcr_composite(&swapped, &values, DIGEST_SHA256, &composite), OK);
	assert_false(span_equal(digest_span(&composite), a.pcr_digest));
	assert_false(pcr_selection_equal(&swapped, &a.selection));
}

static void every_truncation_of_an_attestation_is_refused(void **state)
{
	AUTO_DONE(bytes) raw = capture("quote_ecc.attest.bin");
	struct attest a;
	(void)state;

	for (size_t len = 0; len < raw.len; len++)
		assert_int_equal(attest_parse((struct span){ raw.data, len }, ATTEST_QUOTE, &a),
				 STATUS_TRUNCATED);
}

static void bytes_after_an_attestation_are_refused(void **state)
{
	AUTO_DONE(bytes) raw = capture("quote_ecc.attest.bin");
	struct attest a;
	(void)state;

	assert_int_equal(bytes_append_byte(&raw, 0), OK);
	assert_int_equal(attest_parse(span_of(&raw), ATTEST_QUOTE, &a), STATUS_MALFORMED);
}

/* The captured quote with one byte set to value. */
static enum status parse_with(size_t at, uint8_t value)
{
	AUTO_DONE(bytes) raw = capture("quote_ecc_sha256.attest.bin");
	struct attest a;

	assert_true(at < raw.len);
	raw.data[at] = value;
	return attest_parse(span_of(&raw), ATTEST_QUOTE, &a);
}

static void another_magic_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(parse_with(AT_MAGIC + i, 0x01), STATUS_MISMATCH);
}

static void another_type_of_attestation_is_no_quote(void **state)
{
	(void)state;
	/* NV, command audit, session audit, certify, time, creation, NV digest */
	for (uint8_t type = 0x14; type <= 0x1c; type++)
		assert_int_equal(parse_with(AT_TYPE + 1, type),
				 type == (ATTEST_QUOTE & 0xff) ? OK : STATUS_UNSUPPORTED);
	assert_int_equal(parse_with(AT_TYPE, 0x00), STATUS_UNSUPPORTED);
}

/* A certification whose sized fields are zeros of these lengths. */
static enum status parse_sized(size_t signer, size_t extra, size_t name, size_t qualified)
{
	static const uint8_t zeros[128];
	AUTO_DONE(bytes) raw = { 0 };
	struct writer w = writer_to(&raw, 512);
	struct attest a;

	writer_be32(&w, TPM_GENERATED);
	writer_be16(&w, ATTEST_CERTIFY);
	writer_sized(&w, (struct span){ zeros, signer });
	writer_sized(&w, (struct span){ zeros, extra });
	writer_put(&w, (struct span){ zeros, 8 + 4 + 4 + 1 + 8 });
	writer_sized(&w, (struct span){ zeros, name });
	writer_sized(&w, (struct span){ zeros, qualified });
	assert_int_equal(writer_end(&w), OK);
	return attest_parse(span_of(&raw), ATTEST_CERTIFY, &a);
}

static void fields_over_their_caps_are_refused(void **state)
{
	const size_t most = NAME_MAX_SIZE;
	(void)state;

	assert_int_equal(parse_sized(0, 0, 0, 0), OK);
	assert_int_equal(parse_sized(most, most, most, most), OK);
	assert_int_equal(parse_sized(most + 1, 0, 0, 0), STATUS_TOO_LARGE);
	assert_int_equal(parse_sized(0, most + 1, 0, 0), STATUS_TOO_LARGE);
	assert_int_equal(parse_sized(0, 0, most + 1, 0), STATUS_TOO_LARGE);
	assert_int_equal(parse_sized(0, 0, 0, most + 1), STATUS_TOO_LARGE);
	assert_int_equal(parse_with(AT_DIGEST + 1, DIGEST_MAX + 1), STATUS_TOO_LARGE);
}

static void safe_is_zero_or_one(void **state)
{
	(void)state;
	assert_int_equal(parse_with(AT_SAFE, 0), OK);
	assert_int_equal(parse_with(AT_SAFE, 1), OK);
	for (unsigned value = 2; value < 256; value++)
		assert_int_equal(parse_with(AT_SAFE, (uint8_t)value), STATUS_MALFORMED);
}

static void a_certification_is_read_and_is_no_quote(void **state)
{
	AUTO_DONE(bytes) raw = { 0 };
	struct writer w = writer_to(&raw, 512);
	struct attest a;
	(void)state;

	writer_be32(&w, TPM_GENERATED);
	writer_be16(&w, ATTEST_CERTIFY);
	writer_sized(&w, span_text("signer"));
	writer_sized(&w, span_text("nonce"));
	writer_be64(&w, UINT64_MAX);
	writer_be32(&w, 7);
	writer_be32(&w, 9);
	writer_u8(&w, 0);
	writer_be64(&w, 5);
	writer_sized(&w, span_text("name"));
	writer_sized(&w, span_text("qualified name"));
	assert_int_equal(writer_end(&w), OK);

	assert_int_equal(attest_parse(span_of(&raw), ATTEST_CERTIFY, &a), OK);
	assert_true(span_equal(a.qualified_signer, span_text("signer")));
	assert_true(span_equal(a.extra_data, span_text("nonce")));
	assert_true(a.clock == UINT64_MAX);
	assert_int_equal(a.reset_count, 7);
	assert_int_equal(a.restart_count, 9);
	assert_false(a.is_safe);
	assert_true(span_equal(a.certified_name, span_text("name")));
	assert_true(span_equal(a.certified_qualified_name, span_text("qualified name")));
	assert_int_equal(attest_parse(span_of(&raw), ATTEST_QUOTE, &a), STATUS_UNSUPPORTED);
	for (size_t len = 0; len < raw.len; len++)
		assert_int_equal(attest_parse((struct span){ raw.data, len }, ATTEST_CERTIFY, &a),
				 STATUS_TRUNCATED);
}

static enum status read_selection(const uint8_t *raw, size_t len, struct pcr_selection *out)
{
	struct reader r = reader_over((struct span){ raw, len });

	return pcr_selection_read(&r, out);
}

static void a_selection_has_one_spelling(void **state)
{
	static const uint8_t twice[] = { 0, 0, 0, 2, 0, 11, 3, 1, 0, 0, 0, 11, 3, 2, 0, 0 };
	static const uint8_t sm3[] = { 0, 0, 0, 1, 0, 0x12, 3, 1, 0, 0 };
	static const uint8_t narrow[] = { 0, 0, 0, 1, 0, 11, 2, 1, 0 };
	static const uint8_t wide[] = { 0, 0, 0, 1, 0, 11, 4, 1, 0, 0, 0 };
	static const uint8_t none[] = { 0, 0, 0, 1, 0, 11, 0 };
	static const uint8_t many[] = { 0, 0, 0, 5 };
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0xff };
	struct pcr_selection s;
	(void)state;

	assert_int_equal(read_selection(twice, sizeof(twice), &s), STATUS_UNSUPPORTED);
	assert_int_equal(read_selection(sm3, sizeof(sm3), &s), STATUS_UNSUPPORTED);
	assert_int_equal(read_selection(narrow, sizeof(narrow), &s), STATUS_UNSUPPORTED);
	assert_int_equal(read_selection(wide, sizeof(wide), &s), STATUS_UNSUPPORTED);
	assert_int_equal(read_selection(none, sizeof(none), &s), STATUS_UNSUPPORTED);
	assert_int_equal(read_selection(many, sizeof(many), &s), STATUS_TOO_LARGE);
	assert_int_equal(read_selection(huge, sizeof(huge), &s), STATUS_TOO_LARGE);
}

static void a_selection_is_written_as_it_was_read(void **state)
{
	static const uint8_t raw[] = { 0,    0, 0, 2,	 0,    12,   3, 0x01,
				       0x80, 1, 0, 0x0b, 0x03, 0xff, 0, 0x80 };
	AUTO_DONE(bytes) again = { 0 };
	struct writer w = writer_to(&again, 64);
	struct pcr_selection s;
	(void)state;

	assert_int_equal(read_selection(raw, sizeof(raw), &s), OK);
	assert_int_equal(s.bank[0].pcrs, 1u << 0 | 1u << 15 | 1u << 16);
	assert_int_equal(s.bank[1].pcrs, 0xff | 1u << 23);
	pcr_selection_write(&w, &s);
	assert_int_equal(writer_end(&w), OK);
	assert_true(span_equal(span_of(&again), (struct span){ raw, sizeof(raw) }));
	for (size_t len = 0; len < sizeof(raw); len++)
		assert_int_equal(read_selection(raw, len, &s), STATUS_TRUNCATED);
}

static void an_empty_selection_is_well_formed_and_empty(void **state)
{
	static const uint8_t no_bank[] = { 0, 0, 0, 0 };
	static const uint8_t no_pcr[] = { 0, 0, 0, 1, 0, 11, 3, 0, 0, 0 };
	static const uint8_t one[] = { 0, 0, 0, 1, 0, 11, 3, 0, 0, 0x80 };
	struct pcr_selection s;
	(void)state;

	assert_int_equal(read_selection(no_bank, sizeof(no_bank), &s), OK);
	assert_true(pcr_selection_is_empty(&s));
	assert_int_equal(read_selection(no_pcr, sizeof(no_pcr), &s), OK);
	assert_true(pcr_selection_is_empty(&s));
	assert_int_equal(read_selection(one, sizeof(one), &s), OK);
	assert_false(pcr_selection_is_empty(&s));
}

static void a_value_that_is_not_known_is_no_value(void **state)
{
	struct pcr_selection s = { .count = 1, .bank = { { DIGEST_SHA256, 1u << 3 } } };
	struct digest zero = digest_filled(DIGEST_SHA256, 0);
	struct digest other = { .alg = DIGEST_NONE };
	struct pcr_values values;
	struct digest composite;
	(void)state;

	pcr_values_init(&values);
	assert_null(pcr_value(&values, DIGEST_SHA256, 3));
	assert_int_equal(pcr_composite(&s, &values, DIGEST_SHA256, &composite), STATUS_NOT_FOUND);
	assert_int_equal(pcr_value_set(&values, 3, &zero), OK);
	assert_int_equal(pcr_composite(&s, &values, DIGEST_SHA256, &composite), OK);
	assert_null(pcr_value(&values, DIGEST_SHA384, 3));
	assert_null(pcr_value(&values, DIGEST_NONE, 3));
	assert_null(pcr_value(&values, DIGEST_SHA256, PCR_COUNT));
	assert_int_equal(pcr_value_set(&values, PCR_COUNT, &zero), STATUS_TOO_LARGE);
	assert_int_equal(pcr_value_set(&values, 3, &other), STATUS_UNSUPPORTED);
}

static void joined_values_are_those_of_the_selection(void **state)
{
	uint8_t joined[3 * SHA256_SIZE];
	const struct span all = { joined, sizeof(joined) };
	struct pcr_values values;
	(void)state;

	for (size_t i = 0; i < sizeof(joined); i++)
		joined[i] = (uint8_t)(1 + i / SHA256_SIZE);
	assert_int_equal(pcr_values_read(all, DIGEST_SHA256, 1u << 0 | 1u << 7 | 1u << 23, &values),
			 OK);
	assert_int_equal(values.bank[digest_alg_index(DIGEST_SHA256)].known,
			 1u << 0 | 1u << 7 | 1u << 23);
	assert_int_equal(pcr_value(&values, DIGEST_SHA256, 0)->value[0], 1);
	assert_int_equal(pcr_value(&values, DIGEST_SHA256, 7)->value[31], 2);
	assert_int_equal(pcr_value(&values, DIGEST_SHA256, 23)->value[0], 3);

	/* No value is there for one, or one is for none, or it is another bank's. */
	assert_int_not_equal(pcr_values_read(all, DIGEST_SHA256, 0xf, &values), OK);
	assert_null(pcr_value(&values, DIGEST_SHA256, 0));
	assert_int_not_equal(pcr_values_read(all, DIGEST_SHA256, 0x3, &values), OK);
	assert_null(pcr_value(&values, DIGEST_SHA256, 0));
	assert_int_not_equal(pcr_values_read(all, DIGEST_SHA384, 0x7, &values), OK);
	assert_int_not_equal(pcr_values_read(all, DIGEST_NONE, 0x7, &values), OK);
	assert_int_not_equal(pcr_values_read(all, DIGEST_SHA256, 1u << PCR_COUNT | 0x3, &values),
			     OK);
	for (size_t len = 0; len < sizeof(joined); len++)
		assert_int_not_equal(
			pcr_values_read((struct span){ joined, len }, DIGEST_SHA256, 0x7, &values),
			OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(joined_values_are_those_of_the_selection),
		cmocka_unit_test(a_captured_quote_says_what_the_tpm_signed),
		cmocka_unit_test(the_composite_is_over_the_banks_in_the_quoted_order),
		cmocka_unit_test(every_truncation_of_an_attestation_is_refused),
		cmocka_unit_test(bytes_after_an_attestation_are_refused),
		cmocka_unit_test(another_magic_is_refused),
		cmocka_unit_test(another_type_of_attestation_is_no_quote),
		cmocka_unit_test(fields_over_their_caps_are_refused),
		cmocka_unit_test(safe_is_zero_or_one),
		cmocka_unit_test(a_certification_is_read_and_is_no_quote),
		cmocka_unit_test(a_selection_has_one_spelling),
		cmocka_unit_test(a_selection_is_written_as_it_was_read),
		cmocka_unit_test(an_empty_selection_is_well_formed_and_empty),
		cmocka_unit_test(a_value_that_is_not_known_is_no_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
