/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "verifier/signer/clock.h"

enum health signer_health(const struct signer *s, int64_t now)
{
	if (now + CLOCK_TOLERANCE_S < s->high_water)
		return HEALTH_CLOCK_SET_BACK;
	if (!s->has_reference)
		return HEALTH_NO_RELEASE;
	if (reference_facts(&s->reference).valid_until < now)
		return HEALTH_RELEASE_STALE;
	if (s->keys.authority_count == 0)
		return HEALTH_OK;
	if (signer_keys_until(&s->keys) <= now)
		return HEALTH_AUTHORITY_EXPIRED;
	return signer_keys_until(&s->keys) - now < AUTHORITY_WARNING_S ? HEALTH_AUTHORITY_ENDING
								       : HEALTH_OK;
}

/* Counting reads every node, and anybody may ask for health: it goes on a step a
 * second, which takes milliseconds, however large the fleet is. */
#define COUNT_INTERVAL_S 10
#define COUNT_STEP 2000

static enum status count_nodes(struct turn *turn)
{
	struct signer *s = turn->signer;
	struct node_counting *c = &s->counting;
	bool is_young = turn->now >= s->counted && turn->now - s->counted < COUNT_INTERVAL_S;

	if (c->after == 0 ? is_young : turn->now == c->stepped)
		return OK;
	if (c->after == 0)
		memset(c->sums, 0, sizeof(c->sums));

	enum status status =
		store_node_counts(s->store, turn->now - s->fallback_class.grant_lifetime_s,
				  COUNT_STEP, &c->after, c->sums);

	if (status != OK) {
		c->after = 0;
		return status;
	}
	c->stepped = turn->now;
	if (c->after != 0)
		return OK;
	memcpy(s->counts, c->sums, sizeof(s->counts));
	s->counted = turn->now;
	return OK;
}

void health_without_store(const struct signer *s, struct health_answer *answer)
{
	answer->health = HEALTH_STORE_UNAVAILABLE;
	answer->enrolments = s->enrolments;
	answer->verdicts = s->verdicts;
	answer->grants = s->grants;
	answer->refusals = s->refusals;
	if (s->has_reference)
		answer->valid_until = reference_facts(&s->reference).valid_until;
	answer->authority_until = signer_keys_until(&s->keys);
	answer->release_refused = s->release_refused;
	for (size_t i = 0; i < NODE_STATES; i++)
		answer->nodes[i] = s->counts[i];
}

static enum refusal answer_health(struct turn *turn, struct health_answer *answer)
{
	enum health health = signer_health(turn->signer, turn->now);

	/* A store that can be read may still refuse to be written, as on a full disk:
	 * moving its time on is the cheapest way to know (s07). */
	if (health != HEALTH_CLOCK_SET_BACK && high_water_raise(turn->signer, turn->now) != OK)
		health = HEALTH_STORE_UNAVAILABLE;
	if (count_nodes(turn) != OK)
		health = HEALTH_STORE_UNAVAILABLE;
	health_without_store(turn->signer, answer);
	answer->health = health;
	return REFUSAL_NONE;
}

#define BUNDLE_REFRESH_S 300

static enum refusal answer_bundle(struct turn *turn, const struct bundle_request *request,
				  struct bundle_answer *answer)
{
	const struct signer_keys *keys = &turn->signer->keys;
	const struct authority *a = signer_keys_authority(keys, request->trust_domain);

	if (request->trust_domain.len == 0 && keys->authority_count == 1)
		a = &keys->authorities[0];
	if (a == NULL)
		return REFUSAL_TRUST_DOMAIN_UNKNOWN;
	answer->trust_domain = span_text(a->trust_domain);
	answer->sequence = a->published.sequence;
	answer->certificates.items[0] = span_of(&a->root);
	answer->certificates.count = 1;
	for (size_t i = 0; i < a->jwt.count; i++)
		answer->jwt_keys.items[i] =
			(struct jwt_key_item){ .kid = span_of(&a->jwt.kids[i]),
					       .spki = span_of(&a->jwt.spkis[i]) };
	answer->jwt_keys.count = a->jwt.count;
	answer->refresh_hint_s = BUNDLE_REFRESH_S;
	return REFUSAL_NONE;
}

/* Reading and narrowing go on whatever the clock says; nothing that proves,
 * grants or widens does. */
static bool wants_true_time(const struct signer_request *request)
{
	switch ((unsigned)request->type) {
	case FRAME_ENROL:
	case FRAME_ACTIVATE:
	case FRAME_CHALLENGE:
	case FRAME_AUTHENTICATE:
	case FRAME_COMMIT:
		return true;
	case FRAME_ADMIN:
		return request->admin.verb == ADMIN_ACT;
	default:
		return false;
	}
}

static enum refusal dispatch(struct turn *turn, const struct signer_request *q,
			     struct signer_answer *a)
{
	/* clang-format off */
	switch ((unsigned)q->type) {
	case FRAME_ENROL: return enrolment_offer(turn, &q->enrol, &a->enrol);
	case FRAME_ACTIVATE: return enrolment_activate(turn, &q->activate, &a->activate);
	case FRAME_CHALLENGE: return challenge_answer(turn, &q->challenge, &a->challenge);
	case FRAME_AUTHENTICATE: return attestation_begin(turn, &q->authenticate, &a->authenticate);
	case FRAME_COMMIT: return attestation_commit(turn, &q->commit, &a->commit);
	case FRAME_ADMIN: return administration_answer(turn, &q->admin, &a->admin);
	case FRAME_BUNDLE: return answer_bundle(turn, &q->bundle, &a->bundle);
	case FRAME_HEALTH: return answer_health(turn, &a->health);
	default: return REFUSAL_MALFORMED;
	}
	/* clang-format on */
}

static uint32_t retry_after(const struct turn *turn, enum refusal refusal)
{
	if (refusal == REFUSAL_NODE_PENDING)
		return PENDING_RETRY_S;
	if (turn->retry_after_s > 0)
		return turn->retry_after_s;
	return refusal_http_status(refusal) == 503 ? BUSY_RETRY_S : 0;
}

void signer_answer_request(struct turn *turn, const struct signer_request *request,
			   struct signer_answer *answer)
{
	struct signer *s = turn->signer;
	enum refusal refusal = REFUSAL_NONE;

	bool is_back = clock_is_back(turn);
	int64_t seen = s->high_water;

	signer_answer_init(request->type, answer);
	if (wants_true_time(request))
		refusal = is_back ? REFUSAL_CLOCK_SET_BACK
				  : refusal_of(high_water_raise(s, turn->now));
	if (!is_back)
		clock_bring_back(turn);
	if (refusal == REFUSAL_NONE)
		refusal = dispatch(turn, request, answer);
	if (refusal == REFUSAL_NONE)
		return;
	/* What a refused request wrote is undone, the time that it came at as well. */
	s->high_water = seen;
	s->refusals++;
	signer_answer_init(request->type, answer);
	answer->refusal = refusal;
	answer->advice = turn->advice;
	answer->retry_after_s = retry_after(turn, refusal);
}
