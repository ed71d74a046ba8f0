/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "messages/entries.h"
#include "messages/report.h"
#include "messages/sealed.h"
#include "signer_scene.h"

#define TICKET 7

/* A host that wishes for one token, and who reads it. */
struct wish_scene {
	struct signer_scene signer;
	EVP_PKEY *reader;
	struct report report;
	struct bytes text; /* of the report */
};

static EVP_PKEY *make_reader(uint8_t first)
{
	uint8_t scalar[SEALED_SCALAR_SIZE];
	EVP_PKEY *key = NULL;

	memset(scalar, first, sizeof(scalar));
	assert_int_equal(sealing_key(scalar, &key), OK);
	return key;
}

static void add_entry(struct wish_scene *w, const char *name, const char *class_name,
		      const char *spiffe_id, bool may_jwt)
{
	AUTO_DONE(entry) entry = { .may_jwt = may_jwt };
	AUTO_DONE(bytes) line = { 0 };
	struct entry_row row = { .name = span_text(name),
				 .class_name = span_text(class_name),
				 .standing = ENTRY_ACTIVE,
				 .added = w->signer.now,
				 .act_time = w->signer.now };
	struct store *store = w->signer.signer.store;

	assert_int_equal(bytes_copy(span_text(name), &entry.name), OK);
	assert_int_equal(bytes_copy(span_text(spiffe_id), &entry.spiffe_id), OK);
	assert_int_equal(bytes_copy(span_text("/usr/bin/web"), &entry.executable), OK);
	assert_int_equal(entry_write(&entry, &line), OK);
	row.line = span_of(&line);
	assert_int_equal(store_begin(store), OK);
	assert_int_equal(store_entry_add(store, &row), OK);
	assert_int_equal(store_commit(store), OK);
}

static void narrow_entry(struct wish_scene *w, const char *name, enum entry_standing standing)
{
	struct store *store = w->signer.signer.store;

	assert_int_equal(store_begin(store), OK);
	assert_int_equal(store_entry_narrow(store, span_text(name), standing, span_text("seen"), 0),
			 OK);
	assert_int_equal(store_commit(store), OK);
}

static void wish_scene_init(struct wish_scene *w)
{
	*w = (struct wish_scene){ .reader = make_reader(9) };
	signer_scene_approved(&w->signer);
	add_entry(w, "web", "server", "spiffe://prod.example/web/one", true);
	report_init(&w->report);
	w->report.jwt_count = 1;
	w->report.jwts[0] = (struct report_jwt){
		.ticket = TICKET,
		.entry = span_text("web"),
		.spiffe_id = span_text("spiffe://prod.example/web/one"),
		.audience_count = 2,
		.audiences = { span_text("spiffe://prod.example/api"), span_text("b") },
	};
	assert_int_equal(sealing_point(w->reader, w->report.jwts[0].recipient), OK);
}

static void wish_scene_done(struct wish_scene *w)
{
	EVP_PKEY_free(w->reader);
	bytes_done(&w->text);
	signer_scene_done(&w->signer);
}

AUTO_RELEASE(wish_scene, wish_scene_done);

/* An honest attestation with what the report says. */
static const struct jwt_list *attest(struct wish_scene *w)
{
	w->text.len = 0;
	assert_int_equal(report_write(&w->report, &w->text), OK);
	w->signer.report = span_of(&w->text);
	scene_authenticate(&w->signer);
	scene_prepare_commit(&w->signer);
	scene_expect(&w->signer, FRAME_COMMIT, REFUSAL_NONE);
	return &w->signer.answer.commit.jwts;
}

static void expect_refused(struct wish_scene *w, const char *code)
{
	const struct jwt_list *jwts = attest(w);

	assert_true(scene_result_says(&w->signer.answer.commit, "\nstate trusted\n"));
	assert_int_equal(jwts->count, 1);
	assert_int_equal(jwts->items[0].ticket, TICKET);
	assert_int_equal(jwts->items[0].sealed.len, 0);
	if (!span_equal(jwts->items[0].refused, span_text(code)))
		fail_msg("%.*s, not %s", (int)jwts->items[0].refused.len,
			 (const char *)jwts->items[0].refused.data, code);
}

