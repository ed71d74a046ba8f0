/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the releases a boot is judged by. */
#include "unit.h"

#include <string.h>

#include "appraisal_scene.h"

static void without_a_release_in_force_there_is_no_trust(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_manifest *m = &s.golden.manifest[0];
	(void)state;

	scene_init(&s);
	m->not_after = GOLDEN_NOW;
	scene_expect_boot(&s, "release-none");
	m->not_after = GOLDEN_NOW + 1;
	m->not_before = GOLDEN_NOW + 1;
	scene_expect_boot(&s, "release-none");
	m->not_before = GOLDEN_NOW;
	m->accept_until = GOLDEN_NOW;
	scene_expect_boot(&s, "release-none");
	m->accept_until = GOLDEN_NOW + 1;
	s.golden.cell = GOLDEN_CELL;
	scene_expect_configured(&s);
	s.golden.manifest_count = 0;
	bytes_done(&m->base);
	bytes_done(&m->early);
	scene_expect_boot(&s, "release-none");
}

static void a_lower_version_than_before_needs_a_rollback(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_manifest *newer;
	(void)state;

	scene_init(&s);
	newer = golden_update(&s.golden);
	newer->initrd.item[0].value[0] ^= 1;
	s.ratchet = 43;
	scene_expect_boot(&s, "release-ratchet");
	s.ratchet = 42;
	scene_expect_configured(&s);
	/* The index names a lower one as current by a rollback document alone. */
	s.ratchet = 43;
	s.golden.manifest[0].state = RELEASE_CURRENT;
	scene_expect_configured(&s);
}

/* It was asked for no boot log, and answered so. */
static void a_release_between_challenge_and_evidence_decides_nothing(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	scene_judge(&s);
	assert_int_equal(s.result.findings.count, 0);
	scene_commit(&s);
	assert_true(s.leaves_out_boot_log);
	golden_update(&s.golden);
	golden_build(&s.golden);
	s.in_use_since = s.now;
	scene_judge(&s);
	assert_true(scene_has(&s, "evidence-overtaken"));
	assert_true(s.result.is_retryable);
	assert_int_equal(s.result.state.len, 0);
	/* And then for all of it. */
	s.leaves_out_boot_log = false;
	s.first = s.sent = 0;
	scene_expect_configured(&s);
	assert_int_equal(s.result.version, 43);
}

/* The state ran out between challenge and evidence. */
static void a_release_that_ends_meanwhile_decides_nothing(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	golden_update(&s.golden)->initrd.item[0].value[0] ^= 1;
	s.golden.manifest[0].accept_until = GOLDEN_NOW + 100;
	golden_build(&s.golden);
	scene_judge(&s);
	scene_commit(&s);
	assert_true(s.leaves_out_boot_log);
	s.asked = GOLDEN_NOW + 99;
	s.now = GOLDEN_NOW + 100;
	scene_judge(&s);
	assert_true(scene_has(&s, "evidence-overtaken"));
	assert_true(s.result.is_retryable);
}

/* It was asked for a boot log, and says again and again that it was not. */
static void no_host_puts_its_verdict_off(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	scene_judge(&s);
	scene_commit(&s);
	golden_update(&s.golden);
	golden_build(&s.golden);
	s.in_use_since = s.now - 1;
	s.leaves_out_boot_log = true;
	scene_expect(&s, "boot-log-missing", CLAIM_CONFIGURATION, TIER_CONTRAINDICATED);
	assert_false(s.result.is_retryable);
}

static void the_release_that_got_furthest_is_reported(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_manifest *newer;
	(void)state;

	scene_init(&s);
	newer = golden_update(&s.golden);
	memset(newer->chain.item, 0, sizeof(newer->chain.item));
	s.golden.manifest[0].initrd.item[0].value[0] ^= 1;
	scene_judge_anew(&s);
	assert_string_equal(reason_facts(s.result.findings.list[0].reason)->code,
			    "boot-event-unknown");
	assert_int_equal(s.result.findings.list[0].layer, LAYER_KERNEL);
	assert_int_equal(s.result.findings.list[0].entry, CAPTURE_INITRD_EVENT);
	assert_non_null(strstr(s.result.findings.list[0].detail, "pcr=9"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_release_in_force_there_is_no_trust),
		cmocka_unit_test(a_lower_version_than_before_needs_a_rollback),
		cmocka_unit_test(a_release_between_challenge_and_evidence_decides_nothing),
		cmocka_unit_test(a_release_that_ends_meanwhile_decides_nothing),
		cmocka_unit_test(no_host_puts_its_verdict_off),
		cmocka_unit_test(the_release_that_got_furthest_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
