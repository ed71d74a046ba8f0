/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "scratch.h"
#include "verifier/store/sqlite.h"

static uint8_t generation_bytes[SHA256_SIZE] = { 1 };
static const struct span generation = { generation_bytes, SHA256_SIZE };

static struct node_row sample_node(uint8_t number, const char *ak_name)
{
	return (struct node_row){
		.node = { { number } },
		.standing = STANDING_ACTIVE,
		.verdict = NODE_STALE,
		.ak_name = span_text(ak_name),
		.ak_public = span_text("ak"),
		.ek_public = span_text("ek"),
		.spki = span_text("spki"),
		.hostname = span_text("host"),
		.enrolled = 1000,
		.counters = counters_of(7, 1, 100),
	};
}

static struct attestation sample_attestation(uint8_t number, uint64_t clock)
{
	return (struct attestation){
		.node = { { number } },
		.ak_name = span_text("ak-1"),
		.counters = counters_of(7, 1, clock),
		.generation = generation,
		.verdict = NODE_TRUSTED,
		.is_decided = true,
		.now = 2000,
		.expires = 2600,
		.release_version = 5,
		.session = { .reset = 7,
			     .restart = 1,
			     .entries = 10,
			     .generation = generation,
			     .log_frame = 2 },
		.ima_frame = 1,
		.ima_log = span_text("frame"),
	};
}

static struct store *open_memory(void)
{
	struct store *s = NULL;
	struct node_row row = sample_node(1, "ak-1");

	assert_int_equal(store_open(":memory:", &s), OK);
	assert_int_equal(store_begin(s), OK);
	assert_int_equal(store_generation_set(s, generation), OK);
	assert_int_equal(store_node_insert(s, &row), OK);
	return s;
}

/* As who has just read the node. */
static enum status attest(struct store *s, struct attestation *a)
{
	AUTO_DONE(keep) keep = { 0 };
	struct node_row row;

	assert_int_equal(store_node(s, &a->node, &keep, &row), OK);
	a->previous = row.counters;
	return store_attest(s, a);
}

static void a_node_comes_back_as_it_was_stored(void **state)
{
	AUTO(store) s = open_memory();
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
	AUTO(store) s = open_memory();
	struct node_row twin = sample_node(2, "ak-1"), again = sample_node(1, "ak-2");
	(void)state;

	assert_int_equal(store_node_insert(s, &twin), STATUS_DENIED);
	assert_int_equal(store_node_insert(s, &again), STATUS_DENIED);
}

static void counters_must_rise_as_unsigned_numbers(void **state)
{
	AUTO(store) s = open_memory();
	struct attestation a = sample_attestation(1, 100);
	(void)state;

	a.ima_log = (struct span){ 0 };
	assert_int_equal(attest(s, &a), STATUS_MISMATCH);
	a.counters = counters_of(7, 1, 99);
	assert_int_equal(attest(s, &a), STATUS_MISMATCH);
	a.counters = counters_of(7, 0, UINT64_MAX);
	assert_int_equal(attest(s, &a), STATUS_MISMATCH);
	a.counters = counters_of(6, UINT32_MAX, UINT64_MAX);
	assert_int_equal(attest(s, &a), STATUS_MISMATCH);
	a.counters = counters_of(7, 1, 101);
	assert_int_equal(attest(s, &a), OK);
	assert_int_equal(attest(s, &a), STATUS_MISMATCH);
	a.counters = counters_of(7, 1, (uint64_t)1 << 63);
	assert_int_equal(attest(s, &a), OK);
	a.counters = counters_of(8, 0, 0);
	assert_int_equal(attest(s, &a), OK);
}

static void a_commit_goes_on_from_what_was_read(void **state)
{
	AUTO(store) s = open_memory();
	struct attestation a = sample_attestation(1, 101);
	(void)state;

	a.ima_log = (struct span){ 0 };
	assert_int_equal(attest(s, &a), OK);
	a.counters = counters_of(7, 1, 102);
	assert_int_equal(store_attest(s, &a), STATUS_MISMATCH);
	assert_int_equal(attest(s, &a), OK);
}

