/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "token_scene.h"

#include <stdio.h>
#include <time.h>

#include "base/reader.h"
#include "base/writer.h"

struct token_scene token_scene;

static void on_answer(struct workload_api *api, uint64_t ticket, enum workload_outcome outcome,
		      const struct workload_jwt_svid *svids, size_t count, const char *why)
{
	(void)api;
	token_scene.told.times++;
	token_scene.told.ticket = ticket;
	token_scene.told.outcome = outcome;
	token_scene.told.count = count;
	token_scene.told.token[0] = '\0';
	if (count > 0) {
		assert_true(span_equal(svids[0].spiffe_id, span_text(CORE_ID)));
		(void)snprintf(token_scene.told.token, sizeof(token_scene.told.token), "%.*s",
			       (int)svids[0].token.len, (const char *)svids[0].token.data);
	}
	(void)snprintf(token_scene.told.why, sizeof(token_scene.told.why), "%s",
		       why != NULL ? why : "");
}

static void trust(struct trust_anchors *anchors, const char *domain, EVP_PKEY *key, const char *kid)
{
	assert_int_equal(bytes_copy(span_text(domain), &anchors->trust_domain), OK);
	jwt_scene_key(key, kid, &anchors->jwt_keys[0]);
	anchors->jwt_key_count = 1;
}

int token_scene_begin(void **state)
{
	memset(&token_scene.told, 0, sizeof(token_scene.told));
	memset(&token_scene, 0, sizeof(token_scene));
	if (core_scene_begin(state) != 0)
		return -1;
	scene.entries[0].may_jwt = true;
	scene.core.tokens.answer = on_answer;
	token_scene.own = EVP_EC_gen("P-256");
	token_scene.foreign = EVP_EC_gen("P-256");
	trust(&scene.right.bundle.own, "example.org", token_scene.own, KID);
	trust(&scene.right.bundle.federated[0], "other.example", token_scene.foreign, FOREIGN_KID);
	scene.right.bundle.federated_count = 1;
	token_scene.one = workload_called("one", true, NULL);
	return 0;
}

int token_scene_end(void **state)
{
	workload_done(&token_scene.one);
	EVP_PKEY_free(token_scene.own);
	EVP_PKEY_free(token_scene.foreign);
	return core_scene_end(state);
}

static enum workload_outcome ask(const struct workload_jwt_request *request, uint64_t ticket)
{
	const char *why = "";
	enum workload_outcome outcome = WORKLOAD_AGAIN;

	while (outcome == WORKLOAD_AGAIN) {
		mint_broker_settle(&scene.broker);
		outcome = scene.source.jwt(scene.source.core, token_scene.one.caller, request,
					   ticket, &why);
	}
	(void)snprintf(token_scene.told.why, sizeof(token_scene.told.why), "%s",
		       why != NULL ? why : "");
	return outcome;
}

enum workload_outcome token_scene_ask(const char *audience, const char *spiffe_id, uint64_t ticket)
{
	const struct span audiences[] = { span_text(audience) };
	const struct workload_jwt_request request = { .audiences = audiences,
						      .audience_count = 1,
						      .spiffe_id = span_text(spiffe_id) };

	return ask(&request, ticket);
}

enum workload_outcome token_scene_ask_for(const struct span *audiences, size_t count,
					  uint64_t ticket)
{
	const struct workload_jwt_request request = { .audiences = audiences,
						      .audience_count = count };

	return ask(&request, ticket);
}

struct wish token_scene_wish(void)
{
	struct wish w;

	assert_int_equal(token_scene_ask("api", "", TICKET), WORKLOAD_LATER);
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

struct minted token_scene_good(const struct wish *w)
{
	return (struct minted){ .key = token_scene.own,
				.kid = KID,
				.subject = CORE_ID,
				.audience = "api",
				.expires = (int64_t)time(NULL) + 120,
				.ticket = w->ticket };
}

void token_scene_make(const struct minted *m, struct bytes *token)
{
	char header[64], claims[512];

	(void)snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"kid\":\"%s\",\"typ\":\"JWT\"}",
		       m->kid);
	(void)snprintf(claims, sizeof(claims),
		       "{\"sub\":\"%s\",\"aud\":[\"%s\"],\"iat\":%lld,\"exp\":%lld}", m->subject,
		       m->audience, (long long)time(NULL), (long long)m->expires);
	jwt_scene_sign(m->key, header, claims, token);
}

void token_scene_seal(const struct minted *m, const struct wish *w, struct span token,
		      struct bytes *sealed)
{
	const struct verdict *v = &scene.right.grant.verdict;
	AUTO_DONE(bytes) context = { 0 };
	uint8_t scalar[SEALED_SCALAR_SIZE] = { 1, (uint8_t)++token_scene.senders };
	EVP_PKEY *sender = NULL;

	assert_int_equal(sealed_jwt_context(&v->node, span_of(&v->nonce), m->ticket, &context), OK);
	assert_int_equal(sealing_key(scalar, &sender), OK);
	assert_int_equal(seal(sender, w->point, span_of(&context), token, sealed), OK);
	EVP_PKEY_free(sender);
}

enum status token_scene_take(uint64_t ticket, struct span sealed, const char *code)
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

void token_scene_bring(const struct minted *m, const struct wish *w)
{
	AUTO_DONE(bytes) token = { 0 };
	AUTO_DONE(bytes) sealed = { 0 };

	token_scene_make(m, &token);
	token_scene_seal(m, w, span_of(&token), &sealed);
	assert_int_equal(token_scene_take(w->ticket, span_of(&sealed), ""), OK);
}

void token_scene_assert_told(enum workload_outcome outcome, const char *why)
{
	assert_int_equal(token_scene.told.times, 1);
	assert_int_equal(token_scene.told.ticket, TICKET);
	assert_int_equal(token_scene.told.outcome, outcome);
	assert_int_equal(token_scene.told.count, outcome == WORKLOAD_GIVEN ? 1 : 0);
	if (strstr(token_scene.told.why, why) == NULL)
		fail_msg("%s", token_scene.told.why);
	assert_int_equal(scene.core.tokens.count, 0);
}
