/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scratch.h"
#include "verifier/configuration.h"

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* What a setting without a default, or of a closed set, may be. */
static const char *good_value(const struct setting *s)
{
	if (strcmp(s->key, "certificate_sha256") == 0)
		return SHA;
	if (strcmp(s->key, "role") == 0)
		return "platform";
	if (strcmp(s->section, "release") == 0 && strcmp(s->key, "root") == 0)
		return "sha256:" SHA;
	if (strcmp(s->key, "allow_software_tpm") == 0)
		return "yes"; /* software_roots wants it */
	if (strcmp(s->key, "url") == 0)
		return "https://releases.example/prod";
	return s->fallback != NULL ? s->fallback : "/somewhere";
}

static void put_section(FILE *f, const struct setting *s)
{
	const char *name = strcmp(s->section, "authority") == 0 ? "prod.example" : "ida";

	if (s->is_named)
		(void)fprintf(f, "[%s %s]\n", s->section, name);
	else
		(void)fprintf(f, "[%s]\n", s->section);
}

/* Every setting there is; changed has another value, or, where that is NULL, is
 * left out; more stands in its section. */
static void write_settings(const char *path, const struct setting *changed, const char *value,
			   const char *more)
{
	const char *section = "";
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	for (const struct setting *s = verifierd_schema; s->section != NULL; s++) {
		if (strcmp(section, s->section) != 0)
			put_section(f, s);
		section = s->section;
		if (s == changed && more != NULL)
			(void)fprintf(f, "%s\n", more);
		if (s != changed || value != NULL)
			(void)fprintf(f, "%s = %s\n", s->key, s == changed ? value : good_value(s));
	}
	assert_int_equal(fclose(f), 0);
}

static enum status load(const char *path, struct settings_error *error)
{
	AUTO_DONE(configuration) c = { 0 };

	*error = (struct settings_error){ { 0 } };
	return configuration_load(path, &c, error);
}

static char path[SCRATCH_MAX];

static void expect_good(const struct setting *changed, const char *value)
{
	struct settings_error error;

	write_settings(path, changed, value, NULL);
	if (load(path, &error) != OK)
		fail_msg("%s = %s: %s", changed == NULL ? "-" : changed->key,
			 value == NULL ? "(none)" : value, error.text);
}

/* Refused, by its name. */
static void expect_bad(const struct setting *changed, const char *value, const char *more,
		       const char *named)
{
	struct settings_error error;

	write_settings(path, changed, value, more);
	if (load(path, &error) == OK || strstr(error.text, named) == NULL)
		fail_msg("%s = %s %s: '%s'", changed->key, value == NULL ? "(none)" : value,
			 more == NULL ? "" : more, error.text);
}

static void every_number_has_its_bounds(void **state)
{
	static const char *const words[] = {
		"", "x", "1x", "0x10", "1.5", "-1", "+5", "1 2", "99999999999999999999", "nan",
	};
	(void)state;

	for (const struct setting *s = verifierd_schema; s->section != NULL; s++) {
		char text[32];

		if (s->type != SETTING_NUMBER)
			continue;
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			expect_bad(s, words[i], NULL, s->key);
		(void)snprintf(text, sizeof(text), "%" PRId64, s->least - 1);
		expect_bad(s, text, NULL, s->key);
		(void)snprintf(text, sizeof(text), "%" PRId64, s->most + 1);
		expect_bad(s, text, NULL, s->key);
		(void)snprintf(text, sizeof(text), "%" PRId64, s->least);
		expect_good(s, text);
		(void)snprintf(text, sizeof(text), "%" PRId64, s->most);
		expect_good(s, text);
	}
}

