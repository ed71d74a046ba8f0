/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/release.h"
#include "tools/release_document.h"
#include "tools/release_log.h"

static const char help[] =
	"usage: attestctl release emergency DIR --class NAME --maximum-nodes N --reason TEXT\n"
	"           [OPTIONS]\n"
	"\n"
	"Lets the manifest that was signed last in before it is approved: as a canary of this\n"
	"cell, for the nodes named here and for nobody else, and not for long. 'attestctl\n"
	"release publish DIR --emergency' puts it in force. Without a review by another person\n"
	"of identity security ('attestctl release review') it lapses in the time that the root\n"
	"says, and the right of its nodes with it. The next emergency waits for that review.\n"
	"\n"
	"  --class NAME        node class that it is for, repeatable\n"
	"  --node ID           only these nodes of the classes, repeatable\n"
	"  --maximum-nodes N   so many nodes at most get a right\n"
	"  --lifetime S        seconds, at most the root's cap [14400]\n"
	"  --reason TEXT       why, on record\n"
	"  --key FILE          private key, PEM [DIR/keys/platform-lead/platform-approve.pem]\n"
	"  --key-name NAME     its name in the root [platform-approve]\n"
	"\n"
	"Exit status: 0 signed, 2 wrong usage or failure.\n";

#define DRAFT_MAX ((size_t)4 << 20)

struct emergency_request {
	struct release_line line;
	json_t *classes, *nodes;
	int64_t most_nodes, lifetime;
	const char *reason;
	struct document_signer signer;
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

static enum answer declare(const struct emergency_request *request)
{
	AUTO_DONE(bytes) draft = { 0 };
	AUTO_DONE(bytes) payload = { 0 };
	struct sha256_text digest;

	if (line_read(line_path(&request->line, "draft/manifest.json").text, DRAFT_MAX, &draft) !=
	    OK)
		return unusable("'release collect' and 'release sign' come first");

	struct sha256_text manifest = sha256_text_of(span_of(&draft));
	json_t *predicate = emergency_json(request, manifest.hex);
	json_t *subject = json_array();
	subject_add(subject, "manifest", manifest.hex);
	if (predicate == NULL ||
	    statement_text(DOCUMENT_EMERGENCY, subject, predicate, &payload) != OK ||
	    document_sign(&request->line, "emergencies", span_of(&payload), &request->signer,
			  &digest) != OK ||
	    line_write(line_path(&request->line, "draft/emergency.json").text, span_of(&payload),
		       0644) != OK)
		return ANSWER_UNUSABLE;
	printf("emergency sha256:%s\n", digest.hex);
	return release_log_catch_up(&request->line, NULL) == OK ? ANSWER_YES : ANSWER_UNUSABLE;
}

static bool take_option(struct emergency_request *request, int option)
{
	switch (option) {
	case 'c':
		return name_is_valid(span_text(optarg)) &&
		       json_array_append_new(request->classes, json_string(optarg)) == 0;
	case 'i':
		return document_sha256(optarg) != NULL &&
		       json_array_append_new(request->nodes,
					     json_string(document_sha256(optarg))) == 0;
	case 'm':
		return option_number("maximum-nodes", optarg, 1, INT32_MAX, &request->most_nodes);
	case 'l':
		return option_number("lifetime", optarg, 60, 30 * 86400, &request->lifetime);
	case 'r':
		request->reason = optarg;
		return optarg[0] != '\0';
	case 'k':
		request->signer.key_file = optarg;
		return true;
	case 'n':
		request->signer.key_name = optarg;
		return true;
	default:
		return false;
	}
}

enum answer release_emergency(int argc, char **argv)
{
	static const struct option options[] = {
		{ "class", required_argument, NULL, 'c' },
		{ "node", required_argument, NULL, 'i' },
		{ "maximum-nodes", required_argument, NULL, 'm' },
		{ "lifetime", required_argument, NULL, 'l' },
		{ "reason", required_argument, NULL, 'r' },
		{ "key", required_argument, NULL, 'k' },
		{ "key-name", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	AUTO_DONE(emergency_request)
	request = { .classes = json_array(),
		    .nodes = json_array(),
		    .lifetime = 4 * 3600,
		    .signer = { .usual = "platform-lead/platform-approve",
				.key_name = "platform-approve" } };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return ANSWER_YES;
		}
		if (!take_option(&request, option))
			return unusable("release emergency: an option is wrong: see --help");
	}
	if (optind != argc - 1 || request.most_nodes == 0 || request.reason == NULL ||
	    json_array_size(request.classes) == 0)
		return unusable("release emergency DIR --class NAME --maximum-nodes N "
				"--reason TEXT: see --help");
	request.line.directory = argv[optind];
	return declare(&request);
}
