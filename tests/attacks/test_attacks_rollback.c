/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: the way back. */
#include "attacks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lifecycle_scene.h"
#include "policies/dsse.h"

#define UNTIL (LINE_NOW + 3600)

/* A rollback document, each field open to another value. */
struct way {
	unsigned from, to;
	const char *platform, *key;
	unsigned index;
	int64_t time;
};

static const struct way usual = { 2, 1, "q35", "plat-approve", 3, LINE_NOW - 60 };

static void put_document(struct lifecycle *s, const struct way *way, char document[HEX_MAX])
{
	char from[HEX_MAX], to[HEX_MAX], subject[320], predicate[1024];

	hex_text(&s->manifest[way->from], from);
	hex_text(&s->manifest[way->to], to);
	(void)snprintf(subject, sizeof(subject),
		       "{\"name\":\"from\",\"digest\":{\"sha256\":\"%s\"}},"
		       "{\"name\":\"to\",\"digest\":{\"sha256\":\"%s\"}}",
		       from, to);
	(void)snprintf(predicate, sizeof(predicate),
		       "\"target\":{\"platform\":\"%s\",\"kernel\":\"6.1.0\"},"
		       "\"from\":{\"version\":%u,\"sha256\":\"%s\"},"
		       "\"to\":{\"version\":%u,\"sha256\":\"%s\"},\"index\":%u,"
		       "\"reason\":\"it does not boot\",\"time\":%" PRId64,
		       way->platform, way->from, from, way->to, to, way->index, way->time);
	lifecycle_put(s, "rollback", "rollbacks", way->key, subject, predicate, document);
}

static void put_way(struct lifecycle *s, const struct way *way, char cell[128])
{
	char document[HEX_MAX];

	put_document(s, way, document);
	(void)snprintf(cell, 128, ",\"rollbacks\":[\"%s\"]", document);
}

static void put_two_ways(struct lifecycle *s, const struct way *first, const struct way *second,
			 char cell[256])
{
	char documents[2][HEX_MAX];

	put_document(s, first, documents[0]);
	put_document(s, second, documents[1]);
	(void)snprintf(cell, 256, ",\"rollbacks\":[\"%s\",\"%s\"]", documents[0], documents[1]);
}

#define EVIDENCE "\"evidence\":{"

/* Version 2 is in force, and declares the way back to what rollback_to lists. */
static void begin(struct lifecycle *s, const char *rollback_to, const char *epoch)
{
	char declared[64], raised[64];

	(void)snprintf(declared, sizeof(declared), "\"rollbackTo\":[%s]," EVIDENCE, rollback_to);
	(void)snprintf(raised, sizeof(raised), "\"securityEpoch\":%s", epoch);

	const struct line_edit edits[] = {
		{ "manifest", EVIDENCE, declared },
		{ "manifest", "\"securityEpoch\":1", raised },
	};
	lifecycle_init(s);
	lifecycle_go_on(s, edits, 2);
}

static void go_back(struct lifecycle *s, const char *cell)
{
	static const struct entry entries[] = {
		{ 1, "current", 0 },
		{ 2, "previous", UNTIL },
	};

	lifecycle_publish(s, entries, 2, cell, "");
}

static void r20_a_declared_way_back_is_taken(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	struct release release;
	char cell[128];
	(void)state;

	begin(&s, "1", "1");
	put_way(&s, &usual, cell);
	go_back(&s, cell);
	lifecycle_load(&s, &out);
	assert_int_equal(out.status, OK);
	assert_true(lifecycle_has(&s, &out, 1, &release));
	assert_int_equal(release.state, RELEASE_CURRENT);
	assert_int_equal(release.rolled_back_from, 2);
	/* Nodes that run what is left have time to go. */
	assert_true(lifecycle_has(&s, &out, 2, &release));
	assert_int_equal(release.state, RELEASE_PREVIOUS);
	assert_int_equal(release.rolled_back_from, 0);
}

