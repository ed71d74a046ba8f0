/* SPDX-License-Identifier: Apache-2.0 */
/* What is stored of nodes, their sessions and the audit log, in groups and steps. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "store_scene.h"
#include "verifier/store/sqlite.h"

static void a_node_comes_back_as_it_was_stored(void **state)
{
	AUTO(store) s = store_in_memory();
	AUTO_DONE(keep) keep = { 0 };
	struct node_row row, sample = sample_node(1, "ak-1");
	(void)state;

	assert_int_equal(store_node(s, &sample.node, &keep, &row), OK);
	assert_true(span_equal(row.ak_name, sample.ak_name));
	assert_true(span_equal(row.hostname, sample.hostname));
	assert_int_equal(counters_reset(&row.counters), 7);
	assert_int_equal(counters_clock(&row.counters), 100);
	sample.node.value[0] = 2;
	assert_int_equal(store_node(s, &sample.node, &keep, &row), STATUS_NOT_FOUND);
}

static void an_ak_and_an_id_exist_once(void **state)
{
	AUTO(store) s = store_in_memory();
	struct node_row twin = sample_node(2, "ak-1"), again = sample_node(1, "ak-2");
	(void)state;

	assert_int_equal(store_node_insert(s, &twin), STATUS_DENIED);
	assert_int_equal(store_node_insert(s, &again), STATUS_DENIED);
}

static void counters_must_rise_as_unsigned_numbers(void **state)
{
	AUTO(store) s = store_in_memory();
	struct attestation a = sample_attestation(1, 100);
	(void)state;

	a.ima_log = (struct span){ 0 };
	assert_int_equal(attest_as_read(s, &a), STATUS_MISMATCH);
	a.counters = counters_of(7, 1, 99);
	assert_int_equal(attest_as_read(s, &a), STATUS_MISMATCH);
	a.counters = counters_of(7, 0, UINT64_MAX);
	assert_int_equal(attest_as_read(s, &a), STATUS_MISMATCH);
	a.counters = counters_of(6, UINT32_MAX, UINT64_MAX);
	assert_int_equal(attest_as_read(s, &a), STATUS_MISMATCH);
	a.counters = counters_of(7, 1, 101);
	assert_int_equal(attest_as_read(s, &a), OK);
	assert_int_equal(attest_as_read(s, &a), STATUS_MISMATCH);
	a.counters = counters_of(7, 1, (uint64_t)1 << 63);
	assert_int_equal(attest_as_read(s, &a), OK);
	a.counters = counters_of(8, 0, 0);
	assert_int_equal(attest_as_read(s, &a), OK);
}

static void a_commit_goes_on_from_what_was_read(void **state)
{
	AUTO(store) s = store_in_memory();
	struct attestation a = sample_attestation(1, 101);
	(void)state;

	a.ima_log = (struct span){ 0 };
	assert_int_equal(attest_as_read(s, &a), OK);
	a.counters = counters_of(7, 1, 102);
	assert_int_equal(store_attest(s, &a), STATUS_MISMATCH);
	assert_int_equal(attest_as_read(s, &a), OK);
}

static void a_commit_needs_its_ak_its_generation_and_an_active_node(void **state)
{
	AUTO(store) s = store_in_memory();
	struct attestation a = sample_attestation(1, 101);
	(void)state;

	a.ak_name = span_text("ak-2");
	assert_int_equal(attest_as_read(s, &a), STATUS_MISMATCH);
	a = sample_attestation(1, 101);
	a.generation = span_text("another");
	assert_int_equal(attest_as_read(s, &a), STATUS_MISMATCH);
	a = sample_attestation(1, 101);
	assert_int_equal(store_node_narrow(s, &a.node, STANDING_QUARANTINED, span_text("why"), 4),
			 OK);
	assert_int_equal(attest_as_read(s, &a), STATUS_MISMATCH);
	assert_int_equal(store_attest_cleared(s, &a), STATUS_MISMATCH);
	/* Nor where the quarantine was known when it was read. */
	a.act_time = 4;
	assert_int_equal(attest_as_read(s, &a), STATUS_MISMATCH);
	assert_int_equal(store_attest_cleared(s, &a), STATUS_MISMATCH);
	/* An act of before the quarantine is not about it. */
	assert_int_equal(store_node_release(s, &a.node, 4), STATUS_MISMATCH);
	assert_int_equal(store_node_release(s, &a.node, 5), OK);
	/* Its class was never named, so it waits for that. */
	a.act_time = 5;
	assert_int_equal(attest_as_read(s, &a), STATUS_MISMATCH);
	assert_int_equal(store_node_place(s, &a.node, span_text("h"), span_text("c"), 6), OK);
	/* What was read before the act may have been read for another class. */
	assert_int_equal(attest_as_read(s, &a), STATUS_MISMATCH);
	a.act_time = 6;
	assert_int_equal(attest_as_read(s, &a), OK);
}

