/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>

#include "naive_tree.h"

struct hasher naive_hasher;

int naive_hasher_init(void **state)
{
	(void)state;
	return hasher_init(&naive_hasher, DIGEST_SHA256) == OK ? 0 : -1;
}

int naive_hasher_done(void **state)
{
	(void)state;
	hasher_done(&naive_hasher);
	return 0;
}

struct span naive_entry(uint64_t index, char text[32])
{
	(void)snprintf(text, 32, "entry %llu", (unsigned long long)index);
	return span_text(text);
}

/* MTH(D[start:end]), word for word. */
void naive(uint64_t start, uint64_t end, struct tree_hash *out)
{
	struct tree_hash left, right;
	uint64_t half = 1;
	char text[32];

	if (end - start == 1) {
		assert_int_equal(leaf_hash(&naive_hasher, naive_entry(start, text), out), OK);
		return;
	}
	while (half * 2 < end - start)
		half *= 2;
	naive(start, start + half, &left);
	naive(start + half, end, &right);
	assert_int_equal(node_hash(&naive_hasher, &left, &right, out), OK);
}

struct tree_head naive_head(uint64_t size)
{
	struct tree_head head = { .size = size };
	struct tree_range none = { 0 };

	if (size == 0)
		assert_int_equal(tree_range_root(&naive_hasher, &none, &head.root), OK);
	else
		naive(0, size, &head.root);
	return head;
}
