/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/auto_openssl.h"
#include "base/text.h"
#include "daemon/file.h"
#include "tools/command.h"
#include "tools/release/release_log.h"
#include "tools/release/release_root.h"

#define DOCUMENT_MAX_BYTES ((size_t)16 << 20)
#define DEPTH_MAX 3

/* What the log already has: a document and who signed it. */
struct known {
	struct digest document;
	char key[LOG_NAME_MAX + 1];
};

struct append {
	struct release_log log;
	struct path_text folder; /* DIR/release */
	int lock;
	EVP_PKEY *key;
	struct note_key note_key;
	struct tree_head head;
	struct tree_edge edge;
	struct bytes known; /* of struct known */
	int64_t now;
};

static void append_done(struct append *a)
{
	release_log_done(&a->log);
	tree_edge_done(&a->edge);
	bytes_done(&a->known);
	EVP_PKEY_free(a->key);
	if (a->lock >= 0)
		(void)close(a->lock);
}

AUTO_RELEASE(append, append_done);

static enum status remember(struct append *a, const struct log_entry *entry)
{
	struct known known = { .document = entry->document };

	memcpy(known.key, entry->key.data, entry->key.len);
	return bytes_append(&a->known, (struct span){ (const uint8_t *)&known, sizeof(known) });
}

static enum status remember_entry(void *self, uint64_t index, struct span text,
				  const struct log_entry *entry)
{
	(void)index;
	(void)text;
	return remember(self, entry);
}

static bool is_known(const struct append *a, const struct log_entry *entry)
{
	for (size_t at = 0; at < a->known.len; at += sizeof(struct known)) {
		struct known known;

		memcpy(&known, a->known.data + at, sizeof(known));
		if (digest_equal(&known.document, &entry->document) &&
		    span_equal(span_text(known.key), entry->key))
			return true;
	}
	return false;
}

static enum status write_tile(void *self, const char *path, struct span content)
{
	const struct append *a = self;
	struct release_line folder = { a->folder.text };
	struct path_text full = line_path(&folder, RELEASE_LOG "/%s", path);

	return path_write(full.text, content, 0644);
}

/* "https://attestd.dev/KIND/v1"; a word that an entry takes, or nothing could be logged while
 * such a document lies there. */
static bool kind_of(json_t *statement, char out[LOG_NAME_MAX + 1])
{
	const char *type = json_string_value(json_object_get(statement, "predicateType"));

	return type != NULL && sscanf(type, "https://attestd.dev/%64[a-z0-9.-]/v1", out) == 1 &&
	       out[0] != '.';
}

static void subject_of(json_t *statement, struct digest *out)
{
	json_t *subject = json_array_get(json_object_get(statement, "subject"), 0);
	const char *hex =
		json_string_value(json_object_get(json_object_get(subject, "digest"), "sha256"));
	AUTO_DONE(bytes) raw = { 0 };

	if (hex != NULL && hex_decode(span_text(hex), &raw) == OK)
		(void)!digest_from(DIGEST_SHA256, span_of(&raw), out);
}

static enum status add_entry(struct append *a, const struct log_entry *entry)
{
	const struct tile_sink sink = { .write = write_tile, .self = a };
	AUTO_DONE(bytes) text = { 0 };
	enum status status = log_entry_make(entry, &text);

	if (status == OK)
		status = tree_edge_add(&a->log.hasher, &a->edge, &sink, span_of(&text));
	return status == OK ? remember(a, entry) : status;
}

/* What no key of the root signed is nobody's word, and is left out. */
static enum status add_document(struct append *a, const char *path)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(strict_document) why = { 0 };
	char kind[LOG_NAME_MAX + 1] = "";
	struct log_entry entry = { .time = a->now };
	size_t key;
	enum status status = path_read(path, DOCUMENT_MAX_BYTES, &text);

	if (status != OK)
		return status;
	if (dsse_parse(span_of(&text), DOCUMENT_MAX_BYTES, &dsse, &why) != OK ||
	    root_verify(&a->log.root, &dsse, &key) != OK)
		return OK;
	entry.key = span_text(dsse.keyid);
	status = digest_of(DIGEST_SHA256, span_of(&dsse.payload), &entry.document);
	if (status != OK || is_known(a, &entry))
		return status;

	AUTO(json_t)
	statement = json_loadb((const char *)dsse.payload.data, dsse.payload.len,
			       JSON_REJECT_DUPLICATES, NULL);
	if (!kind_of(statement, kind))
		return OK;
	entry.kind = span_text(kind);
	subject_of(statement, &entry.subject);
	return add_entry(a, &entry);
}

/* The timestamp is renewed every few hours and changes nothing; the rest of these
 * are no documents. */
static bool is_left_out(const char *name, int depth)
{
	static const char *const names[] = { "timestamp.json", "sets", RELEASE_LOG,
					     RELEASE_PROOFS };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && depth == 0; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return name[0] == '.';
}

static int by_version(const struct dirent **a, const struct dirent **b)
{
	return versionsort(a, b);
}