static void r20_without_its_document_nothing_goes_down(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	static const struct entry alone[] = { { 1, "current", 0 } };
	(void)state;

	begin(&s, "1", "1");
	lifecycle_publish(&s, alone, 1, "", "");
	lifecycle_expect(&s, "current-went-down");
}

static void r20_what_a_rollback_must_not_do(void **state)
{
	static const struct {
		struct way way;
		const char *declared, *epoch, *code;
	} rows[] = {
		{ { 2, 1, "q35", "plat-approve", 3, LINE_NOW }, "", "1", "rollback-not-declared" },
		{ { 2, 1, "q35", "plat-approve", 3, LINE_NOW }, "1", "2", "rollback-below-epoch" },
		{ { 2, 1, "q35", "sec-approve", 3, LINE_NOW }, "1", "1", "threshold-not-met" },
		{ { 2, 1, "q35", "publish", 3, LINE_NOW }, "1", "1", "threshold-not-met" },
		{ { 2, 1, "q36", "plat-approve", 3, LINE_NOW }, "1", "1", "target-mismatch" },
		{ { 2, 1, "q35", "plat-approve", 4, LINE_NOW }, "1", "1", "version-mismatch" },
		/* It was meant for an index that came and went. */
		{ { 2, 1, "q35", "plat-approve", 2, LINE_NOW }, "1", "1", "current-went-down" },
		{ { 2, 1, "q35", "plat-approve", 3, LINE_NOW + 600 }, "1", "1", "not-yet-valid" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		char cell[128];

		begin(&s, rows[i].declared, rows[i].epoch);
		put_way(&s, &rows[i].way, cell);
		go_back(&s, cell);
		lifecycle_expect(&s, rows[i].code);
	}
}

/* revocations/2.json, which counts though no index names it yet. */
static void revoke(struct lifecycle *s, const char *manifest)
{
	char text[1024];

	(void)snprintf(text, sizeof(text),
		       "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[],"
		       "\"predicateType\":\"https://attestd.dev/revocations/v1\",\"predicate\":{"
		       "\"version\":2,\"time\":%" PRId64 ",\"expires\":%" PRId64
		       ",\"manifests\":[\"%s\"],\"files\":[],\"keys\":[],\"nodes\":[]}}",
		       LINE_NOW - 60, LINE_NOW + 86400, manifest);
	line_put_signed(&s->line, "revocations/2.json", "sec-approve", text);
}

static void r20_nothing_goes_back_to_what_is_revoked(void **state)
{
	char hex[HEX_MAX];
	(void)state;

	for (int what = 0; what < 3; what++) {
		AUTO_DONE(lifecycle) s = { 0 };
		AUTO_DONE(outcome) out = { 0 };
		struct release release;
		char cell[128];

		begin(&s, "1", "1");
		put_way(&s, &usual, cell);
		hex_text(&s.manifest[what == 1 ? 2 : 1], hex);
		if (what == 2)
			(void)sscanf(cell, ",\"rollbacks\":[\"%64[0-9a-f]", hex);
		revoke(&s, hex);
		go_back(&s, cell);
		if (what != 1) {
			lifecycle_expect(&s,
					 what == 0 ? "rollback-to-revoked" : "document-revoked");
			continue;
		}
		/* What is left may well be: then it is out of force at once. */
		lifecycle_load(&s, &out);
		assert_int_equal(out.status, OK);
		assert_true(lifecycle_has(&s, &out, 1, &release));
		assert_false(lifecycle_has(&s, &out, 2, &release));
	}
}

static void r20_a_rollback_counts_once(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) back = { 0 };
	AUTO_DONE(outcome) again = { 0 };
	static const struct entry forth[] = { { 2, "current", 0 }, { 1, "previous", UNTIL } };
	char cell[128];
	(void)state;

	begin(&s, "1", "1");
	put_way(&s, &usual, cell);
	go_back(&s, cell);
	lifecycle_load(&s, &back);
	assert_int_equal(back.status, OK);
	lifecycle_publish(&s, forth, 2, cell, "");
	lifecycle_load(&s, &again);
	assert_int_equal(again.status, OK);
	go_back(&s, cell);
	lifecycle_expect(&s, "current-went-down");
}

