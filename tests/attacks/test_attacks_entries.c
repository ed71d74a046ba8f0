/* SPDX-License-Identifier: Apache-2.0 */
/* Registration entries: who may add them, whose they are, and which programs count. */
#include "attacks.h"

#include <string.h>

#include "attack_scene.h"
#include "base/text.h"
#include "messages/entries.h"
#include "verifier/appraisal/approved_file.h"

#define PROGRAM "/opt/web/bin/web server"
#define LOGGED "/opt/web/bin/web%20server"
#define ADD "add-entry\nclass server\nentry web spiffe://prod.example/web " LOGGED " uid=1000"

/* The program with a digest of its own in a set of the release. */
static struct digest list_program(struct bytes *set, uint8_t fill)
{
	struct digest digest = digest_filled(DIGEST_SHA256, fill);

	golden_set_add(set, &digest, PROGRAM);
	return digest;
}

static void load_again(struct signer_scene *s)
{
	golden_build(&s->golden);
	scene_load_release(s);
}

static void add(struct signer_scene *s, const char *act)
{
	s->now++;
	scene_prepare_entry_act(s, act, s->now);
	scene_expect(s, FRAME_ADMIN, REFUSAL_NONE);
}

static void narrow(struct signer_scene *s, enum admin_verb verb, enum refusal wanted)
{
	s->request.admin = (struct admin_request){ .verb = verb,
						   .role = ROLE_PLATFORM,
						   .entry = span_text("web"),
						   .reason = span_text("seen elsewhere"),
						   .administrator = span_text("anybody") };
	scene_expect(s, FRAME_ADMIN, wanted);
}

/* What the node is told with its next verdict; the text is the one that it names. */
static void told(struct signer_scene *s, struct entries *out)
{
	AUTO_DONE(bytes) line = { 0 };
	struct digest digest;
	const struct result *r = &s->answer.commit;

	s->now++;
	scene_attest(s);
	assert_int_not_equal(r->entries.len, 0);
	assert_int_equal(digest_of(DIGEST_SHA256, r->entries, &digest), OK);
	assert_int_equal(bytes_append(&line, span_text("\nentries ")), OK);
	assert_int_equal(digest_text_append(&line, &digest), OK);
	assert_int_equal(bytes_append(&line, (struct span){ (const uint8_t *)"\n", 2 }), OK);
	assert_true(scene_result_says(r, (const char *)line.data));
	assert_int_equal(entries_parse(r->entries, out), OK);
}

static size_t count_told(struct signer_scene *s)
{
	AUTO_DONE(entries) entries = { 0 };

	told(s, &entries);
	return entries.count;
}

static void s09_a_captured_front_adds_no_entry(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct signer_request kept;
	(void)state;

	attack_scene_init(&s);
	scene_prepare_entry_act(&s, ADD, s.now);
	kept = scene_record(&s, FRAME_ADMIN);
	s.request.admin.act_signature.len--;
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_SIGNATURE_INVALID);
	s.request.admin.act_signature = (struct span){ 0 };
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_SIGNATURE_INVALID);
	/* Another program for the same signature. */
	scene_prepare_entry_act(&s, ADD " jwt", s.now);
	s.request.admin.act_signature = kept.admin.act_signature;
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_SIGNATURE_INVALID);
	s.request = kept;
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
}

/* Before and after somebody removed what it added. */
static void s09_an_entrys_act_counts_once(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct signer_request kept, lifted;
	(void)state;

	attack_scene_init(&s);
	scene_prepare_entry_act(&s, ADD, s.now);
	kept = scene_record(&s, FRAME_ADMIN);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_REPLAYED);
	s.now++;
	narrow(&s, ADMIN_ENTRY_QUARANTINE, REFUSAL_NONE);
	scene_prepare_entry_act(&s, "release-entry\nentry web", s.now);
	lifted = scene_record(&s, FRAME_ADMIN);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	narrow(&s, ADMIN_ENTRY_QUARANTINE, REFUSAL_NONE);
	s.request = lifted;
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_REPLAYED);
	narrow(&s, ADMIN_ENTRY_REMOVE, REFUSAL_NONE);
	s.request = kept;
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_REPLAYED);
	s.request = lifted;
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_REPLAYED);
}

