/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdarg.h>
#include <stdio.h>

#include "policies/reference/image.h"
#include "tools/fleet/verifier_access.h"
#include "tools/release/release_drift.h"

#define NOW 100000
#define DAY 86400

/* --- what the report reads of the world: given by each test --------------------------- */

static const char *const *pages; /* of nodes, ended by NULL */
static const char *document; /* any predicate below the release */

enum answer verifier_nodes(struct node_client *client, const char *state, nodes_visitor see,
			   void *self)
{
	(void)client;
	(void)state;
	for (size_t i = 0; pages != NULL && pages[i] != NULL; i++) {
		json_t *nodes = json_loads(pages[i], 0, NULL);

		assert_non_null(nodes);
		assert_true(see(self, nodes));
		json_decref(nodes);
	}
	return ANSWER_YES;
}

struct path_text line_path(const struct release_line *line, const char *format, ...)
{
	(void)line;
	(void)format;
	return (struct path_text){ 0 };
}

json_t *line_predicate(const char *path)
{
	(void)path;
	return document == NULL ? NULL : json_loads(document, 0, NULL);
}

enum status path_read(const char *path, size_t max, struct bytes *out)
{
	(void)path;
	(void)max;
	(void)out;
	return STATUS_NOT_FOUND;
}

/* The first byte: all of a release's digest here are the same. */
struct sha256_text sha256_hex(const struct digest *digest)
{
	struct sha256_text text = { .hex = "" };

	(void)snprintf(text.hex, sizeof(text.hex), "%02x", digest->value[0]);
	return text;
}

enum answer unusable(const char *format, ...)
{
	(void)format;
	return ANSWER_UNUSABLE;
}

/* --- a release with three versions of a cell, and one that a class does not have ------- */

struct scene {
	struct bytes image;
	struct reference reference;
	struct root root;
	struct release_refusal suspension;
	struct drift_input input;
	json_t *report;
	enum answer answer;
};

static void scene_done(struct scene *s)
{
	json_decref(s->input.index);
	json_decref(s->input.reviewed);
	json_decref(s->input.root_json);
	json_decref(s->report);
	bytes_done(&s->image);
}

AUTO_RELEASE(scene, scene_done);

static void add_numbered(struct image_builder *image, const char *platform, uint8_t number,
			 uint64_t version, enum release_state state, int64_t accept_until,
			 int64_t not_after)
{
	struct release release = {
		.manifest = digest_filled(DIGEST_SHA256, number),
		.line = span_text("line"),
		.version = version,
		.state = state,
		.platform = span_text(platform),
		.kernel = span_text("k"),
		.accept_until = accept_until,
		.not_after = not_after,
		.ima.hash = DIGEST_SHA256,
	};

	if (version == 9)
		release.scope = (struct release_scope){ .is_emergency = true, .most_nodes = 5 };
	(void)image_release(image, &release);
}

static void add_release(struct image_builder *image, const char *platform, uint64_t version,
			enum release_state state, int64_t accept_until, int64_t not_after)
{
	add_numbered(image, platform, (uint8_t)version, version, state, accept_until, not_after);
}

static void scene_make(struct scene *s, int64_t valid_until)
{
	AUTO_DONE(image_builder) image = { 0 };
	const struct layer_owner owner = { span_text("Ann"), span_text("Bob"), span_text("page") };
	const struct reference_facts facts = { .root_version = 1,
					       .index_version = 1,
					       .valid_until = valid_until };
	struct node_class class = { .name = span_text("server"),
				    .trust_domain = span_text("example.org"),
				    .bank = DIGEST_SHA256,
				    .select = 0x6fff,
				    .policy_pcrs = 0x10,
				    .cap = 13,
				    .grant_lifetime_s = 600,
				    .attest_interval_s = 300 };

	assert_int_equal(image_builder_init(&image), OK);
	for (int i = 0; i < LAYERS; i++)
		(void)image_owner(&image, &owner);
	class.cells = image_texts_from_here(&image);
	(void)image_text(&image, span_text("p/k"));
	(void)image_text(&image, span_text("q/k"));
	class.cells.count = 2;
	(void)image_class(&image, &class);
	add_release(&image, "p", 9, RELEASE_CANARY, NOW + 3 * DAY, NOW + 90 * DAY);
	add_release(&image, "p", 4, RELEASE_CURRENT, INT64_MAX, NOW + 90 * DAY);
	add_release(&image, "p", 3, RELEASE_PREVIOUS, NOW + DAY, NOW + 90 * DAY);
	add_release(&image, "p", 2, RELEASE_PREVIOUS, NOW + 9 * DAY, NOW + 2 * DAY);
	/* The class' other cell has a version 4 of its own. */
	add_numbered(&image, "q", 5, 4, RELEASE_PREVIOUS, NOW + 20 * DAY, NOW + 90 * DAY);
	add_release(&image, "other", 7, RELEASE_CURRENT, INT64_MAX, NOW + 90 * DAY);
	assert_int_equal(image_finish(&image, &facts, &s->image), OK);
	assert_int_equal(reference_open(span_of(&s->image), &s->reference), OK);
	for (unsigned i = 0; i < OWNED_LAYERS; i++)
		s->root.owner[i] = owner;
	s->root.caps.review_s = 2 * DAY;
	s->input = (struct drift_input){ .directory = "release",
					 .reference = &s->reference,
					 .root = &s->root,
					 .root_json = json_object(),
					 .index = json_object(),
					 .suspension = &s->suspension,
					 .now = NOW,
					 .review_s = 30 * DAY };
	pages = NULL;
	document = NULL;
}

