/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/tokens.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <sys/random.h>

#include "attestd/frames.h"
#include "attestd/mint/core.h"
#include "base/writer.h"
#include "messages/report.h"
#include "messages/result.h"
#include "messages/sealed.h"

static const char busy[] = "too many JWT-SVIDs are waited for on this node: ask again later";
static const char late[] = "the verifier did not answer in time: ask again later";
static const char ended[] = "the node lost its right to mint identities: ask again later";
static const char none[] = "no registration entry of the process allows a JWT-SVID of this SPIFFE "
			   "ID: ask whoever administers identities";
static const char unusable[] = "what the verifier answered is not what was asked for: tell whoever "
			       "runs the node";
static const char audience_wrong[] = "an audience is 1 to 255 printable ASCII characters without "
				     "a space";

/* The verifier's refusals (protocol.md), and who can help. */
static const struct token_refusal {
	const char *code, *reason, *owner;
} refusals[] = {
	{ "entry-unknown", "the verifier has no such registration entry for this node any more",
	  "identity-security" },
	{ "entry-quarantined",
	  "the verifier mints no JWT-SVID: the registration entry is "
	  "quarantined",
	  "identity-security" },
	{ "entry-without-jwt", none, "identity-security" },
	{ "identity-not-entitled",
	  "the verifier mints no JWT-SVID: the node's class is not entitled to the SPIFFE ID",
	  "release engineering" },
	{ "jwt-key-missing", "the verifier has no key for JWT-SVIDs of this trust domain",
	  "whoever runs the verifier" },
	/* Any other, also of a token that is none. */
	{ NULL, unusable, "whoever runs the node" },
};

static const struct token_refusal *refusal_of(struct span code)
{
	const struct token_refusal *r = refusals;

	while (r->code != NULL && !span_equal(span_text(r->code), code))
		r++;
	return r;
}

static void asked_free(struct asked_tokens *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->audience_count; i++)
		bytes_done(&a->audiences[i]);
	for (size_t i = 0; i < a->count; i++) {
		struct wished_token *w = &a->wished[i];

		signing_cancel(a->core->signing, w->question);
		bytes_done(&w->entry);
		bytes_done(&w->spiffe_id);
		bytes_done(&w->hint);
		EVP_PKEY_free(w->key);
		bytes_wipe(&w->token);
	}
	free(a);
}

AUTO_FREE(asked_tokens, struct asked_tokens, asked_free);

static void forget(struct tokens *t, size_t index)
{
	asked_free(t->asked[index]);
	t->asked[index] = t->asked[--t->count];
}

void tokens_done(struct tokens *t)
{
	while (t->count > 0)
		forget(t, 0);
	jwt_svid_done(&t->validated);
}

/* The answer may be asked for anew at once: what is answered is forgotten before. */
static void end_without(struct core *core, size_t index, enum workload_outcome outcome,
			const char *why)
{
	uint64_t ticket = core->tokens.asked[index]->ticket;

	forget(&core->tokens, index);
	core->tokens.answer(core->api, ticket, outcome, NULL, 0, why);
}

void tokens_right_ended(struct core *core)
{
	while (core->tokens.count > 0)
		end_without(core, 0, core->right->is_revoked ? WORKLOAD_DENIED : WORKLOAD_NOT_READY,
			    ended);
}

void tokens_keep(struct core *core, const struct instant *at)
{
	for (size_t i = core->tokens.count; i-- > 0;)
		if (core->tokens.asked[i]->until <= at->boot)
			end_without(core, i, WORKLOAD_NOT_READY, late);
}

int64_t tokens_wait_s(const struct tokens *t, const struct instant *at, int64_t most)
{
	for (size_t i = 0; i < t->count; i++) {
		int64_t left = t->asked[i]->until - at->boot;

		if (left < most)
			most = left > 0 ? left : 0;
	}
	return most;
}

static enum status make_key(EVP_PKEY **out)
{
	uint8_t scalar[SEALED_SCALAR_SIZE];
	enum status status = STATUS_MISMATCH;

	while (status == STATUS_MISMATCH) {
		if (getrandom(scalar, sizeof(scalar), 0) != (ssize_t)sizeof(scalar))
			return STATUS_UNAVAILABLE;
		status = sealing_key(scalar, out);
	}
	OPENSSL_cleanse(scalar, sizeof(scalar));
	return status;
}

static size_t index_of(const struct tokens *t, const struct asked_tokens *a)
{
	size_t i = 0;

	while (i < t->count && t->asked[i] != a)
		i++;
	return i;
}

