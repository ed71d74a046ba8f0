/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "messages/spiffe_id.h"

static void spiffe_ids_have_whole_segments(void **state)
{
	static const char *const good[] = { "spiffe://prod.example/a", "spiffe://a",
					    "spiffe://a-1.b/x/Y_z.9" };
	static const char *const bad[] = {
		"",
		"spiffe://",
		"spiffe:///a",
		"spiffe://a/",
		"spiffe://a//b",
		"spiffe://a/./b",
		"spiffe://a/..",
		"spiffe://A/b",
		"spiffe://a_b/c",
		"spiffe://a/b c",
		"spiffe://a/b?c",
		"spiffe://a/%61",
		"http://a/b",
		"spiffe://a:1/b",
		"spiffe://u@a/b",
		"spiffe://.a/b",
		"spiffe://a./b",
		"spiffe://-a/b",
		"spiffe://a/*",
		"SPIFFE://a/b",
		"spiffe://a..b/c",
	};
	(void)state;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(spiffe_id_is_valid(span_text(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(spiffe_id_is_valid(span_text(bad[i])));
}

static void a_pattern_entitles_to_whole_segments_only(void **state)
{
	static const struct {
		const char *pattern;
		const char *id;
		bool matches;
	} cases[] = {
		{ "spiffe://a/x", "spiffe://a/x", true },
		{ "spiffe://a/x", "spiffe://a/xy", false },
		{ "spiffe://a/x", "spiffe://a/x/y", false },
		{ "spiffe://a/x/y", "spiffe://a/x", false },
		{ "spiffe://a/*", "spiffe://a/x", true },
		{ "spiffe://a/*", "spiffe://a/x/y", false },
		{ "spiffe://a/*", "spiffe://a", false },
		{ "spiffe://a/*/z", "spiffe://a/x/z", true },
		{ "spiffe://a/x/**", "spiffe://a/x/y/z", true },
		{ "spiffe://a/x/**", "spiffe://a/x", false },
		{ "spiffe://a/**", "spiffe://b/x", false },
		{ "spiffe://a/x*", "spiffe://a/xy", false },
		{ "spiffe://a/**/x", "spiffe://a/y/x", false },
		{ "spiffe://a", "spiffe://a", false },
		{ "spiffe://a/**", "spiffe://a/../b", false },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
			spiffe_id_matches(span_text(cases[i].pattern), span_text(cases[i].id)),
			cases[i].matches);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spiffe_ids_have_whole_segments),
		cmocka_unit_test(a_pattern_entitles_to_whole_segments_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
