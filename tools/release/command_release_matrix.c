/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "tools/json_changes.h"
#include "tools/log_text.h"
#include "tools/release/release.h"
#include "tools/release/release_log.h"
#include "tools/release/release_matrix.h"
#include "tools/options.h"
#include "tools/release/release_document.h"
#include "tools/release/release_root.h"

static const char help[] =
	"usage: attestctl release matrix DIR [--json]\n"
	"       attestctl release matrix DIR --allow PLATFORM/KERNEL --reason TEXT [--class NAME]\n"
	"       attestctl release matrix DIR --block PLATFORM/KERNEL --reason TEXT\n"
	"       attestctl release matrix DIR --cosign [--key FILE --key-name NAME]\n"
	"       attestctl release matrix DIR --publish\n"
	"\n"
	"Which platforms count with which kernels, and each decision about it: what, why, who and\n"
	"when. --allow and --block make the next version of the matrix, DIR/draft/matrix.json,\n"
	"and sign it; somebody of the other team signs it with --cosign, which shows first what\n"
	"was decided. --publish takes it once both teams signed, and 'attestctl release publish\n"
	"DIR --again' makes an index under it. Decisions are only ever added.\n"
	"\n"
	"  --allow PLATFORM/KERNEL  from now on it counts\n"
	"  --block PLATFORM/KERNEL  it counts no more, from the next load on\n"
	"  --reason TEXT    why, on record\n"
	"  --class NAME     with --allow: a node class that may run it, repeatable\n"
	"  --after SHA256   the index in force, as 'publish' printed it, where the root's key for "
	"it\n"
	"                   and one of the matrix' have changed since\n"
	"  --json           {\"version\":N,\"cells\":[...],\"decisions\":[...]}\n"
	"  --key FILE|URI   private key [DIR/keys/platform-lead/platform-approve.pem]\n"
	"  --key-name NAME  its name in the root [platform-approve]\n" SIGNING_HELP "\n"
	"Exit status: 0 done; 1 not signed by both teams, or a decision is gone; 2 wrong usage or\n"
	"failure.\n";

static void matrix_request_done(struct matrix_request *request)
{
	json_decref(request->classes);
}

AUTO_RELEASE(matrix_request, matrix_request_done);

static void print_decision(FILE *to, const struct matrix_decision *d)
{
	char when[32] = "?";
	time_t time = (time_t)d->time;
	struct tm parts;

	if (gmtime_r(&time, &parts) != NULL)
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &parts);
	fprintf(to, "  %s UTC  %s  %.*s/%.*s  by %.*s: ", when, d->is_allowed ? "allow" : "block",
		(int)d->platform.len, (const char *)d->platform.data, (int)d->kernel.len,
		(const char *)d->kernel.data, (int)d->by.len, (const char *)d->by.data);
	print_escaped(to, d->reason, MATRIX_REASON_MAX);
	fputc('\n', to);
}

static enum answer show(const struct matrix_request *request)
{
	AUTO(matrix_paper) paper = matrix_paper_known(request);

	if (paper == NULL)
		return ANSWER_UNUSABLE;
	if (request->as_json) {
		AUTO(json_t) predicate = payload_predicate(span_of(&paper->payload));

		(void)json_object_del(predicate, "classes");
		(void)json_dumpf(predicate, stdout, JSON_COMPACT);
		putchar('\n');
		return ANSWER_YES;
	}
	printf("matrix version %" PRIu64 "\n", paper->matrix.version);
	for (size_t i = 0; i < paper->matrix.cell_count; i++) {
		const struct matrix_cell *cell = &paper->matrix.cell[i];

		printf("%s  %.*s/%.*s\n", cell->is_allowed ? "allow" : "block",
		       (int)cell->platform.len, (const char *)cell->platform.data,
		       (int)cell->kernel.len, (const char *)cell->kernel.data);
	}
	puts(paper->matrix.has_decisions ? "decisions:" : "no decisions are on record");
	for (size_t i = 0; i < paper->matrix.decision_count; i++)
		print_decision(stdout, &paper->matrix.decision[i]);
	return ANSWER_YES;
}

