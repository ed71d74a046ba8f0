/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "capture.h"
#include "log_bytes.h"
#include "tests/data/sb-exec-policy/facts.h"
#include "tpm/boot_log.h"
#include "tpm/ima_log.h"

#define ALG_SM3 0x0012
#define ALG_SHA3_384 0x0028

struct announcement {
	uint16_t alg;
	uint16_t size;
};

static const struct announcement usual[] = { { DIGEST_SHA1, 20 }, { DIGEST_SHA256, 32 } };

static void put_header(struct bytes *log, const struct announcement *algs, uint32_t count,
		       struct span after)
{
	put_le(log, 0, 4);
	put_le(log, EV_NO_ACTION, 4);
	put_filled(log, 0, 20);
	put_le(log, 28 + count * 4 + after.len, 4);
	put(log, (struct span){ (const uint8_t *)"Spec ID Event03", 16 });
	put_le(log, 0, 4);
	put_le(log, 0x02000200, 4);
	put_le(log, count, 4);
	for (uint32_t i = 0; i < count; i++) {
		put_le(log, algs[i].alg, 2);
		put_le(log, algs[i].size, 2);
	}
	put(log, after);
}

static void put_usual_header(struct bytes *log)
{
	put_header(log, usual, 2, (struct span){ (const uint8_t *)"\0", 1 });
}

/* Each digest is filled with fill; their number is count. */
static void put_record(struct bytes *log, uint32_t pcr, uint32_t type,
		       const struct announcement *algs, uint32_t count, uint8_t fill,
		       struct span payload)
{
	put_le(log, pcr, 4);
	put_le(log, type, 4);
	put_le(log, count, 4);
	for (uint32_t i = 0; i < count; i++) {
		put_le(log, algs[i].alg, 2);
		put_filled(log, fill, algs[i].size);
	}
	put_le(log, payload.len, 4);
	put(log, payload);
}

static void put_usual(struct bytes *log, uint32_t pcr, uint32_t type, uint8_t fill)
{
	put_record(log, pcr, type, usual, 2, fill, span_text("data"));
}

static void put_locality(struct bytes *log, uint8_t locality)
{
	uint8_t payload[17] = "StartupLocality";

	payload[16] = locality;
	put_record(log, 0, EV_NO_ACTION, usual, 2, 0, (struct span){ payload, sizeof(payload) });
}

static void assert_replay(const struct bytes *log, enum status expected)
{
	struct boot_replay replay;

	assert_int_equal(boot_log_replay(span_of(log), &replay), expected);
}

/* A PCR that no event touched is as it was after reset. */
static void assert_pcr(const struct boot_replay *replay, const struct pcr_values *held,
		       enum digest_alg alg, unsigned pcr)
{
	const struct digest *value = pcr_value(held, alg, pcr);

	assert_non_null(value);
	if ((replay->touched >> pcr & 1) == 0)
		assert_true(span_is_zero(digest_span(value)));
	else
		assert_true(digest_equal(pcr_value(&replay->values, alg, pcr), value));
}

/* Extends value, all of whose bytes are fill. */
static void extend_by(struct digest *value, uint8_t fill)
{
	AUTO_DONE(hasher) hasher = { 0 };
	struct digest filled = digest_filled(value->alg, fill);

	assert_int_equal(hasher_init(&hasher, value->alg), OK);
	assert_int_equal(hasher_extend(&hasher, value, digest_span(&filled)), OK);
}

static void a_captured_log_leads_to_the_pcrs_that_its_tpm_held(void **state)
{
	AUTO_DONE(bytes) log = { 0 };
	struct pcr_values held = captured_pcrs();
	struct boot_replay replay;
	(void)state;

	read_capture("boot_log.bin", &log);
	assert_int_equal(boot_log_replay(span_of(&log), &replay), OK);
	assert_int_equal(replay.events, CAPTURE_BOOT_EVENTS);
	for (unsigned pcr = 0; pcr < 16; pcr++) {
		if (pcr == IMA_PCR)
			continue;
		assert_pcr(&replay, &held, DIGEST_SHA1, pcr);
		assert_pcr(&replay, &held, DIGEST_SHA256, pcr);
	}
	assert_null(pcr_value(&replay.values, DIGEST_SHA1, IMA_PCR));
	assert_null(pcr_value(&replay.values, DIGEST_SHA384, 0));
}