/* It saw index 2, and then index 4. */
static void r20_who_missed_a_rollback_can_follow(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	char cell[128];
	(void)state;

	begin(&s, "1", "1");
	put_way(&s, &usual, cell);
	go_back(&s, cell);
	go_back(&s, cell);
	lifecycle_load(&s, &out);
	assert_int_equal(out.status, OK);
	assert_int_equal(s.marks.index.version, 4);
}

static void r20_what_was_left_ends_within_the_cap(void **state)
{
	static const struct {
		struct entry left;
		const char *code;
	} rows[] = {
		/* 86400 seconds from the document's day. */
		{ { 2, "previous", LINE_NOW - 60 + 86401 }, "accept-until-over-cap" },
		{ { 3, "previous", UNTIL }, "rollback-not-from-current" },
	};
	(void)state;

	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		const struct entry entries[] = { { 1, "current", 0 }, rows[i].left };
		struct way way = usual;
		char cell[128];

		begin(&s, "1", "1");
		if (rows[i].left.version == 3) {
			/* Approved, never in force. */
			line_make_version(&s.line, 3, NULL, 0);
			s.manifest[3] = s.line.manifest;
		}
		put_way(&s, &way, cell);
		lifecycle_publish(&s, entries, 2, cell, "");
		lifecycle_expect(&s, rows[i].code);
	}
}

/* A manifest that the rollback's holder and the signer make up to leave it. */
static void r20_what_is_left_was_in_force(void **state)
{
	static const struct {
		unsigned version;
		const char *epoch, *left, *code; /* epochs of what is in force, and made up */
	} rows[] = {
		{ 2, "1", "1", "rollback-not-from-current" },
		/* One that this verifier may have missed: the floor holds all the same. */
		{ 3, "5", "1", "rollback-below-epoch" },
		{ 3, "1", "5", "rollback-below-epoch" },
	};
	static const struct entry alone[] = { { 1, "current", 0 } };
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		char epoch[32];
		(void)snprintf(epoch, sizeof(epoch), "\"securityEpoch\":%s", rows[i].left);
		const struct line_edit edits[] = {
			{ "manifest", EVIDENCE, "\"rollbackTo\":[1]," EVIDENCE },
			{ "manifest", "\"securityEpoch\":1", epoch },
		};
		AUTO_DONE(lifecycle) s = { 0 };
		AUTO_DONE(bytes) index = { 0 };
		struct way way = usual;
		char cell[128];

		begin(&s, "", rows[i].epoch);
		assert_int_equal(bytes_copy(span_of(line_file(&s.line, "index/2.json")), &index),
				 OK);
		s.line.manifest = s.manifest[rows[i].version - 1];
		line_make_version(&s.line, rows[i].version, edits, 2);
		s.manifest[rows[i].version] = s.line.manifest;
		line_put(&s.line, "index/2.json", span_of(&index));
		way.from = rows[i].version;
		put_way(&s, &way, cell);
		lifecycle_publish(&s, alone, 1, cell, "");
		lifecycle_expect(&s, rows[i].code);
	}
}

/* Version 3 declares the way back to 1; nobody saw it in force. */
static void make_up(struct lifecycle *s, bool is_approved)
{
	static const struct line_edit edit = { "manifest", EVIDENCE,
					       "\"rollbackTo\":[1]," EVIDENCE };
	char hex[HEX_MAX], path[160];

	s->line.manifest = s->manifest[2];
	line_make_version(&s->line, 3, &edit, 1);
	s->manifest[3] = s->line.manifest;
	hex_text(&s->manifest[3], hex);
	(void)snprintf(path, sizeof(path), "approvals/%s/", hex);
	if (!is_approved)
		line_remove(&s->line, path);
}

