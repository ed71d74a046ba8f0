/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/tokens.h"

#include <stdlib.h>
#include <sys/random.h>

#include "attestd/frames.h"
#include "attestd/mint/token_refusal.h"
#include "attestd/mint/token_validation.h"
#include "messages/report.h"
#include "messages/result.h"
#include "messages/sealed.h"

static const char busy[] = "too many JWT-SVIDs are waited for on this node: ask again later";
static const char late[] = "the verifier did not answer in time: ask again later";
static const char ended[] = "the node lost its right to mint identities: ask again later";
static const char audience_wrong[] = "an audience is 1 to 255 printable ASCII characters without "
				     "a space";
static const char too_long[] = "the audiences are too long together, with the SPIFFE ID";

static void asked_free(struct asked_tokens *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->audiences.count; i++)
		bytes_done(&a->audiences.items[i]);
	for (size_t i = 0; i < a->count; i++) {
		signing_cancel(a->tokens->signing, a->wished[i].question);
		wished_token_done(&a->wished[i]);
	}
	free(a);
}

AUTO_FREE(asked_tokens, struct asked_tokens, asked_free);

static void forget(struct tokens *t, size_t index)
{
	asked_free(t->asked[index]);
	t->asked[index] = t->asked[--t->count];
}

void tokens_init(struct tokens *t, struct admittance *admittance, struct signing *signing)
{
	*t = (struct tokens){ .admittance = admittance,
			      .signing = signing,
			      .rates = { .at_once = TOKENS_AT_ONCE,
					 .per_second = TOKENS_PER_SECOND } };
}

void tokens_done(struct tokens *t)
{
	while (t->count > 0)
		forget(t, 0);
	jwt_svid_done(&t->validated);
}

/* The answer may be asked for anew at once: what is answered is forgotten before. */
static void end_without(struct tokens *t, size_t index, enum workload_outcome outcome,
			const char *why)
{
	uint64_t ticket = t->asked[index]->ticket;

	forget(t, index);
	t->answer(t->api, ticket, outcome, NULL, 0, why);
}

void tokens_right_ended(struct tokens *t)
{
	bool is_revoked = t->admittance->right->is_revoked;

	while (t->count > 0)
		end_without(t, 0, is_revoked ? WORKLOAD_DENIED : WORKLOAD_NOT_READY, ended);
}

