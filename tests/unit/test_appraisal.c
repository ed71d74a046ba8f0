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
	assert_int_equal(a.entries, CAPTURE_IMA_ENTRIES);
	assert_int_equal(a.prefix_bytes, g.ima_log.len);
	assert_true(a.has_release);
	assert_int_equal(a.version, 42);
}

static struct claims claims_of(enum trust_tier tier)
{
	struct claims claims;

	for (unsigned i = 0; i < CLAIM_COUNT; i++)
		claims.tier[i] = tier;
	return claims;
}

static void trust_wants_all_four_claims_affirmed(void **state)
{
	static const enum trust_tier lesser[] = { TIER_NONE, TIER_WARNING, TIER_CONTRAINDICATED,
						  (enum trust_tier)3 };
	(void)state;

	for (unsigned claim = 0; claim < CLAIM_COUNT; claim++) {
		for (size_t i = 0; i < 4; i++) {
			struct claims claims = claims_of(TIER_AFFIRMING);

			assert_int_equal(claims_verdict(&claims), VERDICT_TRUSTED);
			claims.tier[claim] = lesser[i];
			assert_int_equal(claims_verdict(&claims), lesser[i] == TIER_WARNING
									  ? VERDICT_WARNED
									  : VERDICT_UNTRUSTED);
		}
	}
}

static void a_finding_lowers_its_claim_and_no_other(void **state)
{
	(void)state;

	for (unsigned r = REASON_NONE + 1; r < REASON_COUNT; r++) {
		const struct reason_facts *facts = reason_facts((enum reason)r);
		struct claims claims = claims_of(TIER_AFFIRMING);
		struct findings findings = { 0 };
		struct finding finding = finding_of((enum reason)r);

		findings_add(&findings, &finding);
		claims_lower(&claims, &findings);
		for (unsigned claim = 0; claim < CLAIM_COUNT; claim++)
			assert_true((claims.tier[claim] == TIER_AFFIRMING) ==
				    (claim != facts->claim));
		assert_int_not_equal(claims_verdict(&claims), VERDICT_TRUSTED);
	}
}

/* How many of this reason and layer the list shows. */
static size_t listed(const struct findings *findings, const struct finding *like)
{
	size_t count = 0;

	for (size_t i = 0; i < findings->count; i++)
		count += findings->list[i].reason == like->reason &&
			 findings->list[i].layer == like->layer;
	return count;
}

static void many_of_one_reason_hide_no_other(void **state)
{
	struct findings findings = { 0 };
	struct finding unknown = finding_of(REASON_IMA_ENTRY_UNKNOWN);
	struct finding module = unknown;
	struct finding policy = finding_of(REASON_IMA_POLICY_MISSING);
	struct finding stale = finding_of(REASON_RELEASE_STALE);
	(void)state;

	module.layer = LAYER_KERNEL;
	for (unsigned i = 0; i < 1000; i++)
		findings_add(&findings, &unknown);
	findings_add(&findings, &policy);
	findings_add(&findings, &module);
	findings_add(&findings, &stale);
	for (unsigned i = 0; i < 1000; i++)
		findings_add(&findings, &unknown);
	assert_int_equal(findings.count, FINDINGS_MAX);
	assert_int_equal(findings.more, 2003 - FINDINGS_MAX);
	assert_int_equal(listed(&findings, &policy), 1);
	assert_int_equal(listed(&findings, &module), 1);
	assert_int_equal(listed(&findings, &stale), 1);
	assert_int_equal(listed(&findings, &unknown), FINDINGS_MAX - 3);
	/* The first of a kind keeps its place. */
	assert_int_equal(findings.list[0].reason, REASON_IMA_ENTRY_UNKNOWN);
}

/* Each of another kind: none repeats itself, and the mildest goes. */
static void a_list_of_many_kinds_has_room_for_a_worse_one(void **state)
{
	struct findings findings = { 0 };
	struct finding bad = finding_of(REASON_IMA_ENTRY_UNKNOWN);
	(void)state;

	for (unsigned i = 0; findings.count < FINDINGS_MAX; i++) {
		struct finding mild = finding_of((enum reason)(REASON_NONE + 1 + i / LAYERS));

		assert_true(i / LAYERS < REASON_COUNT - 1);
		mild.layer = (enum layer)(i % LAYERS);
		if (reason_facts(mild.reason)->severity < reason_facts(bad.reason)->severity)
			findings_add(&findings, &mild);
	}
	findings_add(&findings, &bad);
	assert_int_equal(findings.count, FINDINGS_MAX);
	assert_int_equal(findings.more, 1);
	assert_int_equal(listed(&findings, &bad), 1);
}

