/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_AUTHORITY_CHAIN_H
#define VERIFIER_SIGNER_AUTHORITY_CHAIN_H

#include "verifier/signer/authority.h"

/*
 * What keeps a CA from issuing grants that a relying party would believe now: a
 * link that does not verify, one that is expired or no CA, a path length that
 * leaves no room, a key of the wrong kind, a length that no answer has room for. For
 * people; NULL: nothing.
 */
const char *authority_chain_fault(const struct authority *a, int64_t now);

#endif
