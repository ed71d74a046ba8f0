/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISAL_IMA_ENTRY_CHECK_H
#define VERIFIER_APPRAISAL_IMA_ENTRY_CHECK_H

#include "verifier/appraisal/ima_appraisal.h"

/* One walk over entries that the quote covers. */
struct ima_walk {
	const struct appraisal_input *input;
	const struct ima_sets *sets;
	const struct ima_rules *rules; /* of the booted release */
	struct ima_state *state;
	struct hasher recorded; /* of the template hash as logged */
	struct hasher sha256;
	unsigned searches_left; /* for approved content at another path */
};

enum status ima_walk_init(struct ima_walk *walk, const struct appraisal_input *input,
			  const struct ima_sets *sets, struct ima_state *state);
void ima_walk_done(struct ima_walk *walk);
AUTO_RELEASE(ima_walk, ima_walk_done);

/* Adds to the state's findings what is wrong with the entry. */
enum status ima_entry_check(struct ima_walk *walk, const struct ima_entry *entry);

/* Does the release want one named policy, loaded and in force? */
bool ima_policy_is_required(const struct ima_rules *rules);

/* Whole path components: "/opt/app" covers "/opt/app/x", never "/opt/apple". */
bool ima_path_is_under(struct span path, struct span prefix);

#endif