/* A signature on it is not enough: who signs releases would choose what is left. */
static void r20_what_was_never_in_force_is_a_manifest_like_any_other(void **state)
{
	static const char *const codes[] = { "approvals-missing", "rollback-from-revoked", NULL };
	static const struct entry alone[] = { { 1, "current", 0 } };
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		AUTO_DONE(outcome) out = { 0 };
		struct way way = usual;
		char cell[128], hex[HEX_MAX];

		begin(&s, "", "1");
		make_up(&s, i > 0);
		hex_text(&s.manifest[3], hex);
		if (i == 1)
			revoke(&s, hex);
		way.from = 3;
		put_way(&s, &way, cell);
		lifecycle_publish(&s, alone, 1, cell, "");
		if (codes[i] != NULL) {
			lifecycle_expect(&s, codes[i]);
			continue;
		}
		lifecycle_load(&s, &out);
		assert_int_equal(out.status, OK);
	}
}

/* Signed once more, by another key. */
static void cosign(struct lifecycle *s, const char *cell, const char *key)
{
	char hex[HEX_MAX], path[160];
	AUTO_DONE(dsse) dsse = { 0 };
	AUTO_DONE(strict_document) why = { 0 };

	assert_int_equal(sscanf(cell, ",\"rollbacks\":[\"%64[0-9a-f]", hex), 1);
	(void)snprintf(path, sizeof(path), "rollbacks/%s/1.json", hex);
	assert_int_equal(dsse_parse(span_of(line_file(&s->line, path)), 65536, &dsse, &why), OK);
	assert_int_equal(bytes_append_byte(&dsse.payload, 0), OK);
	(void)snprintf(path, sizeof(path), "rollbacks/%s/2.json", hex);
	line_put_signed(&s->line, path, key, (const char *)dsse.payload.data);
}

/* Version 3 was current while it was away, was left for 1, and then revoked. */
static void r20_who_was_away_goes_back_by_what_it_had_or_who_revokes(void **state)
{
	static const struct {
		const char *declared, *cosigner; /* by version 2, which it has in force */
		bool is_followed;
	} rows[] = {
		{ "1", NULL, true },	     { "", NULL, false },      { "", "sec-approve", true },
		{ "", "sec-review", false }, { "", "publish", false },
	};
	static const struct entry alone[] = { { 1, "current", 0 } };
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		AUTO_DONE(outcome) out = { 0 };
		struct release release;
		struct way way = usual;
		char cell[128], hex[HEX_MAX];

		begin(&s, rows[i].declared, "1");
		make_up(&s, true);
		hex_text(&s.manifest[3], hex);
		revoke(&s, hex);
		way.from = 3;
		put_way(&s, &way, cell);
		if (rows[i].cosigner != NULL)
			cosign(&s, cell, rows[i].cosigner);
		lifecycle_publish(&s, alone, 1, cell, "");
		if (!rows[i].is_followed) {
			lifecycle_expect(&s, "rollback-from-revoked");
			continue;
		}
		lifecycle_load(&s, &out);
		if (out.status != OK)
			fail_msg("row %zu: %s", i, out.refusal.code);
		assert_true(lifecycle_has(&s, &out, 1, &release));
		assert_int_equal(release.state, RELEASE_CURRENT);
	}
}

/* Version 3 is in force, and declares the ways back that are listed. */
static void begin_at_three(struct lifecycle *s, const char *rollback_to)
{
	char declared[64];
	const struct line_edit edit = { "manifest", EVIDENCE, declared };

	(void)snprintf(declared, sizeof(declared), "\"rollbackTo\":[%s]," EVIDENCE, rollback_to);
	begin(s, "1", "1");
	lifecycle_go_on(s, &edit, 1);
}

static const struct way first_step = { 3, 2, "q35", "plat-approve", 4, LINE_NOW - 120 };
static const struct way second_step = { 2, 1, "q35", "plat-approve", 4, LINE_NOW - 60 };

