/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "appraisal_scene.h"
#include "verifier/appraisal/ima_entry_check.h"

#define ENTRIES CAPTURE_IMA_ENTRIES

static const struct digest unknown = { .alg = DIGEST_SHA256, .value = { 0x66, 0x66 } };

static void every_entry_is_known_or_named(void **state)
{
	(void)state;

	for (uint64_t i = 1; i < ENTRIES; i += 13) {
		AUTO_DONE(scene) s = { 0 };
		AUTO(char) path = NULL;
		struct ima_log log;
		struct ima_entry entry;

		scene_init(&s);
		assert_int_equal(ima_log_open(span_of(&s.golden.ima_log), DIGEST_SHA1, 0, &log),
				 OK);
		do
			assert_int_equal(ima_log_next(&log, &entry), OK);
		while (entry.index < i);
		assert_int_equal(bytes_text(entry.path, &path), OK);
		golden_set_drop(&s.golden.manifest[0].base, path);
		golden_set_drop(&s.golden.manifest[0].early, path);
		golden_build(&s.golden);
		scene_judge(&s);
		assert_int_equal(s.result.findings.count, 1);
		assert_int_equal(s.result.findings.list[0].entry, i);
		assert_non_null(strstr(s.result.findings.list[0].detail, path));
	}
}

static void an_unknown_program_is_named_and_stays(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	scene_expect_nothing(&s);
	scene_commit(&s);
	ima_log_add(&s.golden, "ima-sigv2", "/tmp/evil tool", &unknown);
	scene_expect_executables(&s, "ima-entry-unknown");
	assert_int_equal(s.result.findings.list[0].entry, ENTRIES);
	assert_int_equal(s.result.findings.list[0].layer, LAYER_USERLAND);
	assert_non_null(strstr(s.result.findings.list[0].detail, "/tmp/evil%20tool"));
	scene_commit(&s);
	assert_int_equal(s.first, ENTRIES + 1);
	scene_expect_executables(&s, "ima-entry-unknown");
	scene_commit(&s);
	/* A signed release that covers it restores the session. */
	golden_set_add(&s.golden.manifest[0].base, &unknown, "/tmp/evil tool");
	golden_build(&s.golden);
	scene_ask(&s);
	assert_int_equal(s.first, 0);
	assert_false(s.leaves_out_boot_log);
	ima_log_cut(&s.golden, ENTRIES);
	ima_log_add(&s.golden, "ima-sigv2", "/tmp/evil_tool", &unknown);
	scene_expect_nothing(&s);
}

static void a_known_path_with_other_content_is_changed(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	ima_log_add(&s.golden, "ima-sigv2", "/usr/bin/cat", &unknown);
	scene_expect_executables(&s, "ima-entry-changed");
	s.golden.manifest[0].base_class = SET_IDENTITY;
	golden_build(&s.golden);
	scene_expect_executables(&s, "ima-entry-changed");
	assert_int_equal(s.result.findings.list[0].layer, LAYER_IDENTITY_MODULE);
	s.golden.manifest[0].base_class = SET_VENDOR;
	golden_build(&s.golden);
	scene_expect_executables(&s, "ima-entry-changed");
	assert_int_equal(s.result.findings.list[0].layer, LAYER_VENDOR);
}

static void a_revoked_file_is_refused_though_listed(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.golden.revoked.item[0] = scene_listed("/usr/bin/cat");
	s.golden.revoked.count = 1;
	golden_build(&s.golden);
	scene_expect_executables(&s, "ima-entry-revoked");
}

static void an_exclude_is_counted_and_gives_no_right(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.golden.manifest[0].exclude = "/opt/app";
	golden_build(&s.golden);
	ima_log_add(&s.golden, "ima-sigv2", "/opt/app/one", &unknown);
	ima_log_add(&s.golden, "ima-sigv2", "/opt/app/two", &unknown);
	scene_expect(&s, "ima-entry-excluded", CLAIM_EXECUTABLES, TIER_WARNING);
	assert_int_equal(s.result.excluded, 2);
	/* Whole components (i16), and never content of a listed path. */
	ima_log_add(&s.golden, "ima-sigv2", "/opt/apple", &unknown);
	scene_expect_executables(&s, "ima-entry-unknown");
	assert_int_equal(s.result.excluded, 2);
}

static void prefixes_are_whole_components(void **state)
{
	(void)state;

	assert_true(ima_path_is_under(span_text("/opt/app"), span_text("/opt/app")));
	assert_true(ima_path_is_under(span_text("/opt/app/x"), span_text("/opt/app")));
	assert_true(ima_path_is_under(span_text("/opt/app/x"), span_text("/opt/app/")));
	assert_false(ima_path_is_under(span_text("/opt/apple"), span_text("/opt/app")));
	assert_false(ima_path_is_under(span_text("/opt/app"), span_text("/opt/app/")));
	assert_false(ima_path_is_under(span_text("/opt"), span_text("/opt/app")));
	assert_false(ima_path_is_under(span_text("/opt"), (struct span){ 0 }));
}