void tokens_keep(struct tokens *t, const struct instant *at)
{
	for (size_t i = t->count; i-- > 0;)
		if (t->asked[i]->until <= at->boot)
			end_without(t, i, WORKLOAD_NOT_READY, late);
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

static size_t index_of(const struct tokens *t, const struct asked_tokens *a)
{
	size_t i = 0;

	while (i < t->count && t->asked[i] != a)
		i++;
	return i;
}

static void forget_sent(struct tokens *t, uint64_t ticket)
{
	for (size_t i = t->sent_count; i-- > 0;)
		if (t->sent[i].ticket == ticket)
			t->sent[i] = t->sent[--t->sent_count];
}

static void forget_old_sent(struct tokens *t, int64_t boot_s)
{
	for (size_t i = t->sent_count; i-- > 0;)
		if (t->sent[i].until <= boot_s)
			t->sent[i] = t->sent[--t->sent_count];
}

static void note_taken(struct tokens *t, uint64_t ticket)
{
	for (size_t i = 0; i < t->sent_count; i++)
		if (t->sent[i].ticket == ticket)
			t->sent[i].until = instant_now().boot + WISH_LIFETIME_S;
}

/* The broker has it, or takes no more for now. */
static void on_wish(void *context, enum status status, struct span body)
{
	struct wished_token *w = context;
	struct tokens *t = w->asked->tokens;
	size_t index = index_of(t, w->asked);

	(void)body;
	w->question = NULL;
	if (status == OK)
		note_taken(t, w->ticket);
	else
		forget_sent(t, w->ticket);
	if (status != OK && index < t->count)
		end_without(t, index, WORKLOAD_NOT_READY, busy);
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

/* Into the broker's next report. */
static enum status add_wish(struct tokens *t, struct asked_tokens *a, const struct entry *entry)
{
	struct wished_token *w = &a->wished[a->count++];
	AUTO_DONE(bytes) body = { 0 };
	uint64_t ticket = 0;
	enum status status = take_ticket(t, &ticket);

	w->asked = a;
	if (status == OK)
		status = wished_token_init(w, entry, ticket);
	if (status == OK)
		status = wished_token_encode(w, &a->audiences, &body);
	if (status == OK)
		status = signing_ask(t->signing, FRAME_JWT_REQUEST, span_of(&body), a->user,
				     on_wish, w, &w->question);
	/* It may wait as long as the request until the broker has it. */
	if (status == OK)
		t->sent[t->sent_count++] = (struct sent_wish){
			.ticket = ticket, .user = a->user, .until = a->until + WISH_LIFETIME_S
		};
	return status;
}

static bool is_wanted(const struct entry *entry, struct span spiffe_id)
{
	return entry->may_jwt &&
	       (spiffe_id.len == 0 || span_equal(spiffe_id, span_of(&entry->spiffe_id)));
}

static enum status take_audiences(const struct workload_jwt_request *q, struct audiences *out)
{
	enum status status = OK;

	for (size_t i = 0; i < q->audience_count && status == OK; i++) {
		status = bytes_copy(q->audiences[i], &out->items[i]);
		out->count = i + 1;
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

/* Nobody fills all of the broker's places, and who stops waiting has not left his. */
static bool has_places(struct tokens *t, uid_t user, size_t wanted)
{
	size_t count = 0;

	forget_old_sent(t, instant_now().boot);
	for (size_t i = 0; i < t->sent_count; i++)
		count += t->sent[i].user == user;
	return count + wanted <= TOKENS_OF_USER_MAX && t->sent_count + wanted <= TOKENS_SENT_MAX;
}

struct wanted {
	const struct entry *entries[TOKENS_OF_ONE_MAX];
	size_t count;
};

static struct wanted wanted_of(const struct admitted *admitted, struct span spiffe_id)
{
	struct wanted wanted = { 0 };

	for (size_t i = 0; i < admitted->count && wanted.count < TOKENS_OF_ONE_MAX; i++)
		if (is_wanted(admitted->entries[i], spiffe_id))
			wanted.entries[wanted.count++] = admitted->entries[i];
	return wanted;
}

/* The broker takes no others, and would think the mint captured. */
static bool all_fit(const struct wanted *wanted, const struct audiences *audiences)
{
	for (size_t i = 0; i < wanted->count; i++)
		if (!wished_token_fits(wanted->entries[i], audiences))
			return false;
	return true;
}

static enum workload_outcome deny(struct tokens *t, const struct admitted *admitted,
				  const char **why)
{
	gate_note_refusal(t->admittance->gate, &admitted->facts, token_refusal_no_entry,
			  "identity-security", admitted->entries[0]);
	*why = token_refusal_no_entry;
	return WORKLOAD_DENIED;
}

static enum workload_outcome wish_for_all(struct tokens *t, const struct admitted *admitted,
					  const struct workload_jwt_request *q,
					  struct asked_tokens *a, const char **why)
{
	const struct wanted wanted = wanted_of(admitted, q->spiffe_id);
	enum status status = take_audiences(q, &a->audiences);

	if (wanted.count == 0)
		return deny(t, admitted, why);
	if (status == OK && !all_fit(&wanted, &a->audiences)) {
		*why = too_long;
		return WORKLOAD_INVALID;
	}
	*why = busy;
	if (!has_places(t, a->user, wanted.count))
		return WORKLOAD_TOO_MANY;
	/* The first one counts with the request. */
	rates_charge(&t->rates, a->user, (int64_t)wanted.count - 1, instant_now().boot * 1000);
	for (size_t i = 0; i < wanted.count && status == OK; i++)
		status = add_wish(t, a, wanted.entries[i]);
	return status == OK ? WORKLOAD_LATER : WORKLOAD_NOT_READY;
}

enum workload_outcome tokens_ask(struct tokens *t, struct caller *c,
				 const struct workload_jwt_request *q, uint64_t ticket,
				 const char **why)
{
	struct admitted admitted = { 0 };

	if (!audiences_are_valid(q)) {
		*why = audience_wrong;
		return WORKLOAD_INVALID;
	}

	enum workload_outcome outcome = admittance_decide(t->admittance, c, &admitted, why);

	if (outcome != WORKLOAD_GIVEN)
		return outcome;

	*why = busy;
	if (!rates_take(&t->rates, admitted.facts.uid, instant_now().boot * 1000))
		return WORKLOAD_TOO_MANY;

	AUTO(asked_tokens) a = calloc(1, sizeof(*a));

	if (a == NULL || t->count == TOKENS_ASKED_MAX)
		return WORKLOAD_NOT_READY;
	a->tokens = t;
	a->ticket = ticket;
	a->caller = c;
	a->user = admitted.facts.uid;
	a->until = instant_now().boot + TOKENS_WAIT_S;
	outcome = wish_for_all(t, &admitted, q, a, why);
	if (outcome == WORKLOAD_LATER) {
		t->asked[t->count++] = a;
		a = NULL;
	}
	return outcome;
}

void tokens_cancel(struct tokens *t, uint64_t ticket)
{
	for (size_t i = t->count; i-- > 0;)
		if (t->asked[i]->ticket == ticket)
			forget(t, i);
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
static void answer(struct tokens *t, size_t index)
{
	AUTO(asked_tokens) a = t->asked[index];
	struct admitted admitted = { 0 };
	struct workload_jwt_svid svids[TOKENS_OF_ONE_MAX];
	const char *why = NULL;
	size_t count = 0;
	enum workload_outcome outcome =
		admittance_decide(t->admittance, a->caller, &admitted, &why);

	if (outcome == WORKLOAD_AGAIN)
		outcome = WORKLOAD_NOT_READY;
	t->asked[index] = t->asked[--t->count];
	for (size_t i = 0; i < a->count && outcome == WORKLOAD_GIVEN; i++) {
		const struct wished_token *w = &a->wished[i];

		if (w->token.len > 0 && still_admits(&admitted, w))
			svids[count++] =
				(struct workload_jwt_svid){ .spiffe_id = span_of(&w->spiffe_id),
							    .token = span_of(&w->token),
							    .hint = span_of(&w->hint) };
	}
	if (outcome == WORKLOAD_GIVEN)
		outcome = gate_confirm(t->admittance->gate, a->caller, &admitted, &why);
	if (outcome == WORKLOAD_GIVEN && count == 0) {
		const struct token_refusal *r =
			a->refused != NULL ? a->refused
					   : token_refusal_of(span_text("entry-without-jwt"));

		gate_note_refusal(t->admittance->gate, &admitted.facts, r->reason, r->owner,
				  admitted.entries[0]);
		outcome = WORKLOAD_DENIED;
		why = r->reason;
	}
	t->answer(t->api, a->ticket, outcome, svids, outcome == WORKLOAD_GIVEN ? count : 0, why);
}

enum status tokens_take(struct tokens *t, struct reader *in)
{
	size_t count = reader_u8(in);

	if (count > RESULT_JWTS_MAX)
		reader_fail(in, STATUS_TOO_LARGE);
	for (size_t i = 0; i < count && in->status == OK; i++) {
		uint64_t ticket = reader_be64(in);
		struct span sealed = reader_sized(in, SEALED_JWT_MAX);
		size_t index = 0;
		struct span code = reader_sized(in, 64);
		struct wished_token *w;

		if (in->status == OK)
			forget_sent(t, ticket);
		w = in->status == OK ? find_wish(t, ticket, &index) : NULL;
		if (w == NULL)
			continue;

		struct asked_tokens *a = t->asked[index];

		if (sealed.len == 0 ||
		    wished_token_open(w, &a->audiences, t->admittance->right, sealed) != OK)
			a->refused = token_refusal_of(sealed.len == 0 ? code : (struct span){ 0 });
		EVP_PKEY_free(w->key);
		w->key = NULL;
		if (!is_open(a))
			answer(t, index);
	}
	return reader_end(in);
}

enum workload_outcome tokens_validate(struct tokens *t, struct caller *c, struct span audience,
				      struct span token, struct workload_claims *out,
				      const char **why)
{
	struct admitted admitted = { 0 };
	enum workload_outcome outcome = admittance_decide(t->admittance, c, &admitted, why);

	if (outcome == WORKLOAD_GIVEN)
		outcome = gate_confirm(t->admittance->gate, c, &admitted, why);
	if (outcome != WORKLOAD_GIVEN)
		return outcome;

	jwt_svid_done(&t->validated);
	if (token_validate(&t->admittance->right->bundle, token, audience, &t->validated, why) !=
	    OK)
		return WORKLOAD_INVALID;
	*out = (struct workload_claims){ .spiffe_id = span_of(&t->validated.spiffe_id),
					 .claims = span_of(&t->validated.claims) };
	return WORKLOAD_GIVEN;
}
