/* SPDX-License-Identifier: Apache-2.0 */
/* What GRUB hands the kernel: its command line, its initrd, how it is locked down. */
#include "unit.h"

#include "appraisal_scene.h"
#include "verifier/appraisal/command_line.h"

#define TEXT(s) ((struct span){ (const uint8_t *)(s), sizeof(s) - 1 })

static void the_kernel_s_command_line_is_one_of_the_release_s(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	size_t at;
	(void)state;

	scene_init(&s);
	at = boot_log_find(&s.log, EV_IPL, "kernel_cmdline: ");
	s.golden.manifest[0].cmdline = GOLDEN_CMDLINE " quiet";
	scene_expect_boot(&s, "cmdline-unknown");
	s.golden.manifest[0].cmdline = GOLDEN_CMDLINE;
	boot_log_drop(&s.log, at);
	scene_expect_put(&s, "cmdline-unknown");
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
	scene_expect_put(&s, "cmdline-unknown");
	boot_log_rewrite(&s.log, s.log.count - 1, TEXT("/vmlinuz init=/bin/sh"));
	s.log.event[s.log.count - 1].type = EV_EFI_ACTION;
	scene_expect_put(&s, "cmdline-unknown");
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
		scene_expect_put(&s, "cmdline-unknown");
	}
}

/* A server's file is named as its owner likes: "set init=/bin/sh" is then what the kernel
 * is given, and only the command before it tells. */
static void a_command_that_hands_arguments_on_unseen_is_not_ignored(void **state)
{
	static const struct {
		const char *text;
		bool is_ignored;
	} rows[] = {
		{ "linux set init=/bin/sh", false },
		{ "linuxefi vmlinuz init=/bin/sh", false },
		{ "! linux set init=/bin/sh", false },
		{ "time ! linux16 set init=/bin/sh", false },
		{ "chainloader /vmlinuz init=/bin/sh", false },
		{ "! legacy_kernel set init=/bin/sh", false },
		{ "initrd newc:sbin/init:/busybox", false },
		{ "! initrd16 /initrd.img newc:init:/busybox", false },
		{ "initrd /initrd.img", true },
		{ "set name=newc:init", true },
		/* The kernel's own line, which follows, is not ignored. */
		{ "linux /vmlinuz init=/bin/sh", true },
		{ "set linux vmlinuz", true },
		{ "linux", true },
	};
	AUTO_DONE(scene) s = { 0 };
	struct golden_rules *ignore = &s.golden.manifest[0].ignore;
	(void)state;

	scene_init(&s);
	ignore->item[0] = (struct golden_rule){ .pcr = 8, .type = EV_IPL };
	ignore->count = 1;
	boot_log_insert(&s.log, s.log.count, 8, EV_IPL, TEXT("x"));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		boot_log_rewrite(&s.log, s.log.count - 1, span_text(rows[i].text));
		boot_log_put(&s.log, &s.golden);
		if (rows[i].is_ignored)
			scene_expect_configured(&s);
		else
			scene_expect_boot(&s, "boot-event-unknown");
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
	scene_expect_put(&s, "boot-event-unknown");
}

static void an_initrd_is_one_of_the_release_s(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_init(&s);
	s.golden.manifest[0].initrd.item[0].value[0] ^= 1;
	scene_expect_boot(&s, "boot-event-unknown");
}

/* GRUB is given this initrd command, and the release approves of it. */
static void give_initrds(struct scene *s, const char *command)
{
	struct golden_rules *events = &s->golden.manifest[0].events;
	struct made_event *event = &s->log.event[boot_log_find(&s->log, EV_IPL, "initrd /")];

	for (size_t i = 0; i < events->count; i++)
		if (digest_equal(&events->item[i].digest, &event->digest[1]))
			assert_int_equal(digest_of(DIGEST_SHA256, span_text(command),
						   &events->item[i].digest),
					 OK);
	boot_log_rewrite(&s->log, boot_log_find(&s->log, EV_IPL, "initrd /"), span_text(command));
}

static void list_initrd(struct scene *s, struct span content)
{
	struct golden_digests *initrd = &s->golden.manifest[0].initrd;

	assert_int_equal(digest_of(DIGEST_SHA256, content, &initrd->item[initrd->count++]), OK);
}

