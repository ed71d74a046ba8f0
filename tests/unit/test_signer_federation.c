/* SPDX-License-Identifier: Apache-2.0 */
/* Whose SVIDs the workloads of a trust domain take besides its own. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "signer_scene.h"

#define OTHER "attestd-bundle/1\ntrust-domain other.example\nsequence 3\ncertificate AQID\nend\n"
#define HALF ".other.example.aB3dE6"

struct place {
	char directory[SCRATCH_MAX];
};

static int begin(void **state)
{
	static struct place place;

	assert_non_null(mkdtemp(scratch_name(place.directory, "federation")));
	*state = &place;
	return 0;
}

static void put(const struct place *place, const char *name, const char *text, mode_t mode)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", place->directory, name);
	scratch_write(path, span_text(text), mode);
}

static void take_away(const struct place *place, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", place->directory, name);
	(void)unlink(path);
}

static int end(void **state)
{
	struct place *place = *state;

	take_away(place, "other.example");
	take_away(place, "wrong");
	take_away(place, HALF);
	return rmdir(place->directory);
}

static enum status read_all(const struct place *place, struct federation *out, struct bytes *fault)
{
	return federation_read(place->directory, "prod.example", out, fault);
}

static void an_empty_directory_federates_with_nobody(void **state)
{
	AUTO_DONE(federation) f = { 0 };
	AUTO_DONE(bytes) fault = { 0 };

	assert_int_equal(read_all(*state, &f, &fault), OK);
	assert_int_equal(f.count, 0);
	assert_int_not_equal(federation_read("/nowhere/at/all", "prod.example", &f, &fault), OK);
	assert_true(span_equal(span_of(&fault), span_text("/nowhere/at/all")));
}

/* Nor is one fewer federated with, without a word, while it can't be read. */
static void a_bundle_that_cannot_be_reached_is_named(void **state)
{
	AUTO_DONE(federation) f = { 0 };
	AUTO_DONE(bytes) fault = { 0 };
	const struct place *place = *state;
	char link[128];

	(void)snprintf(link, sizeof(link), "%s/other.example", place->directory);
	assert_int_equal(mkdir(link, 0700), 0);
	assert_int_equal(read_all(place, &f, &fault), OK);
	assert_int_equal(rmdir(link), 0);
	assert_int_equal(symlink("nowhere", link), 0);
	assert_int_equal(read_all(place, &f, &fault), STATUS_NOT_FOUND);
	assert_true(span_equal(span_of(&fault), span_text(link)));
}

static void each_file_is_the_bundle_of_the_trust_domain_it_is_named_by(void **state)
{
	static const struct {
		const char *name, *text;
		mode_t mode;
		enum status status;
	} wrong[] = {
		{ "third.example", OTHER, 0600, STATUS_MALFORMED },
		{ "other.example", "attestd-bundle/1\n", 0600, STATUS_MALFORMED },
		{ "other.example", "", 0600, STATUS_MALFORMED },
		{ "other.example",
		  "attestd-bundle/1\ntrust-domain other.example\nsequence 3\ncertificate AQID\n"
		  "federated third.example\ncertificate AQID\nend\n",
		  0600, STATUS_MALFORMED },
		{ "other.example", OTHER, 0666, STATUS_DENIED },
		{ "prod.example",
		  "attestd-bundle/1\ntrust-domain prod.example\nsequence 3\ncertificate "
		  "AQID\nend\n",
		  0600, STATUS_DENIED },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		AUTO_DONE(federation) f = { 0 };
		AUTO_DONE(bytes) fault = { 0 };

		put(*state, wrong[i].name, wrong[i].text, wrong[i].mode);
		assert_int_equal(read_all(*state, &f, &fault), wrong[i].status);
		assert_int_equal(f.count, 0);
		assert_true(fault.len > 0);
		take_away(*state, wrong[i].name);
	}
}

/* Begun beside it, and never ended. */
static void what_a_fetch_that_was_killed_left_is_passed_over(void **state)
{
	AUTO_DONE(federation) f = { 0 };
	AUTO_DONE(bytes) fault = { 0 };

	put(*state, HALF, "attestd-bundle/1\n", 0600);
	put(*state, "other.example", OTHER, 0644);
	assert_int_equal(read_all(*state, &f, &fault), OK);
	assert_int_equal(f.count, 1);
}

/* Half of what all may have, under a name. */
static void put_half(const struct place *place, const char *name)
{
	static uint8_t content[FEDERATION_MAX / 12];
	AUTO_DONE(bundle) bundle = { .own.certificate_count = 5 };
	AUTO_DONE(bytes) text = { 0 };

	assert_int_equal(bytes_append(&bundle.own.trust_domain, span_text(name)), OK);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(bytes_copy((struct span){ content, sizeof(content) },
					    &bundle.own.certificates[i]),
				 OK);
	assert_int_equal(bundle_write(&bundle, &text), OK);
	assert_true(text.len > FEDERATION_MAX / 2 && text.len < FEDERATION_MAX);
	assert_int_equal(bytes_append(&text, (struct span){ (const uint8_t *)"", 1 }), OK);
	put(place, name, (const char *)text.data, 0600);
}

/* A bundle that no node can read would end every right. */
static void together_they_fit_into_what_a_node_takes(void **state)
{
	AUTO_DONE(federation) f = { 0 };
	AUTO_DONE(bytes) fault = { 0 };

	put_half(*state, "other.example");
	assert_int_equal(read_all(*state, &f, &fault), OK);
	federation_done(&f);
	put_half(*state, "wrong");
	assert_int_equal(read_all(*state, &f, &fault), STATUS_TOO_LARGE);
	assert_int_equal(f.count, 0);
}