static void a_commit_needs_its_ak_its_generation_and_an_active_node(void **state)
{
	AUTO(store) s = open_memory();
	struct attestation a = sample_attestation(1, 101);
	(void)state;

	a.ak_name = span_text("ak-2");
	assert_int_equal(attest(s, &a), STATUS_MISMATCH);
	a = sample_attestation(1, 101);
	a.generation = span_text("another");
	assert_int_equal(attest(s, &a), STATUS_MISMATCH);
	a = sample_attestation(1, 101);
	assert_int_equal(store_node_narrow(s, &a.node, STANDING_QUARANTINED, span_text("why")), OK);
	assert_int_equal(attest(s, &a), STATUS_MISMATCH);
	assert_int_equal(store_attest_cleared(s, &a), STATUS_MISMATCH);
	assert_int_equal(store_node_release(s, &a.node, 5), OK);
	/* Its class was never named, so it waits for that. */
	assert_int_equal(attest(s, &a), STATUS_MISMATCH);
	assert_int_equal(store_node_place(s, &a.node, span_text("h"), span_text("c"), 6), OK);
	/* What was read before the act may have been read for another class. */
	assert_int_equal(attest(s, &a), STATUS_MISMATCH);
	a.act_time = 6;
	assert_int_equal(attest(s, &a), OK);
}

static void logs_of_a_session_are_joined_and_leave_with_it(void **state)
{
	AUTO(store) s = open_memory();
	AUTO_DONE(keep) keep = { 0 };
	struct attestation a = sample_attestation(1, 101);
	struct session_row session;
	struct span log;
	(void)state;

	assert_int_equal(attest(s, &a), OK);
	a.counters = counters_of(7, 1, 102);
	a.ima_frame = 2;
	assert_int_equal(attest(s, &a), OK);
	assert_int_equal(store_session_log(s, &a.node, false, &keep, &log), OK);
	assert_true(span_equal(log, span_text("frameframe")));
	/* A number that is taken, and one beyond the log that a quote has reached. */
	a.counters = counters_of(7, 1, 103);
	assert_int_equal(attest(s, &a), STATUS_DENIED);
	a.counters = counters_of(7, 1, 104);
	a.ima_frame = 3;
	assert_int_equal(attest(s, &a), OK);
	assert_int_equal(store_session_log(s, &a.node, false, &keep, &log), OK);
	assert_true(span_equal(log, span_text("frameframe")));
	a.counters = counters_of(7, 1, 105);
	a.forget_from = 1;
	a.forget_to = 2;
	a.ima_frame = 4;
	a.session.log_frame = 4;
	assert_int_equal(attest(s, &a), OK);
	assert_int_equal(store_session_log(s, &a.node, false, &keep, &log), OK);
	assert_true(span_equal(log, span_text("frameframe")));
	a.counters = counters_of(7, 1, 106);
	a.forget_from = 0;
	a.forget_to = INT64_MAX;
	assert_int_equal(attest(s, &a), OK);
	assert_int_equal(store_session_log(s, &a.node, false, &keep, &log), OK);
	assert_true(span_equal(log, span_text("frame")));
	a.counters = counters_of(8, 0, 1);
	a.is_new_session = true;
	a.ima_log = (struct span){ 0 };
	assert_int_equal(attest(s, &a), OK);
	assert_int_equal(store_session_log(s, &a.node, false, &keep, &log), OK);
	assert_int_equal(log.len, 0);
	assert_int_equal(store_session(s, &a.node, &keep, &session), OK);
	assert_int_equal(session.entries, 10);
	assert_int_equal(store_node_reset(s, &a.node, span_text("ak-1"), &a.counters, 3000), OK);
	assert_int_equal(store_session(s, &a.node, &keep, &session), STATUS_NOT_FOUND);
}