/* From 3 to 2, which was revoked, and on to 1: none of it was seen here. */
static void r20_a_step_between_may_be_revoked_where_the_start_declares_the_end(void **state)
{
	static const char *const declared[] = { "2,1", "2" };
	static const struct entry arrived[] = { { 1, "current", 0 } };
	static const struct entry stopped[] = { { 2, "current", 0 } };
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(lifecycle) s = { 0 };
		AUTO_DONE(outcome) out = { 0 };
		char cell[256], hex[HEX_MAX];

		begin_at_three(&s, declared[i % 2]);
		hex_text(&s.manifest[2], hex);
		revoke(&s, hex);
		if (i == 2)
			put_way(&s, &first_step, cell);
		else
			put_two_ways(&s, &first_step, &second_step, cell);
		lifecycle_publish(&s, i == 2 ? stopped : arrived, 1, cell, "");
		if (i > 0) {
			lifecycle_expect(&s,
					 i == 1 ? "rollback-from-revoked" : "rollback-to-revoked");
			continue;
		}
		lifecycle_load(&s, &out);
		if (out.status != OK)
			fail_msg("%s", out.refusal.code);
	}
}

/* Version 3 declares version 2 by its number alone: what the signer makes up for that
 * number, with a way back of its own, was in force nowhere. */
static void r20_a_step_between_is_a_manifest_like_any_other(void **state)
{
	static const struct entry arrived[] = { { 1, "current", 0 } };
	AUTO_DONE(lifecycle) s = { 0 };
	char cell[256], hex[HEX_MAX], path[160];
	(void)state;

	begin_at_three(&s, "2");
	hex_text(&s.manifest[2], hex);
	(void)snprintf(path, sizeof(path), "approvals/%s/", hex);
	line_remove(&s.line, path);
	put_two_ways(&s, &first_step, &second_step, cell);
	lifecycle_publish(&s, arrived, 1, cell, "");
	lifecycle_expect(&s, "approvals-missing");
}

/* For who never had to go by it, it would lift the ratchet of every node. */
static void r20_what_was_made_up_leads_no_node_back(void **state)
{
	static const struct entry entries[] = { { 2, "current", 0 }, { 1, "previous", UNTIL } };
	(void)state;

	for (int is_approved = 0; is_approved < 2; is_approved++) {
		AUTO_DONE(lifecycle) s = { 0 };
		AUTO_DONE(outcome) out = { 0 };
		struct release release;
		struct way way = usual;
		char cell[128];

		begin(&s, "", "1");
		make_up(&s, is_approved != 0);
		way.from = 3;
		put_way(&s, &way, cell);
		s.marks = (struct release_marks){ 0 };
		lifecycle_publish(&s, entries, 2, cell, "");
		lifecycle_load(&s, &out);
		assert_int_equal(out.status, OK);
		assert_true(lifecycle_has(&s, &out, 1, &release));
		assert_int_equal(release.rolled_back_from, is_approved ? 3 : 0);
	}
}

/* The document says version 3 of what is version 2. */
static void r20_a_rollback_is_between_the_versions_that_it_says(void **state)
{
	static const struct entry alone[] = { { 1, "current", 0 } };
	AUTO_DONE(lifecycle) s = { 0 };
	struct way way = usual;
	char cell[128];
	(void)state;

	begin(&s, "1", "1");
	s.manifest[3] = s.manifest[2];
	way.from = 3;
	put_way(&s, &way, cell);
	lifecycle_publish(&s, alone, 1, cell, "");
	lifecycle_expect(&s, "version-mismatch");
}

/* What is left was revoked since: that is no reason to refuse the whole release. */
static void r20_a_revocation_takes_no_way_back_away(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) back = { 0 };
	AUTO_DONE(outcome) later = { 0 };
	struct release release;
	char cell[128], hex[HEX_MAX];
	(void)state;

	begin(&s, "1", "1");
	put_way(&s, &usual, cell);
	go_back(&s, cell);
	lifecycle_load(&s, &back);
	assert_int_equal(back.status, OK);
	hex_text(&s.manifest[2], hex);
	revoke(&s, hex);
	lifecycle_load(&s, &later);
	assert_int_equal(later.status, OK);
	assert_false(lifecycle_has(&s, &later, 2, &release));
	assert_true(lifecycle_has(&s, &later, 1, &release));
	assert_int_equal(release.rolled_back_from, 2);
}

