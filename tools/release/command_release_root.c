/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/auto_openssl.h"
#include "base/text.h"
#include "policies/trust/root.h"
#include "tools/options.h"
#include "tools/release/release.h"
#include "tools/release/release_root.h"
#include "tools/release/release_signing.h"
#include "tools/release/release_state.h"
#include "tools/release/root_edit.h"

static const char help[] =
	"usage: attestctl release root DIR [--add-key NAME=PRINCIPAL,TEAM,FILE]\n"
	"           [--remove-key NAME] [--role ROLE=THRESHOLD,KEY[,KEY...]]\n"
	"           [--canary NODES] [--days N]\n"
	"           [--vendor NAME=OWNER,BACKUP,ESCALATION,FILE] [--remove-vendor NAME]\n"
	"       attestctl release root DIR --sign --key FILE|URI --key-name NAME\n"
	"       attestctl release root DIR --sign --key-name NAME --print-pae | --signature SIG\n"
	"       attestctl release root DIR --publish\n"
	"\n"
	"Makes version N+1 of the root, DIR/draft/root.json: keys and roles exchanged, or its "
	"life\n"
	"prolonged. The holders that both versions ask for sign it, one by one, then --publish\n"
	"puts it in place once there are enough of both; 'attestctl release publish --again'\n"
	"makes an index under it. Nothing half signed ever reaches a verifier.\n"
	"\n"
	"  --add-key NAME=PRINCIPAL,TEAM,FILE  a public key (PEM), whose it is, and in which team\n"
	"                       (platform, identity-security), repeatable\n"
	"  --remove-key NAME    out of the root and of every role, repeatable\n"
	"  --role ROLE=THRESHOLD,KEY[,KEY...]  who holds a role from now on, repeatable\n"
	"  --canary NODES       so many nodes have to run a manifest as a canary before it\n"
	"                       becomes current\n"
	"  --vendor NAME=OWNER,BACKUP,ESCALATION,FILE  who delivers files, who answers for them\n"
	"                       here, and a P-256 key (PEM) that signs them; again: another key\n"
	"  --vendor-openpgp NAME=FINGERPRINT  a primary key that it signs by in OpenPGP, for\n"
	"                       'release import', repeatable\n"
	"  --remove-vendor NAME  its files count no more under a manifest of this root\n"
	"  --days N             the new root's life [365]\n"
	"  --sign               one holder's signature of the draft\n"
	"  --key FILE|URI       private key\n"
	"  --key-name NAME      its name in either root\n"
	"  --publish            into DIR/release, once signed by enough\n" SIGNING_HELP "\n"
	"The newest root is believed only by its chain of signatures from the first one. --sign\n"
	"says what the draft changes in it.\n"
	"\n"
	"Exit status: 0 done, 1 not signed by enough yet, 2 wrong usage or failure.\n";

#define DRAFT_ROOT "draft/root.json"
#define DRAFT_ENVELOPES "draft/root"
#define ROOT_BYTES_MAX ((size_t)256 << 10)
#define SIGNATURES_MAX 16
#define EDITS_MAX 128

/* Too large for a stack. */
struct root_box {
	struct root root;
};

static void root_box_free(struct root_box *box)
{
	if (box != NULL)
		root_done(&box->root);
	free(box);
}

AUTO_FREE(root_box, struct root_box, root_box_free);

/* Edits wait until the root is read. */
struct edit {
	enum root_edit what;
	const char *value;
};

struct root_request {
	struct release_line line;
	struct root_box *newest; /* verified */
	json_t *old; /* its predicate */
	json_t *predicate; /* of the next one */
	struct edit edit[EDITS_MAX];
	size_t edit_count;
	bool has_life, is_signing, is_publishing;
	int64_t days;
	struct signing signing;
};

static void root_request_done(struct root_request *request)
{
	root_box_free(request->newest);
	json_decref(request->old);
	json_decref(request->predicate);
}

AUTO_RELEASE(root_request, root_request_done);

/* What the next root is made from, signed on and held against. */
static bool find_newest(struct root_request *request)
{
	AUTO_DONE(root_origin) origin = { 0 };

	struct digest pin;

	request->newest = calloc(1, sizeof(*request->newest));
	if (request->newest == NULL ||
	    line_pin(&request->line, &request->signing.pin, &pin) != OK ||
	    verified_root(line_path(&request->line, "release").text, &pin, &origin,
			  &request->newest->root) != OK)
		return false;
	request->old = payload_predicate(span_of(&origin.payload));
	request->predicate = json_deep_copy(request->old);
	return request->predicate != NULL;
}

static enum answer draft_root(struct root_request *request)
{
	AUTO_DONE(bytes) payload = { 0 };
	AUTO(root_box) box = calloc(1, sizeof(*box));
	int64_t expires = time(NULL) + request->days * INT64_C(86400);