static void an_entry_without_a_path_says_nothing(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest cat = scene_listed("/usr/bin/cat");
	struct made_entry entry = {
		.pcr = 10,
		.template = "d-ng|sig",
		.digest_prefix = "sha256:",
		.digest = digest_span(&cat),
		.path = { (const uint8_t *)"/usr/bin/cat", 13 },
	};
	(void)state;

	scene_init(&s);
	s.golden.manifest[0].templates[2] = "d-ng|sig";
	golden_build(&s.golden);
	ima_log_add_made(&s.golden, &entry);
	scene_expect_executables(&s, "ima-template-unknown");
}

static void a_log_over_the_cap_is_not_read(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	size_t len;
	(void)state;

	scene_init(&s);
	len = s.golden.ima_log.len;
	s.golden.ima_log.len = IMA_LOG_MAX + 1;
	scene_expect_executables(&s, "ima-log-malformed");
	s.golden.ima_log.len = len;
	len = s.golden.boot_log.len;
	s.golden.boot_log.len = BOOT_LOG_MAX + 1;
	scene_judge(&s);
	assert_true(scene_has(&s, "boot-log-malformed"));
	s.golden.boot_log.len = len;
}

static void a_violation_is_no_boot_aggregate(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest aggregate = scene_listed("boot_aggregate");
	struct made_entry entry = {
		.pcr = 10,
		.template = "ima-sig",
		.digest_prefix = "sha256:",
		.digest = digest_span(&aggregate),
		.path = { (const uint8_t *)"boot_aggregate", 15 },
		.has_last = true,
		.is_violation = true,
	};
	(void)state;

	scene_init(&s);
	s.golden.manifest[0].tolerate_violations = true;
	golden_build(&s.golden);
	ima_log_cut(&s.golden, 0);
	ima_log_add_made(&s.golden, &entry);
	scene_expect_executables(&s, "ima-aggregate-missing");
}

static void without_a_log_nothing_is_known(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.golden.ima_log.len = 0;
	scene_expect_executables(&s, "ima-log-missing");
	ima_log_replay(&s.golden);
	scene_expect_executables(&s, "ima-log-missing");
}

static void entries_that_nobody_quoted_are_no_log(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest zero = digest_filled(DIGEST_SHA256, 0);
	(void)state;

	scene_init(&s);
	assert_int_equal(pcr_value_set(&s.golden.values, 10, &zero), OK);
	scene_expect_executables(&s, "ima-log-missing");
	assert_int_equal(s.result.entries, 0);
}

static void a_pcr_that_is_not_quoted_is_refused(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest cat = scene_listed("/usr/bin/cat");
	struct made_entry entry = {
		.pcr = 12,
		.template = "ima-sigv2",
		.digest_prefix = "ima:sha256:",
		.digest = digest_span(&cat),
		.path = { (const uint8_t *)"/usr/bin/cat", 13 },
		.has_last = true,
	};
	(void)state;

	scene_init(&s);
	ima_log_cut(&s.golden, ENTRIES - 1);
	ima_log_add_made(&s.golden, &entry);
	ima_log_add(&s.golden, "ima-sigv2", "/usr/bin/cat", &cat);
	/* values has no PCR 12 as far as the selection goes */
	s.golden.values.bank[digest_alg_index(DIGEST_SHA256)].known &= ~(pcr_mask)(1u << 12);
	scene_expect_executables(&s, "ima-pcr-unquoted");
}

static void broken_bytes_are_a_claim(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.golden.ima_log.data[0] = 200; /* PCR 200 */
	scene_expect_executables(&s, "ima-log-malformed");
}

static void before_the_policy_only_early_files_run(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest library = scene_listed(CAPTURE_EARLY_LIBRARY);
	(void)state;

	scene_init(&s);
	golden_set_drop(&s.golden.manifest[0].early, CAPTURE_EARLY_LIBRARY);
	golden_build(&s.golden);
	scene_expect_executables(&s, "ima-entry-before-policy");
	/* After it, early files may run as well. */
	golden_set_drop(&s.golden.manifest[0].base, "/usr/bin/cat");
	golden_set_add(&s.golden.manifest[0].early, &library, CAPTURE_EARLY_LIBRARY);
	library = scene_listed("/usr/bin/cat");
	golden_set_add(&s.golden.manifest[0].early, &library, "/usr/bin/cat");
	golden_build(&s.golden);
	scene_expect_nothing(&s);
}

static void the_policy_has_to_be_loaded(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	ima_log_cut(&s.golden, CAPTURE_POLICY_ENTRY);
	scene_expect_executables(&s, "ima-policy-missing");
	s.golden.manifest[0].allow_builtin_policy = true;
	golden_build(&s.golden);
	scene_expect_nothing(&s);
	assert_true(s.result.uses_builtin_policy);
}

static void a_release_that_names_no_policy_never_affirms(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.golden.manifest[0].policy.count = 0;
	golden_build(&s.golden);
	scene_expect_executables(&s, "ima-policy-missing");
}

