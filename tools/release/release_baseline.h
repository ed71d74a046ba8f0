/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_RELEASE_BASELINE_H
#define TOOLS_RELEASE_RELEASE_BASELINE_H

#include "tools/release/release_line.h"

/*
 * May people be shown what differs from this manifest? It stands by itself, by the rule of
 * verifiers (release_baseline): who wrote the next one may have made it up, and all that
 * matters with it would not be shown. Or it did when it was in force, by an index of its
 * day: so that what is in force is signed again after its keys changed, without all that it
 * goes back to; that is said. first is the root that the chain begins with. Says what is
 * wrong.
 */
enum status baseline_check(const struct release_line *line, const struct digest *first,
			   const struct digest *manifest);

#endif
