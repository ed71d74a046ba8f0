/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: appraise_capture RELEASE-DIRECTORY
 * Appraises the capture sb-exec-policy against a signed release, as a verifier
 * does once a quote is authenticated: what 'attestctl release' makes of a boot
 * has to explain that boot to the last event and entry.
 */
#include "unit.h"

#include <time.h>

#include "capture.h"
#include "tests/data/sb-exec-policy/facts.h"
#include "tools/release/release_directory.h"
#include "verifier/appraisal/appraise.h"

static void load(const char *path, int64_t now, struct bytes *image)
{
	struct release_directory directory = { .path = path };
	struct document_source source = release_directory_source(&directory);
	struct release_trust trust = { .now = now };
	struct release_marks marks;
	struct release_refusal refusal;

	assert_int_equal(release_directory_root(&directory, &trust.root), OK);
	if (release_load(&trust, &source, image, &marks, &refusal) != OK)
		fail_msg("%s %s", refusal.code, refusal.document);
}

static void the_release_explains_the_boot(void **state)
{
	AUTO_DONE(bytes) image = { 0 };
	AUTO_DONE(bytes) boot_log = capture("boot_log.bin");
	AUTO_DONE(bytes) ima_log = capture("ima.bin");
	AUTO_DONE(appraisal) result = { 0 };
	struct pcr_values values = captured_pcrs();
	struct reference reference;
	struct node_class class;
	struct appraisal_input input = { .values = &values, .now = time(NULL) };

	load(*state, input.now, &image);
	assert_int_equal(reference_open(span_of(&image), &reference), OK);
	assert_int_equal(reference_class_named(&reference, span_text("server"), &class), OK);
	input.reference = &reference;
	input.node_class = &class;
	input.boot_log = span_of(&boot_log);
	input.ima_log = span_of(&ima_log);
	assert_int_equal(appraise(&input, &result), OK);
	for (size_t i = 0; i < result.findings.count; i++)
		print_message(
			"%s entry %lld: %s\n", reason_facts(result.findings.list[i].reason)->code,
			(long long)result.findings.list[i].entry, result.findings.list[i].detail);
	assert_int_equal(result.findings.count, 0);
	assert_int_equal(result.claims.tier[CLAIM_EXECUTABLES], TIER_AFFIRMING);
	assert_int_equal(result.claims.tier[CLAIM_CONFIGURATION], TIER_AFFIRMING);
	assert_int_equal(result.entries, CAPTURE_IMA_ENTRIES);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(the_release_explains_the_boot, argc > 1 ? argv[1] : NULL),
	};

	return argc == 2 ? cmocka_run_group_tests(tests, NULL, NULL) : 2;
}