/* The broker has it, or takes no more for now. */
static void on_wish(void *context, enum status status, struct span body)
{
	struct wished_token *w = context;
	struct core *core = w->asked->core;
	size_t index = index_of(&core->tokens, w->asked);

	(void)body;
	w->question = NULL;
	if (status != OK && index < core->tokens.count)
		end_without(core, index, WORKLOAD_NOT_READY, busy);
}

/* Into the broker's next report. */
static enum status ask_broker(struct core *core, const struct asked_tokens *a,
			      struct wished_token *w)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer out = writer_to(&body, FRAME_SMALL_MAX);
	uint8_t point[SEALED_POINT_SIZE];
	enum status status = sealing_point(w->key, point);

	writer_be64(&out, w->ticket);
	writer_sized(&out, span_of(&w->entry));
	writer_sized(&out, span_of(&w->spiffe_id));
	writer_sized(&out, (struct span){ point, sizeof(point) });
	writer_u8(&out, (uint8_t)a->audience_count);
	for (size_t i = 0; i < a->audience_count; i++)
		writer_sized(&out, span_of(&a->audiences[i]));
	if (status == OK)
		status = writer_end(&out);
	return status == OK ? signing_ask(core->signing, FRAME_JWT_REQUEST, span_of(&body), a->user,
					  on_wish, w, &w->question)
			    : status;
}

/* Counted from anywhere: the broker may still have wishes of a mint that is gone. */
static enum status take_ticket(struct tokens *t, uint64_t *out)
{
	if (t->next_ticket == 0 && getrandom(&t->next_ticket, sizeof(t->next_ticket), 0) !=
					   (ssize_t)sizeof(t->next_ticket))
		return STATUS_UNAVAILABLE;
	*out = t->next_ticket++ & (UINT64_MAX >> 2);
	return OK;
}

static enum status add_wish(struct core *core, struct asked_tokens *a, const struct entry *entry)
{
	struct wished_token *w = &a->wished[a->count++];
	enum status status = bytes_copy(span_of(&entry->name), &w->entry);

	w->asked = a;
	if (status == OK)
		status = bytes_copy(span_of(&entry->spiffe_id), &w->spiffe_id);
	if (status == OK)
		status = bytes_copy(span_of(&entry->hint), &w->hint);
	if (status == OK)
		status = make_key(&w->key);
	if (status == OK)
		status = take_ticket(&core->tokens, &w->ticket);
	return status == OK ? ask_broker(core, a, w) : status;
}

static bool is_wanted(const struct entry *entry, struct span spiffe_id)
{
	return entry->may_jwt &&
	       (spiffe_id.len == 0 || span_equal(spiffe_id, span_of(&entry->spiffe_id)));
}

static enum status take_audiences(const struct workload_jwt_request *q, struct asked_tokens *a)
{
	enum status status = OK;

	for (size_t i = 0; i < q->audience_count && status == OK; i++) {
		status = bytes_copy(q->audiences[i], &a->audiences[i]);
		a->audience_count = i + 1;
	}
	return status;
}

static bool audiences_are_valid(const struct workload_jwt_request *q)
{
	for (size_t i = 0; i < q->audience_count; i++)
		if (!audience_is_valid(q->audiences[i]))
			return false;
	return q->audience_count > 0 && q->audience_count <= WORKLOAD_AUDIENCES_MAX;
}

/* Nobody fills all of the places. */
static size_t wishes_of(const struct tokens *t, uid_t user)
{
	size_t count = 0;

	for (size_t i = 0; i < t->count; i++)
		count += t->asked[i]->user == user ? t->asked[i]->count : 0;
	return count;
}

static enum workload_outcome wish_for_all(struct core *core, const struct admitted *admitted,
					  const struct workload_jwt_request *q,
					  struct asked_tokens *a, const char **why)
{
	size_t before = wishes_of(&core->tokens, a->user);
	enum status status = take_audiences(q, a);

	*why = busy;
	for (size_t i = 0; i < admitted->count && a->count < TOKENS_OF_ONE_MAX && status == OK;
	     i++) {
		if (!is_wanted(admitted->entries[i], q->spiffe_id))
			continue;
		if (before + a->count == TOKENS_OF_USER_MAX)
			return WORKLOAD_TOO_MANY;
		status = add_wish(core, a, admitted->entries[i]);
	}
	if (status != OK)
		return WORKLOAD_NOT_READY;
	if (a->count > 0)
		return WORKLOAD_LATER;
	gate_note_refusal(core->gate, &admitted->facts, none, "identity-security",
			  admitted->entries[0]);
	*why = none;
	return WORKLOAD_DENIED;
}

