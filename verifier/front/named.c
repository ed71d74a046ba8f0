/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/named.h"

#include <string.h>

bool named_is(enum named_scope scope, struct span name, const struct waiting_node *node)
{
	if (scope == NAMED_NODE)
		return span_equal(name, node->id);
	return node->class_name.len == 0 || span_equal(name, node->class_name);
}

void named_note(struct named *named, enum named_scope scope, struct span name, int64_t now)
{
	if (name.len == 0 || name.len > NODE_ID_LEN)
		return;
	named->list[named->next].scope = scope;
	named->list[named->next].len = name.len;
	named->list[named->next].at = now;
	memcpy(named->list[named->next].name, name.data, name.len);
	named->next = (named->next + 1) % NAMED_MAX;
	if (named->count < NAMED_MAX)
		named->count++;
}

bool named_since(const struct named *named, const struct waiting_node *node, int64_t since)
{
	/* What stood before the oldest was overwritten. */
	if (named->count == NAMED_MAX && named->list[named->next].at >= since)
		return true;
	for (size_t i = 0; i < named->count; i++) {
		struct span name = { named->list[i].name, named->list[i].len };

		if (named->list[i].at >= since && named_is(named->list[i].scope, name, node))
			return true;
	}
	return false;
}

uint64_t named_after_ms(uint64_t spread_ms, int64_t left_ms, uint32_t random)
{
	uint64_t most_ms = left_ms > 0 ? (uint64_t)left_ms : 0;
	uint64_t after_ms = spread_ms * random >> 32;

	return after_ms < most_ms ? after_ms : most_ms;
}
