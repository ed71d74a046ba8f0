/* SPDX-License-Identifier: Apache-2.0 */
/* Signed releases: what lets a manifest in, or takes one back, stands in the release log. */
#include "attacks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lifecycle_scene.h"
#include "line_log.h"
#include "rollback_scene.h"
#include "signed_text.h"

#define UNTIL (LINE_NOW + 3600)
#define HOUR INT64_C(3600)
#define EDITS_MAX 4

/* A root that asks for proofs, and a log of version 1, which is in force; version 2 lies
 * there. */
struct logged {
	struct lifecycle s;
	struct line_log log;
	struct line_edit edit[EDITS_MAX];
	size_t edit_count;
};

static void logged_done(struct logged *l)
{
	line_log_done(&l->log);
	lifecycle_done(&l->s);
}

AUTO_RELEASE(logged, logged_done);

static void add(struct logged *l, const char *kind, const char *path, const char *key)
{
	line_log_add(&l->log, kind, path, key);
	line_log_publish(&l->log, "log", "witness");
}

/* By the path of one of its documents: FOLDER/SHA256SUFFIX. */
static void add_of(struct logged *l, const char *kind, const char *folder, unsigned version,
		   const char *suffix, const char *key)
{
	char hex[HEX_MAX], path[160];

	line_digest_hex(&l->s.manifest[version], hex);
	(void)snprintf(path, sizeof(path), "%s/%s%s", folder, hex, suffix);
	add(l, kind, path, key);
}

static void begin(struct logged *l, const struct line_edit *more, bool is_approved)
{
	AUTO_DONE(outcome) out = { 0 };
	char hex[HEX_MAX], path[160];

	l->s.index = 1;
	memcpy(l->edit, line_log_edits, sizeof(line_log_edits));
	l->edit_count = 2;
	if (more != NULL)
		l->edit[l->edit_count++] = *more;
	/* A root is one for both. */
	bool is_root = more != NULL && strcmp(more->document, "root") == 0;
	line_make(&l->s.line, l->edit, is_root ? l->edit_count : 2);
	l->s.manifest[1] = l->s.line.manifest;
	lifecycle_find_matrix(&l->s);
	line_log_init(&l->log, &l->s.line);
	line_log_add_all(&l->log);
	line_log_publish(&l->log, "log", "witness");
	lifecycle_load(&l->s, &out);
	assert_int_equal(out.status, OK);
	line_make_version(&l->s.line, 2, l->edit, l->edit_count);
	l->s.manifest[2] = l->s.line.manifest;
	add_of(l, "manifest", "manifests", 2, ".json", "sign");
	line_digest_hex(&l->s.manifest[2], hex);
	(void)snprintf(path, sizeof(path), "approvals/%s/", hex);
	if (!is_approved) {
		line_remove(&l->s.line, path);
		return;
	}
	add_of(l, "approval", "approvals", 2, "/1.json", "plat-approve");
	add_of(l, "approval", "approvals", 2, "/2.json", "sec-approve");
}

static void expect_loaded(struct logged *l, unsigned version, bool is_there)
{
	AUTO_DONE(outcome) out = { 0 };
	struct release release;

	lifecycle_load(&l->s, &out);
	if (out.status != OK)
		fail_msg("%s at %s %s", out.refusal.code, out.refusal.document, out.refusal.field);
	assert_int_equal(lifecycle_has(&l->s, &out, version, &release), is_there);
}

/* One more approval of version 2, of the first one's words. */
static void approve_again(struct logged *l, const char *key)
{
	struct signed_text approval = { 0 };
	char hex[HEX_MAX], path[160];

	line_digest_hex(&l->s.manifest[2], hex);
	(void)snprintf(path, sizeof(path), "approvals/%s/1.json", hex);
	signed_text_of(&l->s.line, path, &approval);
	(void)snprintf(path, sizeof(path), "approvals/%s/3.json", hex);
	line_put_signed(&l->s.line, path, key, approval.text);
}

