/* SPDX-License-Identifier: Apache-2.0 */
/* The store as files: durable, moved, replaced, damaged, of another version. */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "scratch.h"
#include "store_scene.h"
#include "verifier/store/sqlite.h"

#define PATIENCE_MS 60000

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
	static const char *const suffixes[] = { "", "-wal", "-shm", "-lock" };
	char path[160];

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
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
		assert_int_equal(store_generation_set(s, store_scene_generation), OK);
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
	assert_int_equal(store_generation_set(s, store_scene_generation), OK);
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
	assert_int_equal(store_generation_set(s, store_scene_generation), OK);
	assert_int_equal(store_node_insert(s, &first), OK);
	assert_int_equal(attest_as_read(s, &a), OK);
	a.counters = counters_of(7, 1, 102);
	a.ima_frame = 2;
	assert_int_equal(attest_as_read(s, &a), OK);
	store_free(s);
	/* As that version left it. */
	run_sql(&f,
		"DROP TABLE trials;"
		"DROP TABLE entries;"
		"ALTER TABLE nodes DROP COLUMN manifest;"
		"ALTER TABLE sessions DROP COLUMN log_frame;"
		"ALTER TABLE sessions DROP COLUMN log_bytes;"
		"ALTER TABLE sessions DROP COLUMN staged_state;"
		"ALTER TABLE sessions DROP COLUMN staged_first;"
		"ALTER TABLE sessions DROP COLUMN staged_entries;"
		"ALTER TABLE sessions DROP COLUMN staged_frame;"
		"ALTER TABLE sessions DROP COLUMN staged_bytes;"
		"ALTER TABLE sessions DROP COLUMN journal_count;"
		"ALTER TABLE sessions DROP COLUMN journal_head;"
		"ALTER TABLE sessions DROP COLUMN journal_old;"
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

/* A service that has the store, until it is killed. */
static pid_t start_service(const struct file_fixture *f)
{
	int said[2];
	char word;

	assert_int_equal(pipe(said), 0);

	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct store *s = NULL;

		(void)close(said[0]);
		(void)alarm(PATIENCE_MS / 1000);
		if (store_open_alone(f->path, 0, &s) != OK || write(said[1], "", 1) != 1)
			_exit(1);
		for (;;)
			(void)pause();
	}
	(void)close(said[1]);
	assert_int_equal(read(said[0], &word, 1), 1);
	(void)close(said[0]);
	return pid;
}

static void end_service(pid_t pid)
{
	int how;

	(void)kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &how, 0), pid);
}

static void one_service_has_the_store_until_it_ends_however_it_does(void **state)
{
	struct file_fixture f;
	struct store *s = NULL;
	(void)state;

	file_init(&f);
	for (size_t i = 0; i < 2; i++) {
		pid_t service = start_service(&f);

		assert_int_equal(store_open_alone(f.path, 0, &s), STATUS_MISMATCH);
		/* Who accepts the clock is no service. */
		assert_int_equal(store_open(f.path, &s), OK);
		assert_int_equal(store_begin(s), OK);
		assert_int_equal(store_fact_set(s, "a", span_text("b")), OK);
		assert_int_equal(store_commit(s), OK);
		store_free(s);
		end_service(service);
	}
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(store_open_alone(f.path, 0, &s), OK);
		store_free(s);
	}
	file_done(&f);
}

/* Else it would bring it up to date, under a program that knows no such version. */
static void a_store_that_a_service_has_is_not_even_read(void **state)
{
	struct file_fixture f;
	struct store *s = NULL;
	(void)state;

	file_init(&f);

	pid_t service = start_service(&f);

	run_sql(&f, "PRAGMA user_version = 99", SQLITE_OK);
	assert_int_equal(store_open_alone(f.path, 0, &s), STATUS_MISMATCH);
	end_service(service);
	assert_int_equal(store_open_alone(f.path, 0, &s), STATUS_UNSUPPORTED);
	file_done(&f);
}

static pid_t to_be_ended;

static void end_it(int signal)
{
	(void)signal;
	(void)kill(to_be_ended, SIGKILL);
}

static void who_comes_while_a_service_ends_waits_for_that(void **state)
{
	const struct itimerval soon = { .it_value = { .tv_usec = 200000 } };
	struct file_fixture f;
	struct store *s = NULL;
	(void)state;

	file_init(&f);
	to_be_ended = start_service(&f);
	assert_true(signal(SIGALRM, end_it) != SIG_ERR);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	assert_int_equal(store_open_alone(f.path, PATIENCE_MS, &s), OK);
	assert_true(signal(SIGALRM, SIG_DFL) != SIG_ERR);
	store_free(s);
	end_service(to_be_ended);
	file_done(&f);
}

static enum status commit_something(struct store *s)
{
	assert_int_equal(store_begin(s), OK);
	assert_int_equal(store_fact_set(s, "a", span_text("b")), OK);

	enum status status = store_commit(s);

	if (status != OK)
		store_rollback(s);
	return status;
}

/* Whoever comes then finds no lock, and has the store. */
static void nothing_is_committed_without_the_file_that_is_locked(void **state)
{
	struct store *opened = NULL;
	struct file_fixture f;
	char path[160];
	(void)state;

	file_init(&f);
	(void)snprintf(path, sizeof(path), "%s-lock", f.path);
	assert_int_equal(store_open_alone(f.path, 0, &opened), OK);
	AUTO(store) s = opened;
	set_aside(&f, "-lock", false);
	assert_int_equal(commit_something(s), STATUS_IO);
	copy(f.path, path);
	assert_int_equal(commit_something(s), STATUS_IO);
	set_aside(&f, "-lock", true);
	assert_int_equal(commit_something(s), OK);
	file_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_committed_is_not_there),
		cmocka_unit_test(nothing_is_committed_into_a_file_that_was_moved),
		cmocka_unit_test(nothing_is_committed_into_a_file_that_was_replaced),
		cmocka_unit_test(one_service_has_the_store_until_it_ends_however_it_does),
		cmocka_unit_test(a_store_that_a_service_has_is_not_even_read),
		cmocka_unit_test(who_comes_while_a_service_ends_waits_for_that),
		cmocka_unit_test(nothing_is_committed_without_the_file_that_is_locked),
		cmocka_unit_test(each_fault_at_opening_has_its_status),
		cmocka_unit_test(a_newer_schema_is_refused_and_the_audit_log_only_grows),
		cmocka_unit_test(a_store_of_version_1_is_brought_up_to_date),
		cmocka_unit_test(a_damaged_row_is_an_error_and_no_trusted_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
