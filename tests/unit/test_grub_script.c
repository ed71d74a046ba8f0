/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>

#include "policies/artifacts/grub_script.h"

/* Files of an EFI system partition. */
struct made_file {
	const char *path;
	const char *content; /* NULL: a directory */
};

struct made_files {
	const struct made_file *file;
	size_t count;
};

static const struct made_file *find(const struct made_files *files, struct span path)
{
	for (size_t i = 0; i < files->count; i++)
		if (span_equal(span_text(files->file[i].path), path))
			return &files->file[i];
	return NULL;
}

static enum grub_file_kind kind(void *context, struct span path)
{
	const struct made_file *file = find(context, path);

	if (file == NULL)
		return GRUB_NO_FILE;
	if (file->content == NULL)
		return GRUB_DIRECTORY;
	return file->content[0] == '\0' ? GRUB_EMPTY_FILE : GRUB_PLAIN_FILE;
}

static enum status read_file(void *context, struct span path, struct bytes *out)
{
	const struct made_file *file = find(context, path);

	if (file == NULL || file->content == NULL)
		return STATUS_NOT_FOUND;
	return bytes_append(out, span_text(file->content));
}

/* The script in Debian 12's signed GRUB. */
static const char debian[] = "if [ -z \"$prefix\" -o ! -e \"$prefix\" ]; then\n"
			     "\tif ! search --file --set=root /.disk/info; then\n"
			     "\t\tsearch --file --set=root /.disk/mini-info\n"
			     "\tfi\n"
			     "\tset prefix=($root)/boot/grub\n"
			     "fi\n"
			     "if [ -e $prefix/x86_64-efi/grub.cfg ]; then\n"
			     "\tsource $prefix/x86_64-efi/grub.cfg\n"
			     "elif [ -e $prefix/grub.cfg ]; then\n"
			     "\tsource $prefix/grub.cfg\n"
			     "else\n"
			     "\tsource $cmdpath/grub.cfg\n"
			     "fi\n";

static enum status predict(const char *config, struct grub_events *events, struct grub_fault *fault)
{
	const struct made_file file[] = {
		{ "/EFI/debian", NULL },
		{ "/EFI/debian/grub.cfg", config },
		{ "/vmlinuz", "kernel" },
		{ "/initrd.img", "initrd" },
		{ "/empty", "" },
		{ "/EFI/debian/more.cfg", "set more=yes\n" },
		{ "/EFI/debian/itself.cfg", "source /EFI/debian/itself.cfg\n" },
		{ "/EFI/debian/x86_64-efi/evil.mod", "module" },
	};
	struct made_files made = { file, sizeof(file) / sizeof(file[0]) };
	const struct grub_files files = { &made, kind, read_file };
	const struct grub_start start = { "hd0,gpt1", span_text("/EFI/debian"), "/EFI/BOOT",
					  span_text(debian) };

	return grub_predict(&start, &files, events, fault);
}

struct wanted {
	enum grub_measured kind;
	const char *text;
};

static void expect(const struct grub_events *events, size_t skipped, const struct wanted *wanted,
		   size_t count)
{
	assert_int_equal(events->count, skipped + count);
	for (size_t i = 0; i < count; i++) {
		const struct grub_event *event = &events->event[skipped + i];

		if (!span_equal(span_of(&event->text), span_text(wanted[i].text)))
			fail_msg("event %zu: '%.*s', not '%s'", i, (int)event->text.len,
				 (const char *)event->text.data, wanted[i].text);
		assert_int_equal(event->kind, wanted[i].kind);
	}
}

#define DEBIAN_EVENTS 5 /* of its own script, and grub.cfg */

