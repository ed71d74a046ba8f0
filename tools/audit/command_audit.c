/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "daemon/file.h"
#include "policies/envelope/dsse.h"
#include "tools/audit/audit.h"
#include "tools/commands.h"
#include "tools/options.h"

static const char help[] =
	"usage: attestctl audit verify DIR [--root SHA256] [--log-key PEM] [--since NOTE]\n"
	"           [--document FILE] [--json]\n"
	"       attestctl audit export --trail platform|identity-security --release DIR\n"
	"           [--root SHA256]\n"
	"       attestctl audit export --trail platform|identity-security --output DIR\n"
	"           --log-key PEM [--verifier URL] [--ca PEM] [--cert PEM] [--key PEM]\n"
	"       attestctl audit drift DIR [--help]\n"
	"\n"
	"verify: offline, by anybody. DIR is a release directory, whose release log is checked\n"
	"with the keys of its root, or with --log-key a verdict log that was exported: that all\n"
	"entries together give the checkpoint's root and the hash tiles, the checkpoint's\n"
	"signatures, and that the log goes on from an earlier checkpoint. Where the root wants\n"
	"proofs, a witness has to have cosigned it: else it does not hold (witness-missing).\n"
	"\n"
	"export: the trail of one team, a JSON object on each line of standard output, with\n"
	"its proof. From a verifier, the whole verdict log goes into DIR as static files\n"
	"(c2sp.org/tlog-tiles); a later export goes on from there, or says that it cannot, and\n"
	"prints what is new since: for a whole trail, export into an empty DIR.\n"
	"\n"
	"  --root SHA256    the first root, as verifiers pin it [the one that is there]\n"
	"  --log-key PEM    a verdict log's public key: log_pub.pem of the verifier\n"
	"  --since NOTE     a checkpoint that was kept from earlier\n"
	"  --document FILE  an envelope of the release: does it stand in the release log?\n"
	"  --verifier, --ca, --cert, --key  as for attestctl node, and from its environment\n"
	"\n"
	"Exit status: 0 it holds, 1 it does not, 2 unusable input or failure.\n";

#define ENVELOPE_MAX ((size_t)16 << 20)

struct request {
	const char *verb, *directory, *log_key, *since, *document, *release, *output;
	struct audit_source source;
	struct digest root;
	bool has_root, as_json, has_trail;
	enum team trail;
};

/* What verify found, for people or programs. */
static enum answer report(const struct request *r, const char *kind, const struct tree_head *head,
			  uint64_t witnessed, json_t *found)
{
	AUTO_DONE(bytes) root = { 0 };

	if (hex_append(&root, tree_hash_span(&head->root)) != OK)
		return unusable("no memory");

	AUTO(json_t)
	json = json_pack("{s:s, s:I, s:s%, s:I, s:O?}", "log", kind, "entries",
			 (json_int_t)head->size, "root", (const char *)root.data, root.len,
			 "witnessed", (json_int_t)witnessed, "document", found);
	AUTO(char) text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
	if (text == NULL)
		return unusable("no memory");
	if (r->as_json)
		puts(text);
	else
		printf("%s log: %" PRIu64 " entries, all of them in the tree that was signed, "
		       "root %.*s\n",
		       kind, head->size, (int)root.len, (const char *)root.data);
	return ANSWER_YES;
}

static enum answer no(const char *what, enum status status)
{
	(void)unusable("%s: %s", what, status_text(status));
	return status == STATUS_MISMATCH || status == STATUS_DENIED ? ANSWER_NO : ANSWER_UNUSABLE;
}

/* All entries were added, and are those that were signed. Before all else that is computed
 * from tiles. */
static enum answer check_tiles(struct tile_check *tiles)
{
	enum status status = tile_check_end(tiles);

	if (status != STATUS_MISMATCH)
		return status == OK ? ANSWER_YES : no("the hash tiles", status);
	(void)unusable("%s: not there, or not the hashes of the entries, which hold: who makes "
		       "proofs from it gets wrong ones; export or copy the log again",
		       tiles->differs);
	return ANSWER_NO;
}

struct search {
	const struct hasher *hasher;
	struct tile_check tiles;
	struct digest document;
	char key[DSSE_KEYID_MAX + 1];
	bool is_wanted, is_found;
	uint64_t index;
};

static enum status look(void *self, uint64_t index, struct span text, const struct log_entry *entry)
{
	struct search *s = self;

	if (s->is_wanted && digest_equal(&entry->document, &s->document) &&
	    span_equal(entry->key, span_text(s->key))) {
		s->is_found = true;
		s->index = index;
	}
	return tile_check_add(s->hasher, &s->tiles, text);
}

static void search_done(struct search *s)
{
	tile_check_done(&s->tiles);
}

AUTO_RELEASE(search, search_done);

