/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "policies/dsse.h"
#include "policies/release.h"
#include "policies/root.h"
#include "release_line.h"

struct outcome {
	enum status status;
	struct bytes image;
	struct release_marks marks;
	struct release_refusal refusal;
};

static void outcome_done(struct outcome *o)
{
	bytes_done(&o->image);
}

AUTO_RELEASE(outcome, outcome_done);

static void load_at(struct line *line, const struct release_marks *marks, int64_t now,
		    struct outcome *out)
{
	struct release_trust trust = { .root = line->root, .now = now };

	if (marks != NULL)
		trust.marks = *marks;
	out->status = release_load(&trust, &line->source, &out->image, &out->marks, &out->refusal);
	if (out->status == OK)
		return;
	assert_non_null(out->refusal.code);
	assert_null(out->image.data);
}

static void load(struct line *line, struct outcome *out)
{
	load_at(line, NULL, LINE_NOW, out);
	if (out->status != OK && out->refusal.code != NULL)
		print_message("refused: %s at %s %s\n", out->refusal.code, out->refusal.document,
			      out->refusal.field);
}

/* One row: one edit, and what the load must say to it. */
struct refusal_row {
	struct line_edit edit;
	const char *code;
};

static void assert_all_refused(const struct refusal_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		AUTO_DONE(line) line = { 0 };
		AUTO_DONE(outcome) out = { 0 };

		line_make(&line, &rows[i].edit, 1);
		load_at(&line, NULL, LINE_NOW, &out);
		if (out.status == OK || strcmp(out.refusal.code, rows[i].code) != 0)
			fail_msg("%s: %s -> %s gave %s %s (%s), not %s", rows[i].edit.document,
				 rows[i].edit.find == NULL ? "signer" : rows[i].edit.find,
				 rows[i].edit.replace, out.refusal.code, out.refusal.document,
				 out.refusal.field, rows[i].code);
		assert_true(out.refusal.document[0] != '\0');
		assert_true(out.refusal.advice[0] != '\0');
	}
}

#define ROWS(rows) (rows), sizeof(rows) / sizeof((rows)[0])

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
	load(&line, &out);
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
	load(&line, &first);
	line_make_version(&line, 2, NULL, 0);
	load_at(&line, &first.marks, LINE_NOW, &second);
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
	load(&line, &first);
	line_make(&renewed, &renewal, 1);
	load(&renewed, &second);
	assert_int_equal(reference_open(span_of(&first.image), &before), OK);
	assert_int_equal(reference_open(span_of(&second.image), &after), OK);
	assert_true(reference_facts(&before).valid_until != reference_facts(&after).valid_until);
	assert_true(span_equal(reference_facts(&before).generation,
			       reference_facts(&after).generation));

	line_make_version(&line, 2, NULL, 0);
	load_at(&line, &first.marks, LINE_NOW, &third);
	assert_int_equal(reference_open(span_of(&third.image), &after), OK);
	assert_false(span_equal(reference_facts(&before).generation,
				reference_facts(&after).generation));
}

static void r01_a_changed_payload_or_type_is_refused(void **state)
{
	static const char *const documents[] = { "root/1/2.json", "timestamp.json",
						 "index/1.json",  "revocations/1.json",
						 "matrix/",	  "manifests/",
						 "approvals/" };
	(void)state;

	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		AUTO_DONE(line) line = { 0 };
		AUTO_DONE(outcome) out = { 0 };

		line_make(&line, NULL, 0);
		struct bytes *content = line_file(&line, documents[i]);
		/* One letter inside the base64 of the signature. */
		uint8_t *at = content->data + content->len - 20;
		*at = *at == 'A' ? 'B' : 'A';
		load_at(&line, NULL, LINE_NOW, &out);
		assert_int_not_equal(out.status, OK);
		assert_string_equal(out.refusal.code, "bad-signature");
	}
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	line_make(&line, NULL, 0);
	uint8_t *type = memmem(line_file(&line, "timestamp.json")->data, 60, "in-toto", 7);
	assert_non_null(type);
	type[0] = 'o';
	load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "payload-type");
}

