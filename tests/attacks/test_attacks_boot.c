/* SPDX-License-Identifier: Apache-2.0 */
/* The boot log: what was measured, in which order, and what hides in it. */
#include "attacks.h"

#include <string.h>

#include "boot_scene.h"
#include "log_bytes.h"
#include "tpm/policy_digest.h"

#define TEXT(s) ((struct span){ (const uint8_t *)(s), sizeof(s) - 1 })

static void set_pcr(struct scene *s, unsigned pcr, uint8_t filled)
{
	struct digest value = digest_filled(DIGEST_SHA256, filled);

	assert_int_equal(pcr_value_set(&s->golden.values, pcr, &value), OK);
}

static void b01_an_event_s_type_decides_nothing(void **state)
{
	(void)state;

	{ /* A program under the label of something that is ignored. */
		AUTO_DONE(scene) s = { 0 };
		size_t at;

		scene_init(&s);
		boot_ignore(&s, 4, EV_EFI_ACTION);
		at = boot_log_find(&s.log, EV_EFI_BOOT_SERVICES_APPLICATION, "");
		boot_log_insert(&s.log, at, 4, EV_EFI_ACTION, TEXT("Booting"));
		boot_log_put(&s.log, &s.golden);
		scene_expect_configured(&s);
		s.log.event[at].digest[1] = digest_filled(DIGEST_SHA256, 0x66);
		boot_expect_told_refused(&s, "boot-event-unknown");
		/* Nor does its content help, since it is no text. */
		boot_log_rewrite(&s.log, at, (struct span){ (const uint8_t *)"MZ\x90\x00\x03", 5 });
		boot_expect_told_refused(&s, "boot-event-unknown");
	}
	{ /* A Secure Boot variable likewise. */
		AUTO_DONE(scene) s = { 0 };
		size_t at;

		scene_init(&s);
		boot_ignore(&s, 7, EV_EFI_ACTION);
		at = boot_log_find(&s.log, EV_EFI_VARIABLE_DRIVER_CONFIG, "dbx");
		boot_log_insert(&s.log, at, 7, EV_EFI_ACTION, span_of(&s.log.event[at].payload));
		boot_expect_told_refused(&s, "boot-event-unknown");
	}
	{ /* An unknown type, appended. */
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		boot_log_insert(&s.log, s.log.count, 5, 0x80000099u, TEXT("data"));
		boot_ignore(&s, 5, 0x80000099u);
		boot_ignore(&s, 5, 0);
		boot_expect_told_refused(&s, "boot-event-type-unknown");
	}
}

static void b02_data_that_was_not_hashed_is_not_believed(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct made_event *event;
	(void)state;

	/* Shows SecureBoot 1; what was measured said something else. */
	scene_init(&s);
	event = boot_event_of(&s, EV_EFI_VARIABLE_DRIVER_CONFIG, "SecureBoot");
	event->digest[1] = digest_filled(DIGEST_SHA256, 5);
	assert_int_equal(event->payload.data[event->payload.len - 1], 1);
	boot_expect_told_refused(&s, "boot-payload-unmeasured");
}

static void insert_again(struct scene *s, const char *name, size_t at)
{
	boot_log_insert(&s->log, at, 7, EV_EFI_VARIABLE_DRIVER_CONFIG,
			span_of(&boot_event_of(s, EV_EFI_VARIABLE_DRIVER_CONFIG, name)->payload));
}

