/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that wait for a node's evidence say what the database says, or go. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scratch.h"
#include "verifier/store/sqlite.h"

static uint8_t generation_bytes[SHA256_SIZE] = { 1 };
static const struct span generation = { generation_bytes, SHA256_SIZE };
static const struct node_id node = { { 1 } };

struct file {
	char directory[SCRATCH_MAX], path[128];
	struct store *store;
};

static struct node_row sample_node(void)
{
	return (struct node_row){
		.node = node,
		.standing = STANDING_ACTIVE,
		.verdict = NODE_STALE,
		.ak_name = span_text("ak-1"),
		.ak_public = span_text("ak"),
		.enrolled = 1000,
		.attested = 1500,
		.counters = counters_of(7, 1, 100),
	};
}

static struct attestation sample_attestation(uint64_t reset)
{
	return (struct attestation){
		.node = node,
		.ak_name = span_text("ak-1"),
		.previous = counters_of(7, 1, 100),
		.counters = counters_of(reset, 1, 200),
		.generation = generation,
		.verdict = NODE_TRUSTED,
		.is_decided = true,
		.now = 2000,
		.session = { .reset = 7, .restart = 1, .entries = 10, .generation = generation },
	};
}

static void init(struct file *f)
{
	const struct node_row row = sample_node();

	*f = (struct file){ 0 };
	assert_non_null(mkdtemp(scratch_name(f->directory, "ahead")));
	(void)snprintf(f->path, sizeof(f->path), "%s/store.db", f->directory);
	assert_int_equal(store_open(f->path, &f->store), OK);
	assert_int_equal(store_begin(f->store), OK);
	assert_int_equal(store_generation_set(f->store, generation), OK);
	assert_int_equal(store_node_insert(f->store, &row), OK);
	assert_int_equal(store_commit(f->store), OK);
}

static void done(struct file *f)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	char path[192];

	store_free(f->store);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", f->path, ends[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(f->directory), 0);
}

/* As a challenge does. */
static void read_ahead(struct store *s)
{
	AUTO_DONE(keep) keep = { 0 };
	struct node_row row;
	struct session_row session;

	assert_int_equal(store_attester(s, &node, &keep, &row, &session), OK);
	store_attester_ahead(s, &row, &session, &keep);
	assert_int_equal(keep.count, 0);
}

/* As evidence does. */
static void assert_true_to_the_database(struct store *s)
{
	AUTO_DONE(keep) keep = { 0 };
	AUTO_DONE(keep) other = { 0 };
	struct node_row row, stored;
	struct session_row session, stored_session = { 0 };

	assert_int_equal(store_attester(s, &node, &keep, &row, &session), OK);
	assert_int_equal(store_node(s, &node, &other, &stored), OK);
	assert_int_equal(row.standing, stored.standing);
	assert_int_equal(row.verdict, stored.verdict);
	assert_true(span_equal(row.ak_name, stored.ak_name));
	assert_true(span_equal(row.ak_public, stored.ak_public));
	assert_true(span_equal(row.host, stored.host));
	assert_true(span_equal(row.class_name, stored.class_name));
	assert_int_equal(row.act_time, stored.act_time);
	assert_int_equal(row.enrolled, stored.enrolled);
	assert_int_equal(row.attested, stored.attested);
	assert_int_equal(row.entries, stored.entries);
	assert_memory_equal(row.counters.value, stored.counters.value, COUNTERS_SIZE);
	if (store_session(s, &node, &other, &stored_session) == STATUS_NOT_FOUND)
		assert_false(session.is_stored);
	assert_int_equal(session.is_stored, stored_session.is_stored);
	assert_int_equal(session.entries, stored_session.entries);
	assert_true(span_equal(session.minting_name, stored_session.minting_name));
	assert_true(span_equal(session.evidence_digest, stored_session.evidence_digest));
}

static enum status attest(struct store *s)
{
	const struct attestation a = sample_attestation(7);

	return store_attest(s, &a);
}

static enum status attest_cleared(struct store *s)
{
	const struct attestation a = sample_attestation(6);

	return store_attest_cleared(s, &a);
}

static enum status quarantine(struct store *s)
{
	return store_node_narrow(s, &node, STANDING_QUARANTINED, span_text("why"), 1);
}

static enum status retire(struct store *s)
{
	return store_node_narrow(s, &node, STANDING_RETIRED, span_text("why"), 1);
}

static enum status release(struct store *s)
{
	enum status status = quarantine(s);

	read_ahead(s);
	return status == OK ? store_node_release(s, &node, 1800) : status;
}

static enum status place(struct store *s)
{
	return store_node_place(s, &node, span_text("host"), span_text("class"), 1800);
}

static enum status reset(struct store *s)
{
	const struct counters counters = counters_of(1, 1, 1);
	enum status status = attest(s);

	read_ahead(s);
	return status == OK ? store_node_reset(s, &node, span_text("ak-1"), &counters, 2100)
			    : status;
}

static enum status rekey(struct store *s)
{
	struct node_row row = sample_node();

	row.ak_name = span_text("ak-2");
	row.ak_public = span_text("another");
	return store_node_rekey(s, &row, span_text("ak-1"));
}

static enum status bring_back(struct store *s)
{
	return store_nodes_bring_back(s, 1200);
}

static enum status (*const writers[])(struct store *) = {
	attest, attest_cleared, quarantine, retire, release, place, reset, rekey, bring_back,
};

#define WRITERS (sizeof(writers) / sizeof(writers[0]))