static void an_undecided_end_moves_the_counters_only(void **state)
{
	AUTO(store) s = open_memory();
	AUTO_DONE(keep) keep = { 0 };
	struct attestation a = sample_attestation(1, 101);
	struct node_row row;
	(void)state;

	assert_int_equal(attest(s, &a), OK);
	a.counters = counters_of(7, 1, 102);
	a.ima_log = (struct span){ 0 };
	a.is_decided = false;
	a.verdict = NODE_UNTRUSTED;
	a.expires = 0;
	a.now = 9000;
	a.release_version = 3;
	assert_int_equal(attest(s, &a), OK);
	assert_int_equal(store_node(s, &a.node, &keep, &row), OK);
	assert_int_equal(row.verdict, NODE_TRUSTED);
	assert_int_equal(row.attested, 2000);
	assert_int_equal(row.expires, 2600);
	assert_int_equal(row.release_version, 5);
	assert_int_equal(counters_clock(&row.counters), 102);
}

static void one_step_of_a_group_is_undone_alone(void **state)
{
	AUTO(store) s = open_memory();
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
	AUTO(store) s = open_memory();
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
	AUTO(store) s = open_memory();
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
	AUTO(store) s = open_memory();
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
	AUTO(store) s = open_memory();
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

/* A database file of its own, and what SQLite leaves beside it. */
struct file_fixture {
	char directory[SCRATCH_MAX], path[128];
};

static void file_init(struct file_fixture *f)
{
	*f = (struct file_fixture){ 0 };
	assert_non_null(mkdtemp(scratch_name(f->directory, "store")));
	(void)snprintf(f->path, sizeof(f->path), "%s/store.db", f->directory);
}

static void file_done(struct file_fixture *f)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char path[160];

	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", f->path, suffixes[i]);
		(void)unlink(path);
	}
	(void)rmdir(f->directory);
}

static void run_sql(const struct file_fixture *f, const char *sql, int wanted)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), wanted);
	(void)sqlite3_close(db);
}

static void what_is_not_committed_is_not_there(void **state)
{
	struct node_row first = sample_node(1, "ak-1"), second = sample_node(2, "ak-2"), row;
	AUTO_DONE(keep) keep = { 0 };
	struct file_fixture f;
	struct store *s = NULL;
	(void)state;

	file_init(&f);
	assert_int_equal(store_open(f.path, &s), OK);
	assert_int_equal(store_begin(s), OK);
	assert_int_equal(store_node_insert(s, &first), OK);
	assert_int_equal(store_commit(s), OK);
	assert_int_equal(store_begin(s), OK);
	assert_int_equal(store_node_insert(s, &second), OK);
	store_free(s);
	assert_int_equal(store_open(f.path, &s), OK);
	assert_int_equal(store_node(s, &first.node, &keep, &row), OK);
	assert_int_equal(store_node(s, &second.node, &keep, &row), STATUS_NOT_FOUND);
	store_free(s);
	file_done(&f);
}

static void set_aside(const struct file_fixture *f, const char *end, bool is_back)
{
	char here[160], there[192];

	(void)snprintf(here, sizeof(here), "%s%s", f->path, end);
	(void)snprintf(there, sizeof(there), "%s.aside", here);
	assert_int_equal(is_back ? rename(there, here) : rename(here, there), 0);
}