static void r02_a_document_of_another_role_is_refused(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "manifest", "dev/manifest/v1", "dev/approval/v1" }, "predicate-type" },
		{ { "approval#1", "dev/approval/v1", "dev/manifest/v1" }, "predicate-type" },
		{ { "manifest", NULL, "publish" }, "role-not-allowed" },
		{ { "manifest", NULL, "plat-approve" }, "role-not-allowed" },
		{ { "index", NULL, "sign" }, "role-not-allowed" },
		{ { "timestamp", NULL, "sign" }, "role-not-allowed" },
		{ { "revocations", NULL, "publish" }, "role-not-allowed" },
		{ { "approval#2", NULL, "sign" }, "approvals-missing" },
		{ { "matrix#2", NULL, "sec-root" }, "threshold-not-met" },
		{ { "manifest", "in-toto.io/Statement/v1", "in-toto.io/Statement/v0" },
		  "statement-type" },
	};
	(void)state;

	assert_all_refused(ROWS(rows));
}

static void r03_one_key_under_two_names_is_refused(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	AUTO_DONE(line) good = { 0 };
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(strict_document) why = { 0 };
	(void)state;

	/* Take one key's SPKI from a good root and give it to another name. */
	line_make(&good, NULL, 0);
	assert_int_equal(
		dsse_parse(span_of(line_file(&good, "root/1/1.json")), 1 << 20, &dsse, &why), OK);
	AUTO(char) text = NULL;
	assert_int_equal(bytes_text(span_of(&dsse.payload), &text), OK);
	char spki[2][128];
	const char *at = strstr(text, "\"spki\":\"");
	(void)snprintf(spki[0], sizeof(spki[0]), "%.60s", at + 8);
	at = strstr(at + 8, "\"spki\":\"");
	(void)snprintf(spki[1], sizeof(spki[1]), "%.60s", at + 8);
	struct line_edit edit = { "root", spki[1], spki[0] };
	line_make(&line, &edit, 1);
	load_at(&line, NULL, LINE_NOW, &out);
	/* The signature by sec-root is now by a key that the root does not list. */
	assert_string_equal(out.refusal.code, "key-twice");
}

static void r04_two_keys_of_one_person_are_one_signature(void **state)
{
	static const struct line_edit edits[] = {
		{ "root", "\"trust-impacting\":{\"approve-platform\":1",
		  "\"trust-impacting\":{\"approve-platform\":2" },
	};
	static const struct line_edit two_people[] = {
		{ "root", "\"trust-impacting\":{\"approve-platform\":1",
		  "\"trust-impacting\":{\"approve-platform\":2" },
		{ "root", "\"principal\":\"ann\",\"team\":\"platform\"",
		  "\"principal\":\"amy\",\"team\":\"platform\"" },
	};
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	/* plat-approve and plat-approve-2 are both ann's: two are out of reach. */
	line_make(&line, edits, 1);
	load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "threshold-unreachable");
	line_done(&line);
	line_make(&line, two_people, 2);
	load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "threshold-unreachable");
}

static void r05_a_threshold_that_cannot_be_is_refused(void **state)
{
	static const char find[] = "[\"plat-root\",\"sec-root\"],\"threshold\":2";
	static const struct refusal_row rows[] = {
		{ { "root", find, "[\"plat-root\",\"sec-root\"],\"threshold\":0" },
		  "out-of-range" },
		{ { "root", find, "[\"plat-root\",\"sec-root\"],\"threshold\":-1" },
		  "out-of-range" },
		{ { "root", find, "[\"plat-root\",\"sec-root\"],\"threshold\":1.0" },
		  "not-an-integer" },
		{ { "root", find, "[\"plat-root\",\"sec-root\"],\"threshold\":4294967298" },
		  "out-of-range" },
		{ { "root", find, "[\"plat-root\",\"sec-root\"],\"threshold\":3" },
		  "threshold-unreachable" },
		{ { "root", find, "[\"plat-root\",\"sec-root\"],\"threshold\":1" },
		  "not-both-teams" },
		{ { "root", find, "[\"plat-root\",\"build\"],\"threshold\":2" }, "not-both-teams" },
		{ { "root", find, "[\"plat-root\",\"plat-root\",\"sec-root\"],\"threshold\":2" },
		  "key-twice" },
		{ { "root", find, "[\"plat-root\",\"nobody\"],\"threshold\":2" }, "unknown-key" },
		{ { "root", "\"approve-platform\":1,\"approve-security\":1",
		    "\"approve-platform\":1,\"approve-security\":0" },
		  "out-of-range" },
		{ { "root", "\"publish\":{\"keys\":[\"publish\"],\"threshold\":1",
		    "\"publish\":{\"keys\":[\"publish\",\"build\"],\"threshold\":2" },
		  "threshold-not-one" },
	};
	(void)state;

	assert_all_refused(ROWS(rows));
}

