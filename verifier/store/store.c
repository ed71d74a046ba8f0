/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/store/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NODE_COLUMNS                                                                               \
	"id, standing, verdict, ak_name, ak_public, ek_public, spki, host, class, hostname,"       \
	" manufacturer, model, version, is_software_tpm, quirks, nv_index, enrolled, attested,"    \
	" expires, release_version, counters, act_time, note, manifest"

/* But for result and evidence. */
#define SESSION_COLUMNS                                                                            \
	"reset, restart, state, entries, generation, minting_name, evidence_digest, log_frame,"    \
	" log_bytes, staged_state, staged_first, staged_entries, staged_frame, staged_bytes,"      \
	" journal_count, journal_head, journal_old"

#define ENTRY_COLUMNS "name, class, standing, line, added, act_time, note"

/* Which commits count: DESIGN.md, Protocol. */
#define ATTEST_CONDITIONS                                                                          \
	" WHERE id = ?1 AND ak_name = ?2 AND standing = 1 AND act_time = ?5"                       \
	" AND counters = ?6"                                                                       \
	" AND ?4 = (SELECT value FROM facts WHERE name = 'generation')"

#define NODE_IS_AHEAD "(enrolled > ?1 OR attested > ?1 OR act_time > ?1)"

static const char *const texts[STATEMENTS] = {
	[SQL_BEGIN] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_STEP_BEGIN] = "SAVEPOINT step",
	[SQL_STEP_KEEP] = "RELEASE step",
	[SQL_STEP_UNDO] = "ROLLBACK TO step",
	[SQL_NODE] = "SELECT " NODE_COLUMNS
		     ", coalesce((SELECT entries FROM sessions WHERE node = id), 0)"
		     " FROM nodes WHERE id = ?1",
	[SQL_ATTESTER] = "SELECT " NODE_COLUMNS ", coalesce(entries, 0), " SESSION_COLUMNS
			 " FROM nodes LEFT JOIN sessions ON node = id WHERE id = ?1",
	[SQL_DATA_VERSION] = "PRAGMA data_version",
	[SQL_NODE_OF_AK] = "SELECT id FROM nodes WHERE ak_name = ?1",
	[SQL_NODE_INSERT] = "INSERT INTO nodes (" NODE_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6,"
			    " ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,"
			    " ?21, ?22, ?23, ?24)",
	[SQL_NODE_RESET] = "UPDATE nodes SET counters = ?3, enrolled = ?4"
			   " WHERE id = ?1 AND ak_name = ?2",
	[SQL_NODE_REKEY] = "UPDATE nodes SET ak_name = ?3, ak_public = ?4, counters = ?5,"
			   " enrolled = ?6, note = ?7, expires = 0, verdict = 4,"
			   " standing = CASE standing WHEN 1 THEN 2 ELSE standing END,"
			   " act_time = max(act_time, ?8)"
			   " WHERE id = ?1 AND ak_name = ?2 AND standing IN (0, 1)",
	[SQL_NODE_LIST] = "SELECT id FROM nodes WHERE id > ?1 ORDER BY id LIMIT ?2",
	[SQL_NODE_PLACE_LISTED] = "UPDATE nodes SET host = ?2, class = ?3, standing = 1"
				  " WHERE id = ?1 AND standing = 0",
	[SQL_NODE_PLACE_ACT] = "UPDATE nodes SET host = ?2, class = ?3, standing = 1,"
			       " act_time = ?4, note = ''"
			       " WHERE id = ?1 AND standing IN (0, 1) AND act_time < ?4",
	[SQL_NODE_RELEASE] = "UPDATE nodes SET standing = CASE class WHEN '' THEN 0 ELSE 1 END,"
			     " act_time = ?2, note = ''"
			     " WHERE id = ?1 AND standing = 2 AND act_time < ?2",
	[SQL_NODE_FORGET] = "DELETE FROM nodes WHERE id = ?1 AND standing = 0",
	[SQL_NODE_NARROW] = "UPDATE nodes SET standing = ?2, note = ?3, expires = 0, verdict = 4,"
			    " act_time = max(act_time, ?4) WHERE id = ?1 AND standing <= ?2",
	[SQL_NODE_COUNT] = "SELECT standing, verdict, attested >= ?1, count(*), max(number)"
			   " FROM (SELECT rowid AS number, standing, verdict, attested FROM nodes"
			   " WHERE rowid > ?2 ORDER BY rowid LIMIT ?3) GROUP BY 1, 2, 3",
	[SQL_NODE_AHEAD] = "SELECT count(*) FROM nodes WHERE " NODE_IS_AHEAD,
	[SQL_NODE_BRING_BACK] = "UPDATE nodes SET enrolled = min(enrolled, ?1),"
				" attested = min(attested, ?1), act_time = min(act_time, ?1)"
				" WHERE " NODE_IS_AHEAD,
	[SQL_ATTEST] = "UPDATE nodes SET counters = ?3,"
		       " verdict = CASE ?7 WHEN 1 THEN ?8 ELSE verdict END,"
		       " expires = CASE ?7 WHEN 1 THEN ?9 ELSE expires END,"
		       " attested = CASE ?7 WHEN 1 THEN ?10 ELSE attested END,"
		       " release_version = max(release_version, ?11),"
		       " manifest = CASE ?12 WHEN x'' THEN manifest ELSE ?12 END" ATTEST_CONDITIONS
		       " AND counters < ?3",
	[SQL_ATTEST_CLEARED] = "UPDATE nodes SET verdict = ?7, expires = 0,"
			       " attested = ?8" ATTEST_CONDITIONS " AND counters > ?3",
	[SQL_SESSION] = "SELECT " SESSION_COLUMNS " FROM sessions WHERE node = ?1",
	[SQL_SESSION_RESULT] = "SELECT result FROM sessions WHERE node = ?1",
	[SQL_SESSION_EVIDENCE] = "SELECT evidence FROM sessions WHERE node = ?1",
	/* In place: a row that is deleted and made anew changes twice the pages. */
	[SQL_SESSION_PUT] = "INSERT INTO sessions (node, " SESSION_COLUMNS ", result, evidence)"
			    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14,"
			    " ?15, ?16, ?17, ?18, ?19, ?20) ON CONFLICT (node) DO UPDATE SET"
			    " reset = excluded.reset, restart = excluded.restart,"
			    " state = excluded.state, entries = excluded.entries,"
			    " generation = excluded.generation,"
			    " minting_name = excluded.minting_name,"
			    " evidence_digest = excluded.evidence_digest,"
			    " log_frame = excluded.log_frame, log_bytes = excluded.log_bytes,"
			    " staged_state = excluded.staged_state,"
			    " staged_first = excluded.staged_first,"
			    " staged_entries = excluded.staged_entries,"
			    " staged_frame = excluded.staged_frame,"
			    " staged_bytes = excluded.staged_bytes,"
			    " journal_count = excluded.journal_count,"
			    " journal_head = excluded.journal_head,"
			    " journal_old = excluded.journal_old, result = excluded.result,"
			    " evidence = excluded.evidence",
	[SQL_SESSION_SPEND] = "UPDATE sessions SET evidence_digest = x'', minting_name = x''"
			      " WHERE node = ?1",
	[SQL_SESSION_DELETE] = "DELETE FROM sessions WHERE node = ?1",
	[SQL_LOG] = "SELECT frame FROM session_logs WHERE node = ?1 AND is_boot = ?2"
		    " AND (is_boot = 1"
		    " OR number <= (SELECT log_frame FROM sessions WHERE node = ?1))"
		    " ORDER BY number",
	[SQL_LOG_ADD] = "INSERT INTO session_logs (node, is_boot, number, frame)"
			" VALUES (?1, ?2, ?3, ?4)",
	[SQL_LOG_DELETE] = "DELETE FROM session_logs WHERE node = ?1 AND is_boot = ?2"
			   " AND number BETWEEN ?3 AND ?4",
	[SQL_LOG_DELETE_ALL] = "DELETE FROM session_logs WHERE node = ?1",
	[SQL_AUDIT_LAST] = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1",
	[SQL_AUDIT_ADD] = "INSERT INTO audit (number, time, kind, actor, node, text, hash)"
			  " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
	[SQL_AUDIT_PAGE] = "SELECT number, time, kind, actor, node, text, hash FROM audit"
			   " WHERE number > ?1 ORDER BY number LIMIT ?2",
	[SQL_TRIAL_PUT] = "INSERT INTO trials (manifest, node, first, last) VALUES (?2, ?1, ?3, ?3)"
			  " ON CONFLICT (manifest, node) DO UPDATE SET last = excluded.last",
	[SQL_TRIAL_COUNT] = "SELECT count(*), coalesce(sum(node != ?1), 0),"
			    " coalesce(min(first), 0), coalesce(max(last), 0)"
			    " FROM trials WHERE manifest = ?2 AND last >= ?3",
	[SQL_TRIAL_SVID] = "UPDATE trials SET svid = ?4"
			   " WHERE manifest = ?2 AND node = ?1 AND last = ?3",
	/* Whose last verdict was such a grant, which has not run out. */
	[SQL_TRIAL_STATEMENT] = "SELECT count(*), coalesce(sum(trials.svid >= ?2), 0)"
				" FROM trials JOIN nodes ON nodes.id = trials.node"
				" WHERE trials.manifest = ?1 AND last >= ?2 AND last = attested"
				" AND standing = ?4 AND verdict = ?5 AND expires > ?3",
	[SQL_ENTRY] = "SELECT " ENTRY_COLUMNS " FROM entries WHERE name = ?1",
	[SQL_ENTRY_PAGE] = "SELECT " ENTRY_COLUMNS " FROM entries"
			   " WHERE name > ?1 AND standing < 2 ORDER BY name LIMIT ?2",
	[SQL_ENTRY_PAGE_OF_CLASS] = "SELECT " ENTRY_COLUMNS " FROM entries"
				    " WHERE name > ?1 AND standing < 2 AND class = ?3"
				    " ORDER BY name LIMIT ?2",
	[SQL_ENTRY_ADD] = "INSERT INTO entries (" ENTRY_COLUMNS ")"
			  " VALUES (?1, ?2, 0, ?3, ?4, ?5, '') ON CONFLICT (name) DO UPDATE SET"
			  " class = excluded.class, standing = 0, line = excluded.line,"
			  " added = excluded.added, act_time = excluded.act_time, note = ''"
			  " WHERE standing = 2 AND act_time < excluded.act_time",
	[SQL_ENTRY_RELEASE] = "UPDATE entries SET standing = 0, act_time = ?2, note = ''"
			      " WHERE name = ?1 AND standing = 1 AND act_time < ?2",
	[SQL_ENTRY_NARROW] = "UPDATE entries SET standing = ?2, note = ?3,"
			     " act_time = max(act_time, ?4)"
			     " WHERE name = ?1 AND standing <= ?2 AND standing < 2",
	[SQL_ENTRY_BRING_BACK] = "UPDATE entries SET act_time = min(act_time, ?1)"
				 " WHERE act_time > ?1",
	[SQL_FACT] = "SELECT value FROM facts WHERE name = ?1",
	[SQL_FACT_SET] = "INSERT OR REPLACE INTO facts (name, value) VALUES (?1, ?2)",
};

