/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_IDENTITIES_SCENE_H
#define TESTS_IDENTITIES_SCENE_H

#include "attestd/mint/identity/identities.h"
#include "mint_broker.h"

/*
 * SVIDs in memory, by a clock of the test's and a broker that signs or does not. One
 * entry, web, is the scene's. unit.h comes first.
 */
#define ID "spiffe://example.org/web/1"

struct identities_scene {
	struct granted granted;
	struct right right;
	struct signing signing;
	struct identities ids;
	struct entry entry;
	struct mint_broker broker;
	int one, other; /* users */
	unsigned made, lost; /* what they were told */
};

extern struct identities_scene scene;

/* Of this length from NOW on. */
void scene_grant_until(int64_t seconds);
/* For a test's setup and teardown. */
int scene_begin(void **state);
int scene_end(void **state);
/* So many seconds after NOW, on both clocks. */
struct instant scene_after(int64_t seconds);
/* Without waiting for the broker. */
enum status scene_ask(const void *user, int64_t seconds, const struct held_identity **held);
enum status scene_use(const void *user, int64_t seconds, const struct held_identity **held);
/* True: users were told something. */
bool scene_keep_at(const struct instant *at);
bool scene_keep(int64_t seconds);
void scene_match(const struct entries *entries);
int64_t scene_wait_at(int64_t seconds);

#endif
