/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "ima_entry_bytes.h"
#include "tpm/ima_log.h"

static void assert_entry(const char *template, const struct field *fields, size_t count,
			 enum status expected)
{
	AUTO_DONE(bytes) log = { 0 };
	struct ima_entry entry;

	put_entry(&log, 10, template, fields, count, false);
	assert_int_equal(read_first(&log, &entry), expected);
}

#define ASSERT_ENTRY(expected, template, ...)                                                      \
	do {                                                                                       \
		const struct field fields_[] = { __VA_ARGS__ };                                    \
		assert_entry(template, fields_, sizeof(fields_) / sizeof(fields_[0]), expected);   \
	} while (0)

static void every_template_of_the_kernel_is_read(void **state)
{
	(void)state;
	ASSERT_ENTRY(OK, "ima-ng", FIELD(SHA256_NG), FIELD("/a\0"));
	ASSERT_ENTRY(OK, "ima-sig", FIELD(SHA256_NG), FIELD("/a\0"), FIELD(""));
	ASSERT_ENTRY(OK, "ima-ngv2", FIELD("ima:" SHA256_NG), FIELD("/a\0"));
	ASSERT_ENTRY(OK, "ima-sigv2", FIELD("verity:" SHA256_NG), FIELD("/a\0"), FIELD("s"));
	ASSERT_ENTRY(OK, "ima-buf", FIELD(SHA256_NG), FIELD("k\0"), FIELD("buffer"));
	ASSERT_ENTRY(OK, "ima-modsig", FIELD(SHA256_NG), FIELD("/a\0"), FIELD(""), FIELD(""),
		     FIELD(""));
	ASSERT_ENTRY(OK, "ima-modsig", FIELD(SHA256_NG), FIELD("/a\0"), FIELD(""), FIELD(SHA256_NG),
		     FIELD("pkcs7"));
	ASSERT_ENTRY(OK, "evm-sig", FIELD(SHA256_NG), FIELD("/a\0"), FIELD("s"), FIELD("a|b\0"),
		     FIELD("\1\0\0\0"), FIELD("x"), FIELD("\0\0\0\0"), FIELD("\0\0\0\0"),
		     FIELD("\xa4\x81"));
	ASSERT_ENTRY(OK, "n-ng|d-ng", FIELD("/a\0"), FIELD(SHA256_NG));
	ASSERT_ENTRY(OK, "d|n", FIELD("0123456789abcdef"), FIELD("/a\0"));
	ASSERT_ENTRY(OK, "d|n", FIELD("0123456789abcdef0123"), FIELD("/a\0"));
	ASSERT_ENTRY(OK, "sig", FIELD(""));
}

static void an_unknown_template_is_refused_and_never_skipped(void **state)
{
	(void)state;
	ASSERT_ENTRY(STATUS_UNSUPPORTED, "ima-new", FIELD(SHA256_NG), FIELD("/a\0"));
	ASSERT_ENTRY(STATUS_UNSUPPORTED, "d-ng|new", FIELD(SHA256_NG), FIELD("/a\0"));
	ASSERT_ENTRY(STATUS_UNSUPPORTED, "d-ng|", FIELD(SHA256_NG));
	ASSERT_ENTRY(STATUS_UNSUPPORTED, "d-ng||n-ng", FIELD(SHA256_NG), FIELD("/a\0"));
	ASSERT_ENTRY(STATUS_UNSUPPORTED, "n-ng|n-ng", FIELD("/a\0"), FIELD("/b\0"));
	ASSERT_ENTRY(STATUS_UNSUPPORTED, "", FIELD(SHA256_NG), FIELD("/a\0"));
	ASSERT_ENTRY(STATUS_UNSUPPORTED, "IMA-NG", FIELD(SHA256_NG), FIELD("/a\0"));
}

