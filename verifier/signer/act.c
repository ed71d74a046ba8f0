/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/statement.h"

#include "base/text.h"
#include "verifier/signer/core.h"

/* The role of whoever signed this, by the configured keys alone: the front's
 * word for who is calling counts for nothing here. */
static const struct act_key *find_signer(const struct signer_keys *keys, struct span text,
					 struct span signature)
{
	for (size_t i = 0; i < keys->act_key_count; i++) {
		EVP_PKEY *key = keys->act_keys[i].key;
		const EVP_MD *md = EVP_PKEY_is_a(key, "EC") == 1 ? EVP_sha256() : NULL;
		AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();

		if (ctx == NULL || EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) != 1)
			continue;
		/* Only 1 means yes. */
		if (EVP_DigestVerify(ctx, signature.data, signature.len, text.data, text.len) == 1)
			return &keys->act_keys[i];
	}
	return NULL;
}

static bool may_sign(enum role role, enum role wanted)
{
	if (wanted == ROLE_NONE)
		return role == ROLE_PLATFORM || role == ROLE_IDENTITY_SECURITY;
	return role == wanted;
}

/* The others lift what somebody narrowed. */
static bool widens_anew(enum act_verb verb)
{
	return verb == ACT_APPROVE || verb == ACT_ADD_ENTRY;
}

static enum refusal check_act(struct turn *turn, const struct act *act, const struct act_key *key)
{
	const struct signer *s = turn->signer;
	struct node_class node_class;

	if (!may_sign(key->role, widens_anew(act->verb) ? s->approve_role : s->release_role))
		return REFUSAL_ROLE_DENIED;
	/* What is dated ahead would lift what somebody narrows before that time. */
	if (act->time > turn->now + CLOCK_TOLERANCE_S || act->time < turn->now - ACT_LIFETIME_S)
		return REFUSAL_ACT_EXPIRED;
	/* Without a release there is nothing to compare the name with. */
	if (act->verb == ACT_APPROVE && s->has_reference &&
	    !challenge_class(s, span_of(&act->class), &node_class))
		return REFUSAL_CLASS_UNKNOWN;
	return act_verb_is_of_entry(act->verb) ? entry_act_check(turn, act) : REFUSAL_NONE;
}

static enum status change_node(struct turn *turn, const struct act *act)
{
	struct store *store = turn->signer->store;

	if (act->verb == ACT_RELEASE)
		return store_node_release(store, &act->node, act->time);
	return store_node_place(store, &act->node, span_of(&act->host), span_of(&act->class),
				act->time);
}

static enum refusal carry_out_on_node(struct turn *turn, const struct act *act)
{
	struct node_row row;
	enum status status = store_node(turn->signer->store, &act->node, turn->keep, &row);

	if (status == OK)
		status = change_node(turn, act);
	if (status == STATUS_MISMATCH)
		return row.standing == STANDING_RETIRED	      ? REFUSAL_NODE_RETIRED
		       : row.act_time >= act->time	      ? REFUSAL_ACT_REPLAYED
		       : row.standing == STANDING_QUARANTINED ? REFUSAL_NODE_QUARANTINED
							      : REFUSAL_NODE_NOT_QUARANTINED;
	return refusal_of(status);
}

/* The whole envelope, so that anybody can verify it again. */
static enum status note_act(struct turn *turn, const struct admin_request *request,
			    const struct act_key *key, const struct node_id *node)
{
	AUTO_DONE(bytes) signature = { 0 };
	enum status status = base64_append(&signature, request->act_signature);

	if (status != OK)
		return status;
	return audit_note(turn, "act", span_text(key->name), node, "%.*ssignature %.*s\n",
			  (int)request->act.len, (const char *)request->act.data,
			  (int)signature.len, (const char *)signature.data);
}

enum refusal act_carry_out(struct turn *turn, const struct admin_request *request, struct act *out)
{
	AUTO_DONE(act) act = { 0 };
	const struct act_key *key =
		find_signer(&turn->signer->keys, request->act, request->act_signature);

	/* Verify before you parse. */
	if (key == NULL)
		return REFUSAL_ACT_SIGNATURE_INVALID;
	if (act_parse(request->act, &act) != OK)
		return REFUSAL_ACT_MALFORMED;

	enum refusal refusal = check_act(turn, &act, key);

	bool is_of_entry = act_verb_is_of_entry(act.verb);

	if (refusal == REFUSAL_NONE)
		refusal = is_of_entry ? entry_act_carry_out(turn, &act)
				      : carry_out_on_node(turn, &act);
	if (refusal == REFUSAL_NONE)
		refusal = refusal_of(note_act(turn, request, key, is_of_entry ? NULL : &act.node));
	if (refusal != REFUSAL_NONE)
		return refusal;
	*out = act;
	act = (struct act){ 0 };
	return REFUSAL_NONE;
}
