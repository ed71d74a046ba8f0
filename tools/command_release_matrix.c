/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "policies/matrix.h"
#include "tools/json_changes.h"
#include "tools/log_text.h"
#include "tools/release.h"
#include "tools/release_log.h"
#include "tools/release_options.h"
#include "tools/release_root.h"
#include "tools/release_signing.h"

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
	"  --json           {\"version\":N,\"cells\":[...],\"decisions\":[...]}\n"
	"  --key FILE|URI   private key [DIR/keys/platform-lead/platform-approve.pem]\n"
	"  --key-name NAME  its name in the root [platform-approve]\n" SIGNING_HELP "\n"
	"Exit status: 0 done; 1 not signed by both teams, or a decision is gone; 2 wrong usage or\n"
	"failure.\n";

#define DRAFT_MATRIX "draft/matrix.json"
#define MATRIX_BYTES_MAX ((size_t)4 << 20)
#define SIGNATURES_MAX 16

enum matrix_action {
	MATRIX_SHOW,
	MATRIX_ALLOW,
	MATRIX_BLOCK,
	MATRIX_COSIGN,
	MATRIX_PUBLISH,
};

struct matrix_request {
	struct release_line line;
	enum matrix_action action;
	const char *cell, *reason;
	json_t *classes;
	bool as_json;
	struct signing signing;
};

static void matrix_request_done(struct matrix_request *request)
{
	json_decref(request->classes);
}

AUTO_RELEASE(matrix_request, matrix_request_done);

/* A matrix that was read strictly; too large for a stack. */
struct matrix_paper {
	struct bytes payload;
	struct statement statement;
	struct image_builder aside;
	struct matrix matrix;
};

static void matrix_paper_free(struct matrix_paper *paper)
{
	if (paper == NULL)
		return;
	statement_done(&paper->statement);
	image_builder_done(&paper->aside);
	bytes_done(&paper->payload);
	free(paper);
}

AUTO_FREE(matrix_paper, struct matrix_paper, matrix_paper_free);

/* Takes payload over; NULL after a message. */
static struct matrix_paper *read_paper(struct bytes *payload, const char *what)
{
	struct matrix_paper *paper = calloc(1, sizeof(*paper));

	if (paper == NULL)
		return NULL;
	paper->payload = *payload;
	*payload = (struct bytes){ 0 };
	if (image_builder_init(&paper->aside) == OK &&
	    statement_open(span_of(&paper->payload), DOCUMENT_MATRIX, &paper->statement) == OK &&
	    matrix_read(&paper->statement, &paper->aside, &paper->matrix) == OK)
		return paper;
	(void)unusable("%s: %s at %s", what, paper->statement.document.fault,
		       paper->statement.document.path);
	matrix_paper_free(paper);
	return NULL;
}

/* The matrix that line.json knows by its digest. */
static struct matrix_paper *read_known(const struct matrix_request *request)
{
	AUTO(json_t) settings = line_settings(&request->line);
	AUTO_DONE(dsse) dsse = { 0 };
	const char *hex = json_string_value(json_object_get(settings, "matrix"));
	struct line_path path = line_path(&request->line, "release/matrix/%s/1.json", hex);

	if (hex == NULL || envelope_open(path.text, &dsse) != OK)
		return NULL;
	if (strcmp(sha256_text_of(span_of(&dsse.payload)).hex, hex) != 0) {
		(void)unusable("%s: not the matrix that line.json names", path.text);
		return NULL;
	}
	return read_paper(&dsse.payload, path.text);
}

static struct matrix_paper *read_draft(const struct matrix_request *request)
{
	AUTO_DONE(bytes) text = { 0 };
	struct line_path path = line_path(&request->line, DRAFT_MATRIX);

	if (line_read(path.text, MATRIX_BYTES_MAX, &text) != OK)
		return NULL;
	return read_paper(&text, path.text);
}

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
	AUTO(matrix_paper) paper = read_known(request);

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

/* PLATFORM/KERNEL of --allow and --block. */
static bool split_cell(const char *text, char platform[65], char kernel[65])
{
	const char *slash = strchr(text, '/');

	return slash != NULL && slash > text && slash - text <= 64 && strlen(slash + 1) <= 64 &&
	       snprintf(platform, 65, "%.*s", (int)(slash - text), text) > 0 &&
	       snprintf(kernel, 65, "%s", slash + 1) > 0 && target_is_valid(span_text(platform)) &&
	       target_is_valid(span_text(kernel));
}

