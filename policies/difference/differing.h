/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_DIFFERENCE_DIFFERING_H
#define POLICIES_DIFFERENCE_DIFFERING_H

#include "policies/difference/change.h"
#include "policies/difference/difference_side.h"
#include "policies/trust/class_rules.h"

/*
 * One comparison, between the files that do it: differing.c (what is told of it),
 * difference_fields.c (JSON), difference_files.c (sets), and difference.c (their
 * order). The first failure sticks.
 */
struct differing {
	const struct difference_side *before; /* NULL: a first release */
	const struct difference_side *after;
	const struct set_source *sets;
	const struct class_rules *rules;
	const struct difference_listener *listener;
	struct set_fault *why;
	struct difference result;
	enum status status;
	struct bytes field; /* where we are: "boot.cmdline" */
	struct span set; /* of what set, or empty */
	struct bytes text; /* canonical, not yet hashed */
	EVP_MD_CTX *digest;
};

void differing_fail(struct differing *d, enum status status);
/* A line of the canonical text: what was and what is there; empty parts are left out. */
void differing_line(struct differing *d, char sign, struct span subject, struct span value);
/* What there is of that text, to the digest and to who listens. */
void differing_flush(struct differing *d);
/* Counts and tells. */
void differing_change(struct differing *d, const struct change *change);

/* All that differs between two values at d->field; NULL: there is none. */
void differing_values(struct differing *d, const struct json_value *before,
		      const struct json_value *after);
/* The same for a member of two objects, which may be NULL themselves. */
void differing_member(struct differing *d, const struct json_value *before,
		      const struct json_value *after, const char *name);
const struct json_value *json_member(const struct json_value *object, const char *name);

void differing_sets(struct differing *d);
/* The files of one set; either side may be NULL. */
void differing_files(struct differing *d, const struct manifest_set *before,
		     const struct manifest_set *after);

#endif
