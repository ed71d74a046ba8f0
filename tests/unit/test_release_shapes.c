/* SPDX-License-Identifier: Apache-2.0 */
/* What each document of a release may not say, however many signed it. */
#include "unit.h"

#include "policies/envelope/statement.h"
#include "release_outcome.h"

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void a_root_that_nobody_can_hold_to_is_refused(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "root", "\"build\":{\"scheme\"", "\"bu ild\":{\"scheme\"" }, "bad-value" },
		{ { "root", "\"trust-impacting\":{\"approve-platform\":1,\"approve-security\":1}",
		    "\"trust-impacting\":{\"approve-platform\":1,\"approve-security\":2}" },
		  "threshold-unreachable" },
		{ { "root",
		    "\"review\":{\"keys\":[\"sec-approve\",\"sec-review\"],\"threshold\":1},",
		    "\"review\":{\"keys\":[],\"threshold\":1}," },
		  "threshold-unreachable" },
		{ { "root", "\"root\":{\"keys\":[\"plat-root\",\"sec-root\"],\"threshold\":2}",
		    "\"root\":{\"keys\":[\"plat-root\",\"sec-root\"],\"threshold\":1}" },
		  "not-both-teams" },
		{ { "root", "\"matrix\":{\"keys\":[\"plat-approve\",\"sec-approve\"]",
		    "\"matrix\":{\"keys\":[\"plat-approve\",\"publish-2\"]" },
		  "not-both-teams" },
		{ { "root", "\"matrix\":{\"keys\":[\"plat-approve\",\"sec-approve\"]",
		    "\"matrix\":{\"keys\":[\"sec-approve\",\"sec-review\"]" },
		  "not-both-teams" },
		{ { "root", "\"lowRisk\":[]",
		    "\"lowRisk\":[],\"paths\":[{\"path\":\"/opt\",\"class\":\"identity\"},"
		    "{\"path\":\"/opt\",\"class\":\"enforcement\"}]" },
		  "path-twice" },
		{ { "root", "\"requireProvenance\":false",
		    "\"builders\":[\"\"],\"requireProvenance\":false" },
		  "empty" },
	};
	(void)state;

	outcome_all_refused(ROWS(rows));
}

/* A canary of nodes wants somebody who says that they ran it. */
static void a_canary_without_a_witness_is_refused(void **state)
{
	static const struct line_edit edits[] = {
		{ "root", ",\"canary\":{\"keys\":[\"verifier\",\"verifier-2\"],\"threshold\":1}}",
		  "}" },
		{ "root", "\"canary\":{\"nodes\":0,", "\"canary\":{\"nodes\":1," },
	};
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	line_make(&line, edits, 1);
	outcome_load(&line, &out);
	assert_int_equal(out.status, OK);
	line_done(&line);
	outcome_done(&out);
	line_make(&line, edits, 2);
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "threshold-unreachable");
}

static void a_manifest_that_cannot_be_meant_is_refused(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "manifest", "\"securityEpoch\":1",
		    "\"previous\":{\"version\":1,\"sha256\":\"" ZEROS "\"},\"securityEpoch\":1" },
		  "version-not-rising" },
		{ { "manifest", "\"securityEpoch\":1", "\"rollbackTo\":[1],\"securityEpoch\":1" },
		  "version-not-rising" },
		{ { "manifest", "\"pcrs\":{\"11\"", "\"pcrs\":{\"10\"" }, "out-of-range" },
		{ { "manifest", "\"pcrs\":{\"11\"", "\"pcrs\":{\"16\"" }, "out-of-range" },
		{ { "manifest", "sbat,1", ",1" }, "bad-value" },
		{ { "manifest", "sbat,1", "sbat" }, "bad-value" },
		{ { "manifest", "shim,2", "shim,4294967296" }, "bad-value" },
		{ { "manifest", "\".ima\"", "\"i/ma\"" }, "bad-value" },
		{ { "manifest", "\"mustAppear\":[\"/usr/sbin/attestd\"]",
		    "\"mustAppear\":[\"usr/sbin/attestd\"]" },
		  "bad-value" },
		{ { "manifest", "\"mustAppear\":[\"/usr/sbin/attestd\"]",
		    "\"mustAppear\":[\"/usr/sbin/\"]" },
		  "bad-value" },
	};
	(void)state;

	outcome_all_refused(ROWS(rows));
}

