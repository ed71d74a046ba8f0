/* SPDX-License-Identifier: Apache-2.0 */
/* JWT-SVIDs in the mint's core: what is wished for, and which answers are good, with the
 * test as broker, verifier and API. */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/reader.h"
#include "base/text.h"
#include "base/writer.h"
#include "confirmation.h"
#include "core_scene.h"
#include "jwt_scene.h"
#include "messages/result.h"
#include "messages/sealed.h"

#define KID "one"
#define FOREIGN_KID "theirs"
#define TICKET 7 /* the API's */

/* What a token says; the test changes what it is about. */
struct minted {
	EVP_PKEY *key;
	const char *kid, *subject, *audience;
	int64_t expires;
	uint64_t ticket; /* that it is sealed for */
};

struct wish {
	uint64_t ticket;
	struct span entry, spiffe_id, point, audience;
	uint8_t audience_count;
};

/* What the API was told last. */
static struct {
	unsigned times;
	uint64_t ticket;
	enum workload_outcome outcome;
	size_t count;
	char token[JWT_SVID_MAX], why[256];
} told;

static struct {
	EVP_PKEY *own, *foreign;
	struct workload one;
	unsigned senders;
} here;

static void on_answer(struct workload_api *api, uint64_t ticket, enum workload_outcome outcome,
		      const struct workload_jwt_svid *svids, size_t count, const char *why)
{
	(void)api;
	told.times++;
	told.ticket = ticket;
	told.outcome = outcome;
	told.count = count;
	told.token[0] = '\0';
	if (count > 0) {
		assert_true(span_equal(svids[0].spiffe_id, span_text(CORE_ID)));
		(void)snprintf(told.token, sizeof(told.token), "%.*s", (int)svids[0].token.len,
			       (const char *)svids[0].token.data);
	}
	(void)snprintf(told.why, sizeof(told.why), "%s", why != NULL ? why : "");
}

static void trust(struct trust_anchors *anchors, const char *domain, EVP_PKEY *key, const char *kid)
{
	assert_int_equal(bytes_copy(span_text(domain), &anchors->trust_domain), OK);
	jwt_scene_key(key, kid, &anchors->jwt_keys[0]);
	anchors->jwt_key_count = 1;
}

static int begin(void **state)
{
	memset(&told, 0, sizeof(told));
	memset(&here, 0, sizeof(here));
	if (core_scene_begin(state) != 0)
		return -1;
	scene.entries[0].may_jwt = true;
	scene.core.tokens.answer = on_answer;
	here.own = EVP_EC_gen("P-256");
	here.foreign = EVP_EC_gen("P-256");
	trust(&scene.right.bundle.own, "example.org", here.own, KID);
	trust(&scene.right.bundle.federated[0], "other.example", here.foreign, FOREIGN_KID);
	scene.right.bundle.federated_count = 1;
	here.one = workload_called("one", true, NULL);
	return 0;
}

static int end(void **state)
{
	workload_done(&here.one);
	EVP_PKEY_free(here.own);
	EVP_PKEY_free(here.foreign);
	return core_scene_end(state);
}

static enum workload_outcome ask_for(const char *audience, const char *spiffe_id, uint64_t ticket)
{
	const struct span audiences[] = { span_text(audience) };
	const struct workload_jwt_request request = { .audiences = audiences,
						      .audience_count = 1,
						      .spiffe_id = span_text(spiffe_id) };
	const char *why = "";
	enum workload_outcome outcome = WORKLOAD_AGAIN;

	while (outcome == WORKLOAD_AGAIN) {
		mint_broker_settle(&scene.broker);
		outcome = scene.source.jwt(scene.source.core, here.one.caller, &request, ticket,
					   &why);
	}
	(void)snprintf(told.why, sizeof(told.why), "%s", why != NULL ? why : "");
	return outcome;
}

/* One wish with the broker. */
static struct wish wish(void)
{
	struct wish w;

	assert_int_equal(ask_for("api", "", TICKET), WORKLOAD_LATER);
	mint_broker_settle(&scene.broker);

	struct reader r = reader_over(span_of(&scene.broker.wish));

	w.ticket = reader_be64(&r);
	w.entry = reader_sized(&r, 64);
	w.spiffe_id = reader_sized(&r, 2048);
	w.point = reader_sized(&r, SEALED_POINT_SIZE);
	w.audience_count = reader_u8(&r);
	w.audience = reader_sized(&r, WORKLOAD_AUDIENCE_MAX);
	assert_int_equal(reader_end(&r), OK);
	return w;
}

static struct minted good(const struct wish *w)
{
	return (struct minted){ .key = here.own,
				.kid = KID,
				.subject = CORE_ID,
				.audience = "api",
				.expires = (int64_t)time(NULL) + 120,
				.ticket = w->ticket };
}