/* Some file systems don't say in the listing what an entry is. */
static bool is_folder(const char *path, const struct dirent *entry)
{
	struct stat found;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(AT_FDCWD, path, &found, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(found.st_mode);
}

static enum status add_folder(struct append *a, const char *folder, int depth)
{
	struct dirent **names = NULL;
	int count = depth > DEPTH_MAX ? 0 : scandir(folder, &names, NULL, by_version);
	enum status status = count < 0 ? STATUS_IO : OK;

	for (int i = 0; i < count; i++) {
		struct path_text path =
			line_path(&(struct release_line){ folder }, "%s", names[i]->d_name);
		const char *suffix = strrchr(names[i]->d_name, '.');

		if (status != OK || is_left_out(names[i]->d_name, depth))
			;
		else if (is_folder(path.text, names[i]))
			status = add_folder(a, path.text, depth + 1);
		else if (suffix != NULL && strcmp(suffix, ".json") == 0)
			status = add_document(a, path.text);
		free(names[i]);
	}
	free(names);
	return status;
}

/* One writer at a time: two would each sign a tree without the other's entries. */
static enum status take_lock(struct append *a, const struct release_line *line)
{
	struct path_text folder = line_path(line, "release/" RELEASE_LOG);

	if (mkdir(folder.text, 0755) != 0 && errno != EEXIST)
		return STATUS_IO;
	a->lock = open(folder.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (a->lock < 0 || flock(a->lock, LOCK_EX) != 0)
		return STATUS_IO;
	return OK;
}

/* Tiles, and the directories they lie in, are on the disk before a checkpoint
 * names them. */
static enum status sign_head(struct append *a)
{
	const struct tile_sink sink = { .write = write_tile, .self = a };
	AUTO_DONE(bytes) note = { 0 };
	struct release_line folder = { a->folder.text };
	struct path_text path;
	enum status status = tree_edge_flush(&a->edge, &sink);

	if (status == OK)
		status = tree_edge_head(&a->log.hasher, &a->edge, &a->head);
	if (status == OK && syncfs(a->lock) != 0)
		status = STATUS_IO;
	if (status == OK)
		status = checkpoint_make(&a->head, &a->note_key, &note);
	if (status != OK)
		return status;
	path = line_path(&folder, RELEASE_LOG_CHECKPOINT);
	return path_write(path.text, span_of(&note), 0644);
}

/* Verifiers hold the log against what was cosigned. Whose word that note is is no matter:
 * one that nobody signed can only stop what its writer could stop anyway. */
static enum status check_witnessed(const struct append *a)
{
	struct release_line folder = { a->folder.text };
	struct path_text path = line_path(&folder, RELEASE_LOG_WITNESSED);
	AUTO_DONE(bytes) text = { 0 };
	struct checkpoint witnessed;
	enum status status = a->log.documents.read(a->log.documents.self, RELEASE_LOG_WITNESSED,
						   NOTE_MAX, &text);

	if (status == STATUS_NOT_FOUND)
		return OK;
	if (status == OK)
		status = checkpoint_parse(span_of(&text), span_of(&a->log.origin), &witnessed);
	if (status == OK)
		status = release_log_prefix(&a->log, &witnessed.head, &a->head);
	if (status != OK)
		(void)unusable("%s: the log does not go on from it: restore " RELEASE_LOG
			       " as it was",
			       path.text);
	return status;
}

/* The first word is that the log is empty: where tiles lie there without a checkpoint it
 * is no first run that was interrupted, and to begin again would sign a second history. */
static enum status begin(struct append *a)
{
	static const char *const later[] = { RELEASE_LOG_WITNESSED, RELEASE_LOG "/tile",
					     RELEASE_PROOFS };
	struct release_line folder = { a->folder.text };

	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		if (!path_exists(line_path(&folder, "%s", later[i]).text))
			continue;
		(void)unusable("%s is missing, and there is %s: the log would begin a second "
			       "time: restore it",
			       line_path(&folder, RELEASE_LOG_CHECKPOINT).text, later[i]);
		return STATUS_DENIED;
	}
	return sign_head(a);
}

/* Where the log ended. What this key signs has to go on from it. */
static enum status find_head(struct append *a)
{
	AUTO_DONE(bytes) text = { 0 };
	struct checkpoint checkpoint;
	enum status status =
		release_log_checkpoint(&a->log, RELEASE_LOG_CHECKPOINT, true, &text, &checkpoint);

	if (status == STATUS_NOT_FOUND)
		return begin(a);
	if (status != OK)
		return status;
	a->head = checkpoint.head;
	status = release_log_entries(&a->log, &a->head, remember_entry, a);
	if (status == OK)
		status = tree_edge_load(&a->log.hasher, &a->log.tiles, &a->head, &a->edge);
	if (status == OK)
		return check_witnessed(a);
	(void)unusable("%s: its files do not give the tree of its checkpoint: restore them",
		       line_path(&(struct release_line){ a->folder.text }, RELEASE_LOG).text);
	return status;
}

static enum status catch_up(struct append *a, const struct release_line *line,
			    const struct digest *given)
{
	struct digest pin;
	uint64_t before;
	enum status status = line_pin(line, given, &pin);

	if (status == OK)
		status = release_log_open(&a->log, a->folder.text, &pin);
	if (status == OK)
		status = take_lock(a, line);
	if (status == OK)
		status = note_key_init(span_of(&a->log.origin), NOTE_ED25519, a->key, &a->note_key);
	if (status == OK)
		status = find_head(a);
	before = a->edge.size;
	if (status == OK)
		status = add_folder(a, a->folder.text, 0);
	return status == OK && a->edge.size > before ? sign_head(a) : status;
}

enum status release_log_catch_up(const struct release_line *line, const struct digest *pin,
				 const char *key_file)
{
	AUTO_DONE(append)
	a = { .folder = line_path(line, "release"), .lock = -1, .now = (int64_t)time(NULL) };
	struct path_text usual = line_path(line, "keys/log-keeper/log.pem");
	enum status status;

	/* Who signs elsewhere than the log's keeper leaves it to publish. */
	if (key_file == NULL && !path_exists(usual.text))
		return OK;
	status = line_key_load(key_file != NULL ? key_file : usual.text, &a.key);
	if (status == OK)
		status = catch_up(&a, line, pin);
	if (status != OK)
		(void)unusable("the release log was not appended to: %s", status_text(status));
	return status;
}