/* From that version to 1, by the next index; its digest. */
static void put_rollback(struct logged *l, unsigned version, const char *key,
			 char document[HEX_MAX])
{
	const struct way way = { version, 1, "q35", key, l->s.index + 1, LINE_NOW - 60 };

	rollback_document(&l->s, &way, document);
}

static void publish_rollback(struct logged *l, const char *document)
{
	static const struct entry back[] = { { 1, "current", 0 } };
	char cell[128];

	(void)snprintf(cell, sizeof(cell), ",\"rollbacks\":[\"%s\"]", document);
	lifecycle_publish(&l->s, back, 1, cell, "");
}

static const struct line_edit declared = { "manifest", "\"evidence\":{",
					   "\"rollbackTo\":[1],\"evidence\":{" };
static const struct entry two_current[] = { { 2, "current", 0 }, { 1, "previous", UNTIL } };

/* Somebody approves what is in force, and the witness has yet to look. */
static void r24_an_approval_without_a_proof_is_in_nobody_s_way(void **state)
{
	AUTO_DONE(logged) l = { 0 };
	char hex[HEX_MAX], path[160];
	(void)state;

	begin(&l, NULL, true);
	lifecycle_publish(&l.s, two_current, 2, "", "");
	approve_again(&l, "plat-approve-2");
	expect_loaded(&l, 2, true);
	/* Nor is it an approval. */
	line_digest_hex(&l.s.manifest[2], hex);
	struct signed_text approval = { 0 };
	(void)snprintf(path, sizeof(path), "approvals/%s/3.json", hex);
	signed_text_of(&l.s.line, path, &approval);
	(void)snprintf(path, sizeof(path), "approvals/%s/1.json", hex);
	line_put_signed(&l.s.line, path, "plat-approve-2", approval.text);
	lifecycle_expect(&l.s, "proof-missing");
	add_of(&l, "approval", "approvals", 2, "/3.json", "plat-approve-2");
	expect_loaded(&l, 2, true);
}

/* Until when it gives new rights, with so many releases. */
static int64_t valid_until(struct logged *l, const char *code, uint32_t releases)
{
	AUTO_DONE(outcome) out = { 0 };
	struct reference ref;

	lifecycle_load(&l->s, &out);
	if (out.status != OK)
		fail_msg("%s at %s %s", out.refusal.code, out.refusal.document, out.refusal.field);
	if (code == NULL)
		assert_null(out.refusal.code);
	else
		assert_string_equal(out.refusal.code, code);
	assert_int_equal(reference_open(span_of(&out.image), &ref), OK);
	assert_int_equal(reference_facts(&ref).release_count, releases);
	return reference_facts(&ref).valid_until;
}

/* Keys that were stolen approve it once more, and a revocation that is newer lets the log be
 * in disorder. */
static void r24_what_lapsed_has_no_right_without_a_proof(void **state)
{
	static const struct line_edit approver = {
		"root", "\"approve-security\":{\"keys\":[\"sec-approve\"]",
		"\"approve-security\":{\"keys\":[\"sec-approve\",\"sec-review\"]"
	};
	const struct line_edit edits[] = {
		line_log_edits[0], line_log_edits[1], approver, { "approval#2", NULL, "sec-review" }
	};
	AUTO_DONE(logged) l = { 0 };
	struct signed_text approval = { 0 };
	struct revoked revoked = { .version = 2 };
	uint8_t *spki = NULL;
	struct digest digest;
	char hex[HEX_MAX], path[160];
	(void)state;

	l.s.index = 1;
	line_make(&l.s.line, edits, 4);
	l.s.manifest[1] = l.s.line.manifest;
	line_log_init(&l.log, &l.s.line);
	add_of(&l, "manifest", "manifests", 1, ".json", "sign");
	add_of(&l, "approval", "approvals", 1, "/1.json", "plat-approve");
	add_of(&l, "approval", "approvals", 1, "/2.json", "sec-review");
	assert_true(valid_until(&l, NULL, 1) > LINE_NOW);
	int len = i2d_PUBKEY(line_key("sec-review"), &spki);
	assert_true(len > 0);
	assert_int_equal(digest_of(DIGEST_SHA256, (struct span){ spki, (size_t)len }, &digest), OK);
	OPENSSL_free(spki);
	line_digest_hex(&digest, hex);
	revoked.key = hex;
	lifecycle_revoke(&l.s, "sec-approve", &revoked);
	assert_true(valid_until(&l, NULL, 0) > LINE_NOW);

	approve_as(&l.s.line, "sec-approve", &approval);
	assert_true(valid_until(&l, NULL, 0) > LINE_NOW);
	revoked.version = 3;
	lifecycle_revoke(&l.s, "sec-approve", &revoked);
	assert_true(valid_until(&l, NULL, 0) > LINE_NOW);
	revoked.version = 4;
	lifecycle_revoke(&l.s, "sec-approve", &revoked);
	line_log_publish(&l.log, "log", NULL);
	assert_true(valid_until(&l, "witness-missing", 1) < LINE_NOW);

	line_log_publish(&l.log, "log", "witness");
	assert_true(valid_until(&l, NULL, 0) > LINE_NOW);
	approval_path(&l.s.line, 3, path);
	add(&l, "approval", path, "sec-approve");
	assert_true(valid_until(&l, NULL, 1) > LINE_NOW);
}