static void r08_base64_has_one_spelling(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	line_make(&line, NULL, 0);
	struct bytes *content = line_file(&line, "timestamp.json");
	char *sig = memmem(content->data, content->len, "\"sig\":\"", 7);
	assert_non_null(sig);
	sig[9] = ' ';
	load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "bad-value");
	assert_string_equal(out.refusal.field, "signatures[0].sig");
}

static void r09_r10_r11_documents_are_read_strictly(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "manifest", "\"violations\":", "\"violations\":\"tolerate\",\"violations\":" },
		  "duplicate-field" },
		{ { "manifest", "\"version\":1", "\"version\":4294967297" }, "version-mismatch" },
		{ { "manifest", "\"version\":1", "\"version\":1.0" }, "not-an-integer" },
		{ { "manifest", "\"version\":1", "\"version\":\"1\"" }, "wrong-type" },
		{ { "manifest", "\"lockdown\":", "\"onlyOn\":\"x\",\"lockdown\":" },
		  "unknown-field" },
		{ { "manifest", "\"name\":\"shim\"", "\"name\":\"shim\",\"onlyIf\":1" },
		  "unknown-field" },
		{ { "index", "\"state\":", "\"nodes\":[],\"state\":" }, "unknown-field" },
		{ { "timestamp", "\"expires\":", "\"scope\":1,\"expires\":" }, "unknown-field" },
		{ { "revocations", "\"nodes\":", "\"hosts\":[],\"nodes\":" }, "unknown-field" },
		{ { "matrix", "\"requireSafe\":", "\"requireX\":true,\"requireSafe\":" },
		  "unknown-field" },
		{ { "root", "\"requireProofs\":", "\"requireMore\":true,\"requireProofs\":" },
		  "unknown-field" },
		{ { "approval#1", "\"reason\":", "\"unless\":\"x\",\"reason\":" },
		  "unknown-field" },
		{ { "manifest", "\"boot\":{", "\"boot\":{\"x\":" }, "not-json" },
	};
	(void)state;

	assert_all_refused(ROWS(rows));
}

static void r14_what_was_seen_is_not_unseen(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) first = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct release_marks marks;
	(void)state;

	line_make(&line, NULL, 0);
	load(&line, &first);
	assert_int_equal(first.status, OK);

	marks = first.marks;
	marks.timestamp.version = 2;
	load_at(&line, &marks, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "rolled-back");
	assert_string_equal(out.refusal.document, "timestamp.json");

	marks = first.marks;
	marks.index.version = 2;
	load_at(&line, &marks, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "rolled-back");

	marks = first.marks;
	marks.root.version = 2;
	load_at(&line, &marks, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "rolled-back");

	marks = first.marks;
	marks.revocations.version = 2;
	load_at(&line, &marks, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "history-missing");

	struct release_mark *same[] = { &marks.timestamp, &marks.index, &marks.revocations,
					&marks.root };
	for (size_t i = 0; i < 4; i++) {
		marks = first.marks;
		same[i]->digest.value[0] ^= 1;
		load_at(&line, &marks, LINE_NOW, &out);
		assert_string_equal(out.refusal.code, "same-version-other-bytes");
	}
	load_at(&line, &first.marks, LINE_NOW - 301, &out);
	assert_string_equal(out.refusal.code, "clock-went-back");
	load_at(&line, &first.marks, LINE_NOW, &out);
	assert_int_equal(out.status, OK);
}

static void r15_an_expired_timestamp_gives_no_new_right(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct reference ref;
	static const struct refusal_row rows[] = {
		{ { "timestamp", "\"expires\":1767229200", "\"expires\":1867229200" },
		  "lifetime-over-cap" },
		{ { "timestamp", "\"time\":1767225540", "\"time\":1767226000" }, "not-yet-valid" },
		{ { "revocations", "\"expires\":1767744000", "\"expires\":1768744000" },
		  "lifetime-over-cap" },
		{ { "root", "\"expires\":1798761600", "\"expires\":1767225600" }, "root-expired" },
	};
	(void)state;

	line_make(&line, NULL, 0);
	load_at(&line, NULL, LINE_NOW + 3601, &out);
	assert_int_equal(out.status, OK);
	assert_int_equal(reference_open(span_of(&out.image), &ref), OK);
	assert_true(reference_facts(&ref).valid_until < LINE_NOW + 3601);
	assert_all_refused(ROWS(rows));
}

