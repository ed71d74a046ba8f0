/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "release_outcome.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE "1000000000000000000000000000000000000000000000000000000000000001"
#define BUILDER "https://ci.example/release"
#define TEXT_MAX 8192

/* One statement, open to an edit. */
static const char statement[] =
	"{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":["
	"{\"name\":\"base.files\",\"digest\":{\"sha256\":\"%s\"}},"
	"{\"name\":\"shim\",\"digest\":{\"authenticode-sha256\":\"" ZERO "\"}}],"
	"\"predicateType\":\"https://slsa.dev/provenance/v1\",\"predicate\":{"
	"\"buildDefinition\":{\"buildType\":\"https://ci.example/type\","
	"\"externalParameters\":{\"any\":[1,{\"thing\":null}]},"
	"\"resolvedDependencies\":[{\"uri\":\"pkg:deb/a@1\",\"digest\":{\"sha256\":\"" ONE "\"}}]},"
	"\"runDetails\":{\"builder\":{\"id\":\"" BUILDER "\"},\"metadata\":{\"any\":1}}}}";

static void replace(char text[TEXT_MAX], const char *find, const char *by)
{
	char *at = strstr(text, find);
	char rest[TEXT_MAX];

	assert_non_null(at);
	(void)snprintf(rest, sizeof(rest), "%s", at + strlen(find));
	(void)snprintf(at, TEXT_MAX - (size_t)(at - text), "%s%s", by, rest);
}

/* A line whose manifest names the statement, signed with the key. */
static void make(struct line *line, const char *key, const char *find, const char *by,
		 const struct line_edit *more)
{
	AUTO_DONE(line) plain = { 0 };
	AUTO_DONE(bytes) hex = { 0 };
	char text[TEXT_MAX];
	char evidence[160];
	char path[160];
	struct digest digest;
	const char *set = NULL;

	line_make(&plain, NULL, 0);
	for (size_t i = 0; i < plain.count; i++)
		if (strncmp(plain.file[i].path, "sets/", 5) == 0)
			set = plain.file[i].path + 5;
	assert_non_null(set);
	/* The set's digest stands where the format wants one. */
	(void)snprintf(text, sizeof(text), "%s", statement);
	replace(text, "%s", set);
	if (find != NULL)
		replace(text, find, by);
	assert_int_equal(digest_of(DIGEST_SHA256, span_text(text), &digest), OK);
	assert_int_equal(hex_append(&hex, digest_span(&digest)), OK);
	(void)snprintf(evidence, sizeof(evidence), "\"evidence\":{\"provenance\":\"sha256:%.*s\",",
		       (int)hex.len, (const char *)hex.data);
	(void)snprintf(path, sizeof(path), "provenance/%.*s.json", (int)hex.len,
		       (const char *)hex.data);

	const struct line_edit edits[] = {
		{ "root", "\"requireProvenance\":false",
		  "\"builders\":[\"" BUILDER "\"],\"requireProvenance\":true" },
		{ "manifest", "\"evidence\":{", evidence },
		more == NULL ? (struct line_edit){ 0 } : *more,
	};
	line_make(line, edits, more == NULL ? 2 : 3);
	if (key != NULL)
		line_put_signed(line, path, key, text);
}

static void refuses(const char *code, const char *key, const char *find, const char *by,
		    const struct line_edit *more)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };

	make(&line, key, find, by, more);
	outcome_load(&line, &out);
	assert_int_not_equal(out.status, OK);
	assert_string_equal(out.refusal.code, code);
}

static void what_a_known_builder_made_of_pinned_inputs_loads(void **state)
{
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct reference reference;
	struct release release;
	(void)state;

	make(&line, "build", NULL, NULL, NULL);
	outcome_load(&line, &out);
	assert_int_equal(out.status, OK);
	assert_int_equal(reference_open(span_of(&out.image), &reference), OK);
	assert_int_equal(reference_release(&reference, 0, &release), OK);
}

static void a_manifest_without_provenance_is_refused_where_the_root_wants_it(void **state)
{
	static const struct refusal_row row = { { "root", "\"requireProvenance\":false",
						  "\"builders\":[\"" BUILDER
						  "\"],\"requireProvenance\":true" },
						"provenance-missing" };
	(void)state;

	outcome_all_refused(&row, 1);
	refuses("document-missing", NULL, NULL, NULL, NULL);
}

static void provenance_that_is_named_is_verified_in_any_case(void **state)
{
	static const struct refusal_row row = { { "manifest", "\"evidence\":{",
						  "\"evidence\":{\"provenance\":\"sha256:" ZERO
						  "\"," },
						"document-missing" };
	(void)state;

	outcome_all_refused(&row, 1);
}

