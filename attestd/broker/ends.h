/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_BROKER_ENDS_H
#define ATTESTD_BROKER_ENDS_H

#include "attestd/broker/journal.h"

/*
 * Ends of jobs' identities for which there was no room in the journal, or no disk: a
 * signature can wait for its record, and an end has happened. They are on record as soon
 * as the journal can be written, in their order and before all that comes later.
 */
#define ENDS_MAX 1024 /* as many as there may be jobs */

struct ends {
	struct bytes lines[ENDS_MAX]; /* as report_issued_write() */
	size_t count;
};

/* STATUS_TOO_LARGE: they are too many. */
enum status ends_add(struct ends *e, const struct report_issued *end);
/* OK: none waits any more; else as journal_append(). */
enum status ends_record(struct ends *e, struct journal *j);
void ends_done(struct ends *e);

#endif
