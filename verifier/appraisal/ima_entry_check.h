/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISAL_IMA_ENTRY_CHECK_H
#define VERIFIER_APPRAISAL_IMA_ENTRY_CHECK_H

#include "verifier/appraisal/ima_walk.h"

/* Adds to the state's findings what is wrong with the entry that ima_walk_ahead()
 * had as i. Where walk->is_waiting afterwards, that is still to be decided by
 * ima_entry_settle(), before the entries that follow. */
enum status ima_entry_check(struct ima_walk *walk, const struct ima_entry *entry, size_t i);
/* Decides about the waiting entry, now that the quote covers it. */
enum status ima_entry_settle(struct ima_walk *walk);

/* A finding about the entry, with its path and digest. */
struct finding ima_entry_finding(enum reason reason, const struct ima_entry *entry);

/* Does the release want one named policy, loaded and in force? */
bool ima_policy_is_required(const struct ima_rules *rules);

/* Whole path components: "/opt/app" covers "/opt/app/x", never "/opt/apple". */
bool ima_path_is_under(struct span path, struct span prefix);

#endif