static enum status want_document(const char *path, struct search *out)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(strict_document) why = { 0 };
	enum status status = path_read(path, ENVELOPE_MAX, &text);

	if (status == OK)
		status = dsse_parse(span_of(&text), ENVELOPE_MAX, &dsse, &why);
	if (status != OK)
		return status;
	out->is_wanted = true;
	(void)snprintf(out->key, sizeof(out->key), "%s", dsse.keyid);
	return digest_of(DIGEST_SHA256, span_of(&dsse.payload), &out->document);
}

/* Another tree is a beginning of the whole. */
static enum answer check_older(const struct release_log *log, const struct tree_head *older,
			       const char *text, const struct tree_head *head)
{
	enum status status = release_log_prefix(log, older, head);

	return status == OK ? ANSWER_YES : no(text, status);
}

/* A checkpoint that the auditor kept needs nobody's word: whose keys signed it may be
 * replaced since. */
static enum answer check_since(const struct release_log *log, const char *path,
			       const struct tree_head *head)
{
	AUTO_DONE(bytes) note = { 0 };
	struct checkpoint kept;
	enum status status = file_read(path, NOTE_MAX, &note);

	if (status == OK)
		status = checkpoint_parse(span_of(&note), span_of(&log->origin), &kept);
	if (status != OK)
		return no(path, status);
	return check_older(log, &kept.head, "the log does not go on from --since", head);
}

/* Verifiers load nothing without a witness where the root wants proofs: a log that
 * lost its witness's word doesn't hold. */
static enum answer check_witnessed(const struct release_log *log, const char *directory,
				   const struct tree_head *head, uint64_t *size)
{
	AUTO_DONE(bytes) note = { 0 };
	struct checkpoint witnessed;
	struct release_line folder = { directory };
	struct path_text path = line_path(&folder, RELEASE_LOG_WITNESSED);
	enum status status =
		release_log_checkpoint(log, RELEASE_LOG_WITNESSED, false, &note, &witnessed);

	if (status == OK) {
		*size = witnessed.head.size;
		return check_older(log, &witnessed.head,
				   "the log does not go on from what was witnessed", head);
	}
	if (status == STATUS_DENIED)
		return ANSWER_NO;
	if (status != STATUS_NOT_FOUND)
		return no(path.text, status);
	if (!log->root.requires_proofs)
		return ANSWER_YES;
	(void)unusable("witness-missing: %s: the root wants proofs, and no witness cosigned",
		       path.text);
	return ANSWER_NO;
}

static enum answer verify_release(const struct request *r)
{
	AUTO_DONE(release_log) log;
	AUTO_DONE(bytes) note = { 0 };
	AUTO_DONE(search) search = { .hasher = &log.hasher };
	struct checkpoint checkpoint;
	uint64_t witnessed = 0;
	enum status status = release_log_open(&log, r->directory, r->has_root ? &r->root : NULL);

	tile_check_init(&search.tiles, &log.tiles);
	if (status == OK)
		status = release_log_heed(&log);
	if (status == OK && r->document != NULL)
		status = want_document(r->document, &search);
	if (status != OK)
		return ANSWER_UNUSABLE;
	status = release_log_checkpoint(&log, RELEASE_LOG_CHECKPOINT, true, &note, &checkpoint);
	if (status != OK)
		return no("the checkpoint", status);
	status = release_log_entries(&log, &checkpoint.head, look, &search);
	if (status != OK)
		return no("the entries are not those of the checkpoint", status);

	enum answer answer = check_tiles(&search.tiles);
	if (answer == ANSWER_YES)
		answer = check_witnessed(&log, r->directory, &checkpoint.head, &witnessed);
	if (answer == ANSWER_YES && r->since != NULL)
		answer = check_since(&log, r->since, &checkpoint.head);
	if (answer != ANSWER_YES)
		return answer;
	if (search.is_wanted && !search.is_found) {
		(void)unusable("%s does not stand in the log", r->document);
		return ANSWER_NO;
	}

	AUTO(json_t)
	found = search.is_found ? json_integer((json_int_t)search.index) : json_null();
	answer = report(r, "release", &checkpoint.head, witnessed, found);
	if (answer == ANSWER_YES && !r->as_json)
		printf("witnessed: the first %" PRIu64 " of them\n", witnessed);
	return answer;
}

static enum answer verify_verdicts(const struct request *r)
{
	AUTO_DONE(verdict_export) export;
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(bytes) older_text = { 0 };
	AUTO_DONE(tile_check) tiles = { 0 };
	struct release_line folder = { r->directory };
	struct checkpoint checkpoint, older;
	enum status status;

