/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_DRIFT_H
#define TOOLS_RELEASE_RELEASE_DRIFT_H

#include "policies/loading/refusal.h"
#include "policies/trust/root.h"
#include "tools/fleet/node_client.h"
#include "tools/release/release_line.h"

/*
 * Where a fleet and a release have come apart, or will: who runs what, what ends when,
 * which exceptions stand, and whose keys and scopes are others than at the last review.
 * All of it from a release that was loaded as a verifier loads it.
 */
struct drift_input {
	const char *directory; /* of the release */
	const struct reference *reference;
	const struct root *root;
	json_t *root_json, *index; /* predicates of what loaded */
	const struct release_refusal *suspension; /* why it gives no new right; no code: it does */
	struct node_client *client; /* NULL: nobody is asked about nodes */
	json_t *reviewed; /* what drift_scopes() gave at the last review; NULL: none is known */
	int64_t now;
	int64_t within_s; /* what ends so soon counts as overdue */
	int64_t review_s; /* a review is good for so long */
};

/* The index's predicate; NULL after a message. */
json_t *drift_index(const char *directory, uint64_t version);
/* Keys, roles, rules, scopes and exceptions as they are now, with the time. */
json_t *drift_scopes(const struct drift_input *input);
/* {VENDOR: {"owner", ..., "delivered":[{"platform","kernel","version","artifact"}]}}. */
json_t *drift_vendors(const struct drift_input *input);
void drift_print_vendors(json_t *vendors);
/* ANSWER_NO where something is overdue; *report says all of it, "overdue" why. */
enum answer drift_report(const struct drift_input *input, json_t **report);
void drift_print(json_t *report);
/* What drift_scopes() gave, from a file; NULL after a message. */
json_t *drift_read(const char *path);

#endif
