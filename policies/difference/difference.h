/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_DIFFERENCE_DIFFERENCE_H
#define POLICIES_DIFFERENCE_DIFFERENCE_H

#include "policies/difference/change.h"
#include "policies/difference/difference_side.h"
#include "policies/trust/class_rules.h"

/*
 * What a manifest and its sets change: told change by change, counted by kind,
 * classed, and written as a canonical text whose digest approvals carry, so that
 * who approves has signed what they saw.
 *
 * before is NULL where there is nothing to compare with: a first release, which
 * always touches trust. Set files are read only where they differ, line by line;
 * memory follows the number of changes. STATUS_MALFORMED comes with *why.
 */
enum status difference_of(const struct difference_side *before, const struct difference_side *after,
			  const struct set_source *sets, const struct class_rules *rules,
			  const struct difference_listener *listener, struct difference *out,
			  struct set_fault *why);

#endif