/* A captured front kept it until there was something to lift: what was quarantined since,
 * nobody who signed it knew of. */
static void s09_an_act_that_was_held_back_lifts_no_later_quarantine(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct signer_request held;
	(void)state;

	attack_scene_init(&s);
	add(&s, ADD);
	s.now++;
	scene_prepare_entry_act(&s, "release-entry\nentry web", s.now);
	held = scene_record(&s, FRAME_ADMIN);
	s.now += 2;
	narrow(&s, ADMIN_ENTRY_QUARANTINE, REFUSAL_NONE);
	s.request = held;
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_REPLAYED);
	/* Nor one of between two of them. */
	scene_prepare_entry_act(&s, "release-entry\nentry web", s.now + 1);
	held = scene_record(&s, FRAME_ADMIN);
	s.now += 3;
	narrow(&s, ADMIN_ENTRY_QUARANTINE, REFUSAL_NONE);
	s.request = held;
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_REPLAYED);
	add(&s, "release-entry\nentry web");
	assert_int_equal(count_told(&s), 1);
}

static void s09_an_entry_wants_the_role_that_the_configuration_names(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	s.signer.approve_role = ROLE_PLATFORM;
	scene_prepare_entry_act(&s, ADD, s.now);
	s.request.admin.role = ROLE_PLATFORM; /* the front's word */
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ROLE_DENIED);
	s.signer.approve_role = ROLE_IDENTITY_SECURITY;
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	narrow(&s, ADMIN_ENTRY_QUARANTINE, REFUSAL_NONE);
	s.now++;
	s.signer.release_role = ROLE_PLATFORM;
	scene_prepare_entry_act(&s, "release-entry\nentry web", s.now);
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ROLE_DENIED);
	/* Nor does anybody narrow. */
	s.request.admin = (struct admin_request){ .verb = ADMIN_ENTRY_REMOVE,
						  .role = ROLE_AUDITOR,
						  .entry = span_text("web") };
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ROLE_DENIED);
}

static void s09_an_entry_is_within_the_entitlements_of_its_class(void **state)
{
	static const struct {
		const char *act;
		enum refusal refusal;
	} cases[] = {
		{ "add-entry\nclass router\nentry web spiffe://prod.example/web /bin/web",
		  REFUSAL_CLASS_UNKNOWN },
		{ "add-entry\nclass server\nentry web spiffe://other.example/web /bin/web",
		  REFUSAL_ENTRY_NOT_ENTITLED },
		{ "add-entry\nclass server\nentry web spiffe://prod.example /bin/web",
		  REFUSAL_ENTRY_NOT_ENTITLED },
		{ "add-entry\nclass server\nentry web spiffe://prod.example/** /bin/web",
		  REFUSAL_ACT_MALFORMED },
		{ "add-entry\nclass server\nentry web spiffe://prod.example/../web /bin/web",
		  REFUSAL_ACT_MALFORMED },
		{ "add-entry\nclass server\nentry web spiffe://prod.example/web /bin/../web",
		  REFUSAL_ACT_MALFORMED },
		/* Digests are the releases' to name. */
		{ "add-entry\nclass server\nentry web spiffe://prod.example/web /bin/web "
		  "sha256:00000000000000000000000000000000"
		  "00000000000000000000000000000000",
		  REFUSAL_ACT_MALFORMED },
	};
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scene_prepare_entry_act(&s, cases[i].act, s.now);
		expect_refused_unchanged(&s, FRAME_ADMIN, cases[i].refusal);
	}
}