/* A node takes the newer of two bundles. */
static struct authority *federate(struct signer_scene *s, const struct place *place)
{
	struct authority *a = &s->signer.keys.authorities[0];
	AUTO_DONE(bytes) fault = { 0 };

	put(place, "other.example", OTHER, 0600);
	assert_int_equal(federation_read(place->directory, a->trust_domain, &a->federation, &fault),
			 OK);
	assert_int_equal(statement_sign_bundles(&s->signer), OK);
	return a;
}

static void what_is_federated_stands_in_the_signed_bundle_under_a_new_number(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(bundle) bundle = { 0 };

	signer_scene_init(&s);

	uint64_t before = s.signer.keys.authorities[0].published.sequence;
	struct authority *a = federate(&s, *state);

	assert_int_equal(a->published.sequence, before + 1);
	assert_int_equal(bundle_parse(span_of(&a->published.bundle), &bundle), OK);
	assert_int_equal(bundle.federated_count, 1);
	assert_true(
		span_equal(span_of(&bundle.federated[0].trust_domain), span_text("other.example")));
	assert_int_equal(statement_sign_bundles(&s.signer), OK);
	assert_int_equal(a->published.sequence, before + 1);
	federation_done(&a->federation);
	assert_int_equal(statement_sign_bundles(&s.signer), OK);
	assert_int_equal(a->published.sequence, before + 2);
}

/* What a node is sent, and the number that its verdict names. */
static void expect_published(const struct authority *a, uint64_t sequence, struct span text)
{
	assert_int_equal(a->published.sequence, sequence);
	assert_true(span_equal(span_of(&a->published.bundle), text));
	assert_int_not_equal(a->published.signature.len, 0);
}

static void a_bundle_that_cannot_be_made_leaves_the_one_of_before(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(bytes) text = { 0 };

	signer_scene_init(&s);

	struct authority *a = federate(&s, *state);
	uint64_t before = a->published.sequence;

	assert_int_equal(bytes_copy(span_of(&a->published.bundle), &text), OK);
	federation_done(&a->federation);
	assert_int_equal(store_fact_set(s.signer.store, "bundle:prod.example", span_text("7")), OK);
	assert_int_equal(statement_sign_bundles(&s.signer), STATUS_IO);
	expect_published(a, before, span_of(&text));
	/* And no group is left open. */
	scene_ask(&s, FRAME_HEALTH);
}

/* Another one would be signed under the same number, once the store is back. */
static void a_number_that_is_not_stored_is_not_given_out(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(bytes) text = { 0 };
	char aside[256];

	signer_scene_init(&s);

	const char *path = s.files.path[FILE_STORE];

	store_free(s.signer.store);
	s.signer.store = NULL;
	assert_int_equal(store_open(path, &s.signer.store), OK);

	struct authority *a = federate(&s, *state);
	uint64_t before = a->published.sequence;

	assert_int_equal(bytes_copy(span_of(&a->published.bundle), &text), OK);
	federation_done(&a->federation);
	(void)snprintf(aside, sizeof(aside), "%s.aside", path);
	assert_int_equal(rename(path, aside), 0);
	assert_int_equal(statement_sign_bundles(&s.signer), STATUS_IO);
	expect_published(a, before, span_of(&text));
	assert_int_equal(rename(aside, path), 0);
	assert_int_equal(statement_sign_bundles(&s.signer), OK);
	assert_int_equal(a->published.sequence, before + 1);
}

/* And whoever hands both on cannot bring one of before. */
static void the_verdict_names_the_bundle_that_goes_with_it(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(bundle) bundle = { 0 };
	char line[64];

	signer_scene_approved(&s);

	const struct authority *a = federate(&s, *state);

	scene_attest(&s);
	assert_int_equal(bundle_parse(s.answer.commit.bundle, &bundle), OK);
	assert_int_equal(bundle.sequence, a->published.sequence);
	assert_int_equal(bundle.federated_count, 1);
	(void)snprintf(line, sizeof(line), "\nbundle %llu\n",
		       (unsigned long long)a->published.sequence);
	assert_true(scene_result_says(&s.answer.commit, line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_empty_directory_federates_with_nobody, begin,
						end),
		cmocka_unit_test_setup_teardown(a_bundle_that_cannot_be_reached_is_named, begin,
						end),
		cmocka_unit_test_setup_teardown(
			each_file_is_the_bundle_of_the_trust_domain_it_is_named_by, begin, end),
		cmocka_unit_test_setup_teardown(what_a_fetch_that_was_killed_left_is_passed_over,
						begin, end),
		cmocka_unit_test_setup_teardown(together_they_fit_into_what_a_node_takes, begin,
						end),
		cmocka_unit_test_setup_teardown(
			what_is_federated_stands_in_the_signed_bundle_under_a_new_number, begin,
			end),
		cmocka_unit_test_setup_teardown(
			a_bundle_that_cannot_be_made_leaves_the_one_of_before, begin, end),
		cmocka_unit_test_setup_teardown(a_number_that_is_not_stored_is_not_given_out, begin,
						end),
		cmocka_unit_test_setup_teardown(the_verdict_names_the_bundle_that_goes_with_it,
						begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