static void a_set_or_class_has_its_name_alone(void **state)
{
	static const struct line_edit sets[] = {
		{ "manifest", "\"subject\":[",
		  "\"subject\":[{\"name\":\"base.files\",\"digest\":{\"sha256\":\"" ZEROS "\"}}," },
		{ "manifest", "\"sets\":[",
		  "\"sets\":[{\"name\":\"base.files\",\"sha256\":\"" ZEROS
		  "\",\"size\":0,\"class\":\"base\"}," },
	};
	static const struct line_edit classes = {
		"matrix", "\"classes\":[",
		"\"classes\":[{\"name\":\"server\",\"trustDomain\":\"prod.example\","
		"\"ids\":[\"spiffe://prod.example/**\"],\"cells\":[\"q35/"
		"6.1.0\"],\"grantLifetime\":600,\"attestInterval\":300,"
		"\"tpm\":{\"bank\":\"sha256\",\"select\":[0,1,2,3,4,5,6,7,8,9,10,11,13,14],"
		"\"policyPcrs\":[4,7,14],\"cap\":13,\"requireSafe\":false,\"firmwareDeny\":[]}},"
	};
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(line) other = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	line_make(&line, sets, 2);
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "set-twice");
	line_make(&other, &classes, 1);
	outcome_load_at(&other, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "class-twice");
}

/* A matrix both teams signed has never heard of what the index alone brings. */
static void a_cell_of_the_index_stands_in_the_matrix(void **state)
{
	static const struct line_edit edits[] = {
		{ "matrix", "\"kernel\":\"6.1.0\"", "\"kernel\":\"6.1.9\"" },
		{ "matrix", "\"q35/6.1.0\"", "\"q35/6.1.9\"" },
	};
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	line_make(&line, edits, 2);
	outcome_load_at(&line, NULL, LINE_NOW, &out);
	assert_string_equal(out.refusal.code, "cell-not-in-matrix");
	assert_string_equal(out.refusal.document, "index");
}

static void no_time_is_outside_of_what_a_clock_says(void **state)
{
	static const int64_t times[] = { INT64_MIN, -1, TIME_MAX + 1, INT64_MAX };
	AUTO_DONE(line) line = { 0 };
	(void)state;

	line_make(&line, NULL, 0);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		AUTO_DONE(outcome) out = { 0 };

		outcome_load_at(&line, NULL, times[i], &out);
		assert_string_equal(out.refusal.code, "clock-went-back");
	}
}

static void a_matrix_names_each_thing_once(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "matrix", "\"cells\":[{\"platform\"",
		    "\"cells\":[{\"platform\":\"q35\",\"kernel\":\"6.1.0\",\"state\":\"allow\"},"
		    "{\"platform\"" },
		  "cell-twice" },
		{ { "matrix", "spiffe://prod.example/**", "spiffe://prod.example/../x" },
		  "bad-value" },
		{ { "matrix", "spiffe://prod.example/**", "spiffe://prod.example/a*" },
		  "bad-value" },
		{ { "matrix", "\"to\":\"7.61\"", "\"to\":\"\"" }, "empty" },
		{ { "matrix", "\"to\":\"7.61\"", "\"to\":\"8.\"" }, "bad-value" },
		{ { "matrix", "\"to\":\"7.61\"", "\"to\":\"8.1.2.3.4\"" }, "bad-value" },
		{ { "matrix", "\"to\":\"7.61\"", "\"to\":\"8.70000\"" }, "bad-value" },
	};
	(void)state;

	outcome_all_refused(ROWS(rows));
}

static void an_index_is_in_order(void **state)
{
	static const struct refusal_row rows[] = {
		{ { "index", "\"state\":\"current\"}",
		    "\"state\":\"current\"},{\"sha256\":\"" ZEROS
		    "\",\"version\":1,\"state\":\"previous\",\"acceptUntil\":1767229200}" },
		  "not-newest-first" },
		{ { "index", "\"version\":1,\"state\":\"current\"}",
		    "\"version\":9,\"state\":\"current\"},{\"sha256\":\"" ZEROS
		    "\",\"version\":8,\"state\":\"current\"}" },
		  "bad-value" },
		{ { "index", "\"version\":1,\"state\":\"current\"}",
		    "\"version\":9,\"state\":\"current\"},{\"sha256\":\"" ZEROS
		    "\",\"version\":8,\"state\":\"canary\"}" },
		  "bad-value" },
		{ { "index", "\"state\":\"current\"}]}]",
		    "\"state\":\"current\"}]},"
		    "{\"platform\":\"q35\",\"kernel\":\"6.1.0\",\"manifests\":[]}]" },
		  "cell-twice" },
		{ { "index", "\"cells\":[",
		    "\"emergency\":\"" ZEROS "\",\"reviews\":[{\"sha256\":\"" ZEROS
		    "\",\"finding\":\"rejected\",\"time\":1},"
		    "{\"sha256\":\"" ZEROS
		    "\",\"finding\":\"confirmed\",\"time\":2}],\"cells\":[" },
		  "review-twice" },
		{ { "index", "\"root\":{\"version\":1", "\"root\":{\"version\":2" },
		  "root-mismatch" },
		{ { "index", "\"predicate\":{\"version\":1", "\"predicate\":{\"version\":2" },
		  "version-mismatch" },
		{ { "timestamp", "\"expires\":1767229200", "\"expires\":1767225540" },
		  "lifetime-over-cap" },
	};
	(void)state;

	outcome_all_refused(ROWS(rows));
}

/* The text of so many sets of one file each, which are put into the line. */
struct sets_text {
	struct bytes sets, subjects;
};