/* As a machine measured it: Debian 12, GRUB 2.06-13+deb12u2, under OVMF. */
static void a_menu_is_measured_as_a_real_machine_did(void **state)
{
	static const char config[] =
		"# a comment\n"
		"set timeout=0\n"
		"set default=\"second\"\n"
		"set kernel=/vmlinuz\n"
		"set args=\"console=ttyS0 root=/dev/vda2\"\n"
		"extra='ima_policy=tcb quiet panic=-1'\n"
		"if [ -e /EFI/debian/grub.cfg ] ; then\n"
		"  set found=yes # trailing\n"
		"elif [ -e /nothing ]; then\n"
		"  set found=never\n"
		"else\n"
		"  set found=no\n"
		"fi\n"
		"if [ \"$found\" = yes -a -n \"${args}\" ]; then echo \"it's \\$found: $found\"; "
		"fi\n"
		"if ! test -f /nothing; then true; fi\n"
		"insmod part_gpt\n"
		"search --no-floppy --set=root --file /vmlinuz\n"
		"export found\n"
		"empty=\n"
		"echo a $empty b \"\" c\n"
		"menuentry 'First entry' --class debian {\n"
		"  # comment in it\n"
		"  linux $kernel\n"
		"}\n"
		"menuentry \"Second $found\" --id second {\n"
		"\t# comment inside\n"
		"\techo 'Loading \"it\" ...'\n"
		"\n"
		"\tlinux\t$kernel $args ${extra} name=\"two words\" q=it\\'s; true\n"
		"\tinitrd  /initrd.img\n"
		"}\n";
	static const struct wanted wanted[] = {
		{ GRUB_COMMAND, "[ -z (hd0,gpt1)/EFI/debian -o ! -e (hd0,gpt1)/EFI/debian ]" },
		{ GRUB_COMMAND, "[ -e (hd0,gpt1)/EFI/debian/x86_64-efi/grub.cfg ]" },
		{ GRUB_COMMAND, "[ -e (hd0,gpt1)/EFI/debian/grub.cfg ]" },
		{ GRUB_COMMAND, "source (hd0,gpt1)/EFI/debian/grub.cfg" },
		{ GRUB_FILE, "(hd0,gpt1)/EFI/debian/grub.cfg" },
		{ GRUB_COMMAND, "set timeout=0" },
		{ GRUB_COMMAND, "set default=second" },
		{ GRUB_COMMAND, "set kernel=/vmlinuz" },
		{ GRUB_COMMAND, "set args=console=ttyS0 root=/dev/vda2" },
		{ GRUB_COMMAND, "extra=ima_policy=tcb quiet panic=-1" },
		{ GRUB_COMMAND, "[ -e /EFI/debian/grub.cfg ]" },
		{ GRUB_COMMAND, "set found=yes" },
		{ GRUB_COMMAND, "[ yes = yes -a -n console=ttyS0 root=/dev/vda2 ]" },
		{ GRUB_COMMAND, "echo it's $found: yes" },
		{ GRUB_COMMAND, "! test -f /nothing" },
		{ GRUB_COMMAND, "true" },
		{ GRUB_COMMAND, "insmod part_gpt" },
		{ GRUB_COMMAND, "search --no-floppy --set=root --file /vmlinuz" },
		{ GRUB_FILE, "(hd0,gpt1)/vmlinuz" },
		{ GRUB_COMMAND, "export found" },
		{ GRUB_COMMAND, "empty=" },
		{ GRUB_COMMAND, "echo a b  c" },
		{ GRUB_COMMAND, "menuentry First entry --class debian {\n"
				"  # comment in it\n"
				"  linux $kernel\n"
				"}" },
		{ GRUB_COMMAND,
		  "menuentry Second yes --id second {\n"
		  "\t# comment inside\n"
		  "\techo 'Loading \"it\" ...'\n"
		  "\n"
		  "\tlinux\t$kernel $args ${extra} name=\"two words\" q=it\\'s; true\n"
		  "\tinitrd  /initrd.img\n"
		  "}" },
		{ GRUB_COMMAND, "setparams Second yes" },
		{ GRUB_COMMAND, "echo Loading \"it\" ..." },
		{ GRUB_COMMAND, "linux /vmlinuz console=ttyS0 root=/dev/vda2 ima_policy=tcb quiet "
				"panic=-1 name=two words q=it's" },
		{ GRUB_KERNEL, "/vmlinuz" },
		{ GRUB_COMMAND_LINE, "/vmlinuz console=ttyS0 root=/dev/vda2 ima_policy=tcb quiet "
				     "panic=-1 \"name=two words\" q=it\\'s" },
		{ GRUB_COMMAND, "true" },
		{ GRUB_COMMAND, "initrd /initrd.img" },
		{ GRUB_INITRD, "/initrd.img" },
	};
	AUTO_DONE(grub_events) events = { 0 };
	struct grub_fault fault;
	(void)state;

	assert_int_equal(predict(config, &events, &fault), OK);
	expect(&events, 0, wanted, sizeof(wanted) / sizeof(wanted[0]));
}

static void a_list_of_commands_ends_with_boot(void **state)
{
	static const struct wanted wanted[] = {
		{ GRUB_COMMAND, "linux (hd0,gpt1)/vmlinuz ro" },
		{ GRUB_KERNEL, "(hd0,gpt1)/vmlinuz" },
		{ GRUB_COMMAND_LINE, "(hd0,gpt1)/vmlinuz ro" },
		{ GRUB_COMMAND, "boot" },
	};
	AUTO_DONE(grub_events) events = { 0 };
	struct grub_fault fault;
	(void)state;

	assert_int_equal(
		predict("linux ($root)/vmlinuz ro\nboot\necho never\nodd |\n", &events, &fault),
		OK);
	expect(&events, DEBIAN_EVENTS, wanted, 4);
}

