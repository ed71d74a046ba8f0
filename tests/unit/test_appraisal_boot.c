/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "appraisal_scene.h"
#include "log_bytes.h"
#include "verifier/appraisal/command_line.h"
#include "verifier/appraisal/secure_boot.h"

#define TEXT(s) ((struct span){ (const uint8_t *)(s), sizeof(s) - 1 })

/* By what a test has changed up to here. */
static void judge(struct scene *s)
{
	golden_build(&s->golden);
	scene_judge(s);
}

static void expect(struct scene *s, const char *code)
{
	golden_build(&s->golden);
	scene_expect(s, code, CLAIM_CONFIGURATION, TIER_CONTRAINDICATED);
}

/* After a change to the log, told truthfully. */
static void expect_put(struct scene *s, const char *code)
{
	boot_log_put(&s->log, &s->golden);
	expect(s, code);
}

/* boot_aggregate follows the PCRs, so executables cannot affirm here. */
static void expect_configured(struct scene *s)
{
	judge(s);
	if (s->result.claims.tier[CLAIM_CONFIGURATION] != TIER_AFFIRMING)
		fail_msg("%s %s", scene_first_code(s), s->result.findings.list[0].detail);
}

static void a_log_put_together_again_is_the_same(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	boot_log_put(&s.log, &s.golden);
	judge(&s);
	assert_int_equal(s.result.findings.count, 0);
}

static void without_a_boot_log_nothing_is_known(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	bytes_done(&s.golden.boot_log);
	expect(&s, "boot-log-missing");
	assert_int_equal(s.result.state.len, 0);
}

static void a_broken_log_is_a_claim_and_not_a_failure(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.golden.boot_log.len--;
	expect(&s, "boot-log-malformed");
}

static void every_pcr_has_the_value_that_its_log_leads_to(void **state)
{
	(void)state;

	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		AUTO_DONE(scene) s = { 0 };
		struct digest value;

		if ((GOLDEN_SELECT >> pcr & 1) == 0 || pcr == 10)
			continue;
		scene_init(&s);
		value = *pcr_value(&s.golden.values, DIGEST_SHA256, pcr);
		value.value[7] ^= 1;
		assert_int_equal(pcr_value_set(&s.golden.values, pcr, &value), OK);
		expect(&s, pcr == 11 || pcr == 13 ? "pcr-unexplained" : "boot-replay-mismatch");
	}
}

static void a_bank_that_an_event_lacks_is_refused(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	/* A class of another bank than the log has. */
	s.golden.node_class.bank = DIGEST_SHA384;
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		struct digest zero = digest_filled(DIGEST_SHA384, 0);

		assert_int_equal(pcr_value_set(&s.golden.values, pcr, &zero), OK);
	}
	expect(&s, "boot-bank-missing");
}

static void a_pinned_value_needs_no_log_and_no_other_will_do(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct digest value = digest_filled(DIGEST_SHA256, 0x11);
	struct golden_rules *pcrs = &s.golden.manifest[0].pcrs;
	(void)state;

	scene_init(&s);
	assert_int_equal(pcr_value_set(&s.golden.values, 11, &value), OK);
	pcrs->item[0] = (struct golden_rule){ .pcr = 11, .digest = value };
	pcrs->count = 1;
	judge(&s);
	assert_int_equal(s.result.findings.count, 0);
	value.value[0] ^= 1;
	assert_int_equal(pcr_value_set(&s.golden.values, 11, &value), OK);
	expect(&s, "pcr-not-allowed");
	/* A PCR that is not quoted cannot be pinned. */
	pcrs->item[0].pcr = 12;
	expect(&s, "pcr-not-allowed");
}

