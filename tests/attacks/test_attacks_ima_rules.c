/* SPDX-License-Identifier: Apache-2.0 */
/* The IMA log: what the release says of files, and of how they are watched. */
#include "attacks.h"

#include <string.h>

#include "log_bytes.h"
#include "log_scene.h"

static void i13_the_required_policy_is_seen_loaded(void **state)
{
	AUTO_DONE(scene) missing = { 0 };
	AUTO_DONE(scene) other = { 0 };
	AUTO_DONE(scene) early = { 0 };
	(void)state;

	scene_init(&missing);
	ima_log_cut(&missing.golden, LOG_POLICY_ENTRY);
	log_expect_found(&missing, "ima-policy-missing", TIER_CONTRAINDICATED);

	scene_init(&other);
	other.golden.manifest[0].policy.item[0].value[0] ^= 1;
	golden_build(&other.golden);
	log_expect_entry(&other, "ima-policy-unknown", TIER_CONTRAINDICATED);

	/* Before it, early files alone. */
	scene_init(&early);
	golden_set_drop(&early.golden.manifest[0].early, CAPTURE_EARLY_LIBRARY);
	golden_build(&early.golden);
	log_expect_entry(&early, "ima-entry-before-policy", TIER_CONTRAINDICATED);
}

static void i14_files_that_must_appear_are_waited_for_a_while(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest digest = { .alg = DIGEST_SHA256, .value = { 1 } };
	(void)state;

	scene_init(&s);
	s.golden.manifest[0].must_appear[0] = "/usr/sbin/attestd";
	golden_set_add(&s.golden.manifest[0].base, &digest, "/usr/sbin/attestd");
	golden_build(&s.golden);
	/* However often the host asks meanwhile. */
	for (unsigned i = 0; i < 10; i++, s.now += 2) {
		log_expect_found(&s, "ima-required-missing", TIER_NONE);
		assert_true(s.result.is_retryable);
		scene_commit(&s);
	}
	log_expect_entry(&s, "ima-required-absent", TIER_CONTRAINDICATED);
}

static void i15_approved_content_elsewhere_gives_no_right(void **state)
{
	static const char *const paths[] = { "memfd:cat",     "/usr/bin/tac",
					     "usr/bin/cat",   "/overlay/usr/bin/cat",
					     "/usr/bin/cat/", "/USR/BIN/CAT" };
	struct digest cat = scene_listed(LOG_CAT);
	(void)state;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		golden_set_drop(&s.golden.manifest[0].base, "/usr/bin/tac");
		golden_build(&s.golden);
		ima_log_add(&s.golden, "ima-sigv2", paths[i], &cat);
		log_expect_entry(&s, "ima-entry-elsewhere", TIER_WARNING);
	}
}

static void i16_an_exclude_is_whole_components(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.golden.manifest[0].exclude = "/opt/app";
	golden_build(&s.golden);
	ima_log_add(&s.golden, "ima-sigv2", "/opt/app/one", &unknown_digest);
	log_expect_found(&s, "ima-entry-excluded", TIER_WARNING);
	assert_int_equal(s.result.excluded, 1);
	ima_log_cut(&s.golden, LOG_ENTRIES);
	ima_log_add(&s.golden, "ima-sigv2", "/opt/apple", &unknown_digest);
	log_expect_entry(&s, "ima-entry-unknown", TIER_CONTRAINDICATED);
	assert_int_equal(s.result.excluded, 0);
}

/* A key's id is four bytes, which anybody can hit: no signature in an entry speaks for
 * a digest that the release does not list. */
static void i18_a_file_s_signature_speaks_for_nothing(void **state)
{
	/* EVM_IMA_XATTR_DIGSIG, version 2, SHA-256, key id, length (kernel:
	 * security/integrity/integrity.h, struct signature_v2_hdr). */
	static const uint8_t signature[] = { 3, 2, 4, 0xde, 0xad, 0xbe, 0xef, 0, 8,
					     1, 2, 3, 4,    5,	  6,	7,    8 };
	AUTO_DONE(scene) s = { 0 };
	struct made_entry entry = log_entry_of(&unknown_digest, LOG_PATH("/usr/bin/signed"));
	(void)state;

	scene_init(&s);
	entry.last = (struct span){ signature, sizeof(signature) };
	entry.has_last = true;
	ima_log_add_made(&s.golden, &entry);
	log_expect_entry(&s, "ima-entry-unknown", TIER_CONTRAINDICATED);
}