static void look(struct scene *s)
{
	json_decref(s->report);
	s->report = NULL;
	s->answer = drift_report(&s->input, &s->report);
	assert_int_not_equal(s->answer, ANSWER_UNUSABLE);
	assert_int_equal(s->answer == ANSWER_NO,
			 json_array_size(json_object_get(s->report, "overdue")) > 0);
}

static void look_at(struct scene *s, const char *const *nodes)
{
	static struct node_client *const somebody = (struct node_client *)&pages;

	pages = nodes;
	s->input.client = somebody;
	look(s);
}

static size_t overdue(const struct scene *s)
{
	return json_array_size(json_object_get(s->report, "overdue"));
}

static json_int_t counted(const struct scene *s, const char *what)
{
	json_t *value = json_object_get(json_object_get(s->report, "nodes"), what);

	return json_is_array(value) ? (json_int_t)json_array_size(value)
				    : json_integer_value(value);
}

/* The digest that add_release() gives that number, and the highest version ever booted. */
#define NODE(state, number)                                                                        \
	"{\"id\":\"ab\",\"host\":\"h\",\"class\":\"server\",\"state\":\"" state                    \
	"\",\"releaseVersion\":4,\"releaseManifest\":\"0" number "\"}"

static void nodes_are_placed_by_what_they_run(void **state)
{
	static const char *const nodes[] = {
		"[" NODE("trusted", "4") "," NODE("trusted", "9") "]",
		"[" NODE("trusted", "4") "," NODE("stale", "4") "," NODE("pending", "0") "]", NULL
	};
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_make(&s, NOW + DAY);
	look_at(&s, nodes);
	assert_int_equal(s.answer, ANSWER_YES);
	assert_int_equal(counted(&s, "current"), 2);
	assert_int_equal(counted(&s, "canary"), 1);
	assert_int_equal(counted(&s, "silent"), 1);
	assert_int_equal(counted(&s, "aside"), 1);
	assert_int_equal(counted(&s, "late"), 0);
}

static void a_version_says_nothing_of_its_cell(void **state)
{
	static const char *const nodes[] = { "[" NODE("trusted", "4") "," NODE("trusted", "5") "]",
					     NULL };
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_make(&s, NOW + 80 * DAY);
	look_at(&s, nodes);
	assert_int_equal(counted(&s, "current"), 1);
	assert_int_equal(counted(&s, "late"), 1);
}

static void a_node_on_what_was_before_is_late_and_overdue_near_its_end(void **state)
{
	static const char *const third[] = { "[" NODE("trusted", "3") "]", NULL };
	static const char *const second[] = { "[" NODE("trusted", "2") "]", NULL };
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_make(&s, NOW + 80 * DAY);
	s.input.within_s = DAY - 1;
	look_at(&s, third);
	assert_int_equal(counted(&s, "late"), 1);
	assert_int_equal(counted(&s, "previous"), 1);
	assert_int_equal(overdue(&s), 0);
	s.input.within_s = DAY;
	look_at(&s, third);
	assert_int_equal(overdue(&s), 1);
	/* Version 2 is accepted for longer than it lives. */
	s.input.within_s = 2 * DAY - 1;
	look_at(&s, second);
	assert_int_equal(overdue(&s), 0);
	s.input.within_s = 2 * DAY;
	look_at(&s, second);
	assert_int_equal(overdue(&s), 1);
}

