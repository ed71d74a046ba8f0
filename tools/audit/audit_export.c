/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "daemon/file.h"
#include "tools/audit/audit.h"
#include "tools/fleet/node_client.h"
#include "verifier/audit_record.h"

#define COPY_STEP 65536

/* Lines wait in a file that has no name until all they stand on is verified: who appends
 * what is printed to a trail can't take it back. */
static FILE *spool_open(void)
{
	FILE *spool = tmpfile();

	if (spool == NULL)
		(void)unusable("no temporary file can be made: %s", strerror(errno));
	return spool;
}

static enum status spool_print(FILE *spool)
{
	char step[COPY_STEP];
	size_t len;

	if (fflush(spool) != 0)
		return STATUS_IO;
	rewind(spool);
	while ((len = fread(step, 1, sizeof(step), spool)) > 0)
		if (fwrite(step, 1, len, stdout) != len)
			return STATUS_IO;
	return ferror(spool) == 0 && fflush(stdout) == 0 ? OK : STATUS_IO;
}

static enum status spool_add(FILE *spool, json_t *line)
{
	return line != NULL && json_dumpf(line, spool, JSON_COMPACT) == 0 &&
			       putc('\n', spool) != EOF
		       ? OK
		       : STATUS_IO;
}

static void spool_close(FILE *spool)
{
	if (spool != NULL)
		(void)fclose(spool);
}

AUTO_FREE(spool, FILE, spool_close);

/* What becomes of a node is the platform's; who may mint, and who decided it,
 * identity security's. Verdicts are both's. */
static bool is_of_trail(struct span kind, enum team trail)
{
	static const char *const platform[] = { "enrolled",   "listed",		"rekeyed",
						"superseded", "tpm-cleared",	"log-not-kept",
						"verdict",    "release-loaded", "release-refused" };
	static const char *const neither[] = { "enrolled",   "listed",	    "rekeyed",
					       "superseded", "tpm-cleared", "log-not-kept" };
	bool is_platform = false, is_neither = false;

	for (size_t i = 0; i < sizeof(platform) / sizeof(platform[0]); i++)
		is_platform = is_platform || span_equal(kind, span_text(platform[i]));
	for (size_t i = 0; i < sizeof(neither) / sizeof(neither[0]); i++)
		is_neither = is_neither || span_equal(kind, span_text(neither[i]));
	return trail == TEAM_PLATFORM ? is_platform : !is_neither;
}

struct verdict_fetch {
	struct verdict_export export;
	struct node_client client;
	struct tree_edge edge;
	struct bytes note;
	struct checkpoint checkpoint;
	bool has_checkpoint;
	struct digest previous; /* hash of the newest record taken */
	enum team trail;
	FILE *spool;
};

static void verdict_fetch_done(struct verdict_fetch *f)
{
	verdict_export_done(&f->export);
	node_client_done(&f->client);
	tree_edge_done(&f->edge);
	bytes_done(&f->note);
	spool_close(f->spool);
}

AUTO_RELEASE(verdict_fetch, verdict_fetch_done);

static enum status write_tile(void *self, const char *path, struct span content)
{
	const struct verdict_fetch *f = self;
	struct release_line folder = { f->export.folder.text };

	return path_write(line_path(&folder, "%s", path).text, content, 0644);
}

static struct span text_of(json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	return (struct span){ .data = (const uint8_t *)json_string_value(value),
			      .len = json_string_length(value) };
}

/* A page of entries after a number; NULL after a message. */
static json_t *fetch_page(struct verdict_fetch *f, uint64_t after)
{
	AUTO_DONE(bytes) body = { 0 };
	char path[64];

	(void)snprintf(path, sizeof(path), "/v1/admin/audit?after=%" PRIu64, after);
	if (node_client_get(&f->client, path, &body) != ANSWER_YES)
		return NULL;

	json_t *page = json_loadb((const char *)body.data, body.len, JSON_REJECT_DUPLICATES, NULL);
	if (f->client.http_status == 200 && json_is_object(page))
		return page;
	(void)unusable("the verifier says %ld", f->client.http_status);
	json_decref(page);
	return NULL;
}

static enum status take_checkpoint(struct verdict_fetch *f, json_t *page)
{
	int64_t time;
	enum status status = base64_decode(text_of(page, "logCheckpoint"), NOTE_MAX, &f->note);

	if (status == OK)
		status = checkpoint_parse(span_of(&f->note), span_of(&f->export.origin),
					  &f->checkpoint);
	if (status == OK)
		status = note_verify(&f->checkpoint.note, &f->export.note_key, &time);
	if (status != OK)
		(void)unusable("the verifier has no checkpoint that this key signed; it signs one "
			       "some seconds after the first entry");
	f->has_checkpoint = status == OK;
	return status;
}