/* All that would count but did not: node classes decide who may be minted, and no decision
 * speaks of them. */
static enum status show_changes(const struct matrix_paper *known, const struct matrix_paper *draft)
{
	AUTO(json_t) before = payload_predicate(span_of(&known->payload));
	AUTO(json_t) after = payload_predicate(span_of(&draft->payload));

	if (before == NULL || after == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = known->matrix.decision_count; i < draft->matrix.decision_count; i++)
		print_decision(stderr, &draft->matrix.decision[i]);
	(void)json_object_del(before, "decisions");
	(void)json_object_del(after, "decisions");
	(void)print_json_changes(stderr, "", before, after);
	return fflush(stderr) == 0 ? OK : STATUS_IO;
}

/* The draft goes on from the matrix that is known; what it changes is shown first. */
static enum answer check_draft(const struct matrix_request *request,
			       const struct matrix_paper *draft)
{
	AUTO(matrix_paper) known = matrix_paper_known(request);

	if (known == NULL || draft == NULL)
		return ANSWER_UNUSABLE;
	if (draft->matrix.version != known->matrix.version + 1)
		return unusable("the draft is no next version of the matrix: make it again");
	if (!matrix_goes_on(&known->matrix, &draft->matrix)) {
		(void)unusable("decision-removed: the draft lacks a decision that is on record");
		return ANSWER_NO;
	}
	return show_changes(known, draft) == OK ? ANSWER_YES : ANSWER_UNUSABLE;
}

/* The draft that somebody else signed first: the bytes that were shown are signed. */
static enum answer cosign_draft(struct matrix_request *request, struct bytes *payload)
{
	AUTO(matrix_paper) draft = matrix_paper_draft(request);
	enum answer answer = check_draft(request, draft);

	if (answer != ANSWER_YES)
		return answer;
	if (bytes_copy(span_of(&draft->payload), payload) != OK ||
	    (request->signing.prints &&
	     signing_print(&request->line, &request->signing, span_of(payload)) != OK))
		return ANSWER_UNUSABLE;
	return ANSWER_YES;
}

static enum answer make_draft(struct matrix_request *request, const char *path,
			      struct bytes *payload)
{
	const struct signing_draft draft = { DOCUMENT_MATRIX, DRAFT_MATRIX, matrix_next, request };

	if (signing_payload(&request->line, &request->signing, &draft, payload) != OK ||
	    (!request->signing.prints && path_write(path, span_of(payload), 0644) != OK))
		return ANSWER_UNUSABLE;
	return ANSWER_YES;
}

static enum answer sign_draft(struct matrix_request *request)
{
	AUTO_DONE(bytes) payload = { 0 };
	struct sha256_text digest;
	struct path_text path = line_path(&request->line, DRAFT_MATRIX);
	enum answer answer = request->action == MATRIX_COSIGN
				     ? cosign_draft(request, &payload)
				     : make_draft(request, path.text, &payload);

	if (answer != ANSWER_YES || request->signing.prints)
		return answer;
	if (!signing_agreed(&request->signing) ||
	    signing_add(&request->line, &request->signing, "matrix", span_of(&payload), &digest) !=
		    OK)
		return ANSWER_UNUSABLE;
	printf("matrix sha256:%s, signed by %s\n", digest.hex, request->signing.key_name);
	return release_log_catch_up(&request->line, &request->signing.pin, NULL) == OK
		       ? ANSWER_YES
		       : ANSWER_UNUSABLE;
}

static enum answer take_draft(const struct matrix_request *request)
{
	AUTO(matrix_paper) draft = matrix_paper_draft(request);
	AUTO(json_t) settings = line_settings(&request->line);
	AUTO_DONE(root) root = { 0 };
	key_mask signers = 0, revoked = 0;
	enum answer answer = check_draft(request, draft);

	if (answer != ANSWER_YES)
		return answer;
	if (settings == NULL || line_root(&request->line, &request->signing.pin, &root) != OK)
		return ANSWER_UNUSABLE;