static void an_address_has_a_port_that_there_is(void **state)
{
	static const char *const bad[] = { "localhost:8443",   "127.0.0.1",  "127.0.0.1:",
					   "127.0.0.1:65536",  "[::]:99999", "127.0.0.1:-1",
					   "127.0.0.1:0x20fb", "[::]" };
	static const char *const good[] = { "127.0.0.1:0", "127.0.0.1:65535", "[::]:8443",
					    "0.0.0.0:8443" };
	(void)state;

	for (const struct setting *s = verifierd_schema; s->section != NULL; s++) {
		if (strcmp(s->key, "listen") != 0 && strcmp(s->key, "admin_listen") != 0)
			continue;
		for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
			expect_bad(s, bad[i], NULL, s->key);
		for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
			expect_good(s, good[i]);
	}
}

static void a_switch_is_yes_or_no(void **state)
{
	static const char *const words[] = { "", "1", "true", "on", "maybe", "yes yes" };
	(void)state;

	for (const struct setting *s = verifierd_schema; s->section != NULL; s++)
		for (size_t i = 0; s->type == SETTING_BOOL && i < sizeof(words) / sizeof(words[0]);
		     i++)
			expect_bad(s, words[i], NULL, s->key);
}

static void what_is_required_is_missed_and_the_rest_is_not(void **state)
{
	(void)state;
	expect_good(NULL, NULL);
	for (const struct setting *s = verifierd_schema; s->section != NULL; s++) {
		/* directory and root, or neither; ca says who vouches for url. */
		bool is_half = strcmp(s->section, "release") == 0 && s->type == SETTING_TEXT &&
			       strcmp(s->key, "ca") != 0;

		if (s->is_required || is_half)
			expect_bad(s, NULL, NULL, s->key);
		/* Software TPMs' roots alone would wait for a switch. */
		else if (strcmp(s->key, "allow_software_tpm") == 0)
			expect_bad(s, NULL, NULL, s->key);
		else
			expect_good(s, NULL);
	}
}

static void each_section_refuses_strangers_and_doubles(void **state)
{
	(void)state;
	for (const struct setting *s = verifierd_schema; s->section != NULL; s++) {
		char twice[128];

		(void)snprintf(twice, sizeof(twice), "%s = %s", s->key, good_value(s));
		expect_bad(s, good_value(s), twice, s->key);
		expect_bad(s, good_value(s), "lisen = 1", "lisen");
		expect_bad(s, good_value(s), "no line at all", "");
		expect_bad(s, good_value(s), "[strangers]\nkey = value", "strangers");
	}
}

static void closed_sets_and_forms_are_kept(void **state)
{
	static const struct {
		const char *section, *key, *value;
	} cases[] = {
		{ "administrator", "role", "root" },
		{ "administrator", "role", "Platform" },
		{ "administrator", "certificate_sha256", "0123" },
		{ "administrator", "certificate_sha256", SHA "00" },
		{ "administrator", "certificate_sha256",
		  "xyz3456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" },
		{ "nodes", "approve_role", "auditor" },
		{ "nodes", "approve_role", "nobody" },
		{ "nodes", "release_role", "auditor" },
		{ "release", "root", SHA },
		{ "release", "root", "sha1:0123456789abcdef0123456789abcdef01234567" },
		{ "release", "root", "sha256:0123" },
		{ "release", "url", "http://releases.example/prod" },
		{ "release", "url", "https://" },
		{ "release", "url", "https://releases.example/" },
		{ "release", "url", "https://user@releases.example/prod" },
		{ "release", "url", "https://releases.example/prod?x" },
		{ "release", "url", "file:///etc" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (const struct setting *s = verifierd_schema; s->section != NULL; s++)
			if (strcmp(s->section, cases[i].section) == 0 &&
			    strcmp(s->key, cases[i].key) == 0)
				expect_bad(s, cases[i].value, NULL, s->key);
}

static int make_path(void **state)
{
	int fd = mkstemp(scratch_name(path, "configuration"));
	(void)state;

	return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_number_has_its_bounds),
		cmocka_unit_test(an_address_has_a_port_that_there_is),
		cmocka_unit_test(a_switch_is_yes_or_no),
		cmocka_unit_test(what_is_required_is_missed_and_the_rest_is_not),
		cmocka_unit_test(each_section_refuses_strangers_and_doubles),
		cmocka_unit_test(closed_sets_and_forms_are_kept),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}
