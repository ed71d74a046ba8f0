/* SPDX-License-Identifier: Apache-2.0 */
/* Who may ask for what, and what stands for a node. */
#include "attacks.h"

#include <string.h>

#include "attack_scene.h"
#include "verifier/front/routes.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static unsigned find(enum http_method method, const char *path, bool is_admin,
		     const struct route_entry **entry)
{
	struct http_head head = { .method = method, .path = span_text(path) };
	struct span node;

	return route_find(&head, is_admin, entry, &node);
}

static void k17_nothing_but_64_digits_stands_for_a_node_in_a_path(void **state)
{
	static const char *const ids[] = {
		"",
		"..",
		"../../etc/passwd",
		"%2e%2e",
		ID "0",
		"0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef",
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde'",
		"1' OR '1'='1",
		"{id}",
		"0123456789abcdef0123456789abcdef\n123456789abcdef0123456789abcdef",
	};
	const struct route_entry *entry = NULL;
	(void)state;

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		AUTO_DONE(bytes) path = { 0 };

		assert_int_equal(bytes_printf(&path, "/v1/nodes/%s/evidence", ids[i]), OK);
		assert_int_equal(bytes_append_byte(&path, 0), OK);
		if (find(HTTP_POST, (const char *)path.data, false, &entry) != 404)
			fail_msg("%s", ids[i]);
	}
	assert_int_equal(find(HTTP_POST, "/v1/nodes/" ID "/evidence", false, &entry), 0);
}

static void k17_nothing_but_a_name_stands_for_an_entry_in_a_path(void **state)
{
	static const char *const names[] = {
		"", "..", "-web", "Web", "w%65b", "web'", "{name}", "web\nweb", ID,
	};
	const struct route_entry *entry = NULL;
	(void)state;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO_DONE(bytes) path = { 0 };

		assert_int_equal(bytes_printf(&path, "/v1/admin/entries/%s/remove", names[i]), OK);
		assert_int_equal(bytes_append_byte(&path, 0), OK);
		if (find(HTTP_POST, (const char *)path.data, true, &entry) != 404)
			fail_msg("%s", names[i]);
	}
	assert_int_equal(find(HTTP_POST, "/v1/admin/entries/web-1/remove", true, &entry), 0);
	assert_int_equal(entry->route, ROUTE_ADMIN_ENTRY_REMOVE);
	assert_int_equal(find(HTTP_GET, "/v1/admin/nodes/web-1", true, &entry), 404);
}

#define INJECTION "x'); DELETE FROM nodes; --<script>"

/* A host's own words are shown, and reach neither SQL nor the audit log's form. What moves
 * a terminal's cursor is no word. */
static void k17_a_hosts_own_words_are_only_words(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct node_row row;
	(void)state;

	signer_scene_init(&s);
	scene_enrol(&s);
	s.request.enrol.hostname = span_text(INJECTION "\n<script>\x1b[2J");
	scene_expect(&s, FRAME_ENROL, REFUSAL_MALFORMED);
	s.request.enrol.hostname = span_text(INJECTION);
	s.request.enrol.manufacturer = span_text(INJECTION);
	scene_expect(&s, FRAME_ENROL, REFUSAL_NONE);
	s.challenge = s.answer.enrol.challenge;
	scene_prepare_activation(&s);
	scene_expect(&s, FRAME_ACTIVATE, REFUSAL_NONE);
	assert_int_equal(store_node(s.signer.store, &s.node, &s.keep, &row), OK);
	assert_true(span_equal(row.hostname, span_text(INJECTION)));
	assert_true(span_equal(row.manufacturer, span_text(INJECTION)));
	s.request.admin =
		(struct admin_request){ .verb = ADMIN_AUDIT, .role = ROLE_AUDITOR, .limit = 50 };
	scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
	for (size_t i = 0; i < s.answer.admin.audit.count; i++)
		assert_null(memmem(s.answer.admin.audit.items[i].text.data,
				   s.answer.admin.audit.items[i].text.len, "<script>", 8));
}