static void a_pcr_with_another_value_hides_no_event(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_rules *pcrs = &s.golden.manifest[0].pcrs;
	(void)state;

	scene_init(&s);
	pcrs->item[0] =
		(struct golden_rule){ .pcr = 11, .digest = digest_filled(DIGEST_SHA256, 0x11) };
	pcrs->count = 1;
	s.golden.manifest[0].chain.item[1].digest.value[0] ^= 1;
	expect(&s, "pcr-not-allowed");
	/* The layer is that of the rule, whatever such rules are mostly about. */
	assert_int_equal(s.result.findings.list[0].layer, LAYER_BOOT_CHAIN);
	assert_true(scene_has(&s, "boot-image-unknown"));
}

static void every_event_is_explained_or_refused(void **state)
{
	(void)state;

	for (size_t i = 0;; i++) {
		AUTO_DONE(scene) s = { 0 };
		struct made_event *event;

		scene_init(&s);
		if (i == s.log.count)
			return;
		event = &s.log.event[i];
		/* The header record and EV_NO_ACTION extend nothing. */
		if (event->type == EV_NO_ACTION)
			continue;
		event->digest[1].value[0] ^= 1;
		boot_log_put(&s.log, &s.golden);
		judge(&s);
		assert_int_equal(s.result.claims.tier[CLAIM_CONFIGURATION], TIER_CONTRAINDICATED);
		assert_true(s.result.findings.count > 0);
	}
}

static void every_event_but_boot_entries_is_missed(void **state)
{
	(void)state;

	for (size_t i = 0;; i++) {
		AUTO_DONE(scene) s = { 0 };

		scene_init(&s);
		if (i == s.log.count)
			return;
		/* PCR 1's boot entries are listed, not required; grub_cmd: boot and
		 * its like are. The kernel is loaded twice, once is enough. */
		if (s.log.event[i].type == EV_NO_ACTION ||
		    s.log.event[i].type == EV_EFI_VARIABLE_BOOT ||
		    s.log.event[i].type == EV_EFI_BOOT_SERVICES_APPLICATION ||
		    s.log.event[i].type == EV_EFI_VARIABLE_AUTHORITY)
			continue;
		boot_log_drop(&s.log, i);
		boot_log_put(&s.log, &s.golden);
		judge(&s);
		if (s.result.claims.tier[CLAIM_CONFIGURATION] != TIER_CONTRAINDICATED)
			fail_msg("event %zu was not missed", i);
	}
}

static void an_ignored_event_is_explained(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_rules *ignore = &s.golden.manifest[0].ignore;
	(void)state;

	scene_init(&s);
	boot_log_insert(&s.log, s.log.count, 5, EV_EFI_ACTION, TEXT("something else"));
	boot_log_put(&s.log, &s.golden);
	expect(&s, "boot-event-unknown");
	ignore->item[0] = (struct golden_rule){ .pcr = 5, .type = EV_EFI_ACTION };
	ignore->count = 1;
	expect_configured(&s);
	ignore->item[0].pcr = 4;
	expect(&s, "boot-event-unknown");
}

static void images_run_in_the_chain_s_order(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct made_event first;
	size_t at, next;
	(void)state;

	scene_init(&s);
	at = boot_log_find(&s.log, EV_EFI_BOOT_SERVICES_APPLICATION, "");
	for (next = at + 1; s.log.event[next].type != EV_EFI_BOOT_SERVICES_APPLICATION; next++)
		;
	first = s.log.event[at];
	s.log.event[at] = s.log.event[next];
	s.log.event[next] = first;
	expect_put(&s, "boot-image-unknown");
}

static void a_revoked_image_is_refused_though_listed(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.golden.revoked.item[0] = s.golden.manifest[0].chain.item[1].digest;
	s.golden.revoked.count = 1;
	expect(&s, "boot-event-revoked");
}

static void a_chain_ends_with_its_last_image(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	size_t i;
	(void)state;

	scene_init(&s);
	for (i = s.log.count; i-- > 0;)
		if (s.log.event[i].type == EV_EFI_BOOT_SERVICES_APPLICATION &&
		    s.log.event[i].payload.len == 32)
			boot_log_drop(&s.log, i);
	expect_put(&s, "boot-event-missing");
}