static void b03_late_and_second_events_are_out_of_order(void **state)
{
	static const char *const names[] = { "SecureBoot", "PK", "KEK", "dbx" };
	static const uint8_t zeros[4];
	(void)state;

	for (size_t i = 0; i < 4; i++) {
		AUTO_DONE(scene) second = { 0 };
		AUTO_DONE(scene) late = { 0 };

		scene_init(&second);
		insert_again(&second, names[i],
			     boot_log_find(&second.log, EV_EFI_VARIABLE_DRIVER_CONFIG, names[i]));
		boot_expect_told_refused(&second, "boot-event-order");
		scene_init(&late);
		insert_again(&late, names[i], late.log.count);
		boot_expect_told_refused(&late, "boot-event-order");
	}
	for (unsigned pcr = 0; pcr <= 7; pcr++) {
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		boot_log_insert(&s.log, s.log.count, pcr, EV_SEPARATOR, (struct span){ zeros, 4 });
		boot_expect_told_refused(&s, "boot-event-order");
		/* Under another label too. */
		s.log.event[s.log.count - 1].type = EV_EFI_ACTION;
		boot_expect_told_refused(&s, "boot-event-order");
	}
}

static void b04_a_pcr_without_events_holds_its_reset_value(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest cap;
	(void)state;

	scene_init(&s);
	set_pcr(&s, 11, 7);
	scene_expect(&s, "pcr-unexplained", CLAIM_CONFIGURATION, TIER_CONTRAINDICATED);
	assert_int_equal(s.result.findings.count, 1);
	assert_string_equal(s.result.findings.list[0].detail, "pcr=11");
	/* Without the log, later in the session, it is seen as well. */
	scene_commit(&s);
	scene_expect(&s, "pcr-unexplained", CLAIM_CONFIGURATION, TIER_CONTRAINDICATED);

	/* Up to 64 caps may follow in the cap PCR, and in no other. */
	set_pcr(&s, 11, 0);
	assert_int_equal(cap_digest(DIGEST_SHA256, &cap), OK);
	for (unsigned i = 1; i <= 64; i++)
		golden_extend(&s.golden, 13, &cap);
	scene_expect_nothing(&s);
	golden_extend(&s.golden, 13, &cap);
	scene_expect(&s, "pcr-unexplained", CLAIM_CONFIGURATION, TIER_CONTRAINDICATED);
	set_pcr(&s, 13, 0);
	golden_extend(&s.golden, 11, &cap);
	scene_expect(&s, "pcr-unexplained", CLAIM_CONFIGURATION, TIER_CONTRAINDICATED);
}

static void insert_locality(struct scene *s, size_t at, char locality)
{
	char payload[] = "StartupLocality\0?";

	payload[16] = locality;
	boot_log_insert(&s->log, at, 0, EV_NO_ACTION,
			(struct span){ (const uint8_t *)payload, 17 });
}

static void b05_no_action_hides_no_extend(void **state)
{
	static const char localities[] = { 1, 2, 5, (char)0xff };
	(void)state;

	{
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		boot_event_of(&s, EV_EFI_BOOT_SERVICES_APPLICATION, "")->type = EV_NO_ACTION;
		boot_log_write(&s.log, &s.golden);
		boot_expect_refused(&s, "boot-replay-mismatch");
	}
	{ /* Where a locality may be told, it starts PCR 0. */
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		insert_locality(&s, 0, 3);
		boot_log_write(&s.log, &s.golden);
		boot_expect_refused(&s, "boot-replay-mismatch");
		boot_log_put(&s.log, &s.golden);
		scene_expect_configured(&s);
	}
	for (size_t i = 0; i < sizeof(localities); i++) {
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		insert_locality(&s, 0, localities[i]);
		boot_expect_unreadable(&s);
	}
	for (unsigned i = 0; i < 2; i++) { /* in the middle; at the end */
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		insert_locality(&s, i == 0 ? s.log.count / 2 : s.log.count, 3);
		boot_expect_unreadable(&s);
	}
}