static void r16_a_manifest_that_the_index_does_not_pin_is_refused(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	AUTO_DONE(line) other = { 0 };
	static const struct line_edit edit = { "manifest", "\"securityEpoch\":1",
					       "\"securityEpoch\":2" };
	(void)state;

	line_make(&line, NULL, 0);
	line_make(&other, &edit, 1);
	struct bytes *mine = line_file(&line, "manifests/");
	struct bytes swapped = *mine;
	*mine = *line_file(&other, "manifests/");
	*line_file(&other, "manifests/") = swapped;
	load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "digest-mismatch");

	line_remove(&line, "manifests/");
	load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "document-missing");
}

static void r17_every_change_counts_as_trust_impacting(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "approval#2", "\"class\":\"trust-impacting\"", "\"class\":\"low-risk\"" },
		  "approval-class" },
	};
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	static const struct line_edit edit = { "manifest", "\"changeClass\":\"trust-impacting\"",
					       "\"changeClass\":\"low-risk\"" };
	(void)state;

	assert_all_refused(ROWS(rows));
	line_make(&line, &edit, 1);
	line_remove(&line, "approvals/");
	load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "approvals-missing");
}

static void r18_approvals_bind_manifest_and_person(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "approval#1", "\"manifest\":\"", "\"manifest\":\"0" }, "bad-value" },
		{ { "approval#2", NULL, "plat-approve" }, "approvals-missing" },
		{ { "approval#1", NULL, "sec-approve" }, "approvals-missing" },
		{ { "approval#1", "\"reason\":\"first\"", "\"reason\":\"\"" }, "empty" },
		{ { "approval#1", "\"manifest\":\"",
		    "\"comparedWith\":"
		    "\"0000000000000000000000000000000000000000000000000000000000000000\","
		    "\"manifest\":\"" },
		  "approval-compared-with" },
		{ { "root", "\"principal\":\"sid\"", "\"principal\":\"ann\"" },
		  "duties-not-separate" },
		{ { "root", "\"principal\":\"pam\"", "\"principal\":\"sid\"" },
		  "duties-not-separate" },
		{ { "root", "\"principal\":\"bob\"", "\"principal\":\"sid\"" },
		  "duties-not-separate" },
		{ { "root", "\"principal\":\"pam\"", "\"principal\":\"ann\"" },
		  "duties-not-separate" },
		{ { "root", "\"principal\":\"sue\"", "\"principal\":\"ann\"" },
		  "principal-in-two-teams" },
		{ { "root", "\"approve-security\":{\"keys\":[\"sec-approve\"]",
		    "\"approve-security\":{\"keys\":[\"plat-approve\"]" },
		  "wrong-team" },
		{ { "root", "\"revoke\":{\"keys\":[\"sec-approve\"]",
		    "\"revoke\":{\"keys\":[\"plat-approve\"]" },
		  "wrong-team" },
	};
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(line) other = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	static const struct line_edit edit = { "manifest", "\"securityEpoch\":1",
					       "\"securityEpoch\":2" };
	(void)state;

	assert_all_refused(ROWS(rows));
	/* An approval of another manifest, put where this one's belongs. */
	line_make(&line, NULL, 0);
	line_make(&other, &edit, 1);
	struct bytes *mine = line_file(&line, "approvals/");
	struct bytes swapped = *mine;
	*mine = *line_file(&other, "approvals/");
	*line_file(&other, "approvals/") = swapped;
	load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "subject-mismatch");
}

static void a_layer_without_an_owner_is_refused(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "root", "\"owner\":\"kernel-team\"", "\"owner\":\"\"" }, "empty" },
		{ { "root", "\"kernel\":{\"owner\"", "\"kernels\":{\"owner\"" }, "missing-field" },
		{ { "root", "\"requireProofs\":false", "\"requireProofs\":true" },
		  "not-supported-by-this-version" },
		{ { "root", "\"requireProvenance\":false", "\"requireProvenance\":true" },
		  "not-supported-by-this-version" },
		{ { "root", "\"lowRisk\":[]", "\"lowRisk\":[\"userland\"]" },
		  "not-supported-by-this-version" },
	};
	(void)state;

	assert_all_refused(ROWS(rows));
}

static void r21_cells_that_the_matrix_does_not_allow_do_not_count(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "matrix", "\"kernel\":\"6.1.0\"", "\"kernel\":\"6.1.9\"" },
		  "cell-not-in-matrix" },
		{ { "manifest", "\"kernel\":\"6.1.0\"", "\"kernel\":\"6.1.9\"" },
		  "target-mismatch" },
	};
	static const struct line_edit block = { "matrix", "\"allow\"", "\"block\"" };
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct reference ref;
	struct node_class class;
	(void)state;

	assert_all_refused(ROWS(rows));
	line_make(&line, &block, 1);
	load(&line, &out);
	assert_int_equal(out.status, OK);
	assert_int_equal(reference_open(span_of(&out.image), &ref), OK);
	assert_int_equal(reference_facts(&ref).release_count, 0);
	assert_int_equal(reference_class_named(&ref, span_text("server"), &class), OK);
	assert_int_equal(class.cells.count, 0);
}