static void every_truncation_inside_a_record_is_refused(void **state)
{
	AUTO_DONE(bytes) log = { 0 };
	struct boot_replay replay;
	size_t good = 0;
	(void)state;

	read_capture("boot_log.bin", &log);
	for (size_t len = 0; len < log.len; len++) {
		struct span head = { log.data, len };
		enum status status = boot_log_replay(head, &replay);

		/* The first bytes of a PCR 0 record look like zero padding. */
		if (status != OK)
			assert_int_equal(status, STATUS_TRUNCATED);
		else
			good = replay.events;
	}
	assert_int_equal(good, CAPTURE_BOOT_EVENTS - 1);
}

static void a_flipped_byte_in_any_digest_is_caught_by_its_pcr(void **state)
{
	AUTO_DONE(bytes) bytes = { 0 };
	struct boot_replay good;
	struct boot_log log;
	struct boot_event event;
	size_t flipped = 0;
	(void)state;

	read_capture("boot_log.bin", &bytes);
	assert_int_equal(boot_log_replay(span_of(&bytes), &good), OK);
	assert_int_equal(boot_log_open(span_of(&bytes), &log), OK);
	while (boot_log_next(&log, &event) == OK) {
		struct boot_replay bad;
		uint8_t *byte = bytes.data + event.offset + 12 + 2 + 20 + 2; /* sha256's first */

		*byte ^= 1;
		assert_int_equal(boot_log_replay(span_of(&bytes), &bad), OK);
		*byte ^= 1;
		assert_false(digest_equal(pcr_value(&good.values, DIGEST_SHA256, event.pcr),
					  pcr_value(&bad.values, DIGEST_SHA256, event.pcr)));
		flipped++;
	}
	assert_int_equal(flipped, CAPTURE_BOOT_EVENTS);
}

static void digests_of_unknown_algorithms_are_skipped_by_their_size(void **state)
{
	const struct announcement algs[] = { { ALG_SM3, 32 },
					     { DIGEST_SHA256, 32 },
					     { ALG_SHA3_384, 48 } };
	AUTO_DONE(bytes) log = { 0 };
	struct boot_replay replay;
	struct digest expected = digest_filled(DIGEST_SHA256, 0);
	(void)state;

	put_header(&log, algs, 3, (struct span){ (const uint8_t *)"\3abc", 4 });
	put_record(&log, 4, EV_IPL, algs, 3, 7, span_text("x"));
	assert_int_equal(boot_log_replay(span_of(&log), &replay), OK);
	extend_by(&expected, 7);
	assert_true(digest_equal(pcr_value(&replay.values, DIGEST_SHA256, 4), &expected));

	struct boot_log opened;
	assert_int_equal(boot_log_open(span_of(&log), &opened), OK);
	assert_int_equal(opened.bank_count, 1);
	assert_int_equal(opened.foreign_count, 2);
}

static void assert_header(const struct announcement *algs, uint32_t count, struct span after,
			  enum status expected)
{
	AUTO_DONE(bytes) log = { 0 };
	struct boot_log opened;

	put_header(&log, algs, count, after);
	assert_int_equal(boot_log_open(span_of(&log), &opened), expected);
}