/* What goes into a file without its name is lost with the process. */
static void nothing_is_committed_into_a_file_that_was_moved(void **state)
{
	static const char *const ends[] = { "", "-wal", "-shm" };
	struct file_fixture f;
	(void)state;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct store *opened = NULL;

		file_init(&f);
		assert_int_equal(store_open(f.path, &opened), OK);
		AUTO(store) s = opened;
		assert_int_equal(store_begin(s), OK);
		assert_int_equal(store_generation_set(s, generation), OK);
		assert_int_equal(store_commit(s), OK);
		set_aside(&f, ends[i], false);
		assert_int_equal(store_begin(s), OK);
		assert_int_equal(store_fact_set(s, "a", span_text("b")), OK);
		assert_int_equal(store_commit(s), STATUS_IO);
		store_rollback(s);
		set_aside(&f, ends[i], true);
		assert_int_equal(store_begin(s), OK);
		assert_int_equal(store_fact_set(s, "a", span_text("b")), OK);
		assert_int_equal(store_commit(s), OK);
		file_done(&f);
	}
}

static void copy(const char *from, const char *to)
{
	char buffer[4096];
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");

	assert_non_null(in);
	assert_non_null(out);
	for (size_t n; (n = fread(buffer, 1, sizeof(buffer), in)) > 0;)
		assert_int_equal(fwrite(buffer, 1, n, out), n);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(fclose(in), 0);
}

/* A backup put back under a verifier that runs: another file of the same name. */
static void nothing_is_committed_into_a_file_that_was_replaced(void **state)
{
	struct store *opened = NULL;
	struct file_fixture f;
	char aside[192];
	(void)state;

	file_init(&f);
	(void)snprintf(aside, sizeof(aside), "%s.aside", f.path);
	assert_int_equal(store_open(f.path, &opened), OK);
	AUTO(store) s = opened;
	assert_int_equal(store_begin(s), OK);
	assert_int_equal(store_generation_set(s, generation), OK);
	assert_int_equal(store_commit(s), OK);
	set_aside(&f, "", false);
	copy(aside, f.path);
	assert_int_equal(store_begin(s), OK);
	assert_int_equal(store_fact_set(s, "a", span_text("b")), OK);
	assert_int_equal(store_commit(s), STATUS_IO);
	store_rollback(s);
	set_aside(&f, "", true);
	assert_int_equal(store_begin(s), OK);
	assert_int_equal(store_fact_set(s, "a", span_text("b")), OK);
	assert_int_equal(store_commit(s), OK);
	file_done(&f);
}