	struct sha256_text digest = sha256_text_of(span_of(&draft->payload));
	if (matrix_signers(&request->line, &root, digest.hex, &signers) != OK ||
	    revoked_keys(line_path(&request->line, "release").text, &root, &revoked) != OK)
		return ANSWER_UNUSABLE;
	if (!root_meets(&root, ROLE_MATRIX, signers & ~revoked)) {
		(void)unusable("threshold-not-met: the matrix wants %u signatures, of both teams, "
			       "by keys that are not revoked",
			       root.role[ROLE_MATRIX].threshold);
		return ANSWER_NO;
	}
	(void)json_object_set_new(settings, "matrix", json_string(digest.hex));
	AUTO(char) text = json_dumps(settings, JSON_INDENT(2));
	if (text == NULL ||
	    path_write(line_path(&request->line, "line.json").text, span_text(text), 0644) != OK)
		return ANSWER_UNUSABLE;
	printf("matrix version %" PRIu64 "; now 'attestctl release publish %s --again'\n",
	       draft->matrix.version, request->line.directory);
	return ANSWER_YES;
}

static bool take_action(struct matrix_request *request, enum matrix_action action, const char *cell)
{
	if (request->action != MATRIX_SHOW)
		return false;
	request->action = action;
	request->cell = cell;
	return true;
}

static bool take_option(void *self, int option, const char *value)
{
	struct matrix_request *request = self;

	switch (option) {
	case 'a':
		return take_action(request, MATRIX_ALLOW, value);
	case 'b':
		return take_action(request, MATRIX_BLOCK, value);
	case 'c':
		return take_action(request, MATRIX_COSIGN, NULL);
	case 'p':
		return take_action(request, MATRIX_PUBLISH, NULL);
	case 'C':
		return json_array_append_new(request->classes, json_string(value)) == 0;
	case 'r':
		request->reason = value;
		return value[0] != '\0' && strlen(value) <= MATRIX_REASON_MAX;
	case 'A':
		request->after = document_sha256(value);
		return request->after != NULL;
	case 'j':
		request->as_json = true;
		return true;
	default:
		return signing_take(&request->signing, option, value);
	}
}

/* A decision has a cell and a reason; only what is allowed is given to a class. */
static bool is_whole(const void *self)
{
	const struct matrix_request *request = self;
	char platform[65], kernel[65];

	if (request->action == MATRIX_ALLOW || request->action == MATRIX_BLOCK)
		return request->reason != NULL &&
		       matrix_cell_split(request->cell, platform, kernel) &&
		       (request->action == MATRIX_ALLOW || json_array_size(request->classes) == 0);
	return request->reason == NULL && json_array_size(request->classes) == 0;
}

enum answer release_matrix(int argc, char **argv)
{
	static const struct option options[] = {
		{ "allow", required_argument, NULL, 'a' },
		{ "block", required_argument, NULL, 'b' },
		{ "cosign", no_argument, NULL, 'c' },
		{ "publish", no_argument, NULL, 'p' },
		{ "class", required_argument, NULL, 'C' },
		{ "reason", required_argument, NULL, 'r' },
		{ "after", required_argument, NULL, 'A' },
		{ "json", no_argument, NULL, 'j' },
		SIGNING_OPTIONS,
		LAST_OPTIONS,
	};
	AUTO_DONE(matrix_request)
	request = { .classes = json_array(),
		    .signing = { .role = ROLE_MATRIX,
				 .usual = "platform-lead/platform-approve",
				 .key_name = "platform-approve" } };
	const struct command_options command = {
		.usage = "release matrix DIR [--allow | --block PLATFORM/KERNEL --reason TEXT | "
			 "--cosign | --publish]",
		.help = help,
		.options = options,
		.take = take_option,
		.is_whole = is_whole,
		.self = &request,
	};
	enum answer answer;

	if (!options_take(&command, argc, argv, &request.line.directory, &answer))
		return answer;
	if (request.action == MATRIX_SHOW)
		return show(&request);
	return request.action == MATRIX_PUBLISH ? take_draft(&request) : sign_draft(&request);
}
