/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FRONT_HASH_H
#define VERIFIER_FRONT_HASH_H

#include "base/bytes.h"

/* Where something stands in a table, by a seed that nobody knows who chooses it: whom it
 * falls together with cannot be chosen. */
uint64_t hash_of(uint64_t seed, struct span key);

#endif
