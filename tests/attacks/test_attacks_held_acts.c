/* SPDX-License-Identifier: Apache-2.0 */
/* Signed acts that a captured front holds back until they do something else. */
#include "attacks.h"

#include "attack_scene.h"

static void quarantine(struct signer_scene *s)
{
	s->request.admin = (struct admin_request){ .verb = ADMIN_QUARANTINE,
						   .role = ROLE_PLATFORM,
						   .node = s->node };
	scene_expect(s, FRAME_ADMIN, REFUSAL_NONE);
}

/* Not sent. */
static struct signer_request signed_act(struct signer_scene *s, const char *verb, int64_t time)
{
	scene_prepare_act(s, verb, "server", time);
	return scene_record(s, FRAME_ADMIN);
}

static void expect_replayed(struct signer_scene *s, const struct signer_request *held)
{
	s->request = *held;
	expect_refused_unchanged(s, FRAME_ADMIN, REFUSAL_ACT_REPLAYED);
}

/* Another key in the node's TPM, which only a person may approve. */
static void activate_another_key(struct signer_scene *s, enum node_state wanted)
{
	software_key_done(&s->ak);
	make_attestation_key(&s->ak);
	scene_join(s);
	assert_int_equal(s->answer.activate.state, wanted);
}

/* Signed when somebody else had lifted the quarantine already, and so refused: it is not
 * spent. Who signed it knew nothing of the key that is activated since. */
static void s09_an_act_that_was_held_back_approves_no_later_key(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct signer_request held;
	(void)state;

	attack_scene_init(&s);
	s.now += 10;
	held = signed_act(&s, "release", s.now);
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_NODE_NOT_QUARANTINED);
	s.now += 2;
	activate_another_key(&s, NODE_QUARANTINED);
	expect_replayed(&s, &held);
	(void)signed_act(&s, "release", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
}

/* Nor does it for a node that waits for its first approval. */
static void s09_an_approval_that_was_held_back_is_of_the_key_of_then(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct signer_request held;
	(void)state;

	signer_scene_init(&s);
	scene_join(&s);
	s.now += 10;
	held = signed_act(&s, "approve", s.now);
	s.now += 2;
	activate_another_key(&s, NODE_PENDING);
	expect_replayed(&s, &held);
	(void)signed_act(&s, "approve", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
}

/* The verifier's clock was behind when the node was quarantined, and is right again. */
static void s09_a_quarantine_is_later_than_acts_before_it_by_any_clock(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct signer_request held;
	(void)state;

	attack_scene_init(&s);
	s.now += 100;
	scene_challenge(&s);
	held = signed_act(&s, "release", s.now - 1);
	s.now -= 90;
	quarantine(&s);
	s.now += 92;
	expect_replayed(&s, &held);
	(void)signed_act(&s, "release", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
}

/* By a clock that is ahead: what somebody narrows before that time comes would be lifted. */
static void s09_an_act_of_later_waits_for_no_quarantine(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct signer_request held;
	(void)state;

	attack_scene_init(&s);
	held = signed_act(&s, "release", s.now + CLOCK_TOLERANCE_S + 1);
	quarantine(&s);
	s.request = held;
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_EXPIRED);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(s09_an_act_that_was_held_back_approves_no_later_key),
	cmocka_unit_test(s09_an_approval_that_was_held_back_is_of_the_key_of_then),
	cmocka_unit_test(s09_a_quarantine_is_later_than_acts_before_it_by_any_clock),
	cmocka_unit_test(s09_an_act_of_later_waits_for_no_quarantine),
};

ATTACKS_MAIN(tests)
