/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_SPIFFE_ID_H
#define MESSAGES_SPIFFE_ID_H

#include "messages/node.h"

/* "spiffe://" trust domain, path of whole segments; SPIFFE-ID 2. */
bool spiffe_id_is_valid(struct span id);
/* The trust domain of a valid ID. */
struct span spiffe_id_trust_domain(struct span id);

/* A pattern is an ID with a path in which a segment may be one star, and the
 * last two. */
bool spiffe_pattern_is_valid(struct span pattern);
/* SPIFFE ID against a pattern: one star stands for a whole path
 * segment, two at the end for any number of them (at least one). */
bool spiffe_id_matches(struct span pattern, struct span id);

#endif