static enum status open_token(const struct wish_scene *w, EVP_PKEY *reader, uint64_t ticket,
			      struct bytes *token)
{
	AUTO_DONE(bytes) context = { 0 };

	assert_int_equal(
		sealed_jwt_context(&w->signer.node, w->signer.challenge.nonce, ticket, &context),
		OK);
	return unseal(reader, span_of(&context), w->signer.answer.commit.jwts.items[0].sealed,
		      token);
}

static void claims_of(struct span token, struct bytes *header, struct bytes *claims)
{
	struct span word;

	assert_true(text_next_word(&token, '.', &word));
	assert_int_equal(base64url_decode(word, 4096, header), OK);
	assert_true(text_next_word(&token, '.', &word));
	assert_int_equal(base64url_decode(word, 4096, claims), OK);
	assert_int_equal(bytes_append_byte(header, 0), OK);
	assert_int_equal(bytes_append_byte(claims, 0), OK);
}

static void a_wish_under_a_trusted_quote_is_a_token_for_who_asked(void **state)
{
	AUTO_DONE(wish_scene) w;
	AUTO_DONE(bytes) token = { 0 };
	AUTO_DONE(bytes) header = { 0 };
	AUTO_DONE(bytes) claims = { 0 };
	AUTO(EVP_PKEY) other = make_reader(10);
	char wanted[256];
	(void)state;

	wish_scene_init(&w);
	assert_int_equal(attest(&w)->count, 1);
	assert_int_equal(w.signer.answer.commit.jwts.items[0].refused.len, 0);
	assert_int_equal(open_token(&w, other, TICKET, &token), STATUS_MISMATCH);
	assert_int_equal(open_token(&w, w.reader, TICKET + 1, &token), STATUS_MISMATCH);
	assert_int_equal(open_token(&w, w.reader, TICKET, &token), OK);
	claims_of(span_of(&token), &header, &claims);
	assert_non_null(strstr((const char *)header.data, "\"alg\":\"ES256\",\"kid\":\""));
	(void)snprintf(wanted, sizeof(wanted),
		       "{\"sub\":\"spiffe://prod.example/web/one\","
		       "\"aud\":[\"spiffe://prod.example/api\",\"b\"],\"iat\":%lld,\"exp\":%lld,",
		       (long long)w.signer.now, (long long)w.signer.now + 300);
	assert_true(strncmp((const char *)claims.data, wanted, strlen(wanted)) == 0);
}

static void no_token_outlives_the_grant(void **state)
{
	AUTO_DONE(wish_scene) w;
	AUTO_DONE(bytes) token = { 0 };
	AUTO_DONE(bytes) header = { 0 };
	AUTO_DONE(bytes) claims = { 0 };
	char wanted[64];
	(void)state;

	wish_scene_init(&w);
	w.signer.signer.jwt_lifetime_s = 86400;
	(void)attest(&w);
	assert_int_equal(open_token(&w, w.reader, TICKET, &token), OK);
	claims_of(span_of(&token), &header, &claims);

	const struct span verdict = w.signer.answer.commit.verdict;
	const char *expires = memmem(verdict.data, verdict.len, "\nexpires ", 9);

	assert_non_null(expires);
	(void)snprintf(wanted, sizeof(wanted), "\"exp\":%.10s,", expires + 9);
	assert_non_null(strstr((const char *)claims.data, wanted));
}

static void an_identity_that_no_entry_gives_is_refused(void **state)
{
	AUTO_DONE(wish_scene) w;
	(void)state;

	wish_scene_init(&w);
	w.report.jwts[0].entry = span_text("nobody");
	expect_refused(&w, "entry-unknown");
	w.report.jwts[0].entry = span_text("web");
	w.report.jwts[0].spiffe_id = span_text("spiffe://prod.example/web/two");
	expect_refused(&w, "entry-unknown"); /* another's identity */
	add_entry(&w, "elsewhere", "gateway", "spiffe://prod.example/web/two", true);
	w.report.jwts[0].entry = span_text("elsewhere");
	expect_refused(&w, "entry-unknown"); /* for nodes of another class */
	add_entry(&w, "x509", "server", "spiffe://prod.example/web/two", false);
	w.report.jwts[0].entry = span_text("x509");
	expect_refused(&w, "entry-without-jwt");
}