static enum workload_outcome ask(void *arg, struct caller *c, const struct workload_jwt_request *q,
				 uint64_t ticket, const char **why)
{
	struct core *core = arg;
	struct tokens *t = &core->tokens;
	struct admitted admitted = { 0 };

	if (!audiences_are_valid(q)) {
		*why = audience_wrong;
		return WORKLOAD_INVALID;
	}

	enum workload_outcome outcome = core_admit(core, c, &admitted, why);

	if (outcome != WORKLOAD_GIVEN)
		return outcome;

	*why = busy;
	if (!rates_take(&t->rates, admitted.facts.uid, instant_now().boot * 1000))
		return WORKLOAD_TOO_MANY;

	AUTO(asked_tokens) a = calloc(1, sizeof(*a));

	if (a == NULL || t->count == TOKENS_ASKED_MAX)
		return WORKLOAD_NOT_READY;
	a->core = core;
	a->ticket = ticket;
	a->caller = c;
	a->user = admitted.facts.uid;
	a->until = instant_now().boot + TOKENS_WAIT_S;
	outcome = wish_for_all(core, &admitted, q, a, why);
	if (outcome == WORKLOAD_LATER) {
		t->asked[t->count++] = a;
		a = NULL;
	}
	return outcome;
}

static void cancelled(void *arg, uint64_t ticket)
{
	struct core *core = arg;

	for (size_t i = core->tokens.count; i-- > 0;)
		if (core->tokens.asked[i]->ticket == ticket)
			forget(&core->tokens, i);
}

static struct wished_token *find_wish(struct tokens *t, uint64_t ticket, size_t *index)
{
	for (*index = 0; *index < t->count; ++*index) {
		struct asked_tokens *a = t->asked[*index];

		for (size_t i = 0; i < a->count; i++)
			if (a->wished[i].ticket == ticket && a->wished[i].key != NULL)
				return &a->wished[i];
	}
	return NULL;
}

/* The verifier made it, for this wish and no other: each process on the way could have
 * put another one in its place. */
static enum status check_token(const struct core *core, const struct asked_tokens *a,
			       const struct wished_token *w, struct span token)
{
	const struct trust_anchors *own = &core->right->bundle.own;
	enum status status = OK;

	for (size_t i = 0; i < a->audience_count && status == OK; i++) {
		AUTO_DONE(jwt_svid) svid = { 0 };
		const struct jwt_svid_question question = {
			.token = token,
			.keys = own->jwt_keys,
			.key_count = own->jwt_key_count,
			.trust_domain = span_of(&own->trust_domain),
			.audience = span_of(&a->audiences[i]),
			.now = instant_now().now,
		};
		const char *fault = NULL;

		status = jwt_svid_verify(&question, &svid, &fault);
		if (status == OK &&
		    (!span_equal(span_of(&svid.spiffe_id), span_of(&w->spiffe_id)) ||
		     svid.expires > core->right->grant.verdict.expires))
			status = STATUS_MISMATCH;
	}
	return status;
}

static enum status open_token(const struct core *core, const struct asked_tokens *a,
			      struct wished_token *w, struct span sealed)
{
	const struct verdict *v = &core->right->grant.verdict;
	AUTO_DONE(bytes) context = { 0 };
	AUTO_DONE(bytes) token = { 0 };
	enum status status = sealed_jwt_context(&v->node, span_of(&v->nonce), w->ticket, &context);

	if (status == OK)
		status = unseal(w->key, span_of(&context), sealed, &token);
	if (status == OK)
		status = check_token(core, a, w, span_of(&token));
	if (status != OK)
		return status;
	w->token = token;
	token = (struct bytes){ 0 };
	return OK;
}

static bool is_open(const struct asked_tokens *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->wished[i].key != NULL)
			return true;
	return false;
}

static bool still_admits(const struct admitted *admitted, const struct wished_token *w)
{
	for (size_t i = 0; i < admitted->count; i++)
		if (admitted->entries[i]->may_jwt &&
		    span_equal(span_of(&admitted->entries[i]->name), span_of(&w->entry)))
			return true;
	return false;
}