static void a_path_has_one_nul_at_its_end(void **state)
{
	(void)state;
	ASSERT_ENTRY(OK, "ima-ng", FIELD(SHA256_NG), FIELD("/a\nb c\x7f\0"));
	ASSERT_ENTRY(OK, "ima-ng", FIELD(SHA256_NG), FIELD("\0"));
	ASSERT_ENTRY(STATUS_MALFORMED, "ima-ng", FIELD(SHA256_NG), FIELD("/a"));
	ASSERT_ENTRY(STATUS_MALFORMED, "ima-ng", FIELD(SHA256_NG), FIELD(""));
	ASSERT_ENTRY(STATUS_MALFORMED, "ima-ng", FIELD(SHA256_NG), FIELD("/a\0b\0"));
	ASSERT_ENTRY(STATUS_MALFORMED, "ima-ng", FIELD(SHA256_NG), FIELD("/a\0\0"));
}

static void a_digest_s_algorithm_is_known_and_its_length_fits(void **state)
{
	(void)state;
	ASSERT_ENTRY(OK, "d-ng",
		     FIELD("md5:\0"
			   "0123456789abcdef"));
	ASSERT_ENTRY(OK, "d-ng",
		     FIELD("sm3-256:\0"
			   "0123456789abcdef0123456789abcdef"));
	ASSERT_ENTRY(OK, "d-ng",
		     FIELD("sha3-256:\0"
			   "0123456789abcdef0123456789abcdef"));
	ASSERT_ENTRY(STATUS_UNSUPPORTED, "d-ng",
		     FIELD("sha255:\0"
			   "0123456789abcdef0123456789abcdef"));
	ASSERT_ENTRY(STATUS_UNSUPPORTED, "d-ng", FIELD("verity:" SHA256_NG));
	ASSERT_ENTRY(STATUS_UNSUPPORTED, "d-ng",
		     FIELD(":\0"
			   "0123456789abcdef0123456789abcdef"));
	ASSERT_ENTRY(STATUS_UNSUPPORTED, "d-ngv2", FIELD("other:" SHA256_NG));
	ASSERT_ENTRY(STATUS_MALFORMED, "d-ngv2", FIELD("ima"));
	ASSERT_ENTRY(STATUS_MALFORMED, "d-ng",
		     FIELD("sha256:\0"
			   "0123456789abcdef0123"));
	ASSERT_ENTRY(STATUS_MALFORMED, "d-ng",
		     FIELD("sha256:\0"
			   "0123456789abcdef0123456789abcdef0"));
	ASSERT_ENTRY(STATUS_MALFORMED, "d-ng",
		     FIELD("sha256\0"
			   "0123456789abcdef0123456789abcdef"));
	ASSERT_ENTRY(STATUS_MALFORMED, "d-ng", FIELD("sha256:"));
	ASSERT_ENTRY(STATUS_MALFORMED, "d-ng", FIELD(""));
	ASSERT_ENTRY(STATUS_MALFORMED, "d", FIELD("0123456789abcdef012"));
}