static void an_identity_beyond_the_entitlements_is_refused(void **state)
{
	static const char *const ids[] = { "spiffe://prod.example",
					   "spiffe://other.example/web/one" };
	AUTO_DONE(wish_scene) w;
	(void)state;

	wish_scene_init(&w);
	add_entry(&w, "first", "server", ids[0], true);
	add_entry(&w, "second", "server", ids[1], true);
	w.report.jwts[0].entry = span_text("first");
	w.report.jwts[0].spiffe_id = span_text(ids[0]);
	expect_refused(&w, "identity-not-entitled");
	w.report.jwts[0].entry = span_text("second");
	w.report.jwts[0].spiffe_id = span_text(ids[1]);
	expect_refused(&w, "identity-not-entitled");
}

static void a_quarantined_entry_gets_no_token_any_more(void **state)
{
	AUTO_DONE(wish_scene) w;
	(void)state;

	wish_scene_init(&w);
	assert_int_not_equal(attest(&w)->items[0].sealed.len, 0);
	narrow_entry(&w, "web", ENTRY_QUARANTINED);
	expect_refused(&w, "entry-quarantined");
	narrow_entry(&w, "web", ENTRY_REMOVED);
	expect_refused(&w, "entry-unknown");
}

static void who_is_not_trusted_gets_none(void **state)
{
	AUTO_DONE(wish_scene) w;
	struct finding finding = finding_of(REASON_IMA_ENTRY_UNKNOWN);
	(void)state;

	wish_scene_init(&w);
	assert_int_equal(report_write(&w.report, &w.text), OK);
	w.signer.report = span_of(&w.text);
	scene_authenticate(&w.signer);
	scene_prepare_commit(&w.signer);
	findings_add(&w.signer.request.commit.findings, &finding);
	scene_expect(&w.signer, FRAME_COMMIT, REFUSAL_NONE);
	assert_true(scene_result_says(&w.signer.answer.commit, "\nstate untrusted\n"));
	assert_int_equal(w.signer.answer.commit.jwts.count, 0);
}

static void without_a_key_there_is_none(void **state)
{
	AUTO_DONE(wish_scene) w;
	(void)state;

	wish_scene_init(&w);
	jwt_signer_done(&w.signer.signer.keys.authorities[0].jwt);
	expect_refused(&w, "jwt-key-missing");
}

static void a_reader_that_is_no_key_gets_none(void **state)
{
	AUTO_DONE(wish_scene) w;
	(void)state;

	wish_scene_init(&w);
	w.report.jwts[0].recipient[RECIPIENT_KEY_SIZE - 1] ^= 1;
	expect_refused(&w, "recipient-invalid");
}

/* An identity and audiences that are each as long as they may be. */
static void make_longest(struct wish_scene *w, char id[2049], char audience[256])
{
	static const char domain[] = "spiffe://prod.example/web/";

	memset(id, 'i', 2048);
	memcpy(id, domain, sizeof(domain) - 1);
	id[2048] = '\0';
	memset(audience, 'a', 255);
	audience[255] = '\0';
	add_entry(w, "long", "server", id, true);
	w->report.jwts[0].entry = span_text("long");
	w->report.jwts[0].spiffe_id = span_text(id);
	w->report.jwts[0].audience_count = REPORT_AUDIENCES_MAX;
	for (size_t i = 0; i < REPORT_AUDIENCES_MAX; i++)
		w->report.jwts[0].audiences[i] = span_text(audience);
}

/* It alone: the node and what else it wishes for get what is theirs. */
static void what_no_record_has_room_for_is_refused(void **state)
{
	AUTO_DONE(wish_scene) w;
	char id[2049], audience[256];
	(void)state;

	wish_scene_init(&w);
	w.report.jwts[1] = w.report.jwts[0];
	w.report.jwts[1].ticket = TICKET + 1;
	w.report.jwt_count = 2;
	make_longest(&w, id, audience);

	const struct jwt_list *jwts = attest(&w);

	assert_true(scene_result_says(&w.signer.answer.commit, "\nstate trusted\n"));
	assert_int_equal(jwts->count, 2);
	assert_true(span_equal(jwts->items[0].refused, span_text("audience-too-long")));
	assert_int_equal(jwts->items[0].sealed.len, 0);
	assert_int_equal(jwts->items[1].refused.len, 0);
	assert_int_equal(w.signer.signer.grants, 1);
	/* With one audience less there is room. */
	w.report.jwts[0].audience_count--;
	jwts = attest(&w);
	assert_int_equal(jwts->items[0].refused.len, 0);
	assert_int_not_equal(jwts->items[0].sealed.len, 0);
}

