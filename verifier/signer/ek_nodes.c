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

static enum refusal check_row(struct turn *turn, const struct node_row *row, int64_t *act_time)
{
	(void)turn;
	(void)act_time;
	return row->standing == STANDING_PENDING ? REFUSAL_NONE : REFUSAL_EK_MISMATCH;
}

static enum refusal supersede_row(struct turn *turn, const struct node_row *row, int64_t *act_time)
{
	enum refusal refusal = check_row(turn, row, act_time);

	if (refusal != REFUSAL_NONE)
		return refusal;

	if (row->act_time > *act_time)
		*act_time = row->act_time;

	enum status status = store_node_forget(turn->signer->store, &row->node);

	if (status == OK)
		status = audit_note(turn, "superseded", (struct span){ 0 }, &row->node,
				    "its endorsement key was activated under another spelling");
	return refusal_of(status);
}

typedef enum refusal (*row_visitor)(struct turn *turn, const struct node_row *row,
				    int64_t *act_time);

static enum refusal visit(struct turn *turn, const struct node_id *other, row_visitor look,
			  int64_t *act_time)
{
	struct node_row row;
	enum status status = store_node(turn->signer->store, other, turn->keep, &row);

	if (status == STATUS_NOT_FOUND)
		return REFUSAL_NONE;
	return status == OK ? look(turn, &row, act_time) : refusal_of(status);
}

static enum refusal visit_others(struct turn *turn, const struct node_id *node,
				 struct span ek_public, row_visitor look, int64_t *act_time)
{
	struct public_area ek;
	struct node_id other;
	enum refusal refusal = REFUSAL_NONE;
	enum status status = public_area_parse(ek_public, &ek);

	for (size_t n = 0; status == OK && refusal == REFUSAL_NONE; n++) {
		status = id_of(&ek, n, &other);
		if (status == OK && !is_same(&other, node))
			refusal = visit(turn, &other, look, act_time);
	}
	return refusal != REFUSAL_NONE || status == STATUS_NOT_FOUND ? refusal : refusal_of(status);
}

enum refusal ek_nodes_check(struct turn *turn, const struct node_id *node, struct span ek_public)
{
	return visit_others(turn, node, ek_public, check_row, NULL);
}

enum refusal ek_nodes_supersede(struct turn *turn, const struct node_id *node,
				struct span ek_public, int64_t *act_time)
{
	*act_time = 0;
	return visit_others(turn, node, ek_public, supersede_row, act_time);
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