static void r22_a_set_file_of_another_size_or_content_is_refused(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "base.files", "/usr/bin/cat", "/usr/../cat" }, "set-path-malformed" },
		{ { "base.files", "/usr/bin/cat", "/boot/vmlinuz" }, "set-path-in-boot" },
		{ { "base.files", "/usr/bin/cat", "/usr/sbin/attestd" }, "set-path-twice" },
		{ { "base.files", "1111", "3111" }, "set-unsorted" },
		{ { "base.files", "/usr/sbin/attestd", "/usr/sbin/other" },
		  "must-appear-not-in-set" },
		{ { "manifest", "\"size\":1", "\"size\":2" }, "set-size-mismatch" },
		{ { "manifest", "\"name\":\"base.files\",\"sha256\":\"",
		    "\"name\":\"base.files\",\"sha256\":\"0" },
		  "bad-value" },
	};
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	assert_all_refused(ROWS(rows));
	line_make(&line, NULL, 0);
	line_file(&line, "sets/")->data[3] = '7';
	load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "digest-mismatch");
	assert_int_equal(bytes_append_byte(line_file(&line, "sets/"), '\n'), OK);
	load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "set-size-mismatch");
	line_remove(&line, "sets/");
	load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "document-missing");
}

#define EXCLUDE(prefix) "\"allowBuiltinPolicy\":true,\"exclude\":[{\"prefix\":\"" prefix "\"}]"

static void r23_an_exclude_reaches_nothing_that_matters(void **state)
{
	static const char find[] = "\"allowBuiltinPolicy\":false";
	static const struct refusal_row rows[] = {
		{ { "manifest", find, EXCLUDE("/") }, "bad-value" },
		{ { "manifest", find, EXCLUDE("/usr/") }, "bad-value" },
		{ { "manifest", find, EXCLUDE("/usr/lib/x/") }, "bad-value" },
		{ { "manifest", find, EXCLUDE("/var/") }, "bad-value" },
		{ { "manifest", find, EXCLUDE("/var/log") }, "bad-value" },
		{ { "manifest", find, EXCLUDE("/var/../usr/") }, "bad-value" },
		{ { "manifest", find, EXCLUDE("var/log/") }, "bad-value" },
		{ { "manifest", find,
		    "\"allowBuiltinPolicy\":false,\"exclude\":[{\"prefix\":\"/var/log/\"}]" },
		  "exclude-hides-execution" },
	};
	static const struct line_edit allowed = { "manifest", find, EXCLUDE("/var/log/") };
	static const struct line_edit identity[] = {
		{ "manifest", find, EXCLUDE("/srv/identity/") },
		{ "base.files", "/usr/bin/cat", "/srv/identity/agent" },
	};
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	assert_all_refused(ROWS(rows));
	line_make(&line, identity, 2);
	load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "exclude-covers-identity");
	line_done(&line);
	line_make(&line, &allowed, 1);
	load(&line, &out);
	assert_int_equal(out.status, OK);
}

static void r25_no_release_is_no_right(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	line_make(&line, NULL, 0);
	for (size_t i = 0; i < line.count; i++)
		line.file[i].path[0] = '\0';
	load_at(&line, NULL, LINE_NOW, &out);
	assert_int_equal(out.status, STATUS_NOT_FOUND);
	assert_string_equal(out.refusal.code, "no-release");
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

	assert_all_refused(ROWS(rows));
	line_make(&line, NULL, 0);
	line.root.value[0] ^= 1;
	load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "root-not-pinned");
}

/* The first root's text, with its version (and one more thing) changed. */
static void root_text(struct line *line, const char *version, const char *find, const char *replace,
		      char out[16384])
{
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(strict_document) why = { 0 };
	AUTO(char) text = NULL;

	assert_int_equal(
		dsse_parse(span_of(line_file(line, "root/1/1.json")), 1 << 20, &dsse, &why), OK);
	assert_int_equal(bytes_text(span_of(&dsse.payload), &text), OK);
	const char *at = strstr(text, "\"version\":1");
	assert_non_null(at);
	(void)snprintf(out, 16384, "%.*s\"version\":%s%s", (int)(at - text), text, version,
		       at + 11);
	if (find == NULL)
		return;
	char *found = strstr(out, find);
	assert_non_null(found);
	AUTO(char) rest = strdup(found + strlen(find));
	(void)snprintf(found, 16384 - (size_t)(found - out), "%s%s", replace, rest);
}

