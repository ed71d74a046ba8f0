/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_APPRAISAL_SCENE_H
#define TESTS_APPRAISAL_SCENE_H

#include "log_maker.h"
#include "verifier/appraisal/appraise.h"

/*
 * One boot session before appraise(): what the signer keeps of one appraisal
 * goes into the next. The golden capture to begin with; a test changes what it
 * likes. unit.h comes first.
 */
struct scene {
	struct golden golden;
	struct made_boot_log log; /* the golden boot log, taken apart */
	struct appraisal result;
	struct bytes state;
	struct bytes proven; /* the last one that a quote led to */
	uint64_t first; /* entry from which the host sends */
	size_t sent; /* bytes before it */
	size_t proven_sent;
	size_t part; /* at most so many bytes of entries at once; 0: all */
	bool claims_more; /* whether or not something is left out */
	bool leaves_out_boot_log;
	int64_t now;
	int64_t asked; /* 0: now */
	int64_t in_use_since; /* the reference values */
	uint64_t ratchet;
	bool is_judged; /* since the last commit */
	struct digest node; /* its id; DIGEST_NONE: nobody's */
};

void scene_init(struct scene *s);
void scene_done(struct scene *s);
AUTO_RELEASE(scene, scene_done);

/* By the reference values as they were built last. */
void scene_judge(struct scene *s);
/* What the signer keeps, and what the next challenge asks for. */
void scene_commit(struct scene *s);
/* What the next challenge asks for by now. */
void scene_ask(struct scene *s);
bool scene_has(const struct scene *s, const char *code);
/* Judges; the finding is there and the claim says so. */
void scene_expect(struct scene *s, const char *code, enum claim claim, enum trust_tier tier);
/* Judges; nothing is found and both claims are affirmed. */
void scene_expect_nothing(struct scene *s);
const char *scene_first_code(const struct scene *s);

/* By reference values that are built anew, of what a test has changed up to here. */
void scene_judge_anew(struct scene *s);
/* Executables are contraindicated, for good. */
void scene_expect_executables(struct scene *s, const char *code);
/* Configuration is contraindicated. */
void scene_expect_boot(struct scene *s, const char *code);
/* The same after a change to the log, told truthfully. */
void scene_expect_put(struct scene *s, const char *code);
/* boot_aggregate follows the PCRs, so that executables need not affirm. */
void scene_expect_configured(struct scene *s);

/* The digest that the golden IMA log has for a path. */
struct digest scene_listed(const char *path);

#endif
