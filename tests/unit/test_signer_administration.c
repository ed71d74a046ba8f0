/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "signer_scene.h"
#include "verifier/store/sqlite.h"

static void a_quarantined_node_gets_nothing_until_a_signed_act(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	scene_authenticate(&s);

	struct commit_request commit;

	scene_prepare_commit(&s);
	commit = s.request.commit;
	s.request.admin = (struct admin_request){ .verb = ADMIN_QUARANTINE,
						  .node = s.node,
						  .role = ROLE_AUDITOR,
						  .administrator = span_text("pat"),
						  .reason = span_text("stolen") };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_ROLE_DENIED);
	s.request.admin.role = ROLE_PLATFORM;
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	assert_int_equal(s.answer.admin.nodes.items[0].state, NODE_QUARANTINED);
	s.request.commit = commit;
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NODE_QUARANTINED);
	s.request.challenge = (struct challenge_request){ .node = s.node };
	scene_expect(&s, FRAME_CHALLENGE, REFUSAL_NODE_QUARANTINED);
	s.now += 5;
	scene_prepare_act(&s, "release", "", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	assert_int_equal(s.answer.admin.nodes.items[0].state, NODE_STALE);
	scene_prepare_act(&s, "release", "", ++s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NODE_NOT_QUARANTINED);
	scene_attest(&s);
	scene_expect_result(&s.answer.commit, "\nstate trusted\n", NULL);
}

/* Evidence that was good before the quarantine is worth nothing after it. */
static void a_lifted_quarantine_brings_no_old_grant_back(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	scene_evidence(&s);

	struct authenticate_request sent = s.request.authenticate;

	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_commit(&s);
	s.request.admin = (struct admin_request){ .verb = ADMIN_QUARANTINE,
						  .node = s.node,
						  .role = ROLE_PLATFORM };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	s.now += 5;
	scene_prepare_act(&s, "release", "", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	s.request.authenticate = sent;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_EVIDENCE_REPLAYED);
	scene_challenge(&s);
	assert_true(s.challenge.want_certify);
}

static struct authenticate_request evidence_of(struct signer_scene *s)
{
	scene_evidence(s);
	return s->request.authenticate;
}

/* What the challenge read of the node is not what its evidence is judged by. */
static void what_is_done_between_challenge_and_evidence_counts(void **state)
{
	static const struct {
		enum admin_verb verb;
		enum refusal refusal;
	} acts[] = { { ADMIN_QUARANTINE, REFUSAL_NODE_QUARANTINED },
		     { ADMIN_RETIRE, REFUSAL_NODE_RETIRED } };
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);

	struct authenticate_request sent = evidence_of(&s);

	/* Judged by the class and the act of before, its commit would be refused. */
	s.now += 5;
	scene_prepare_act(&s, "approve", "server", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	s.request.authenticate = sent;
	scene_expect(&s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_commit(&s);
	for (size_t i = 0; i < 2; i++) {
		sent = evidence_of(&s);
		s.request.admin = (struct admin_request){ .verb = acts[i].verb,
							  .node = s.node,
							  .role = ROLE_PLATFORM };
		scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
		s.request.authenticate = sent;
		scene_expect(&s, FRAME_AUTHENTICATE, acts[i].refusal);
		s.now += 5;
		scene_prepare_act(&s, "release", "", s.now);
		scene_ask(&s, FRAME_ADMIN);
	}
}

static void a_retired_node_stays_retired(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_join_approved(&s);
	s.request.admin = (struct admin_request){ .verb = ADMIN_RETIRE,
						  .node = s.node,
						  .role = ROLE_IDENTITY_SECURITY };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	s.now += 5;
	scene_prepare_act(&s, "release", "", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NODE_RETIRED);
	scene_prepare_act(&s, "approve", "server", s.now);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NODE_RETIRED);
}

static void an_act_counts_once_in_time_and_by_its_role(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_join(&s);
	scene_prepare_act(&s, "approve", "server", s.now - ACT_LIFETIME_S - 1);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_ACT_EXPIRED);
	scene_prepare_act(&s, "approve", "server", s.now);
	s.request.admin.act_signature.len--;
	scene_expect(&s, FRAME_ADMIN, REFUSAL_ACT_SIGNATURE_INVALID);
	scene_prepare_act(&s, "approve", "server", s.now);
	s.signer.approve_role = ROLE_PLATFORM;
	scene_expect(&s, FRAME_ADMIN, REFUSAL_ROLE_DENIED);
	s.signer.approve_role = ROLE_IDENTITY_SECURITY;
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_ACT_REPLAYED);
	scene_load_release(&s);
	scene_prepare_act(&s, "approve", "no-such-class", s.now + 1);
	scene_expect(&s, FRAME_ADMIN, REFUSAL_CLASS_UNKNOWN);
}

static void silence_is_stale_and_never_better_than_untrusted(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	scene_attest(&s);
	s.now += 601;
	s.request.admin =
		(struct admin_request){ .verb = ADMIN_SHOW, .node = s.node, .role = ROLE_AUDITOR };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	assert_int_equal(s.answer.admin.nodes.items[0].state, NODE_STALE);
	s.request.admin =
		(struct admin_request){ .verb = ADMIN_LIST, .role = ROLE_AUDITOR, .limit = 10 };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	assert_int_equal(s.answer.admin.nodes.count, 1);
	s.request.admin = (struct admin_request){ .verb = ADMIN_EVIDENCE,
						  .node = s.node,
						  .role = ROLE_AUDITOR };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	assert_true(span_equal(s.answer.admin.evidence.ima_log, span_text("a compressed IMA log")));
}