/* And nobody else. */
static void s09_who_signed_is_told_what_the_class_may_have(void **state)
{
	static const char other[] =
		"add-entry\nclass server\nentry web spiffe://other.example/web /bin/web";
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	scene_prepare_entry_act(&s, other, s.now);
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ENTRY_NOT_ENTITLED);
	assert_true(span_equal(s.answer.advice, span_text("nodes of class server may have "
							  "spiffe://prod.example/**")));
	s.request.admin.act_signature.len--;
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_SIGNATURE_INVALID);
	assert_int_equal(s.answer.advice.len, 0);
	s.signer.approve_role = ROLE_PLATFORM;
	scene_prepare_entry_act(&s, other, s.now);
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ROLE_DENIED);
	assert_int_equal(s.answer.advice.len, 0);
}

static void s09_a_class_has_no_more_entries_than_a_text_holds(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	enum refusal refusal = REFUSAL_NONE;
	size_t added = 0;
	(void)state;

	attack_scene_init(&s);
	for (; added <= ENTRIES_MAX && refusal == REFUSAL_NONE; added++) {
		char act[1600];

		(void)snprintf(act, sizeof(act),
			       "add-entry\nclass server\nentry e%zu spiffe://prod.example/%0*d "
			       "/bin/web",
			       added, 10, 0);
		scene_prepare_entry_act(&s, act, s.now);
		scene_ask(&s, FRAME_ADMIN);
		refusal = s.answer.refusal;
	}
	assert_int_equal(refusal, REFUSAL_ENTRIES_FULL);
	assert_true(added - 1 <= ENTRIES_MAX && added > ENTRIES_MAX / 2);
	assert_int_equal(count_told(&s), added - 1);
}

static void s13_a_quarantined_or_removed_entry_leaves_with_the_next_verdict(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	assert_int_equal(count_told(&s), 0);
	add(&s, ADD);
	assert_int_equal(count_told(&s), 1);
	narrow(&s, ADMIN_ENTRY_QUARANTINE, REFUSAL_NONE);
	assert_int_equal(count_told(&s), 0);
	add(&s, "release-entry\nentry web");
	assert_int_equal(count_told(&s), 1);
	narrow(&s, ADMIN_ENTRY_REMOVE, REFUSAL_NONE);
	assert_int_equal(count_told(&s), 0);
	narrow(&s, ADMIN_ENTRY_REMOVE, REFUSAL_ENTRY_UNKNOWN);
	add(&s, ADD);
	assert_int_equal(count_told(&s), 1);
	/* What a quarantine took is not added again around whoever lifts it. */
	narrow(&s, ADMIN_ENTRY_QUARANTINE, REFUSAL_NONE);
	s.now++;
	scene_prepare_entry_act(&s, ADD, s.now);
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ENTRY_EXISTS);
}

/* What was undone is told nobody, and what was told before is told again. */
static void s13_an_entry_whose_act_was_undone_is_told_nobody(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	const struct class_entries *entries;
	struct node_class node_class;
	(void)state;

	attack_scene_init(&s);

	struct turn turn = scene_turn(&s);
	const struct entry_row row = { .name = span_text("web"),
				       .class_name = span_text("server"),
				       .line = span_text(
					       "web spiffe://prod.example/web /bin/web") };

	assert_true(challenge_class(&s.signer, span_text("server"), &node_class));
	assert_int_equal(store_begin(s.signer.store), OK);
	assert_int_equal(store_entry_add(s.signer.store, &row), OK);
	assert_int_equal(entry_texts_find(&turn, &node_class, &entries), OK);
	assert_non_null(memmem(entries->text.data, entries->text.len, "entry web", 9));
	store_rollback(s.signer.store);
	assert_int_equal(count_told(&s), 0);
}

