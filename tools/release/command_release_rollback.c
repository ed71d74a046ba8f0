/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "tools/release/release.h"
#include "tools/release/release_cells.h"
#include "tools/release/release_cosigning.h"
#include "tools/release/release_document.h"
#include "tools/options.h"
#include "tools/release/release_state.h"

static const char help[] =
	"usage: attestctl release rollback DIR --to VERSION --reason TEXT [OPTIONS]\n"
	"       attestctl release rollback DIR --cosign [OPTIONS]\n"
	"       attestctl release rollback DIR --confirm SHA256 [OPTIONS]\n"
	"\n"
	"Signs a rollback document: the next index may put VERSION in force again, once. The\n"
	"manifest that is left has to have declared it ('collect --rollback-to'); nothing goes\n"
	"below a security epoch, or to what is revoked. Then 'attestctl release publish DIR\n"
	"--rollback' does it. Machines that run what is left are accepted a while longer,\n"
	"unless 'attestctl release revoke --manifest' ends that at once.\n"
	"\n"
	"  --to VERSION     the version to go back to\n"
	"  --reason TEXT    why, on record\n"
	"  --cosign         signs the same document once more, where the root wants several "
	"people\n"
	"  --confirm SHA256 for who revokes: signs the document of this digest too, so that it\n"
	"                   stands though the manifest that it leaves was revoked since. A\n"
	"                   verifier that never saw that in force says rollback-from-revoked\n"
	"  --key FILE|URI   private key [DIR/keys/platform-lead/platform-approve.pem; with\n"
	"                   --confirm DIR/keys/security-lead/revoke.pem]\n"
	"  --key-name NAME  its name in the root [platform-approve; with --confirm "
	"revoke]\n" SIGNING_HELP "\n"
	"Exit status: 0 signed, 2 wrong usage or failure.\n";

#define DRAFT_ROLLBACK "draft/rollback.json"
#define DRAFT_CONFIRMED "draft/rollback-confirmed.json"
#define DRAFT_MAX ((size_t)64 << 10)

struct rollback_request {
	struct release_line line;
	int64_t to;
	bool is_cosigning;
	const char *confirmed; /* digest of a document that is published; NULL: another one */
	const char *reason;
	struct signing signing;
};

/* The document as it will be signed. */
static json_t *rollback_json(const struct rollback_request *request, json_t *settings,
			     const struct line_state *state, json_t *subject)
{
	const char *platform = json_string_value(json_object_get(settings, "platform"));
	const char *kernel = json_string_value(json_object_get(settings, "kernel"));
	json_t *from = line_state_manifest(state, platform, kernel, "current");
	json_t *to;

	if (from == NULL) {
		(void)unusable("nothing is in force yet");
		return NULL;
	}
	to = cells_past(&request->line, &request->signing.pin, state->index_version, platform,
			kernel, request->to);
	if (to == NULL)
		return NULL;
	subject_add(subject, "from", json_string_value(json_object_get(from, "sha256")));
	subject_add(subject, "to", json_string_value(json_object_get(to, "sha256")));
	return json_pack("{s:{s:s, s:s}, s:{s:O, s:O}, s:o, s:I, s:s, s:I}", "target", "platform",
			 platform, "kernel", kernel, "from", "version",
			 json_object_get(from, "version"), "sha256",
			 json_object_get(from, "sha256"), "to", to, "index",
			 (json_int_t)(state->index_version + 1), "reason", request->reason, "time",
			 (json_int_t)time(NULL));
}

static enum status make_document(void *self, struct bytes *payload)
{
	const struct rollback_request *request = self;
	const struct line_anchor anchor = { .pin = &request->signing.pin };
	AUTO_DONE(line_state) state = { 0 };
	AUTO(json_t) settings = line_settings(&request->line);
	json_t *subject = json_array();
	json_t *predicate = NULL;

	if (settings != NULL && line_state_from(&request->line, &anchor, &state) == OK)
		predicate = rollback_json(request, settings, &state, subject);
	if (predicate == NULL) {
		json_decref(subject);
		return STATUS_NOT_FOUND;
	}
	return statement_text(DOCUMENT_ROLLBACK, subject, predicate, payload);
}

/* The one that is published, by its digest. */
static enum status read_document(void *self, struct bytes *payload)
{
	const struct rollback_request *request = self;
	struct path_text path =
		line_path(&request->line, "release/rollbacks/%s/1.json", request->confirmed);
	AUTO_DONE(bytes) read = { 0 };
	AUTO(json_t) document = line_payload(path.text, &read);

	if (document == NULL)
		return STATUS_NOT_FOUND;
	if (strcmp(sha256_text_of(span_of(&read)).hex, request->confirmed) != 0) {
		(void)unusable("%s: digest-mismatch: not the document that its name says",
			       path.text);
		return STATUS_MISMATCH;
	}
	return bytes_copy(span_of(&read), payload);
}

static enum answer sign_document(struct rollback_request *request)
{
	bool confirms = request->confirmed != NULL;
	const struct cosigned document = {
		.draft = { DOCUMENT_ROLLBACK, confirms ? DRAFT_CONFIRMED : DRAFT_ROLLBACK,
			   confirms ? read_document : make_document, request },
		.name = "rollback",
		.folder = "rollbacks",
		.max = DRAFT_MAX,
		.is_cosigning = request->is_cosigning,
	};

	return cosigned_sign(&request->line, &request->signing, &document);
}

static bool take_option(void *self, int option, const char *value)
{
	struct rollback_request *request = self;

	switch (option) {
	case 't':
		return option_number("to", value, 1, INT32_MAX, &request->to);
	case 'r':
		request->reason = value;
		return value[0] != '\0';
	case 'c':
		request->is_cosigning = true;
		return true;
	case 'f':
		request->confirmed = document_sha256(value);
		return request->confirmed != NULL;
	default:
		return signing_take(&request->signing, option, value);
	}
}

static bool is_whole(const void *self)
{
	const struct rollback_request *request = self;

	if (request->confirmed != NULL)
		return !request->is_cosigning && request->to == 0;
	return request->is_cosigning || request->signing.signature != NULL ||
	       (request->to != 0 && request->reason != NULL);
}

/* Who declares a way back, or who took back what it leaves. */
static void choose_key(struct rollback_request *request)
{
	struct signing *signing = &request->signing;
	bool confirms = request->confirmed != NULL;

	signing->role = confirms ? ROLE_REVOKE : ROLE_ROLLBACK;
	signing->usual = confirms ? "security-lead/revoke" : "platform-lead/platform-approve";
	if (signing->key_name == NULL)
		signing->key_name = confirms ? "revoke" : "platform-approve";
}

enum answer release_rollback(int argc, char **argv)
{
	static const struct option options[] = {
		{ "to", required_argument, NULL, 't' },
		{ "reason", required_argument, NULL, 'r' },
		{ "cosign", no_argument, NULL, 'c' },
		{ "confirm", required_argument, NULL, 'f' },
		SIGNING_OPTIONS,
		LAST_OPTIONS,
	};
	struct rollback_request request = { 0 };
	const struct command_options command = {
		.usage = "release rollback DIR --to VERSION --reason TEXT",
		.help = help,
		.options = options,
		.take = take_option,
		.is_whole = is_whole,
		.self = &request,
	};
	enum answer answer;

	if (!options_take(&command, argc, argv, &request.line.directory, &answer))
		return answer;
	choose_key(&request);
	return sign_document(&request);
}