/* Each member has its place in the record: one that has none was signed by nobody. */
static enum status entry_fields(json_t *item, struct audit_record *out, struct span *hash)
{
	json_int_t index, time;
	const char *kind, *actor, *node, *text, *hex;
	size_t kind_len, actor_len, node_len, text_len, hex_len;

	if (json_unpack_ex(item, NULL, JSON_STRICT, "{s:I, s:I, s:s%, s:s%, s:s%, s:s%, s:s%}",
			   "index", &index, "time", &time, "kind", &kind, &kind_len, "actor",
			   &actor, &actor_len, "node", &node, &node_len, "text", &text, &text_len,
			   "hash", &hex, &hex_len) != 0)
		return STATUS_MALFORMED;
	*out = (struct audit_record){
		.index = (uint64_t)index,
		.time = (int64_t)time,
		.kind = { (const uint8_t *)kind, kind_len },
		.actor = { (const uint8_t *)actor, actor_len },
		.node = { (const uint8_t *)node, node_len },
		.text = { (const uint8_t *)text, text_len },
	};
	*hash = (struct span){ (const uint8_t *)hex, hex_len };
	return OK;
}

/* The record as it was hashed; what the verifier says its hash is has to be so. */
static enum status take_entry(struct verdict_fetch *f, json_t *item)
{
	const struct tile_sink sink = { .write = write_tile, .self = f };
	AUTO_DONE(bytes) record = { 0 };
	AUTO_DONE(bytes) told = { 0 };
	struct audit_record fields;
	struct span bytes, hash;
	enum status status = entry_fields(item, &fields, &hash);

	if (status == OK)
		status = audit_record_make(f->previous.value, &fields, &record);
	bytes = span_of(&record);
	if (status == OK)
		status = hasher_digest(&f->export.hasher, &bytes, 1, &f->previous);
	if (status == OK)
		status = hex_decode(hash, &told);
	if (status == OK && (fields.index != f->edge.size + 1 ||
			     !span_equal(span_of(&told), digest_span(&f->previous))))
		status = STATUS_MISMATCH;
	if (status == OK)
		status = tree_edge_add(&f->export.hasher, &f->edge, &sink, bytes);
	return status == OK && is_of_trail(fields.kind, f->trail) ? spool_add(f->spool, item)
								  : status;
}

/* Where an earlier export ended; the hash of its newest record comes with it. */
static enum status resume(struct verdict_fetch *f)
{
	struct release_line folder = { f->export.folder.text };
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(bytes) hash = { 0 };
	struct checkpoint old;
	enum status status = verdict_export_checkpoint(
		&f->export, line_path(&folder, "checkpoint").text, &text, &old);

	f->previous = digest_filled(DIGEST_SHA256, 0);
	if (status == STATUS_NOT_FOUND)
		return OK;
	if (status == OK)
		status = tree_edge_load(&f->export.hasher, &f->export.tiles, &old.head, &f->edge);
	if (status != OK || old.head.size == 0)
		return status;

	AUTO(json_t) page = fetch_page(f, old.head.size - 1);
	if (page == NULL)
		return STATUS_UNAVAILABLE;

	json_t *item = json_array_get(json_object_get(page, "entries"), 0);
	if (item == NULL || hex_decode(text_of(item, "hash"), &hash) != OK)
		return STATUS_MISMATCH;
	return digest_from(DIGEST_SHA256, span_of(&hash), &f->previous);
}

static enum status fetch_entries(struct verdict_fetch *f)
{
	enum status status = OK;

	while (!f->has_checkpoint || f->edge.size < f->checkpoint.head.size) {
		AUTO(json_t) page = fetch_page(f, f->edge.size);
		json_t *items = json_object_get(page, "entries");
		json_t *item;
		size_t i;

		if (page == NULL)
			return STATUS_UNAVAILABLE;
		if (!f->has_checkpoint)
			status = take_checkpoint(f, page);
		if (status == OK && json_array_size(items) == 0 &&
		    f->edge.size < f->checkpoint.head.size)
			status = STATUS_MISMATCH; /* entries that were signed are gone */
		json_array_foreach(items, i,
				   item) if (status == OK && f->edge.size < f->checkpoint.head.size)
			status = take_entry(f, item);
		if (status != OK)
			return status;
	}
	return OK;
}

/* The checkpoint last: it names tiles that are there, and lines that are printed. An older
 * export stays as it was where the new tree does not go on from it. */
static enum status finish(struct verdict_fetch *f)
{
	const struct tile_sink sink = { .write = write_tile, .self = f };
	struct tree_head head;
	enum status status = tree_edge_head(&f->export.hasher, &f->edge, &head);

