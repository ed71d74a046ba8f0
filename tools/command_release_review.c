/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/auto_openssl.h"
#include "tools/release.h"
#include "tools/release_document.h"
#include "tools/release_log.h"

static const char help[] =
	"usage: attestctl release review DIR --confirm | --reject --reason TEXT [OPTIONS]\n"
	"\n"
	"Says what another person of identity security found about the emergency in force.\n"
	"Confirmed in time, it goes on until its end; rejected, it ends when verifiers see the\n"
	"review. It counts as soon as they do: no new index is needed.\n"
	"\n"
	"  --confirm           it was right to let the manifest in\n"
	"  --reject            it was not: what it let in ends\n"
	"  --reason TEXT       why, on record\n"
	"  --emergency SHA256  which one [the one that the index in force names]\n"
	"  --key FILE          private key, PEM [DIR/keys/security-lead/security-approve.pem]\n"
	"  --key-name NAME     its name in the root [security-approve]\n"
	"\n"
	"Exit status: 0 signed, 2 wrong usage or failure.\n";

struct review_request {
	struct release_line line;
	const char *finding, *reason, *emergency, *key_file, *key_name;
};

/* The one that is named, or the one in force. */
static bool find_emergency(const struct review_request *request, struct sha256_text *out)
{
	AUTO_DONE(line_state) state = { 0 };
	const char *named = request->emergency;

	if (named == NULL && line_state_read(&request->line, &state) == OK)
		named = json_string_value(json_object_get(state.index, "emergency"));
	if (named == NULL)
		return false;
	(void)snprintf(out->hex, sizeof(out->hex), "%s", named);
	return line_has(line_path(&request->line, "release/emergencies/%s/1.json", out->hex).text);
}

static enum answer review(const struct review_request *request)
{
	AUTO_DONE(bytes) payload = { 0 };
	AUTO(EVP_PKEY) key = NULL;
	struct line_path usual =
		line_path(&request->line, "keys/%s.pem", "security-lead/security-approve");
	struct sha256_text emergency = { "" };
	json_t *subject = json_array();

	if (!find_emergency(request, &emergency)) {
		json_decref(subject);
		return unusable("there is no such emergency");
	}
	subject_add(subject, "emergency", emergency.hex);
	json_t *predicate = json_pack("{s:s, s:s, s:s, s:I}", "emergency", emergency.hex, "finding",
				      request->finding, "reason", request->reason, "time",
				      (json_int_t)time(NULL));
	struct line_path folder = line_path(&request->line, "release/reviews/%s", emergency.hex);
	if (statement_text(DOCUMENT_REVIEW, subject, predicate, &payload) != OK ||
	    line_key_load(request->key_file != NULL ? request->key_file : usual.text, &key) != OK ||
	    line_sign(line_next_envelope(folder.text).text, span_of(&payload), request->key_name,
		      key) != OK)
		return ANSWER_UNUSABLE;
	printf("emergency sha256:%s %s\n", emergency.hex, request->finding);
	return release_log_catch_up(&request->line, NULL) == OK ? ANSWER_YES : ANSWER_UNUSABLE;
}

static bool take_option(struct review_request *request, int option)
{
	switch (option) {
	case 'c':
	case 'j':
		if (request->finding != NULL)
			return false;
		request->finding = option == 'c' ? "confirmed" : "rejected";
		return true;
	case 'r':
		request->reason = optarg;
		return optarg[0] != '\0';
	case 'e':
		request->emergency = document_sha256(optarg);
		return request->emergency != NULL;
	case 'k':
		request->key_file = optarg;
		return true;
	case 'n':
		request->key_name = optarg;
		return true;
	default:
		return false;
	}
}

enum answer release_review(int argc, char **argv)
{
	static const struct option options[] = {
		{ "confirm", no_argument, NULL, 'c' },
		{ "reject", no_argument, NULL, 'j' },
		{ "reason", required_argument, NULL, 'r' },
		{ "emergency", required_argument, NULL, 'e' },
		{ "key", required_argument, NULL, 'k' },
		{ "key-name", required_argument, NULL, 'n' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct review_request request = { .key_name = "security-approve" };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return ANSWER_YES;
		}
		if (!take_option(&request, option))
			return unusable("release review: an option is wrong: see --help");
	}
	if (optind != argc - 1 || request.finding == NULL || request.reason == NULL)
		return unusable("release review DIR --confirm | --reject --reason TEXT: "
				"see --help");
	request.line.directory = argv[optind];
	return review(&request);
}