/* A template's name is not hashed: a field list with the same layout is not
 * another form. */
static void a_renamed_template_is_not_another_form(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest cat = scene_listed("/usr/bin/cat");
	(void)state;

	scene_init(&s);
	s.golden.manifest[0].templates[1] = "d-ng|n-ng|sig";
	golden_build(&s.golden);
	ima_log_cut(&s.golden, CAPTURE_POLICY_ENTRY + 1);
	ima_log_add(&s.golden, "d-ng|n-ng|sig", "/usr/bin/cat", &cat);
	scene_expect_executables(&s, "ima-policy-not-in-force");
}

static void files_that_must_appear_are_waited_for(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest digest = { .alg = DIGEST_SHA256, .value = { 1 } };
	(void)state;

	scene_init(&s);
	s.golden.manifest[0].must_appear[0] = "/usr/bin/cat";
	s.golden.manifest[0].must_appear[1] = "/usr/sbin/attestd";
	golden_set_add(&s.golden.manifest[0].base, &digest, "/usr/sbin/attestd");
	golden_build(&s.golden);
	for (unsigned i = 0; i < 20; i++, s.now++) {
		scene_expect(&s, "ima-required-missing", CLAIM_EXECUTABLES, TIER_NONE);
		assert_true(s.result.is_retryable);
		assert_non_null(strstr(s.result.findings.list[0].detail, "/usr/sbin/attestd"));
		scene_commit(&s);
	}
	scene_expect_executables(&s, "ima-required-absent");
	scene_commit(&s);
	/* A clock that was set back: as if it were the first time. */
	s.now -= 60;
	scene_expect(&s, "ima-required-missing", CLAIM_EXECUTABLES, TIER_NONE);
	scene_commit(&s);
	s.now += 20;
	scene_expect_executables(&s, "ima-required-absent");
	scene_commit(&s);
	ima_log_add(&s.golden, "ima-sigv2", "/usr/sbin/attestd", &digest);
	scene_expect_nothing(&s);
	scene_commit(&s);
	scene_expect_nothing(&s);
}

static void keys_are_listed_by_keyring_and_content(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct span key = span_text("a certificate");
	struct digest digest;
	struct made_entry entry = {
		.pcr = 10,
		.template = "ima-buf",
		.digest_prefix = "sha256:",
		.path = { (const uint8_t *)".ima", 5 },
		.has_last = true,
		.last = key,
	};
	(void)state;

	scene_init(&s);
	assert_int_equal(digest_of(DIGEST_SHA256, key, &digest), OK);
	entry.digest = digest_span(&digest);
	s.golden.manifest[0].templates[2] = "ima-buf";
	golden_build(&s.golden);
	ima_log_add_made(&s.golden, &entry);
	scene_expect_executables(&s, "ima-key-unknown");
	s.golden.manifest[0].keyring = ".platform";
	s.golden.manifest[0].keys.item[0] = digest;
	s.golden.manifest[0].keys.count = 1;
	golden_build(&s.golden);
	scene_expect_executables(&s, "ima-key-unknown");
	s.golden.manifest[0].keyring = ".ima";
	golden_build(&s.golden);
	scene_expect_nothing(&s);
	/* A file of that name, with the key as its signature. */
	ima_log_cut(&s.golden, ENTRIES);
	entry.digest = digest_span(&unknown);
	ima_log_add_made(&s.golden, &entry);
	scene_expect_executables(&s, "ima-key-unknown");
	ima_log_cut(&s.golden, ENTRIES);
	entry.path = (struct span){ (const uint8_t *)"selinux-state", 14 };
	ima_log_add_made(&s.golden, &entry);
	scene_expect_executables(&s, "ima-buffer-unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_entry_is_known_or_named),
		cmocka_unit_test(an_unknown_program_is_named_and_stays),
		cmocka_unit_test(a_known_path_with_other_content_is_changed),
		cmocka_unit_test(a_revoked_file_is_refused_though_listed),
		cmocka_unit_test(an_exclude_is_counted_and_gives_no_right),
		cmocka_unit_test(prefixes_are_whole_components),
		cmocka_unit_test(an_entry_without_a_path_says_nothing),
		cmocka_unit_test(a_log_over_the_cap_is_not_read),
		cmocka_unit_test(a_violation_is_no_boot_aggregate),
		cmocka_unit_test(without_a_log_nothing_is_known),
		cmocka_unit_test(entries_that_nobody_quoted_are_no_log),
		cmocka_unit_test(a_pcr_that_is_not_quoted_is_refused),
		cmocka_unit_test(broken_bytes_are_a_claim),
		cmocka_unit_test(before_the_policy_only_early_files_run),
		cmocka_unit_test(the_policy_has_to_be_loaded),
		cmocka_unit_test(a_release_that_names_no_policy_never_affirms),
		cmocka_unit_test(a_renamed_template_is_not_another_form),
		cmocka_unit_test(files_that_must_appear_are_waited_for),
		cmocka_unit_test(keys_are_listed_by_keyring_and_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