static void scripts_call_scripts(void **state)
{
	static const struct wanted wanted[] = {
		{ GRUB_COMMAND, "source (hd0,gpt1)/EFI/debian/more.cfg" },
		{ GRUB_FILE, "(hd0,gpt1)/EFI/debian/more.cfg" },
		{ GRUB_COMMAND, "set more=yes" },
		{ GRUB_COMMAND, "linux /vmlinuz more=yes" },
		{ GRUB_KERNEL, "/vmlinuz" },
		{ GRUB_COMMAND_LINE, "/vmlinuz more=yes" },
		{ GRUB_COMMAND, "boot" },
	};
	AUTO_DONE(grub_events) events = { 0 };
	struct grub_fault fault;
	(void)state;

	assert_int_equal(predict("source $prefix/more.cfg\nlinux /vmlinuz more=$more\nboot",
				 &events, &fault),
			 OK);
	expect(&events, DEBIAN_EVENTS, wanted, 7);
}

/* Each is a script whose measurements depend on more than artifacts. */
static void what_is_not_sure_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *script;
		size_t line;
		const char *words; /* of the fault */
	} cases[] = {
		{ "true\nsearch --fs-uuid --set=root 1234\n", 2, "disks" },
		{ "search --file --set=root /nothing\n", 1, "disks" },
		{ "load_env\n", 1, "load_env" },
		{ "chainloader /EFI/other.efi\n", 1, "chainloader" },
		{ "insmod evil\n", 1, "evil" },
		{ "for x in a b; do echo $x; done\n", 1, "for" },
		{ "function f {\n echo\n}\n", 1, "function" },
		{ "echo $1\n", 1, "variable" },
		{ "echo $?\n", 1, "variable" },
		{ "echo a | cat\n", 1, "character" },
		{ "echo *\n", 1, "pattern" },
		{ "echo 'open\n", 2, "quoting" },
		{ "menuentry x {\n echo\n", 3, "block" },
		{ "if true; then\necho\n", 3, "fi" },
		{ "fi\n", 1, "out of place" },
		{ "if [ -e (hd1)/x ]; then true; fi\n", 1, "device" },
		{ "if [ 1 -eq 1 ]; then true; fi\n", 1, "condition" },
		{ "linux /nothing\n", 1, "no such file" },
		{ "linux\n", 1, "kernel" },
		{ "linux /vmlinuz a\\\\x41\n", 1, "backslash" },
		{ "initrd /initrd.img\n", 1, "initrd" },
		{ "boot\n", 1, "kernel" },
		{ "if [ -s /vmlinuz ]; then true; fi\n", 1, "-e or -f" },
		{ "if insmod part_gpt; then true; fi\n", 1, "condition" },
		{ "if terminal_output gfxterm; then true; fi\n", 1, "condition" },
		{ "if [ \"$lockdown\" = y ]; then true; fi\n", 1, "variable" },
		{ "set a=${chosen}\n", 1, "variable" },
		{ "source /nothing.cfg\n", 1, "not there" },
		{ "source /EFI/debian/itself.cfg\n", 1, "too deep" },
		{ "menuentry a b {\n}\n", 1, "arguments" },
		{ "echo nothing boots\n", 0, "neither" },
		{ "set default=2\nmenuentry a {\n linux /vmlinuz\n}\n", 0, "default" },
		{ "menuentry a {\n echo\n}\n", 0, "no kernel" },
		{ "menuentry a {\n linux /vmlinuz\n  odd\n}\n", 3, "odd" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_DONE(grub_events) events = { 0 };
		struct grub_fault fault;

		if (predict(cases[i].script, &events, &fault) != STATUS_UNSUPPORTED)
			fail_msg("not refused: %s", cases[i].script);
		if (fault.line != cases[i].line || strstr(fault.text, cases[i].words) == NULL)
			fail_msg("%s: line %zu: %s", cases[i].script, fault.line, fault.text);
	}
}

static void a_branch_that_is_not_taken_may_hold_anything(void **state)
{
	static const struct wanted wanted[] = {
		{ GRUB_COMMAND, "[  = yes ]" }, { GRUB_COMMAND, "linux /vmlinuz" },
		{ GRUB_KERNEL, "/vmlinuz" },	{ GRUB_COMMAND_LINE, "/vmlinuz" },
		{ GRUB_COMMAND, "boot" },
	};
	AUTO_DONE(grub_events) events = { 0 };
	struct grub_fault fault;
	(void)state;

	assert_int_equal(predict("if [ \"$unset\" = yes ]; then\n"
				 "  load_env *; if odd; then what; fi\n"
				 "else linux /vmlinuz; boot; fi\n",
				 &events, &fault),
			 OK);
	expect(&events, DEBIAN_EVENTS, wanted, 5);
}

