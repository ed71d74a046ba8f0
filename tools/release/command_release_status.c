/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "tools/release/release.h"
#include "tools/release/release_directory.h"
#include "tools/release/release_drift.h"
#include "tools/options.h"
#include "tools/release/release_root.h"
#include "tools/fleet/verifier_access.h"

static const char help[] =
	"usage: attestctl release status DIR [--root SHA256] [--at UNIXTIME] [--json]\n"
	"           [--reviewed FILE] [--nodes [--verifier URL] ...]\n"
	"\n"
	"Verifies DIR/release (or DIR, where that is a copy of it) completely, with the code that "
	"a verifier loads it with, and says\n"
	"what is in force and until when, which emergencies and exceptions stand, and what is\n"
	"overdue.\n"
	"\n"
	"  --root SHA256  the root that the verifier pins; without it the first root found is\n"
	"                 believed, which checks everything but where the release comes from\n"
	"  --at UNIXTIME  as if it were then [now]\n"
	"  --reviewed FILE  what 'attestctl audit drift --record' wrote at the last review: whose\n"
	"                 keys, roles, scopes and exceptions changed since\n"
	"  --nodes        ask a verifier who is late against acceptUntil\n"
	"  --json         {\"loads\":true,\"stale\":false,\"valid_until\":N,\"root\":HEX,\n"
	"                 \"root_version\":N,\"index_version\":N,\"releases\":[...],\n"
	"                 \"renew\":{\"timestamp\":N,\"revocations\":N,\"root\":N,\"owner\":TEXT,\n"
	"                 \"escalation\":TEXT},\"drift\":{as audit drift has it}} or\n"
	"                 {\"loads\":false,\"code\":TEXT,\"document\":TEXT,\"field\":TEXT,\n"
	"                 \"advice\":TEXT}\n"
	"\n" VERIFIER_HELP "\n"
	"Exit status: 0 loads and is fresh; 1 refused, stale, or something is overdue; 2 unusable\n"
	"input or failure.\n";

static const char *const states[] = { "canary", "current", "previous" };

struct status_request {
	const char *root; /* the first one, as --root names it; NULL: the one that is there */
	struct release_directory directory;
	struct release_trust trust;
	const char *reviewed;
	struct node_client client;
	bool as_json, asks_nodes;
};

static void status_request_done(struct status_request *request)
{
	node_client_done(&request->client);
}

AUTO_RELEASE(status_request, status_request_done);

/* The pin: given, or the digest of the first root that is there. */
static bool find_root(struct status_request *request, const char *given)
{
	AUTO_DONE(bytes) raw = { 0 };

	/* Without a first root the load says so. */
	if (given == NULL) {
		enum status status =
			release_directory_root(&request->directory, &request->trust.root);

		return status == OK || status == STATUS_NOT_FOUND;
	}

	const char *hex = strncmp(given, "sha256:", 7) == 0 ? given + 7 : given;
	return hex_decode(span_text(hex), &raw) == OK &&
	       digest_from(DIGEST_SHA256, span_of(&raw), &request->trust.root) == OK;
}

static json_t *release_json(const struct reference *ref, uint32_t i)
{
	struct release release;

	if (reference_release(ref, i, &release) != OK)
		return json_null();

	AUTO_DONE(bytes) hex = { 0 };
	if (hex_append(&hex, digest_span(&release.manifest)) != OK)
		return json_null();
	return json_pack("{s:s%, s:s%, s:s%, s:I, s:s, s:s%, s:I, s:I, s:I, s:b}", "line",
			 (const char *)release.line.data, release.line.len, "platform",
			 (const char *)release.platform.data, release.platform.len, "kernel",
			 (const char *)release.kernel.data, release.kernel.len, "version",
			 (json_int_t)release.version, "state", states[release.state], "sha256",
			 (const char *)hex.data, hex.len, "not_before",
			 (json_int_t)release.not_before, "not_after", (json_int_t)release.not_after,
			 "accept_until",
			 (json_int_t)(release.accept_until == INT64_MAX ? release.not_after
									: release.accept_until),
			 "emergency", release.scope.is_emergency);
}

static void print_time(const char *label, int64_t at)
{
	char text[64] = "?";
	time_t moment = (time_t)at;
	struct tm parts;

	if (gmtime_r(&moment, &parts) != NULL)
		(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts);
	printf("%s %s\n", label, text);
}