	(void)json_object_set_new(request->predicate, "version",
				  json_integer((json_int_t)request->newest->root.version + 1));
	(void)json_object_set_new(request->predicate, "expires", json_integer(expires));
	if (box == NULL ||
	    statement_text(DOCUMENT_ROOT, json_array(), json_incref(request->predicate),
			   &payload) != OK ||
	    !next_root_open(span_of(&payload), &box->root) ||
	    path_write(line_path(&request->line, DRAFT_ROOT).text, span_of(&payload), 0644) != OK)
		return ANSWER_UNUSABLE;
	/* Signatures of another draft are none of this one. */
	for (int i = 1; i <= SIGNATURES_MAX; i++)
		(void)unlink(line_path(&request->line, DRAFT_ENVELOPES "/%d.json", i).text);
	printf("root version %" PRIu64 ", sha256:%s, to be signed\n", box->root.version,
	       sha256_text_of(span_of(&payload)).hex);
	return ANSWER_YES;
}

/* The draft, if it could follow the newest root. */
static bool open_draft(const struct root_request *request, struct bytes *text, struct root *draft)
{
	if (path_read(line_path(&request->line, DRAFT_ROOT).text, ROOT_BYTES_MAX, text) != OK ||
	    !next_root_open(span_of(text), draft))
		return false;
	if (draft->version == request->newest->root.version + 1)
		return true;
	(void)unusable("the draft is root %" PRIu64 ": make it again", draft->version);
	return false;
}

/* Whoever signs sees first what changes, against a root that is verified. */
static enum answer sign_root(const struct root_request *request)
{
	AUTO_DONE(bytes) payload = { 0 };
	AUTO_DONE(bytes) envelope = { 0 };
	AUTO(root_box) draft = calloc(1, sizeof(*draft));
	struct path_text folder = line_path(&request->line, DRAFT_ENVELOPES);
	struct path_text path;

	if (draft == NULL || !open_draft(request, &payload, &draft->root))
		return ANSWER_UNUSABLE;

	AUTO(json_t) next = payload_predicate(span_of(&payload));
	if (next == NULL)
		return ANSWER_UNUSABLE;
	/* What is to be signed has standard output to itself. */
	FILE *to = request->signing.prints ? stderr : stdout;
	print_root_changes(to, &request->newest->root, request->old, &draft->root, next);
	if (fflush(to) != 0)
		return ANSWER_UNUSABLE;

	const struct root *const roots[] = { &request->newest->root, &draft->root };
	if (request->signing.prints)
		return signing_print_by(&request->signing, roots, 2, span_of(&payload)) == OK
			       ? ANSWER_YES
			       : ANSWER_UNUSABLE;
	if (!signing_agreed(&request->signing) ||
	    signing_make(&request->line, &request->signing, roots, 2, span_of(&payload),
			 &envelope) != OK ||
	    line_next_envelope(folder.text, &path) != OK ||
	    path_write(path.text, span_of(&envelope), 0644) != OK)
		return ANSWER_UNUSABLE;
	printf("signed by %s\n", request->signing.key_name);
	return ANSWER_YES;
}

/* Adds whoever of the root signed the draft. */
static bool count_signers(const struct root_request *request, const struct root *root,
			  struct span draft, key_mask *signers)
{
	for (int i = 1; i <= SIGNATURES_MAX; i++) {
		struct path_text path = line_path(&request->line, DRAFT_ENVELOPES "/%d.json", i);
		AUTO_DONE(bytes) text = { 0 };
		AUTO_DONE(dsse) dsse = { 0 };
		AUTO_DONE(strict_document) why = { 0 };
		size_t key;

		if (!path_exists(path.text))
			return true;
		if (path_read(path.text, ROOT_BYTES_MAX, &text) != OK ||
		    dsse_parse(span_of(&text), ROOT_BYTES_MAX, &dsse, &why) != OK ||
		    !span_equal(span_of(&dsse.payload), draft)) {
			(void)unusable("%s is no signature of the draft", path.text);
			return false;
		}
		enum status status = root_verify(root, &dsse, &key);
		if (status == OK)
			*signers |= (key_mask)1 << key;
		else if (status != STATUS_NOT_FOUND) {
			(void)unusable("%s: the signature is not that key's", path.text);
			return false;
		}
	}
	return true;
}

static bool is_signed(const struct root_request *request, struct span draft, const struct root *old,
		      const struct root *next)
{
	key_mask by_old = 0, by_next = 0;

	if (!count_signers(request, old, draft, &by_old) ||
	    !count_signers(request, next, draft, &by_next))
		return false;
	if (root_meets(old, ROLE_ROOT, by_old) && root_meets(next, ROLE_ROOT, by_next))
		return true;
	(void)unusable("not signed by enough: root %" PRIu64 " wants %u and root %" PRIu64
		       " wants %u, of both teams",
		       old->version, old->role[ROLE_ROOT].threshold, next->version,
		       next->role[ROLE_ROOT].threshold);
	return false;
}

/* Whoever publishes next may not know the key that the index in force is signed with. Empty
 * where there is none that verifies. */
static struct sha256_text index_in_force(const struct root_request *request)
{
	const struct line_anchor anchor = { .pin = &request->signing.pin };
	AUTO_DONE(line_state) state = { 0 };

