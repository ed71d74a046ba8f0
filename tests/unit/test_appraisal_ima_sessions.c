/* SPDX-License-Identifier: Apache-2.0 */
/* The IMA log in more than one attestation: what is kept of it, and what goes on. */
#include "unit.h"

#include "appraisal_scene.h"
#include "verifier/appraisal/state.h"

#define ENTRIES CAPTURE_IMA_ENTRIES

static const struct digest unknown = { .alg = DIGEST_SHA256, .value = { 0x66, 0x66 } };

static void a_session_goes_on_with_what_is_new(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest cat = scene_listed("/usr/bin/cat");
	(void)state;

	scene_init(&s);
	scene_expect_nothing(&s);
	scene_commit(&s);
	assert_int_equal(s.first, ENTRIES);
	assert_true(s.leaves_out_boot_log);
	/* Nothing new */
	scene_expect_nothing(&s);
	assert_int_equal(s.result.prefix_bytes, 0);
	scene_commit(&s);
	golden_set_add(&s.golden.manifest[0].base, &cat, "/usr/bin/tac");
	ima_log_add(&s.golden, "ima-sigv2", "/usr/bin/cat", &cat);
	scene_expect_nothing(&s);
	assert_int_equal(s.result.entries, ENTRIES + 1);
}

/* A new release with a file of its own. It boots another initrd: this node runs the old one. */
static struct golden_manifest *update_begin(struct scene *s)
{
	struct golden_manifest *newer;

	scene_init(s);
	newer = golden_update(&s->golden);
	golden_set_add(&newer->base, &unknown, "/usr/bin/new");
	newer->initrd.item[0].value[0] ^= 1;
	return newer;
}

/* Nothing is asked for anew until the time has come, then all of it. */
static void expect_asked_anew_at(struct scene *s, int64_t when)
{
	uint64_t first = s->first;

	assert_true(first > 0);
	s->now = when - 1;
	scene_ask(s);
	assert_int_equal(s->first, first);
	s->now = when;
	scene_ask(s);
	assert_int_equal(s->first, 0);
}

static void an_update_is_accepted_until_its_time(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	(void)update_begin(&s);
	s.golden.manifest[0].accept_until = GOLDEN_NOW + 100;
	golden_build(&s.golden);
	ima_log_add(&s.golden, "ima-sigv2", "/usr/bin/new", &unknown);
	scene_expect_nothing(&s);
	assert_int_equal(s.result.version, 42);
	scene_commit(&s);
	assert_int_equal(s.first, ENTRIES + 1);
	expect_asked_anew_at(&s, GOLDEN_NOW + 100);
	scene_judge(&s);
	assert_true(scene_has(&s, "release-none") || scene_has(&s, "boot-event-unknown"));
}

/* Its own session ends by then: the whole log is looked at with what has come into force. */
static void an_update_counts_from_its_time(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	update_begin(&s)->not_before = GOLDEN_NOW + 100;
	golden_build(&s.golden);
	scene_expect_nothing(&s);
	scene_commit(&s);
	assert_int_equal(s.first, ENTRIES);
	expect_asked_anew_at(&s, GOLDEN_NOW + 100);
	ima_log_add(&s.golden, "ima-sigv2", "/usr/bin/new", &unknown);
	scene_expect_nothing(&s);
}

static void an_older_release_s_files_are_not_taken(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	(void)golden_update(&s.golden);
	golden_set_add(&s.golden.manifest[0].base, &unknown, "/usr/bin/old");
	golden_build(&s.golden);
	ima_log_add(&s.golden, "ima-sigv2", "/usr/bin/old", &unknown);
	scene_expect_executables(&s, "ima-entry-unknown");
	assert_int_equal(s.result.version, 43);
}

static void a_pcr_that_changes_after_boot_is_seen_without_the_log(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest value;
	(void)state;

	scene_init(&s);
	scene_expect_nothing(&s);
	scene_commit(&s);
	value = *pcr_value(&s.golden.values, DIGEST_SHA256, 4);
	value.value[0] ^= 1;
	assert_int_equal(pcr_value_set(&s.golden.values, 4, &value), OK);
	scene_judge(&s);
	assert_true(scene_has(&s, "boot-pcr-changed"));
	assert_int_equal(s.result.claims.tier[CLAIM_CONFIGURATION], TIER_CONTRAINDICATED);
	assert_int_equal(s.result.state.len, 0);
}

static void state_of(struct scene *s, struct bytes *out)
{
	scene_init(s);
	ima_log_add(&s->golden, "ima-sigv2", "/tmp/evil", &unknown);
	scene_judge(s);
	assert_int_equal(bytes_copy(span_of(&s->result.state), out), OK);
}

static void a_state_is_read_whole_or_not_at_all(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	AUTO_DONE(bytes) bytes = { 0 };
	AUTO_DONE(bytes) again = { 0 };
	struct appraisal_state read;
	(void)state;

	state_of(&s, &bytes);
	assert_int_equal(appraisal_state_read(span_of(&bytes), &read), OK);
	assert_int_equal(appraisal_state_write(&read, &again), OK);
	assert_true(span_equal(span_of(&bytes), span_of(&again)));
	for (size_t len = 0; len < bytes.len; len++)
		assert_int_not_equal(appraisal_state_read((struct span){ bytes.data, len }, &read),
				     OK);
	assert_int_equal(bytes_append_byte(&bytes, 0), OK);
	assert_int_not_equal(appraisal_state_read(span_of(&bytes), &read), OK);
}

static void a_state_of_another_version_or_class_starts_over(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	AUTO_DONE(bytes) bytes = { 0 };
	struct node_class other;
	(void)state;

	state_of(&s, &bytes);
	assert_int_equal(
		appraisal_wants(&s.golden.reference, &s.golden.built, span_of(&bytes), GOLDEN_NOW)
			.next_entry,
		ENTRIES + 1);
	other = s.golden.built;
	other.name = span_text("desktop");
	assert_true(
		appraisal_wants(&s.golden.reference, &other, span_of(&bytes), GOLDEN_NOW).boot_log);
	bytes.data[0]++;
	assert_true(
		appraisal_wants(&s.golden.reference, &s.golden.built, span_of(&bytes), GOLDEN_NOW)
			.boot_log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_goes_on_with_what_is_new),
		cmocka_unit_test(an_update_is_accepted_until_its_time),
		cmocka_unit_test(an_update_counts_from_its_time),
		cmocka_unit_test(an_older_release_s_files_are_not_taken),
		cmocka_unit_test(a_pcr_that_changes_after_boot_is_seen_without_the_log),
		cmocka_unit_test(a_state_is_read_whole_or_not_at_all),
		cmocka_unit_test(a_state_of_another_version_or_class_starts_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
