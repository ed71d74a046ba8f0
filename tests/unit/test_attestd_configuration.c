/* SPDX-License-Identifier: Apache-2.0 */
/* attestd.conf, of which what the sockets of the Workload API may be. */
#include "unit.h"

#include <inttypes.h>
#include <openssl/pem.h>
#include <string.h>
#include <unistd.h>

#include "attestd/configuration.h"
#include "base/auto_openssl.h"
#include "daemon/file.h"
#include "scratch.h"

static char directory[SCRATCH_MAX];
static char file[SCRATCH_MAX + 16], key[SCRATCH_MAX + 16];

static void write_file(const char *path, struct span content)
{
	assert_int_equal(file_replace(path, content, 0600, (uid_t)-1, (gid_t)-1), OK);
}

static int begin(void **state)
{
	AUTO(EVP_PKEY) pair = EVP_EC_gen("P-256");
	AUTO(BIO) pem = BIO_new(BIO_s_mem());
	char *text = NULL;

	(void)state;
	assert_non_null(mkdtemp(scratch_name(directory, "configuration")));
	(void)snprintf(file, sizeof(file), "%s/attestd.conf", directory);
	(void)snprintf(key, sizeof(key), "%s/key.pem", directory);
	assert_non_null(pair);
	assert_int_equal(PEM_write_bio_PUBKEY(pem, pair), 1);

	long len = BIO_get_mem_data(pem, &text);

	assert_true(len > 0);
	write_file(key, (struct span){ (const uint8_t *)text, (size_t)len });
	return 0;
}

static int end(void **state)
{
	(void)state;
	(void)unlink(file);
	(void)unlink(key);
	return rmdir(directory);
}

/* What every host has to say, and these sections. */
static enum status load(const char *sections, struct configuration *out,
			struct settings_error *error)
{
	AUTO_DONE(bytes) text = { 0 };

	assert_int_equal(bytes_printf(&text,
				      "[verifier]\nurl = https://verifier.example:8443\n"
				      "ca_file = %s\nresult_key = %s\n%s",
				      key, key, sections),
			 OK);
	write_file(file, span_of(&text));
	*error = (struct settings_error){ { 0 } };
	return configuration_load(file, out, error);
}

static void take(const char *sections, struct configuration *out)
{
	struct settings_error error;

	if (load(sections, out, &error) != OK)
		fail_msg("%s: %s", sections, error.text);
}

/* Refused, for this reason. */
static void expect_refused(const char *sections, const char *because)
{
	AUTO_DONE(configuration) c = { 0 };
	struct settings_error error;

	if (load(sections, &c, &error) == OK || strstr(error.text, because) == NULL)
		fail_msg("%s: '%s', not '%s'", sections, error.text, because);
	assert_null(c.settings);
	assert_int_equal(c.socket_count, 0);
}

/* One section, of which this line is another or one more. */
static void expect_line_refused(const char *line, const char *because)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "[workload-socket web]\n%s%s\n",
		       strncmp(line, "path", 4) == 0 ? "" : "path = /run/web.sock\n", line);
	expect_refused(text, because);
}

static void expect_socket(const struct socket_settings *s, const char *name, const char *path,
			  mode_t mode)
{
	assert_string_equal(s->name, name);
	assert_string_equal(s->path, path);
	assert_int_equal(s->mode, mode);
}

static void without_a_word_there_is_one_socket_for_all(void **state)
{
	AUTO_DONE(configuration) c = { 0 };

	(void)state;
	take("", &c);
	assert_int_equal(c.socket_count, 1);
	expect_socket(&c.sockets[0], "", "/run/attestd/workload.sock", 0666);
	assert_int_equal(c.sockets[0].owner, 0);
	assert_int_equal(c.sockets[0].group, 0);
}

static void each_key_of_a_socket_counts(void **state)
{
	AUTO_DONE(configuration) c = { 0 };

	(void)state;
	take("[workload-api]\nsocket = none\n"
	     "[workload-socket web]\npath = /run/web.sock\n"
	     "[workload-socket jobs-2]\npath = /run/jobs.sock\nowner = daemon\ngroup = mail\n"
	     "mode = 0600\n",
	     &c);
	assert_int_equal(c.socket_count, 2);
	expect_socket(&c.sockets[0], "web", "/run/web.sock", 0660);
	assert_int_equal(c.sockets[0].owner, 0);
	assert_int_equal(c.sockets[0].group, 0);
	expect_socket(&c.sockets[1], "jobs-2", "/run/jobs.sock", 0600);
	assert_int_equal(c.sockets[1].owner, 1); /* as Debian numbers them */
	assert_int_equal(c.sockets[1].group, 8);
}