/* When a document of the directory, which just loaded, ends. */
static int64_t end_of(struct path_text path)
{
	AUTO(json_t) predicate = path_exists(path.text) ? line_predicate(path.text) : NULL;

	return json_integer_value(json_object_get(predicate, "expires"));
}

/* What has to be renewed, by when, and who answers for it. */
static json_t *renewals_json(const struct status_request *request, const struct reference *ref,
			     const struct release_marks *marks)
{
	struct layer_owner owner = reference_owner(ref, LAYER_RELEASE_PROCESS);
	struct release_line release = { .directory = request->directory.path };
	int64_t timestamp = end_of(line_path(&release, "timestamp.json"));
	int64_t revocations = end_of(line_path(&release, "revocations/%llu.json",
					       (unsigned long long)marks->revocations.version));
	int64_t root = end_of(
		line_path(&release, "root/%llu/1.json", (unsigned long long)marks->root.version));

	return json_pack("{s:I, s:I, s:I, s:s%, s:s%}", "timestamp", (json_int_t)timestamp,
			 "revocations", (json_int_t)revocations, "root", (json_int_t)root, "owner",
			 (const char *)owner.owner.data, owner.owner.len, "escalation",
			 (const char *)owner.escalation.data, owner.escalation.len);
}

static json_t *report_json(const struct reference *ref, const struct release_trust *trust)
{
	struct reference_facts facts = reference_facts(ref);
	AUTO_DONE(bytes) root = { 0 };
	json_t *releases = json_array();

	for (uint32_t i = 0; i < facts.release_count; i++)
		(void)json_array_append_new(releases, release_json(ref, i));
	if (hex_append(&root, digest_span(&trust->root)) != OK)
		return NULL;
	return json_pack("{s:b, s:b, s:I, s:s%, s:I, s:I, s:o}", "loads", 1, "stale",
			 facts.valid_until <= trust->now, "valid_until",
			 (json_int_t)facts.valid_until, "root", (const char *)root.data, root.len,
			 "root_version", (json_int_t)facts.root_version, "index_version",
			 (json_int_t)facts.index_version, "releases", releases);
}

static void print_renewals(json_t *renew)
{
	static const char *const documents[] = { "timestamp", "revocations", "root" };

	printf("to be renewed, by %s (%s):\n", json_string_value(json_object_get(renew, "owner")),
	       json_string_value(json_object_get(renew, "escalation")));
	for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
		printf("  %-12s", documents[i]);
		print_time("by", json_integer_value(json_object_get(renew, documents[i])));
	}
}

static void print_report(json_t *report)
{
	json_t *release;
	size_t i;

	printf("loads: root version %lld, sha256:%s\n",
	       (long long)json_integer_value(json_object_get(report, "root_version")),
	       json_string_value(json_object_get(report, "root")));
	printf("index version %lld\n",
	       (long long)json_integer_value(json_object_get(report, "index_version")));
	print_time("new rights until", json_integer_value(json_object_get(report, "valid_until")));
	json_array_foreach(json_object_get(report, "releases"), i, release)
	{
		printf("%s/%s: %s version %lld, %s, sha256:%s\n",
		       json_string_value(json_object_get(release, "platform")),
		       json_string_value(json_object_get(release, "kernel")),
		       json_string_value(json_object_get(release, "line")),
		       (long long)json_integer_value(json_object_get(release, "version")),
		       json_string_value(json_object_get(release, "state")),
		       json_string_value(json_object_get(release, "sha256")));
		print_time(json_is_true(json_object_get(release, "emergency"))
				   ? "  emergency: for its scope, until"
				   : "  accepted until",
			   json_integer_value(json_object_get(release, "accept_until")));
	}
	print_renewals(json_object_get(report, "renew"));
	drift_print(json_object_get(report, "drift"));
	if (json_is_true(json_object_get(report, "stale")))
		puts("STALE: no new right; publish --renew, revoke for expired revocations, or "
		     "what "
		     "is said above");
}

static void print_json(json_t *report)
{
	AUTO(char) text = report == NULL ? NULL : json_dumps(report, JSON_COMPACT);

	if (text != NULL)
		puts(text);
}

