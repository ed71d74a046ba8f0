/* SPDX-License-Identifier: Apache-2.0 */
/* An IMA log that comes in parts, before appraise(): what a part is good for. */
#include "attacks.h"

#include <stdlib.h>
#include <string.h>

#include "appraisal_scene.h"
#include "verifier/appraisal/state.h"

#define ENTRIES CAPTURE_IMA_ENTRIES
#define MORE_ENTRIES 400
#define PART (IMA_PART_MIN + 8192)
#define CAT "/usr/bin/cat"

static const struct digest unknown = { .alg = DIGEST_SHA256, .value = { 0x66, 0x66 } };

/* A known file again and again, a KiB each. */
static void grow(struct scene *s, unsigned count)
{
	static const uint8_t signature[1024] = { 3 };
	struct digest cat = scene_listed(CAT);
	const struct made_entry entry = {
		.pcr = 10,
		.template = "ima-sigv2",
		.digest_prefix = "ima:sha256:",
		.digest = digest_span(&cat),
		.path = { (const uint8_t *)CAT, sizeof(CAT) },
		.last = { signature, sizeof(signature) },
		.has_last = true,
	};

	for (unsigned i = 0; i < count; i++)
		ima_log_add_made(&s->golden, &entry);
}

static void big_scene(struct scene *s)
{
	scene_init(s);
	grow(s, MORE_ENTRIES);
	s->part = PART;
}

/* Undecided, and worth going on from. */
static void expect_part(struct scene *s)
{
	scene_expect(s, "ima-log-partial", CLAIM_EXECUTABLES, TIER_NONE);
	assert_true(s->result.is_retryable);
	assert_true(s->result.is_unproven);
	assert_true(s->result.prefix_bytes >= IMA_PART_MIN);
	scene_commit(s);
	assert_true(s->first > 0);
}

static void i28_a_small_part_is_a_short_log(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	big_scene(&s);
	s.part = IMA_PART_MIN - 1;
	for (unsigned i = 0; i < 2; i++) {
		scene_expect(&s, "ima-log-short", CLAIM_EXECUTABLES, TIER_NONE);
		assert_int_equal(s.result.prefix_bytes, 0);
		scene_commit(&s);
		assert_int_equal(s.first, 0);
	}
	scene_expect(&s, "ima-pcr-mismatch", CLAIM_EXECUTABLES, TIER_CONTRAINDICATED);
}

static void i28_a_log_that_ends_is_no_part(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	/* It leads nowhere, and does not say that it goes on. */
	big_scene(&s);
	s.part = 0;
	golden_extend(&s.golden, 10, &unknown);
	scene_expect(&s, "ima-log-short", CLAIM_EXECUTABLES, TIER_NONE);
	assert_int_equal(s.result.prefix_bytes, 0);
}

static void i28_parts_that_lead_nowhere_come_to_an_end(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	big_scene(&s);
	golden_extend(&s.golden, 10, &unknown);
	while (s.golden.ima_log.len - s.sent > PART)
		expect_part(&s);
	for (unsigned i = 0; i < 2; i++) {
		scene_expect(&s, "ima-log-short", CLAIM_EXECUTABLES, TIER_NONE);
		scene_commit(&s);
		assert_true(s.first > ENTRIES);
	}
	scene_expect(&s, "ima-pcr-mismatch", CLAIM_EXECUTABLES, TIER_CONTRAINDICATED);
	assert_false(s.result.is_retryable);
	assert_int_equal(s.result.state.len, 0);
	scene_commit(&s);
	assert_int_equal(s.first, 0);
}

static void i28_parts_are_not_taken_without_end(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct appraisal_state known;
	(void)state;

	big_scene(&s);
	expect_part(&s);
	assert_int_equal(appraisal_state_read(span_of(&s.state), &known), OK);
	known.ima.unproven_bytes = IMA_UNPROVEN_MAX - IMA_PART_MIN;
	assert_int_equal(appraisal_state_write(&known, &s.state), OK);
	scene_expect(&s, "ima-log-endless", CLAIM_EXECUTABLES, TIER_CONTRAINDICATED);
	assert_false(s.result.is_retryable);
	assert_int_equal(s.result.state.len, 0);
}

