/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_JOURNAL_H
#define MESSAGES_JOURNAL_H

#include "base/digest.h"

/*
 * The issuance journal's chain (docs/protocol.md): what node and verifier compute alike.
 * A record is a line of the report, "issued ..." without its newline
 * (messages/report.h).
 */

/* So many records, and the hash over all of them; zeros before the first. */
struct journal_point {
	uint64_t count;
	uint8_t head[SHA256_SIZE];
};

/* One record further: head = SHA-256("attestd journal v1" || head || record).
 * STATUS_TOO_LARGE: there are INT64_MAX, more than a report tells of. */
enum status journal_point_add(struct journal_point *point, struct span record);
bool journal_point_equal(const struct journal_point *a, const struct journal_point *b);

static inline struct span journal_point_head(const struct journal_point *point)
{
	return (struct span){ .data = point->head, .len = sizeof(point->head) };
}

#endif