static void a_finding_beyond_the_list_still_counts(void **state)
{
	struct claims claims = claims_of(TIER_AFFIRMING);
	struct findings findings = { 0 };
	struct finding mild = finding_of(REASON_IMA_ENTRY_ELSEWHERE);
	struct finding bad = finding_of(REASON_IMA_ENTRY_UNKNOWN);
	(void)state;

	for (unsigned i = 0; i < FINDINGS_MAX; i++)
		findings_add(&findings, &mild);
	findings_add(&findings, &bad);
	assert_int_equal(findings.count, FINDINGS_MAX);
	assert_int_equal(findings.more, 1);
	/* And it is shown in place of a milder one. */
	assert_int_equal(listed(&findings, &bad), 1);
	findings_add(&findings, &bad);
	assert_int_equal(listed(&findings, &bad), 2);
	claims_lower(&claims, &findings);
	assert_int_equal(claims.tier[CLAIM_EXECUTABLES], TIER_CONTRAINDICATED);
}

static void nothing_makes_a_claim_better_again(void **state)
{
	struct claims bad = claims_of(TIER_CONTRAINDICATED);
	struct claims none = claims_of(TIER_NONE);
	struct claims good = claims_of(TIER_AFFIRMING);
	struct findings nothing = { 0 };
	struct claims joined;
	(void)state;

	claims_lower(&bad, &nothing);
	assert_int_equal(claims_verdict(&bad), VERDICT_UNTRUSTED);
	joined = claims_joined(&bad, &good);
	assert_int_equal(claims_verdict(&joined), VERDICT_UNTRUSTED);
	joined = claims_joined(&none, &good);
	assert_int_equal(claims_verdict(&joined), VERDICT_TRUSTED);
	claims_lower(&none, &nothing);
	assert_int_equal(claims_verdict(&none), VERDICT_UNTRUSTED);
}

static void reasons_have_a_code_of_their_own_and_advice(void **state)
{
	(void)state;

	for (unsigned r = 0; r < REASON_COUNT; r++) {
		const struct reason_facts *facts = reason_facts((enum reason)r);
		enum reason found;

		assert_non_null(facts->code);
		assert_true(strlen(facts->advice) > 0);
		assert_int_equal(reason_coded(span_text(facts->code), &found), OK);
		assert_int_equal(found, r);
	}
	assert_int_equal(reason_facts(REASON_COUNT)->severity, SEVERITY_CONTRAINDICATED);
}

static void details_are_bounded_and_printable(void **state)
{
	struct finding finding = finding_of(REASON_IMA_ENTRY_UNKNOWN);
	uint8_t long_path[4096];
	(void)state;

	memset(long_path, '\n', sizeof(long_path));
	finding_detail(&finding, "path", (struct span){ long_path, sizeof(long_path) });
	finding_detail(&finding, "more", (struct span){ long_path, sizeof(long_path) });
	assert_true(strlen(finding.detail) <= FINDING_DETAIL_MAX);
	for (const char *c = finding.detail; *c != '\0'; c++)
		assert_true(*c >= ' ' && *c <= '~');
	assert_memory_equal(finding.detail, "path %0A%0A", 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trust_wants_all_four_claims_affirmed),
		cmocka_unit_test(a_finding_lowers_its_claim_and_no_other),
		cmocka_unit_test(many_of_one_reason_hide_no_other),
		cmocka_unit_test(a_list_of_many_kinds_has_room_for_a_worse_one),
		cmocka_unit_test(a_finding_beyond_the_list_still_counts),
		cmocka_unit_test(nothing_makes_a_claim_better_again),
		cmocka_unit_test(reasons_have_a_code_of_their_own_and_advice),
		cmocka_unit_test(details_are_bounded_and_printable),
		cmocka_unit_test(a_real_boot_is_explained_to_the_last_event_and_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