/* FULL: each commit of the write-ahead log is synced before it counts. */
static const char settings[] = "PRAGMA journal_mode = WAL;"
			       "PRAGMA synchronous = FULL;"
			       "PRAGMA foreign_keys = ON;"
			       "PRAGMA trusted_schema = OFF;"
			       "PRAGMA locking_mode = NORMAL;"
			       /* 16 MiB each. What is written often reaches the database once
				* for many commits, and most of what is read lies in memory. */
			       "PRAGMA cache_size = -16384;"
			       "PRAGMA wal_autocheckpoint = 4096;";

static enum status prepare_all(struct store *s)
{
	int result = SQLITE_OK;

	for (size_t i = 0; i < STATEMENTS && result == SQLITE_OK; i++)
		result = sqlite3_prepare_v3(s->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
					    &s->prepared[i], NULL);
	return store_status(result);
}

static enum status name_files(struct store *s, const char *path)
{
	static const char *const ends[STORE_DATABASE_FILES] = { "", "-wal", "-shm" };

	if (strcmp(path, ":memory:") == 0)
		return OK;
	for (size_t i = 0; i < STORE_DATABASE_FILES; i++)
		if (asprintf(&s->files[i].path, "%s%s", path, ends[i]) < 0) {
			s->files[i].path = NULL;
			return STATUS_NO_MEMORY;
		}
	return OK;
}

