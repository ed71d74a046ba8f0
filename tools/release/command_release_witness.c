/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/auto_openssl.h"
#include "daemon/file.h"
#include "tools/options.h"
#include "tools/release/release.h"
#include "tools/release/release_log.h"
#include "tools/release/release_root.h"

static const char help[] =
	"usage: attestctl release witness DIR [--key FILE] [--key-name NAME] [--state FILE]\n"
	"           [--first] [--root SHA256]\n"
	"\n"
	"Looks at the release log for identity security, shows each entry that is new since it\n"
	"looked last, and cosigns the log's checkpoint, if it goes on from the one that it\n"
	"cosigned last: two histories of one log are never cosigned. Then it writes the proofs\n"
	"that verifiers want beside manifests and approvals. Where the root wants more than one\n"
	"witness, the note waits in log/unfinished until the last of them has run.\n"
	"\n"
	"  --key FILE       private key, PEM [DIR/keys/witness/witness.pem]\n"
	"  --key-name NAME  its name in the root [witness]\n"
	"  --state FILE     the checkpoint that it cosigned last, kept where nobody else\n"
	"                   writes [DIR/keys/witness/witnessed]\n"
	"  --first          there is no state yet, though the log was cosigned before: by\n"
	"                   another witness, or the state is lost. Without a state a rewritten\n"
	"                   history can't be told: the log still has to go on from what stands\n"
	"                   in it with this witness's signature\n"
	"  --root SHA256    the first root [the one that 'init' made, by DIR/line.json]\n"
	"\n"
	"Exit status: 0 cosigned, 1 the log is not what it was, 2 wrong usage or failure.\n";

struct witness {
	struct release_line line;
	const char *key_file, *key_name, *state_file;
	struct digest pin; /* the first root; DIGEST_NONE: as line_pin() */
	struct path_text folder, state;
	struct release_log log;
	EVP_PKEY *key;
	struct note_key note_key;
	struct bytes remembered; /* the state: what it cosigned last */
	struct checkpoint last; /* the same, all 0 without one */
	struct bytes note; /* what is cosigned */
	struct tree_head head; /* that it is for */
	struct tree_head newest;
	uint64_t seen;
	int64_t now;
	bool is_first; /* the operator says so */
};

static void witness_done(struct witness *w)
{
	release_log_done(&w->log);
	EVP_PKEY_free(w->key);
	bytes_done(&w->remembered);
	bytes_done(&w->note);
}

AUTO_RELEASE(witness, witness_done);

static enum status show_entry(void *self, uint64_t index, struct span text,
			      const struct log_entry *entry)
{
	const struct witness *w = self;
	(void)text;

	if (index >= w->seen)
		printf("%" PRIu64 "  %-12.*s %s  signed by %.*s\n", index, (int)entry->kind.len,
		       (const char *)entry->kind.data, sha256_hex(&entry->document).hex,
		       (int)entry->key.len, (const char *)entry->key.data);
	return OK;
}

/* A checkpoint that this witness cosigned; STATUS_NOT_FOUND: others did. */
static enum status parse_own(const struct witness *w, const struct bytes *text,
			     struct checkpoint *out)
{
	int64_t time;
	enum status status = checkpoint_parse(span_of(text), span_of(&w->log.origin), out);

	return status == OK ? note_verify(&out->note, &w->note_key, &time) : status;
}

static void take_note(struct witness *w, struct bytes *note)
{
	bytes_done(&w->note);
	w->note = *note;
	*note = (struct bytes){ 0 };
}

/* What fewer witnesses than the root wants have cosigned waits for this one, though the log
 * has grown since: else each would begin anew, and none be the last. An older one than it
 * cosigned itself, or one that it cosigned, waits for others. */
static bool is_waited_for(const struct witness *w, const struct bytes *note,
			  const struct tree_head *head)
{
	struct checkpoint own;

	return head->size < w->newest.size && head->size >= w->last.head.size &&
	       parse_own(w, note, &own) == STATUS_NOT_FOUND &&
	       release_log_prefix(&w->log, head, &w->newest) == OK;
}

static bool is_newest(const struct witness *w, const struct tree_head *head)
{
	return head->size == w->newest.size && tree_hash_equal(&head->root, &w->newest.root);
}

/* Beyond cosigned, which becomes this one where it is taken or merely there. */
static void find_cosigned(struct witness *w, const char *name, bool waits,
			  struct tree_head *cosigned)
{
	AUTO_DONE(bytes) note = { 0 };
	struct checkpoint found;

	if (release_log_checkpoint(&w->log, name, true, &note, &found) != OK ||
	    found.head.size <= cosigned->size)
		return;
	*cosigned = found.head;
	if (!is_newest(w, &found.head) && !(waits && is_waited_for(w, &note, &found.head)))
		return;
	w->head = found.head;
	take_note(w, &note);
}