static void logs_of_a_session_are_joined_and_leave_with_it(void **state)
{
	AUTO(store) s = store_in_memory();
	AUTO_DONE(keep) keep = { 0 };
	struct attestation a = sample_attestation(1, 101);
	struct session_row session;
	struct span log;
	(void)state;

	assert_int_equal(attest_as_read(s, &a), OK);
	a.counters = counters_of(7, 1, 102);
	a.ima_frame = 2;
	assert_int_equal(attest_as_read(s, &a), OK);
	assert_int_equal(store_session_log(s, &a.node, false, &keep, &log), OK);
	assert_true(span_equal(log, span_text("frameframe")));
	/* A number that is taken, and one beyond the log that a quote has reached. */
	a.counters = counters_of(7, 1, 103);
	assert_int_equal(attest_as_read(s, &a), STATUS_DENIED);
	a.counters = counters_of(7, 1, 104);
	a.ima_frame = 3;
	assert_int_equal(attest_as_read(s, &a), OK);
	assert_int_equal(store_session_log(s, &a.node, false, &keep, &log), OK);
	assert_true(span_equal(log, span_text("frameframe")));
	a.counters = counters_of(7, 1, 105);
	a.forget_from = 1;
	a.forget_to = 2;
	a.ima_frame = 4;
	a.session.log_frame = 4;
	assert_int_equal(attest_as_read(s, &a), OK);
	assert_int_equal(store_session_log(s, &a.node, false, &keep, &log), OK);
	assert_true(span_equal(log, span_text("frameframe")));
	a.counters = counters_of(7, 1, 106);
	a.forget_from = 0;
	a.forget_to = INT64_MAX;
	assert_int_equal(attest_as_read(s, &a), OK);
	assert_int_equal(store_session_log(s, &a.node, false, &keep, &log), OK);
	assert_true(span_equal(log, span_text("frame")));
	a.counters = counters_of(8, 0, 1);
	a.is_new_session = true;
	a.ima_log = (struct span){ 0 };
	assert_int_equal(attest_as_read(s, &a), OK);
	assert_int_equal(store_session_log(s, &a.node, false, &keep, &log), OK);
	assert_int_equal(log.len, 0);
	assert_int_equal(store_session(s, &a.node, &keep, &session), OK);
	assert_int_equal(session.entries, 10);
	assert_int_equal(store_node_reset(s, &a.node, span_text("ak-1"), &a.counters, 3000), OK);
	assert_int_equal(store_session(s, &a.node, &keep, &session), STATUS_NOT_FOUND);
}

static void an_undecided_end_moves_the_counters_only(void **state)
{
	AUTO(store) s = store_in_memory();
	AUTO_DONE(keep) keep = { 0 };
	struct attestation a = sample_attestation(1, 101);
	struct node_row row;
	(void)state;

	assert_int_equal(attest_as_read(s, &a), OK);
	a.counters = counters_of(7, 1, 102);
	a.ima_log = (struct span){ 0 };
	a.is_decided = false;
	a.verdict = NODE_UNTRUSTED;
	a.expires = 0;
	a.now = 9000;
	a.release_version = 3;
	a.manifest = (struct span){ 0 };
	assert_int_equal(attest_as_read(s, &a), OK);
	assert_int_equal(store_node(s, &a.node, &keep, &row), OK);
	assert_int_equal(row.verdict, NODE_TRUSTED);
	assert_int_equal(row.attested, 2000);
	assert_int_equal(row.expires, 2600);
	assert_int_equal(row.release_version, 5);
	assert_true(span_equal(row.manifest, span_text("manifest 5")));
	assert_int_equal(counters_clock(&row.counters), 102);
}