static void b10_dbx_and_sbat_are_minimums(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_manifest *m = &s.golden.manifest[0];
	struct golden_digests *dbx = &m->dbx;
	(void)state;

	scene_init(&s);
	dbx->item[dbx->count++] = digest_filled(DIGEST_SHA256, 0x77);
	boot_expect_refused(&s, "dbx-below-minimum");
	/* It may forbid more than the minimum. */
	dbx->count = 0;
	scene_expect_configured(&s);

	m->sbat = "sbat,1,2025021900\n";
	boot_expect_refused(&s, "sbat-below-minimum");
	m->sbat = "shim,5\n";
	boot_expect_refused(&s, "sbat-below-minimum");
	m->sbat = "grub.debian,4\n";
	boot_expect_refused(&s, "sbat-below-minimum");
	m->sbat = "shim,3\n";
	scene_expect_configured(&s);
	boot_log_drop(&s.log, boot_log_find(&s.log, EV_EFI_VARIABLE_AUTHORITY, "SbatLevel"));
	boot_expect_told_refused(&s, "sbat-below-minimum");
}

static void b10_an_older_shim_is_none_of_the_release_s(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	boot_event_of(&s, EV_EFI_BOOT_SERVICES_APPLICATION, "")->digest[1] =
		digest_filled(DIGEST_SHA256, 0x66);
	boot_expect_told_refused(&s, "boot-image-unknown");
}

/* The SecureBoot variable under another name of the same vendor, of one byte. */
static void insert_mode(struct scene *s, const char *name, uint8_t value)
{
	AUTO_DONE(bytes) payload = { 0 };
	size_t at = boot_log_find(&s->log, EV_EFI_VARIABLE_DRIVER_CONFIG, "SecureBoot");

	put(&payload, (struct span){ s->log.event[at].payload.data, 16 });
	put_le(&payload, strlen(name), 8);
	put_le(&payload, 1, 8);
	for (const char *c = name; *c != '\0'; c++)
		put_le(&payload, (uint8_t)*c, 2);
	put_le(&payload, value, 1);
	boot_log_insert(&s->log, at, 7, EV_EFI_VARIABLE_DRIVER_CONFIG, span_of(&payload));
}

static void b11_secure_boot_is_exactly_one_byte_that_is_1(void **state)
{
	static const struct {
		const char *content;
		size_t len;
	} bad[] = { { "\0", 1 }, { "", 0 }, { "\1\1", 2 }, { "\2", 1 }, { "\1\0", 2 } };
	static const struct {
		const char *name;
		uint8_t good, bad;
	} modes[] = { { "SetupMode", 0, 1 }, { "AuditMode", 0, 1 }, { "DeployedMode", 1, 2 } };
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		boot_log_set_variable(
			&s.log, boot_log_find(&s.log, EV_EFI_VARIABLE_DRIVER_CONFIG, "SecureBoot"),
			(struct span){ (const uint8_t *)bad[i].content, bad[i].len });
		boot_expect_told_refused(&s, "secure-boot-off");
	}
	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(scene) right = { 0 };
		AUTO_DONE(scene) wrong = { 0 };

		scene_init(&right);
		insert_mode(&right, modes[i].name, modes[i].good);
		boot_log_put(&right.log, &right.golden);
		scene_expect_configured(&right);
		scene_init(&wrong);
		insert_mode(&wrong, modes[i].name, modes[i].bad);
		boot_expect_told_refused(&wrong, "secure-boot-mode");
	}
	AUTO_DONE(scene) s = { 0 };

	scene_init(&s);
	boot_log_drop(&s.log, boot_log_find(&s.log, EV_EFI_VARIABLE_DRIVER_CONFIG, "SecureBoot"));
	boot_expect_told_refused(&s, "secure-boot-off");
}

static void b13_what_cannot_be_replayed_needs_its_value_in_the_release(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_rules *pcrs = &s.golden.manifest[0].pcrs;
	(void)state;

	scene_init(&s);
	set_pcr(&s, 0, 0x11);
	boot_expect_refused(&s, "boot-replay-mismatch");
	assert_string_equal(s.result.findings.list[0].detail, "pcr=0");
	pcrs->item[0] =
		(struct golden_rule){ .pcr = 0, .digest = digest_filled(DIGEST_SHA256, 0x11) };
	pcrs->count = 1;
	scene_expect_configured(&s);
	/* And then no other value will do, not even the one that the log leads to. */
	set_pcr(&s, 0, 0x12);
	boot_expect_refused(&s, "pcr-not-allowed");
	boot_log_put(&s.log, &s.golden);
	boot_expect_refused(&s, "pcr-not-allowed");
}

