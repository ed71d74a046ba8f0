/* SPDX-License-Identifier: Apache-2.0 */
/* Releases in force: which of them counts for which node, and how long. */
#include "attacks.h"

#include "appraisal_scene.h"

static const struct digest new_file = { .alg = DIGEST_SHA256, .value = { 0x5e } };

static void expect_version(struct scene *s, uint64_t version)
{
	golden_build(&s->golden);
	scene_judge(s);
	if (s->result.claims.tier[CLAIM_CONFIGURATION] != TIER_AFFIRMING)
		fail_msg("%s %s", scene_first_code(s), s->result.findings.list[0].detail);
	assert_int_equal(s->result.version, version);
}

static void expect_refused(struct scene *s, const char *code)
{
	golden_build(&s->golden);
	scene_expect(s, code, CLAIM_CONFIGURATION, TIER_CONTRAINDICATED);
}

/* The host boots what only version 43 knows. */
static struct golden_manifest *boot_the_newer(struct scene *s)
{
	scene_init(s);
	struct golden_manifest *newer = golden_update(&s->golden);
	s->golden.manifest[0].state = RELEASE_CURRENT;
	newer->state = RELEASE_CANARY;
	s->golden.manifest[0].initrd.item[0].value[0] ^= 1;
	return newer;
}

static void r19_an_emergency_is_for_the_nodes_it_names(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	const struct digest mine = digest_filled(DIGEST_SHA256, 0x11);
	const struct digest other = digest_filled(DIGEST_SHA256, 0x12);
	(void)state;

	struct golden_manifest *newer = boot_the_newer(&s);
	s.node = mine;
	newer->scope_class = "server";
	expect_version(&s, 43);
	newer->scope_node = &mine;
	expect_version(&s, 43);
	newer->scope_node = &other;
	expect_refused(&s, "boot-event-unknown");
	s.node = (struct digest){ 0 };
	expect_refused(&s, "boot-event-unknown");
	newer->scope_node = NULL;
	newer->scope_class = "desktop";
	expect_refused(&s, "boot-event-unknown");
}

/* 42 was booted, and 43 is an emergency's with a file of its own. */
static struct golden_manifest *run_a_file_of_the_newer(struct scene *s)
{
	struct golden_manifest *newer = boot_the_newer(s);

	s->golden.manifest[0].initrd.item[0].value[0] ^= 1;
	newer->initrd.item[0].value[0] ^= 1;
	newer->scope_class = "server";
	newer->accept_until = GOLDEN_NOW + 100;
	golden_set_add(&newer->base, &new_file, "/usr/bin/new");
	return newer;
}

static void expect_emergency(struct scene *s, bool is_used)
{
	const struct digest manifest_43 = digest_filled(DIGEST_SHA256, 43);

	scene_expect_nothing(s);
	assert_int_equal(s->result.version, 42);
	assert_int_equal(s->result.emergency.alg, is_used ? DIGEST_SHA256 : DIGEST_NONE);
	if (is_used)
		assert_true(digest_equal(&s->result.emergency, &manifest_43));
}

/* Whoever gives the right has to count who runs them, and to end it with the rest. */
static void r19_an_emergency_s_files_on_a_running_host_are_told(void **state)
{
	static const char *const paths[] = { "/usr/bin/new", "/usr/bin/changed" };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(scene) s = { 0 };
		struct golden_manifest *newer = run_a_file_of_the_newer(&s);
		struct digest other = digest_filled(DIGEST_SHA256, 0x77);

		/* What is booted has another file there. */
		golden_set_add(&s.golden.manifest[0].base, &other, "/usr/bin/changed");
		golden_set_add(&newer->base, &new_file, "/usr/bin/changed");
		golden_build(&s.golden);
		expect_emergency(&s, false);
		ima_log_add(&s.golden, "ima-sigv2", paths[i], &new_file);
		expect_emergency(&s, true);
		/* It stays so though nothing new is sent. */
		scene_commit(&s);
		assert_true(s.first > 0);
		expect_emergency(&s, true);
		/* The emergency's end: all of it is looked at again. */
		scene_commit(&s);
		s.now = GOLDEN_NOW + 100;
		scene_ask(&s);
		assert_int_equal(s.first, 0);
		scene_expect(&s, i == 0 ? "ima-entry-unknown" : "ima-entry-changed",
			     CLAIM_EXECUTABLES, TIER_CONTRAINDICATED);
	}
}