static void a_header_that_contradicts_itself_is_malformed(void **state)
{
	const struct announcement twice[] = { { ALG_SM3, 32 }, { ALG_SM3, 32 } };
	const struct announcement wrong[] = { { DIGEST_SHA256, 20 } };
	const struct announcement empty[] = { { ALG_SM3, 0 } };
	struct announcement many[BOOT_LOG_ALGS_MAX + 1];
	struct span no_vendor = { (const uint8_t *)"\0", 1 };
	(void)state;

	for (uint16_t i = 0; i <= BOOT_LOG_ALGS_MAX; i++)
		many[i] = (struct announcement){ (uint16_t)(0x100 + i), 32 };
	assert_header(usual, 2, no_vendor, OK);
	assert_header(many, BOOT_LOG_ALGS_MAX, no_vendor, OK);
	assert_header(many, BOOT_LOG_ALGS_MAX + 1, no_vendor, STATUS_TOO_LARGE);
	assert_header(usual, 0, no_vendor, STATUS_MALFORMED);
	assert_header(twice, 2, no_vendor, STATUS_MALFORMED);
	assert_header(wrong, 1, no_vendor, STATUS_MALFORMED);
	assert_header(empty, 1, no_vendor, STATUS_MALFORMED);
	/* Vendor information longer than the event, and shorter. */
	assert_header(usual, 2, (struct span){ (const uint8_t *)"\4", 1 }, STATUS_MALFORMED);
	assert_header(usual, 2, (struct span){ (const uint8_t *)"\0x", 2 }, STATUS_MALFORMED);
	assert_header(usual, 2, (struct span){ NULL, 0 }, STATUS_MALFORMED);
}

static void assert_record(uint32_t pcr, uint32_t type, const struct announcement *algs,
			  uint32_t count, enum status expected)
{
	AUTO_DONE(bytes) log = { 0 };

	put_usual_header(&log);
	put_record(&log, pcr, type, algs, count, 1, span_text(""));
	assert_replay(&log, expected);
}

static void a_record_with_doubled_or_unlisted_digests_is_malformed(void **state)
{
	const struct announcement doubled[] = { { DIGEST_SHA1, 20 }, { DIGEST_SHA1, 20 } };
	const struct announcement unlisted[] = { { DIGEST_SHA384, 48 } };
	const struct announcement three[] = { { DIGEST_SHA1, 20 },
					      { DIGEST_SHA256, 32 },
					      { DIGEST_SHA384, 48 } };
	(void)state;

	assert_record(1, EV_IPL, usual, 2, OK);
	assert_record(1, EV_IPL, doubled, 2, STATUS_MALFORMED);
	assert_record(1, EV_IPL, unlisted, 1, STATUS_MALFORMED);
	assert_record(1, EV_IPL, three, 3, STATUS_MALFORMED);
}

static void pcr_indices_are_bounded_but_for_records_of_no_pcr(void **state)
{
	(void)state;
	assert_record(23, EV_IPL, usual, 2, OK);
	assert_record(24, EV_IPL, usual, 2, STATUS_MALFORMED);
	assert_record(32, EV_IPL, usual, 2, STATUS_MALFORMED);
	assert_record(0xffffffff, EV_IPL, usual, 2, STATUS_MALFORMED);
	assert_record(0xffffffff, EV_NO_ACTION, usual, 2, OK);
	assert_record(24, EV_NO_ACTION, usual, 2, STATUS_MALFORMED);
}

static void a_pcr_with_a_missing_digest_is_unknown_in_that_bank(void **state)
{
	AUTO_DONE(bytes) log = { 0 };
	struct boot_replay replay;
	(void)state;

	put_usual_header(&log);
	put_usual(&log, 11, EV_IPL, 1);
	put_record(&log, 11, EV_IPL, usual + 1, 1, 2, span_text("")); /* sha256 only */
	put_record(&log, 12, EV_IPL, usual, 0, 0, span_text(""));
	assert_int_equal(boot_log_replay(span_of(&log), &replay), OK);
	assert_int_equal(replay.missing[digest_alg_index(DIGEST_SHA1)], 1 << 11 | 1 << 12);
	assert_int_equal(replay.missing[digest_alg_index(DIGEST_SHA256)], 1 << 12);
	assert_null(pcr_value(&replay.values, DIGEST_SHA1, 11));
	assert_non_null(pcr_value(&replay.values, DIGEST_SHA256, 11));
	assert_null(pcr_value(&replay.values, DIGEST_SHA256, 12));
}

