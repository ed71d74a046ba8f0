/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "policies/documents/canary.h"
#include "policies/trust/root.h"
#include "tools/fleet/verifier_access.h"
#include "tools/options.h"
#include "tools/release/release.h"
#include "tools/release/release_log.h"
#include "tools/release/release_root.h"
#include "tools/release/release_state.h"

static const char help[] =
	"usage: attestctl release canary DIR [--root SHA256] [--verifier URL] [--ca FILE]\n"
	"           [--cert FILE] [--key FILE]\n"
	"\n"
	"Asks a verifier what it saw of the manifest that is tried out: how many nodes run it,\n"
	"are trusted now and hold a right, and how many of these showed an SVID that it would\n"
	"believe. It answers from its own record, signed by its result key. Where that is as many\n"
	"as the root wants, the statement goes into DIR/release/canaries, and 'attestctl release\n"
	"publish DIR' can make the manifest current. Otherwise nothing is written: ask again.\n"
	"\n"
	"  --root SHA256   the first root, as verifiers pin it [the one that is "
	"there]\n" VERIFIER_HELP "\n"
	"Exit status: 0 written; 1 too few nodes, no canary, or a key that the root does not\n"
	"list; 2 wrong usage or failure.\n";

#define STATEMENT_BYTES_MAX ((size_t)64 << 10)

struct canary_request {
	struct release_line line;
	struct node_client client;
	struct digest pin; /* DIGEST_NONE: as line.json has it */
};

static void canary_request_done(struct canary_request *request)
{
	node_client_done(&request->client);
}

AUTO_RELEASE(canary_request, canary_request_done);

/* What the verifier answered. */
struct statement_answer {
	struct bytes payload, signature;
};

static void statement_answer_done(struct statement_answer *answer)
{
	bytes_done(&answer->payload);
	bytes_done(&answer->signature);
}

AUTO_RELEASE(statement_answer, statement_answer_done);

/* The manifest that is tried out in the line's cell. */
static enum answer find_manifest(const struct canary_request *request, struct sha256_text *out)
{
	const struct line_anchor anchor = { .pin = &request->pin };
	AUTO_DONE(line_state) state = { 0 };
	AUTO(json_t) settings = line_settings(&request->line);
	json_t *entry;

	if (settings == NULL || line_state_from(&request->line, &anchor, &state) != OK)
		return ANSWER_UNUSABLE;
	entry = line_state_manifest(
		&state, json_string_value(json_object_get(settings, "platform")),
		json_string_value(json_object_get(settings, "kernel")), "canary");

	const char *hex = json_string_value(json_object_get(entry, "sha256"));
	if (hex == NULL) {
		(void)unusable("no manifest is tried out: 'attestctl release publish %s --canary' "
			       "comes first",
			       request->line.directory);
		return ANSWER_NO;
	}
	(void)snprintf(out->hex, sizeof(out->hex), "%s", hex);
	return ANSWER_YES;
}

static bool take_base64(json_t *answer, const char *name, struct bytes *out)
{
	const char *text = json_string_value(json_object_get(answer, name));

	return text != NULL && base64_decode(span_text(text), STATEMENT_BYTES_MAX, out) == OK;
}

static enum answer ask(struct canary_request *request, const char *manifest, int64_t window_s,
		       struct statement_answer *out)
{
	AUTO_DONE(bytes) body = { 0 };
	enum answer end = ANSWER_UNUSABLE;

	if (bytes_printf(&body, "{\"version\":1,\"manifest\":\"%s\",\"windowS\":%" PRId64 "}",
			 manifest, window_s) != OK)
		return unusable("no memory");

	AUTO(json_t)
	answer = verifier_post(&request->client, "/v1/admin/canaries", span_of(&body), &end);
	if (answer == NULL)
		return end;
	if (!take_base64(answer, "payload", &out->payload) ||
	    !take_base64(answer, "signature", &out->signature))
		return unusable("the verifier's answer has no statement");
	return ANSWER_YES;
}

/* Whose signature it is, among those whom the root asks. */
static const struct root_key *find_key(const struct root *root, const struct statement_answer *a)
{
	AUTO_DONE(bytes) pae = { 0 };

	if (dsse_pae(span_of(&a->payload), &pae) != OK)
		return NULL;
	for (size_t i = 0; i < root->key_count; i++) {
		const struct root_key *key = &root->key[i];

		if ((root->role[ROLE_CANARY].keys >> i & 1) != 0 &&
		    signing_key_verify(key->key, key->scheme, span_of(&pae),
				       span_of(&a->signature)) == OK)
			return key;
	}
	return NULL;
}

