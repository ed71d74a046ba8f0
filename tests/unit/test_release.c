/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "policies/envelope/dsse.h"
#include "policies/loading/release.h"
#include "policies/trust/root.h"
#include "release_outcome.h"

static void a_line_that_everybody_signed_loads(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct reference ref;
	struct release release;
	struct node_class class;
	struct reference_set set;
	struct boot_rule rule;
	(void)state;

	line_make(&line, NULL, 0);
	outcome_load(&line, &out);
	assert_int_equal(out.status, OK);
	assert_int_equal(reference_open(span_of(&out.image), &ref), OK);
	assert_int_equal(reference_facts(&ref).valid_until, LINE_NOW + 3600);
	assert_int_equal(reference_facts(&ref).release_count, 1);
	assert_int_equal(reference_class_named(&ref, span_text("server"), &class), OK);
	assert_int_equal(class.select, 0x6fff);
	assert_int_equal(class.policy_pcrs, 1 << 4 | 1 << 7 | 1 << 14);
	assert_true(reference_range_has_text(&ref, class.cells, span_text("q35/6.1.0")));
	assert_int_equal(reference_release(&ref, 0, &release), OK);
	assert_true(digest_equal(&release.manifest, &line.manifest));
	assert_int_equal(release.state, RELEASE_CURRENT);
	assert_true(release.boot.secure_boot);
	assert_int_equal(release.boot.lockdown, LOCKDOWN_INTEGRITY);
	assert_int_equal(reference_boot_rule(&ref, release.boot.chain.first, &rule), OK);
	assert_true(span_equal(rule.name, span_text("shim")) && rule.is_required);
	assert_int_equal(reference_boot_rule(&ref, release.boot.pcrs.first, &rule), OK);
	assert_int_equal(rule.pcr, 11);
	assert_true(reference_range_has_text(&ref, release.boot.cmdline,
					     span_text("root=UUID={uuid} ro")));
	assert_int_equal(release.ima.early.count, 1);
	assert_int_equal(release.ima.keyrings.count, 1);
	assert_int_equal(reference_set(&ref, release.ima.sets.first, &set), OK);
	assert_int_equal(set.files, 2);
	assert_int_equal(set.class, SET_IDENTITY);
	struct digest ones = digest_filled(DIGEST_SHA256, 0x11);
	assert_int_equal(reference_file_lookup(&ref, set.table, span_text("/usr/bin/cat"), &ones),
			 OK);
	assert_true(
		span_equal(reference_owner(&ref, LAYER_KERNEL).owner, span_text("kernel-team")));
	assert_int_equal(out.marks.timestamp.version, 1);
	assert_true(digest_equal(&out.marks.root.digest, &line.root));
}

static void a_second_version_loads_beside_the_first(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) first = { 0 };
	AUTO_DONE(outcome) second = { 0 };
	struct reference ref;
	struct release release;
	(void)state;

	line_make(&line, NULL, 0);
	outcome_load(&line, &first);
	line_make_version(&line, 2, NULL, 0);
	outcome_load_at(&line, &first.marks, LINE_NOW, &second);
	assert_int_equal(second.status, OK);
	assert_int_equal(reference_open(span_of(&second.image), &ref), OK);
	assert_int_equal(reference_facts(&ref).release_count, 2);
	assert_int_equal(reference_release(&ref, 1, &release), OK);
	assert_int_equal(release.state, RELEASE_PREVIOUS);
	assert_true(release.accept_until == LINE_NOW + 3600);
}

static void a_renewed_timestamp_keeps_the_generation(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(line) renewed = { 0 };
	AUTO_DONE(outcome) first = { 0 };
	AUTO_DONE(outcome) second = { 0 };
	AUTO_DONE(outcome) third = { 0 };
	struct reference before, after;
	const struct line_edit renewal = { "timestamp", "\"expires\":1767229200",
					   "\"expires\":1767228200" };
	(void)state;

	line_make(&line, NULL, 0);
	outcome_load(&line, &first);
	line_make(&renewed, &renewal, 1);
	outcome_load(&renewed, &second);
	assert_int_equal(reference_open(span_of(&first.image), &before), OK);
	assert_int_equal(reference_open(span_of(&second.image), &after), OK);
	assert_true(reference_facts(&before).valid_until != reference_facts(&after).valid_until);
	assert_true(span_equal(reference_facts(&before).generation,
			       reference_facts(&after).generation));

	line_make_version(&line, 2, NULL, 0);
	outcome_load_at(&line, &first.marks, LINE_NOW, &third);
	assert_int_equal(reference_open(span_of(&third.image), &after), OK);
	assert_false(span_equal(reference_facts(&before).generation,
				reference_facts(&after).generation));
}