static void s13_an_entry_names_what_its_program_may_be(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	add(&s, ADD);

	AUTO_DONE(entries) before = { 0 };
	AUTO_DONE(entries) after = { 0 };
	AUTO_DONE(entries) revoked = { 0 };

	told(&s, &before);
	assert_int_equal(before.list[0].digests.len, 0);

	struct digest digest = list_program(&s.golden.manifest[0].base, 0x77);

	load_again(&s);
	told(&s, &after);
	assert_true(span_equal(span_of(&after.list[0].digests), digest_span(&digest)));
	s.golden.revoked.item[s.golden.revoked.count++] = digest;
	load_again(&s);
	told(&s, &revoked);
	assert_int_equal(revoked.list[0].digests.len, 0);
}

/* A set that is no workload's, a path that IMA would log the same, a release of other
 * cells or other days. */
static void s13_other_files_of_a_release_are_no_workloads(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct approved_file file;
	struct digest digest = digest_filled(DIGEST_SHA256, 0x77);
	(void)state;

	signer_scene_init(&s);

	struct golden *g = &s.golden;

	(void)list_program(&g->manifest[0].base, 0x77);
	golden_build(g);
	assert_int_equal(
		approved_file_find(&g->reference, &g->built, span_text(PROGRAM), GOLDEN_NOW, &file),
		OK);
	assert_int_equal(file.count, 1);
	assert_true(digest_equal(&file.digest[0], &digest));
	assert_int_equal(approved_file_find(&g->reference, &g->built,
					    span_text("/opt/web/bin/web_server"), GOLDEN_NOW,
					    &file),
			 OK);
	assert_int_equal(file.count, 0);
	assert_int_equal(approved_file_find(&g->reference, &g->built, span_text(PROGRAM),
					    g->manifest[0].not_after, &file),
			 OK);
	assert_int_equal(file.count, 0);
	assert_int_equal(approved_file_find(&g->reference, &g->built, span_text(PROGRAM),
					    g->manifest[0].not_before - 1, &file),
			 OK);
	assert_int_equal(file.count, 0);
	g->manifest[0].base_class = SET_ENFORCEMENT;
	golden_build(g);
	assert_int_equal(
		approved_file_find(&g->reference, &g->built, span_text(PROGRAM), GOLDEN_NOW, &file),
		OK);
	assert_int_equal(file.count, 0);
	g->manifest[0].base_class = SET_VENDOR;
	g->cell = "q35/another";
	golden_build(g);
	assert_int_equal(
		approved_file_find(&g->reference, &g->built, span_text(PROGRAM), GOLDEN_NOW, &file),
		OK);
	assert_int_equal(file.count, 0);
}

/* Nothing is sent to who has it, and nothing to who has no right. */
static void s13_entries_go_with_a_grant_and_once(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct digest digest;
	(void)state;

	attack_scene_init(&s);
	s.now++;
	scene_authenticate(&s);
	scene_prepare_commit(&s);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	assert_int_equal(digest_of(DIGEST_SHA256, s.answer.commit.entries, &digest), OK);
	s.now++;
	scene_evidence(&s);
	s.request.authenticate.entries_held = digest_span(&digest);
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_prepare_commit(&s);
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	assert_int_equal(s.answer.commit.entries.len, 0);
	assert_false(scene_result_says(&s.answer.commit, "\nentries -\n"));
	s.now++;
	scene_authenticate(&s);
	scene_prepare_commit(&s);
	s.request.commit.claims.tier[CLAIM_EXECUTABLES] = TIER_CONTRAINDICATED;
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	assert_int_equal(s.answer.commit.entries.len, 0);
	assert_true(scene_result_says(&s.answer.commit, "\nentries -\n"));
}

/* A disk's error, or a row of another version. */
static void add_torn(struct signer_scene *s)
{
	const struct entry_row torn = { .name = span_text("torn"),
					.class_name = span_text("server"),
					.line = span_text("torn spiffe://prod.exa"),
					.standing = ENTRY_ACTIVE };

	assert_int_equal(store_begin(s->signer.store), OK);
	assert_int_equal(store_entry_add(s->signer.store, &torn), OK);
	assert_int_equal(store_commit(s->signer.store), OK);
}

