/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LOG_SCENE_H
#define TESTS_LOG_SCENE_H

#include "appraisal_scene.h"

/* The golden host's IMA log, and what an appraisal has to say of one that was
 * tampered with. unit.h comes first. */
#define LOG_ENTRIES CAPTURE_IMA_ENTRIES
#define LOG_POLICY_ENTRY CAPTURE_POLICY_ENTRY
#define LOG_CAT "/usr/bin/cat"
/* As template data has it: with its NUL. */
#define LOG_PATH(s) ((struct span){ (const uint8_t *)(s), sizeof(s) })

/* Of a file that no release lists. */
extern const struct digest unknown_digest;

void log_expect_found(struct scene *s, const char *code, enum trust_tier tier);
/* An entry that the quote covers: it goes on record, and what was bad stays bad. */
void log_expect_entry(struct scene *s, const char *code, enum trust_tier tier);
/* The log as it is: nothing of it counts, and it is asked for again from 0. */
void log_expect(struct scene *s, const char *code, bool is_retryable);
/* Twice it may have been read too early, the third time it was not. */
void log_expect_never_reached(struct scene *s);

struct made_entry log_entry_of(const struct digest *digest, struct span path);
struct ima_entry log_entry_at(const struct scene *s, uint64_t index);

#endif