static void whoever_writes_about_a_node_is_read_at_once(void **state)
{
	(void)state;

	for (size_t i = 0; i < WRITERS; i++) {
		struct file f;

		init(&f);
		assert_int_equal(store_begin(f.store), OK);
		read_ahead(f.store);
		assert_int_equal(writers[i](f.store), OK);
		assert_true_to_the_database(f.store);
		assert_int_equal(store_commit(f.store), OK);
		done(&f);
	}
}

static void what_was_read_of_a_group_that_failed_is_forgotten(void **state)
{
	(void)state;

	for (size_t i = 0; i < WRITERS; i++) {
		struct file f;

		init(&f);
		assert_int_equal(store_begin(f.store), OK);
		assert_int_equal(writers[i](f.store), OK);
		read_ahead(f.store);
		store_rollback(f.store);
		assert_true_to_the_database(f.store);
		done(&f);
	}
}

static void what_was_read_in_a_step_that_is_undone_is_forgotten(void **state)
{
	struct file f;
	(void)state;

	init(&f);
	assert_int_equal(store_begin(f.store), OK);
	assert_int_equal(store_step_begin(f.store), OK);
	assert_int_equal(quarantine(f.store), OK);
	read_ahead(f.store);
	assert_int_equal(store_step_end(f.store, false), OK);
	assert_true_to_the_database(f.store);
	assert_int_equal(store_commit(f.store), OK);
	done(&f);
}

static void what_another_process_wrote_is_read(void **state)
{
	struct store *other = NULL;
	struct file f;
	(void)state;

	init(&f);
	assert_int_equal(store_open(f.path, &other), OK);
	assert_int_equal(store_begin(f.store), OK);
	read_ahead(f.store);
	assert_int_equal(store_commit(f.store), OK);
	assert_int_equal(store_begin(other), OK);
	assert_int_equal(quarantine(other), OK);
	assert_int_equal(store_commit(other), OK);
	store_free(other);
	assert_int_equal(store_begin(f.store), OK);
	assert_true_to_the_database(f.store);
	assert_int_equal(store_commit(f.store), OK);
	done(&f);
}

/* What the second of two answers to one challenge goes by was read anew. */
static void it_is_given_out_once_and_to_its_node_alone(void **state)
{
	/* The same place, by the same first bytes. */
	const struct node_id neighbour = { { 1, 0, 1 } };
	AUTO_DONE(keep) keep = { 0 };
	AUTO_DONE(keep) second = { 0 };
	struct node_row row;
	struct session_row session;
	struct file f;
	(void)state;

	init(&f);
	read_ahead(f.store);
	assert_int_equal(store_attester(f.store, &neighbour, &keep, &row, &session),
			 STATUS_NOT_FOUND);
	assert_int_equal(store_attester(f.store, &node, &keep, &row, &session), OK);
	assert_true(span_equal(row.ak_name, span_text("ak-1")));
	assert_int_equal(store_attester(f.store, &node, &second, &row, &session), OK);
	keep_done(&keep);
	assert_true(span_equal(row.ak_name, span_text("ak-1")));
	done(&f);
}

/* How often a node's rows were read from the database since this was asked. */
static int reads_since(const struct store *s)
{
	return sqlite3_stmt_status(s->prepared[SQL_ATTESTER], SQLITE_STMTSTATUS_RUN, 1);
}

/* A stranger's bogus challenge that is the first in its second moves the store's time on. */
static void who_is_refused_takes_nobody_elses_rows_along(void **state)
{
	struct file f;
	(void)state;

	init(&f);
	assert_int_equal(store_begin(f.store), OK);
	read_ahead(f.store);
	assert_int_equal(store_commit(f.store), OK);
	assert_int_equal(store_begin(f.store), OK);
	assert_int_equal(store_step_begin(f.store), OK);
	assert_int_equal(store_fact_set(f.store, "high-water-time", span_text("1001")), OK);
	assert_int_equal(store_step_end(f.store, false), OK);
	(void)reads_since(f.store);
	assert_true_to_the_database(f.store);
	assert_int_equal(reads_since(f.store), 0);
	assert_int_equal(store_commit(f.store), OK);
	done(&f);
}

/* How often a node's rows are read from the database for one challenge and its
 * evidence, where its session's state is this long. */
static int reads_with_state(size_t len)
{
	static const uint8_t state[2 * AHEAD_NODE_MAX];
	struct attestation a = sample_attestation(7);
	AUTO_DONE(keep) keep = { 0 };
	struct node_row row;
	struct session_row session;
	struct file f;

	init(&f);
	a.session.state = (struct span){ state, len };
	assert_int_equal(store_begin(f.store), OK);
	assert_int_equal(store_attest(f.store, &a), OK);
	assert_int_equal(store_commit(f.store), OK);

	(void)reads_since(f.store);
	read_ahead(f.store);
	assert_int_equal(store_attester(f.store, &node, &keep, &row, &session), OK);
	assert_int_equal(session.state.len, len);

	int reads = reads_since(f.store);

	done(&f);
	return reads;
}

/* 2,048 nodes whose states are as long as an appraiser may make them would take a
 * quarter of a gigabyte. */
static void large_rows_do_not_wait(void **state)
{
	(void)state;

	assert_int_equal(reads_with_state(AHEAD_NODE_MAX / 2), 1);
	assert_int_equal(reads_with_state(AHEAD_NODE_MAX), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_writes_about_a_node_is_read_at_once),
		cmocka_unit_test(what_was_read_of_a_group_that_failed_is_forgotten),
		cmocka_unit_test(what_was_read_in_a_step_that_is_undone_is_forgotten),
		cmocka_unit_test(who_is_refused_takes_nobody_elses_rows_along),
		cmocka_unit_test(what_another_process_wrote_is_read),
		cmocka_unit_test(it_is_given_out_once_and_to_its_node_alone),
		cmocka_unit_test(large_rows_do_not_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