static void each_fault_at_opening_has_its_status(void **state)
{
	static const uint8_t text[8192] = "SQLite format 3, or so they say";
	struct store *s = NULL;
	struct file_fixture f;
	sqlite3 *other = NULL;
	FILE *file;
	(void)state;

	assert_int_equal(store_open("/nonexistent/store", &s), STATUS_DENIED);
	file_init(&f);
	file = fopen(f.path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, sizeof(text), file), sizeof(text));
	assert_int_equal(fclose(file), 0);
	assert_int_equal(store_open(f.path, &s), STATUS_MALFORMED);
	assert_int_equal(unlink(f.path), 0);
	assert_int_equal(sqlite3_open(f.path, &other), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(other, "PRAGMA journal_mode = WAL; BEGIN EXCLUSIVE", NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(store_open(f.path, &s), STATUS_UNAVAILABLE);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	assert_int_equal(store_open(f.path, &s), OK);
	store_free(s);
	file_done(&f);
}

static void a_newer_schema_is_refused_and_the_audit_log_only_grows(void **state)
{
	struct audit_row row = { .kind = span_text("kind") };
	struct file_fixture f;
	struct store *s = NULL;
	(void)state;

	file_init(&f);
	assert_int_equal(store_open(f.path, &s), OK);
	assert_int_equal(store_audit_append(s, &row), OK);
	store_free(s);
	run_sql(&f, "UPDATE audit SET text = 'other'", SQLITE_CONSTRAINT);
	run_sql(&f, "DELETE FROM audit", SQLITE_CONSTRAINT);
	run_sql(&f, "PRAGMA user_version = 99", SQLITE_OK);
	assert_int_equal(store_open(f.path, &s), STATUS_UNSUPPORTED);
	file_done(&f);
}

static void a_store_of_version_1_is_brought_up_to_date(void **state)
{
	struct node_row first = sample_node(1, "ak-1");
	struct attestation a = sample_attestation(1, 101);
	AUTO_DONE(keep) keep = { 0 };
	struct session_row session;
	struct file_fixture f;
	struct store *s = NULL;
	struct span log;
	(void)state;

	file_init(&f);
	assert_int_equal(store_open(f.path, &s), OK);
	assert_int_equal(store_generation_set(s, generation), OK);
	assert_int_equal(store_node_insert(s, &first), OK);
	assert_int_equal(attest(s, &a), OK);
	a.counters = counters_of(7, 1, 102);
	a.ima_frame = 2;
	assert_int_equal(attest(s, &a), OK);
	store_free(s);
	/* As that version left it. */
	run_sql(&f,
		"DROP TABLE trials;"
		"ALTER TABLE sessions DROP COLUMN log_frame;"
		"ALTER TABLE sessions DROP COLUMN log_bytes;"
		"ALTER TABLE sessions DROP COLUMN staged_state;"
		"ALTER TABLE sessions DROP COLUMN staged_first;"
		"ALTER TABLE sessions DROP COLUMN staged_entries;"
		"ALTER TABLE sessions DROP COLUMN staged_frame;"
		"ALTER TABLE sessions DROP COLUMN staged_bytes;"
		"PRAGMA user_version = 1",
		SQLITE_OK);
	assert_int_equal(store_open(f.path, &s), OK);
	assert_int_equal(store_session(s, &first.node, &keep, &session), OK);
	assert_int_equal(session.entries, 10);
	assert_int_equal(session.log_frame, 2);
	assert_int_equal(session.log_bytes, strlen("frameframe"));
	assert_int_equal(session.staged_state.len, 0);
	assert_int_equal(store_session_log(s, &first.node, false, &keep, &log), OK);
	assert_true(span_equal(log, span_text("frameframe")));
	store_free(s);
	file_done(&f);
}

static void a_damaged_row_is_an_error_and_no_trusted_node(void **state)
{
	struct node_row first = sample_node(1, "ak-1"), row;
	AUTO_DONE(keep) keep = { 0 };
	struct file_fixture f;
	struct store *s = NULL;
	(void)state;

	file_init(&f);
	assert_int_equal(store_open(f.path, &s), OK);
	assert_int_equal(store_node_insert(s, &first), OK);
	run_sql(&f, "UPDATE nodes SET counters = x'00'", SQLITE_OK);
	assert_int_equal(store_node(s, &first.node, &keep, &row), STATUS_IO);
	run_sql(&f, "UPDATE nodes SET counters = zeroblob(24), standing = 9", SQLITE_OK);
	assert_int_equal(store_node(s, &first.node, &keep, &row), STATUS_IO);
	store_free(s);
	file_done(&f);
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
		cmocka_unit_test(one_step_of_a_group_is_undone_alone),
		cmocka_unit_test(an_undone_step_leaves_no_trace_in_the_audit_log),
		cmocka_unit_test(a_step_after_the_group_was_lost_commits_nothing),
		cmocka_unit_test(text_from_outside_is_only_ever_a_value),
		cmocka_unit_test(the_audit_chain_covers_each_entry_and_the_one_before),
		cmocka_unit_test(what_is_not_committed_is_not_there),
		cmocka_unit_test(nothing_is_committed_into_a_file_that_was_moved),
		cmocka_unit_test(nothing_is_committed_into_a_file_that_was_replaced),
		cmocka_unit_test(each_fault_at_opening_has_its_status),
		cmocka_unit_test(a_newer_schema_is_refused_and_the_audit_log_only_grows),
		cmocka_unit_test(a_store_of_version_1_is_brought_up_to_date),
		cmocka_unit_test(a_damaged_row_is_an_error_and_no_trusted_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