/* What is true now: the caller is looked at as if it had asked only now. */
static void answer(struct core *core, size_t index)
{
	AUTO(asked_tokens) a = core->tokens.asked[index];
	struct admitted admitted = { 0 };
	struct workload_jwt_svid svids[TOKENS_OF_ONE_MAX];
	const char *why = NULL;
	size_t count = 0;
	enum workload_outcome outcome = core_admit(core, a->caller, &admitted, &why);

	if (outcome == WORKLOAD_AGAIN)
		outcome = WORKLOAD_NOT_READY;
	core->tokens.asked[index] = core->tokens.asked[--core->tokens.count];
	for (size_t i = 0; i < a->count && outcome == WORKLOAD_GIVEN; i++) {
		const struct wished_token *w = &a->wished[i];

		if (w->token.len > 0 && still_admits(&admitted, w))
			svids[count++] =
				(struct workload_jwt_svid){ .spiffe_id = span_of(&w->spiffe_id),
							    .token = span_of(&w->token),
							    .hint = span_of(&w->hint) };
	}
	if (outcome == WORKLOAD_GIVEN)
		outcome = gate_confirm(core->gate, a->caller, &admitted, &why);
	if (outcome == WORKLOAD_GIVEN && count == 0) {
		const struct token_refusal *r =
			a->refused != NULL ? a->refused
					   : refusal_of(span_text("entry-without-jwt"));

		gate_note_refusal(core->gate, &admitted.facts, r->reason, r->owner,
				  admitted.entries[0]);
		outcome = WORKLOAD_DENIED;
		why = r->reason;
	}
	core->tokens.answer(core->api, a->ticket, outcome, svids, count, why);
}

enum status tokens_take(struct core *core, struct reader *in)
{
	size_t count = reader_u8(in);

	if (count > RESULT_JWTS_MAX)
		reader_fail(in, STATUS_TOO_LARGE);
	for (size_t i = 0; i < count && in->status == OK; i++) {
		uint64_t ticket = reader_be64(in);
		struct span sealed = reader_sized(in, SEALED_JWT_MAX);
		size_t index = 0;
		struct wished_token *w;

		struct span code = reader_sized(in, 64);

		w = in->status == OK ? find_wish(&core->tokens, ticket, &index) : NULL;
		if (w == NULL)
			continue;

		struct asked_tokens *a = core->tokens.asked[index];

		if (sealed.len == 0 || open_token(core, a, w, sealed) != OK)
			a->refused = refusal_of(sealed.len == 0 ? code : (struct span){ 0 });
		EVP_PKEY_free(w->key);
		w->key = NULL;
		if (!is_open(a))
			answer(core, index);
	}
	return reader_end(in);
}

/* Keys of a trust domain say nothing of names in another one. */
static enum status verify_by(struct core *core, const struct trust_anchors *anchors,
			     struct span token, struct span audience, const char **why)
{
	const struct jwt_svid_question question = {
		.token = token,
		.keys = anchors->jwt_keys,
		.key_count = anchors->jwt_key_count,
		.trust_domain = span_of(&anchors->trust_domain),
		.audience = audience,
		.now = instant_now().now,
	};

	return jwt_svid_verify(&question, &core->tokens.validated, why);
}

/* By the token's own word, which is verified afterwards; what names no trust domain that
 * is known is refused as the own one's. */
static const struct trust_anchors *anchors_of(const struct bundle *bundle, struct span token)
{
	AUTO_DONE(bytes) claimed = { 0 };
	const struct trust_anchors *anchors = NULL;

	if (jwt_svid_claimed_domain(token, &claimed) == OK)
		anchors = bundle_anchors(bundle, span_of(&claimed));
	return anchors != NULL ? anchors : &bundle->own;
}

static enum workload_outcome validate(void *arg, struct caller *c, struct span audience,
				      struct span token, struct workload_claims *out,
				      const char **why)
{
	struct core *core = arg;
	const struct bundle *bundle = &core->right->bundle;
	struct admitted admitted = { 0 };
	enum workload_outcome outcome = core_admit(core, c, &admitted, why);

	if (outcome == WORKLOAD_GIVEN)
		outcome = gate_confirm(core->gate, c, &admitted, why);
	if (outcome != WORKLOAD_GIVEN)
		return outcome;

	jwt_svid_done(&core->tokens.validated);
	if (verify_by(core, anchors_of(bundle, token), token, audience, why) != OK)
		return WORKLOAD_INVALID;
	*out = (struct workload_claims){ .spiffe_id = span_of(&core->tokens.validated.spiffe_id),
					 .claims = span_of(&core->tokens.validated.claims) };
	return WORKLOAD_GIVEN;
}

void tokens_serve(struct workload_source *source)
{
	source->jwt = ask;
	source->jwt_cancelled = cancelled;
	source->validate = validate;
}