#define FLEET 2500

/* Copies of the scene's node under other ids, of its state. */
static void make_fleet(struct signer_scene *s)
{
	static const char sql[] =
		"WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
		" INSERT INTO nodes SELECT CAST(printf('%%032d', i) AS BLOB), standing, verdict,"
		" CAST('ak' || i AS BLOB), ak_public, ek_public, spki, host, class, hostname,"
		" manufacturer, model, version, is_software_tpm, quirks, nv_index, enrolled,"
		" attested, expires, release_version, counters, act_time, note FROM nodes, n";
	char text[sizeof(sql) + 16];

	(void)snprintf(text, sizeof(text), sql, FLEET);
	assert_int_equal(sqlite3_exec(s->signer.store->db, text, NULL, NULL, NULL), SQLITE_OK);
}

static uint64_t counted_nodes(struct signer_scene *s)
{
	uint64_t sum = 0;

	scene_expect(s, FRAME_HEALTH, REFUSAL_NONE);
	for (size_t i = 0; i < NODE_STATES; i++)
		sum += s->answer.health.nodes[i];
	return sum;
}

/* Everybody's attestation waits for whoever asks for health. */
static void a_large_fleet_is_counted_in_steps(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_approved(&s);
	make_fleet(&s);
	s.now += 60;
	assert_int_equal(counted_nodes(&s), 0);
	/* As often as it likes. */
	assert_int_equal(counted_nodes(&s), 0);
	s.now++;
	assert_int_equal(counted_nodes(&s), FLEET + 1);
	assert_int_equal(s.answer.health.nodes[NODE_STALE], FLEET + 1);
}

static void a_page_of_a_rare_state_is_looked_for_in_parts(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct admin_request request = { .verb = ADMIN_LIST,
					 .role = ROLE_AUDITOR,
					 .limit = 10,
					 .has_state = true,
					 .state = NODE_QUARANTINED };
	size_t found = 0, pages = 0;
	(void)state;

	signer_scene_approved(&s);
	make_fleet(&s);
	assert_int_equal(sqlite3_exec(s.signer.store->db,
				      "UPDATE nodes SET standing = 2 WHERE rowid IN (777, 2400)",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	do {
		s.request.admin = request;
		scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
		found += s.answer.admin.nodes.count;
		pages++;
		request.has_after = true;
		request.after = s.answer.admin.nodes.next;
	} while (s.answer.admin.nodes.has_more);
	assert_int_equal(found, 2);
	assert_in_range(pages, FLEET / 500, FLEET / 500 + 1);
}

static void pages_join_without_a_gap(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct admin_request request = { .verb = ADMIN_LIST, .role = ROLE_AUDITOR, .limit = 90 };
	size_t found = 0;
	(void)state;

	signer_scene_approved(&s);
	make_fleet(&s);
	do {
		s.request.admin = request;
		scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
		assert_true(s.answer.admin.nodes.count > 0);
		found += s.answer.admin.nodes.count;
		request.has_after = true;
		request.after = s.answer.admin.nodes.next;
	} while (s.answer.admin.nodes.has_more);
	assert_int_equal(found, FLEET + 1);
}

static void every_decision_leaves_an_entry_in_the_chain(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	uint8_t previous[SHA256_SIZE] = { 0 };
	(void)state;

	signer_scene_approved(&s);
	scene_attest(&s);
	s.request.admin =
		(struct admin_request){ .verb = ADMIN_AUDIT, .role = ROLE_AUDITOR, .limit = 50 };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);

	const char *const kinds[] = { "release-loaded", "enrolled", "act", "verdict", "grant" };

	assert_int_equal(s.answer.admin.audit.count, 5);
	for (size_t i = 0; i < 5; i++) {
		const struct audit_item *item = &s.answer.admin.audit.items[i];
		struct audit_row row = { .index = item->index,
					 .time = item->time,
					 .kind = item->kind,
					 .actor = item->actor,
					 .node = item->node,
					 .text = item->text };

		assert_true(span_equal(item->kind, span_text(kinds[i])));
		assert_int_equal(audit_hash(previous, &row), OK);
		assert_memory_equal(row.hash, item->hash.data, SHA256_SIZE);
		memcpy(previous, row.hash, SHA256_SIZE);
	}
	assert_int_not_equal(s.answer.admin.audit.checkpoint_signature.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quarantined_node_gets_nothing_until_a_signed_act),
		cmocka_unit_test(a_lifted_quarantine_brings_no_old_grant_back),
		cmocka_unit_test(what_is_done_between_challenge_and_evidence_counts),
		cmocka_unit_test(a_retired_node_stays_retired),
		cmocka_unit_test(an_act_counts_once_in_time_and_by_its_role),
		cmocka_unit_test(silence_is_stale_and_never_better_than_untrusted),
		cmocka_unit_test(a_large_fleet_is_counted_in_steps),
		cmocka_unit_test(a_page_of_a_rare_state_is_looked_for_in_parts),
		cmocka_unit_test(pages_join_without_a_gap),
		cmocka_unit_test(every_decision_leaves_an_entry_in_the_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