/* Is it what was asked for? The verifier's word counts for the numbers alone. */
static bool read_statement(const struct statement_answer *a, const char *manifest,
			   struct canary *out)
{
	AUTO_DONE(statement) s = { 0 };

	return statement_open(span_of(&a->payload), DOCUMENT_CANARY, &s) == OK &&
	       canary_read(&s, out) == OK && strcmp(sha256_hex(&out->manifest).hex, manifest) == 0;
}

static enum answer write_statement(const struct canary_request *request, const char *manifest,
				   const struct root_key *key, const struct statement_answer *a)
{
	AUTO_DONE(bytes) envelope = { 0 };
	char name[DSSE_KEYID_MAX + 1];
	struct path_text folder = line_path(&request->line, "release/canaries/%s", manifest);
	struct path_text path;

	(void)snprintf(name, sizeof(name), "%.*s", (int)key->name.len,
		       (const char *)key->name.data);
	if (line_next_envelope(folder.text, &path) != OK ||
	    envelope_text(span_of(&a->payload), name, span_of(&a->signature), &envelope) != OK ||
	    line_write_released(&request->line, path.text, span_of(&envelope)) != OK)
		return ANSWER_UNUSABLE;
	printf("canary sha256:%s, by %s; now 'attestctl release publish %s'\n",
	       sha256_text_of(span_of(&a->payload)).hex, name, request->line.directory);
	return release_log_catch_up(&request->line, &request->pin, NULL) == OK ? ANSWER_YES
									       : ANSWER_UNUSABLE;
}

static enum answer judge(const struct canary_request *request, const struct root *root,
			 const char *manifest, const struct statement_answer *a)
{
	const struct root_key *key = find_key(root, a);
	struct canary canary;

	if (key == NULL) {
		(void)unusable("unknown-key: the root gives no key that signed this the role "
			       "canary: 'attestctl release root --add-key' lists the verifier's "
			       "result key");
		return ANSWER_NO;
	}
	if (!read_statement(a, manifest, &canary))
		return unusable("the verifier states something else than it was asked");
	printf("manifest sha256:%s: %" PRIu64 " nodes run it, trusted and with a right; %" PRIu64
	       " of them showed an SVID; the root wants %" PRIu64 "\n",
	       manifest, canary.nodes, canary.svids, root->canary_nodes);
	if (canary.nodes >= root->canary_nodes && canary.svids >= root->canary_nodes)
		return write_statement(request, manifest, key, a);
	(void)unusable("canary-not-enough: nothing is written: wait, or look why they do not");
	return ANSWER_NO;
}

static enum answer fetch(struct canary_request *request)
{
	AUTO_DONE(root_origin) origin = { 0 };
	AUTO_DONE(statement_answer) answer = { 0 };
	AUTO_DONE(root) root = { 0 };
	struct sha256_text manifest;
	struct digest pin;
	enum answer end;

	if (line_pin(&request->line, &request->pin, &pin) != OK ||
	    verified_root(line_path(&request->line, "release").text, &pin, &origin, &root) != OK)
		return ANSWER_UNUSABLE;
	end = find_manifest(request, &manifest);
	if (end == ANSWER_YES)
		end = ask(request, manifest.hex, root.canary_window_s, &answer);
	return end == ANSWER_YES ? judge(request, &root, manifest.hex, &answer) : end;
}

static const struct option options[] = {
	{ "root", required_argument, NULL, 'r' },
	VERIFIER_OPTIONS,
	LAST_OPTIONS,
};

static bool take_option(void *self, int option, const char *value)
{
	struct canary_request *request = self;

	if (option == 'r')
		return pin_take(value, &request->pin);
	return verifier_take(&request->client, option, value);
}

enum answer release_canary(int argc, char **argv)
{
	AUTO_DONE(canary_request) request = { .client = verifier_client() };
	const struct command_options command = {
		.usage = "release canary DIR",
		.help = help,
		.options = options,
		.take = take_option,
		.self = &request,
	};
	enum answer answer;

	if (!options_take(&command, argc, argv, &request.line.directory, &answer))
		return answer;
	return fetch(&request);
}
