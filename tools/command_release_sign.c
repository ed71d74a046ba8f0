/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <string.h>
#include <time.h>

#include "base/auto_openssl.h"
#include "tools/release.h"
#include "tools/release_difference.h"

static const char sign_help[] =
	"usage: attestctl release sign DIR [--key FILE] [--key-name NAME]\n"
	"\n"
	"Signs DIR/draft/manifest.json, byte for byte, with the release-sign key and puts it\n"
	"into DIR/release/manifests. Read the draft first: it is what nodes will be held to.\n"
	"It is not in force before both teams approved it and publish put it into the index.\n"
	"\n"
	"  --key FILE       private key, PEM [DIR/keys/release-signer/release-sign.pem]\n"
	"  --key-name NAME  its name in the root [release-sign]\n"
	"\n"
	"Exit status: 0 signed, 2 wrong usage or failure.\n";

static const char approve_help[] =
	"usage: attestctl release approve DIR --team platform|identity-security --reason TEXT\n"
	"           [--manifest SHA256] [--key FILE] [--key-name NAME]\n"
	"\n"
	"Approves a manifest for one team: an envelope of its own, with who, what and why. A\n"
	"change that touches trust needs both teams; every change counts as one.\n"
	"\n"
	"  --reason TEXT      why, for the record\n"
	"  --manifest SHA256  which [the draft that was signed last]\n"
	"  --key FILE         private key, PEM [DIR/keys/platform-lead/platform-approve.pem or\n"
	"                     DIR/keys/security-lead/security-approve.pem]\n"
	"  --key-name NAME    its name in the root [platform-approve or security-approve]\n"
	"\n"
	"Exit status: 0 approved, 2 wrong usage or failure.\n";

#define DRAFT_MAX ((size_t)4 << 20)

enum option_id {
	OPTION_KEY = 256,
	OPTION_KEY_NAME,
	OPTION_TEAM,
	OPTION_REASON,
	OPTION_MANIFEST,
	OPTION_HELP,
};

static const struct option options[] = {
	{ "key", required_argument, NULL, OPTION_KEY },
	{ "key-name", required_argument, NULL, OPTION_KEY_NAME },
	{ "team", required_argument, NULL, OPTION_TEAM },
	{ "reason", required_argument, NULL, OPTION_REASON },
	{ "manifest", required_argument, NULL, OPTION_MANIFEST },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

struct request {
	struct release_line line;
	const char *key, *key_name, *team, *reason, *manifest;
	bool wants_help;
};

static bool request_parse(int argc, char **argv, struct request *out)
{
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case OPTION_KEY:
			out->key = optarg;
			break;
		case OPTION_KEY_NAME:
			out->key_name = optarg;
			break;
		case OPTION_TEAM:
			out->team = optarg;
			break;
		case OPTION_REASON:
			out->reason = optarg;
			break;
		case OPTION_MANIFEST:
			out->manifest = optarg;
			break;
		case OPTION_HELP:
			out->wants_help = true;
			return true;
		default:
			return false;
		}
	}
	if (optind != argc - 1)
		return false;
	out->line.directory = argv[optind];
	return true;
}

static EVP_PKEY *load_key(const struct request *request, const char *usual)
{
	EVP_PKEY *key = NULL;
	struct line_path path = line_path(&request->line, "keys/%s.pem", usual);

	if (line_key_load(request->key != NULL ? request->key : path.text, &key) != OK)
		return NULL;
	return key;
}

enum answer release_sign(int argc, char **argv)
{
	struct request request = { 0 };
	AUTO_DONE(bytes) draft = { 0 };

	if (!request_parse(argc, argv, &request))
		return unusable("release sign DIR [--key FILE]: see --help");
	if (request.wants_help) {
		fputs(sign_help, stdout);
		return ANSWER_YES;
	}

	struct line_path path = line_path(&request.line, "draft/manifest.json");
	if (line_read(path.text, DRAFT_MAX, &draft) != OK)
		return unusable("nothing to sign: 'attestctl release collect' writes a draft");
	if (draft_check(path.text, span_of(&draft)) != OK)
		return ANSWER_UNUSABLE;

