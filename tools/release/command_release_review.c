/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/release/release.h"
#include "tools/release/release_document.h"
#include "tools/release/release_log.h"
#include "tools/options.h"
#include "tools/release/release_signing.h"
#include "tools/release/release_state.h"

#define SIGNATURES_MAX 16
#define DRAFT_REVIEW "draft/review.json"

static const char help[] =
	"usage: attestctl release review DIR --confirm | --reject --reason TEXT [OPTIONS]\n"
	"\n"
	"Says what another person of identity security found about the emergency in force.\n"
	"Confirmed in time, it goes on until its end; rejected, it ends when verifiers see the\n"
	"review; a confirmation counts once 'release publish --again' has named it in an index,\n"
	"within the time that the root gives for a review. Before it signs it prints\n"
	"the emergency: one that nobody signed who may declare any is refused.\n"
	"\n"
	"  --confirm           it was right to let the manifest in\n"
	"  --reject            it was not: what it let in ends\n"
	"  --reason TEXT       why, on record\n"
	"  --emergency SHA256  which one [the one that the index in force names]\n"
	"  --key FILE|URI      private key [DIR/keys/security-lead/security-approve.pem]\n"
	"  --key-name NAME     its name in the root [security-approve]\n" SIGNING_HELP "\n"
	"Exit status: 0 signed, 2 wrong usage or failure.\n";

struct review_request {
	struct release_line line;
	const char *finding, *reason;
	const char *named; /* by --emergency, hexadecimal digits */
	struct sha256_text emergency;
	struct signing signing;
};

/* The one that is named, or the one in force. */
static bool find_emergency(struct review_request *request)
{
	const struct line_anchor anchor = { .pin = &request->signing.pin };
	AUTO_DONE(line_state) state = { 0 };
	const char *named = request->named;

	if (named == NULL && line_state_from(&request->line, &anchor, &state) != OK)
		return false;
	if (named == NULL)
		named = json_string_value(json_object_get(state.index, "emergency"));
	if (named != NULL)
		(void)snprintf(request->emergency.hex, sizeof(request->emergency.hex), "%s", named);
	if (named != NULL && path_exists(line_path(&request->line, "release/emergencies/%s/1.json",
						   request->emergency.hex)
						 .text))
		return true;
	(void)unusable("there is no such emergency");
	return false;
}

/* The payload that the digest names, and who of the root signed it. */
static enum status read_signed(const struct path_text *folder, const char *hex,
			       const struct root *root, struct bytes *payload, key_mask *signers)
{
	for (int i = 1; i <= SIGNATURES_MAX; i++) {
		AUTO_DONE(dsse) dsse = { 0 };
		struct path_text path;
		size_t key;

		(void)snprintf(path.text, sizeof(path.text), "%.4000s/%d.json", folder->text, i);
		if (!path_exists(path.text))
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

/* Shows what is reviewed: a document that somebody signed who may declare one. */
static enum status show_emergency(const struct review_request *request)
{
	AUTO_DONE(bytes) payload = { 0 };
	AUTO_DONE(root) root = { 0 };
	const char *hex = request->emergency.hex;
	struct path_text folder = line_path(&request->line, "release/emergencies/%s", hex);
	key_mask signers = 0;
	enum status status = line_root(&request->line, &request->signing.pin, &root);

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
	status = signing_check(DOCUMENT_EMERGENCY, folder.text, span_of(&payload));
	if (status != OK)
		return status;
	fprintf(request->signing.prints ? stderr : stdout, "emergency sha256:%s\n", hex);
	return signing_show(&request->signing, span_of(&payload));
}

static enum status make_document(void *self, struct bytes *payload)
{
	const struct review_request *request = self;
	json_t *subject = json_array();

	subject_add(subject, "emergency", request->emergency.hex);
	return statement_text(DOCUMENT_REVIEW, subject,
			      json_pack("{s:s, s:s, s:s, s:I}", "emergency", request->emergency.hex,
					"finding", request->finding, "reason", request->reason,
					"time", (json_int_t)time(NULL)),
			      payload);
}

/* What was kept may be about another one than what was just shown. */
static bool is_about(struct span payload, const struct sha256_text *emergency)
{
	AUTO(json_t) predicate = payload_predicate(payload);
	const char *about = json_string_value(json_object_get(predicate, "emergency"));

	if (about != NULL && strcmp(about, emergency->hex) == 0)
		return true;
	(void)unusable("%s: of another emergency; --print-pae again", DRAFT_REVIEW);
	return false;
}

static enum answer review(struct review_request *request)
{
	const struct signing_draft draft = { DOCUMENT_REVIEW, DRAFT_REVIEW, make_document,
					     request };
	AUTO_DONE(bytes) payload = { 0 };

	if (!find_emergency(request) || show_emergency(request) != OK ||
	    signing_payload(&request->line, &request->signing, &draft, &payload) != OK)
		return ANSWER_UNUSABLE;
	if (request->signing.prints)
		return ANSWER_YES;

	struct path_text folder =
		line_path(&request->line, "release/reviews/%s", request->emergency.hex);
	if (!is_about(span_of(&payload), &request->emergency) ||
	    !signing_agreed(&request->signing) ||
	    signing_envelope_in(&request->line, &request->signing, span_of(&payload),
				folder.text) != OK)
		return ANSWER_UNUSABLE;
	signing_forget(&request->line, &request->signing, &draft);
	printf("emergency sha256:%s reviewed\n", request->emergency.hex);
	return release_log_catch_up(&request->line, &request->signing.pin, NULL) == OK
		       ? ANSWER_YES
		       : ANSWER_UNUSABLE;
}

static bool take_option(void *self, int option, const char *value)
{
	struct review_request *request = self;

	switch (option) {
	case 'c':
	case 'j':
		if (request->finding != NULL)
			return false;
		request->finding = option == 'c' ? "confirmed" : "rejected";
		return true;
	case 'r':
		request->reason = value;
		return value[0] != '\0';
	case 'e':
		request->named = document_sha256(value);
		return request->named != NULL;
	default:
		return signing_take(&request->signing, option, value);
	}
}

static bool is_whole(const void *self)
{
	const struct review_request *request = self;

	return request->signing.signature != NULL ||
	       (request->finding != NULL && request->reason != NULL);
}

enum answer release_review(int argc, char **argv)
{
	static const struct option options[] = {
		{ "confirm", no_argument, NULL, 'c' },
		{ "reject", no_argument, NULL, 'j' },
		{ "reason", required_argument, NULL, 'r' },
		{ "emergency", required_argument, NULL, 'e' },
		SIGNING_OPTIONS,
		LAST_OPTIONS,
	};
	struct review_request request = { .signing = { .role = ROLE_REVIEW,
						       .usual = "security-lead/security-approve",
						       .key_name = "security-approve" } };
	const struct command_options command = {
		.usage = "release review DIR --confirm | --reject --reason TEXT",
		.help = help,
		.options = options,
		.take = take_option,
		.is_whole = is_whole,
		.self = &request,
	};
	enum answer answer;

	if (!options_take(&command, argc, argv, &request.line.directory, &answer))
		return answer;
	return review(&request);
}