/* A note that others have cosigned already keeps their lines: cosign(). */
static enum status find_note(struct witness *w, struct checkpoint *out)
{
	struct tree_head cosigned = { 0 };
	enum status status =
		release_log_checkpoint(&w->log, RELEASE_LOG_CHECKPOINT, true, &w->note, out);

	if (status == STATUS_NOT_FOUND)
		(void)unusable("%s has no log: its keeper's next 'publish' or 'approve' makes it",
			       w->folder.text);
	if (status != OK)
		return status;
	w->newest = w->head = out->head;
	find_cosigned(w, RELEASE_LOG_WITNESSED, false, &cosigned);
	find_cosigned(w, RELEASE_LOG_UNFINISHED, true, &cosigned);
	return checkpoint_parse(span_of(&w->note), span_of(&w->log.origin), out);
}

static enum answer check_prefix(struct witness *w, const struct checkpoint *last)
{
	w->seen = last->head.size;

	enum status status = release_log_prefix(&w->log, &last->head, &w->head);
	if (status == OK)
		return ANSWER_YES;
	(void)unusable("NOT cosigned: %s: of %" PRIu64 " entries seen before, the log of %" PRIu64
		       " %s",
		       w->folder.text, last->head.size, w->head.size,
		       status == STATUS_DENIED ? "is shorter" : "has another history");
	return ANSWER_NO;
}

/* The directory's keeper can put an older one of this witness's notes there, so it
 * does not stand for the state: it is the least that the log has to go on from. */
static enum answer check_without_state(struct witness *w, const char *name)
{
	AUTO_DONE(bytes) text = { 0 };
	struct release_line folder = { w->folder.text };
	struct path_text path = line_path(&folder, "%s", name);
	struct checkpoint last;
	enum status status = w->log.documents.read(w->log.documents.self, name, NOTE_MAX, &text);

	if (status == STATUS_NOT_FOUND)
		return ANSWER_YES;
	if (status == OK && !w->is_first)
		return unusable("NOT cosigned: no state in %s, though %s was cosigned before: is "
				"--state right? If there is none yet: --first",
				w->state.text, w->folder.text);
	if (status == OK)
		status = parse_own(w, &text, &last);
	if (status == STATUS_NOT_FOUND)
		return ANSWER_YES; /* by another witness */
	return status == OK ? check_prefix(w, &last)
			    : unusable("%s: %s", path.text, status_text(status));
}

/* The state is this witness's own note: it has to bear its own signature. */
static enum status remember(struct witness *w)
{
	enum status status = file_read(w->state.text, NOTE_MAX, &w->remembered);

	if (status == STATUS_NOT_FOUND)
		return OK;
	if (status == OK)
		status = parse_own(w, &w->remembered, &w->last);
	if (status != OK)
		(void)unusable("%s: not what this witness cosigned: %s", w->state.text,
			       status_text(status));
	return status;
}

static enum answer check_history(struct witness *w)
{
	if (w->remembered.len > 0)
		return check_prefix(w, &w->last);

	enum answer answer = check_without_state(w, RELEASE_LOG_WITNESSED);
	return answer == ANSWER_YES ? check_without_state(w, RELEASE_LOG_UNFINISHED) : answer;
}

/* Other lines than those of the root's keys go: a note full of them has no room for this
 * witness's own, and would stand in its state as one that it can't read again. */
static enum status cosign(struct witness *w, const struct checkpoint *checkpoint)
{
	struct log_trust trust = release_log_trust(&w->log, w->now);
	AUTO_DONE(bytes) note = { 0 };
	struct checkpoint own;
	enum status status = log_trust_copy(&trust, checkpoint, &note);

	if (status == OK)
		status = parse_own(w, &note, &own);
	/* Else the same tree was cosigned before. */
	if (status == STATUS_NOT_FOUND)
		status = note_sign(checkpoint->note.text, &w->note_key, w->now, &note);
	if (status == OK)
		status = parse_own(w, &note, &own);
	if (status != OK) {
		(void)unusable("NOT cosigned: the note would not be read again: %s",
			       status_text(status));
		return status;
	}
	take_note(w, &note);
	return OK;
}

/* A proof that verifiers would not believe, or none, is written again: one of another
 * entry in its place is as good as none. */
static bool is_believed(const struct witness *w, const char *name, struct span entry)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(log_proof) proof = { 0 };
	struct log_trust trust = release_log_trust(&w->log, w->now);
	struct checkpoint checkpoint;

	return w->log.documents.read(w->log.documents.self, name, LOG_PROOF_MAX, &text) == OK &&
	       log_proof_parse(span_of(&text), &proof) == OK &&
	       span_equal(span_of(&proof.entry), entry) &&
	       log_trust_doubt(&trust, proof.checkpoint, &checkpoint) == NULL &&
	       log_proof_verify(&w->log.hasher, &proof, &checkpoint.head) == OK;
}

