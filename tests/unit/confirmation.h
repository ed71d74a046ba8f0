/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_CONFIRMATION_H
#define TESTS_UNIT_CONFIRMATION_H

#include "attestd/mint/admission/gate.h"

/*
 * In the place of gate_confirm(): what happens between admission and reply happens here,
 * once. The linker's names for them. NOLINTBEGIN(bugprone-reserved-identifier)
 */
enum workload_outcome __real_gate_confirm(struct gate *g, struct caller *c,
					  const struct admitted *a, const char **why);
enum workload_outcome __wrap_gate_confirm(struct gate *g, struct caller *c,
					  const struct admitted *a, const char **why);

static void (*before_reply)(void);

enum workload_outcome __wrap_gate_confirm(struct gate *g, struct caller *c,
					  const struct admitted *a, const char **why)
{
	void (*happens)(void) = before_reply;

	before_reply = NULL;
	if (happens != NULL)
		happens();
	return __real_gate_confirm(g, c, a, why);
}
/* NOLINTEND(bugprone-reserved-identifier) */

#endif
