/* SPDX-License-Identifier: Apache-2.0 */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/auto_openssl.h"
#include "tools/release.h"
#include "tools/release_document.h"
#include "tools/release_log.h"
#include "tools/release_root.h"
#include "tools/release_signing.h"

#define SIGNATURES_MAX 16

static const char help[] =
	"usage: attestctl release review DIR --confirm | --reject --reason TEXT [OPTIONS]\n"
	"\n"
	"Says what another person of identity security found about the emergency in force.\n"
	"Confirmed in time, it goes on until its end; rejected, it ends when verifiers see the\n"
	"review. It counts as soon as they do: no new index is needed. Before it signs it prints\n"
	"the emergency: one that nobody signed who may declare any is refused.\n"
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
	if (named == NULL || (named = document_sha256(named)) == NULL)
		return false;
	(void)snprintf(out->hex, sizeof(out->hex), "%s", named);
	return line_has(line_path(&request->line, "release/emergencies/%s/1.json", out->hex).text);
}

/* The payload that the digest names, and who of the root signed it. */
static enum status read_signed(const struct line_path *folder, const char *hex,
			       const struct root *root, struct bytes *payload, key_mask *signers)
{
	for (int i = 1; i <= SIGNATURES_MAX; i++) {
		AUTO_DONE(dsse) dsse = { 0 };
		struct line_path path;
		size_t key;

		(void)snprintf(path.text, sizeof(path.text), "%.4000s/%d.json", folder->text, i);
		if (!line_has(path.text))
			return OK;
		enum status status = verified_envelope(root, path.text, &dsse, &key);
		if (status != OK && status != STATUS_NOT_FOUND && status != STATUS_MISMATCH)
			return status;
		if (strcmp(sha256_text_of(span_of(&dsse.payload)).hex, hex) != 0) {
			(void)unusable("%s: digest-mismatch: not the document that its name says",
				       path.text);
			return STATUS_MISMATCH;
		}
		if (status == OK)
			*signers |= (key_mask)1 << key;
		bytes_done(payload);
		*payload = dsse.payload;
		dsse.payload = (struct bytes){ 0 };
	}
	return OK;
}

/* As JSON: nothing in it reaches a terminal as it is. */
static void print_member(json_t *predicate, const char *name)
{
	AUTO(char)
	text = json_dumps(json_object_get(predicate, name),
			  JSON_ENCODE_ANY | JSON_COMPACT | JSON_ENSURE_ASCII);

	printf("  %-8s  %s\n", name, text == NULL ? "none" : text);
}

/* Shows what is reviewed: a document that somebody signed who may declare one. */
static enum status show_emergency(const struct review_request *request, const char *hex)
{
	static const char *const members[] = { "manifest", "scope", "reason", "time", "expires" };
	AUTO_DONE(bytes) payload = { 0 };
	AUTO_DONE(root) root = { 0 };
	AUTO_DONE(statement) statement = { 0 };
	struct line_path folder = line_path(&request->line, "release/emergencies/%s", hex);
	key_mask signers = 0;
	enum status status = newest_root(line_path(&request->line, "release").text, &root);

	if (status == OK)
		status = read_signed(&folder, hex, &root, &payload, &signers);
	if (status != OK)
		return status;
	if (!root_meets(&root, ROLE_EMERGENCY, signers)) {
		(void)unusable("%s: threshold-not-met: not signed by enough who may declare an "
			       "emergency by root %" PRIu64 ": ask who made it",
			       folder.text, root.version);
		return STATUS_DENIED;
	}
	if (statement_open(span_of(&payload), DOCUMENT_EMERGENCY, &statement) != OK) {
		(void)unusable("%s: %s at %s", folder.text, statement.document.fault,
			       statement.document.path);
		return STATUS_MALFORMED;
	}

	AUTO(json_t) predicate = payload_predicate(span_of(&payload));
	if (predicate == NULL)
		return STATUS_MALFORMED;
	printf("emergency sha256:%s\n", hex);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		print_member(predicate, members[i]);
	return fflush(stdout) == 0 ? OK : STATUS_IO;
}

static enum answer review(const struct review_request *request)
{
	AUTO_DONE(bytes) payload = { 0 };
	AUTO(EVP_PKEY) key = NULL;
	struct line_path usual =
		line_path(&request->line, "keys/%s.pem", "security-lead/security-approve");
	struct sha256_text emergency = { "" };

	if (!find_emergency(request, &emergency))
		return unusable("there is no such emergency");
	if (show_emergency(request, emergency.hex) != OK)
		return ANSWER_UNUSABLE;

	json_t *subject = json_array();
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