static void no_action_extends_nothing_wherever_it_stands(void **state)
{
	AUTO_DONE(bytes) log = { 0 };
	struct boot_replay replay;
	struct digest expected = digest_filled(DIGEST_SHA1, 0);
	(void)state;

	put_usual_header(&log);
	put_usual(&log, 0, EV_S_CRTM_VERSION, 1);
	put_usual(&log, 0, EV_NO_ACTION, 9);
	put_usual(&log, 3, EV_NO_ACTION, 9);
	put_usual(&log, 0, EV_SEPARATOR, 2);
	assert_int_equal(boot_log_replay(span_of(&log), &replay), OK);
	extend_by(&expected, 1);
	extend_by(&expected, 2);
	assert_int_equal(replay.events, 4);
	assert_int_equal(replay.touched, 1);
	assert_true(digest_equal(pcr_value(&replay.values, DIGEST_SHA1, 0), &expected));
}

static void startup_locality_is_what_pcr_0_starts_from(void **state)
{
	(void)state;
	for (uint8_t locality = 0; locality < 6; locality++) {
		AUTO_DONE(bytes) log = { 0 };
		struct boot_replay replay;
		struct digest expected = digest_filled(DIGEST_SHA256, 0);

		put_usual_header(&log);
		put_locality(&log, locality);
		put_usual(&log, 0, EV_S_CRTM_VERSION, 5);
		put_usual(&log, 1, EV_IPL, 5);
		if (locality != 0 && locality != 3 && locality != 4) {
			assert_replay(&log, STATUS_MALFORMED);
			continue;
		}
		assert_int_equal(boot_log_replay(span_of(&log), &replay), OK);
		assert_int_equal(replay.startup_locality, locality);
		expected.value[31] = locality;
		extend_by(&expected, 5);
		assert_true(digest_equal(pcr_value(&replay.values, DIGEST_SHA256, 0), &expected));
		expected = digest_filled(DIGEST_SHA256, 0);
		extend_by(&expected, 5);
		assert_true(digest_equal(pcr_value(&replay.values, DIGEST_SHA256, 1), &expected));
	}
}

static void startup_locality_after_an_extend_of_pcr_0_is_refused(void **state)
{
	AUTO_DONE(bytes) late = { 0 };
	AUTO_DONE(bytes) twice = { 0 };
	AUTO_DONE(bytes) after_hcrtm = { 0 };
	AUTO_DONE(bytes) after_other = { 0 };
	struct boot_replay replay;
	struct digest expected = digest_filled(DIGEST_SHA1, 0);
	(void)state;

	put_usual_header(&late);
	put_usual(&late, 0, EV_S_CRTM_VERSION, 1);
	put_locality(&late, 3);
	assert_replay(&late, STATUS_MALFORMED);

	put_usual_header(&twice);
	put_locality(&twice, 3);
	put_locality(&twice, 3);
	assert_replay(&twice, STATUS_MALFORMED);

	put_usual_header(&after_other);
	put_usual(&after_other, 7, EV_SEPARATOR, 1);
	put_locality(&after_other, 3);
	assert_replay(&after_other, OK);

	put_usual_header(&after_hcrtm);
	put_usual(&after_hcrtm, 0, EV_EFI_HCRTM_EVENT, 1);
	put_locality(&after_hcrtm, 4);
	assert_int_equal(boot_log_replay(span_of(&after_hcrtm), &replay), OK);
	expected.value[19] = 4;
	extend_by(&expected, 1);
	assert_true(digest_equal(pcr_value(&replay.values, DIGEST_SHA1, 0), &expected));
}

