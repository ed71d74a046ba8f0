/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_IMA_SCENE_H
#define TESTS_BENCH_IMA_SCENE_H

#include "policies/reference/image.h"
#include "verifier/appraisal/appraise.h"

/*
 * A host with a real log, and one release to judge it by: what appraise() takes.
 * File digests are made SHA-256 ones of the paths, whatever the log has, since
 * golden values are in that algorithm and what has another is never looked up.
 * The boot has been matched before (its state says so), so that what appraise()
 * is given to do is the IMA log.
 */
struct ima_scene {
	struct bytes log;
	size_t entries;
	size_t hits; /* entries whose path and digest the set lists */
	size_t excluded; /* the other files: looked up, found to be in no set */
	struct span image; /* mapped, as an appraiser maps it */
	struct reference reference;
	struct node_class node_class;
	struct pcr_values values;
	struct bytes state;
};

struct ima_scene_plan {
	size_t entries_max; /* of the log */
	size_t set_files; /* in all: some of the log's own, then others */
	/* One file in so many is left out of the set and falls under an exclude; 0:
	 * all are listed. */
	size_t miss_every;
};

/* Ends the program where it fails: the inputs are the bench's own. */
void ima_scene_init(struct span real_log, const struct ima_scene_plan *plan,
		    struct ima_scene *scene);
void ima_scene_done(struct ima_scene *scene);
AUTO_RELEASE(ima_scene, ima_scene_done);

/* appraise() as the verifier's appraiser calls it: CPU seconds, and the program's
 * end where it does not come out as planned. */
double ima_scene_appraise(const struct ima_scene *scene);

#endif
