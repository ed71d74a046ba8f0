/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "verifier/signer/core.h"
#include "verifier/signer/ek_binding.h"

/* The id of the n-th spelling; STATUS_NOT_FOUND past the last one. */
static enum status id_of(const struct public_area *ek, size_t n, struct node_id *out)
{
	AUTO_DONE(bytes) spelling = { 0 };
	struct digest digest;
	enum status status = ek_spelling(ek, n, &spelling);

	if (status == OK)
		status = digest_of(DIGEST_SHA256, span_of(&spelling), &digest);
	if (status == OK)
		memcpy(out->value, digest.value, sizeof(out->value));
	return status;
}

static bool is_same(const struct node_id *a, const struct node_id *b)
{
	return memcmp(a->value, b->value, sizeof(a->value)) == 0;
}

static enum refusal check_row(struct turn *turn, const struct node_row *row)
{
	(void)turn;
	/* An act, as of a quarantine that was lifted, guards against older ones. */
	return row->standing == STANDING_PENDING && row->act_time == 0 ? REFUSAL_NONE
								       : REFUSAL_EK_MISMATCH;
}

static enum refusal supersede_row(struct turn *turn, const struct node_row *row)
{
	enum refusal refusal = check_row(turn, row);

	if (refusal != REFUSAL_NONE)
		return refusal;

	enum status status = store_node_forget(turn->signer->store, &row->node);

	if (status == OK)
		status = audit_note(turn, "superseded", (struct span){ 0 }, &row->node,
				    "its endorsement key was activated under another spelling");
	return refusal_of(status);
}

static enum refusal visit(struct turn *turn, const struct node_id *other,
			  enum refusal (*look)(struct turn *, const struct node_row *))
{
	struct node_row row;
	enum status status = store_node(turn->signer->store, other, turn->keep, &row);

	if (status == STATUS_NOT_FOUND)
		return REFUSAL_NONE;
	return status == OK ? look(turn, &row) : refusal_of(status);
}

static enum refusal visit_others(struct turn *turn, const struct node_id *node,
				 struct span ek_public,
				 enum refusal (*look)(struct turn *, const struct node_row *))
{
	struct public_area ek;
	struct node_id other;
	enum refusal refusal = REFUSAL_NONE;
	enum status status = public_area_parse(ek_public, &ek);

	for (size_t n = 0; status == OK && refusal == REFUSAL_NONE; n++) {
		status = id_of(&ek, n, &other);
		if (status == OK && !is_same(&other, node))
			refusal = visit(turn, &other, look);
	}
	return refusal != REFUSAL_NONE || status == STATUS_NOT_FOUND ? refusal : refusal_of(status);
}

enum refusal ek_nodes_check(struct turn *turn, const struct node_id *node, struct span ek_public)
{
	return visit_others(turn, node, ek_public, check_row);
}

enum refusal ek_nodes_supersede(struct turn *turn, const struct node_id *node,
				struct span ek_public)
{
	return visit_others(turn, node, ek_public, supersede_row);
}

bool ek_nodes_have(struct span ek_public, const struct node_id *node)
{
	struct public_area ek;
	struct node_id id;
	enum status status = public_area_parse(ek_public, &ek);
	bool has = false;

	for (size_t n = 0; status == OK && !has; n++) {
		status = id_of(&ek, n, &id);
		has = status == OK && is_same(&id, node);
	}
	return has;
}