static void padding_of_one_kind_ends_a_log_and_nothing_else_does(void **state)
{
	static const uint8_t kinds[] = { 0x00, 0xff };
	(void)state;

	for (size_t i = 0; i < 80; i++) {
		AUTO_DONE(bytes) log = { 0 };

		put_usual_header(&log);
		put_usual(&log, 0, EV_IPL, 1);
		put_filled(&log, kinds[i % 2], 1 + i / 2);
		assert_replay(&log, OK);
		put_filled(&log, kinds[1 - i % 2], 1);
		assert_int_not_equal(boot_log_replay(span_of(&log), &(struct boot_replay){ 0 }),
				     OK);
		log.data[log.len - 1] = 1;
		assert_int_not_equal(boot_log_replay(span_of(&log), &(struct boot_replay){ 0 }),
				     OK);
	}
}

static void a_sha1_log_has_no_header(void **state)
{
	AUTO_DONE(bytes) log = { 0 };
	struct boot_replay replay;
	struct digest expected = digest_filled(DIGEST_SHA1, 0);
	(void)state;

	put_le(&log, 5, 4);
	put_le(&log, EV_ACTION, 4);
	put_filled(&log, 6, 20);
	put_le(&log, 3, 4);
	put(&log, span_text("abc"));
	put_filled(&log, 0, 64);
	assert_int_equal(boot_log_replay(span_of(&log), &replay), OK);
	extend_by(&expected, 6);
	assert_int_equal(replay.events, 1);
	assert_true(digest_equal(pcr_value(&replay.values, DIGEST_SHA1, 5), &expected));
}

static void nothing_at_all_is_no_log(void **state)
{
	AUTO_DONE(bytes) zeros = { 0 };
	struct boot_log log;
	(void)state;

	assert_int_equal(boot_log_open((struct span){ 0 }, &log), STATUS_TRUNCATED);
	put_filled(&zeros, 0, 100);
	assert_int_equal(boot_log_open(span_of(&zeros), &log), STATUS_MALFORMED);
}

static void sizes_and_counts_over_the_rest_are_refused_without_memory(void **state)
{
	const uint32_t sizes[] = { 5, 0x7fffffff, 0xffffffff };
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(bytes) size = { 0 };
		AUTO_DONE(bytes) count = { 0 };

		put_usual_header(&size);
		put_usual(&size, 0, EV_IPL, 1);
		size.len -= 8;
		put_le(&size, sizes[i], 4);
		put(&size, span_text("data"));
		assert_replay(&size, STATUS_TRUNCATED);

		put_usual_header(&count);
		put_le(&count, 0, 4);
		put_le(&count, EV_IPL, 4);
		put_le(&count, sizes[i], 4);
		put_filled(&count, 0, 100);
		assert_replay(&count, STATUS_MALFORMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_captured_log_leads_to_the_pcrs_that_its_tpm_held),
		cmocka_unit_test(every_truncation_inside_a_record_is_refused),
		cmocka_unit_test(a_flipped_byte_in_any_digest_is_caught_by_its_pcr),
		cmocka_unit_test(digests_of_unknown_algorithms_are_skipped_by_their_size),
		cmocka_unit_test(a_header_that_contradicts_itself_is_malformed),
		cmocka_unit_test(a_record_with_doubled_or_unlisted_digests_is_malformed),
		cmocka_unit_test(pcr_indices_are_bounded_but_for_records_of_no_pcr),
		cmocka_unit_test(a_pcr_with_a_missing_digest_is_unknown_in_that_bank),
		cmocka_unit_test(no_action_extends_nothing_wherever_it_stands),
		cmocka_unit_test(startup_locality_is_what_pcr_0_starts_from),
		cmocka_unit_test(startup_locality_after_an_extend_of_pcr_0_is_refused),
		cmocka_unit_test(padding_of_one_kind_ends_a_log_and_nothing_else_does),
		cmocka_unit_test(a_sha1_log_has_no_header),
		cmocka_unit_test(nothing_at_all_is_no_log),
		cmocka_unit_test(sizes_and_counts_over_the_rest_are_refused_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