/* After a rollback: the ratchet stays, what it got its grant under does not. */
static void a_grant_names_its_manifest(void **state)
{
	AUTO(store) s = store_in_memory();
	AUTO_DONE(keep) keep = { 0 };
	struct attestation a = sample_attestation(1, 101);
	struct node_row row;
	(void)state;

	assert_int_equal(store_node(s, &a.node, &keep, &row), OK);
	assert_int_equal(row.manifest.len, 0);
	assert_int_equal(attest_as_read(s, &a), OK);
	a.counters = counters_of(7, 1, 102);
	a.ima_log = (struct span){ 0 };
	a.release_version = 3;
	a.manifest = span_text("manifest 3");
	assert_int_equal(attest_as_read(s, &a), OK);
	assert_int_equal(store_node(s, &a.node, &keep, &row), OK);
	assert_int_equal(row.release_version, 5);
	assert_true(span_equal(row.manifest, span_text("manifest 3")));
}

static void one_step_of_a_group_is_undone_alone(void **state)
{
	AUTO(store) s = store_in_memory();
	AUTO_DONE(keep) keep = { 0 };
	struct node_row second = sample_node(2, "ak-2"), third = sample_node(3, "ak-3"), row;
	(void)state;

	assert_int_equal(store_step_begin(s), OK);
	assert_int_equal(store_node_insert(s, &second), OK);
	assert_int_equal(store_step_end(s, false), OK);
	assert_int_equal(store_step_begin(s), OK);
	assert_int_equal(store_node_insert(s, &third), OK);
	assert_int_equal(store_step_end(s, true), OK);
	assert_int_equal(store_commit(s), OK);
	assert_int_equal(store_node(s, &second.node, &keep, &row), STATUS_NOT_FOUND);
	assert_int_equal(store_node(s, &third.node, &keep, &row), OK);
}

/* Only what writes has anything to undo; the audit log goes on from what is kept. */
static void an_undone_step_leaves_no_trace_in_the_audit_log(void **state)
{
	AUTO(store) s = store_in_memory();
	struct audit_row row = { .kind = span_text("kept"), .time = 1 };
	uint8_t kept[SHA256_SIZE], last[SHA256_SIZE];
	uint64_t index = 0;
	(void)state;

	assert_int_equal(store_step_begin(s), OK);
	assert_int_equal(store_audit_append(s, &row), OK);
	assert_int_equal(store_step_end(s, true), OK);
	memcpy(kept, row.hash, SHA256_SIZE);
	assert_int_equal(store_step_begin(s), OK);
	assert_int_equal(store_audit_append(s, &row), OK);
	assert_int_equal(row.index, 2);
	assert_int_equal(store_step_end(s, false), OK);
	assert_int_equal(store_audit_last(s, &index, last), OK);
	assert_int_equal(index, 1);
	assert_memory_equal(last, kept, SHA256_SIZE);
	assert_int_equal(store_commit(s), OK);
	assert_int_equal(store_begin(s), OK);
	assert_int_equal(store_audit_append(s, &row), OK);
	assert_int_equal(row.index, 2);
	store_rollback(s);
	assert_int_equal(store_begin(s), OK);
	assert_int_equal(store_audit_append(s, &row), OK);
	assert_int_equal(row.index, 2);
	assert_int_equal(store_commit(s), OK);
}

/* What a full disk does in the middle of a group: SQLite undoes all of it. A
 * later step must not become a transaction of its own. */