static void tests_hold_as_in_grub(void **state)
{
	static const struct {
		const char *test;
		bool holds;
	} cases[] = {
		{ "[ -d /EFI/debian ]", true },
		{ "[ -f /EFI/debian ]", false },
		{ "[ -f /empty ]", true },
		{ "[ -s /nothing ]", false },
		{ "[ a != b ]", true },
		{ "[ a == a ]", true },
		{ "[ -n \"\" ]", false },
		{ "[ a ]", true },
		{ "[ \"\" ]", false },
		{ "[ ]", false },
		{ "[ ! -e /nothing ]", true },
		{ "[ a = b -o a = a ]", true },
		{ "[ a = a -o a = a -a a = b ]", true },
		{ "[ a = b -a a = a ]", false },
		{ "[ ! a = b -a ! -e /nothing ]", true },
		{ "test -e /vmlinuz", true },
		{ "! [ a = a ]", false },
		{ "false", false },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_DONE(grub_events) events = { 0 };
		struct grub_fault fault;
		char script[256];

		(void)snprintf(script, sizeof(script),
			       "if %s; then set x=yes; else set x=no; fi\nlinux /vmlinuz\nboot\n",
			       cases[i].test);
		assert_int_equal(predict(script, &events, &fault), OK);

		struct span got = span_of(&events.event[DEBIAN_EVENTS + 1].text);
		if (!span_equal(got, span_text(cases[i].holds ? "set x=yes" : "set x=no")))
			fail_msg("%s", cases[i].test);
	}
}

static void every_truncation_of_a_script_ends(void **state)
{
	static const char script[] = "if [ \"a\" = 'a' ]; then # c\n set b=\"${root}x\" ; fi\n"
				     "menuentry \"t\" --id i {\n linux /vmlinuz a\\ b; }\n";
	(void)state;

	for (size_t len = 0; len < sizeof(script); len++) {
		AUTO_DONE(grub_events) events = { 0 };
		struct grub_fault fault;
		char part[sizeof(script)];

		(void)snprintf(part, sizeof(part), "%.*s", (int)len, script);
		enum status status = predict(part, &events, &fault);
		assert_true(status == STATUS_UNSUPPORTED ? fault.text[0] != '\0' : status == OK);
	}
}

static void more_than_any_boot_has_is_refused(void **state)
{
	AUTO_DONE(bytes) script = { 0 };
	AUTO_DONE(grub_events) events = { 0 };
	struct grub_fault fault;
	(void)state;

	for (int i = 0; i < GRUB_EVENTS_MAX; i++)
		assert_int_equal(bytes_printf(&script, "true\n"), OK);
	assert_int_equal(bytes_append_byte(&script, 0), OK);
	assert_int_equal(predict((const char *)script.data, &events, &fault), STATUS_UNSUPPORTED);
	assert_non_null(strstr(fault.text, "more"));
}

/* Each measured text is kept: words that a variable makes long must not make it
 * longer than all of memory. */
static void a_command_of_too_many_letters_is_refused(void **state)
{
	AUTO_DONE(bytes) script = { 0 };
	AUTO_DONE(grub_events) events = { 0 };
	struct grub_fault fault;
	(void)state;

	assert_int_equal(bytes_printf(&script, "a=0123456789abcdef\n"), OK);
	for (int i = 0; i < 10; i++)
		assert_int_equal(bytes_printf(&script, "a=$a$a\n"), OK);
	assert_int_equal(bytes_printf(&script, "echo $a $a $a $a $a\n%c", 0), OK);
	assert_int_equal(predict((const char *)script.data, &events, &fault), STATUS_UNSUPPORTED);
	assert_non_null(strstr(fault.text, "too many letters"));
	assert_int_equal(fault.line, 12);
}

static void more_variables_than_any_boot_has_are_refused(void **state)
{
	AUTO_DONE(bytes) script = { 0 };
	AUTO_DONE(grub_events) events = { 0 };
	struct grub_fault fault;
	(void)state;

	for (int i = 0; i < 300; i++)
		assert_int_equal(bytes_printf(&script, "a%d=b\n", i), OK);
	assert_int_equal(bytes_append_byte(&script, 0), OK);
	assert_int_equal(predict((const char *)script.data, &events, &fault), STATUS_UNSUPPORTED);
	assert_non_null(strstr(fault.text, "variables"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_menu_is_measured_as_a_real_machine_did),
		cmocka_unit_test(a_list_of_commands_ends_with_boot),
		cmocka_unit_test(scripts_call_scripts),
		cmocka_unit_test(what_is_not_sure_is_refused_with_its_line),
		cmocka_unit_test(a_branch_that_is_not_taken_may_hold_anything),
		cmocka_unit_test(tests_hold_as_in_grub),
		cmocka_unit_test(every_truncation_of_a_script_ends),
		cmocka_unit_test(more_than_any_boot_has_is_refused),
		cmocka_unit_test(a_command_of_too_many_letters_is_refused),
		cmocka_unit_test(more_variables_than_any_boot_has_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