static void i28_another_beginning_leads_to_no_quote(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	/* Proven up to here; a part after it. */
	scene_init(&s);
	scene_expect_nothing(&s);
	scene_commit(&s);
	grow(&s, MORE_ENTRIES);
	s.part = PART;
	expect_part(&s);
	const uint64_t first = s.first;

	assert_true(first > ENTRIES);
	/* The same part again, and again: nothing is lost that was there, and nothing won. */
	for (int i = 0; i < 2; i++) {
		s.first = ENTRIES;
		s.sent = s.proven_sent;
		scene_expect(&s, "ima-log-gap", CLAIM_EXECUTABLES, TIER_NONE);
		assert_true(s.result.is_retryable);
		assert_int_equal(s.result.prefix_bytes, 0);
		scene_commit(&s);
		assert_int_equal(s.first, first);
	}
	s.first = ENTRIES;
	s.sent = s.proven_sent;
	scene_expect(&s, "ima-pcr-mismatch", CLAIM_EXECUTABLES, TIER_CONTRAINDICATED);
	assert_false(s.result.is_retryable);
	assert_int_equal(s.result.state.len, 0);
	scene_commit(&s);
	/* It begins where the last proof ended. */
	assert_int_equal(s.first, ENTRIES);
	while (s.golden.ima_log.len - s.sent > PART)
		expect_part(&s);
	scene_expect_nothing(&s);
}

static void i29_parts_are_believed_when_a_quote_is_reached(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	unsigned parts = 0;
	(void)state;

	big_scene(&s);
	for (; s.golden.ima_log.len - s.sent > PART; parts++)
		expect_part(&s);
	assert_true(parts >= 5);
	scene_expect_nothing(&s);
	assert_false(s.result.is_unproven);
	assert_int_equal(s.result.entries, ENTRIES + MORE_ENTRIES);
	/* From then on what is new, as ever. */
	scene_commit(&s);
	ima_log_add(&s.golden, "ima-sigv2", "/tmp/evil", &unknown);
	s.claims_more = true;
	scene_expect(&s, "ima-entry-unknown", CLAIM_EXECUTABLES, TIER_CONTRAINDICATED);
	assert_false(s.result.is_retryable);
}

static void i29_a_bad_entry_in_a_part_does_not_wait(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	ima_log_add(&s.golden, "ima-sigv2", "/tmp/evil", &unknown);
	grow(&s, MORE_ENTRIES);
	s.part = PART;
	scene_expect(&s, "ima-entry-unknown", CLAIM_EXECUTABLES, TIER_CONTRAINDICATED);
	assert_false(s.result.is_retryable);
	assert_true(s.result.is_unproven);
	scene_commit(&s);
	/* And it stays bad to the end. */
	while (s.golden.ima_log.len - s.sent > PART) {
		scene_expect(&s, "ima-entry-unknown", CLAIM_EXECUTABLES, TIER_CONTRAINDICATED);
		assert_true(s.result.prefix_bytes > 0);
		scene_commit(&s);
	}
	scene_expect(&s, "ima-entry-unknown", CLAIM_EXECUTABLES, TIER_CONTRAINDICATED);
	assert_false(s.result.is_unproven);
}

