/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_NAIVE_TREE_H
#define TESTS_NAIVE_TREE_H

#include "policies/transparency/merkle.h"

/* RFC 6962's own recursion over entries that are their numbers. unit.h comes first. */

extern struct hasher naive_hasher;
/* Of a group of tests. */
int naive_hasher_init(void **state);
int naive_hasher_done(void **state);

struct span naive_entry(uint64_t index, char text[32]);
/* MTH(D[start:end]) */
void naive(uint64_t start, uint64_t end, struct tree_hash *out);
struct tree_head naive_head(uint64_t size);

#endif