/* Of "initrd /a /b", GRUB reads /a, finds no /b, and starts the kernel without either. */
static void each_initrd_that_grub_was_told_has_to_be_there(void **state)
{
	static const char *const commands[] = { "initrd /initrd /b", "initrdefi /initrd /b",
						"time ! initrd16 /initrd /b" };
	(void)state;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		AUTO_DONE(scene) s = { 0 };
		size_t at;

		scene_init(&s);
		give_initrds(&s, commands[i]);
		boot_log_put(&s.log, &s.golden);
		scene_expect_configured(&s);
		list_initrd(&s, TEXT("b"));
		scene_expect_boot(&s, "boot-event-missing");
		/* The first one's content under the name of the second. */
		at = boot_log_find(&s.log, EV_IPL, "/initrd.img");
		boot_log_insert(&s.log, at + 1, 9, EV_IPL, TEXT("/b"));
		s.log.event[at + 1].digest[1] = s.log.event[at].digest[1];
		scene_expect_put(&s, "boot-event-missing");
		boot_log_rewrite(&s.log, at + 1, TEXT("b"));
		boot_log_put(&s.log, &s.golden);
		scene_expect_configured(&s);
		/* Others may be listed beside them, and be another machine's. */
		list_initrd(&s, TEXT("c"));
		scene_expect_configured(&s);
	}
}

/* By its digest it is approved; what it would have told is hidden. */
static void a_text_of_grub_is_shown_where_others_are(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct made_event *event;
	(void)state;

	scene_init(&s);
	list_initrd(&s, TEXT("b"));
	give_initrds(&s, "initrd /initrd /b");
	event = &s.log.event[boot_log_find(&s.log, EV_IPL, "initrd /initrd /b")];
	event->payload.data[0] ^= 1;
	scene_expect_put(&s, "boot-payload-unmeasured");
	/* GRUBs whose texts nobody can check need a release without command lines. */
	s.golden.manifest[0].cmdline = NULL;
	event = &s.log.event[boot_log_find(&s.log, EV_IPL, "kernel_cmdline: ")];
	s.golden.manifest[0].events.item[s.golden.manifest[0].events.count++] =
		(struct golden_rule){ .pcr = 8, .digest = event->digest[1] };
	scene_judge_anew(&s);
	assert_false(scene_has(&s, "boot-payload-unmeasured"));
	scene_expect_configured(&s);
}

static void lockdown_is_shown_or_missing(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_manifest *m = &s.golden.manifest[0];
	(void)state;

	scene_init(&s);
	m->lockdown = LOCKDOWN_CONFIDENTIALITY;
	scene_expect_boot(&s, "lockdown-missing");
	/* A release that wants none lets unsigned modules in. */
	m->lockdown = LOCKDOWN_NONE;
	scene_expect_boot(&s, "lockdown-missing");
	m->allow_builtin_policy = true;
	scene_expect_configured(&s);
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
	scene_expect_put(&s, "lockdown-missing");
	boot_log_rewrite(&s.log, at, TEXT("/vmlinuz ro lockdown=confidentiality"));
	s.golden.manifest[0].cmdline = "ro lockdown=confidentiality";
	s.golden.manifest[0].lockdown = LOCKDOWN_CONFIDENTIALITY;
	boot_log_put(&s.log, &s.golden);
	scene_expect_configured(&s);
}

/* A copy of the events from one to another, put before a third. */
static void repeat_events(struct scene *s, size_t first, size_t end, size_t place)
{
	for (size_t i = first; i < end; i++, place++) {
		struct made_event *event = &s->log.event[i];
		struct digest digest = event->digest[1];
		AUTO_DONE(bytes) payload = { 0 };

		assert_int_equal(bytes_copy(span_of(&event->payload), &payload), OK);
		boot_log_insert(&s->log, place, event->pcr, event->type, span_of(&payload));
		s->log.event[place].digest[1] = digest;
	}
}