static void sets_text_done(struct sets_text *text)
{
	bytes_done(&text->sets);
	bytes_done(&text->subjects);
}

AUTO_RELEASE(sets_text, sets_text_done);

static void put_set(struct line *line, unsigned number, struct sets_text *out)
{
	char hex[LINE_HEX_SIZE], file[128], path[80];
	struct digest digest;

	(void)snprintf(file, sizeof(file), ZEROS "  /usr/bin/%03u\n", number);
	assert_int_equal(digest_of(DIGEST_SHA256, span_text(file), &digest), OK);
	line_digest_hex(&digest, hex);
	(void)snprintf(path, sizeof(path), "sets/%s", hex);
	line_put(line, path, span_text(file));
	assert_int_equal(bytes_printf(&out->sets,
				      "{\"name\":\"s%03u\",\"sha256\":\"%s\",\"size\":%zu,"
				      "\"class\":\"base\"},",
				      number, hex, strlen(file)),
			 OK);
	assert_int_equal(bytes_printf(&out->subjects,
				      "{\"name\":\"s%03u\",\"digest\":{\"sha256\":\"%s\"}},",
				      number, hex),
			 OK);
}

/* A release that goes on from the one before, with the sets from one number up to another
 * besides its own, and edits of its index. */
static void make_with_sets(struct line *line, unsigned version, unsigned first, unsigned end,
			   const struct line_edit *edits, size_t count)
{
	AUTO_DONE(sets_text) text = { 0 };
	struct line_edit all[4] = { { "manifest", "\"sets\":[", NULL },
				    { "manifest", "\"subject\":[", NULL } };

	assert_int_equal(bytes_printf(&text.sets, "\"sets\":["), OK);
	assert_int_equal(bytes_printf(&text.subjects, "\"subject\":["), OK);
	for (unsigned i = first; i < end; i++)
		put_set(line, i, &text);
	all[0].replace = (const char *)text.sets.data;
	all[1].replace = (const char *)text.subjects.data;
	for (size_t i = 0; i < count; i++)
		all[2 + i] = edits[i];
	line_make_version(line, version, all, 2 + count);
}

/* Three releases: 32 sets, 31 other ones beside the first of these, and the rest. */
static void make_three(struct line *line, unsigned sets, int64_t oldest_ends)
{
	char hex[2][LINE_HEX_SIZE], find[160], subject[320], entry[240];
	const struct line_edit index[] = { { "index", find, subject }, { "index", "}]}]", entry } };

	make_with_sets(line, 1, 1, 32, NULL, 0);
	line_digest_hex(&line->manifest, hex[0]);
	make_with_sets(line, 2, 32, 63, NULL, 0);
	line_digest_hex(&line->manifest, hex[1]);
	(void)snprintf(find, sizeof(find), "{\"name\":\"manifest\",\"digest\":{\"sha256\":\"%s\"}}",
		       hex[1]);
	(void)snprintf(subject, sizeof(subject),
		       "%s,{\"name\":\"manifest\",\"digest\":{\"sha256\":\"%s\"}}", find, hex[0]);
	(void)snprintf(entry, sizeof(entry),
		       "},{\"sha256\":\"%s\",\"version\":1,\"state\":\"previous\","
		       "\"acceptUntil\":%" PRId64 "}]}]",
		       hex[0], oldest_ends);
	make_with_sets(line, 3, 63, sets, index, 2);
}

/* A node that booted the oldest is appraised by the sets of all that followed. */
static void the_releases_of_a_cell_have_so_many_sets_in_all(void **state)
{
	static const struct {
		unsigned sets;
		int64_t oldest_ends;
		const char *code;
	} rows[] = {
		{ CELL_SETS_MAX, LINE_NOW + 1, NULL },
		{ CELL_SETS_MAX + 1, LINE_NOW + 1, "too-many-sets" },
		{ CELL_SETS_MAX + 1, LINE_NOW, NULL },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(line) line = { 0 };
		AUTO_DONE(outcome) out = { 0 };

		make_three(&line, rows[i].sets, rows[i].oldest_ends);
		outcome_load_at(&line, NULL, LINE_NOW, &out);
		if (rows[i].code == NULL)
			assert_int_equal(out.status, OK);
		else
			assert_string_equal(out.refusal.code, rows[i].code);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_root_that_nobody_can_hold_to_is_refused),
		cmocka_unit_test(a_canary_without_a_witness_is_refused),
		cmocka_unit_test(a_manifest_that_cannot_be_meant_is_refused),
		cmocka_unit_test(a_set_or_class_has_its_name_alone),
		cmocka_unit_test(a_cell_of_the_index_stands_in_the_matrix),
		cmocka_unit_test(no_time_is_outside_of_what_a_clock_says),
		cmocka_unit_test(a_matrix_names_each_thing_once),
		cmocka_unit_test(an_index_is_in_order),
		cmocka_unit_test(the_releases_of_a_cell_have_so_many_sets_in_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