static void r20_an_update_does_not_lower_the_epoch(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	static const struct entry entries[] = { { 3, "current", 0 }, { 2, "previous", UNTIL } };
	static const struct line_edit lower = { "manifest", "\"securityEpoch\":1",
						"\"securityEpoch\":0" };
	(void)state;

	begin(&s, "1", "1");
	line_make_version(&s.line, 3, &lower, 1);
	s.manifest[3] = s.line.manifest;
	lifecycle_publish(&s, entries, 2, "", "");
	lifecycle_expect(&s, "epoch-went-down");
}

static void r27_what_was_replaced_does_not_come_back(void **state)
{
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	static const struct entry left_out[] = { { 2, "current", 0 } };
	static const struct entry back[] = { { 2, "current", 0 }, { 1, "previous", UNTIL } };
	(void)state;

	begin(&s, "1", "1");
	lifecycle_publish(&s, left_out, 1, "", "");
	lifecycle_load(&s, &out);
	assert_int_equal(out.status, OK);
	lifecycle_publish(&s, back, 2, "", "");
	lifecycle_expect(&s, "previous-came-back");
}

/* With version 2 out of the index, version 1's end counts from version 3's beginning. */
static void r27_an_end_is_not_put_off_by_leaving_one_out(void **state)
{
	const int64_t end = LINE_NOW + 3600;
	const struct entry three[] = { { 3, "current", 0 },
				       { 2, "previous", end },
				       { 1, "previous", end } };
	const struct entry later[] = { { 3, "current", 0 }, { 1, "previous", end + 1 } };
	const struct entry same[] = { { 3, "current", 0 }, { 1, "previous", end } };
	AUTO_DONE(lifecycle) s = { 0 };
	AUTO_DONE(outcome) out = { 0 };
	(void)state;

	lifecycle_init(&s);
	lifecycle_go_on(&s, NULL, 0);
	line_make_version(&s.line, 3, NULL, 0);
	s.manifest[3] = s.line.manifest;
	s.index = 3;
	lifecycle_publish(&s, three, 3, "", "");
	lifecycle_load(&s, &out);
	assert_int_equal(out.status, OK);
	lifecycle_publish(&s, later, 2, "", "");
	lifecycle_expect(&s, "accept-until-over-cap");
	s.index--;
	lifecycle_publish(&s, same, 2, "", "");
	outcome_done(&out);
	out = (struct outcome){ 0 };
	lifecycle_load(&s, &out);
	assert_int_equal(out.status, OK);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r27_an_end_is_not_put_off_by_leaving_one_out),
	cmocka_unit_test(r20_a_declared_way_back_is_taken),
	cmocka_unit_test(r20_without_its_document_nothing_goes_down),
	cmocka_unit_test(r20_what_a_rollback_must_not_do),
	cmocka_unit_test(r20_nothing_goes_back_to_what_is_revoked),
	cmocka_unit_test(r20_a_rollback_counts_once),
	cmocka_unit_test(r20_who_missed_a_rollback_can_follow),
	cmocka_unit_test(r20_what_was_left_ends_within_the_cap),
	cmocka_unit_test(r20_what_is_left_was_in_force),
	cmocka_unit_test(r20_what_was_never_in_force_is_a_manifest_like_any_other),
	cmocka_unit_test(r20_who_was_away_goes_back_by_what_it_had_or_who_revokes),
	cmocka_unit_test(r20_a_step_between_may_be_revoked_where_the_start_declares_the_end),
	cmocka_unit_test(r20_a_step_between_is_a_manifest_like_any_other),
	cmocka_unit_test(r20_what_was_made_up_leads_no_node_back),
	cmocka_unit_test(r20_a_rollback_is_between_the_versions_that_it_says),
	cmocka_unit_test(r20_a_revocation_takes_no_way_back_away),
	cmocka_unit_test(r20_an_update_does_not_lower_the_epoch),
	cmocka_unit_test(r27_what_was_replaced_does_not_come_back),
};

ATTACKS_MAIN(tests)