	AUTO(EVP_PKEY) key = load_key(&request, "release-signer/release-sign");
	struct sha256_text digest = sha256_text_of(span_of(&draft));
	if (key == NULL ||
	    line_sign(line_path(&request.line, "release/manifests/%s.json", digest.hex).text,
		      span_of(&draft), request.key_name != NULL ? request.key_name : "release-sign",
		      key) != OK)
		return ANSWER_UNUSABLE;
	printf("signed manifest sha256:%s\n", digest.hex);
	return ANSWER_YES;
}

static json_t *approval_json(const struct request *request, const struct comparison *c)
{
	json_t *approval = json_pack("{s:s, s:s, s:s, s:s, s:[], s:I}", "manifest",
				     sha256_hex(&c->after.digest).hex, "difference",
				     sha256_hex(&c->difference.digest).hex, "class",
				     change_class_names[comparison_class(c)], "reason",
				     request->reason, "validation", "time", (json_int_t)time(NULL));

	if (c->after.manifest.has_previous)
		(void)json_object_set_new(approval, "comparedWith",
					  json_string(sha256_hex(&c->after.manifest.previous).hex));
	return approval;
}

/* The draft that was signed last, or the manifest that was asked for. */
static enum status open_comparison(const struct request *request, struct comparison *out)
{
	AUTO_DONE(bytes) manifest = { 0 };
	AUTO_DONE(bytes) draft = { 0 };
	struct sha256_text digest = { "" };
	enum status status = OK;

	if (request->manifest == NULL) {
		status = line_read(line_path(&request->line, "draft/manifest.json").text, DRAFT_MAX,
				   &draft);
		if (status != OK)
			return status;
		digest = sha256_text_of(span_of(&draft));
	} else {
		(void)snprintf(digest.hex, sizeof(digest.hex), "%s", request->manifest);
	}
	status = manifest_payload(
		line_path(&request->line, "release/manifests/%s.json", digest.hex).text, &manifest);
	if (status != OK)
		return status;
	return comparison_open(out, line_path(&request->line, "release").text, (struct span){ 0 },
			       span_of(&manifest));
}

static enum answer approve(const struct request *request, const char *key_path,
			   const char *key_name)
{
	AUTO_DONE(comparison) c = { 0 };
	AUTO_DONE(bytes) payload = { 0 };

	if (open_comparison(request, &c) != OK)
		return unusable("not approved: sign the manifest first");
	if (comparison_print(&c, stdout, NULL) != OK)
		return unusable("not approved: what it changes cannot be told");

	struct sha256_text digest = sha256_hex(&c.after.digest);
	AUTO(EVP_PKEY) key = load_key(request, key_path);
	json_t *subject = json_array();
	subject_add(subject, "manifest", digest.hex);
	if (statement_text(DOCUMENT_APPROVAL, subject, approval_json(request, &c), &payload) !=
		    OK ||
	    key == NULL)
		return ANSWER_UNUSABLE;

	struct line_path folder = line_path(&request->line, "release/approvals/%s", digest.hex);
	struct line_path path = line_next_envelope(folder.text);
	if (line_sign(path.text, span_of(&payload),
		      request->key_name != NULL ? request->key_name : key_name, key) != OK)
		return ANSWER_UNUSABLE;
	printf("%s approved manifest sha256:%s\n", request->team, digest.hex);
	return ANSWER_YES;
}

enum answer release_approve(int argc, char **argv)
{
	struct request request = { 0 };

	if (!request_parse(argc, argv, &request))
		return unusable("release approve DIR --team TEAM --reason TEXT: see --help");
	if (request.wants_help) {
		fputs(approve_help, stdout);
		return ANSWER_YES;
	}
	if (request.team == NULL || request.reason == NULL || request.reason[0] == '\0')
		return unusable("release approve needs --team and --reason: see --help");
	if (strcmp(request.team, "platform") == 0)
		return approve(&request, "platform-lead/platform-approve", "platform-approve");
	if (strcmp(request.team, "identity-security") == 0)
		return approve(&request, "security-lead/security-approve", "security-approve");
	return unusable("no team '%s': platform or identity-security", request.team);
}