static void make_token(const struct minted *m, struct bytes *token)
{
	char header[64], claims[512];

	(void)snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
		       m->kid);
	(void)snprintf(claims, sizeof(claims),
		       "{\"sub\":\"%s\",\"aud\":[\"%s\"],\"iat\":%lld,\"exp\":%lld}", m->subject,
		       m->audience, (long long)time(NULL), (long long)m->expires);
	jwt_scene_sign(m->key, header, claims, token);
}

/* For whoever wished, as the verifier seals. */
static void seal_token(const struct minted *m, const struct wish *w, struct span token,
		       struct bytes *sealed)
{
	const struct verdict *v = &scene.right.grant.verdict;
	AUTO_DONE(bytes) context = { 0 };
	uint8_t scalar[SEALED_SCALAR_SIZE] = { 1, (uint8_t)++here.senders };
	EVP_PKEY *sender = NULL;

	assert_int_equal(sealed_jwt_context(&v->node, span_of(&v->nonce), m->ticket, &context), OK);
	assert_int_equal(sealing_key(scalar, &sender), OK);
	assert_int_equal(seal(sender, w->point, span_of(&context), token, sealed), OK);
	EVP_PKEY_free(sender);
}

static enum status take(uint64_t ticket, struct span sealed, const char *code)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer out = writer_to(&body, FRAME_SMALL_MAX);

	writer_u8(&out, 1);
	writer_be64(&out, ticket);
	writer_sized(&out, sealed);
	writer_sized(&out, span_text(code));
	assert_int_equal(writer_end(&out), OK);

	struct reader in = reader_over(span_of(&body));

	return tokens_take(&scene.core.tokens, &in);
}

static void bring(const struct minted *m, const struct wish *w)
{
	AUTO_DONE(bytes) token = { 0 };
	AUTO_DONE(bytes) sealed = { 0 };

	make_token(m, &token);
	seal_token(m, w, span_of(&token), &sealed);
	assert_int_equal(take(w->ticket, span_of(&sealed), ""), OK);
}

static void assert_told(enum workload_outcome outcome, const char *why)
{
	assert_int_equal(told.times, 1);
	assert_int_equal(told.ticket, TICKET);
	assert_int_equal(told.outcome, outcome);
	assert_int_equal(told.count, outcome == WORKLOAD_GIVEN ? 1 : 0);
	if (strstr(told.why, why) == NULL)
		fail_msg("%s", told.why);
	assert_int_equal(scene.core.tokens.count, 0);
}

static void a_wish_names_entry_identity_and_audience_and_its_answer_is_handed_out(void **state)
{
	AUTO_DONE(bytes) token = { 0 };
	AUTO_DONE(bytes) sealed = { 0 };
	const struct wish w = wish();
	const struct minted m = good(&w);
	(void)state;

	assert_true(span_equal(w.entry, span_text("first")));
	assert_true(span_equal(w.spiffe_id, span_text(CORE_ID)));
	assert_int_equal(w.audience_count, 1);
	assert_true(span_equal(w.audience, span_text("api")));
	assert_int_equal(told.times, 0);

	make_token(&m, &token);
	seal_token(&m, &w, span_of(&token), &sealed);
	assert_int_equal(take(w.ticket, span_of(&sealed), ""), OK);
	assert_told(WORKLOAD_GIVEN, "");
	assert_true(span_equal(span_text(told.token), span_of(&token)));
}

static void become_two(void)
{
	workload_do(&here.one, WORKLOAD_EXECUTE, 0, workload_path("two"));
}

static void a_token_is_not_handed_to_who_became_another(void **state)
{
	const struct wish w = wish();
	const struct minted m = good(&w);
	(void)state;

	before_reply = become_two;
	bring(&m, &w);
	assert_null(before_reply);
	assert_told(WORKLOAD_DENIED, "became another process");
}

static void expect_unusable(const struct minted *m, const struct wish *w)
{
	bring(m, w);
	assert_told(WORKLOAD_DENIED, "not what was asked for");
}

static void a_token_for_another_audience_is_none(void **state)
{
	const struct wish w = wish();
	struct minted m = good(&w);
	(void)state;

	m.audience = "other";
	expect_unusable(&m, &w);
}

static void a_token_for_another_identity_is_none(void **state)
{
	const struct wish w = wish();
	struct minted m = good(&w);
	(void)state;

	m.subject = CORE_ID "0";
	expect_unusable(&m, &w);
}

static void a_token_that_outlives_the_verdict_is_none(void **state)
{
	const struct wish w = wish();
	struct minted m = good(&w);
	(void)state;

	m.expires = scene.right.grant.verdict.expires + 1;
	expect_unusable(&m, &w);
}

static void a_token_by_another_key_is_none(void **state)
{
	const struct wish w = wish();
	struct minted m = good(&w);
	(void)state;

	m.key = here.foreign;
	expect_unusable(&m, &w);
}