static void b14_a_boot_matches_one_whole_release(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_manifest *newer;
	(void)state;

	scene_init(&s);
	newer = golden_update(&s.golden);
	scene_expect_configured(&s);
	assert_int_equal(s.result.version, 43);
	newer->initrd.item[0].value[0] ^= 1;
	scene_expect_configured(&s);
	assert_int_equal(s.result.version, 42);
	/* The chain of the one, the initrd of the other. */
	s.golden.manifest[0].chain.item[1].digest.value[0] ^= 1;
	boot_expect_refused(&s, "boot-event-unknown");
	assert_int_equal(s.result.findings.list[0].entry, CAPTURE_INITRD_EVENT);
	assert_int_equal(s.result.findings.list[0].layer, LAYER_KERNEL);
}

static void r25_without_a_release_no_boot_is_good(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	bytes_done(&s.golden.manifest[0].base);
	bytes_done(&s.golden.manifest[0].early);
	s.golden.manifest_count = 0;
	boot_expect_refused(&s, "release-none");
}

/* Platform and kernel by name: what it booted is a release, and none of its class's. */
static void r21_a_host_outside_its_cells_is_told_by_name(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	const struct finding *found = &s.result.findings.list[0];
	(void)state;

	scene_init(&s);
	s.golden.cell = "q35/6.1.0-57-cloud-amd64";
	boot_expect_refused(&s, "cell-not-allowed");
	assert_non_null(strstr(found->detail, "platform"));
	assert_non_null(strstr(found->detail, "q35"));
	assert_non_null(strstr(found->detail, "6.1.0-56-cloud-amd64"));
	assert_int_equal(found->layer, LAYER_RELEASE_PROCESS);
	/* Only of what is in force. */
	s.golden.manifest[0].not_after = GOLDEN_NOW;
	boot_expect_refused(&s, "release-none");
}

static void r21_a_host_whose_cells_are_blocked_is_told_which(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.golden.blocked = "q35/6.1.0-55-cloud-amd64";
	scene_expect_configured(&s);
	bytes_done(&s.golden.manifest[0].base);
	bytes_done(&s.golden.manifest[0].early);
	s.golden.manifest_count = 0;
	boot_expect_refused(&s, "cell-blocked");
	assert_non_null(strstr(s.result.findings.list[0].detail, "q35/6.1.0-55-cloud-amd64"));
	assert_int_equal(s.result.findings.list[0].layer, LAYER_RELEASE_PROCESS);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r21_a_host_outside_its_cells_is_told_by_name),
	cmocka_unit_test(r21_a_host_whose_cells_are_blocked_is_told_which),
	cmocka_unit_test(b01_an_event_s_type_decides_nothing),
	cmocka_unit_test(b02_data_that_was_not_hashed_is_not_believed),
	cmocka_unit_test(b03_late_and_second_events_are_out_of_order),
	cmocka_unit_test(b04_a_pcr_without_events_holds_its_reset_value),
	cmocka_unit_test(b05_no_action_hides_no_extend),
	cmocka_unit_test(b10_an_older_shim_is_none_of_the_release_s),
	cmocka_unit_test(b10_dbx_and_sbat_are_minimums),
	cmocka_unit_test(b11_secure_boot_is_exactly_one_byte_that_is_1),
	cmocka_unit_test(b13_what_cannot_be_replayed_needs_its_value_in_the_release),
	cmocka_unit_test(b14_a_boot_matches_one_whole_release),
	cmocka_unit_test(r25_without_a_release_no_boot_is_good),
};

ATTACKS_MAIN(tests)