static void k18_no_administration_route_is_open_to_nodes(void **state)
{
	static const struct {
		enum http_method method;
		const char *path;
		unsigned roles; /* who may */
	} cases[] = {
		{ HTTP_GET, "/v1/admin/nodes", 0xe },
		{ HTTP_GET, "/v1/admin/nodes/" ID, 0xe },
		{ HTTP_GET, "/v1/admin/nodes/" ID "/evidence", 0xe },
		{ HTTP_GET, "/v1/admin/releases", 0xe },
		{ HTTP_GET, "/v1/admin/audit", 0xe },
		{ HTTP_POST, "/v1/admin/nodes/" ID "/quarantine", 0x6 },
		{ HTTP_POST, "/v1/admin/nodes/" ID "/retire", 0x6 },
		{ HTTP_POST, "/v1/admin/acts", 0x6 },
		{ HTTP_POST, "/v1/admin/canaries", 0x6 },
		{ HTTP_GET, "/v1/admin/entries", 0xe },
		{ HTTP_GET, "/v1/admin/entries/web", 0xe },
		{ HTTP_POST, "/v1/admin/entries/web/quarantine", 0x6 },
		{ HTTP_POST, "/v1/admin/entries/web/remove", 0x6 },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct route_entry *entry = NULL;

		/* Where nodes knock there is no such path. */
		assert_int_equal(find(cases[i].method, cases[i].path, false, &entry), 404);
		assert_int_equal(find(cases[i].method, cases[i].path, true, &entry), 0);
		for (enum role role = ROLE_NONE; role <= ROLE_AUDITOR; role++)
			assert_int_equal(route_allows(entry, role), cases[i].roles >> role & 1);
	}
}

/* The signer asks again: the front's word is one of two. */
static void k18_every_verb_wants_its_role_in_the_signer_too(void **state)
{
	(void)state;
	for (enum admin_verb verb = ADMIN_LIST; verb < ADMIN_VERB_END; verb++) {
		for (enum role role = ROLE_NONE; role <= ROLE_AUDITOR; role++) {
			AUTO_DONE(signer_scene) s = { 0 };
			bool narrows_an_entry =
				verb == ADMIN_ENTRY_QUARANTINE || verb == ADMIN_ENTRY_REMOVE;
			bool is_for_two_roles = verb == ADMIN_QUARANTINE || verb == ADMIN_RETIRE ||
						verb == ADMIN_CANARY || narrows_an_entry;
			bool is_denied =
				role == ROLE_NONE || (is_for_two_roles && role == ROLE_AUDITOR);

			attack_scene_init(&s);
			s.request.admin = (struct admin_request){
				.verb = verb, .node = s.node, .role = role, .limit = 10
			};
			if (is_denied)
				expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ROLE_DENIED);
			else if (verb == ADMIN_ACT) /* an empty one: nobody signed it */
				expect_refused_unchanged(&s, FRAME_ADMIN,
							 REFUSAL_ACT_SIGNATURE_INVALID);
			else if (verb == ADMIN_CANARY) /* of no release */
				expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_MALFORMED);
			else if (verb == ADMIN_ENTRY || narrows_an_entry) /* there is none */
				expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ENTRY_UNKNOWN);
			else
				scene_expect(&s, FRAME_ADMIN, REFUSAL_NONE);
		}
	}
}

/* What widens goes by the key that signed, whoever brought it. */
static void k18_an_act_goes_by_its_signature(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	(void)state;

	signer_scene_init(&s);
	scene_join(&s);
	scene_prepare_act(&s, "approve", "server", s.now);
	s.signer.approve_role = ROLE_PLATFORM; /* the key is identity security's */
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ROLE_DENIED);
	s.signer.approve_role = ROLE_IDENTITY_SECURITY;
	s.request.admin.act_signature = (struct span){ 0 };
	expect_refused_unchanged(&s, FRAME_ADMIN, REFUSAL_ACT_SIGNATURE_INVALID);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(k17_nothing_but_64_digits_stands_for_a_node_in_a_path),
	cmocka_unit_test(k17_nothing_but_a_name_stands_for_an_entry_in_a_path),
	cmocka_unit_test(k17_a_hosts_own_words_are_only_words),
	cmocka_unit_test(k18_no_administration_route_is_open_to_nodes),
	cmocka_unit_test(k18_every_verb_wants_its_role_in_the_signer_too),
	cmocka_unit_test(k18_an_act_goes_by_its_signature),
};

ATTACKS_MAIN(tests)
