/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "golden_release.h"
#include "verifier/appraisal/appraise.h"

static struct appraisal_input input_of(const struct golden *g)
{
	return (struct appraisal_input){
		.reference = &g->reference,
		.node_class = &g->built,
		.values = &g->values,
		.boot_log = span_of(&g->boot_log),
		.ima_log = span_of(&g->ima_log),
		.now = GOLDEN_NOW,
	};
}

static void print_findings(const struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		print_message("%s entry %lld: %s\n", reason_facts(findings->list[i].reason)->code,
			      (long long)findings->list[i].entry, findings->list[i].detail);
}

static void a_real_boot_is_explained_to_the_last_event_and_entry(void **state)
{
	AUTO_DONE(golden) g = { 0 };
	AUTO_DONE(appraisal) a = { 0 };
	(void)state;

	golden_init(&g);
	golden_build(&g);
	struct appraisal_input input = input_of(&g);

	assert_int_equal(appraise(&input, &a), OK);
	print_findings(&a.findings);
	assert_int_equal(a.findings.count, 0);
	assert_int_equal(a.claims.tier[CLAIM_EXECUTABLES], TIER_AFFIRMING);
	assert_int_equal(a.claims.tier[CLAIM_CONFIGURATION], TIER_AFFIRMING);
	assert_int_equal(a.entries, 158);
	assert_int_equal(a.prefix_bytes, g.ima_log.len);
	assert_true(a.has_release);
	assert_int_equal(a.version, 42);
	print_message("state %zu bytes\n", a.state.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_real_boot_is_explained_to_the_last_event_and_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
