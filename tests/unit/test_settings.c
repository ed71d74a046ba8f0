/* SPDX-License-Identifier: Apache-2.0 */
/* Settings: what a file says, and which files count. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/settings.h"
#include "scratch.h"

static const struct setting schema[] = {
	{ "server", false, "listen", SETTING_TEXT, 0, 40, "[::]:8443", false, "where" },
	{ "server", false, "port", SETTING_NUMBER, 1, 65535, "8443", false, "port" },
	{ "server", false, "admins", SETTING_LIST, 0, 0, NULL, false, "who" },
	{ "server", false, "strict", SETTING_BOOL, 0, 0, "no", false, "how" },
	{ "identity", true, "spiffe_id", SETTING_TEXT, 0, 0, NULL, true, "its name" },
	{ "identity", true, "mode", SETTING_TEXT, 0, 4, "0600", false, "file mode" },
	{ NULL, false, NULL, SETTING_TEXT, 0, 0, NULL, false, NULL },
};

static enum status parse(const char *text, struct settings **out, struct settings_error *error)
{
	AUTO(settings) s = NULL;
	enum status status = settings_new(schema, &s);

	assert_int_equal(status, OK);
	status = settings_parse(s, "x.conf", 0, span_text(text), error);
	if (status == OK) {
		*out = s;
		s = NULL;
	}
	return status;
}

static void settings_give_values_lists_and_defaults(void **state)
{
	AUTO(settings) s = NULL;
	struct settings_error error;
	(void)state;

	assert_int_equal(parse("# comment\n[server]\nport = 99\nadmins = a  b\n\tc\nstrict=yes\n"
			       "[identity web]\nspiffe_id = spiffe://x/web\n"
			       "[identity db]\nspiffe_id = spiffe://x/db\nmode = 0640",
			       &s, &error),
			 OK);
	assert_int_equal(settings_number(s, "server", NULL, "port"), 99);
	assert_string_equal(settings_text(s, "server", NULL, "admins"), "a b c");
	assert_string_equal(settings_text(s, "server", NULL, "listen"), "[::]:8443");
	assert_true(settings_bool(s, "server", NULL, "strict"));
	assert_int_equal(settings_name_count(s, "identity"), 2);
	assert_string_equal(settings_name(s, "identity", 0), "web");
	assert_string_equal(settings_name(s, "identity", 1), "db");
	assert_null(settings_name(s, "identity", 2));
	assert_string_equal(settings_text(s, "identity", "db", "mode"), "0640");
	assert_string_equal(settings_text(s, "identity", "web", "mode"), "0600");
	assert_null(settings_text(s, "server", NULL, "no-such-key"));
}

static void a_wrong_setting_names_file_line_and_key(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "[server]\nprt = 1\n", "x.conf:2: unknown key 'prt' in section [server]" },
		{ "[servr]\nport = 1\n", "x.conf:2: unknown section [servr]" },
		{ "port = 1\n", "x.conf:1: unknown section []" },
		{ "[server]\nport = 1\n\nport = 2\n", "x.conf:4: port is given twice" },
		{ "[server]\nport = 0\n", "x.conf:2: port is a number from 1 to 65535" },
		{ "[server]\nport = 1x\n", "x.conf:2: port is a number from 1 to 65535" },
		{ "[server]\nport = 01\n", "x.conf:2: port is a number from 1 to 65535" },
		{ "[server]\nstrict = true\n", "x.conf:2: strict is yes or no" },
		{ "[server]\nlisten =\n", "x.conf:2: listen is empty" },
		{ "[server]\nlisten = 12345678901234567890123456789012345678901\n",
		  "x.conf:2: listen is longer than 40 bytes" },
		{ "[server]\nlisten = a\n  b\n",
		  "x.conf:3: listen has one line; only lists go on in the next" },
		{ "[server\nport = 1\n",
		  "x.conf:1: not a [section], a 'key = value' or a comment" },
		{ "[server]\nport\n", "x.conf:2: not a [section], a 'key = value' or a comment" },
		{ "[identity]\nmode = 1\n", "x.conf:2: unknown section [identity]" },
		{ "[identity a/b]\nmode = 1\n",
		  "x.conf:2: [identity a/b]: a name has letters, digits, '.', '_' and '-'" },
		{ "[identity aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\n",
		  "x.conf:1: the section's name is too long" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO(settings) s = NULL;
		struct settings_error error = { 0 };

		assert_int_equal(parse(cases[i].text, &s, &error), STATUS_MALFORMED);
		assert_string_equal(error.text, cases[i].error);
	}
}

static void drop_ins_override_in_name_order_and_no_stranger_may_write_them(void **state)
{
	char directory[SCRATCH_MAX], path[128], drop[144], first[160], second[160];
	struct settings_error error;
	struct settings *s = NULL;
	(void)state;

	assert_non_null(mkdtemp(scratch_name(directory, "daemon")));
	(void)snprintf(path, sizeof(path), "%s/x.conf", directory);
	(void)snprintf(drop, sizeof(drop), "%s.d", path);
	(void)snprintf(first, sizeof(first), "%s/10.conf", drop);
	(void)snprintf(second, sizeof(second), "%s/20.conf", drop);

	assert_int_equal(settings_load(path, schema, &s, &error), STATUS_NOT_FOUND);
	scratch_write(path,
		      span_text("[server]\nport = 1\nlisten = base\n[identity a]\nspiffe_id = i\n"),
		      0644);
	assert_int_equal(settings_load(path, schema, &s, &error), OK);
	settings_free(s);
	assert_int_equal(mkdir(drop, 0755), 0);
	scratch_write(second, span_text("[server]\nport = 3\n"), 0644);
	scratch_write(first, span_text("[server]\nport = 2\nlisten = first\n"), 0644);
	assert_int_equal(settings_load(path, schema, &s, &error), OK);
	assert_int_equal(settings_number(s, "server", NULL, "port"), 3);
	assert_string_equal(settings_text(s, "server", NULL, "listen"), "first");
	settings_free(s);
	s = NULL;
	assert_int_equal(chmod(first, 0666), 0);
	assert_int_equal(settings_load(path, schema, &s, &error), STATUS_DENIED);
	assert_non_null(strstr(error.text, "10.conf"));
	scratch_write(first, span_text("[identity b]\nmode = 1\n"), 0644);
	assert_int_equal(settings_load(path, schema, &s, &error), STATUS_NOT_FOUND);
	assert_non_null(strstr(error.text, "[identity b] wants the key 'spiffe_id'"));
	assert_null(s);
	assert_int_equal(
		unlink(first) | unlink(second) | rmdir(drop) | unlink(path) | rmdir(directory), 0);
}

/* What stands in them may narrow: left out, it would be missed by nobody. */
static void drop_ins_that_cannot_be_read_are_not_left_out(void **state)
{
	char directory[SCRATCH_MAX], path[128], drop[144];
	struct settings_error error;
	struct settings *s = NULL;
	(void)state;

	assert_non_null(mkdtemp(scratch_name(directory, "daemon")));
	(void)snprintf(path, sizeof(path), "%s/x.conf", directory);
	(void)snprintf(drop, sizeof(drop), "%s.d", path);
	scratch_write(path, span_text("[server]\nport = 1\n[identity a]\nspiffe_id = i\n"), 0644);

	/* A file, a link to itself, one to nowhere, a directory of everybody's. */
	scratch_write(drop, span_text(""), 0644);
	assert_int_not_equal(settings_load(path, schema, &s, &error), OK);
	assert_non_null(strstr(error.text, "x.conf.d: "));
	assert_int_equal(unlink(drop), 0);
	assert_int_equal(symlink("x.conf.d", drop), 0);
	assert_int_not_equal(settings_load(path, schema, &s, &error), OK);
	assert_int_equal(unlink(drop), 0);
	assert_int_equal(symlink("nowhere", drop), 0);
	assert_int_not_equal(settings_load(path, schema, &s, &error), OK);
	assert_int_equal(unlink(drop), 0);
	assert_int_equal(mkdir(drop, 0755), 0);
	assert_int_equal(chmod(drop, 0777), 0);
	assert_int_equal(settings_load(path, schema, &s, &error), STATUS_DENIED);
	assert_non_null(strstr(error.text, "nobody else may write"));
	assert_null(s);
	assert_int_equal(chmod(drop, 0755), 0);
	assert_int_equal(settings_load(path, schema, &s, &error), OK);
	settings_free(s);
	assert_int_equal(rmdir(drop) | unlink(path) | rmdir(directory), 0);
}