static enum status no_scalars(uint8_t *buffer, size_t len)
{
	memset(buffer, 7, len);
	return len == SEALED_SCALAR_SIZE ? STATUS_MALFORMED : OK;
}

static void what_fails_here_is_not_the_readers_fault(void **state)
{
	AUTO_DONE(wish_scene) w;
	(void)state;

	wish_scene_init(&w);
	assert_int_equal(report_write(&w.report, &w.text), OK);
	w.signer.report = span_of(&w.text);
	scene_authenticate(&w.signer);
	scene_prepare_commit(&w.signer);
	w.signer.random = no_scalars;
	scene_expect(&w.signer, FRAME_COMMIT, REFUSAL_INTERNAL);
}

static void a_resend_gets_the_same_token_and_no_other(void **state)
{
	AUTO_DONE(wish_scene) w;
	AUTO_DONE(bytes) first = { 0 };
	struct signer_request sent;
	(void)state;

	wish_scene_init(&w);
	w.text.len = 0;
	assert_int_equal(report_write(&w.report, &w.text), OK);
	w.signer.report = span_of(&w.text);
	scene_evidence(&w.signer);
	sent = w.signer.request;
	scene_expect(&w.signer, FRAME_AUTHENTICATE, REFUSAL_NONE);
	scene_prepare_commit(&w.signer);
	scene_expect(&w.signer, FRAME_COMMIT, REFUSAL_NONE);
	assert_int_equal(bytes_copy(w.signer.answer.commit.jwts.items[0].sealed, &first), OK);
	w.signer.request = sent;
	scene_expect(&w.signer, FRAME_AUTHENTICATE, REFUSAL_NONE);
	assert_true(w.signer.answer.authenticate.is_final);
	assert_true(span_equal(w.signer.answer.authenticate.result.jwts.items[0].sealed,
			       span_of(&first)));
}

static void each_token_is_on_record(void **state)
{
	AUTO_DONE(wish_scene) w;
	bool is_there = false;
	(void)state;

	wish_scene_init(&w);
	(void)attest(&w);
	w.signer.request.admin = (struct admin_request){ .verb = ADMIN_AUDIT,
							 .role = ROLE_AUDITOR,
							 .limit = SIGNER_PAGE_MAX };
	scene_expect(&w.signer, FRAME_ADMIN, REFUSAL_NONE);
	for (size_t i = 0; i < w.signer.answer.admin.audit.count; i++) {
		const struct audit_item *item = &w.signer.answer.admin.audit.items[i];

		if (span_equal(item->kind, span_text("jwt")))
			is_there = memmem(item->text.data, item->text.len,
					  " web spiffe://prod.example/web/one until ", 41) != NULL;
	}
	assert_true(is_there);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wish_under_a_trusted_quote_is_a_token_for_who_asked),
		cmocka_unit_test(no_token_outlives_the_grant),
		cmocka_unit_test(an_identity_that_no_entry_gives_is_refused),
		cmocka_unit_test(an_identity_beyond_the_entitlements_is_refused),
		cmocka_unit_test(a_quarantined_entry_gets_no_token_any_more),
		cmocka_unit_test(who_is_not_trusted_gets_none),
		cmocka_unit_test(without_a_key_there_is_none),
		cmocka_unit_test(a_reader_that_is_no_key_gets_none),
		cmocka_unit_test(what_no_record_has_room_for_is_refused),
		cmocka_unit_test(what_fails_here_is_not_the_readers_fault),
		cmocka_unit_test(a_resend_gets_the_same_token_and_no_other),
		cmocka_unit_test(each_token_is_on_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
