/* SPDX-License-Identifier: Apache-2.0 */
/* Shells of an initramfs that a kernel's command line leaves open. */
#include "unit.h"

#include <string.h>

#include "base/text.h"
#include "policies/artifacts/rescue_shell.h"

#define TOOLS (1u << RESCUE_INITRAMFS_TOOLS)
#define DRACUT (1u << RESCUE_DRACUT)
#define ASKED (1u << RESCUE_ASKED)

struct line {
	const char *text;
	unsigned left;
};

static void hold(const struct line *lines, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		unsigned left = 0;

		for (unsigned j = 0; j < RESCUE_SHELLS; j++)
			if (rescue_shell_is_left((enum rescue_shell)j, span_text(lines[i].text)))
				left |= 1u << j;
		if (left != lines[i].left)
			fail_msg("%s: %u", lines[i].text, left);
	}
}

static void each_initramfs_is_told_by_its_own_word(void **state)
{
	static const struct line lines[] = {
		{ "", TOOLS | DRACUT },
		{ "root=/dev/vda2 ima_policy=tcb", TOOLS | DRACUT },
		{ "ro panic=-1", DRACUT },
		{ "panic=0 ro", DRACUT },
		{ "ro panic=30 quiet", DRACUT },
		{ "ro rd.shell=0", TOOLS },
		{ "rd.shell=no\tpanic=-1", 0 },
		{ "\nrd.shell=off  panic=-1\n", 0 },
		{ "ro panic=-1 rd.shell=0 rd.emergency=reboot", 0 },
	};
	(void)state;

	hold(lines, sizeof(lines) / sizeof(lines[0]));
}

static void what_only_looks_like_the_word_rules_nothing_out(void **state)
{
	static const struct line lines[] = {
		{ "panic rd.emergency=reboot", TOOLS | DRACUT },
		{ "panic= rd.shell", TOOLS | DRACUT },
		{ "panic=-2 rd.shell=1", TOOLS | DRACUT },
		{ "panic=off rd.shell=00", TOOLS | DRACUT },
		{ "xpanic=1 xrd.shell=0", TOOLS | DRACUT },
		{ "panic=1s rd.shell=0x", TOOLS | DRACUT },
		{ "kernel.panic=-1 rd_shell=0", TOOLS | DRACUT },
	};
	(void)state;

	hold(lines, sizeof(lines) / sizeof(lines[0]));
}

static void of_words_that_contradict_each_other_the_open_one_counts(void **state)
{
	static const struct line lines[] = {
		{ "panic=-1 panic= rd.shell=0", TOOLS },
		{ "panic= panic=-1 rd.shell=0", TOOLS },
		{ "panic=-1 rd.shell=0 rd.shell", DRACUT },
		{ "panic=-1 rd.shell=1 rd.shell=0", DRACUT },
	};
	(void)state;

	hold(lines, sizeof(lines) / sizeof(lines[0]));
}

static void a_word_that_asks_for_a_shell_is_named(void **state)
{
	static const char *const asking[] = {
		"rd.break",
		"rd.break=pre-mount",
		"rdbreak",
		"rd.systemd.break=pre-udev",
		"rd.systemd.debug_shell",
		"rd.systemd.debug-shell=ttyS0",
		"SYSTEMD_SULOGIN_FORCE=1",
		"systemd.setenv=SYSTEMD_SULOGIN_FORCE=1",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(asking) / sizeof(asking[0]); i++) {
		AUTO_DONE(bytes) text = { 0 };

		assert_int_equal(bytes_printf(&text, "panic=-1 rd.shell=0 %s%c", asking[i], '\0'),
				 OK);
		hold(&(struct line){ (const char *)text.data, ASKED }, 1);
	}
	hold(&(struct line){ "panic=-1 rd.shell=0 rd.emergency=halt systemd.debug", 0 }, 1);
}

/* To dracut, as to the kernel, it is one word with what is before it; to a shell, it is not. */
static void a_word_behind_a_quoting_mark_rules_nothing_out(void **state)
{
	static const struct line lines[] = {
		{ "a=\"b panic=-1 rd.shell=0 c\"", TOOLS | DRACUT },
		{ "panic=-1 a=\"b rd.shell=0 c\"", DRACUT },
		{ "panic=-1 rd.shell=0 a=\"b rd.break c\"", ASKED },
		{ "panic=-1 rd.shell=0 a=\"b c\"", 0 },
	};
	(void)state;

	hold(lines, sizeof(lines) / sizeof(lines[0]));
}

static void each_has_a_name_and_says_what_to_do(void **state)
{
	(void)state;

	for (unsigned i = 0; i < RESCUE_SHELLS; i++) {
		assert_int_equal(
			strncmp(rescue_shell_code((enum rescue_shell)i), "rescue-shell-", 13), 0);
		assert_non_null(strchr(rescue_shell_advice((enum rescue_shell)i), ':'));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_initramfs_is_told_by_its_own_word),
		cmocka_unit_test(what_only_looks_like_the_word_rules_nothing_out),
		cmocka_unit_test(of_words_that_contradict_each_other_the_open_one_counts),
		cmocka_unit_test(a_word_that_asks_for_a_shell_is_named),
		cmocka_unit_test(a_word_behind_a_quoting_mark_rules_nothing_out),
		cmocka_unit_test(each_has_a_name_and_says_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