/* An index edit that names root 2 with this text. */
static void pin_root(const struct line *line, const char *text, char find[160], char replace[160])
{
	struct digest digest;
	char hex[2][65];

	assert_int_equal(digest_of(DIGEST_SHA256, span_text(text), &digest), OK);
	for (size_t i = 0; i < 32; i++) {
		(void)snprintf(hex[0] + 2 * i, 3, "%02x", line->root.value[i]);
		(void)snprintf(hex[1] + 2 * i, 3, "%02x", digest.value[i]);
	}
	(void)snprintf(find, 160, "\"root\":{\"version\":1,\"sha256\":\"%s\"", hex[0]);
	(void)snprintf(replace, 160, "\"root\":{\"version\":2,\"sha256\":\"%s\"", hex[1]);
}

/* A root 2 with one change, signed by these keys; what the load says. */
static void load_second_root(const char *const signers[3], const char *find, const char *replace,
			     struct outcome *out)
{
	AUTO_DONE(line) first = { 0 };
	AUTO_DONE(line) line = { 0 };
	char text[16384];
	char pins[2][160];

	line_make(&first, NULL, 0);
	root_text(&first, "2", find, replace, text);
	pin_root(&first, text, pins[0], pins[1]);
	struct line_edit edit = { "index", pins[0], pins[1] };
	line_make(&line, &edit, 1);
	for (int i = 0; i < 3 && signers[i] != NULL; i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "root/2/%d.json", i + 1);
		line_put_signed(&line, path, signers[i], text);
	}
	load_at(&line, NULL, LINE_NOW, out);
}

#define ROOT_KEYS "\"root\":{\"keys\":[\"plat-root\",\"sec-root\"]"
#define OTHER_ROOT_KEYS "\"root\":{\"keys\":[\"build\",\"sec-root\"]"

static void r12_a_new_root_needs_the_thresholds_of_both(void **state)
{
	static const char *const both[3] = { "plat-root", "sec-root" };
	static const char *const one[3] = { "plat-root" };
	static const char *const new_only[3] = { "build", "sec-root" };
	static const char *const all[3] = { "plat-root", "sec-root", "build" };
	(void)state;

	const struct {
		const char *const *signers;
		const char *find, *replace, *code;
	} rows[] = {
		{ both, NULL, NULL, NULL },
		{ all, ROOT_KEYS, OTHER_ROOT_KEYS, NULL },
		{ one, NULL, NULL, "threshold-not-met" },
		{ both, ROOT_KEYS, OTHER_ROOT_KEYS, "threshold-not-met" },
		{ new_only, ROOT_KEYS, OTHER_ROOT_KEYS, "threshold-not-met" },
		{ both, "\"version\":2", "\"version\":3", "root-version" },
		{ both, "\"version\":2", "\"version\":1", "root-version" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(outcome) out = { 0 };

		load_second_root(rows[i].signers, rows[i].find, rows[i].replace, &out);
		if (rows[i].code == NULL) {
			assert_int_equal(out.status, OK);
			assert_int_equal(out.marks.root.version, 2);
			continue;
		}
		assert_int_not_equal(out.status, OK);
		assert_string_equal(out.refusal.code, rows[i].code);
	}
}

static void r12_no_root_may_be_left_out(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct release_marks marks = { .root.version = 3 };
	char text[16384];
	(void)state;

	/* Root 3 without 2: it is never reached, and what was seen is missing. */
	line_make(&line, NULL, 0);
	root_text(&line, "3", NULL, NULL, text);
	line_put_signed(&line, "root/3/1.json", "plat-root", text);
	line_put_signed(&line, "root/3/2.json", "sec-root", text);
	load_at(&line, &marks, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "rolled-back");
	assert_string_equal(out.refusal.document, "root");
}

static void a_revoked_publisher_stops_the_load(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	AUTO_DONE(line) first = { 0 };
	AUTO_DONE(bytes) spki = { 0 };
	struct digest digest;
	char list[128];
	char text[16384];
	char hex[65];
	(void)state;

	line_make(&first, NULL, 0);
	root_text(&first, "1", NULL, NULL, text);
	const char *at = strstr(strstr(text, "\"publish\":{\"scheme\""), "\"spki\":\"") + 8;
	struct span encoded = { (const uint8_t *)at, strcspn(at, "\"") };
	assert_int_equal(base64_decode(encoded, 128, &spki), OK);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&spki), &digest), OK);
	for (size_t i = 0; i < 32; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", digest.value[i]);
	(void)snprintf(list, sizeof(list), "\"keys\":[\"%s\"]", hex);
	struct line_edit edit = { "revocations", "\"keys\":[]", list };
	line_make(&line, &edit, 1);
	load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "key-revoked");
}

