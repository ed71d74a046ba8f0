/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <time.h>

#include "tools/release/release.h"
#include "tools/release/release_cosigning.h"
#include "tools/release/release_difference.h"
#include "tools/release/release_document.h"
#include "tools/release/release_manifest.h"
#include "tools/options.h"
#include "tools/release/release_state.h"

static const char help[] =
	"usage: attestctl release emergency DIR --class NAME --maximum-nodes N --reason TEXT\n"
	"           [OPTIONS]\n"
	"\n"
	"Lets the manifest that was signed last in before it is approved: as a canary of this\n"
	"cell, for the nodes named here and for nobody else, and not for long. 'attestctl\n"
	"release publish DIR --emergency' puts it in force. Without a review by another person\n"
	"of identity security ('attestctl release review') it lapses in the time that the root\n"
	"says, and the right of its nodes with it. The next emergency waits for that review.\n"
	"What the manifest changes is shown before anybody signs.\n"
	"\n"
	"  --class NAME        node class that it is for, repeatable\n"
	"  --node ID           only these nodes of the classes, repeatable\n"
	"  --maximum-nodes N   so many nodes at most get a right\n"
	"  --lifetime S        seconds, at most the root's cap [14400]\n"
	"  --reason TEXT       why, on record\n"
	"  --cosign            signs the same document once more, where the root wants several\n"
	"                      people\n"
	"  --key FILE|URI      private key [DIR/keys/platform-lead/platform-approve.pem]\n"
	"  --key-name NAME     its name in the root [platform-approve]\n" SIGNING_HELP "\n"
	"Exit status: 0 signed, 2 wrong usage or failure.\n";

#define DRAFT_EMERGENCY "draft/emergency.json"
#define DRAFT_MAX ((size_t)4 << 20)

struct emergency_request {
	struct release_line line;
	json_t *classes, *nodes;
	int64_t most_nodes, lifetime;
	const char *reason;
	bool is_cosigning;
	struct signing signing;
};

static void emergency_request_done(struct emergency_request *request)
{
	json_decref(request->classes);
	json_decref(request->nodes);
}

AUTO_RELEASE(emergency_request, emergency_request_done);

static json_t *emergency_json(const struct emergency_request *request, const char *manifest)
{
	AUTO(json_t) settings = line_settings(&request->line);
	int64_t now = time(NULL);

	if (settings == NULL)
		return NULL;

	json_t *scope = json_pack(
		"{s:[O], s:O, s:I}", "platforms", json_object_get(settings, "platform"), "classes",
		request->classes, "maximumNodes", (json_int_t)request->most_nodes);
	if (json_array_size(request->nodes) > 0)
		(void)json_object_set(scope, "nodes", request->nodes);
	return json_pack("{s:s, s:o, s:s, s:I, s:I}", "manifest", manifest, "scope", scope,
			 "reason", request->reason, "time", (json_int_t)now, "expires",
			 (json_int_t)(now + request->lifetime));
}

/* The draft that was signed last: by somebody who may, or there is nothing to let in. */
static enum status find_manifest(const struct emergency_request *request, struct sha256_text *out)
{
	AUTO_DONE(bytes) draft = { 0 };
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(root) root = { 0 };
	key_mask signer;
	enum status status =
		path_read(line_path(&request->line, "draft/manifest.json").text, DRAFT_MAX, &draft);

	if (status == OK)
		status = line_root(&request->line, &request->signing.pin, &root);
	if (status != OK)
		return status;
	*out = sha256_text_of(span_of(&draft));

	struct path_text path = line_path(&request->line, "release/manifests/%s.json", out->hex);
	status = envelope_open(path.text, &dsse);
	if (status != OK)
		return status;
	const char *doubt = !span_equal(span_of(&dsse.payload), span_of(&draft))
				    ? "digest-mismatch"
				    : envelope_doubt(&root, ROLE_RELEASE_SIGN, &dsse, &signer);
	if (doubt == NULL)
		return OK;
	(void)unusable("%s: %s: 'release sign' did not make it of this draft", path.text, doubt);
	return STATUS_DENIED;
}

/* Nothing is let in beside a release that does not verify. */
static enum status make_document(void *self, struct bytes *payload)
{
	struct emergency_request *request = self;
	const struct line_anchor anchor = { .pin = &request->signing.pin };
	AUTO_DONE(line_state) state = { 0 };
	struct sha256_text manifest;
	enum status status = line_state_from(&request->line, &anchor, &state);

