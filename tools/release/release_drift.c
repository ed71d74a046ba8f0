/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/release_drift.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "tools/fleet/verifier_access.h"

struct drift {
	const struct drift_input *input;
	json_t *overdue; /* texts */
	json_t *nodes; /* {"current": N, ..., "late": [...], "outside": [...], "silent": [...]} */
};

static void add_overdue(struct drift *d, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void add_overdue(struct drift *d, const char *format, ...)
{
	AUTO(char) text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	(void)json_array_append_new(d->overdue, text == NULL ? json_null() : json_string(text));
}

static const char *text_of(json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

static bool is_cell_of(const struct reference *ref, const struct node_class *class,
		       const struct release *release)
{
	char cell[192];
	int len = snprintf(cell, sizeof(cell), "%.*s/%.*s", (int)release->platform.len,
			   (const char *)release->platform.data, (int)release->kernel.len,
			   (const char *)release->kernel.data);

	return len > 0 && reference_range_has_text(ref, class->cells, span_text(cell));
}

/* The release in force that a node of this class runs, by its manifest: two cells of a
 * class have the same versions, and the node's own is the highest that it ever booted. */
static bool find_release(const struct drift *d, json_t *node, struct release *out)
{
	const struct reference *ref = d->input->reference;
	const char *manifest = text_of(node, "releaseManifest");
	struct node_class class;

	if (reference_class_named(ref, span_text(text_of(node, "class")), &class) != OK)
		return false;
	for (uint32_t i = 0; i < reference_facts(ref).release_count; i++)
		if (reference_release(ref, i, out) == OK &&
		    strcmp(sha256_hex(&out->manifest).hex, manifest) == 0 &&
		    is_cell_of(ref, &class, out))
			return true;
	return false;
}

static void count(struct drift *d, const char *what)
{
	json_int_t seen = json_integer_value(json_object_get(d->nodes, what));

	(void)json_object_set_new(d->nodes, what, json_integer(seen + 1));
}

static void list_node(struct drift *d, const char *list, json_t *node, int64_t until)
{
	json_t *item = json_pack("{s:s, s:s, s:s, s:s, s:O?}", "id", text_of(node, "id"), "host",
				 text_of(node, "host"), "class", text_of(node, "class"), "state",
				 text_of(node, "state"), "version",
				 json_object_get(node, "releaseVersion"));

	if (until > 0)
		(void)json_object_set_new(item, "acceptUntil", json_integer((json_int_t)until));
	(void)json_array_append_new(json_object_get(d->nodes, list), item);
}

static int64_t end_of(const struct release *release)
{
	return release->accept_until < release->not_after ? release->accept_until
							  : release->not_after;
}

/* What a trusted node runs, against what the release says. */
static void place_trusted(struct drift *d, json_t *node)
{
	struct release release;

	if (!find_release(d, node, &release)) {
		list_node(d, "outside", node, 0);
		add_overdue(d, "node %.16s (%s) runs no release in force", text_of(node, "id"),
			    text_of(node, "host"));
		return;
	}
	count(d, release.state == RELEASE_CURRENT  ? "current"
		 : release.state == RELEASE_CANARY ? "canary"
						   : "previous");
	if (release.state != RELEASE_PREVIOUS)
		return;
	list_node(d, "late", node, end_of(&release));
	if (end_of(&release) - d->input->now <= d->input->within_s)
		add_overdue(d,
			    "node %.16s (%s) still runs version %" PRIu64
			    ", accepted until %" PRId64,
			    text_of(node, "id"), text_of(node, "host"), release.version,
			    end_of(&release));
}

static void place_node(struct drift *d, json_t *node)
{
	const char *state = text_of(node, "state");

	if (strcmp(state, "trusted") == 0) {
		place_trusted(d, node);
	} else if (strcmp(state, "untrusted") == 0 || strcmp(state, "warned") == 0) {
		list_node(d, "outside", node, 0);
		add_overdue(d, "node %.16s (%s) is %s", text_of(node, "id"), text_of(node, "host"),
			    state);
	} else if (strcmp(state, "stale") == 0) {
		list_node(d, "silent", node, 0);
	} else {
		count(d, "aside");
	}
}

static bool place_page(void *self, json_t *nodes)
{
	json_t *node;
	size_t i;

	json_array_foreach(nodes, i, node) place_node(self, node);
	return true;
}

/* Documents and manifests: what ends, and when. */
static void add_end(struct drift *d, json_t *ends, const char *what, int64_t at)
{
	(void)json_array_append_new(ends,
				    json_pack("{s:s, s:I}", "what", what, "at", (json_int_t)at));
	if (at - d->input->now <= d->input->within_s)
		add_overdue(d, "%s: ends at %" PRId64, what, at);
}

static json_t *find_ends(struct drift *d)
{
	const struct reference *ref = d->input->reference;
	json_t *ends = json_array();

	add_end(d, ends, "new rights (timestamp, revocations or root)",
		reference_facts(ref).valid_until);
	for (uint32_t i = 0; i < reference_facts(ref).release_count; i++) {
		struct release release;
		char what[256];

		if (reference_release(ref, i, &release) != OK || release.state != RELEASE_CURRENT)
			continue;
		(void)snprintf(what, sizeof(what), "current manifest of %.*s/%.*s",
			       (int)release.platform.len, (const char *)release.platform.data,
			       (int)release.kernel.len, (const char *)release.kernel.data);
		add_end(d, ends, what, release.not_after);
	}
	return ends;
}

/* In force before it was approved. */
static json_t *find_emergencies(struct drift *d)
{
	const struct reference *ref = d->input->reference;
	json_t *open = json_array();

	for (uint32_t i = 0; i < reference_facts(ref).release_count; i++) {
		struct release release;

		if (reference_release(ref, i, &release) != OK || !release.scope.is_emergency)
			continue;
		(void)json_array_append_new(open,
					    json_pack("{s:s, s:I, s:I, s:I}", "manifest",
						      sha256_hex(&release.manifest).hex, "version",
						      (json_int_t)release.version, "until",
						      (json_int_t)end_of(&release), "maximumNodes",
						      (json_int_t)release.scope.most_nodes));
		if (end_of(&release) - d->input->now <= d->input->within_s)
			add_overdue(d, "the emergency of version %" PRIu64 " ends at %" PRId64,
				    release.version, end_of(&release));
	}
	return open;
}

/* The last emergency: without a review it lapses, is in no release from then on, and keeps
 * every other one out. */
static json_t *find_review(struct drift *d)
{
	const struct drift_input *in = d->input;
	const struct release_line release = { .directory = in->directory };
	const char *hex = text_of(in->index, "emergency");

	if (hex[0] == '\0' || json_array_size(json_object_get(in->index, "reviews")) > 0)
		return json_null();

	AUTO(json_t)
	document = line_predicate(line_path(&release, "emergencies/%s/1.json", hex).text);
	int64_t due =
		json_integer_value(json_object_get(document, "time")) + in->root->caps.review_s;

	if (due - in->now <= in->within_s)
		add_overdue(d,
			    "no index names a review of the emergency sha256:%.16s, due at %" PRId64
			    ": 'release review', then 'publish --again'; no other one can follow",
			    hex, due);
	return json_pack("{s:s, s:I}", "emergency", hex, "due", (json_int_t)due);
}

/* In use, and good for no new right until somebody publishes again. */
static void add_suspension(struct drift *d)
{
	const struct release_refusal *why = d->input->suspension;

	if (why->code != NULL)
		add_overdue(d, "no new right is given: %s: %s: %s", why->code, why->document,
			    why->advice);
}

/* Members that differ, by their path, two levels below the scopes. */
static void compare(json_t *before, json_t *now, const char *path, int depth, json_t *out)
{
	const char *name;
	json_t *value;

	if (json_equal(before, now))
		return;
	if (depth == 0 || !json_is_object(before) || !json_is_object(now)) {
		(void)json_array_append_new(out, json_string(path));
		return;
	}
	json_object_foreach(now, name, value)
	{
		char below[512];

		(void)snprintf(below, sizeof(below), "%s%s%s", path, path[0] == '\0' ? "" : ": ",
			       name);
		compare(json_object_get(before, name), value, below, depth - 1, out);
	}
	json_object_foreach(before, name, value)
	{
		if (json_object_get(now, name) == NULL)
			(void)json_array_append_new(out,
						    json_sprintf("%s: %s is gone", path, name));
	}
}

static json_t *find_changes(struct drift *d, json_t *scopes)
{
	const struct drift_input *in = d->input;
	json_t *changes = json_array();
	json_int_t time = json_integer_value(json_object_get(in->reviewed, "time"));

	if (in->reviewed == NULL)
		return changes;
	compare(json_object_get(in->reviewed, "scopes"), json_object_get(scopes, "scopes"), "", 2,
		changes);
	if (json_array_size(changes) > 0)
		add_overdue(d, "%zu keys, roles, scopes or exceptions changed since the review",
			    json_array_size(changes));
	if (in->now - time >= in->review_s)
		add_overdue(d, "the last review is %" PRId64 " days old",
			    (in->now - (int64_t)time) / 86400);
	return changes;
}

json_t *drift_index(const char *directory, uint64_t version)
{
	const struct release_line release = { .directory = directory };

	return line_predicate(line_path(&release, "index/%" PRIu64 ".json", version).text);
}

enum answer drift_report(const struct drift_input *input, json_t **report)
{
	AUTO(json_t) overdue = json_array();
	AUTO(json_t)
	nodes = json_pack("{s:i, s:i, s:i, s:i, s:[], s:[], s:[]}", "current", 0, "canary", 0,
			  "previous", 0, "aside", 0, "late", "outside", "silent");
	AUTO(json_t) scopes = drift_scopes(input);
	struct drift d = { .input = input, .overdue = overdue, .nodes = nodes };
	struct layer_owner owner = reference_owner(input->reference, LAYER_RELEASE_PROCESS);

	if (input->client != NULL) {
		enum answer answer = verifier_nodes(input->client, NULL, place_page, &d);

		if (answer != ANSWER_YES)
			return ANSWER_UNUSABLE;
	}
	json_t *changes = find_changes(&d, scopes);
	json_t *ends = find_ends(&d);
	json_t *emergencies = find_emergencies(&d);
	json_t *review = find_review(&d);
	add_suspension(&d);
	*report = json_pack("{s:O, s:o, s:o, s:o, s:o, s:O, s:s%, s:s%}", "overdue", overdue,
			    "ends", ends, "emergencies", emergencies, "review", review, "changed",
			    changes, "exceptions",
			    json_object_get(json_object_get(scopes, "scopes"), "exceptions"),
			    "owner", (const char *)owner.owner.data, owner.owner.len, "escalation",
			    (const char *)owner.escalation.data, owner.escalation.len);
	if (*report != NULL && input->root->vendors.count > 0)
		(void)json_object_set_new(*report, "vendors", drift_vendors(input));
	if (input->client != NULL)
		(void)json_object_set(*report, "nodes", nodes);
	if (*report == NULL)
		return unusable("no memory");
	return json_array_size(overdue) == 0 ? ANSWER_YES : ANSWER_NO;
}

static void print_at(int64_t at)
{
	char text[32] = "?";
	time_t moment = (time_t)at;
	struct tm parts;

	if (gmtime_r(&moment, &parts) != NULL)
		(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M UTC", &parts);
	fputs(text, stdout);
}

static void print_nodes(json_t *nodes)
{
	static const char *const lists[] = { "late", "outside", "silent" };
	json_t *node;
	size_t j;

	if (nodes == NULL)
		return;
	printf("nodes: %lld run what is current, %lld a canary, %lld what was before\n",
	       (long long)json_integer_value(json_object_get(nodes, "current")),
	       (long long)json_integer_value(json_object_get(nodes, "canary")),
	       (long long)json_integer_value(json_object_get(nodes, "previous")));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		json_array_foreach(json_object_get(nodes, lists[i]), j, node)
		{
			json_int_t until = json_integer_value(json_object_get(node, "acceptUntil"));

			printf("  %-8s %.16s  %s  %s  %s, version %lld", lists[i],
			       text_of(node, "id"), text_of(node, "host"), text_of(node, "class"),
			       text_of(node, "state"),
			       (long long)json_integer_value(json_object_get(node, "version")));
			if (until > 0) {
				fputs(", accepted until ", stdout);
				print_at(until);
			}
			putchar('\n');
		}
	}
}

void drift_print(json_t *report)
{
	const char *name;
	json_t *value, *item;
	size_t i;

	print_nodes(json_object_get(report, "nodes"));
	json_array_foreach(json_object_get(report, "ends"), i, item)
	{
		printf("ends: %s, ", text_of(item, "what"));
		print_at(json_integer_value(json_object_get(item, "at")));
		putchar('\n');
	}
	json_array_foreach(json_object_get(report, "emergencies"), i, item)
	{
		printf("emergency: version %lld, for %lld nodes, until ",
		       (long long)json_integer_value(json_object_get(item, "version")),
		       (long long)json_integer_value(json_object_get(item, "maximumNodes")));
		print_at(json_integer_value(json_object_get(item, "until")));
		putchar('\n');
	}
	item = json_object_get(report, "review");
	if (json_is_object(item)) {
		printf("review of the emergency sha256:%.16s, due ", text_of(item, "emergency"));
		print_at(json_integer_value(json_object_get(item, "due")));
		putchar('\n');
	}
	drift_print_vendors(json_object_get(report, "vendors"));
	json_object_foreach(json_object_get(report, "exceptions"), name, value)
	{
		AUTO(char) text = json_dumps(value, JSON_COMPACT);

		printf("exception: %s: %s\n", name, text == NULL ? "" : text);
	}
	json_array_foreach(json_object_get(report, "changed"), i, item)
		printf("changed since the review: %s\n", json_string_value(item));
	if (json_array_size(json_object_get(report, "overdue")) > 0)
		printf("OVERDUE, to be seen to by %s (%s):\n", text_of(report, "owner"),
		       text_of(report, "escalation"));
	json_array_foreach(json_object_get(report, "overdue"), i, item)
		printf("  %s\n", json_string_value(item));
}