static void a_separator_of_another_content_is_none(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	static const uint8_t error[4] = { 1, 0, 0, 0 };
	(void)state;

	scene_init(&s);
	boot_log_rewrite(&s.log, boot_log_find(&s.log, EV_SEPARATOR, ""),
			 (struct span){ error, 4 });
	expect_put(&s, "boot-event-unknown");
}

static void before_it_no_authority_does(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	size_t at;
	(void)state;

	scene_init(&s);
	at = boot_log_find(&s.log, EV_EFI_VARIABLE_AUTHORITY, "db");
	boot_log_insert(&s.log, boot_log_find(&s.log, EV_EFI_VARIABLE_DRIVER_CONFIG, "PK"), 7,
			EV_EFI_VARIABLE_AUTHORITY, span_of(&s.log.event[at].payload));
	expect_put(&s, "boot-event-order");
}

static void a_variable_of_absurd_size_is_refused(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	AUTO_DONE(bytes) content = { 0 };
	size_t at;
	(void)state;

	scene_init(&s);
	at = boot_log_find(&s.log, EV_EFI_VARIABLE_DRIVER_CONFIG, "dbx");
	/* Well formed: one list of one entry that is nobody's. */
	assert_int_equal(bytes_append(&content, (struct span){ s.log.event[at].payload.data, 16 }),
			 OK);
	put_le(&content, 28 + 16 + (256 << 10), 4);
	put_le(&content, 0, 4);
	put_le(&content, 16 + (256 << 10), 4);
	put_filled(&content, 0, 16 + (256 << 10));
	s.golden.manifest[0].dbx.count = 0;
	boot_log_set_variable(&s.log, at, span_of(&content));
	expect_put(&s, "secure-boot-key-unknown");
}

static void every_key_is_listed(void **state)
{
	(void)state;

	for (unsigned which = 0; which < 3; which++) {
		AUTO_DONE(scene) s = { 0 };
		struct golden_manifest *m = &s.golden.manifest[0];
		struct golden_digests *const lists[] = { &m->pk, &m->kek, &m->db };

		scene_init(&s);
		assert_true(lists[which]->count > 0);
		lists[which]->count--;
		expect(&s, "secure-boot-key-unknown");
	}
}

static void a_firmware_without_a_platform_key_is_refused(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	boot_log_set_variable(&s.log, boot_log_find(&s.log, EV_EFI_VARIABLE_DRIVER_CONFIG, "PK"),
			      (struct span){ 0 });
	expect_put(&s, "secure-boot-key-unknown");
}

static void a_malformed_key_list_is_refused(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	size_t at;
	(void)state;

	scene_init(&s);
	at = boot_log_find(&s.log, EV_EFI_VARIABLE_DRIVER_CONFIG, "dbx");
	boot_log_set_variable(&s.log, at, TEXT("not a list at all, and of no use"));
	expect_put(&s, "boot-log-malformed");
}

static void an_authority_is_an_entry_of_db(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	size_t at;
	(void)state;

	scene_init(&s);
	at = boot_log_find(&s.log, EV_EFI_VARIABLE_AUTHORITY, "db");
	boot_log_set_variable(&s.log, at, TEXT("sixteen bytes ofand a certificate"));
	expect_put(&s, "secure-boot-key-unknown");
}

static void the_kernel_s_command_line_is_one_of_the_release_s(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	size_t at;
	(void)state;

	scene_init(&s);
	at = boot_log_find(&s.log, EV_IPL, "kernel_cmdline: ");
	s.golden.manifest[0].cmdline = GOLDEN_CMDLINE " quiet";
	expect(&s, "cmdline-unknown");
	s.golden.manifest[0].cmdline = GOLDEN_CMDLINE;
	boot_log_drop(&s.log, at);
	expect_put(&s, "cmdline-unknown");
}