static void a_layer_without_an_owner_is_refused(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "root", "\"owner\":\"kernel-team\"", "\"owner\":\"\"" }, "empty" },
		{ { "root", "\"kernel\":{\"owner\"", "\"kernels\":{\"owner\"" }, "missing-field" },
		{ { "root", "\"requireProvenance\":false", "\"requireProvenance\":true" },
		  "builders-missing" },
		{ { "root", "\"lowRisk\":[]", "\"lowRisk\":[\"userland\"]" }, "unknown-kind" },
	};
	(void)state;

	outcome_all_refused(ROWS(rows));
}

static void another_root_than_the_pinned_one_is_refused(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	static const struct refusal_row rows[] = {
		{ { "root#2", NULL, "plat-root" }, "threshold-not-met" },
		{ { "root#2", NULL, "build" }, "threshold-not-met" },
		{ { "index", "\"root\":{\"version\":1", "\"root\":{\"version\":2" },
		  "root-mismatch" },
	};
	(void)state;

	outcome_all_refused(ROWS(rows));
	line_make(&line, NULL, 0);
	line.root.value[0] ^= 1;
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "root-not-pinned");
}

/* Loads a second version whose index is edited, after version 1 was loaded. */
static const char *second_index_refused(const struct line_edit *edits, size_t count)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) first = { 0 };
	AUTO_DONE(outcome) out = { 0 };

	line_make(&line, NULL, 0);
	outcome_load(&line, &first);
	assert_int_equal(first.status, OK);

	struct release_marks marks = first.marks;
	line_make_version(&line, 2, edits, count);
	outcome_load_at(&line, &marks, LINE_NOW, &out);
	return out.status == OK ? "none" : out.refusal.code;
}

/* Left out of one index, an older manifest could come back with the next. */
static void current_is_not_withdrawn_by_publish_alone(void **state)
{
	static const struct line_edit canary[] = {
		{ "index", "\"state\":\"current\"", "\"state\":\"canary\"" },
		{ "matrix", "\"state\":\"allow\"", "\"state\":\"block\"" },
		{ "matrix", "\"version\":1", "\"version\":2" },
	};
	static const struct line_edit alone[] = {
		{ "index", "\"state\":\"current\"",
		  "\"state\":\"previous\",\"acceptUntil\":1767229200" },
	};
	static const struct line_edit elsewhere[] = {
		{ "matrix", "\"cells\":[",
		  "\"cells\":[{\"platform\":\"q36\",\"kernel\":\"6.1.0\",\"state\":\"allow\"}," },
		{ "manifest", "\"platform\":\"q35\"", "\"platform\":\"q36\"" },
		{ "index", "\"platform\":\"q35\"", "\"platform\":\"q36\"" },
		{ "matrix", "\"version\":1", "\"version\":2" },
	};
	(void)state;

	assert_string_equal(second_index_refused(NULL, 0), "none");
	assert_string_equal(second_index_refused(canary, 1), "current-withdrawn");
	assert_string_equal(second_index_refused(elsewhere, 4), "current-withdrawn");
	assert_string_equal(second_index_refused(alone, 1), "previous-alone");
	/* Blocked, it is out of force as it stands. */
	assert_string_equal(second_index_refused(canary, 3), "current-withdrawn");
}

static void current_keeps_its_bytes_under_its_version(void **state)
{
	static const struct line_edit edits[] = {
		{ "manifest", "\"securityEpoch\":1", "\"securityEpoch\":0" },
		{ "index", "\"version\":1", "\"version\":2" },
		{ "timestamp", "\"version\":1", "\"version\":2" },
		{ "timestamp", "\"index\":{\"version\":1", "\"index\":{\"version\":2" },
	};
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) first = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	AUTO_DONE(bytes) old = { 0 };
	AUTO_DONE(bytes) new = { 0 };
	struct digest none = { 0 };
	(void)state;

	line_make(&line, NULL, 0);
	outcome_load(&line, &first);
	assert_int_equal(first.status, OK);

	struct release_marks marks = first.marks;
	assert_int_equal(bytes_copy(span_of(line_file(&line, "index/1.json")), &old), OK);
	line.manifest = none;
	line_make(&line, edits, sizeof(edits) / sizeof(edits[0]));
	assert_int_equal(bytes_copy(span_of(line_file(&line, "index/1.json")), &new), OK);
	line_put(&line, "index/2.json", span_of(&new));
	line_put(&line, "index/1.json", span_of(&old));
	outcome_load_at(&line, &marks, LINE_NOW, &out);
	assert_int_equal(out.status, STATUS_DENIED);
	assert_string_equal(out.refusal.code, "same-version-other-bytes");
	assert_string_equal(out.refusal.document, "index");
}