static void i20_a_weaker_digest_does_not_stand_for_the_listed_one(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest cat = scene_listed(LOG_CAT);
	struct made_entry entry = log_entry_of(&cat, LOG_PATH(LOG_CAT));
	(void)state;

	/* SHA-1, or the first bytes of the right SHA-256 under its name. */
	scene_init(&s);
	entry.digest_prefix = "ima:sha1:";
	entry.digest.len = 20;
	ima_log_add_made(&s.golden, &entry);
	log_expect_entry(&s, "ima-digest-algorithm", TIER_CONTRAINDICATED);
}

static void i21_code_without_a_file_of_the_release_is_seen(void **state)
{
	static const char *const paths[] = { "/dev/shm/evil", "memfd:evil", "/run/evil" };
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		ima_log_add(&s.golden, "ima-sigv2", paths[i], &unknown_digest);
		log_expect_entry(&s, "ima-entry-unknown", TIER_CONTRAINDICATED);
	}
}

static void i23_a_kernel_that_is_not_locked_down_is_refused(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_manifest *m = &s.golden.manifest[0];
	(void)state;

	scene_init(&s);
	m->lockdown = LOCKDOWN_NONE;
	golden_build(&s.golden);
	scene_expect(&s, "lockdown-missing", CLAIM_CONFIGURATION, TIER_CONTRAINDICATED);
	m->lockdown = LOCKDOWN_CONFIDENTIALITY;
	golden_build(&s.golden);
	scene_expect(&s, "lockdown-missing", CLAIM_CONFIGURATION, TIER_CONTRAINDICATED);
	assert_int_equal(s.result.state.len, 0);
}

static void i24_the_path_of_a_violation_decides_nothing(void **state)
{
	static const char *const paths[] = { "/usr/sbin/attestd", "/opt/app/x", "boot_aggregate",
					     "/etc/ima/ima-policy", "/boot/vmlinuz" };
	struct digest digest = { .alg = DIGEST_SHA256, .value = { 1 } };
	struct digest pcr = { 0 };
	(void)state;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		AUTO_DONE(scene) s = { 0 };
		struct golden_manifest *m = &s.golden.manifest[0];
		struct made_entry entry = log_entry_of(
			&digest, (struct span){ (const uint8_t *)paths[i], strlen(paths[i]) + 1 });

		scene_init(&s);
		m->must_appear[0] = "/usr/sbin/attestd";
		m->exclude = "/opt/app";
		golden_set_add(&m->base, &digest, "/usr/sbin/attestd");
		golden_build(&s.golden);
		entry.is_violation = true;
		ima_log_add_made(&s.golden, &entry);
		/* The TPM cannot tell one from the other. */
		if (i > 0)
			assert_true(
				digest_equal(&pcr, pcr_value(&s.golden.values, DIGEST_SHA256, 10)));
		pcr = *pcr_value(&s.golden.values, DIGEST_SHA256, 10);
		scene_expect(&s, "ima-violation", CLAIM_EXECUTABLES, TIER_CONTRAINDICATED);
		/* It stands for no file that has to appear. */
		assert_true(scene_has(&s, "ima-required-missing"));
		assert_int_equal(s.result.findings.count, 2);
		assert_int_equal(s.result.excluded, 0);
	}
}

static void i25_content_rewritten_under_a_listed_path_is_seen(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest cat = scene_listed(LOG_CAT);
	(void)state;

	/* Copied, which gives no right, then rewritten and run. */
	scene_init(&s);
	ima_log_add(&s.golden, "ima-sigv2", "memfd:cat", &cat);
	log_expect_entry(&s, "ima-entry-elsewhere", TIER_WARNING);
	ima_log_add(&s.golden, "ima-sigv2", LOG_CAT, &unknown_digest);
	scene_expect(&s, "ima-entry-changed", CLAIM_EXECUTABLES, TIER_CONTRAINDICATED);
}

/* Rules that root wrote leave no entry of the policy's file, or one that comes after
 * what they let pass. */
