/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CORE_SCENE_H
#define TESTS_CORE_SCENE_H

#include "attestd/mint/core.h"
#include "mint_broker.h"
#include "workload_scene.h"

/*
 * The mint's core with a right, before real workloads (workload_scene.h) and with a
 * broker in this process. One entry, "first", admits the program "one". unit.h comes first.
 */
#define CORE_ID "spiffe://example.org/web/1"
#define CORE_ENTRIES (WORKLOAD_SVIDS_MAX + 1)

struct core_scene {
	struct granted granted;
	struct right right;
	struct signing signing;
	struct core core;
	struct workload_source source;
	struct entry entries[CORE_ENTRIES];
	struct mint_broker broker;
};

extern struct core_scene scene;

/* For a test's setup and teardown. */
int core_scene_begin(void **state);
int core_scene_end(void **state);
/* One more that admits the program. */
struct entry *core_scene_add(const char *name, const char *program);
/* What is due, and what the broker is asked. */
void core_scene_keep(void);
/* As often as the API asks that is told to ask again. */
enum workload_outcome core_scene_ask(const struct workload *w, struct workload_x509 *out,
				     const char **why);

#endif