static void a_node_outside_what_is_in_force_is_overdue(void **state)
{
	static const char *const each[][2] = {
		{ "[" NODE("trusted", "1") "]", NULL }, /* a version that went */
		{ "[" NODE("trusted", "7") "]", NULL }, /* of a cell that its class does not have */
		{ "[" NODE("untrusted", "4") "]", NULL },
		{ "[" NODE("warned", "4") "]", NULL },
		{ "[{\"id\":\"ab\",\"host\":\"h\",\"class\":\"gone\",\"state\":\"trusted\","
		  "\"releaseVersion\":4,\"releaseManifest\":\"04\"}]",
		  NULL },
		/* Which one it runs, the verifier does not say. */
		{ "[{\"id\":\"ab\",\"host\":\"h\",\"class\":\"server\",\"state\":\"trusted\","
		  "\"releaseVersion\":4}]",
		  NULL },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
		AUTO_DONE(scene) s = { 0 };

		scene_make(&s, NOW + DAY);
		look_at(&s, each[i]);
		assert_int_equal(counted(&s, "outside"), 1);
		assert_int_equal(overdue(&s), 1);
	}
}

static void what_ends_within_the_time_is_overdue(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_make(&s, NOW + DAY);
	s.input.within_s = DAY - 1;
	look(&s);
	assert_int_equal(overdue(&s), 0);
	assert_int_equal(json_array_size(json_object_get(s.report, "ends")), 3);
	s.input.within_s = DAY; /* new rights */
	look(&s);
	assert_int_equal(overdue(&s), 1);
	s.input.within_s = 3 * DAY; /* and the emergency */
	look(&s);
	assert_int_equal(overdue(&s), 2);
	s.input.within_s = 90 * DAY; /* and what is current in two cells */
	look(&s);
	assert_int_equal(overdue(&s), 4);
}

static void an_emergency_that_nobody_reviewed_is_due(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_make(&s, NOW + 80 * DAY);
	document = "{\"time\":100000}";
	(void)json_object_set_new(s.input.index, "emergency", json_string("aa"));
	s.input.within_s = 2 * DAY - 1;
	look(&s);
	assert_int_equal(overdue(&s), 0);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(s.report, "review"), "due")),
		NOW + 2 * DAY);
	s.input.within_s = 2 * DAY;
	look(&s);
	assert_int_equal(overdue(&s), 1);
	(void)json_object_set_new(s.input.index, "reviews", json_pack("[{}]"));
	look(&s);
	assert_int_equal(overdue(&s), 0);
	assert_true(json_is_null(json_object_get(s.report, "review")));
}

static void a_review_ages_and_what_changed_since_is_named(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_make(&s, NOW + DAY);
	s.input.now = NOW - 30 * DAY;
	s.input.reviewed = drift_scopes(&s.input);
	s.input.now = NOW - 1;
	look(&s);
	assert_int_equal(overdue(&s), 0);
	s.input.now = NOW;
	look(&s);
	assert_int_equal(overdue(&s), 1);

	s.input.now = NOW - 1;
	s.root.owner[LAYER_NODE].backup = span_text("Cid");
	s.root.requires_proofs = true;
	look(&s);
	assert_int_equal(overdue(&s), 1);
	assert_int_equal(json_array_size(json_object_get(s.report, "changed")), 2);
}

static void a_release_that_gives_no_new_right_is_overdue(void **state)
{
	AUTO_DONE(scene) s = { 0 };
	(void)state;

	scene_make(&s, NOW + DAY);
	s.suspension.code = "key-revoked";
	look(&s);
	assert_int_equal(overdue(&s), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_are_placed_by_what_they_run),
		cmocka_unit_test(a_version_says_nothing_of_its_cell),
		cmocka_unit_test(a_node_on_what_was_before_is_late_and_overdue_near_its_end),
		cmocka_unit_test(a_node_outside_what_is_in_force_is_overdue),
		cmocka_unit_test(what_ends_within_the_time_is_overdue),
		cmocka_unit_test(an_emergency_that_nobody_reviewed_is_due),
		cmocka_unit_test(a_review_ages_and_what_changed_since_is_named),
		cmocka_unit_test(a_release_that_gives_no_new_right_is_overdue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
