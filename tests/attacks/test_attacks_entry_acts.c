/* SPDX-License-Identifier: Apache-2.0 */
/* Registration entries: who may add them, and within what. */
#include "attacks.h"

#include "entry_scene.h"

static void s09_a_captured_front_adds_no_entry(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct signer_request kept;
	(void)state;

	attack_scene_init(&s);
	scene_prepare_entry_act(&s, ENTRY_ADD, s.now);
	kept = scene_record(&s, FRAME_ADMIN);
	s.request.admin.act_signature.len--;
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_SIGNATURE_INVALID);
	s.request.admin.act_signature = (struct span){ 0 };
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_SIGNATURE_INVALID);
	/* Another program for the same signature. */
	scene_prepare_entry_act(&s, ENTRY_ADD " jwt", s.now);
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
	scene_prepare_entry_act(&s, ENTRY_ADD, s.now);
	kept = scene_record(&s, FRAME_ADMIN);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_REPLAYED);
	s.now++;
	entry_narrow_web(&s, ADMIN_ENTRY_QUARANTINE, REFUSAL_NONE);
	scene_prepare_entry_act(&s, "release-entry\nentry web", s.now);
	lifted = scene_record(&s, FRAME_ADMIN);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	entry_narrow_web(&s, ADMIN_ENTRY_QUARANTINE, REFUSAL_NONE);
	s.request = lifted;
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_REPLAYED);
	entry_narrow_web(&s, ADMIN_ENTRY_REMOVE, REFUSAL_NONE);
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
	entry_add(&s, ENTRY_ADD);
	s.now++;
	scene_prepare_entry_act(&s, "release-entry\nentry web", s.now);
	held = scene_record(&s, FRAME_ADMIN);
	s.now += 2;
	entry_narrow_web(&s, ADMIN_ENTRY_QUARANTINE, REFUSAL_NONE);
	s.request = held;
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_REPLAYED);
	/* Nor one of between two of them. */
	scene_prepare_entry_act(&s, "release-entry\nentry web", s.now + 1);
	held = scene_record(&s, FRAME_ADMIN);
	s.now += 3;
	entry_narrow_web(&s, ADMIN_ENTRY_QUARANTINE, REFUSAL_NONE);
	s.request = held;
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_REPLAYED);
	entry_add(&s, "release-entry\nentry web");
	assert_int_equal(entries_count_told(&s), 1);
}

static void s09_an_entry_wants_the_role_that_the_configuration_names(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	attack_scene_init(&s);
	s.signer.approve_role = ROLE_PLATFORM;
	scene_prepare_entry_act(&s, ENTRY_ADD, s.now);
	s.request.admin.role = ROLE_PLATFORM; /* the front's word */
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ROLE_DENIED);
	s.signer.approve_role = ROLE_IDENTITY_SECURITY;
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	entry_narrow_web(&s, ADMIN_ENTRY_QUARANTINE, REFUSAL_NONE);
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
	assert_int_equal(entries_count_told(&s), added - 1);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(s09_a_captured_front_adds_no_entry),
	cmocka_unit_test(s09_an_entrys_act_counts_once),
	cmocka_unit_test(s09_an_act_that_was_held_back_lifts_no_later_quarantine),
	cmocka_unit_test(s09_an_entry_wants_the_role_that_the_configuration_names),
	cmocka_unit_test(s09_an_entry_is_within_the_entitlements_of_its_class),
	cmocka_unit_test(s09_who_signed_is_told_what_the_class_may_have),
	cmocka_unit_test(s09_a_class_has_no_more_entries_than_a_text_holds),
};

ATTACKS_MAIN(tests)