static void i22_the_policy_is_seen_before_what_it_measures(void **state)
{
	AUTO_DONE(scene) raw = { 0 };
	AUTO_DONE(scene) late = { 0 };
	struct digest cat = scene_listed(LOG_CAT);
	(void)state;

	scene_init(&raw);
	ima_log_cut(&raw.golden, LOG_POLICY_ENTRY);
	ima_log_add(&raw.golden, "ima-sigv2", LOG_CAT, &cat);
	log_expect_entry(&raw, "ima-entry-before-policy", TIER_CONTRAINDICATED);

	scene_init(&late);
	ima_log_cut(&late.golden, LOG_POLICY_ENTRY);
	ima_log_add(&late.golden, "ima-sig", LOG_CAT, &cat);
	ima_log_add(&late.golden, "ima-sig", GOLDEN_POLICY,
		    &late.golden.manifest[0].policy.item[0]);
	ima_log_add(&late.golden, "ima-sigv2", LOG_CAT, &cat);
	log_expect_entry(&late, "ima-entry-before-policy", TIER_CONTRAINDICATED);
}

/* i22 too: the file's entry is there, its rules are not. */
static void i26_a_policy_that_was_only_read_is_not_in_force(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest cat = scene_listed(LOG_CAT);
	struct digest module = scene_listed(CAPTURE_MODULE);
	(void)state;

	scene_init(&s);
	ima_log_cut(&s.golden, LOG_POLICY_ENTRY + 1);
	log_expect_found(&s, "ima-policy-not-in-force", TIER_CONTRAINDICATED);
	ima_log_add(&s.golden, "ima-sig", CAPTURE_MODULE, &module);
	ima_log_add(&s.golden, "ima-sig", LOG_CAT, &cat);
	log_expect_entry(&s, "ima-policy-not-in-force", TIER_CONTRAINDICATED);
	/* A later entry in the policy's form does not make it good. */
	ima_log_add(&s.golden, "ima-sigv2", LOG_CAT, &cat);
	log_expect_entry(&s, "ima-policy-not-in-force", TIER_CONTRAINDICATED);
}

static void i27_kexec_is_refused(void **state)
{
	AUTO_DONE(scene) file = { 0 };
	AUTO_DONE(scene) line = { 0 };
	struct made_entry entry = log_entry_of(&unknown_digest, LOG_PATH("kexec-cmdline"));
	(void)state;

	/* A set that lists it does not even load (r22). */
	scene_init(&file);
	ima_log_add(&file.golden, "ima-sigv2", "/boot/vmlinuz", &unknown_digest);
	log_expect_entry(&file, "ima-kexec", TIER_CONTRAINDICATED);

	scene_init(&line);
	line.golden.manifest[0].templates[2] = "ima-buf";
	golden_build(&line.golden);
	entry.template = "ima-buf";
	entry.digest_prefix = "sha256:";
	entry.last = span_text("ro");
	ima_log_add_made(&line.golden, &entry);
	log_expect_entry(&line, "ima-kexec", TIER_CONTRAINDICATED);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(i13_the_required_policy_is_seen_loaded),
	cmocka_unit_test(i14_files_that_must_appear_are_waited_for_a_while),
	cmocka_unit_test(i15_approved_content_elsewhere_gives_no_right),
	cmocka_unit_test(i16_an_exclude_is_whole_components),
	cmocka_unit_test(i18_a_file_s_signature_speaks_for_nothing),
	cmocka_unit_test(i20_a_weaker_digest_does_not_stand_for_the_listed_one),
	cmocka_unit_test(i21_code_without_a_file_of_the_release_is_seen),
	cmocka_unit_test(i22_the_policy_is_seen_before_what_it_measures),
	cmocka_unit_test(i23_a_kernel_that_is_not_locked_down_is_refused),
	cmocka_unit_test(i24_the_path_of_a_violation_decides_nothing),
	cmocka_unit_test(i25_content_rewritten_under_a_listed_path_is_seen),
	cmocka_unit_test(i26_a_policy_that_was_only_read_is_not_in_force),
	cmocka_unit_test(i27_kexec_is_refused),
};

ATTACKS_MAIN(tests)
