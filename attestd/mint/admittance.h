/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_ADMITTANCE_H
#define ATTESTD_MINT_ADMITTANCE_H

#include "attestd/mint/admission/gate.h"
#include "attestd/mint/handed_bundles.h"
#include "attestd/mint/identity/right.h"

/*
 * Who a caller is now, and what the node's right gives it: asked before each answer, of
 * whatever kind. The right is the mint's, and outlives it.
 */
struct admittance {
	const struct right *right;
	struct gate *gate;
	struct handed_bundles bundles; /* the right's */
	bool is_looking; /* at executables, and not done */
};

enum status admittance_init(struct admittance *m, const struct right *right,
			    const struct measured_source *source);
void admittance_done(struct admittance *m);
/* The right was taken, renewed or ended. */
void admittance_right_changed(struct admittance *m);
/* Executables are looked at, a step of it. True: that came to an end, and whoever was not
 * ready because of it is by now. */
bool admittance_keep(struct admittance *m);
/* Which entries that the node is entitled to admit the caller, in their order: the first
 * one's identity is its default. GIVEN, AGAIN, or else why, for the workload's developer. */
enum workload_outcome admittance_decide(struct admittance *m, struct caller *c,
					struct admitted *out, const char **why);

#endif