static void what_is_revoked_lapses_and_the_rest_goes_on(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct reference ref;
	char list[128];
	char hex[65];
	uint8_t id[SHA256_SIZE];
	(void)state;

	line_make(&line, NULL, 0);
	for (size_t i = 0; i < 32; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", line.manifest.value[i]);
	(void)snprintf(list, sizeof(list), "\"manifests\":[\"%s\"]", hex);
	struct line_edit edit = { "revocations", "\"manifests\":[]", list };
	struct line_edit node = {
		"revocations", "\"nodes\":[]",
		"\"nodes\":[\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\"]"
	};
	struct line_edit edits[] = { edit, node };
	line_done(&line);
	line_make(&line, edits, 2);
	outcome_load(&line, &out);
	assert_int_equal(out.status, OK);
	assert_int_equal(reference_open(span_of(&out.image), &ref), OK);
	assert_int_equal(reference_facts(&ref).release_count, 0);
	memset(id, 0xbb, sizeof(id));
	assert_true(reference_is_revoked_node(&ref, (struct span){ id, sizeof(id) }));
}

static void boot_rules_name_what_they_pin(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "manifest", "EV_S_CRTM_VERSION", "EV_SOMETHING" }, "bad-value" },
		{ { "manifest", "{\"pcr\":0,", "{\"pcr\":10," }, "out-of-range" },
		{ { "manifest", "{\"pcr\":0,", "{\"pcr\":23," }, "out-of-range" },
		{ { "manifest", "{\"pcr\":0,", "{\"pcr\":24," }, "out-of-range" },
		{ { "manifest", "\"pcrs\":{\"11\"", "\"pcrs\":{\"011\"" }, "out-of-range" },
		{ { "manifest", "\"layer\":\"firmware\"", "\"layer\":\"cloud\"" }, "bad-value" },
		{ { "manifest", "\"dbxMinimum\":[],", "" }, "missing-field" },
		{ { "manifest", "sbat,1", "sbat,x" }, "bad-value" },
		{ { "manifest", "\"authenticode\":[\"sha256:",
		    "\"authenticode\":[\"sha1:0000000000000000000000000000000000000000\","
		    "\"sha256:" },
		  "weak-digest" },
		{ { "manifest", "\"early\":[\"base.files\"]", "\"early\":[\"none.files\"]" },
		  "unknown-set" },
		{ { "manifest", "\"lockdown\":\"integrity\"", "\"lockdown\":\"some\"" },
		  "bad-value" },
		{ { "manifest", "\"templates\":[\"ima-sig\"]", "\"templates\":[]" },
		  "missing-field" },
		{ { "manifest", "\"policy\":{", "\"policy2\":{" }, "missing-field" },
		{ { "manifest", "\"notAfter\":1775001600", "\"notAfter\":1875001600" },
		  "lifetime-over-cap" },
	};
	(void)state;

	outcome_all_refused(ROWS(rows));
}

static void node_classes_are_what_a_tpm_can_hold_to(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "matrix", "\"bank\":\"sha256\"", "\"bank\":\"sha1\"" }, "bad-value" },
		{ { "matrix", "\"select\":[0,", "\"select\":[16,0," }, "bad-value" },
		{ { "matrix", "\"select\":[0,", "\"select\":[23,0," }, "bad-value" },
		{ { "matrix", "\"select\":[0,", "\"select\":[0,0," }, "bad-value" },
		{ { "matrix", "\"select\":[0,1,2,3,4,5,6,7,8,9,10,11,13,14]", "\"select\":[]" },
		  "empty" },
		{ { "matrix", "\"policyPcrs\":[4,7,14]", "\"policyPcrs\":[4,10]" }, "bad-value" },
		{ { "matrix", "\"policyPcrs\":[4,7,14]", "\"policyPcrs\":[4,12]" }, "bad-value" },
		{ { "matrix", "\"cap\":13", "\"cap\":10" }, "out-of-range" },
		{ { "matrix", "\"cap\":13", "\"cap\":16" }, "bad-value" },
		{ { "matrix", "\"trustDomain\":\"prod.example\"",
		    "\"trustDomain\":\"prod_example\"" },
		  "bad-value" },
		{ { "matrix", "spiffe://prod.example/**", "spiffe://other.example/**" },
		  "bad-value" },
		{ { "matrix", "\"grantLifetime\":600", "\"grantLifetime\":86400" },
		  "out-of-range" },
		{ { "matrix", "\"to\":\"7.61\"", "\"to\":\"7.39\"" }, "bad-value" },
		{ { "matrix", "\"vendor\":\"IFX\"", "\"vendor\":\"ifx\"" }, "bad-value" },
		{ { "matrix", "\"vendor\":\"IFX\"", "\"vendor\":\"S M\"" }, "bad-value" },
		{ { "matrix", "\"vendor\":\"IFX\"", "\"vendor\":\"    \"" }, "bad-value" },
		{ { "matrix", "\"cells\":[\"q35/6.1.0\"]", "\"cells\":[\"q35/6.1.1\"]" },
		  "cell-not-in-matrix" },
	};
	(void)state;

	outcome_all_refused(ROWS(rows));
}