static void a_step_after_the_group_was_lost_commits_nothing(void **state)
{
	AUTO(store) s = store_in_memory();
	AUTO_DONE(bytes) large = { 0 };
	AUTO_DONE(keep) keep = { 0 };
	struct span found;
	(void)state;

	assert_int_equal(store_commit(s), OK);
	assert_int_equal(bytes_reserve(&large, 1 << 20), OK);
	memset(large.data, 'x', 1 << 20);
	large.len = 1 << 20;
	assert_int_equal(sqlite3_exec(s->db, "PRAGMA max_page_count = 1", NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(store_begin(s), OK);
	assert_int_equal(store_step_begin(s), OK);
	assert_int_equal(store_fact_set(s, "first", span_text("small")), OK);
	assert_int_equal(store_step_end(s, true), OK);
	assert_int_equal(store_step_begin(s), OK);
	assert_int_equal(store_fact_set(s, "second", span_of(&large)), STATUS_IO);
	assert_int_equal(sqlite3_get_autocommit(s->db), 1);
	assert_int_equal(store_step_end(s, false), STATUS_IO);
	assert_int_equal(store_step_begin(s), STATUS_IO);
	assert_int_equal(store_step_end(s, true), STATUS_IO);
	assert_int_equal(store_commit(s), STATUS_IO);
	store_rollback(s);
	assert_int_equal(store_fact(s, "first", &keep, &found), STATUS_NOT_FOUND);
	assert_int_equal(store_begin(s), OK);
	assert_int_equal(store_fact_set(s, "first", span_text("small")), OK);
	assert_int_equal(store_commit(s), OK);
}

static void text_from_outside_is_only_ever_a_value(void **state)
{
	AUTO(store) s = store_in_memory();
	AUTO_DONE(keep) keep = { 0 };
	struct node_row nasty = sample_node(2, "'); DROP TABLE nodes; --"), row;
	(void)state;

	nasty.hostname = (struct span){ (const uint8_t *)"a'\0b", 4 };
	assert_int_equal(store_node_insert(s, &nasty), OK);
	assert_int_equal(store_node(s, &nasty.node, &keep, &row), OK);
	assert_true(span_equal(row.hostname, nasty.hostname));
}

static void the_audit_chain_covers_each_entry_and_the_one_before(void **state)
{
	AUTO(store) s = store_in_memory();
	AUTO_DONE(keep) keep = { 0 };
	struct audit_row rows[4];
	uint8_t previous[SHA256_SIZE] = { 0 };
	size_t count = 0;
	(void)state;

	for (int i = 0; i < 3; i++) {
		struct audit_row row = { .time = 1000 + i,
					 .kind = span_text("kind"),
					 .text = span_text("text") };

		assert_int_equal(store_audit_append(s, &row), OK);
	}
	assert_int_equal(store_audit(s, 0, 4, &keep, rows, &count), OK);
	assert_int_equal(count, 3);
	for (size_t i = 0; i < count; i++) {
		struct audit_row again = rows[i];

		assert_int_equal(rows[i].index, i + 1);
		assert_int_equal(audit_hash(previous, &again), OK);
		assert_memory_equal(again.hash, rows[i].hash, SHA256_SIZE);
		again.text = span_text("texu");
		assert_int_equal(audit_hash(previous, &again), OK);
		assert_memory_not_equal(again.hash, rows[i].hash, SHA256_SIZE);
		memcpy(previous, rows[i].hash, SHA256_SIZE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_node_comes_back_as_it_was_stored),
		cmocka_unit_test(an_ak_and_an_id_exist_once),
		cmocka_unit_test(counters_must_rise_as_unsigned_numbers),
		cmocka_unit_test(a_commit_goes_on_from_what_was_read),
		cmocka_unit_test(a_commit_needs_its_ak_its_generation_and_an_active_node),
		cmocka_unit_test(logs_of_a_session_are_joined_and_leave_with_it),
		cmocka_unit_test(an_undecided_end_moves_the_counters_only),
		cmocka_unit_test(a_grant_names_its_manifest),
		cmocka_unit_test(one_step_of_a_group_is_undone_alone),
		cmocka_unit_test(an_undone_step_leaves_no_trace_in_the_audit_log),
		cmocka_unit_test(a_step_after_the_group_was_lost_commits_nothing),
		cmocka_unit_test(text_from_outside_is_only_ever_a_value),
		cmocka_unit_test(the_audit_chain_covers_each_entry_and_the_one_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
