/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_STORE_SCENE_H
#define TESTS_STORE_SCENE_H

#include "verifier/store/store.h"

/* A store with a node in it, and what could be written about it. unit.h comes first. */

extern const struct span store_scene_generation;

struct node_row sample_node(uint8_t number, const char *ak_name);
/* Of the AK "ak-1", with a frame of an IMA log. */
struct attestation sample_attestation(uint8_t number, uint64_t clock);
/* In a group that has begun; node 1 has the AK "ak-1". */
struct store *store_in_memory(void);
/* As who has just read the node. */
enum status attest_as_read(struct store *s, struct attestation *a);

#endif
