/* SPDX-License-Identifier: Apache-2.0 */
/* The IMA log: what its length may cost. */
#include "attacks.h"

#include <string.h>

#include "log_bytes.h"
#include "log_scene.h"

/* Work is counted, not timed: the linker sends these calls through here. */
static uint64_t entries_read, sets_searched;

/* NOLINTBEGIN(bugprone-reserved-identifier): names that ld --wrap prescribes */
enum status __real_ima_log_next(struct ima_log *log, struct ima_entry *out);
enum status __wrap_ima_log_next(struct ima_log *log, struct ima_entry *out);
bool __real_reference_set_has_digest(const struct reference *ref, uint32_t table,
				     const struct digest *digest);
bool __wrap_reference_set_has_digest(const struct reference *ref, uint32_t table,
				     const struct digest *digest);

enum status __wrap_ima_log_next(struct ima_log *log, struct ima_entry *out)
{
	entries_read++;
	return __real_ima_log_next(log, out);
}

bool __wrap_reference_set_has_digest(const struct reference *ref, uint32_t table,
				     const struct digest *digest)
{
	sets_searched++;
	return __real_reference_set_has_digest(ref, table, digest);
}
/* NOLINTEND(bugprone-reserved-identifier) */

/* Unknown entries, all of them quoted. */
static uint64_t work_for(unsigned more_entries)
{
	AUTO_DONE(scene) s = { 0 };
	uint64_t work;

	scene_init(&s);
	for (unsigned i = 0; i < more_entries; i++)
		ima_log_add(&s.golden, "ima-sigv2", "/tmp/evil", &unknown_digest);
	entries_read = 0;
	sets_searched = 0;
	scene_judge(&s);
	assert_int_equal(s.result.entries, LOG_ENTRIES + more_entries);
	assert_in_range(sets_searched, 0, 64);
	work = entries_read;
	if (more_entries == 0)
		return work;
	/* What is said of it is bounded. */
	assert_int_equal(s.result.findings.count, FINDINGS_MAX);
	assert_int_equal(s.result.findings.more, more_entries - FINDINGS_MAX);
	assert_true(s.result.state.len <= APPRAISAL_STATE_MAX);
	log_expect_entry(&s, "ima-entry-unknown", TIER_CONTRAINDICATED);
	assert_int_equal(s.result.findings.more, more_entries - FINDINGS_MAX);
	return work;
}

/* A tail that names one PCR after the other, so that a prefix is looked for
 * again and again. */
static uint64_t tail_work_for(unsigned more_entries)
{
	AUTO_DONE(scene) s = { 0 };
	struct made_entry entry = log_entry_of(&unknown_digest, LOG_PATH("/tmp/evil"));
	struct pcr_values quoted;

	scene_init(&s);
	quoted = s.golden.values;
	for (unsigned i = 0; i < more_entries; i++) {
		entry.pcr = i % PCR_COUNT;
		ima_log_add_made(&s.golden, &entry);
	}
	s.golden.values = quoted;
	entries_read = 0;
	scene_judge(&s);
	return entries_read;
}

/* The fuzz targets fuzz_ima_log and fuzz_ima_appraisal go over bytes that no
 * hand would write. */
static void i19_a_long_log_costs_what_it_is_long(void **state)
{
	uint64_t none = work_for(0);
	uint64_t some = work_for(1000);
	uint64_t twice = work_for(2000);
	(void)state;

	assert_int_equal(twice - some, 1000 * ((some - none) / 1000));
	assert_true(some - none <= (uint64_t)1000 * 4);
	assert_true(tail_work_for(2000) <= (uint64_t)(2000 + LOG_ENTRIES) * PCR_COUNT);
}

static void i19_no_set_is_searched_for_what_no_quote_covers(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct pcr_values quoted;
	(void)state;

	scene_init(&s);
	ima_log_add(&s.golden, "ima-sigv2", "/tmp/evil", &unknown_digest);
	quoted = s.golden.values;
	golden_extend(&s.golden, 10, &unknown_digest);
	sets_searched = 0;
	log_expect(&s, "ima-log-short", true);
	assert_int_equal(sets_searched, 0);
	s.golden.values = quoted;
	log_expect_entry(&s, "ima-entry-unknown", TIER_CONTRAINDICATED);
	assert_true(sets_searched > 0);
}

static void i19_unknown_entries_hide_no_other_reason(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	for (unsigned i = 0; i < 2 * FINDINGS_MAX; i++)
		ima_log_add(&s.golden, "ima-sigv2", "/tmp/evil", &unknown_digest);
	ima_log_add(&s.golden, "ima-sigv2", "/boot/vmlinuz", &unknown_digest);
	scene_judge(&s);
	assert_int_equal(s.result.findings.count, FINDINGS_MAX);
	assert_true(scene_has(&s, "ima-entry-unknown"));
	assert_true(scene_has(&s, "ima-kexec"));
}

static void i19_a_log_over_the_cap_is_not_read(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct pcr_values quoted;
	(void)state;

	scene_init(&s);
	quoted = s.golden.values;
	ima_log_add(&s.golden, "ima-sigv2", "/tmp/evil", &unknown_digest);

	struct ima_entry last = log_entry_at(&s, LOG_ENTRIES);
	AUTO_DONE(bytes) copy = { 0 };

	assert_int_equal(
		bytes_copy((struct span){ s.golden.ima_log.data + last.offset, last.size }, &copy),
		OK);
	while (s.golden.ima_log.len <= IMA_LOG_MAX)
		put(&s.golden.ima_log, span_of(&copy));
	s.golden.values = quoted;
	entries_read = 0;
	log_expect(&s, "ima-log-malformed", false);
	assert_int_equal(entries_read, 0);
}

static void i19_an_entry_of_4_gib_is_not_waited_for(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct pcr_values quoted;
	size_t at;
	(void)state;

	scene_init(&s);
	quoted = s.golden.values;
	at = s.golden.ima_log.len;
	golden_extend(&s.golden, 10, &unknown_digest);
	quoted = s.golden.values;
	ima_log_add(&s.golden, "ima-sigv2", "/tmp/evil", &unknown_digest);
	s.golden.values = quoted;
	/* PCR, hash, template's name; then its data's length. */
	memset(s.golden.ima_log.data + at + 4 + 20 + 4 + strlen("ima-sigv2"), 0xff, 4);
	log_expect(&s, "ima-log-malformed", false);
}

static void i19_every_truncation_is_short_or_malformed(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	size_t len;
	(void)state;

	scene_init(&s);
	len = s.golden.ima_log.len;
	for (size_t cut = 1; cut < len; cut += 7) {
		s.golden.ima_log.len = cut;
		log_expect_found(&s, "ima-log-short", TIER_NONE);
		assert_int_equal(s.result.entries, 0);
	}
	s.golden.ima_log.len = 0;
	log_expect(&s, "ima-log-missing", false);
	s.golden.ima_log.len = len;
	scene_expect_nothing(&s);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(i19_a_long_log_costs_what_it_is_long),
	cmocka_unit_test(i19_no_set_is_searched_for_what_no_quote_covers),
	cmocka_unit_test(i19_unknown_entries_hide_no_other_reason),
	cmocka_unit_test(i19_a_log_over_the_cap_is_not_read),
	cmocka_unit_test(i19_an_entry_of_4_gib_is_not_waited_for),
	cmocka_unit_test(i19_every_truncation_is_short_or_malformed),
};

ATTACKS_MAIN(tests)