static void the_common_one_comes_first_and_may_be_left_out(void **state)
{
	AUTO_DONE(configuration) with = { 0 };
	AUTO_DONE(configuration) without = { 0 };

	(void)state;
	take("[workload-socket web]\npath = /run/web.sock\n"
	     "[workload-api]\nsocket = /run/all.sock\n",
	     &with);
	assert_int_equal(with.socket_count, 2);
	expect_socket(&with.sockets[0], "", "/run/all.sock", 0666);
	expect_socket(&with.sockets[1], "web", "/run/web.sock", 0660);
	take("[workload-api]\nsocket = none\n", &without);
	assert_int_equal(without.socket_count, 0);
}

static void a_path_is_absolute_and_fits_into_an_address(void **state)
{
	AUTO_DONE(configuration) c = { 0 };
	char longest[SOCKET_PATH_MAX + 1] = "/", text[256];

	(void)state;
	memset(longest + 1, 's', SOCKET_PATH_MAX - 1);
	(void)snprintf(text, sizeof(text), "[workload-socket web]\npath = %s\n", longest);
	take(text, &c);
	assert_string_equal(c.sockets[1].path, longest);
	(void)snprintf(text, sizeof(text), "path = %ss", longest);
	expect_line_refused(text, "path is longer than 100 bytes");
	expect_line_refused("path =", "path");
	expect_line_refused("path = run/web.sock", "not an absolute path");
	expect_line_refused("path = none", "not an absolute path");
	expect_line_refused("path = @web", "not an absolute path");
	expect_refused("[workload-socket web]\nmode = 0600\n", "path");
	expect_refused("[workload-api]\nsocket = run/all.sock\n", "not an absolute path");
	(void)snprintf(text, sizeof(text), "[workload-api]\nsocket = %ss\n", longest);
	expect_refused(text, "socket is longer than 100 bytes");
}

static void a_mode_lets_its_owner_in_and_has_no_other_bits(void **state)
{
	static const char *const good[] = { "0600", "600", "0606", "0660", "0666" };
	static const char *const bad[] = {
		"0",	 "0400",  "0200", "0060", "0066", "0460", "0610",
		"0640x", "06000", "0700", "0661", "0667", "0676", "0766",
		"1600",	 "4666",  "0680", "rw",	  "-600", "0x1b", "6 0"
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		AUTO_DONE(configuration) c = { 0 };

		(void)snprintf(text, sizeof(text),
			       "[workload-socket web]\npath = /run/web.sock\nmode = %s\n", good[i]);
		take(text, &c);
		assert_int_equal(c.sockets[1].mode, strtol(good[i], NULL, 8));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), "mode = %s", bad[i]);
		expect_line_refused(text, "mode");
	}
	expect_line_refused("mode =", "mode is empty");
}

static void owner_and_group_are_there(void **state)
{
	(void)state;
	expect_line_refused("owner = nobody-of-this-name", "owner: there is no user");
	expect_line_refused("owner = 0", "owner: there is no user");
	expect_line_refused("owner =", "owner is empty");
	expect_line_refused("group = nothing-of-this-name", "group: there is no group");
	expect_line_refused("group = 0", "group: there is no group");
	expect_line_refused("group =", "group is empty");
}

/* A registration entry has to be able to name it. */
static void a_name_is_one_that_an_entry_can_give(void **state)
{
	AUTO_DONE(configuration) c = { 0 };
	char longest[34] = { 0 }, text[160];

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	(void)snprintf(text, sizeof(text), "[workload-socket %s]\npath = /run/a.sock\n", longest);
	take(text, &c);
	assert_string_equal(c.sockets[1].name, longest);
	(void)snprintf(text, sizeof(text), "[workload-socket %sa]\npath = /run/a.sock\n", longest);
	expect_refused(text, "the section's name is too long");
	expect_refused("[workload-socket Web]\npath = /run/a.sock\n", "no name");
	expect_refused("[workload-socket web.1]\npath = /run/a.sock\n", "no name");
	expect_refused("[workload-socket web_1]\npath = /run/a.sock\n", "no name");
	expect_refused("[workload-socket -web]\npath = /run/a.sock\n", "no name");
	expect_refused("[workload-socket]\npath = /run/a.sock\n", "unknown section");
	expect_refused("[workload-socket a b]\npath = /run/a.sock\n", "a name has letters");
	expect_refused("[workload-socket a/b]\npath = /run/a.sock\n", "a name has letters");
}

