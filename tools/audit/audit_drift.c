/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "base/text.h"
#include "tools/audit/audit.h"
#include "tools/release/release_directory.h"
#include "tools/release/release_drift.h"
#include "tools/options.h"
#include "tools/release/release_root.h"
#include "tools/fleet/verifier_access.h"

static const char help[] =
	"usage: attestctl audit drift DIR [--root SHA256] [--reviewed FILE] [--record FILE]\n"
	"           [--within SECONDS] [--review-every DAYS] [--json] [--verifier URL] ...\n"
	"\n"
	"Where the fleet and the release have come apart: which nodes run what, who is late\n"
	"against acceptUntil, what ends when, which exceptions and emergencies stand, and whose\n"
	"keys, roles, SPIFFE IDs, cells or excludes are others than at the last review. DIR is a\n"
	"release directory, or the working directory that has one. For a timer: the exit status\n"
	"says whether somebody has to do something.\n"
	"\n"
	"  --root SHA256        the first root, as verifiers pin it [the one that is there]\n"
	"  --reviewed FILE      what --record wrote at the last review\n"
	"  --record FILE        this is a review: write what is true now\n"
	"  --within SECONDS     overdue as well: what ends so soon [0]\n"
	"  --review-every DAYS  a review is good for so long [90]\n"
	"  --offline            ask no verifier about nodes\n"
	"  --json               {\"overdue\":[TEXT...],\"nodes\":{...},\"ends\":[...],\n"
	"                       "
	"\"emergencies\":[...],\"exceptions\":{...},\"vendors\":{...},\"changed\":[TEXT...]}"
	"\n" VERIFIER_HELP "\n"
	"Exit status: 0 nothing is overdue, 1 something is, or the release is refused; 2 unusable\n"
	"input or failure.\n";

struct drift_command {
	const char *directory, *reviewed, *record;
	struct release_trust trust;
	struct node_client client;
	bool has_root, as_json, is_offline;
	int64_t within_s, review_days;
};

static void drift_command_done(struct drift_command *command)
{
	node_client_done(&command->client);
}

AUTO_RELEASE(drift_command, drift_command_done);

static enum answer write_review(const struct drift_command *c, const struct drift_input *input)
{
	AUTO(json_t) scopes = drift_scopes(input);
	AUTO(char) text = scopes == NULL ? NULL : json_dumps(scopes, JSON_INDENT(1));

	if (text == NULL || path_write(c->record, span_text(text), 0644) != OK)
		return ANSWER_UNUSABLE;
	return ANSWER_YES;
}

/* input: what loaded. */
static enum answer report(struct drift_command *c, struct drift_input input)
{
	AUTO(json_t) reviewed = c->reviewed == NULL ? NULL : drift_read(c->reviewed);
	AUTO(json_t) found = NULL;
	enum answer answer;

	if (c->reviewed != NULL && reviewed == NULL)
		return ANSWER_UNUSABLE;
	input.directory = c->directory;
	input.client = c->is_offline ? NULL : &c->client;
	input.reviewed = reviewed;
	input.now = c->trust.now;
	input.within_s = c->within_s;
	input.review_s = c->review_days * 86400;
	answer = drift_report(&input, &found);
	if (answer == ANSWER_UNUSABLE)
		return answer;
	if (c->as_json) {
		(void)json_dumpf(found, stdout, JSON_COMPACT);
		putchar('\n');
	} else {
		drift_print(found);
	}
	if (c->record != NULL && write_review(c, &input) != ANSWER_YES)
		return ANSWER_UNUSABLE;
	return answer;
}

static enum answer look(struct drift_command *c)
{
	AUTO_DONE(bytes) image = { 0 };
	AUTO_DONE(root_origin) origin = { 0 };
	AUTO_DONE(root) root = { 0 };
	struct release_directory directory = { .path = c->directory };
	struct document_source source = release_directory_source(&directory);
	struct release_refusal refusal = { 0 };
	struct release_marks marks;
	struct reference ref;

	if (!c->has_root && release_directory_root(&directory, &c->trust.root) != OK)
		return unusable("%s has no root", c->directory);
	if (release_load(&c->trust, &source, &image, &marks, &refusal) != OK) {
		print_refusal(stdout, &refusal);
		return refusal.code == NULL ? ANSWER_UNUSABLE : ANSWER_NO;
	}
	if (reference_open(span_of(&image), &ref) != OK ||
	    verified_root(c->directory, &c->trust.root, &origin, &root) != OK)
		return ANSWER_UNUSABLE;

	AUTO(json_t) root_json = payload_predicate(span_of(&origin.payload));
	AUTO(json_t) index = drift_index(c->directory, marks.index.version);
	if (root_json == NULL || index == NULL)
		return ANSWER_UNUSABLE;
	return report(c, (struct drift_input){ .reference = &ref,
					       .root = &root,
					       .root_json = root_json,
					       .index = index,
					       .suspension = &refusal });
}

static bool take_option(void *self, int option, const char *value)
{
	struct drift_command *c = self;

	switch (option) {
	case 'r':
		c->has_root = pin_take(value, &c->trust.root);
		return c->has_root;
	case 'v':
		c->reviewed = value;
		return true;
	case 'w':
		c->record = value;
		return true;
	case 's':
		return option_number("within", value, 0, 366 * 86400, &c->within_s);
	case 'd':
		return option_number("review-every", value, 1, 3660, &c->review_days);
	case 'j':
		c->as_json = true;
		return true;
	case 'o':
		c->is_offline = true;
		return true;
	default:
		return verifier_take(&c->client, option, value);
	}
}

enum answer audit_drift(int argc, char **argv)
{
	static const struct option options[] = {
		{ "root", required_argument, NULL, 'r' },
		{ "reviewed", required_argument, NULL, 'v' },
		{ "record", required_argument, NULL, 'w' },
		{ "within", required_argument, NULL, 's' },
		{ "review-every", required_argument, NULL, 'd' },
		{ "json", no_argument, NULL, 'j' },
		{ "offline", no_argument, NULL, 'o' },
		VERIFIER_OPTIONS,
		LAST_OPTIONS,
	};
	AUTO_DONE(drift_command)
	c = { .client = verifier_client(), .trust.now = time(NULL), .review_days = 90 };
	const struct command_options command = {
		.usage = "audit drift DIR",
		.help = help,
		.options = options,
		.take = take_option,
		.self = &c,
	};
	const char *given;
	enum answer answer;

	if (!options_take(&command, argc, argv, &given, &answer))
		return answer;

	struct release_line line = { .directory = given };
	struct path_text path = line_path(&line, "release");
	/* The working directory, or what was copied out of it. */
	c.directory = path_exists(path.text) ? path.text : given;
	return look(&c);
}