	if (status == OK && (head.size != f->checkpoint.head.size ||
			     !tree_hash_equal(&head.root, &f->checkpoint.head.root)))
		status = STATUS_MISMATCH;
	if (status == OK)
		status = tree_edge_flush(&f->edge, &sink);
	if (status == OK)
		status = spool_print(f->spool);
	return status == OK ? write_tile(f, "checkpoint", span_of(&f->note)) : status;
}

enum answer audit_export_verdicts(const struct audit_source *source, const char *folder,
				  const char *log_key, enum team trail)
{
	AUTO_DONE(verdict_fetch)
	f = { .trail = trail,
	      .client = { .verifier = source->verifier,
			  .ca = source->ca,
			  .certificate = source->certificate,
			  .key = source->key } };
	enum status status = verdict_export_open(&f.export, folder, log_key);

	if (status == OK) {
		f.spool = spool_open();
		status = f.spool == NULL ? STATUS_IO : resume(&f);
	}
	if (status == OK)
		status = fetch_entries(&f);
	if (status == OK)
		status = finish(&f);
	if (status == OK) {
		fprintf(stderr, "%s: %" PRIu64 " entries, as the verifier signed them\n", folder,
			f.edge.size);
		return ANSWER_YES;
	}
	if (status != STATUS_MISMATCH)
		return unusable("not exported: %s", status_text(status));
	(void)unusable("the verifier's entries are not those that it signed, or not those that %s "
		       "has of it",
		       folder);
	return ANSWER_NO;
}

struct trail {
	const struct release_log *log;
	enum team team;
	FILE *spool;
};

/* Whose key it is; a key that the newest root no longer knows is in both trails. */
static bool is_of_team(const struct trail *trail, struct span key, const struct root_key **out)
{
	const struct root *root = &trail->log->root;

	*out = NULL;
	for (size_t i = 0; i < root->key_count; i++)
		if (span_equal(root->key[i].name, key))
			*out = &root->key[i];
	return *out == NULL || (*out)->team == trail->team;
}

/* None yet, where the witness has not seen it. Whoever serves the directory can put a link
 * there: what is no proof of this entry is none of the trail's. */
static enum status read_proof(const struct release_log *log, const struct log_entry *entry,
			      struct span text, struct bytes *out)
{
	struct path_text name = release_log_proof_name(entry);
	AUTO_DONE(bytes) found = { 0 };
	AUTO_DONE(log_proof) proof = { 0 };

	if (log->documents.read(log->documents.self, name.text, LOG_PROOF_MAX, &found) != OK ||
	    log_proof_parse(span_of(&found), &proof) != OK ||
	    !span_equal(span_of(&proof.entry), text))
		return OK;
	return bytes_copy(span_of(&found), out);
}

static enum status spool_entry(void *self, uint64_t index, struct span text,
			       const struct log_entry *entry)
{
	const struct trail *trail = self;
	const struct root_key *key;
	AUTO_DONE(bytes) proof = { 0 };

	if (!is_of_team(trail, entry->key, &key))
		return OK;

	enum status status = read_proof(trail->log, entry, text, &proof);
	if (status != OK)
		return status;

	AUTO(json_t)
	json = json_pack("{s:I, s:I, s:s%, s:s, s:s%, s:s%, s:s, s:s%}", "index", (json_int_t)index,
			 "time", (json_int_t)entry->time, "kind", (const char *)entry->kind.data,
			 entry->kind.len, "sha256", sha256_hex(&entry->document).hex, "key",
			 (const char *)entry->key.data, entry->key.len, "principal",
			 key == NULL ? "" : (const char *)key->principal.data,
			 key == NULL ? (size_t)0 : key->principal.len, "subject",
			 sha256_hex(&entry->subject).hex, "proof",
			 proof.len == 0 ? "" : (const char *)proof.data, proof.len);
	return spool_add(trail->spool, json);
}

enum answer audit_export_trail(const char *directory, const struct digest *pin, enum team team)
{
	AUTO_DONE(release_log) log;
	AUTO_DONE(bytes) text = { 0 };
	struct checkpoint checkpoint;
	AUTO(spool) spool = spool_open();
	struct trail trail = { .log = &log, .team = team, .spool = spool };
	enum status status = release_log_open(&log, directory, pin);

	if (status == OK)
		status = release_log_heed(&log);
	if (status == OK)
		status = release_log_checkpoint(&log, RELEASE_LOG_CHECKPOINT, true, &text,
						&checkpoint);
	if (status == STATUS_DENIED)
		return ANSWER_NO;
	if (status != OK)
		return unusable("%s: no log to be read", directory);
	if (spool == NULL)
		return ANSWER_UNUSABLE;
	status = release_log_entries(&log, &checkpoint.head, spool_entry, &trail);
	if (status == OK)
		return spool_print(spool) == OK ? ANSWER_YES
						: unusable("the trail cannot be written");
	(void)unusable("%s: its entries are not those of its checkpoint", directory);
	return ANSWER_NO;
}