static json_t *find_cell(json_t *cells, const char *platform, const char *kernel)
{
	json_t *cell;
	size_t i;

	json_array_foreach(cells, i, cell)
	{
		if (strcmp(json_string_value(json_object_get(cell, "platform")), platform) == 0 &&
		    strcmp(json_string_value(json_object_get(cell, "kernel")), kernel) == 0)
			return cell;
	}
	return NULL;
}

static json_t *decision_json(json_t *cell, const char *reason, const char *by)
{
	return json_pack("{s:O, s:O, s:O, s:s, s:s, s:I}", "platform",
			 json_object_get(cell, "platform"), "kernel",
			 json_object_get(cell, "kernel"), "state", json_object_get(cell, "state"),
			 "reason", reason, "by", by, "time", (json_int_t)time(NULL));
}

/* A matrix from before decisions were kept gets one for each of its cells. */
static json_t *decisions_of(json_t *predicate, const char *by)
{
	json_t *decisions = json_object_get(predicate, "decisions");
	json_t *cell;
	size_t i;

	if (decisions != NULL)
		return decisions;
	decisions = json_array();
	json_array_foreach(json_object_get(predicate, "cells"), i, cell)
	{
		(void)json_array_append_new(
			decisions,
			decision_json(cell, "as it stood before decisions were recorded", by));
	}
	(void)json_object_set_new(predicate, "decisions", decisions);
	return decisions;
}

static bool add_to_classes(const struct matrix_request *request, json_t *predicate)
{
	json_t *wanted, *class;
	size_t i, j;

	json_array_foreach(request->classes, i, wanted)
	{
		bool is_known = false;

		json_array_foreach(json_object_get(predicate, "classes"), j, class)
		{
			if (!json_equal(json_object_get(class, "name"), wanted))
				continue;
			is_known = true;
			(void)json_array_append_new(json_object_get(class, "cells"),
						    json_string(request->cell));
		}
		if (!is_known) {
			(void)unusable("the matrix has no class %s", json_string_value(wanted));
			return false;
		}
	}
	return true;
}

/* Whose decision it is: the principal of the key that proposes it. */
static bool find_principal(const struct matrix_request *request, char by[65])
{
	AUTO_DONE(root) root = { 0 };

	if (line_root(&request->line, &request->signing.pin, &root) != OK)
		return false;
	for (size_t i = 0; i < root.key_count; i++) {
		if (!span_equal(root.key[i].name, span_text(request->signing.key_name)))
			continue;
		(void)snprintf(by, 65, "%.*s", (int)root.key[i].principal.len,
			       (const char *)root.key[i].principal.data);
		return true;
	}
	(void)unusable("the root knows no key '%s'", request->signing.key_name);
	return false;
}

static bool decide(const struct matrix_request *request, json_t *predicate)
{
	const char *state = request->action == MATRIX_ALLOW ? "allow" : "block";
	json_t *cells = json_object_get(predicate, "cells");
	char platform[65], kernel[65], by[65];

	if (!split_cell(request->cell, platform, kernel) || !find_principal(request, by))
		return false;

	json_t *decisions = decisions_of(predicate, by);
	json_t *cell = find_cell(cells, platform, kernel);
	if (cell == NULL) {
		cell = json_pack("{s:s, s:s}", "platform", platform, "kernel", kernel);
		(void)json_array_append_new(cells, cell);
	}
	(void)json_object_set_new(cell, "state", json_string(state));
	(void)json_array_append_new(decisions, decision_json(cell, request->reason, by));
	return add_to_classes(request, predicate);
}

static enum status make_next(void *self, struct bytes *payload)
{
	const struct matrix_request *request = self;
	AUTO(matrix_paper) known = read_known(request);
	AUTO(json_t) predicate = known == NULL ? NULL : payload_predicate(span_of(&known->payload));
	AUTO_DONE(bytes) checked = { 0 };
	enum status status;

	if (predicate == NULL || !decide(request, predicate))
		return STATUS_NOT_FOUND;
	(void)json_object_set_new(predicate, "version",
				  json_integer((json_int_t)known->matrix.version + 1));
	status = statement_text(DOCUMENT_MATRIX, json_array(), json_incref(predicate), payload);
	if (status == OK)
		status = bytes_copy(span_of(payload), &checked);
	if (status != OK)
		return status;