/* The three are there as long as anybody has the database open. */
static bool is_in_place(struct store_file *file)
{
	struct stat facts;

	if (file->path == NULL)
		return true;
	if (stat(file->path, &facts) != 0)
		return false;
	if (!file->is_known) {
		file->is_known = true;
		file->device = facts.st_dev;
		file->inode = facts.st_ino;
	}
	return file->device == facts.st_dev && file->inode == facts.st_ino;
}

/* What is written into a file that has lost its name is gone with this process. */
static bool are_in_place(struct store *s)
{
	for (size_t i = 0; i < STORE_FILES; i++)
		if (!is_in_place(&s->files[i]))
			return false;
	return true;
}

/* One thread writes, in one process: no lock around each value that is bound or read, and
 * nothing counted of each allocation. Only before the first database; later it is refused,
 * and what was set stays. */
static void use_one_thread(void)
{
	(void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static enum status open_database(struct store *s, const char *path)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW;

	use_one_thread();

	enum status status = store_status(sqlite3_open_v2(path, &s->db, flags, NULL));

	if (status != OK)
		return status;
	(void)sqlite3_extended_result_codes(s->db, 1);
	(void)sqlite3_busy_timeout(s->db, 2000);
	/* It opens what it may not write all the same. */
	if (sqlite3_db_readonly(s->db, "main") != 0)
		return STATUS_DENIED;
	status = store_status(sqlite3_exec(s->db, settings, NULL, NULL, NULL));
	if (status == OK)
		status = schema_ensure(s->db);
	if (status == OK)
		status = prepare_all(s);
	return status == OK ? name_files(s, path) : status;
}

static struct store *new_store(void)
{
	struct store *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->claim_fd = -1;
	return s;
}

static enum status open_into(struct store *s, const char *path, struct store **out)
{
	enum status status = ahead_init(s);

	if (status == OK)
		status = open_database(s, path);
	if (status == OK)
		*out = s;
	return status;
}

enum status store_open(const char *path, struct store **out)
{
	struct store *s = new_store();
	enum status status = s == NULL ? STATUS_NO_MEMORY : open_into(s, path, out);

	if (status != OK)
		store_free(s);
	return status;
}

enum status store_open_alone(const char *path, unsigned patience_ms, struct store **out)
{
	struct store *s = new_store();
	enum status status = s == NULL ? STATUS_NO_MEMORY : claim_take(s, path, patience_ms);

	/* Only then: a newer program would bring it up to date under the one that has it. */
	if (status == OK)
		status = open_into(s, path, out);
	if (status != OK)
		store_free(s);
	return status;
}

void store_free(struct store *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < STATEMENTS; i++)
		(void)sqlite3_finalize(s->prepared[i]);
	(void)sqlite3_close(s->db);
	ahead_done(s);
	claim_done(s);
	for (size_t i = 0; i < STORE_FILES; i++)
		free(s->files[i].path);
	free(s);
}