static void a_violation_may_keep_20_zero_bytes_under_any_name(void **state)
{
	const struct field zeros[] = { { "sha256:\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 28 },
				       FIELD("/a\0") };
	AUTO_DONE(bytes) violation = { 0 };
	AUTO_DONE(bytes) other = { 0 };
	struct ima_entry entry;
	(void)state;

	put_entry(&violation, 10, "ima-ng", zeros, 2, true);
	assert_int_equal(read_first(&violation, &entry), OK);
	assert_true(entry.is_violation);
	put_entry(&other, 10, "ima-ng", zeros, 2, false);
	assert_int_equal(read_first(&other, &entry), STATUS_MALFORMED);
}

static void fields_fill_the_template_data_exactly(void **state)
{
	(void)state;
	ASSERT_ENTRY(STATUS_MALFORMED, "ima-ng", FIELD(SHA256_NG));
	ASSERT_ENTRY(STATUS_MALFORMED, "ima-ng", FIELD(SHA256_NG), FIELD("/a\0"), FIELD(""));
	ASSERT_ENTRY(STATUS_MALFORMED, "ima-sig", FIELD(SHA256_NG), FIELD("/a\0"));
	ASSERT_ENTRY(STATUS_MALFORMED, "imode", FIELD("123"));
}

static void counts_over_a_cap_are_refused_without_memory(void **state)
{
	AUTO_DONE(bytes) name = { 0 };
	AUTO_DONE(bytes) data = { 0 };
	AUTO_DONE(bytes) pcr = { 0 };
	struct ima_entry entry;
	(void)state;

	put_le(&name, 10, 4);
	put_filled(&name, 1, 20);
	put_le(&name, 256, 4);
	put_filled(&name, 'd', 300);
	assert_int_equal(read_first(&name, &entry), STATUS_TOO_LARGE);

	put_le(&data, 10, 4);
	put_filled(&data, 1, 20);
	put_le(&data, 6, 4);
	put(&data, span_text("ima-ng"));
	put_le(&data, 0xffffffff, 4);
	assert_int_equal(read_first(&data, &entry), STATUS_TOO_LARGE);

	put_file(&pcr, 24, "/a");
	assert_int_equal(read_first(&pcr, &entry), STATUS_MALFORMED);
}

static void put_legacy(struct bytes *log, const char *path, size_t len)
{
	put_le(log, 10, 4);
	put_filled(log, 1, 20);
	put_le(log, 3, 4);
	put(log, span_text("ima"));
	put_filled(log, 7, 20);
	put_le(log, len, 4);
	put(log, (struct span){ (const uint8_t *)path, len });
}

static void the_first_template_is_hashed_over_a_padded_name(void **state)
{
	AUTO_DONE(bytes) log = { 0 };
	AUTO_DONE(bytes) hashed = { 0 };
	AUTO_DONE(bytes) nul = { 0 };
	AUTO_DONE(hasher) hasher = { 0 };
	struct ima_entry entry;
	struct digest expected, got;
	(void)state;

	put_legacy(&log, "/bin/a", 6);
	assert_int_equal(read_first(&log, &entry), OK);
	assert_true(entry.is_legacy && entry.file_alg == DIGEST_SHA1);
	put_filled(&hashed, 7, 20);
	put(&hashed, span_text("/bin/a"));
	put_filled(&hashed, 0, 250);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&hashed), &expected), OK);
	assert_int_equal(hasher_init(&hasher, DIGEST_SHA256), OK);
	assert_int_equal(ima_entry_hash(&entry, &hasher, &got), OK);
	assert_true(digest_equal(&got, &expected));

	put_legacy(&nul, "/bin\0a", 6);
	assert_int_equal(read_first(&nul, &entry), STATUS_MALFORMED);
}

static void every_truncation_is_told_from_an_end(void **state)
{
	AUTO_DONE(bytes) bytes = { 0 };
	size_t boundaries = 0;
	(void)state;

	read_capture("ima.bin", &bytes);
	bytes.len = 4000;
	for (size_t len = 0; len <= bytes.len; len++) {
		struct ima_log log;
		struct ima_entry entry;
		enum status status;

		assert_int_equal(
			ima_log_open((struct span){ bytes.data, len }, DIGEST_SHA1, 0, &log), OK);
		while ((status = ima_log_next(&log, &entry)) == OK)
			;
		assert_true(status == STATUS_NOT_FOUND || status == STATUS_TRUNCATED);
		boundaries += status == STATUS_NOT_FOUND;
		if (status == STATUS_TRUNCATED)
			assert_true(log.reader.rest.len > 0 && log.reader.status == OK);
	}

	struct ima_log log;
	struct ima_entry entry;
	assert_int_equal(ima_log_open(span_of(&bytes), DIGEST_SHA1, 0, &log), OK);
	while (ima_log_next(&log, &entry) == OK)
		;
	assert_int_equal(boundaries, log.next_index + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_template_of_the_kernel_is_read),
		cmocka_unit_test(an_unknown_template_is_refused_and_never_skipped),
		cmocka_unit_test(a_path_has_one_nul_at_its_end),
		cmocka_unit_test(a_digest_s_algorithm_is_known_and_its_length_fits),
		cmocka_unit_test(a_violation_may_keep_20_zero_bytes_under_any_name),
		cmocka_unit_test(fields_fill_the_template_data_exactly),
		cmocka_unit_test(counts_over_a_cap_are_refused_without_memory),
		cmocka_unit_test(the_first_template_is_hashed_over_a_padded_name),
		cmocka_unit_test(every_truncation_is_told_from_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