static void r27_revocations_count_though_the_index_withholds_them(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct reference ref;
	char text[1024];
	static const char node[] =
		"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
	static const char format[] =
		"{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[],\"predicateType\":"
		"\"https://attestd.dev/revocations/v1\",\"predicate\":{\"version\":%d,"
		"\"time\":1767225500,\"expires\":1767744000,\"manifests\":[],\"files\":[],"
		"\"keys\":[],\"nodes\":[%s%s%s]}}";
	(void)state;

	line_make(&line, NULL, 0);
	(void)snprintf(text, sizeof(text), format, 2, "\"", node, "\"");
	line_put_signed(&line, "revocations/2.json", "sec-approve", text);
	load_at(&line, NULL, LINE_NOW, &out);
	assert_int_equal(out.status, OK);
	assert_int_equal(reference_open(span_of(&out.image), &ref), OK);
	assert_true(reference_is_revoked_node(&ref, span_text(node)));
	assert_int_equal(out.marks.revocations.version, 2);

	/* And what was revoked stays so. */
	AUTO_DONE(outcome) shorter = { 0 };
	(void)snprintf(text, sizeof(text), format, 3, "", "", "");
	line_put_signed(&line, "revocations/3.json", "sec-approve", text);
	load_at(&line, NULL, LINE_NOW, &shorter);
	assert_string_equal(shorter.refusal.code, "not-append-only");
}

static void r26_r27_publish_alone_moves_little(void **state)
{
	static const struct {
		struct line_edit edit;
		const char *code;
	} rows[] = {
		{ { "index", "\"acceptUntil\":1767229200", "\"acceptUntil\":1767400000" },
		  "accept-until-over-cap" },
		{ { "index", "\"acceptUntil\":1767229200", "\"acceptUntil\":1999999999" },
		  "accept-until-over-cap" },
		{ { "manifest", "\"previous\":{\"version\":1,\"sha256\":\"",
		    "\"previous\":{\"version\":1,\"sha256\":\"0" },
		  "bad-value" },
	};
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(line) line = { 0 };
		AUTO_DONE(outcome) out = { 0 };

		line_make(&line, NULL, 0);
		line_make_version(&line, 2, &rows[i].edit, 1);
		load_at(&line, NULL, LINE_NOW, &out);
		assert_int_not_equal(out.status, OK);
		assert_string_equal(out.refusal.code, rows[i].code);
	}
}

static void current_only_rises(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) second = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	/* Version 1's manifest becomes current again in index 3. */
	line_make(&line, NULL, 0);
	line_make_version(&line, 2, NULL, 0);
	load(&line, &second);
	assert_int_equal(second.status, OK);

	AUTO_DONE(line) back = { 0 };
	static const struct line_edit edits[] = {
		{ "index", "\"version\":1", "\"version\":3" },
		{ "timestamp", "\"version\":1", "\"version\":3" },
		{ "timestamp", "\"index\":{\"version\":1", "\"index\":{\"version\":3" },
	};
	line_make(&back, edits, 3);
	/* The older index stays, the newer one lies under its own number. */
	for (size_t i = 0; i < back.count; i++) {
		if (strcmp(back.file[i].path, "index/1.json") == 0)
			(void)snprintf(back.file[i].path, sizeof(back.file[i].path),
				       "index/3.json");
	}
	struct release_marks marks = second.marks;
	load_at(&back, &marks, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "history-missing");

	struct bytes *old = line_file(&line, "index/2.json");
	assert_true(back.count < LINE_FILES_MAX);
	(void)snprintf(back.file[back.count].path, sizeof(back.file[0].path), "index/2.json");
	assert_int_equal(bytes_copy(span_of(old), &back.file[back.count].content), OK);
	back.count++;
	load_at(&back, &marks, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "current-went-down");
}

/* Loads a second version whose index is edited, after version 1 was loaded. */
static const char *second_index_refused(const struct line_edit *edits, size_t count)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) first = { 0 };
	AUTO_DONE(outcome) out = { 0 };

	line_make(&line, NULL, 0);
	load(&line, &first);
	assert_int_equal(first.status, OK);

	struct release_marks marks = first.marks;
	line_make_version(&line, 2, edits, count);
	load_at(&line, &marks, LINE_NOW, &out);
	return out.status == OK ? "none" : out.refusal.code;
}