static enum answer refused(const struct status_request *request, enum status status,
			   const struct release_refusal *refusal)
{
	AUTO(json_t)
	report = json_pack("{s:b, s:s, s:s, s:s, s:s}", "loads", 0, "code",
			   refusal->code == NULL ? "failure" : refusal->code, "document",
			   refusal->document, "field", refusal->field, "advice", refusal->advice);

	if (request->as_json)
		print_json(report);
	else
		print_refusal(stdout, refusal);
	return refusal->code == NULL || status == STATUS_IO || status == STATUS_NO_MEMORY
		       ? ANSWER_UNUSABLE
		       : ANSWER_NO;
}

#define REVIEW_S (INT64_C(90) * 86400)

/* What else a person has to look at, as 'drift' of the report. */
static enum answer add_drift(struct status_request *request, struct drift_input input,
			     json_t *report)
{
	AUTO_DONE(root_origin) origin = { 0 };
	AUTO_DONE(root) root = { 0 };
	AUTO(json_t)
	reviewed = request->reviewed == NULL ? NULL : drift_read(request->reviewed);
	AUTO(json_t)
	index = drift_index(request->directory.path,
			    reference_facts(input.reference).index_version);
	json_t *found = NULL;
	enum answer answer;

	if ((request->reviewed != NULL && reviewed == NULL) || index == NULL ||
	    verified_root(request->directory.path, &request->trust.root, &origin, &root) != OK)
		return ANSWER_UNUSABLE;

	AUTO(json_t) root_json = payload_predicate(span_of(&origin.payload));
	input.directory = request->directory.path;
	input.root = &root;
	input.root_json = root_json;
	input.index = index;
	input.client = request->asks_nodes ? &request->client : NULL;
	input.reviewed = reviewed;
	input.now = request->trust.now;
	input.review_s = REVIEW_S;
	answer = drift_report(&input, &found);
	if (found != NULL)
		(void)json_object_set_new(report, "drift", found);
	return answer;
}

static enum answer show_status(struct status_request *request)
{
	AUTO_DONE(bytes) image = { 0 };
	struct document_source source = release_directory_source(&request->directory);
	struct release_marks marks;
	struct release_refusal refusal;
	struct reference ref;
	enum status status = release_load(&request->trust, &source, &image, &marks, &refusal);

	if (status != OK)
		return refused(request, status, &refusal);
	if (reference_open(span_of(&image), &ref) != OK)
		return unusable("the compiled release does not open");

	AUTO(json_t) report = report_json(&ref, &request->trust);
	(void)json_object_set_new(report, "renew", renewals_json(request, &ref, &marks));

	enum answer answer = add_drift(
		request, (struct drift_input){ .reference = &ref, .suspension = &refusal }, report);
	if (answer == ANSWER_UNUSABLE)
		return answer;
	if (request->as_json)
		print_json(report);
	else
		print_report(report);
	return json_is_true(json_object_get(report, "stale")) ? ANSWER_NO : answer;
}

static bool take_option(void *self, int option, const char *value)
{
	struct status_request *request = self;

	switch (option) {
	case 'a':
		return option_number("at", value, 0, INT32_MAX, &request->trust.now);
	case 'r':
		request->root = value;
		return true;
	case 'j':
		request->as_json = true;
		return true;
	case 'v':
		request->reviewed = value;
		return true;
	case 'n':
		request->asks_nodes = true;
		return true;
	default:
		return verifier_take(&request->client, option, value);
	}
}

enum answer release_status(int argc, char **argv)
{
	static const struct option options[] = {
		{ "root", required_argument, NULL, 'r' },
		{ "at", required_argument, NULL, 'a' },
		{ "json", no_argument, NULL, 'j' },
		{ "reviewed", required_argument, NULL, 'v' },
		{ "nodes", no_argument, NULL, 'n' },
		VERIFIER_OPTIONS,
		LAST_OPTIONS,
	};
	AUTO_DONE(status_request)
	request = { .trust.now = time(NULL), .client = verifier_client() };
	const struct command_options command = {
		.usage = "release status DIR [--root SHA256] [--json]",
		.help = help,
		.options = options,
		.take = take_option,
		.self = &request,
	};
	struct release_line line;
	enum answer answer;

	if (!options_take(&command, argc, argv, &line.directory, &answer))
		return answer;

	struct path_text path = line_path(&line, "release");

	if (!path_exists(line.directory))
		return unusable("release status: %s: not found", line.directory);
	/* The working directory, or what was copied out of it. */
	request.directory.path = path_exists(path.text) ? path.text : line.directory;
	if (!find_root(&request, request.root))
		return unusable("%s has no root, or --root is no SHA-256", line.directory);
	return show_status(&request);
}