static void a_token_that_was_sealed_for_another_wish_is_none(void **state)
{
	const struct wish w = wish();
	struct minted m = good(&w);
	(void)state;

	m.ticket++;
	expect_unusable(&m, &w);
}

static void what_the_verifier_refuses_is_told_by_its_code(void **state)
{
	const struct wish w = wish();
	(void)state;

	assert_int_equal(take(w.ticket, (struct span){ 0 }, "entry-quarantined"), OK);
	assert_told(WORKLOAD_DENIED, "quarantined");
}

static void a_code_that_nobody_knows_is_no_reason(void **state)
{
	const struct wish w = wish();
	(void)state;

	assert_int_equal(take(w.ticket, (struct span){ 0 }, "because"), OK);
	assert_told(WORKLOAD_DENIED, "not what was asked for");
}

static void an_answer_to_a_wish_that_nobody_has_is_passed_over(void **state)
{
	const struct wish w = wish();
	(void)state;

	assert_int_equal(take(w.ticket + 1, (struct span){ 0 }, "entry-unknown"), OK);
	assert_int_equal(told.times, 0);
	assert_int_equal(scene.core.tokens.count, 1);
}

static void an_answer_out_of_form_is_refused(void **state)
{
	static const uint8_t many[] = { RESULT_JWTS_MAX + 1 };
	static const uint8_t cut[] = { 1, 0, 0 };
	struct reader in = reader_over((struct span){ many, sizeof(many) });
	(void)state;

	assert_int_equal(tokens_take(&scene.core.tokens, &in), STATUS_TOO_LARGE);
	in = reader_over((struct span){ cut, sizeof(cut) });
	assert_int_not_equal(tokens_take(&scene.core.tokens, &in), OK);
}

static void who_waits_too_long_is_told_to_ask_again(void **state)
{
	const struct wish w = wish();
	struct instant at = instant_now();
	(void)state;

	at.boot = scene.core.tokens.asked[0]->until - 1;
	tokens_keep(&scene.core.tokens, &at);
	assert_int_equal(told.times, 0);
	assert_int_equal(tokens_wait_s(&scene.core.tokens, &at, 100), 1);
	at.boot++;
	tokens_keep(&scene.core.tokens, &at);
	assert_told(WORKLOAD_NOT_READY, "did not answer in time");

	const struct minted m = good(&w);

	bring(&m, &w);
	assert_int_equal(told.times, 1);
}

static void who_has_gone_is_not_told(void **state)
{
	const struct wish w = wish();
	const struct minted m = good(&w);
	(void)state;

	scene.source.jwt_cancelled(scene.source.core, TICKET);
	assert_int_equal(scene.core.tokens.count, 0);
	bring(&m, &w);
	assert_int_equal(told.times, 0);
}

static void the_end_of_the_right_ends_what_is_wished_for(void **state)
{
	(void)state;
	(void)wish();
	tokens_right_ended(&scene.core.tokens);
	assert_told(WORKLOAD_NOT_READY, "lost its right");
}

static void a_right_that_was_taken_denies_what_is_wished_for(void **state)
{
	(void)state;
	(void)wish();
	scene.right.is_revoked = true;
	tokens_right_ended(&scene.core.tokens);
	assert_told(WORKLOAD_DENIED, "lost its right");
}

static void an_entry_that_allows_none_any_more_gives_none(void **state)
{
	const struct wish w = wish();
	const struct minted m = good(&w);
	(void)state;

	scene.entries[0].may_jwt = false;
	bring(&m, &w);
	assert_told(WORKLOAD_DENIED, "allows a JWT-SVID");
}

static void who_is_another_program_by_now_gets_none(void **state)
{
	const struct wish w = wish();
	const struct minted m = good(&w);
	(void)state;

	workload_do(&here.one, WORKLOAD_EXECUTE, 0, workload_path("two"));
	bring(&m, &w);
	assert_int_equal(told.times, 1);
	assert_int_not_equal(told.outcome, WORKLOAD_GIVEN);
	assert_int_equal(told.count, 0);
}

static void what_no_entry_allows_is_denied_at_once(void **state)
{
	(void)state;
	assert_int_equal(ask_for("api", CORE_ID "0", TICKET), WORKLOAD_DENIED);
	scene.entries[0].may_jwt = false;
	assert_int_equal(ask_for("api", "", TICKET), WORKLOAD_DENIED);
	assert_non_null(strstr(told.why, "allows a JWT-SVID"));
	assert_int_equal(scene.broker.wishes, 0);
}

static void an_audience_is_printable_and_has_no_space(void **state)
{
	(void)state;
	assert_int_equal(ask_for("a b", "", TICKET), WORKLOAD_INVALID);
	assert_int_equal(ask_for("", "", TICKET), WORKLOAD_INVALID);
	assert_int_equal(scene.broker.wishes, 0);
}

