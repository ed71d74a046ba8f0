/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "verifier/signer/core.h"

/*
 * The EKs of a line are one TPM's, which makes as many AKs as somebody likes: what was shut
 * out as one node would come back as another, and what has a right count twice. Which of
 * them it is to be is for a person to say.
 */
static enum status is_another_node(const struct turn *turn, const struct inventory_entry *entry,
				   const struct node_id *node, bool *out)
{
	const struct signer *s = turn->signer;
	struct node_id ids[INVENTORY_EKS_MAX];
	const size_t count = inventory_line(&s->inventory, entry, ids);
	enum status status = OK;

	*out = false;
	for (size_t i = 0; i < count && status == OK && !*out; i++) {
		AUTO_DONE(keep) keep = { 0 };
		struct node_row other;

		if (memcmp(ids[i].value, node->value, sizeof(node->value)) == 0)
			continue;
		status = store_node(s->store, &ids[i], &keep, &other);
		*out = reference_is_revoked_node(&s->reference, node_id_span(&ids[i])) ||
		       (status == OK && other.standing != STANDING_PENDING);
		if (status == STATUS_NOT_FOUND)
			status = OK;
	}
	return status;
}

enum status place_as_listed(struct turn *turn, struct node_row *row)
{
	const struct inventory_entry *entry = inventory_find(&turn->signer->inventory, &row->node);

	if (row->standing != STANDING_PENDING || entry == NULL)
		return OK;

	bool is_another = false;
	enum status status = is_another_node(turn, entry, &row->node, &is_another);

	if (status != OK || is_another)
		return status;
	status = store_node_place(turn->signer->store, &row->node, entry->host, entry->class_name,
				  0);

	if (status == OK)
		status = audit_note(turn, "listed", span_text("inventory"), &row->node,
				    "host %.*s class %.*s", (int)entry->host.len,
				    (const char *)entry->host.data, (int)entry->class_name.len,
				    (const char *)entry->class_name.data);
	if (status != OK)
		return status;
	row->standing = STANDING_ACTIVE;
	row->host = entry->host;
	row->class_name = entry->class_name;
	return OK;
}
