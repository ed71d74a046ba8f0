/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUZZ_GRANTED_H
#define TESTS_FUZZ_GRANTED_H

#include "attestd/grant.h"

/* A right that is held, the same for every input: to mint what stands below
 * spiffe://example.org/web, until GRANTED_NOW + 600. */
#define GRANTED_NOW 1800000000

X509 *granted_certificate(void); /* belongs to the program */
void granted(struct grant *out); /* give it back with grant_done() */

#endif