/* What stands before the colon is not hashed. */
static void a_command_line_is_one_under_any_label(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_rules *ignore = &s.golden.manifest[0].ignore;
	struct digest digest;
	(void)state;

	scene_init(&s);
	ignore->item[0] = (struct golden_rule){ .pcr = 8, .type = EV_IPL };
	ignore->item[1] = (struct golden_rule){ .pcr = 8, .type = EV_EFI_ACTION };
	ignore->count = 2;
	assert_int_equal(digest_of(DIGEST_SHA256, TEXT("/vmlinuz init=/bin/sh"), &digest), OK);
	boot_log_insert(&s.log, s.log.count, 8, EV_IPL, TEXT("grub_cmd: /vmlinuz init=/bin/sh\0"));
	s.log.event[s.log.count - 1].digest[1] = digest;
	expect_put(&s, "cmdline-unknown");
	boot_log_rewrite(&s.log, s.log.count - 1, TEXT("/vmlinuz init=/bin/sh"));
	s.log.event[s.log.count - 1].type = EV_EFI_ACTION;
	expect_put(&s, "cmdline-unknown");
}

/* GRUB also loads a kernel from blocks of a disk, which have no slash. */
static void a_command_line_of_blocks_is_one(void **state)
{
	static const char *const lines[] = { "0+2048 init=/bin/sh", "+9 init=/bin/sh",
					     "\n0+9 init=/bin/sh" };
	AUTO_DONE(scene) s = { 0 };
	struct golden_rules *ignore = &s.golden.manifest[0].ignore;
	(void)state;

	scene_init(&s);
	ignore->item[0] = (struct golden_rule){ .pcr = 8, .type = EV_IPL };
	ignore->count = 1;
	boot_log_insert(&s.log, s.log.count, 8, EV_IPL, TEXT("x"));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		boot_log_rewrite(&s.log, s.log.count - 1, span_text(lines[i]));
		expect_put(&s, "cmdline-unknown");
	}
}

/* The path is the first word of what the kernel parses. */
static void a_kernel_path_holds_no_arguments(void **state)
{
	static const char *const paths[] = { "/vmlinuz\tima=off", "/vmlinuz\\\"", "/vmlinuz'",
					     "/vmlinuz\nima=off" };
	AUTO_DONE(scene) s = { 0 };
	size_t at;
	(void)state;

	scene_init(&s);
	at = boot_log_find(&s.log, EV_IPL, "kernel_cmdline: ");
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		AUTO_DONE(bytes) line = { 0 };

		assert_int_equal(bytes_printf(&line, "%s %s", paths[i], GOLDEN_CMDLINE), OK);
		boot_log_rewrite(&s.log, at, span_of(&line));
		expect_put(&s, "cmdline-unknown");
	}
}

/* An initrd of scripts is a text, which a host can show as the event's payload. */
static void a_file_that_grub_read_is_not_ignored(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_rules *ignore = &s.golden.manifest[0].ignore;
	(void)state;

	scene_init(&s);
	ignore->item[0] = (struct golden_rule){ .pcr = 9 };
	ignore->count = 1;
	boot_log_insert(&s.log, s.log.count, 9, EV_IPL, TEXT("07070100 #!/bin/sh"));
	expect_put(&s, "boot-event-unknown");
}

/* Without PCR 14 shim may have been told to check nothing. */
static void secure_boot_locks_down_only_where_shim_s_state_is_quoted(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.golden.node_class.select &= ~((pcr_mask)1 << 14);
	expect(&s, "lockdown-missing");
}

static void an_initrd_is_one_of_the_release_s(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.golden.manifest[0].initrd.item[0].value[0] ^= 1;
	expect(&s, "boot-event-unknown");
}

static void lockdown_is_shown_or_missing(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_manifest *m = &s.golden.manifest[0];
	(void)state;

	scene_init(&s);
	m->lockdown = LOCKDOWN_CONFIDENTIALITY;
	expect(&s, "lockdown-missing");
	/* A release that wants none lets unsigned modules in. */
	m->lockdown = LOCKDOWN_NONE;
	expect(&s, "lockdown-missing");
	m->allow_builtin_policy = true;
	expect_configured(&s);
}