/* Beside a revocation that is newer, what was proven then and is not now goes on. */
static void r24_an_approval_whose_proof_is_gone_gives_no_right(void **state)
{
	AUTO_DONE(logged) l = { 0 };
	char path[160];
	(void)state;

	begin(&l, NULL, true);
	lifecycle_publish(&l.s, two_current, 2, "", "");
	expect_loaded(&l, 2, true);
	line_log_proof_path(&l.log, 4, path);
	line_remove(&l.s.line, path);
	lifecycle_expect(&l.s, "proof-missing");
	lifecycle_revoke(&l.s, "sec-approve", &(struct revoked){ .version = 2 });
	assert_true(valid_until(&l, "proof-missing", 2) < LINE_NOW);
}

static void r24_a_rollback_stands_in_the_log(void **state)
{
	AUTO_DONE(logged) l = { 0 };
	char document[HEX_MAX], path[160];
	(void)state;

	begin(&l, &declared, true);
	lifecycle_publish(&l.s, two_current, 2, "", "");
	expect_loaded(&l, 2, true);
	put_rollback(&l, 2, "plat-approve", document);
	publish_rollback(&l, document);
	lifecycle_expect(&l.s, "proof-missing");
	(void)snprintf(path, sizeof(path), "rollbacks/%s/1.json", document);
	add(&l, "rollback", path, "plat-approve");
	expect_loaded(&l, 2, false);
}

/* Version 3, which nobody saw in force, leads back to 1. */
static void make_up(struct logged *l)
{
	AUTO_DONE(bytes) index = { 0 };

	l->edit[l->edit_count] = declared;
	assert_int_equal(bytes_copy(span_of(line_file(&l->s.line, "index/2.json")), &index), OK);
	line_make_version(&l->s.line, 3, l->edit, l->edit_count + 1);
	line_put(&l->s.line, "index/2.json", span_of(&index));
	l->s.manifest[3] = l->s.line.manifest;
	add_of(l, "manifest", "manifests", 3, ".json", "sign");
	add_of(l, "approval", "approvals", 3, "/1.json", "plat-approve");
	add_of(l, "approval", "approvals", 3, "/2.json", "sec-approve");
}

static void revoke(struct logged *l, unsigned version)
{
	char hex[HEX_MAX];

	line_digest_hex(&l->s.manifest[version], hex);
	rollback_revoke(&l->s, hex);
}

/* What both teams were shown version 3 against was never published: what of it the log does
 * not have, nobody could see. */