static void a_user_waits_for_so_many_at_a_time(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < TOKENS_OF_USER_MAX; i++)
		assert_int_equal(ask_for("api", "", i), WORKLOAD_LATER);
	assert_int_equal(ask_for("api", "", 99), WORKLOAD_TOO_MANY);
	scene.source.jwt_cancelled(scene.source.core, 0);
	assert_int_equal(ask_for("api", "", 99), WORKLOAD_LATER);
}

static void a_user_asks_so_often(void **state)
{
	(void)state;
	/* For longer than any test takes. */
	scene.core.tokens.rates.users[0] =
		(struct rates_user){ .used = 1000000000, .seen_ms = boot_time_s() * 1000 };
	assert_int_equal(ask_for("api", "", TICKET), WORKLOAD_TOO_MANY);
	assert_int_equal(scene.broker.wishes, 0);
}

static void a_broker_that_takes_no_more_is_told_of(void **state)
{
	(void)state;
	/* It has said that the program is measured. */
	(void)wish();
	scene.source.jwt_cancelled(scene.source.core, TICKET);
	scene.broker.refuses = true;
	assert_int_equal(ask_for("api", "", TICKET), WORKLOAD_LATER);
	mint_broker_settle(&scene.broker);
	assert_told(WORKLOAD_NOT_READY, "too many");
}

static enum workload_outcome validate(const struct minted *m, const char *audience)
{
	AUTO_DONE(bytes) token = { 0 };
	struct workload_claims claims = { 0 };
	enum workload_outcome outcome = WORKLOAD_AGAIN;
	const char *why = "";

	make_token(m, &token);
	while (outcome == WORKLOAD_AGAIN) {
		mint_broker_settle(&scene.broker);
		outcome =
			scene.source.validate(scene.source.core, here.one.caller,
					      span_text(audience), span_of(&token), &claims, &why);
	}
	if (outcome == WORKLOAD_GIVEN)
		assert_true(span_equal(claims.spiffe_id, span_text(m->subject)));
	return outcome;
}

static void a_token_is_valid_by_the_keys_of_its_own_trust_domain(void **state)
{
	const struct wish nobodys = { 0 };
	struct minted m = good(&nobodys);
	(void)state;

	assert_int_equal(validate(&m, "api"), WORKLOAD_GIVEN);
	assert_int_equal(validate(&m, "other"), WORKLOAD_INVALID);

	/* Theirs, of their own; of ours; ours, of theirs; of nobody's. */
	m.key = here.foreign;
	m.kid = FOREIGN_KID;
	m.subject = "spiffe://other.example/web";
	assert_int_equal(validate(&m, "api"), WORKLOAD_GIVEN);
	m.subject = CORE_ID;
	assert_int_equal(validate(&m, "api"), WORKLOAD_INVALID);
	m.key = here.own;
	m.kid = KID;
	m.subject = "spiffe://other.example/web";
	assert_int_equal(validate(&m, "api"), WORKLOAD_INVALID);
	m.subject = "spiffe://third.example/web";
	assert_int_equal(validate(&m, "api"), WORKLOAD_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_wish_names_entry_identity_and_audience_and_its_answer_is_handed_out),
		TEST(a_token_is_not_handed_to_who_became_another),
		TEST(a_token_for_another_audience_is_none),
		TEST(a_token_for_another_identity_is_none),
		TEST(a_token_that_outlives_the_verdict_is_none),
		TEST(a_token_by_another_key_is_none),
		TEST(a_token_that_was_sealed_for_another_wish_is_none),
		TEST(what_the_verifier_refuses_is_told_by_its_code),
		TEST(a_code_that_nobody_knows_is_no_reason),
		TEST(an_answer_to_a_wish_that_nobody_has_is_passed_over),
		TEST(an_answer_out_of_form_is_refused),
		TEST(who_waits_too_long_is_told_to_ask_again),
		TEST(who_has_gone_is_not_told),
		TEST(the_end_of_the_right_ends_what_is_wished_for),
		TEST(a_right_that_was_taken_denies_what_is_wished_for),
		TEST(an_entry_that_allows_none_any_more_gives_none),
		TEST(who_is_another_program_by_now_gets_none),
		TEST(what_no_entry_allows_is_denied_at_once),
		TEST(an_audience_is_printable_and_has_no_space),
		TEST(a_user_waits_for_so_many_at_a_time),
		TEST(a_user_asks_so_often),
		TEST(a_broker_that_takes_no_more_is_told_of),
		TEST(a_token_is_valid_by_the_keys_of_its_own_trust_domain),
	};

	return cmocka_run_group_tests(tests, workload_scene_begin, workload_scene_end);
}