static void i29_a_part_that_lies_leads_to_no_quote(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct ima_log log;
	struct ima_entry entry;
	(void)state;

	/* Evil ran; the log says that it was cat, in the first of the parts. */
	scene_init(&s);
	grow(&s, 10);
	ima_log_add(&s.golden, "ima-sigv2", "/tmp/evil", &unknown);
	grow(&s, MORE_ENTRIES);
	assert_int_equal(ima_log_open(span_of(&s.golden.ima_log), DIGEST_SHA1, 0, &log), OK);
	do
		assert_int_equal(ima_log_next(&log, &entry), OK);
	while (entry.index != ENTRIES + 10);
	s.golden.ima_log.len -= entry.size;
	memmove(s.golden.ima_log.data + entry.offset,
		s.golden.ima_log.data + entry.offset + entry.size,
		s.golden.ima_log.len - entry.offset);
	s.part = PART;
	while (s.golden.ima_log.len - s.sent > PART)
		expect_part(&s);
	for (unsigned i = 0; i < 2; i++) {
		scene_expect(&s, "ima-log-short", CLAIM_EXECUTABLES, TIER_NONE);
		scene_commit(&s);
	}
	scene_expect(&s, "ima-pcr-mismatch", CLAIM_EXECUTABLES, TIER_CONTRAINDICATED);
}

static void i29_a_boot_that_changed_ends_what_is_on_its_way(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	big_scene(&s);
	expect_part(&s);
	golden_extend(&s.golden, 7, &unknown);
	scene_expect(&s, "boot-pcr-changed", CLAIM_EXECUTABLES, TIER_NONE);
	assert_false(s.result.is_retryable);
	assert_int_equal(s.result.state.len, 0);
}

/* Of another PCR than 10, as a policy rule may ask for. */
static void add_elsewhere(struct scene *s, unsigned pcr)
{
	struct digest cat = scene_listed(CAT);
	const struct made_entry entry = {
		.pcr = pcr,
		.template = "ima-sigv2",
		.digest_prefix = "ima:sha256:",
		.digest = digest_span(&cat),
		.path = { (const uint8_t *)CAT, sizeof(CAT) },
		.has_last = true,
	};

	ima_log_add_made(&s->golden, &entry);
}

/* The first part ends where PCR 10 has its quoted value already. */
static void i34_a_part_may_end_before_another_pcr_is_named(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	grow(&s, MORE_ENTRIES);
	s.part = s.golden.ima_log.len;
	add_elsewhere(&s, 11);
	expect_part(&s);
	scene_expect_nothing(&s);
	assert_false(s.result.is_unproven);
	assert_int_equal(s.result.entries, ENTRIES + MORE_ENTRIES + 1);
}

/* Whoever extended it by hand gains nothing by saying that more comes. */
static void i34_what_no_part_explains_is_never_believed(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	grow(&s, MORE_ENTRIES);
	golden_extend(&s.golden, 11, &unknown);
	s.claims_more = true;
	expect_part(&s);
	for (unsigned i = 0; i < 3; i++) {
		scene_expect(&s, "pcr-unexplained", CLAIM_CONFIGURATION, TIER_CONTRAINDICATED);
		assert_false(s.result.is_retryable);
		s.claims_more = false;
	}
	/* In a part that is too small, at once. */
	AUTO_DONE(scene) small = { 0 };
	scene_init(&small);
	golden_extend(&small.golden, 11, &unknown);
	small.claims_more = true;
	scene_expect(&small, "pcr-unexplained", CLAIM_CONFIGURATION, TIER_CONTRAINDICATED);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(i28_a_small_part_is_a_short_log),
	cmocka_unit_test(i28_a_log_that_ends_is_no_part),
	cmocka_unit_test(i28_parts_that_lead_nowhere_come_to_an_end),
	cmocka_unit_test(i28_parts_are_not_taken_without_end),
	cmocka_unit_test(i28_another_beginning_leads_to_no_quote),
	cmocka_unit_test(i29_parts_are_believed_when_a_quote_is_reached),
	cmocka_unit_test(i29_a_bad_entry_in_a_part_does_not_wait),
	cmocka_unit_test(i29_a_part_that_lies_leads_to_no_quote),
	cmocka_unit_test(i29_a_boot_that_changed_ends_what_is_on_its_way),
	cmocka_unit_test(i34_a_part_may_end_before_another_pcr_is_named),
	cmocka_unit_test(i34_what_no_part_explains_is_never_believed),
};

ATTACKS_MAIN(tests)