static void r24_a_baseline_stands_in_the_log(void **state)
{
	static const struct entry entries[] = { { 3, "current", 0 }, { 1, "previous", UNTIL } };
	AUTO_DONE(logged) l = { 0 };
	AUTO_DONE(bytes) proof = { 0 };
	char hex[HEX_MAX], path[160];
	(void)state;

	begin(&l, NULL, true);
	make_up(&l);
	line_digest_hex(&l.s.manifest[2], hex);
	(void)snprintf(path, sizeof(path), "proofs/%s/sign", hex);
	assert_int_equal(bytes_copy(span_of(line_file(&l.s.line, path)), &proof), OK);
	line_remove(&l.s.line, path);
	lifecycle_publish(&l.s, entries, 2, "", "");
	lifecycle_expect(&l.s, "proof-missing");
	line_put(&l.s.line, path, span_of(&proof));
	expect_loaded(&l, 3, true);
}

/* Revocations need no proof; what widens again, by the same key, does. */
static void r24_who_lets_a_way_from_what_is_revoked_stand_is_in_the_log(void **state)
{
	AUTO_DONE(logged) l = { 0 };
	char document[HEX_MAX], first[160], second[160];
	(void)state;

	begin(&l, NULL, true);
	lifecycle_publish(&l.s, two_current, 2, "", "");
	expect_loaded(&l, 2, true);
	make_up(&l);
	revoke(&l, 3);
	put_rollback(&l, 3, "sec-approve", document);
	(void)snprintf(first, sizeof(first), "rollbacks/%s/1.json", document);
	(void)snprintf(second, sizeof(second), "rollbacks/%s/2.json", document);
	line_put(&l.s.line, second, span_of(line_file(&l.s.line, first)));
	put_rollback(&l, 3, "plat-approve", document);
	add(&l, "rollback", first, "plat-approve");
	publish_rollback(&l, document);
	lifecycle_expect(&l.s, "proof-missing");
	add(&l, "rollback", second, "sec-approve");
	expect_loaded(&l, 2, false);
}

static void r24_a_canary_document_stands_in_the_log(void **state)
{
	static const struct line_edit gate = { "root", "\"nodes\":0,\"window\":86400",
					       "\"nodes\":2,\"window\":86400" };
	static const struct entry entries[] = { { 2, "current", 0 }, { 1, "previous", UNTIL } };
	AUTO_DONE(logged) l = { 0 };
	static const struct entry tried[] = { { 2, "canary", 0 }, { 1, "current", 0 } };
	struct canary canary = {
		.nodes = 2, .svids = 2, .from = LINE_NOW - 3600, .to = LINE_NOW - 60
	};
	char hex[HEX_MAX], path[160];
	(void)state;

	begin(&l, &gate, true);
	lifecycle_publish(&l.s, tried, 2, "", "");
	expect_loaded(&l, 2, true);
	lifecycle_put_canary(&l.s, 2, 1, "verifier", canary);
	lifecycle_publish(&l.s, entries, 2, "", "");
	lifecycle_expect(&l.s, "proof-missing");
	line_digest_hex(&l.s.manifest[2], hex);
	(void)snprintf(path, sizeof(path), "canaries/%s/1.json", hex);
	add(&l, "canary", path, "verifier");
	expect_loaded(&l, 2, true);
}

static void put_emergency(struct logged *l, int64_t time, char document[HEX_MAX])
{
	char hex[HEX_MAX], subject[160], text[512];

	line_digest_hex(&l->s.manifest[2], hex);
	(void)snprintf(subject, sizeof(subject),
		       "{\"name\":\"manifest\",\"digest\":{\"sha256\":\"%s\"}}", hex);
	(void)snprintf(text, sizeof(text),
		       "\"manifest\":\"%s\",\"scope\":{\"platforms\":[\"q35\"],\"classes\":["
		       "\"server\"],\"maximumNodes\":3},\"reason\":\"a hole\",\"time\":%" PRId64
		       ",\"expires\":%" PRId64,
		       hex, time, LINE_NOW + 6 * HOUR);
	lifecycle_put(&l->s, "emergency", "emergencies", "plat-approve", subject, text, document);
}

