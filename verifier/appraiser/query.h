/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISER_QUERY_H
#define VERIFIER_APPRAISER_QUERY_H

#include "base/bytes.h"

/* A request's query, "name=value&name=value". No value of the protocol needs
 * percent encoding: '%' and '+' are refused. */

/* STATUS_MALFORMED unless every name is one of names (NULL-ended), once, with a
 * value. */
enum status query_check(struct span query, const char *const *names);
/* Empty where it is absent. */
struct span query_value(struct span query, const char *name);

#endif
