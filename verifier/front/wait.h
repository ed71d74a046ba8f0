/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FRONT_WAIT_H
#define VERIFIER_FRONT_WAIT_H

#include "verifier/front/request.h"

/*
 * Nodes that wait on the connection over which they attested, to be told when they
 * should attest before their time: a hint, which decides nothing (decision 127).
 */

/* A whole request of ROUTE_WAIT: is parked, or answered at once. */
void wait_begin(struct connection *c);
/* Its time is over, or it was named. */
void wait_end(struct connection *c);
/* It said something while it waited. */
void wait_hear(struct connection *c);
/* An answer on its way to the client: it may prove who asks, and may name those that
 * are to attest. */
void wait_heed(struct connection *c, const struct relay_answer *answer);

#endif
