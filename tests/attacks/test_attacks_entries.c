/* SPDX-License-Identifier: Apache-2.0 */
/* Registration entries: which programs count, who is told of them, and what is seen. */
#include "attacks.h"

#include "entry_scene.h"
#include "verifier/appraisal/approved_file.h"

static void s13_a_quarantined_or_removed_entry_leaves_with_the_next_verdict(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	assert_int_equal(entries_count_told(&s), 0);
	entry_add(&s, ENTRY_ADD);
	assert_int_equal(entries_count_told(&s), 1);
	entry_narrow_web(&s, ADMIN_ENTRY_QUARANTINE, REFUSAL_NONE);
	assert_int_equal(entries_count_told(&s), 0);
	entry_add(&s, "release-entry\nentry web");
	assert_int_equal(entries_count_told(&s), 1);
	entry_narrow_web(&s, ADMIN_ENTRY_REMOVE, REFUSAL_NONE);
	assert_int_equal(entries_count_told(&s), 0);
	entry_narrow_web(&s, ADMIN_ENTRY_REMOVE, REFUSAL_ENTRY_UNKNOWN);
	entry_add(&s, ENTRY_ADD);
	assert_int_equal(entries_count_told(&s), 1);
	/* What a quarantine took is not added again around whoever lifts it. */
	entry_narrow_web(&s, ADMIN_ENTRY_QUARANTINE, REFUSAL_NONE);
	s.now++;
	scene_prepare_entry_act(&s, ENTRY_ADD, s.now);
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
	assert_int_equal(entries_count_told(&s), 0);
}

static void s13_an_entry_names_what_its_program_may_be(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	entry_add(&s, ENTRY_ADD);

	AUTO_DONE(entries) before = { 0 };
	AUTO_DONE(entries) after = { 0 };
	AUTO_DONE(entries) revoked = { 0 };

	entries_told(&s, &before);
	assert_int_equal(before.list[0].digests.len, 0);

	struct digest digest = entry_list_program(&s.golden.manifest[0].base, 0x77);

	entry_load_again(&s);
	entries_told(&s, &after);
	assert_true(span_equal(span_of(&after.list[0].digests), digest_span(&digest)));
	s.golden.revoked.item[s.golden.revoked.count++] = digest;
	entry_load_again(&s);
	entries_told(&s, &revoked);
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

	(void)entry_list_program(&g->manifest[0].base, 0x77);
	golden_build(g);
	assert_int_equal(approved_file_find(&g->reference, &g->built, span_text(ENTRY_PROGRAM),
					    GOLDEN_NOW, &file),
			 OK);
	assert_int_equal(file.count, 1);
	assert_true(digest_equal(&file.digest[0], &digest));
	assert_int_equal(approved_file_find(&g->reference, &g->built,
					    span_text("/opt/web/bin/web_server"), GOLDEN_NOW,
					    &file),
			 OK);
	assert_int_equal(file.count, 0);
	assert_int_equal(approved_file_find(&g->reference, &g->built, span_text(ENTRY_PROGRAM),
					    g->manifest[0].not_after, &file),
			 OK);
	assert_int_equal(file.count, 0);
	assert_int_equal(approved_file_find(&g->reference, &g->built, span_text(ENTRY_PROGRAM),
					    g->manifest[0].not_before - 1, &file),
			 OK);
	assert_int_equal(file.count, 0);
	g->manifest[0].base_class = SET_ENFORCEMENT;
	golden_build(g);
	assert_int_equal(approved_file_find(&g->reference, &g->built, span_text(ENTRY_PROGRAM),
					    GOLDEN_NOW, &file),
			 OK);
	assert_int_equal(file.count, 0);
	g->manifest[0].base_class = SET_VENDOR;
	g->cell = "q35/another";
	golden_build(g);
	assert_int_equal(approved_file_find(&g->reference, &g->built, span_text(ENTRY_PROGRAM),
					    GOLDEN_NOW, &file),
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
	entry_add(&s, ENTRY_ADD);
	add_torn(&s);
	entries_told(&s, &entries);
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
	entry_add(&s, ENTRY_ADD);
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
		entry_add(&s, act);
	}
	assert_true(span_equal(list(&s, "", 2, 2)[1].name, span_text("e1")));
	assert_true(s.answer.admin.entries.has_more);
	assert_true(span_equal(list(&s, "e1", 3, 3)[2].name, span_text("e4")));
	(void)list(&s, "e4", 3, 0);
	assert_false(s.answer.admin.entries.has_more);
}

static const struct CMUnitTest tests[] = {
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