/* As in a unit without CAP_DAC_OVERRIDE: not even root reads it. */
static void drop_ins_of_another_user_are_not_left_out(void **state)
{
	char directory[SCRATCH_MAX], path[128], drop[144];
	struct settings_error error;
	struct settings *s = NULL;
	int how = 0;
	(void)state;

	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(scratch_name(directory, "daemon")));
	(void)snprintf(path, sizeof(path), "%s/x.conf", directory);
	(void)snprintf(drop, sizeof(drop), "%s.d", path);
	assert_int_equal(chmod(directory, 0755), 0);
	scratch_write(path, span_text("[server]\nport = 1\n[identity a]\nspiffe_id = i\n"), 0644);
	assert_int_equal(mkdir(drop, 0700), 0);

	pid_t pid = fork();

	if (pid == 0)
		_exit(setuid(65534) == 0 ? (int)settings_load(path, schema, &s, &error) : 99);
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_true(WIFEXITED(how));
	assert_int_equal(WEXITSTATUS(how), STATUS_DENIED);
	assert_int_equal(rmdir(drop) | unlink(path) | rmdir(directory), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_give_values_lists_and_defaults),
		cmocka_unit_test(a_wrong_setting_names_file_line_and_key),
		cmocka_unit_test(drop_ins_override_in_name_order_and_no_stranger_may_write_them),
		cmocka_unit_test(drop_ins_that_cannot_be_read_are_not_left_out),
		cmocka_unit_test(drop_ins_of_another_user_are_not_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