	if (status == OK)
		status = find_manifest(request, &manifest);
	if (status != OK) {
		(void)unusable("'release collect' and 'release sign' come first");
		return status;
	}
	json_t *predicate = emergency_json(request, manifest.hex);
	if (predicate == NULL)
		return STATUS_NOT_FOUND;
	json_t *subject = json_array();
	subject_add(subject, "manifest", manifest.hex);
	return statement_text(DOCUMENT_EMERGENCY, subject, predicate, payload);
}

/* Nobody has approved it yet: whoever signs sees what it changes. */
static enum status show_manifest(void *self, struct span payload, FILE *to)
{
	const struct emergency_request *request = self;
	AUTO(json_t) predicate = payload_predicate(payload);
	const char *hex = json_string_value(json_object_get(predicate, "manifest"));
	struct path_text release = line_path(&request->line, "release");
	AUTO_DONE(comparison) c = { 0 };
	AUTO_DONE(bytes) manifest = { 0 };
	enum status status = hex == NULL || document_sha256(hex) == NULL
				     ? STATUS_MALFORMED
				     : manifest_named(release.text, hex, &manifest);

	if (status == OK)
		status = comparison_open(&c, &request->line, &request->signing.pin,
					 span_of(&manifest));
	if (status == OK)
		status = comparison_print(&c, to, NULL);
	return status == OK && fflush(to) != 0 ? STATUS_IO : status;
}

static enum answer declare(struct emergency_request *request)
{
	const struct cosigned document = {
		.draft = { DOCUMENT_EMERGENCY, DRAFT_EMERGENCY, make_document, request },
		.name = "emergency",
		.folder = "emergencies",
		.max = DRAFT_MAX,
		.is_cosigning = request->is_cosigning,
		.show = show_manifest,
	};

	return cosigned_sign(&request->line, &request->signing, &document);
}

static bool take_option(void *self, int option, const char *value)
{
	struct emergency_request *request = self;

	switch (option) {
	case 'c':
		return name_is_valid(span_text(value)) &&
		       json_array_append_new(request->classes, json_string(value)) == 0;
	case 'i':
		return document_sha256(value) != NULL &&
		       json_array_append_new(request->nodes, json_string(document_sha256(value))) ==
			       0;
	case 'm':
		return option_number("maximum-nodes", value, 1, INT32_MAX, &request->most_nodes);
	case 'l':
		return option_number("lifetime", value, 60, 30 * 86400, &request->lifetime);
	case 'r':
		request->reason = value;
		return value[0] != '\0';
	case 's':
		request->is_cosigning = true;
		return true;
	default:
		return signing_take(&request->signing, option, value);
	}
}

static bool is_whole(const void *self)
{
	const struct emergency_request *request = self;

	if (request->is_cosigning || request->signing.signature != NULL)
		return true;
	return request->most_nodes > 0 && request->reason != NULL &&
	       json_array_size(request->classes) > 0;
}

enum answer release_emergency(int argc, char **argv)
{
	static const struct option options[] = {
		{ "class", required_argument, NULL, 'c' },
		{ "node", required_argument, NULL, 'i' },
		{ "maximum-nodes", required_argument, NULL, 'm' },
		{ "lifetime", required_argument, NULL, 'l' },
		{ "reason", required_argument, NULL, 'r' },
		{ "cosign", no_argument, NULL, 's' },
		SIGNING_OPTIONS,
		LAST_OPTIONS,
	};
	AUTO_DONE(emergency_request)
	request = { .classes = json_array(),
		    .nodes = json_array(),
		    .lifetime = 4 * 3600,
		    .signing = { .role = ROLE_EMERGENCY,
				 .usual = "platform-lead/platform-approve",
				 .key_name = "platform-approve" } };
	const struct command_options command = {
		.usage = "release emergency DIR --class NAME --maximum-nodes N --reason TEXT",
		.help = help,
		.options = options,
		.take = take_option,
		.is_whole = is_whole,
		.self = &request,
	};
	enum answer answer;

	if (!options_take(&command, argc, argv, &request.line.directory, &answer))
		return answer;
	return declare(&request);
}