	AUTO(matrix_paper) next = read_paper(&checked, DRAFT_MATRIX);
	return next == NULL ? STATUS_MALFORMED : OK;
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
	AUTO(matrix_paper) known = read_known(request);

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
	AUTO(matrix_paper) draft = read_draft(request);
	enum answer answer = check_draft(request, draft);

	if (answer != ANSWER_YES)
		return answer;
	if (bytes_copy(span_of(&draft->payload), payload) != OK ||
	    (request->signing.prints && signing_print(span_of(payload)) != OK))
		return ANSWER_UNUSABLE;
	return ANSWER_YES;
}

static enum answer make_draft(struct matrix_request *request, const char *path,
			      struct bytes *payload)
{
	const struct signing_draft draft = { DOCUMENT_MATRIX, DRAFT_MATRIX, make_next, request };

	if (signing_payload(&request->line, &request->signing, &draft, payload) != OK ||
	    (!request->signing.prints && line_write(path, span_of(payload), 0644) != OK))
		return ANSWER_UNUSABLE;
	return ANSWER_YES;
}

static enum answer sign_draft(struct matrix_request *request)
{
	AUTO_DONE(bytes) payload = { 0 };
	struct sha256_text digest;
	struct line_path path = line_path(&request->line, DRAFT_MATRIX);
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
	return release_log_catch_up(&request->line, NULL) == OK ? ANSWER_YES : ANSWER_UNUSABLE;
}

/* Who of the root signed it. */
static bool count_signers(const struct matrix_request *request, const struct root *root,
			  const char *hex, key_mask *signers)
{
	for (int i = 1; i <= SIGNATURES_MAX; i++) {
		struct line_path path =
			line_path(&request->line, "release/matrix/%s/%d.json", hex, i);
		AUTO_DONE(dsse) dsse = { 0 };
		key_mask signer = 0;

		if (!line_has(path.text))
			return true;
		if (envelope_open(path.text, &dsse) != OK)
			return false;
		if (strcmp(sha256_text_of(span_of(&dsse.payload)).hex, hex) == 0 &&
		    envelope_doubt(root, ROLE_MATRIX, &dsse, &signer) == NULL)
			*signers |= signer;
	}
	return true;
}

static enum answer take_draft(const struct matrix_request *request)
{
	AUTO(matrix_paper) draft = read_draft(request);
	AUTO(json_t) settings = line_settings(&request->line);
	AUTO_DONE(root) root = { 0 };
	key_mask signers = 0;
	enum answer answer = check_draft(request, draft);

	if (answer != ANSWER_YES)
		return answer;
	if (settings == NULL || line_root(&request->line, &request->signing.pin, &root) != OK)
		return ANSWER_UNUSABLE;

	struct sha256_text digest = sha256_text_of(span_of(&draft->payload));
	if (!count_signers(request, &root, digest.hex, &signers))
		return ANSWER_UNUSABLE;
	if (!root_meets(&root, ROLE_MATRIX, signers)) {
		(void)unusable("threshold-not-met: the matrix wants %u signatures, of both teams",
			       root.role[ROLE_MATRIX].threshold);
		return ANSWER_NO;
	}
	(void)json_object_set_new(settings, "matrix", json_string(digest.hex));
	AUTO(char) text = json_dumps(settings, JSON_INDENT(2));
	if (text == NULL ||
	    line_write(line_path(&request->line, "line.json").text, span_text(text), 0644) != OK)
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
	case 'j':
		request->as_json = true;
		return true;
	default:
		return signing_take(&request->signing, option, value);
	}
}

/* A decision has a cell and a reason; only what is allowed is given to a class. */
static bool is_whole(const struct matrix_request *request)
{
	char platform[65], kernel[65];

	if (request->action == MATRIX_ALLOW || request->action == MATRIX_BLOCK)
		return request->reason != NULL && split_cell(request->cell, platform, kernel) &&
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
		.self = &request,
	};
	enum answer answer;

	if (!options_take(&command, argc, argv, &request.line.directory, &answer))
		return answer;
	if (!is_whole(&request))
		return options_wrong(&command);
	if (request.action == MATRIX_SHOW)
		return show(&request);
	return request.action == MATRIX_PUBLISH ? take_draft(&request) : sign_draft(&request);
}