/* "linux", "initrd", the same "linux" again, "boot": without an initrd. */
static void a_kernel_is_loaded_once(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	struct golden_manifest *m = &s.golden.manifest[0];
	size_t kernel_at, initrd_at, boot_at;
	(void)state;

	scene_init(&s);
	kernel_at = boot_log_find(&s.log, EV_IPL, "linux /");
	initrd_at = boot_log_find(&s.log, EV_IPL, "initrd /");
	boot_at = boot_log_find(&s.log, EV_IPL, "grub_cmd: boot");
	repeat_events(&s, kernel_at, initrd_at, boot_at);
	scene_expect_put(&s, "boot-event-order");
	assert_int_equal(s.result.findings.list[0].layer, LAYER_KERNEL);
	/* A release without command lines may list this one as a text. */
	m->cmdline = NULL;
	m->events.item[m->events.count++] = (struct golden_rule){
		.pcr = 8,
		.digest = s.log.event[boot_log_find(&s.log, EV_IPL, "kernel_cmdline: ")].digest[1],
	};
	scene_expect_put(&s, "boot-event-order");
	for (size_t i = kernel_at; i < initrd_at; i++)
		boot_log_drop(&s.log, boot_at);
	boot_log_put(&s.log, &s.golden);
	scene_expect_configured(&s);
}

/* Other commands may come again, as from a menu that is left and entered. */
static void commands_that_load_no_kernel_may_be_repeated(void **state)
{
	static const char *const commands[] = { "grub_cmd: set", "grub_cmd: source",
						"grub_cmd: initrd" };
	(void)state;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		AUTO_DONE(scene) s = { 0 };
		size_t at;

		scene_init(&s);
		at = boot_log_find(&s.log, EV_IPL, commands[i]);
		repeat_events(&s, at, at + 1, at + 1);
		boot_log_put(&s.log, &s.golden);
		scene_expect_configured(&s);
	}
}

/* Which of them the kernel got nobody knows: what is not locked down by its line is so
 * as far as Secure Boot sees to it. */
static void of_several_command_lines_the_weakest_counts(void **state)
{
	static const char *const words[] = { "ro", "ro lockdown=integrity", "ro lockdown=none" };
	AUTO_DONE(scene) s = { 0 };
	struct golden_manifest *m = &s.golden.manifest[0];
	char line[64];
	size_t at;
	(void)state;

	scene_init(&s);
	at = boot_log_find(&s.log, EV_IPL, "kernel_cmdline: ");
	boot_log_rewrite(&s.log, at, TEXT("/vmlinuz ro lockdown=confidentiality"));
	m->cmdline = "ro lockdown=confidentiality";
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		for (size_t place = at; place <= at + 1; place++) {
			(void)snprintf(line, sizeof(line), "/vmlinuz %s", words[i]);
			boot_log_insert(&s.log, place, 8, EV_IPL, span_text(line));
			m->other_cmdline = words[i];
			m->lockdown = LOCKDOWN_CONFIDENTIALITY;
			scene_expect_put(&s, "boot-event-order");
			assert_true(scene_has(&s, "lockdown-missing"));
			m->lockdown = LOCKDOWN_INTEGRITY;
			scene_expect_put(&s, "boot-event-order");
			assert_int_equal(scene_has(&s, "lockdown-missing"), i == 2);
			boot_log_drop(&s.log, place);
		}
	/* One that says less than what Secure Boot brings about where another is silent. */
	boot_log_rewrite(&s.log, at, TEXT("/vmlinuz ro lockdown=none"));
	m->cmdline = "ro lockdown=none";
	m->other_cmdline = "ro";
	boot_log_insert(&s.log, at, 8, EV_IPL, TEXT("/vmlinuz ro"));
	scene_expect_put(&s, "boot-event-order");
	assert_true(scene_has(&s, "lockdown-missing"));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_kernel_s_command_line_is_one_of_the_release_s),
		cmocka_unit_test(a_command_line_is_one_under_any_label),
		cmocka_unit_test(a_command_line_of_blocks_is_one),
		cmocka_unit_test(a_command_that_hands_arguments_on_unseen_is_not_ignored),
		cmocka_unit_test(a_file_that_grub_read_is_not_ignored),
		cmocka_unit_test(an_initrd_is_one_of_the_release_s),
		cmocka_unit_test(each_initrd_that_grub_was_told_has_to_be_there),
		cmocka_unit_test(a_text_of_grub_is_shown_where_others_are),
		cmocka_unit_test(lockdown_is_shown_or_missing),
		cmocka_unit_test(a_command_line_can_speak_against_lockdown),
		cmocka_unit_test(a_kernel_is_loaded_once),
		cmocka_unit_test(commands_that_load_no_kernel_may_be_repeated),
		cmocka_unit_test(of_several_command_lines_the_weakest_counts),
		cmocka_unit_test(a_wildcard_is_a_uuid_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