static enum status run_plain(struct store *s, enum statement which)
{
	AUTO_DONE(query) q = query_start(s, which);

	return query_run(&q, s, NULL);
}

enum status store_begin(struct store *s)
{
	/* Another process may have written since the last one. */
	s->has_last = false;
	s->has_changed_entries = false;

	enum status status = run_plain(s, SQL_BEGIN);

	if (status != OK)
		return status;
	status = ahead_look_around(s);
	/* Whoever is told that none was begun ends none. */
	if (status != OK)
		store_rollback(s);
	return status;
}

enum status store_commit(struct store *s)
{
	enum status status =
		store_is_in_group(s) && are_in_place(s) ? run_plain(s, SQL_COMMIT) : STATUS_IO;

	/* SQLite may leave it open, and whoever begins the next would be refused. */
	if (status != OK)
		store_rollback(s);
	return status;
}

void store_rollback(struct store *s)
{
	s->has_last = false;
	entries_undone(s);
	ahead_forget_all(s);
	/* Where SQLite already rolled back by itself there is nothing to do. */
	if (store_is_in_group(s) && run_plain(s, SQL_ROLLBACK) != OK)
		return;
}

enum status store_step_begin(struct store *s)
{
	/* Outside a group this would be a transaction of its own, and its end a
	 * commit: of one who is told that nothing was stored. */
	s->step = store_is_in_group(s) ? STEP_CLEAN : STEP_NONE;
	return s->step == STEP_CLEAN ? OK : STATUS_IO;
}

enum status store_step_end(struct store *s, bool is_kept)
{
	enum step step = s->step;

	s->step = STEP_NONE;
	if (!store_is_in_group(s))
		return STATUS_IO;
	if (step != STEP_WRITTEN)
		return OK;

	if (!is_kept) {
		s->has_last = false;
		entries_undone(s);
	}

	enum status status = is_kept ? OK : run_plain(s, SQL_STEP_UNDO);

	return status == OK ? run_plain(s, SQL_STEP_KEEP) : status;
}

enum status store_fact(struct store *s, const char *name, struct keep *keep, struct span *out)
{
	AUTO_DONE(query) q = query_start(s, SQL_FACT);

	query_text(&q, span_text(name));
	return query_kept(&q, keep, out);
}

enum status store_fact_set(struct store *s, const char *name, struct span value)
{
	AUTO_DONE(query) q = query_start(s, SQL_FACT_SET);

	query_text(&q, span_text(name));
	query_blob(&q, value);
	return query_run(&q, s, NULL);
}

enum status store_generation_set(struct store *s, struct span generation)
{
	return store_fact_set(s, "generation", generation);
}
