/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_WAIT_H
#define MESSAGES_WAIT_H

#include "base/bytes.h"

/* How long a node may ask to wait in one request. */
#define WAIT_MAX_S 300

/* The end of a wait. A hint that nobody signed: a node may attest for it, and do
 * nothing else. */
struct wait_answer {
	bool attest; /* at once; false: nothing happened in the time asked for */
};

enum status wait_answer_parse(struct span json, struct wait_answer *out, const char **fault);
enum status wait_answer_write(const struct wait_answer *answer, struct bytes *json);
/* The query of a wait, "seconds=N": 1 to WAIT_MAX_S, spelled in one way. */
enum status wait_query_parse(struct span query, uint32_t *seconds);

#endif
