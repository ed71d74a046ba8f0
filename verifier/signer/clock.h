/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_CLOCK_H
#define VERIFIER_SIGNER_CLOCK_H

#include "verifier/signer/core.h"

/*
 * Time never goes back for this verifier, whatever its clock says: the latest
 * that it saw is in the store. Who has the store in hand may say that the clock
 * was wrong then.
 */

/* Is the clock further back than corrections are? Looks into the store before
 * it says so: somebody may have accepted the clock. */
bool clock_is_back(struct turn *turn);

/* The clock is not: what came in use by a later time, as it stood ahead, came in use now. */
void clock_bring_back(struct turn *turn);

/*
 * Brings everything in the store that lies ahead of turn->now back to it: the
 * high-water time, the loader's, when nodes enrolled, were heard of and decided about; begins
 * another epoch; and writes reason into the audit log. STATUS_MISMATCH where nothing is ahead.
 */
enum status clock_accept(struct turn *turn, struct span reason);

#endif
