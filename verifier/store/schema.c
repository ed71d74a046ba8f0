/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/store/sqlite.h"

#include <stdio.h>

/*
 * Step n brings a database from version n to n + 1, inside one transaction.
 * A step that was once released is never edited: rows written under it exist.
 */
static const char *const steps[] = {
	"CREATE TABLE nodes ("
	" id BLOB PRIMARY KEY NOT NULL,"
	" standing INTEGER NOT NULL,"
	" verdict INTEGER NOT NULL,"
	" ak_name BLOB NOT NULL UNIQUE," /* an AK belongs to one node */
	" ak_public BLOB NOT NULL,"
	" ek_public BLOB NOT NULL,"
	" spki BLOB NOT NULL,"
	" host TEXT NOT NULL,"
	" class TEXT NOT NULL,"
	" hostname TEXT NOT NULL,"
	" manufacturer TEXT NOT NULL,"
	" model TEXT NOT NULL,"
	" version TEXT NOT NULL,"
	" is_software_tpm INTEGER NOT NULL,"
	" quirks INTEGER NOT NULL,"
	" nv_index INTEGER NOT NULL,"
	" enrolled INTEGER NOT NULL,"
	" attested INTEGER NOT NULL,"
	" expires INTEGER NOT NULL,"
	" release_version INTEGER NOT NULL,"
	" counters BLOB NOT NULL,"
	" act_time INTEGER NOT NULL,"
	" note TEXT NOT NULL);"
	"CREATE TABLE sessions ("
	" node BLOB PRIMARY KEY NOT NULL REFERENCES nodes(id),"
	" reset INTEGER NOT NULL,"
	" restart INTEGER NOT NULL,"
	" state BLOB NOT NULL,"
	" entries INTEGER NOT NULL,"
	" generation BLOB NOT NULL,"
	" minting_name BLOB NOT NULL,"
	" evidence_digest BLOB NOT NULL,"
	" result BLOB NOT NULL,"
	" evidence BLOB NOT NULL);"
	"CREATE TABLE session_logs ("
	" node BLOB NOT NULL REFERENCES nodes(id),"
	" is_boot INTEGER NOT NULL,"
	" number INTEGER NOT NULL,"
	" frame BLOB NOT NULL,"
	" PRIMARY KEY (node, is_boot, number));"
	"CREATE TABLE audit ("
	" number INTEGER PRIMARY KEY NOT NULL,"
	" time INTEGER NOT NULL,"
	" kind TEXT NOT NULL,"
	" actor TEXT NOT NULL,"
	" node TEXT NOT NULL,"
	" text TEXT NOT NULL,"
	" hash BLOB NOT NULL);"
	"CREATE TRIGGER audit_keeps BEFORE UPDATE ON audit BEGIN"
	" SELECT RAISE(ABORT, 'append-only'); END;"
	"CREATE TRIGGER audit_stays BEFORE DELETE ON audit BEGIN"
	" SELECT RAISE(ABORT, 'append-only'); END;"
	"CREATE TABLE facts ("
	" name TEXT PRIMARY KEY NOT NULL,"
	" value BLOB NOT NULL);",
	/* Logs that come in parts: frames after log_frame wait for their quote. */
	"ALTER TABLE sessions ADD COLUMN log_frame INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sessions ADD COLUMN log_bytes INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sessions ADD COLUMN staged_state BLOB NOT NULL DEFAULT x'';"
	"ALTER TABLE sessions ADD COLUMN staged_first INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sessions ADD COLUMN staged_entries INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sessions ADD COLUMN staged_frame INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sessions ADD COLUMN staged_bytes INTEGER NOT NULL DEFAULT 0;"
	"UPDATE sessions SET (log_frame, log_bytes) ="
	" (SELECT coalesce(max(number), 0), coalesce(sum(length(frame)), 0) FROM session_logs"
	"  WHERE session_logs.node = sessions.node AND is_boot = 0);",
	/* Nodes that got a grant under a canary, and when. */
	"CREATE TABLE trials ("
	" manifest BLOB NOT NULL,"
	" node BLOB NOT NULL,"
	" first INTEGER NOT NULL,"
	" last INTEGER NOT NULL,"
	" PRIMARY KEY (manifest, node)) WITHOUT ROWID;",
	/* When an SVID of theirs was last verified; 0: never. */
	"ALTER TABLE trials ADD COLUMN svid INTEGER NOT NULL DEFAULT 0;",
	/* Registration entries, removed ones as well. */
	"CREATE TABLE entries ("
	" name TEXT PRIMARY KEY NOT NULL,"
	" class TEXT NOT NULL,"
	" standing INTEGER NOT NULL,"
	" line TEXT NOT NULL,"
	" added INTEGER NOT NULL,"
	" act_time INTEGER NOT NULL,"
	" note TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE INDEX entries_of_class ON entries (class, name);",
	/* Where each node's issuance journal was collected to. */
	"ALTER TABLE sessions ADD COLUMN journal_count INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE sessions ADD COLUMN journal_head BLOB NOT NULL DEFAULT x'';"
	"ALTER TABLE sessions ADD COLUMN journal_old INTEGER NOT NULL DEFAULT 0;",
	/* Under which manifest a node got its last grant: versions count for each cell. */
	"ALTER TABLE nodes ADD COLUMN manifest BLOB NOT NULL DEFAULT x'';",
};

#define SCHEMA_VERSION ((int)(sizeof(steps) / sizeof(steps[0])))

static enum status run(sqlite3 *db, const char *sql)
{
	return store_status(sqlite3_exec(db, sql, NULL, NULL, NULL));
}

static enum status read_version(sqlite3 *db, int *out)
{
	sqlite3_stmt *stmt = NULL;
	int result = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL);

	if (result != SQLITE_OK)
		return store_status(result);
	result = sqlite3_step(stmt);
	if (result == SQLITE_ROW)
		*out = sqlite3_column_int(stmt, 0);
	(void)sqlite3_finalize(stmt);
	return result == SQLITE_ROW ? OK : store_status(result);
}

static enum status take_step(sqlite3 *db, int version)
{
	char mark[64];

	(void)snprintf(mark, sizeof(mark), "PRAGMA user_version = %d; COMMIT", version + 1);

	enum status status = run(db, "BEGIN IMMEDIATE");

	if (status != OK)
		return status;
	status = run(db, steps[version]);
	if (status == OK)
		status = run(db, mark);
	if (status != OK)
		(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	return status;
}

enum status schema_ensure(sqlite3 *db)
{
	int version = 0;
	enum status status = read_version(db, &version);

	/* A newer program's rows may mean what this one does not know. */
	if (status == OK && (version < 0 || version > SCHEMA_VERSION))
		return STATUS_UNSUPPORTED;
	while (status == OK && version < SCHEMA_VERSION)
		status = take_step(db, version++);
	return status;
}

enum status store_status(int result)
{
	switch (result & 0xff) {
	case SQLITE_OK:
		return OK;
	case SQLITE_NOMEM:
		return STATUS_NO_MEMORY;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return STATUS_MALFORMED;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return STATUS_UNAVAILABLE;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_READONLY:
		return STATUS_DENIED;
	default:
		return STATUS_IO;
	}
}