	if (line_state_from(&request->line, &anchor, &state) != OK || state.index == NULL)
		return (struct sha256_text){ "" };
	return sha256_hex(&state.index_digest);
}

/* All of its signatures at once, in a directory that others write too. */
static bool put_in_place(const struct root_request *request, uint64_t version)
{
	struct path_text from = line_path(&request->line, DRAFT_ENVELOPES);
	struct path_text release = line_path(&request->line, "release");
	struct path_text name, to;

	(void)snprintf(name.text, sizeof(name.text), "root/%" PRIu64, version);

	int folder = path_open_beneath(release.text, name.text, &to);
	bool is_there = folder >= 0 && rename(from.text, to.text) == 0;

	if (folder >= 0 && !is_there)
		(void)unusable("%s/%s: %s", release.text, name.text, strerror(errno));
	if (folder >= 0)
		(void)close(folder);
	return is_there;
}

static enum answer publish_root(const struct root_request *request)
{
	AUTO_DONE(bytes) draft = { 0 };
	AUTO(root_box) next = calloc(1, sizeof(*next));
	const struct root *newest = &request->newest->root;
	struct sha256_text index = { "" };

	if (next == NULL || !open_draft(request, &draft, &next->root))
		return ANSWER_UNUSABLE;
	if (!is_signed(request, span_of(&draft), newest, &next->root))
		return ANSWER_NO;
	index = index_in_force(request);
	if (!put_in_place(request, next->root.version))
		return ANSWER_UNUSABLE;
	printf("root version %" PRIu64 "; now 'attestctl release publish %s --again%s%s'\n",
	       next->root.version, request->line.directory, index.hex[0] == '\0' ? "" : " --after ",
	       index.hex);
	return ANSWER_YES;
}

static const struct option options[] = {
	{ "add-key", required_argument, NULL, ROOT_ADD_KEY },
	{ "remove-key", required_argument, NULL, ROOT_REMOVE_KEY },
	{ "role", required_argument, NULL, ROOT_SET_ROLE },
	{ "canary", required_argument, NULL, ROOT_SET_CANARY },
	{ "vendor", required_argument, NULL, ROOT_ADD_VENDOR },
	{ "vendor-openpgp", required_argument, NULL, ROOT_ADD_VENDOR_OPENPGP },
	{ "remove-vendor", required_argument, NULL, ROOT_REMOVE_VENDOR },
	{ "days", required_argument, NULL, 'd' },
	{ "sign", no_argument, NULL, 's' },
	{ "publish", no_argument, NULL, 'p' },
	SIGNING_OPTIONS,
	LAST_OPTIONS,
};

static bool take_option(void *self, int option, const char *value)
{
	struct root_request *request = self;

	switch (option) {
	case ROOT_ADD_KEY:
	case ROOT_REMOVE_KEY:
	case ROOT_SET_ROLE:
	case ROOT_SET_CANARY:
	case ROOT_ADD_VENDOR:
	case ROOT_REMOVE_VENDOR:
	case ROOT_ADD_VENDOR_OPENPGP:
		if (request->edit_count == EDITS_MAX)
			return false;
		request->edit[request->edit_count++] =
			(struct edit){ (enum root_edit)option, value };
		return true;
	case 'd':
		request->has_life = true;
		return option_number("days", value, 1, 3650, &request->days);
	case 's':
		request->is_signing = true;
		return true;
	case 'p':
		request->is_publishing = true;
		return true;
	default:
		return signing_take(&request->signing, option, value);
	}
}

static bool apply_edits(struct root_request *request)
{
	for (size_t i = 0; i < request->edit_count; i++) {
		const struct edit *edit = &request->edit[i];

		if (!root_edit(request->predicate, edit->what, edit->value))
			return false;
	}
	return true;
}

/* One of three things, and to sign takes a key or its signature. */
static bool is_whole(const void *self)
{
	const struct root_request *request = self;
	const struct signing *s = &request->signing;
	bool has_edits = request->edit_count > 0 || request->has_life;

	if (has_edits + request->is_signing + request->is_publishing != 1)
		return false;
	return !request->is_signing ||
	       (s->key_name != NULL && (s->key != NULL || s->prints || s->signature != NULL));
}

enum answer release_root(int argc, char **argv)
{
	AUTO_DONE(root_request) request = { .days = 365, .signing = { .role = ROLE_ROOT } };
	const struct command_options command = {
		.usage = "release root DIR, and edits, --sign or --publish",
		.help = help,
		.options = options,
		.take = take_option,
		.is_whole = is_whole,
		.self = &request,
	};
	enum answer answer;

	if (!options_take(&command, argc, argv, &request.line.directory, &answer))
		return answer;
	if (!find_newest(&request))
		return ANSWER_UNUSABLE;
	if (request.is_signing)
		return sign_root(&request);
	if (request.is_publishing)
		return publish_root(&request);
	if (!apply_edits(&request))
		return unusable("release root: an edit is wrong: see --help");
	return draft_root(&request);
}
