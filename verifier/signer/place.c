/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/core.h"

enum status place_as_listed(struct turn *turn, struct node_row *row)
{
	const struct inventory_entry *entry = inventory_find(&turn->signer->inventory, &row->node);

	if (row->standing != STANDING_PENDING || entry == NULL)
		return OK;

	enum status status = store_node_place(turn->signer->store, &row->node, entry->host,
					      entry->class_name, 0);

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