static void r19_a_file_that_another_release_has_is_no_emergency_s(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	(void)run_a_file_of_the_newer(&s);
	golden_set_add(&s.golden.manifest[0].base, &new_file, "/usr/bin/new");
	golden_build(&s.golden);
	ima_log_add(&s.golden, "ima-sigv2", "/usr/bin/new", &new_file);
	expect_emergency(&s, false);
}

static void r19_an_emergency_that_is_booted_is_told(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	const struct digest manifest_43 = digest_filled(DIGEST_SHA256, 43);
	(void)state;

	boot_the_newer(&s)->scope_class = "server";
	expect_version(&s, 43);
	assert_true(digest_equal(&s.result.emergency, &manifest_43));
}

/* Its files are not for others either, though they are an update of what they run. */
static void r19_an_emergency_s_files_are_for_the_nodes_it_names(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	const struct digest mine = digest_filled(DIGEST_SHA256, 0x11);
	const struct digest other = digest_filled(DIGEST_SHA256, 0x12);
	(void)state;

	struct golden_manifest *newer = boot_the_newer(&s);
	s.golden.manifest[0].initrd.item[0].value[0] ^= 1;
	newer->initrd.item[0].value[0] ^= 1;
	golden_set_add(&newer->base, &new_file, "/usr/bin/new");
	newer->scope_class = "server";
	newer->scope_node = &mine;
	golden_build(&s.golden);
	ima_log_add(&s.golden, "ima-sigv2", "/usr/bin/new", &new_file);
	s.node = mine;
	scene_expect_nothing(&s);
	assert_int_equal(s.result.version, 42);
	s.node = other;
	scene_expect(&s, "ima-entry-unknown", CLAIM_EXECUTABLES, TIER_CONTRAINDICATED);
}

/* Without a new release, and for a session that goes on as well. */
static void r19_the_lapse_takes_it_away(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	struct golden_manifest *newer = boot_the_newer(&s);
	newer->scope_class = "server";
	newer->accept_until = GOLDEN_NOW + 100;
	expect_version(&s, 43);
	scene_commit(&s);
	s.now = GOLDEN_NOW + 100;
	scene_ask(&s);
	assert_int_equal(s.first, 0);
	assert_false(s.leaves_out_boot_log);
	expect_refused(&s, "boot-event-unknown");
}

/* Version 42 is previous again, or current, and was gone back to from 43. */
static void r20_nodes_come_back_as_far_as_the_documents_say(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.golden.manifest[0].state = RELEASE_PREVIOUS;
	s.ratchet = 43;
	expect_refused(&s, "release-ratchet");
	s.golden.manifest[0].rolled_back_from = 43;
	expect_version(&s, 42);
	s.ratchet = 44;
	expect_refused(&s, "release-ratchet");
	s.golden.manifest[0].state = RELEASE_CURRENT;
	expect_version(&s, 42);
}

/* A running host is taken back by its package manager, before it boots. */
static void r20_the_way_back_has_its_files(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	struct golden_manifest *left = boot_the_newer(&s);
	left->state = RELEASE_PREVIOUS;
	golden_set_add(&s.golden.manifest[0].base, &new_file, "/usr/bin/old");
	golden_build(&s.golden);
	ima_log_add(&s.golden, "ima-sigv2", "/usr/bin/old", &new_file);
	scene_expect(&s, "ima-entry-unknown", CLAIM_EXECUTABLES, TIER_CONTRAINDICATED);
	s.golden.manifest[0].rolled_back_from = 43;
	golden_build(&s.golden);
	scene_expect_nothing(&s);
	assert_int_equal(s.result.version, 43);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r19_an_emergency_is_for_the_nodes_it_names),
	cmocka_unit_test(r19_an_emergency_s_files_are_for_the_nodes_it_names),
	cmocka_unit_test(r19_an_emergency_s_files_on_a_running_host_are_told),
	cmocka_unit_test(r19_a_file_that_another_release_has_is_no_emergency_s),
	cmocka_unit_test(r19_an_emergency_that_is_booted_is_told),
	cmocka_unit_test(r19_the_lapse_takes_it_away),
	cmocka_unit_test(r20_nodes_come_back_as_far_as_the_documents_say),
	cmocka_unit_test(r20_the_way_back_has_its_files),
};

ATTACKS_MAIN(tests)