/* As the TCG's registry and EK certificates have it. */
static void a_vendor_may_have_its_blanks(void **state)
{
	static const struct line_edit edit = { "matrix", "\"vendor\":\"IFX\"",
					       "\"vendor\":\"STM \"" };
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct firmware_deny deny;
	struct reference ref;
	(void)state;

	line_make(&line, &edit, 1);
	outcome_load(&line, &out);
	assert_int_equal(out.status, OK);
	assert_int_equal(reference_open(span_of(&out.image), &ref), OK);
	assert_int_equal(reference_firmware_deny(&ref, 0, &deny), OK);
	/* tpm_vendor_read() ends at a blank. */
	assert_memory_equal(deny.vendor, "STM", 4);
}

/* IMA logs '_' for a space: what must appear is looked for as it will be logged. */
static void a_path_with_a_space_may_be_asked_for(void **state)
{
	static const struct line_edit edits[] = {
		{ "base.files", "/usr/sbin/attestd", "/usr/sbin/attest d" },
		{ "manifest", "\"/usr/sbin/attestd\"", "\"/usr/sbin/attest d\"" },
	};
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct reference ref;
	struct release release;
	struct reference_set set;
	(void)state;

	line_make(&line, edits, 2);
	outcome_load(&line, &out);
	assert_int_equal(out.status, OK);
	assert_int_equal(reference_open(span_of(&out.image), &ref), OK);
	assert_int_equal(reference_release(&ref, 0, &release), OK);
	assert_int_equal(reference_set(&ref, release.ima.sets.first, &set), OK);
	assert_true(
		reference_range_has_text(&ref, set.must_appear, span_text("/usr/sbin/attest_d")));
}

/* Appraisal keeps a bit for each; one more could never be seen. */
static void more_paths_than_can_be_seen_are_refused(void **state)
{
	(void)state;

	for (size_t count = MUST_APPEAR_MAX; count <= MUST_APPEAR_MAX + 1; count++) {
		AUTO_DONE(line) line = { 0 };
		AUTO_DONE(outcome) out = { 0 };
		char list[6 * (MUST_APPEAR_MAX + 1) + 32] = "\"mustAppear\":[";
		size_t len = strlen(list);

		for (size_t i = 0; i < count; i++)
			len += (size_t)snprintf(list + len, sizeof(list) - len, "\"/a\",");
		list[len - 1] = ']';

		const struct line_edit edits[] = {
			{ "base.files", "/usr/bin/cat", "/a" },
			{ "manifest", "\"mustAppear\":[\"/usr/sbin/attestd\"]", list },
		};
		line_make(&line, edits, 2);
		outcome_load_at(&line, NULL, LINE_NOW, &out);
		if (count <= MUST_APPEAR_MAX)
			assert_int_equal(out.status, OK);
		else
			assert_string_equal(out.refusal.code, "too-many-must-appear");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_that_everybody_signed_loads),
		cmocka_unit_test(a_second_version_loads_beside_the_first),
		cmocka_unit_test(a_renewed_timestamp_keeps_the_generation),
		cmocka_unit_test(a_layer_without_an_owner_is_refused),
		cmocka_unit_test(another_root_than_the_pinned_one_is_refused),
		cmocka_unit_test(current_is_not_withdrawn_by_publish_alone),
		cmocka_unit_test(current_keeps_its_bytes_under_its_version),
		cmocka_unit_test(what_is_revoked_lapses_and_the_rest_goes_on),
		cmocka_unit_test(boot_rules_name_what_they_pin),
		cmocka_unit_test(node_classes_are_what_a_tpm_can_hold_to),
		cmocka_unit_test(a_vendor_may_have_its_blanks),
		cmocka_unit_test(a_path_with_a_space_may_be_asked_for),
		cmocka_unit_test(more_paths_than_can_be_seen_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
