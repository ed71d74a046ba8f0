/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/appraise.h"
#include "verifier/signer/core.h"

struct span signer_generation(const struct signer *s)
{
	static const uint8_t none[SHA256_SIZE];

	if (!s->has_reference)
		return (struct span){ .data = none, .len = sizeof(none) };
	return reference_facts(&s->reference).generation;
}

static bool is_revoked(const struct signer *s, const struct node_id *node)
{
	struct span id = { .data = node->value, .len = sizeof(node->value) };

	return reference_is_revoked_node(&s->reference, id);
}

enum reason reason_to_refuse(const struct turn *turn, const struct node_row *row)
{
	struct node_class node_class;

	if (!turn->signer->has_reference)
		return REASON_RELEASE_NONE;
	if (!challenge_class(turn->signer, row->class_name, &node_class))
		return REASON_CLASS_UNKNOWN;
	if (is_revoked(turn->signer, &row->node))
		return REASON_NODE_REVOKED;
	return REASON_NONE;
}

enum refusal signer_may_judge(const struct signer *s, enum standing standing)
{
	enum refusal refusal = refusal_of_standing(standing);

	if (refusal == REFUSAL_NONE && s->expects_reference && !s->has_reference)
		return REFUSAL_RELEASE_AWAITED;
	return refusal;
}

#define FALLBACK_INTERVAL_S 300
#define FALLBACK_LIFETIME_S 600

/* RELEASES.md's sample: what a PC Client boot measures, without the resettable
 * PCRs, so that a node's verdict can say that no release is loaded. */
struct node_class signer_fallback_class(void)
{
	return (struct node_class){
		.bank = DIGEST_SHA256,
		.select = 0x6fff, /* 0 to 11, 13, 14 */
		.policy_pcrs = 1 << 4 | 1 << 7 | 1 << 14,
		.cap = 13,
		.grant_lifetime_s = FALLBACK_LIFETIME_S,
		.attest_interval_s = FALLBACK_INTERVAL_S,
	};
}

bool challenge_class(const struct signer *s, struct span class_name, struct node_class *out)
{
	*out = s->fallback_class;
	return s->has_reference && class_name.len > 0 &&
	       reference_class_named(&s->reference, class_name, out) == OK;
}

/* Where the log goes on. The counters are the host's own word: a wrong one makes
 * the appraiser ask again, no more. */
static void choose_wants(struct turn *turn, const struct session_row *session,
			 const struct node_class *node_class, const struct challenge_request *hint,
			 struct challenge *out)
{
	out->next_entry = 0;
	out->want_boot_log = true;
	out->want_certify = true;
	if (!session->is_stored || !turn->signer->has_reference ||
	    session->reset != hint->reset_count || session->restart != hint->restart_count)
		return;

	struct appraisal_wants wants = appraisal_wants(&turn->signer->reference, node_class,
						       session_state(session), turn->now);

	out->next_entry = wants.next_entry;
	out->want_boot_log = wants.boot_log;
	out->want_certify = session->minting_name.len == 0;
}

static enum status put_nonce(struct turn *turn, enum nonce_purpose purpose,
			     const struct node_id *node, struct challenge *out)
{
	uint8_t random[NONCE_RANDOM_SIZE];
	struct epoch epoch;
	struct nonce nonce;
	enum status status = turn->random(random, sizeof(random));

	if (status == OK)
		status = epoch_read(turn->signer, &epoch);
	if (status == OK)
		status = nonce_make(&turn->signer->keys.mac, &epoch, purpose, node, random,
				    turn->now, &nonce);
	return status == OK ? keep_copy(turn->keep, nonce_span(&nonce), &out->nonce) : status;
}

static void put_class(const struct node_class *node_class, struct challenge *out)
{
	out->bank = node_class->bank;
	out->select = node_class->select;
	out->policy_pcrs = node_class->policy_pcrs;
	out->cap = node_class->cap;
	out->interval_s = node_class->attest_interval_s;
}

enum refusal challenge_offer(struct turn *turn, const struct node_id *node, struct challenge *out)
{
	const struct inventory_entry *listed = inventory_find(&turn->signer->inventory, node);
	struct node_class node_class;

	(void)challenge_class(turn->signer,
			      listed != NULL ? listed->class_name : (struct span){ 0 },
			      &node_class);
	put_class(&node_class, out);
	out->want_boot_log = true;
	out->want_certify = true;
	return refusal_of(put_nonce(turn, NONCE_ENROL, node, out));
}

enum refusal challenge_answer(struct turn *turn, const struct challenge_request *request,
			      struct challenge *out)
{
	struct store *store = turn->signer->store;
	AUTO_DONE(keep) keep = { 0 };
	struct node_class node_class;
	struct session_row session;
	struct node_row row;
	enum status status = store_attester(store, &request->node, &keep, &row, &session);
	bool is_as_stored = status == OK && row.standing == STANDING_ACTIVE;

	if (status == OK)
		status = place_as_listed(turn, &row);
	if (status != OK)
		return refusal_of(status);

	enum refusal refusal = signer_may_judge(turn->signer, row.standing);

	if (refusal != REFUSAL_NONE)
		return refusal;
	(void)challenge_class(turn->signer, row.class_name, &node_class);
	put_class(&node_class, out);
	choose_wants(turn, &session, &node_class, request, out);
	out->want_svid = trial_is_under_way(turn, &row);
	status = put_nonce(turn, NONCE_ATTEST, &request->node, out);
	if (status == OK && is_as_stored)
		store_attester_ahead(store, &row, &session, &keep);
	return refusal_of(status);
}
