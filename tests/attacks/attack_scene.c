/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "attack_scene.h"
#include "verifier/store/sqlite.h"

static void hash_rows(struct store *store, const char *sql, struct bytes *out)
{
	sqlite3_stmt *stmt = NULL;

	assert_int_equal(sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL), SQLITE_OK);
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(stmt); i++) {
			const uint8_t *value = sqlite3_column_blob(stmt, i);
			size_t len = (size_t)sqlite3_column_bytes(stmt, i);

			assert_int_equal(bytes_printf(out, "%zu:", len), OK);
			assert_int_equal(bytes_append(out, (struct span){ value, len }), OK);
		}
	}
	assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
}

struct digest store_picture(struct signer_scene *s)
{
	static const char *const queries[] = {
		"SELECT * FROM nodes ORDER BY id",
		"SELECT * FROM sessions ORDER BY node",
		"SELECT * FROM session_logs ORDER BY node, is_boot, number",
		"SELECT * FROM entries ORDER BY name",
		"SELECT * FROM audit ORDER BY number",
	};
	AUTO_DONE(bytes) rows = { 0 };
	struct digest digest;

	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
		hash_rows(s->signer.store, queries[i], &rows);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&rows), &digest), OK);
	return digest;
}

void expect_refused_unchanged(struct signer_scene *s, enum frame_type type, enum refusal refusal)
{
	struct digest before = store_picture(s);
	uint64_t grants = s->signer.grants;

	scene_expect(s, type, refusal);

	struct digest after = store_picture(s);

	assert_true(digest_equal(&before, &after));
	assert_true(s->signer.grants == grants);
}

enum node_state state_in_store(struct signer_scene *s)
{
	struct node_row row;

	assert_int_equal(store_node(s->signer.store, &s->node, &s->keep, &row), OK);
	/* A right that did not end would stand here until it runs out. */
	if (row.verdict != NODE_TRUSTED)
		assert_int_equal(row.expires, 0);
	return row.verdict;
}

void expect_right_ended(struct signer_scene *s, const char *reason)
{
	uint64_t grants = s->signer.grants;

	scene_expect(s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	assert_true(s->answer.authenticate.is_final);

	const struct result *r = &s->answer.authenticate.result;

	assert_int_not_equal(r->reasons.count, 0);
	if (!span_equal(r->reasons.items[0].code, span_text(reason)))
		fail_msg("%.*s, not %s", (int)r->reasons.items[0].code.len,
			 (const char *)r->reasons.items[0].code.data, reason);
	assert_int_equal(r->certificate.len, 0);
	assert_true(s->signer.grants == grants);
	assert_int_equal(state_in_store(s), NODE_UNTRUSTED);
}

void attack_scene_init(struct signer_scene *s)
{
	signer_scene_approved(s);
	scene_attest(s);
	assert_int_equal(state_in_store(s), NODE_TRUSTED);
	assert_int_equal(s->signer.grants, 1);
}

struct made_attest scene_quote(struct signer_scene *s)
{
	struct made_attest made =
		honest_quote(&s->ak, s->challenge.nonce, name_span(&s->minting.name),
			     s->challenge.bank, s->challenge.select, &s->golden.values);

	made.clock = s->clock;
	made.reset_count = s->reset_count;
	made.restart_count = s->restart_count;
	return made;
}

void scene_resign(struct signer_scene *s)
{
	s->signature.len = 0;
	sign_attest(&s->ak, span_of(&s->attest), &s->signature);
	s->request.authenticate.attest = span_of(&s->attest);
	s->request.authenticate.signature = span_of(&s->signature);
}

void scene_send_quote(struct signer_scene *s, const struct made_attest *quote)
{
	s->attest.len = 0;
	write_attest(quote, &s->attest);
	scene_resign(s);
}

struct made_attest scene_certify(struct signer_scene *s)
{
	struct made_attest made = honest_certify(&s->ak, s->challenge.nonce, &s->minting.name);

	made.clock = s->clock - 1;
	made.reset_count = s->reset_count;
	made.restart_count = s->restart_count;
	return made;
}

void scene_send_certify(struct signer_scene *s, const struct made_attest *certify)
{
	s->certify.len = s->certify_signature.len = 0;
	write_attest(certify, &s->certify);
	sign_attest(&s->ak, span_of(&s->certify), &s->certify_signature);
	s->request.authenticate.certify_attest = span_of(&s->certify);
	s->request.authenticate.certify_signature = span_of(&s->certify_signature);
}

struct signer_request scene_record(struct signer_scene *s, enum frame_type type)
{
	struct bytes frame = { 0 };
	struct signer_request copy;
	struct span kept;

	s->request.type = type;
	assert_int_equal(signer_request_encode(&s->request, &frame), OK);
	assert_int_equal(keep_bytes(&s->keep, &frame, &kept), OK);
	assert_int_equal(signer_request_decode(type, kept, &copy), OK);
	return copy;
}