static void strangers_and_doubles_are_refused(void **state)
{
	(void)state;
	expect_line_refused("port = 8443", "unknown key 'port'");
	expect_line_refused("socket = /run/other.sock", "unknown key 'socket'");
	expect_line_refused("mode = 0600\nmode = 0600", "mode is given twice");
	expect_line_refused("path = /run/a.sock\npath = /run/b.sock", "path is given twice");
	expect_line_refused("no line at all", "");
	/* One section in two parts is one. */
	expect_line_refused("[workload-socket web]\npath = /run/b.sock", "path is given twice");
}

/* Two listeners would take the name from each other. */
static void no_two_sockets_have_one_path(void **state)
{
	static const char *const spellings[] = { "/run/web.sock", "//run/web.sock",
						 "/run/./web.sock", "/run//web.sock/" };
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		(void)snprintf(text, sizeof(text),
			       "[workload-socket web]\npath = /run/web.sock\n"
			       "[workload-socket jobs]\npath = %s\n",
			       spellings[i]);
		expect_refused(text, "given twice");
		(void)snprintf(text, sizeof(text),
			       "[workload-api]\nsocket = /run/web.sock\n"
			       "[workload-socket web]\npath = %s\n",
			       spellings[i]);
		expect_refused(text, "given twice");
	}
}

static void add_sockets(size_t count, struct bytes *text)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(
			bytes_printf(text, "[workload-socket s%zu]\npath = /run/%zu.sock\n", i, i),
			OK);
	assert_int_equal(bytes_append_byte(text, 0), OK);
}

static void there_are_so_many_sockets_and_no_more(void **state)
{
	AUTO_DONE(configuration) c = { 0 };
	AUTO_DONE(bytes) most = { 0 };
	AUTO_DONE(bytes) more = { 0 };
	AUTO_DONE(bytes) without_first = { 0 };

	(void)state;
	add_sockets(SOCKETS_MAX - 1, &most);
	take((const char *)most.data, &c);
	assert_int_equal(c.socket_count, SOCKETS_MAX);
	expect_socket(&c.sockets[SOCKETS_MAX - 1], "s30", "/run/30.sock", 0660);
	add_sockets(SOCKETS_MAX, &more);
	expect_refused((const char *)more.data, "more than 32 workload sockets");
	assert_int_equal(bytes_printf(&without_first, "[workload-api]\nsocket = none\n"), OK);
	add_sockets(SOCKETS_MAX + 1, &without_first);
	expect_refused((const char *)without_first.data, "more than 32 workload sockets");
}

static void write_number(const struct setting *s, int64_t value, char *out, size_t size)
{
	(void)snprintf(out, size, "[%s]\n%s = %" PRId64 "\n", s->section, s->key, value);
}

static void every_number_has_its_bounds(void **state)
{
	char text[128];
	size_t numbers = 0;

	(void)state;
	for (const struct setting *s = configuration_schema; s->section != NULL; s++) {
		AUTO_DONE(configuration) least = { 0 };
		AUTO_DONE(configuration) most = { 0 };

		if (s->type != SETTING_NUMBER)
			continue;
		numbers++;
		write_number(s, s->least, text, sizeof(text));
		take(text, &least);
		assert_int_equal(settings_number(least.settings, s->section, NULL, s->key),
				 s->least);
		write_number(s, s->most, text, sizeof(text));
		take(text, &most);
		write_number(s, s->least - 1, text, sizeof(text));
		expect_refused(text, s->key);
		write_number(s, s->most + 1, text, sizeof(text));
		expect_refused(text, s->key);
	}
	assert_true(numbers >= 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_word_there_is_one_socket_for_all),
		cmocka_unit_test(each_key_of_a_socket_counts),
		cmocka_unit_test(the_common_one_comes_first_and_may_be_left_out),
		cmocka_unit_test(a_path_is_absolute_and_fits_into_an_address),
		cmocka_unit_test(a_mode_lets_its_owner_in_and_has_no_other_bits),
		cmocka_unit_test(owner_and_group_are_there),
		cmocka_unit_test(a_name_is_one_that_an_entry_can_give),
		cmocka_unit_test(strangers_and_doubles_are_refused),
		cmocka_unit_test(no_two_sockets_have_one_path),
		cmocka_unit_test(there_are_so_many_sockets_and_no_more),
		cmocka_unit_test(every_number_has_its_bounds),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