/* Its class's nodes keep their right. */
static void s13_an_entry_that_cannot_be_read_takes_no_other_along(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	AUTO_DONE(entries) entries = { 0 };
	(void)state;

	attack_scene_init(&s);
	add(&s, ADD);
	add_torn(&s);
	told(&s, &entries);
	assert_int_equal(entries.count, 1);
	assert_non_null(entries_find(&entries, span_text("web")));
}

static const struct entry_item *list(struct signer_scene *s, const char *after, uint32_t limit,
				     size_t wanted)
{
	s->request.admin = (struct admin_request){ .verb = ADMIN_ENTRIES,
						   .role = ROLE_AUDITOR,
						   .entry = span_text(after),
						   .limit = limit,
						   .administrator = span_text("anybody") };
	scene_expect(s, FRAME_ADMIN, REFUSAL_NONE);
	assert_int_equal(s->answer.admin.entries.count, wanted);
	return s->answer.admin.entries.items;
}

static void s13_a_damaged_entry_hides_no_other_from_people(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	const struct entry_item *items;
	(void)state;

	attack_scene_init(&s);
	add(&s, ADD);
	add_torn(&s);
	items = list(&s, "", 0, 2);
	assert_true(span_equal(items[0].name, span_text("torn")));
	assert_int_equal(items[0].line.len, 0);
	assert_true(span_equal(items[1].name, span_text("web")));
	assert_int_not_equal(items[1].line.len, 0);
	/* And goes as others do. */
	s.request.admin = (struct admin_request){ .verb = ADMIN_ENTRY_REMOVE,
						  .role = ROLE_PLATFORM,
						  .entry = span_text("torn"),
						  .reason = span_text("damaged"),
						  .administrator = span_text("anybody") };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	assert_true(s.answer.admin.entries.items[0].is_removed);
	(void)list(&s, "", 0, 1);
}

static void s13_a_list_goes_on_where_a_page_ends(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	for (int i = 0; i < 5; i++) {
		char act[128];

		(void)snprintf(act, sizeof(act),
			       "add-entry\nclass server\nentry e%d spiffe://prod.example/e /bin/e",
			       i);
		add(&s, act);
	}
	assert_true(span_equal(list(&s, "", 2, 2)[1].name, span_text("e1")));
	assert_true(s.answer.admin.entries.has_more);
	assert_true(span_equal(list(&s, "e1", 3, 3)[2].name, span_text("e4")));
	(void)list(&s, "e4", 3, 0);
	assert_false(s.answer.admin.entries.has_more);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(s09_a_captured_front_adds_no_entry),
	cmocka_unit_test(s09_an_entrys_act_counts_once),
	cmocka_unit_test(s09_an_act_that_was_held_back_lifts_no_later_quarantine),
	cmocka_unit_test(s09_an_entry_wants_the_role_that_the_configuration_names),
	cmocka_unit_test(s09_an_entry_is_within_the_entitlements_of_its_class),
	cmocka_unit_test(s09_who_signed_is_told_what_the_class_may_have),
	cmocka_unit_test(s09_a_class_has_no_more_entries_than_a_text_holds),
	cmocka_unit_test(s13_a_quarantined_or_removed_entry_leaves_with_the_next_verdict),
	cmocka_unit_test(s13_an_entry_whose_act_was_undone_is_told_nobody),
	cmocka_unit_test(s13_an_entry_names_what_its_program_may_be),
	cmocka_unit_test(s13_other_files_of_a_release_are_no_workloads),
	cmocka_unit_test(s13_entries_go_with_a_grant_and_once),
	cmocka_unit_test(s13_an_entry_that_cannot_be_read_takes_no_other_along),
	cmocka_unit_test(s13_a_damaged_entry_hides_no_other_from_people),
	cmocka_unit_test(s13_a_list_goes_on_where_a_page_ends),
};

ATTACKS_MAIN(tests)
