/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FRONT_NAMED_H
#define VERIFIER_FRONT_NAMED_H

#include <stdbool.h>

#include "messages/node.h"

/*
 * Who was to attest at once, of late: a node between two waits hears of it when it
 * comes back. Pure: time is an argument. Memory is fixed; where more were named
 * than it holds, who may have been among them is told so.
 */
#define NAMED_MAX 64

enum named_scope {
	NAMED_NODE, /* by its id, in hex */
	NAMED_CLASS,
};

/* A node that waits. */
struct waiting_node {
	struct span id;
	struct span class_name; /* empty: unknown, and so any */
};

struct named {
	struct {
		enum named_scope scope;
		uint8_t name[NODE_ID_LEN];
		size_t len;
		int64_t at;
	} list[NAMED_MAX];
	size_t count; /* in use */
	size_t next;
};

_Static_assert(CLASS_NAME_MAX <= NODE_ID_LEN, "a class's name has room");

/* Is it this node that is named so? */
bool named_is(enum named_scope scope, struct span name, const struct waiting_node *node);
/* A name that is too long is nobody's. */
void named_note(struct named *named, enum named_scope scope, struct span name, int64_t now);
/* Was it at that time or later? */
bool named_since(const struct named *named, const struct waiting_node *node, int64_t since);
/* When a node is told, among others over which that is spread: no later than its wait ends,
 * of which left_ms are left. */
uint64_t named_after_ms(uint64_t spread_ms, int64_t left_ms, uint32_t random);

#endif
