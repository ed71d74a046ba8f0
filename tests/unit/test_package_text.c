/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "policies/artifacts/archive_list.h"
#include "policies/artifacts/package_text.h"

static void a_status_file_says_what_is_installed(void **state)
{
	static const char text[] = "\nPackage: a\nStatus: install ok installed\nVersion: 1:2\n"
				   "Architecture: amd64\nDescription: first\n more: text\n\n\n"
				   "package: b\nStatus: deinstall ok config-files\nVersion: 3\n";
	struct package_reader reader = package_reader_over(span_text(text));
	struct package_text package;
	(void)state;

	assert_true(package_text_is_paragraphs(span_text(text)));
	assert_int_equal(package_reader_paragraph(&reader, &package), OK);
	assert_true(span_equal(package.name, span_text("a")));
	assert_true(span_equal(package.version, span_text("1:2")));
	assert_true(span_equal(package.architecture, span_text("amd64")));
	assert_true(package.is_installed);
	assert_int_equal(package.line, 2);
	assert_int_equal(package_reader_paragraph(&reader, &package), OK);
	assert_true(span_equal(package.name, span_text("b")));
	assert_false(package.is_installed);
	assert_int_equal(package_reader_paragraph(&reader, &package), STATUS_NOT_FOUND);
}

static void paragraphs_that_say_a_thing_twice_are_refused(void **state)
{
	static const struct {
		const char *text;
		size_t line;
	} bad[] = {
		{ "Package: a\nPackage: b\n", 2 },
		{ "Package: a\nVersion:\n", 2 },
		{ "Version: 1\n", 1 },
		{ "Package: a\nno field\n", 2 },
		{ "Package: a\nSHA256: x\nsha256: y\n", 3 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct package_reader reader = package_reader_over(span_text(bad[i].text));
		struct package_text package;

		assert_int_equal(package_reader_paragraph(&reader, &package), STATUS_MALFORMED);
		assert_int_equal(package.line, bad[i].line);
	}
}

static void a_list_has_three_words_a_line(void **state)
{
	static const char text[] = "# what runs\n\n a 1:2 amd64 \nb 3\tall\nc 4\n";
	struct package_reader reader = package_reader_over(span_text(text));
	struct package_text package;
	(void)state;

	assert_false(package_text_is_paragraphs(span_text(text)));
	assert_int_equal(package_reader_line(&reader, &package), OK);
	assert_true(span_equal(package.version, span_text("1:2")));
	assert_int_equal(package_reader_line(&reader, &package), OK);
	assert_true(span_equal(package.architecture, span_text("all")));
	assert_int_equal(package_reader_line(&reader, &package), STATUS_MALFORMED);
	assert_int_equal(package.line, 5);
}

static void a_package_s_file_is_named_with_its_epoch_or_without(void **state)
{
	const struct package_text package = { .name = span_text("a"),
					      .version = span_text("1:2-3"),
					      .architecture = span_text("amd64") };
	(void)state;

	assert_true(package_text_is_file(&package, span_text("a_1%3a2-3_amd64.deb")));
	assert_true(package_text_is_file(&package, span_text("a_2-3_amd64.deb")));
	assert_false(package_text_is_file(&package, span_text("a_2%3a2-3_amd64.deb")));
	assert_false(package_text_is_file(&package, span_text("a_2-3_arm64.deb")));
	assert_false(package_text_is_file(&package, span_text("ab_2-3_amd64.deb")));
	assert_false(package_text_is_file(&package, span_text("a_2-3_amd64.udeb")));
	assert_false(package_text_is_file(&package, span_text("a_2-3")));
}

static void diversions_are_three_lines_each(void **state)
{
	static const char text[] = "/bin/sh\n/bin/sh.distrib\ndash\n/a\n/b\n:\n";
	struct diversion diversion;
	(void)state;

	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		struct package_reader reader =
			package_reader_over((struct span){ (const uint8_t *)text, len });
		enum status status = OK;

		while (status == OK)
			status = diversion_next(&reader, &diversion);
		/* Whole rows, or the last text cut: never a path of two. */
		assert_true(status == STATUS_NOT_FOUND || status == STATUS_MALFORMED);
	}

	struct package_reader reader = package_reader_over(span_text(text));
	assert_int_equal(diversion_next(&reader, &diversion), OK);
	assert_true(span_equal(diversion.to, span_text("/bin/sh.distrib")));
	assert_int_equal(diversion_next(&reader, &diversion), OK);
	assert_true(span_equal(diversion.package, span_text(":")));
	assert_int_equal(diversion_next(&reader, &diversion), STATUS_NOT_FOUND);
}

#define SUM "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"

static void an_archives_list_names_its_indexes(void **state)
{
	static const char text[] = "Origin: Debian\nvalid-until: Sat, 11 Jul 2026 10:17:11 UTC\n"
				   "MD5Sum:\n 00 3 main/Packages\nSHA256:\n"
				   " " SUM "        3 main/binary-amd64/Packages\n"
				   " " SUM "  18446744073709551616 main/huge\n short\n";
	struct archive_list list;
	struct span name;
	(void)state;

	assert_int_equal(archive_list_parse(span_text(text), &list), OK);
	assert_true(span_equal(list.valid_until, span_text("Sat, 11 Jul 2026 10:17:11 UTC")));
	assert_true(archive_list_find(&list, span_text(SUM), 3, &name));
	assert_true(span_equal(name, span_text("main/binary-amd64/Packages")));
	assert_false(archive_list_find(&list, span_text(SUM), 4, &name));
	assert_false(archive_list_find(&list, span_text(SUM), 0, &name));
	assert_false(archive_list_find(&list, span_text("00"), 3, &name));
	for (size_t len = 0; len < sizeof(text) - 1; len++)
		if (archive_list_parse((struct span){ (const uint8_t *)text, len }, &list) == OK)
			(void)archive_list_find(&list, span_text(SUM), 3, &name);
}

static void an_archives_list_says_each_thing_once(void **state)
{
	static const char *const texts[] = {
		"",
		"Origin: Debian\n",
		"SHA256:\n",
		"SHA256: inline\n " SUM " 3 a\n",
		"SHA256:\n " SUM " 3 a\nSHA256:\n " SUM " 4 b\n",
		"SHA256:\n " SUM " 3 a\n\nSHA256:\n " SUM " 4 b\n",
		"Valid-Until: a\nValid-Until: b\nSHA256:\n " SUM " 3 a\n",
		"Valid-Until:\nSHA256:\n " SUM " 3 a\n",
	};
	struct archive_list list;
	(void)state;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(archive_list_parse(span_text(texts[i]), &list), STATUS_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_file_says_what_is_installed),
		cmocka_unit_test(paragraphs_that_say_a_thing_twice_are_refused),
		cmocka_unit_test(a_list_has_three_words_a_line),
		cmocka_unit_test(a_package_s_file_is_named_with_its_epoch_or_without),
		cmocka_unit_test(diversions_are_three_lines_each),
		cmocka_unit_test(an_archives_list_names_its_indexes),
		cmocka_unit_test(an_archives_list_says_each_thing_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
