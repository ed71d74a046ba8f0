/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_INVENTORY_H
#define VERIFIER_SIGNER_INVENTORY_H

#include "messages/node.h"

/*
 * Which EK belongs to which host, and of which class: one line for each host,
 *
 *	HOST CLASS NODE-ID [NODE-ID ...]
 *
 * with all node ids of the host's EKs; a line that opens with '#' is a
 * comment. A node id listed twice is an error.
 */
#define INVENTORY_MAX ((size_t)256 << 20)
#define INVENTORY_EKS_MAX 16

struct inventory_entry {
	struct node_id node;
	struct span host, class_name; /* borrow from text */
};

struct inventory {
	struct bytes text;
	struct inventory_entry *entries; /* by node id */
	size_t count, capacity;
};

/* Takes text over. *line is the first that is wrong. */
enum status inventory_parse(struct bytes *text, struct inventory *out, size_t *line);
void inventory_done(struct inventory *inventory);
/* NULL where it is not listed. */
const struct inventory_entry *inventory_find(const struct inventory *inventory,
					     const struct node_id *node);
/* The node ids of the entry's line, its own among them: how many. */
size_t inventory_line(const struct inventory *inventory, const struct inventory_entry *entry,
		      struct node_id out[INVENTORY_EKS_MAX]);

AUTO_RELEASE(inventory, inventory_done);

#endif