/* What the index says of it. */
static void put_review(struct logged *l, const char *emergency, const char *finding, char pins[512])
{
	struct digest digest;
	char hex[HEX_MAX], text[1024], path[160];

	(void)snprintf(text, sizeof(text),
		       "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":"
		       "\"emergency\",\"digest\":{\"sha256\":\"%s\"}}],"
		       "\"predicateType\":\"https://attestd.dev/review/v1\",\"predicate\":{"
		       "\"emergency\":\"%s\",\"finding\":\"%s\",\"reason\":\"looked at it\","
		       "\"time\":%" PRId64 "}}",
		       emergency, emergency, finding, LINE_NOW - 60);
	assert_int_equal(digest_of(DIGEST_SHA256, span_text(text), &digest), OK);
	line_digest_hex(&digest, hex);
	(void)snprintf(pins, 512,
		       ",\"reviews\":[{\"sha256\":\"%s\",\"finding\":\"%s\",\"time\":%" PRId64 "}]",
		       hex, finding, LINE_NOW - 60);
	(void)snprintf(path, sizeof(path), "reviews/%s/1.json", emergency);
	line_put_signed(&l->s.line, path, "sec-review", text);
}

static void publish(struct logged *l, const char *emergency, const char *pins)
{
	static const struct entry entries[] = { { 2, "canary", 0 }, { 1, "current", 0 } };
	char named[640];

	(void)snprintf(named, sizeof(named), ",\"emergency\":\"%s\"%s", emergency, pins);
	lifecycle_publish(&l->s, entries, 2, "", named);
}

static void add_at(struct logged *l, const char *kind, const char *folder, const char *document,
		   const char *key)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s/1.json", folder, document);
	add(l, kind, path, key);
}

static void r24_an_emergency_and_what_confirms_it_stand_in_the_log(void **state)
{
	AUTO_DONE(logged) l = { 0 };
	char first[HEX_MAX], pins[512];
	(void)state;

	begin(&l, NULL, false);
	put_emergency(&l, LINE_NOW - HOUR, first);
	publish(&l, first, "");
	lifecycle_expect(&l.s, "proof-missing");
	add_at(&l, "emergency", "emergencies", first, "plat-approve");
	expect_loaded(&l, 2, true);
	/* One that no index names is nothing yet: it is in nobody's way. */
	put_review(&l, first, "confirmed", pins);
	expect_loaded(&l, 2, true);
	publish(&l, first, pins);
	lifecycle_expect(&l.s, "proof-missing");
	add_at(&l, "review", "reviews", first, "sec-review");
	expect_loaded(&l, 2, true);
}

static void r24_an_end_waits_for_no_proof_and_the_next_beginning_does(void **state)
{
	AUTO_DONE(logged) l = { 0 };
	char first[HEX_MAX], second[HEX_MAX], pins[512];
	(void)state;

	begin(&l, NULL, false);
	put_emergency(&l, LINE_NOW - HOUR, first);
	publish(&l, first, "");
	add_at(&l, "emergency", "emergencies", first, "plat-approve");
	expect_loaded(&l, 2, true);
	put_review(&l, first, "rejected", pins);
	expect_loaded(&l, 2, false);
	put_emergency(&l, LINE_NOW - HOUR + 1, second);
	publish(&l, second, "");
	lifecycle_expect(&l.s, "emergency-outstanding");
	add_at(&l, "review", "reviews", first, "sec-review");
	add_at(&l, "emergency", "emergencies", second, "plat-approve");
	expect_loaded(&l, 2, true);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(r24_an_approval_without_a_proof_is_in_nobody_s_way),
	cmocka_unit_test(r24_what_lapsed_has_no_right_without_a_proof),
	cmocka_unit_test(r24_an_approval_whose_proof_is_gone_gives_no_right),
	cmocka_unit_test(r24_a_rollback_stands_in_the_log),
	cmocka_unit_test(r24_a_baseline_stands_in_the_log),
	cmocka_unit_test(r24_who_lets_a_way_from_what_is_revoked_stand_is_in_the_log),
	cmocka_unit_test(r24_a_canary_document_stands_in_the_log),
	cmocka_unit_test(r24_an_emergency_and_what_confirms_it_stand_in_the_log),
	cmocka_unit_test(r24_an_end_waits_for_no_proof_and_the_next_beginning_does),
};

ATTACKS_MAIN(tests)