	if (verdict_export_open(&export, r->directory, r->log_key) != OK)
		return ANSWER_UNUSABLE;
	tile_check_init(&tiles, &export.tiles);
	status = verdict_export_checkpoint(&export, line_path(&folder, "checkpoint").text, &text,
					   &checkpoint);
	if (status == OK && r->since != NULL)
		status = verdict_export_checkpoint(&export, r->since, &older_text, &older);
	if (status != OK)
		return no("the checkpoint", status);
	status = verdict_export_check(&export, &checkpoint.head,
				      r->since != NULL ? &older.head : NULL, &tiles);
	if (status != OK)
		return no("the entries are not those that were signed", status);

	enum answer answer = check_tiles(&tiles);
	if (answer != ANSWER_YES)
		return answer;

	AUTO(json_t) none = json_null();
	return report(r, "verdict", &checkpoint.head, 0, none);
}

static enum answer verify(const struct request *r)
{
	struct release_line folder = { r->directory };

	/* Not what lies in the directory: whoever made it can put a root of his own there. */
	if (r->log_key != NULL)
		return r->has_root || r->document != NULL
			       ? unusable("audit verify: --root and --document go with a release "
					  "log, --log-key with a verdict log")
			       : verify_verdicts(r);
	if (path_exists(line_path(&folder, "root").text))
		return verify_release(r);
	return unusable("%s is no release directory; a verdict log wants --log-key", r->directory);
}

static enum answer export(struct request *r) {
	if (!r->has_trail || (r->release == NULL) == (r->output == NULL)) return unusable(
		"audit export wants --trail, and --release or --output: see --help");
	if (r->release != NULL) return audit_export_trail(r->release, r->has_root ? &r->root : NULL,
							  r->trail);
	if (r->log_key ==
	    NULL) return unusable("audit export wants --log-key: the verifier's log_pub.pem");
	return audit_export_verdicts(&r->source, r->output, r->log_key, r->trail);
}

static bool take_root(struct request *r, const char *text)
{
	AUTO_DONE(bytes) raw = { 0 };
	const char *hex = strncmp(text, "sha256:", 7) == 0 ? text + 7 : text;

	r->has_root = hex_decode(span_text(hex), &raw) == OK &&
		      digest_from(DIGEST_SHA256, span_of(&raw), &r->root) == OK;
	return r->has_root;
}

static bool take_trail(struct request *r, const char *text)
{
	r->has_trail = true;
	r->trail = strcmp(text, "platform") == 0 ? TEAM_PLATFORM : TEAM_IDENTITY_SECURITY;
	return r->trail == TEAM_PLATFORM || strcmp(text, "identity-security") == 0;
}

static bool take_option(struct request *r, int option, const char *value)
{
	/* clang-format off */
	switch (option) {
	case 'r': return take_root(r, value);
	case 't': return take_trail(r, value);
	case 'l': r->log_key = value; return true;
	case 's': r->since = value; return true;
	case 'd': r->document = value; return true;
	case 'R': r->release = value; return true;
	case 'o': r->output = value; return true;
	case 'v': r->source.verifier = value; return true;
	case 'a': r->source.ca = value; return true;
	case 'c': r->source.certificate = value; return true;
	case 'k': r->source.key = value; return true;
	case 'j': r->as_json = true; return true;
	default: return false;
	}
	/* clang-format on */
}

static const struct option options[] = {
	{ "root", required_argument, NULL, 'r' },     { "trail", required_argument, NULL, 't' },
	{ "log-key", required_argument, NULL, 'l' },  { "since", required_argument, NULL, 's' },
	{ "document", required_argument, NULL, 'd' }, { "release", required_argument, NULL, 'R' },
	{ "output", required_argument, NULL, 'o' },   { "verifier", required_argument, NULL, 'v' },
	{ "ca", required_argument, NULL, 'a' },	      { "cert", required_argument, NULL, 'c' },
	{ "key", required_argument, NULL, 'k' },      { "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },	      { NULL, 0, NULL, 0 },
};

enum answer command_audit(int argc, char **argv)
{
	struct request r = { .source = { .verifier = getenv("ATTESTCTL_VERIFIER"),
					 .ca = getenv("ATTESTCTL_CA"),
					 .certificate = getenv("ATTESTCTL_CERT"),
					 .key = getenv("ATTESTCTL_KEY") } };
	int option;

	if (argc > 1 && strcmp(argv[1], "drift") == 0) {
		argv[1] = argv[0];
		return audit_drift(argc - 1, argv + 1);
	}
	while ((option = options_next(argc, argv, "", options)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return ANSWER_YES;
		}
		if (!take_option(&r, option, optarg))
			return unusable("audit: an option is wrong: see --help");
	}
	if (r.source.verifier == NULL)
		r.source.verifier = "https://127.0.0.1:8444";
	if (optind == argc - 1 && strcmp(argv[optind], "export") == 0)
		return export(&r);
	if (optind == argc - 2 && strcmp(argv[optind], "verify") == 0) {
		r.directory = argv[optind + 1];
		return verify(&r);
	}
	return unusable("audit verify DIR, audit export, or audit drift DIR: see --help");
}