static enum status write_proof(void *self, uint64_t index, struct span text,
			       const struct log_entry *entry)
{
	const struct witness *w = self;
	struct path_text name = release_log_proof_name(entry);
	AUTO_DONE(tile_tree) tree = { 0 };
	AUTO_DONE(bytes) out = { 0 };
	AUTO_DONE(log_proof) proof = { .index = index, .checkpoint = span_of(&w->note) };
	struct tree_source source;

	if (is_believed(w, name.text, text))
		return OK;
	tile_tree_init(&tree, &w->log.hasher, &w->log.tiles, w->head.size);
	source = tile_tree_source(&tree);
	enum status status =
		inclusion_make(&w->log.hasher, &source, index, w->head.size, &proof.path);
	if (status == OK)
		status = bytes_copy(text, &proof.entry);
	if (status == OK)
		status = log_proof_make(&proof, &out);
	return status == OK ? path_write_beneath(w->folder.text, name.text, span_of(&out), 0644)
			    : status;
}

/* Verifiers go by what enough witnesses have cosigned: until then the note waits beside
 * the one before, which stays. */
static bool is_finished(const struct witness *w)
{
	struct log_trust trust = release_log_trust(&w->log, w->now);
	struct checkpoint checkpoint;

	return log_trust_doubt(&trust, span_of(&w->note), &checkpoint) == NULL;
}

/* The witness's own memory first: what it may have let out it has to remember.
 * Proofs before the checkpoint that makes verifiers look for them. */
static enum status let_out(struct witness *w)
{
	bool finishes = is_finished(w);
	enum status status = path_write(w->state.text, span_of(&w->note), 0600);

	if (status == OK && finishes)
		status = release_log_entries(&w->log, &w->head, write_proof, w);
	if (status == OK)
		status = path_write_beneath(
			w->folder.text, finishes ? RELEASE_LOG_WITNESSED : RELEASE_LOG_UNFINISHED,
			span_of(&w->note), 0644);
	if (status == OK)
		printf("cosigned %" PRIu64 " entries%s%s\n", w->head.size,
		       finishes ? "" : "; they wait for other witnesses",
		       w->head.size < w->newest.size ? "; there are more, for the next run" : "");
	return status;
}

static enum answer run(struct witness *w)
{
	struct checkpoint checkpoint;
	struct digest pin;

	if (line_pin(&w->line, &w->pin, &pin) != OK ||
	    release_log_open(&w->log, w->folder.text, &pin) != OK ||
	    release_log_heed(&w->log) != OK)
		return ANSWER_UNUSABLE;
	if (note_key_init(span_text(w->key_name), NOTE_COSIGNATURE, w->key, &w->note_key) != OK)
		return unusable("the witness's key has to be Ed25519");
	if (remember(w) != OK || find_note(w, &checkpoint) != OK)
		return ANSWER_UNUSABLE;

	enum answer answer = check_history(w);
	if (answer != ANSWER_YES)
		return answer;
	if (release_log_entries(&w->log, &w->head, show_entry, w) != OK) {
		(void)unusable("NOT cosigned: %s: the entries are not those of its checkpoint",
			       w->folder.text);
		return ANSWER_NO;
	}
	if (cosign(w, &checkpoint) != OK || let_out(w) != OK)
		return unusable("the log could not be cosigned");
	return ANSWER_YES;
}

enum answer release_witness(int argc, char **argv)
{
	static const struct option options[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "key-name", required_argument, NULL, 'n' },
		{ "state", required_argument, NULL, 's' },
		{ "first", no_argument, NULL, 'f' },
		{ "root", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	AUTO_DONE(witness) w = { .key_name = "witness", .now = time(NULL) };
	int option;

	while ((option = options_next(argc, argv, "", options)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return ANSWER_YES;
		}
		if (option == 'k')
			w.key_file = optarg;
		else if (option == 'n')
			w.key_name = optarg;
		else if (option == 's')
			w.state_file = optarg;
		else if (option == 'f')
			w.is_first = true;
		else if (option != 'r' || !pin_take(optarg, &w.pin))
			return unusable("release witness: an option is wrong: see --help");
	}
	if (optind != argc - 1)
		return unusable("release witness DIR [--key FILE]: see --help");
	w.line.directory = argv[optind];
	w.folder = line_path(&w.line, "release");
	w.state = line_path(&w.line, "keys/witness/witnessed");
	if (w.state_file != NULL)
		(void)snprintf(w.state.text, sizeof(w.state.text), "%s", w.state_file);

	struct path_text usual = line_path(&w.line, "keys/witness/witness.pem");
	if (line_key_load(w.key_file != NULL ? w.key_file : usual.text, &w.key) != OK)
		return ANSWER_UNUSABLE;
	return run(&w);
}