static void a_command_line_can_speak_against_lockdown(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	size_t at;
	(void)state;

	scene_init(&s);
	at = boot_log_find(&s.log, EV_IPL, "kernel_cmdline: ");
	boot_log_rewrite(&s.log, at, TEXT("/vmlinuz ro lockdown=none"));
	s.golden.manifest[0].cmdline = "ro lockdown=none";
	expect_put(&s, "lockdown-missing");
	boot_log_rewrite(&s.log, at, TEXT("/vmlinuz ro lockdown=confidentiality"));
	s.golden.manifest[0].cmdline = "ro lockdown=confidentiality";
	s.golden.manifest[0].lockdown = LOCKDOWN_CONFIDENTIALITY;
	boot_log_put(&s.log, &s.golden);
	expect_configured(&s);
}

static void without_a_release_in_force_there_is_no_trust(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_manifest *m = &s.golden.manifest[0];
	(void)state;

	scene_init(&s);
	m->not_after = GOLDEN_NOW;
	expect(&s, "release-none");
	m->not_after = GOLDEN_NOW + 1;
	m->not_before = GOLDEN_NOW + 1;
	expect(&s, "release-none");
	m->not_before = GOLDEN_NOW;
	m->accept_until = GOLDEN_NOW;
	expect(&s, "release-none");
	m->accept_until = GOLDEN_NOW + 1;
	s.golden.cell = GOLDEN_CELL;
	expect_configured(&s);
	s.golden.manifest_count = 0;
	bytes_done(&m->base);
	bytes_done(&m->early);
	expect(&s, "release-none");
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
	expect(&s, "release-ratchet");
	s.ratchet = 42;
	expect_configured(&s);
	/* The index names a lower one as current by a rollback document alone. */
	s.ratchet = 43;
	s.golden.manifest[0].state = RELEASE_CURRENT;
	expect_configured(&s);
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
	expect_configured(&s);
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
	judge(&s);
	assert_string_equal(reason_facts(s.result.findings.list[0].reason)->code,
			    "boot-event-unknown");
	assert_int_equal(s.result.findings.list[0].layer, LAYER_KERNEL);
	assert_int_equal(s.result.findings.list[0].entry, 44);
	assert_non_null(strstr(s.result.findings.list[0].detail, "pcr=9"));
}

static void a_wildcard_is_a_uuid_and_nothing_else(void **state)
{
	AUTO_DONE(golden) g = { 0 };
	struct release release;
	(void)state;

	golden_init(&g);
	g.manifest[0].cmdline = "root=UUID={uuid} ro";
	golden_build(&g);
	assert_int_equal(reference_release(&g.reference, 0, &release), OK);
	struct ref_range r = release.boot.cmdline;

	assert_true(command_line_is_allowed(
		&g.reference, r, TEXT("root=UUID=01234567-89ab-cdef-0123-456789abcdef ro")));
	assert_true(command_line_is_allowed(
		&g.reference, r,
		TEXT("/boot/vmlinuz root=UUID=01234567-89AB-cdef-0123-456789abcdef ro")));
	assert_false(command_line_is_allowed(
		&g.reference, r, TEXT("root=UUID=01234567-89ab-cdef-0123-456789abcdeg ro")));
	assert_false(command_line_is_allowed(
		&g.reference, r, TEXT("root=UUID=0123456789abcdef0123456789abcdef0123 ro")));
	assert_false(command_line_is_allowed(&g.reference, r, TEXT("root=UUID= ro")));
	assert_false(command_line_is_allowed(
		&g.reference, r, TEXT("root=UUID=01234567-89ab-cdef-0123-456789abcdef rw")));
	assert_false(command_line_is_allowed(
		&g.reference, r, TEXT("quiet root=UUID=01234567-89ab-cdef-0123-456789abcdef ro")));
	assert_false(command_line_is_allowed(
		&g.reference, r,
		TEXT("root=UUID=01234567-89ab-cdef-0123-456789abcdef ro init=/bin/sh")));
}

