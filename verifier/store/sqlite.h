/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_STORE_SQLITE_H
#define VERIFIER_STORE_SQLITE_H

#include <sqlite3.h>
#include <sys/types.h>

#include "verifier/store/store.h"

/* Private to verifier/store: statements are prepared once and only ever take
 * values through parameters. */
enum statement {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_STEP_BEGIN,
	SQL_STEP_KEEP,
	SQL_STEP_UNDO,
	SQL_NODE,
	SQL_ATTESTER,
	SQL_DATA_VERSION,
	SQL_NODE_OF_AK,
	SQL_NODE_INSERT,
	SQL_NODE_RESET,
	SQL_NODE_REKEY,
	SQL_NODE_LIST,
	SQL_NODE_PLACE_LISTED,
	SQL_NODE_PLACE_ACT,
	SQL_NODE_RELEASE,
	SQL_NODE_FORGET,
	SQL_NODE_NARROW,
	SQL_NODE_COUNT,
	SQL_NODE_AHEAD,
	SQL_NODE_BRING_BACK,
	SQL_ATTEST,
	SQL_ATTEST_CLEARED,
	SQL_SESSION,
	SQL_SESSION_RESULT,
	SQL_SESSION_EVIDENCE,
	SQL_SESSION_PUT,
	SQL_SESSION_SPEND,
	SQL_SESSION_DELETE,
	SQL_LOG,
	SQL_LOG_ADD,
	SQL_LOG_DELETE,
	SQL_LOG_DELETE_ALL,
	SQL_AUDIT_LAST,
	SQL_AUDIT_ADD,
	SQL_AUDIT_PAGE,
	SQL_TRIAL_PUT,
	SQL_TRIAL_COUNT,
	SQL_TRIAL_SVID,
	SQL_TRIAL_STATEMENT,
	SQL_ENTRY,
	SQL_ENTRY_PAGE,
	SQL_ENTRY_PAGE_OF_CLASS,
	SQL_ENTRY_ADD,
	SQL_ENTRY_RELEASE,
	SQL_ENTRY_NARROW,
	SQL_ENTRY_BRING_BACK,
	SQL_FACT,
	SQL_FACT_SET,
	STATEMENTS,
};

/* The database, its write-ahead log, that one's index; and what a service has locked. */
#define STORE_DATABASE_FILES 3
#define STORE_CLAIM STORE_DATABASE_FILES
#define STORE_FILES (STORE_CLAIM + 1)

/* Which file a name stood for when it was first seen. */
struct store_file {
	char *path;
	bool is_known;
	dev_t device;
	ino_t inode;
};

/* Of one request: a savepoint is made for the first statement that writes. */
enum step {
	STEP_NONE,
	STEP_CLEAN,
	STEP_WRITTEN,
};

struct store {
	sqlite3 *db;
	enum step step;
	/* The newest audit entry, as this group has it: what is undone forgets it. */
	bool has_last;
	uint64_t last_index;
	uint8_t last_hash[SHA256_SIZE];
	/* ahead.c: what was read ahead of its use. A round ends when it may be wrong. */
	struct ahead *ahead;
	uint64_t round;
	uint64_t entries_sequence;
	bool has_changed_entries; /* in this group */
	int64_t data_version; /* changes when another connection commits */
	struct store_file files[STORE_FILES]; /* paths NULL: in memory, or not claimed */
	int claim_fd; /* -1: not claimed */
	sqlite3_stmt *prepared[STATEMENTS];
};

/* A full disk or a failing one makes SQLite undo the whole group by itself. */
static inline bool store_is_in_group(const struct store *s)
{
	return sqlite3_get_autocommit(s->db) == 0;
}

/* Of a result of SQLite's while it opens: STATUS_MALFORMED damaged or no database,
 * STATUS_UNAVAILABLE held by another process, STATUS_DENIED not ours to write. */
enum status store_status(int result);
/* Creates or brings up to date. */
enum status schema_ensure(sqlite3 *db);

/* claim.c: STATUS_MISMATCH where another one has it for longer than that. */
enum status claim_take(struct store *s, const char *path, unsigned patience_ms);
void claim_done(struct store *s);

/* One use of a statement: bind in order, run or step, done. The first failure
 * sticks. */
struct query {
	sqlite3_stmt *stmt;
	int bound;
	enum status status;
};

struct query query_start(struct store *s, enum statement which);
void query_blob(struct query *q, struct span value);
void query_text(struct query *q, struct span value);
void query_int(struct query *q, int64_t value);
/* Above INT64_MAX is STATUS_TOO_LARGE. */
void query_count(struct query *q, uint64_t value);
/* OK a row is there, STATUS_NOT_FOUND none is left. */
enum status query_step(struct query *q);
/* To its end; how many rows it changed. */
enum status query_run(struct query *q, struct store *s, int *changed);
/* STATUS_MISMATCH unless exactly one row met the conditions in the statement. */
enum status query_run_once(struct query *q, struct store *s);
void query_done(struct query *q);

/* ahead.c: what waits is bounded by the 2,048 places and this for each, 32 MiB;
 * a node's larger rows are read again. */
#define AHEAD_NODE_MAX ((size_t)16 << 10)
enum status ahead_init(struct store *s);
void ahead_done(struct store *s);
void ahead_forget(struct store *s, const struct node_id *node);
void ahead_forget_all(struct store *s);
/* Forgets all where another process wrote since. */
enum status ahead_look_around(struct store *s);
/* The node's rows, and what keeps them; false where they are not there. */
bool ahead_take(struct store *s, const struct node_id *node, struct keep *keep,
		struct node_row *row, struct session_row *session);
/* query_start() of one that writes about a node, whose id it takes first: what was read
 * of the node ahead is forgotten. */
struct query query_about(struct store *s, enum statement which, const struct node_id *node);

/* entries.c: a step or a group was undone. */
void entries_undone(struct store *s);

/* nodes.c, sessions.c: of a row that has these columns, a session's from first on. */
#define NODE_COLUMN_COUNT 25
void node_columns(struct query *q, struct keep *keep, struct node_row *row);
void session_columns(struct query *q, int first, struct keep *keep, struct session_row *row);

/* Columns of the row that query_step() found. */
bool column_is_null(struct query *q, int column);
struct span column_span(struct query *q, int column);
int64_t column_int(struct query *q, int column);
uint64_t column_count(struct query *q, int column);
/* A copy that keep owns. */
struct span column_kept(struct query *q, int column, struct keep *keep);
/* The first column of the first row: query_step() and column_kept(). */
enum status query_kept(struct query *q, struct keep *keep, struct span *out);
/* Exactly len bytes, else the query fails: a damaged store. */
void column_fixed(struct query *q, int column, uint8_t *out, size_t len);

AUTO_RELEASE(query, query_done);

#endif
