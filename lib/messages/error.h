/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_ERROR_H
#define MESSAGES_ERROR_H

#include "base/bytes.h"

/* The body of every 4xx and 5xx: a stable code and what to do. It never echoes
 * the request. */
struct error_answer {
	struct bytes code;
	struct bytes advice; /* may be empty */
};

enum status error_answer_parse(struct span json, struct error_answer *out, const char **fault);
enum status error_answer_write(const char *code, const char *advice, struct bytes *json);
void error_answer_done(struct error_answer *answer);

AUTO_RELEASE(error_answer, error_answer_done);

#endif