/* As many as a release may list are kept account of. */
static void a_required_rule_behind_hundreds_of_others_is_met(void **state)
{
	const size_t others = 300;
	AUTO_DONE(scene) s = { 0 };
	struct golden_rules *events;
	(void)state;

	scene_init(&s);
	events = &s.golden.manifest[0].events;
	assert_true(events->count + others < GOLDEN_RULES_MAX);
	memmove(events->item + others, events->item, events->count * sizeof(events->item[0]));
	events->count += others;
	for (size_t i = 0; i < others; i++)
		events->item[i] =
			(struct golden_rule){ .pcr = 0,
					      .digest = digest_filled(DIGEST_SHA256, 0x77) };
	golden_build(&s.golden);
	scene_expect_nothing(&s);

	events->item[events->count++] = (struct golden_rule){
		.pcr = 0, .digest = digest_filled(DIGEST_SHA256, 0x77), .is_required = true
	};
	expect(&s, "boot-event-missing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_put_together_again_is_the_same),
		cmocka_unit_test(without_a_boot_log_nothing_is_known),
		cmocka_unit_test(a_broken_log_is_a_claim_and_not_a_failure),
		cmocka_unit_test(every_pcr_has_the_value_that_its_log_leads_to),
		cmocka_unit_test(a_bank_that_an_event_lacks_is_refused),
		cmocka_unit_test(a_pinned_value_needs_no_log_and_no_other_will_do),
		cmocka_unit_test(a_pcr_with_another_value_hides_no_event),
		cmocka_unit_test(every_event_is_explained_or_refused),
		cmocka_unit_test(every_event_but_boot_entries_is_missed),
		cmocka_unit_test(an_ignored_event_is_explained),
		cmocka_unit_test(images_run_in_the_chain_s_order),
		cmocka_unit_test(a_revoked_image_is_refused_though_listed),
		cmocka_unit_test(a_chain_ends_with_its_last_image),
		cmocka_unit_test(a_separator_of_another_content_is_none),
		cmocka_unit_test(before_it_no_authority_does),
		cmocka_unit_test(a_variable_of_absurd_size_is_refused),
		cmocka_unit_test(every_key_is_listed),
		cmocka_unit_test(a_firmware_without_a_platform_key_is_refused),
		cmocka_unit_test(a_malformed_key_list_is_refused),
		cmocka_unit_test(an_authority_is_an_entry_of_db),
		cmocka_unit_test(the_kernel_s_command_line_is_one_of_the_release_s),
		cmocka_unit_test(a_command_line_is_one_under_any_label),
		cmocka_unit_test(a_command_line_of_blocks_is_one),
		cmocka_unit_test(a_kernel_path_holds_no_arguments),
		cmocka_unit_test(a_file_that_grub_read_is_not_ignored),
		cmocka_unit_test(secure_boot_locks_down_only_where_shim_s_state_is_quoted),
		cmocka_unit_test(an_initrd_is_one_of_the_release_s),
		cmocka_unit_test(lockdown_is_shown_or_missing),
		cmocka_unit_test(a_command_line_can_speak_against_lockdown),
		cmocka_unit_test(without_a_release_in_force_there_is_no_trust),
		cmocka_unit_test(a_lower_version_than_before_needs_a_rollback),
		cmocka_unit_test(a_release_between_challenge_and_evidence_decides_nothing),
		cmocka_unit_test(a_release_that_ends_meanwhile_decides_nothing),
		cmocka_unit_test(no_host_puts_its_verdict_off),
		cmocka_unit_test(the_release_that_got_furthest_is_reported),
		cmocka_unit_test(a_wildcard_is_a_uuid_and_nothing_else),
		cmocka_unit_test(a_required_rule_behind_hundreds_of_others_is_met),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