/* Left out of one index, an older manifest could come back with the next. */
static void current_is_not_withdrawn_by_publish_alone(void **state)
{
	static const struct line_edit canary[] = {
		{ "index", "\"state\":\"current\"", "\"state\":\"canary\"" },
		{ "matrix", "\"state\":\"allow\"", "\"state\":\"block\"" },
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
	};
	(void)state;

	assert_string_equal(second_index_refused(NULL, 0), "none");
	assert_string_equal(second_index_refused(canary, 1), "current-withdrawn");
	assert_string_equal(second_index_refused(elsewhere, 3), "current-withdrawn");
	assert_string_equal(second_index_refused(alone, 1), "previous-alone");
	/* What both teams block may go. */
	assert_string_equal(second_index_refused(canary, 2), "none");
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
	load(&line, &first);
	assert_int_equal(first.status, OK);

	struct release_marks marks = first.marks;
	assert_int_equal(bytes_copy(span_of(line_file(&line, "index/1.json")), &old), OK);
	line.manifest = none;
	line_make(&line, edits, sizeof(edits) / sizeof(edits[0]));
	assert_int_equal(bytes_copy(span_of(line_file(&line, "index/1.json")), &new), OK);
	line_put(&line, "index/2.json", span_of(&new));
	line_put(&line, "index/1.json", span_of(&old));
	load_at(&line, &marks, LINE_NOW, &out);
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
	load(&line, &out);
	assert_int_equal(out.status, OK);
	assert_int_equal(reference_open(span_of(&out.image), &ref), OK);
	assert_int_equal(reference_facts(&ref).release_count, 0);
	assert_true(reference_is_revoked_node(
		&ref,
		span_text("bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb")));
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

	assert_all_refused(ROWS(rows));
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
		{ { "matrix", "\"cells\":[\"q35/6.1.0\"]", "\"cells\":[\"q35/6.1.1\"]" },
		  "cell-not-in-matrix" },
	};
	(void)state;

	assert_all_refused(ROWS(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_that_everybody_signed_loads),
		cmocka_unit_test(a_second_version_loads_beside_the_first),
		cmocka_unit_test(a_renewed_timestamp_keeps_the_generation),
		cmocka_unit_test(r01_a_changed_payload_or_type_is_refused),
		cmocka_unit_test(r02_a_document_of_another_role_is_refused),
		cmocka_unit_test(r03_one_key_under_two_names_is_refused),
		cmocka_unit_test(r04_two_keys_of_one_person_are_one_signature),
		cmocka_unit_test(r05_a_threshold_that_cannot_be_is_refused),
		cmocka_unit_test(r08_base64_has_one_spelling),
		cmocka_unit_test(r09_r10_r11_documents_are_read_strictly),
		cmocka_unit_test(r12_a_new_root_needs_the_thresholds_of_both),
		cmocka_unit_test(r12_no_root_may_be_left_out),
		cmocka_unit_test(a_revoked_publisher_stops_the_load),
		cmocka_unit_test(r27_revocations_count_though_the_index_withholds_them),
		cmocka_unit_test(r14_what_was_seen_is_not_unseen),
		cmocka_unit_test(r15_an_expired_timestamp_gives_no_new_right),
		cmocka_unit_test(r16_a_manifest_that_the_index_does_not_pin_is_refused),
		cmocka_unit_test(r17_every_change_counts_as_trust_impacting),
		cmocka_unit_test(r18_approvals_bind_manifest_and_person),
		cmocka_unit_test(a_layer_without_an_owner_is_refused),
		cmocka_unit_test(r21_cells_that_the_matrix_does_not_allow_do_not_count),
		cmocka_unit_test(r22_a_set_file_of_another_size_or_content_is_refused),
		cmocka_unit_test(r23_an_exclude_reaches_nothing_that_matters),
		cmocka_unit_test(r25_no_release_is_no_right),
		cmocka_unit_test(another_root_than_the_pinned_one_is_refused),
		cmocka_unit_test(r26_r27_publish_alone_moves_little),
		cmocka_unit_test(current_only_rises),
		cmocka_unit_test(current_is_not_withdrawn_by_publish_alone),
		cmocka_unit_test(current_keeps_its_bytes_under_its_version),
		cmocka_unit_test(what_is_revoked_lapses_and_the_rest_goes_on),
		cmocka_unit_test(boot_rules_name_what_they_pin),
		cmocka_unit_test(node_classes_are_what_a_tpm_can_hold_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