static void only_the_build_role_signs_it(void **state)
{
	(void)state;

	refuses("role-not-allowed", "sign", NULL, NULL, NULL);
	refuses("role-not-allowed", "publish", NULL, NULL, NULL);
}

static void a_builder_that_the_root_does_not_know_is_refused(void **state)
{
	(void)state;

	refuses("builder-unknown", "build", "\"id\":\"" BUILDER, "\"id\":\"" BUILDER "2", NULL);
	refuses("builder-unknown", "build", "\"id\":\"" BUILDER, "\"id\":\"https://ci.example",
		NULL);
	refuses("missing-field", "build", "\"id\":\"" BUILDER "\"", "", NULL);
}

static void every_input_is_pinned(void **state)
{
	(void)state;

	refuses("input-not-pinned", "build", ",\"digest\":{\"sha256\":\"" ONE "\"}}]", "}]", NULL);
	refuses("input-not-pinned", "build", "{\"sha256\":\"" ONE "\"}}]",
		"{\"gitCommit\":\"" ONE "\"}}]", NULL);
	refuses("input-not-pinned", "build",
		"{\"uri\":\"pkg:deb/a@1\",\"digest\":{\"sha256\":\"" ONE "\"}}", "", NULL);
	refuses("unknown-field", "build", "\"uri\":", "\"url\":", NULL);
}

static void every_set_and_boot_file_is_an_output(void **state)
{
	static const struct line_edit image = { "manifest", "\"authenticode\":[\"sha256:" ZERO,
						"\"authenticode\":[\"sha256:" ONE };
	static const struct line_edit initrd = { "manifest", "\"initrd\":[\"sha256:" ZERO,
						 "\"initrd\":[\"sha256:" ONE };
	static const struct line_edit set = { "base.files", "/usr/bin/cat", "/usr/bin/dog" };
	(void)state;

	refuses("output-not-covered", "build", NULL, NULL, &image);
	refuses("output-not-covered", "build", NULL, NULL, &initrd);
	refuses("output-not-covered", "build", NULL, NULL, &set);
	refuses("output-twice", "build", "\"authenticode-sha256\":\"" ZERO "\"",
		"\"authenticode-sha256\":\"" ZERO "\",\"sha256\":\"" ZERO "\"", NULL);
	refuses("missing-field", "build", "\"authenticode-sha256\":\"" ZERO "\"", "", NULL);
}

static void another_statement_is_no_provenance(void **state)
{
	(void)state;

	refuses("predicate-type", "build", "slsa.dev/provenance/v1", "slsa.dev/provenance/v0.2",
		NULL);
	refuses("unknown-field", "build", "\"runDetails\":{", "\"runDetails\":{\"other\":1,", NULL);
}

static void provenance_by_a_revoked_key_is_out_of_force(void **state)
{
	AUTO_DONE(bytes) hex = { 0 };
	AUTO_DONE(line) line = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	uint8_t *spki = NULL;
	int len = i2d_PUBKEY(line_key("build"), &spki);
	char list[96];
	struct line_edit edit = { "revocations", "\"keys\":[]", list };
	struct digest digest;
	struct reference reference;
	struct release release;
	(void)state;

	assert_true(len > 0);
	assert_int_equal(digest_of(DIGEST_SHA256, (struct span){ spki, (size_t)len }, &digest), OK);
	OPENSSL_free(spki);
	assert_int_equal(hex_append(&hex, digest_span(&digest)), OK);
	(void)snprintf(list, sizeof(list), "\"keys\":[\"%.*s\"]", (int)hex.len,
		       (const char *)hex.data);
	make(&line, "build", NULL, NULL, &edit);
	outcome_load(&line, &out);
	assert_int_equal(out.status, OK);
	assert_int_equal(reference_open(span_of(&out.image), &reference), OK);
	assert_int_not_equal(reference_release(&reference, 0, &release), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_known_builder_made_of_pinned_inputs_loads),
		cmocka_unit_test(a_manifest_without_provenance_is_refused_where_the_root_wants_it),
		cmocka_unit_test(provenance_that_is_named_is_verified_in_any_case),
		cmocka_unit_test(only_the_build_role_signs_it),
		cmocka_unit_test(a_builder_that_the_root_does_not_know_is_refused),
		cmocka_unit_test(every_input_is_pinned),
		cmocka_unit_test(every_set_and_boot_file_is_an_output),
		cmocka_unit_test(another_statement_is_no_provenance),
		cmocka_unit_test(provenance_by_a_revoked_key_is_out_of_force),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
