/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_ENTRY_TEXTS_H
#define VERIFIER_SIGNER_ENTRY_TEXTS_H

#include "messages/entries.h"
#include "policies/reference/reference.h"

/*
 * What the nodes of each class are told of their workloads (messages/entries.h).
 * Made when a node of the class first asks, and kept until an entry, the
 * reference values or what of them is in force changes: an attestation finds it.
 */
struct class_entries {
	struct bytes class_name;
	struct bytes text;
	struct digest digest; /* of it */
	int64_t until; /* when another release begins or ends to be in force */
};

struct entry_texts {
	uint8_t generation[SHA256_SIZE]; /* what they were made with */
	uint64_t sequence;
	struct class_entries **list; /* by name of class */
	size_t count, capacity;
};

void entry_texts_done(struct entry_texts *texts);

struct turn;
struct entry_row;

/* *out lives until the next call. A reference is loaded. */
enum status entry_texts_find(struct turn *turn, const struct node_class *node_class,
			     const struct class_entries **out);
/* An entry as its nodes are told of it; node_class NULL: it has no class, and no
 * digests. STATUS_MALFORMED: the store's row is none, and nodes are not told of it. */
enum status entry_texts_read(struct turn *turn, const struct node_class *node_class,
			     const struct entry_row *row, struct entry *out);
/* Of such a row: its workloads get no identity; the class's others do, and the nodes
 * their right. */
void entry_texts_log_damaged(const struct entry_row *row);
/* Is there room for one more of this line in the text of its class, whatever digests
 * it and the others may get? */
enum status entry_texts_have_room(struct turn *turn, struct span class_name, struct span line,
				  bool *has_room);

#endif
