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

static void a_node_whose_last_result_cannot_be_read_is_shut_out_too(void **state)
{
	static const enum admin_verb verbs[] = { ADMIN_QUARANTINE, ADMIN_RETIRE };
	static const enum node_state states[] = { NODE_QUARANTINED, NODE_RETIRED };
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(signer_scene) s = { 0 };

		signer_scene_approved(&s);
		scene_attest(&s);
		assert_int_equal(sqlite3_exec(s.signer.store->db,
					      "UPDATE sessions SET result = x'ff00'", NULL, NULL,
					      NULL),
				 SQLITE_OK);
		s.request.admin = (struct admin_request){ .verb = verbs[i],
							  .node = s.node,
							  .role = ROLE_PLATFORM,
							  .reason = span_text("stolen") };
		scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
		assert_int_equal(s.answer.admin.nodes.items[0].state, states[i]);
		s.request.admin.verb = ADMIN_SHOW;
		scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
		assert_int_equal(s.answer.admin.nodes.items[0].state, states[i]);
	}
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

static void a_node_is_shown_with_the_manifest_of_its_last_grant(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct digest manifest = digest_filled(DIGEST_SHA256, 42);
	const struct admin_request show = { .verb = ADMIN_SHOW, .role = ROLE_AUDITOR };
	(void)state;

	signer_scene_approved(&s);
	s.request.admin = show;
	s.request.admin.node = s.node;
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	assert_int_equal(s.answer.admin.nodes.items[0].manifest.len, 0);
	scene_attest(&s);
	s.request.admin = show;
	s.request.admin.node = s.node;
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	assert_true(span_equal(s.answer.admin.nodes.items[0].manifest, digest_span(&manifest)));
	/* A verdict without a grant is under none. */
	scene_authenticate(&s);
	scene_prepare_commit(&s);
	s.request.commit.claims.tier[CLAIM_EXECUTABLES] = TIER_CONTRAINDICATED;
	scene_expect(&s, FRAME_COMMIT, REFUSAL_NONE);
	s.request.admin = show;
	s.request.admin.node = s.node;
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	assert_int_equal(s.answer.admin.nodes.items[0].state, NODE_UNTRUSTED);
	assert_true(span_equal(s.answer.admin.nodes.items[0].manifest, digest_span(&manifest)));
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
		" attested, expires, release_version, counters, act_time, note, manifest"
		" FROM nodes, n";
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

static const struct span unreadable[] = {
	{ (const uint8_t *)"p\0q", 3 },
	{ (const uint8_t *)"p\xff", 2 },
	{ (const uint8_t *)"p\nq", 3 },
	{ (const uint8_t *)"p\x1b[2J", 5 },
};

#define UNREADABLE (sizeof(unreadable) / sizeof(unreadable[0]))

/* Whoever exports the log hashes what JSON told him: one entry that JSON cannot carry would
 * end that for good. */
static void what_front_and_appraiser_put_on_record_can_be_read(void **state)
{
	static const enum admin_verb verbs[] = { ADMIN_QUARANTINE, ADMIN_RETIRE,
						 ADMIN_ENTRY_QUARANTINE, ADMIN_ENTRY_REMOVE,
						 ADMIN_CANARY };
	AUTO_DONE(signer_scene) s = { 0 };
	struct admin_request request = { .role = ROLE_PLATFORM, .entry = span_text("web") };
	(void)state;

	signer_scene_approved(&s);
	request.node = s.node;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		request.verb = verbs[i];
		for (size_t j = 0; j < UNREADABLE; j++) {
			s.request.admin = request;
			s.request.admin.administrator = unreadable[j];
			scene_expect(&s, FRAME_ADMIN, REFUSAL_MALFORMED);
			s.request.admin = request;
			s.request.admin.reason = unreadable[j];
			scene_expect(&s, FRAME_ADMIN, REFUSAL_MALFORMED);
		}
	}
	/* Nor is it anybody's that is no section's name. */
	request.verb = ADMIN_QUARANTINE;
	s.request.admin = request;
	s.request.admin.administrator = span_text("");
	scene_expect(&s, FRAME_ADMIN, REFUSAL_MALFORMED);
	s.request.admin.administrator = span_text("pat smith");
	scene_expect(&s, FRAME_ADMIN, REFUSAL_MALFORMED);
	s.request.admin.administrator = span_text("pat.smith_2-a");
	s.request.admin.reason = span_text("J\xc3\xbcrgen saw it");
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
}

/* A node's row is never deleted, and each page that has it would be no JSON. */
static void what_a_certificate_says_of_a_tpm_can_be_read(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_enrol(&s);

	const struct enrol_request honest = s.request.enrol;

	for (size_t i = 0; i < 4 * UNREADABLE; i++) {
		struct enrol_request *sent = &s.request.enrol;
		struct span *const facts[] = { &sent->hostname, &sent->manufacturer, &sent->model,
					       &sent->version };

		*sent = honest;
		*facts[i / UNREADABLE] = unreadable[i % UNREADABLE];
		scene_expect(&s, FRAME_ENROL, REFUSAL_MALFORMED);
	}
	s.request.enrol = honest;
	scene_expect(&s, FRAME_ENROL, REFUSAL_NONE);
}

static enum status note(struct signer_scene *s, struct span actor, const char *text)
{
	struct turn turn = scene_turn(s);
	enum status status = store_begin(s->signer.store);

	if (status == OK)
		status = audit_note(&turn, "tried", actor, NULL, "%s", text);
	store_rollback(s->signer.store);
	return status;
}

/* Whatever was asked before. */
static void nothing_unreadable_comes_into_the_log(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	assert_int_equal(note(&s, span_text("pat"), "one line\nand another\n"), OK);
	assert_int_equal(note(&s, span_text("pat"), "one line\nand \xff"), STATUS_MALFORMED);
	assert_int_equal(note(&s, span_text("pat"), "\x1b[2J"), STATUS_MALFORMED);
	for (size_t i = 0; i < UNREADABLE; i++)
		assert_int_equal(note(&s, unreadable[i], "one line"), STATUS_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quarantined_node_gets_nothing_until_a_signed_act),
		cmocka_unit_test(a_node_whose_last_result_cannot_be_read_is_shut_out_too),
		cmocka_unit_test(a_lifted_quarantine_brings_no_old_grant_back),
		cmocka_unit_test(what_is_done_between_challenge_and_evidence_counts),
		cmocka_unit_test(a_retired_node_stays_retired),
		cmocka_unit_test(an_act_counts_once_in_time_and_by_its_role),
		cmocka_unit_test(a_node_is_shown_with_the_manifest_of_its_last_grant),
		cmocka_unit_test(silence_is_stale_and_never_better_than_untrusted),
		cmocka_unit_test(a_large_fleet_is_counted_in_steps),
		cmocka_unit_test(a_page_of_a_rare_state_is_looked_for_in_parts),
		cmocka_unit_test(pages_join_without_a_gap),
		cmocka_unit_test(every_decision_leaves_an_entry_in_the_chain),
		cmocka_unit_test(what_front_and_appraiser_put_on_record_can_be_read),
		cmocka_unit_test(what_a_certificate_says_of_a_tpm_can_be_read),
		cmocka_unit_test(nothing_unreadable_comes_into_the_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
