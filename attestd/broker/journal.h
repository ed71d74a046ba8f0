/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_BROKER_JOURNAL_H
#define ATTESTD_BROKER_JOURNAL_H

#include <sys/types.h>

#include "messages/journal.h"
#include "messages/report.h"

/*
 * The issuance journal: a record for each certificate that was signed, on file before
 * the signature is made, and kept until the verifier's signed word says that it has it.
 * In its directory, which is the broker's alone:
 *
 *	records		"attestd-journal/1 COUNT HEAD", where the verifier is, then
 *			a line "HEAD issued ..." for each record after that
 *	damaged		the last such file that did not add up
 *
 * Where the file can't be written nothing is signed. The next record tries again.
 */
struct journal {
	char *path; /* of the directory */
	uid_t owner; /* who will write: -1 for whoever does */
	int directory, file; /* -1: not open */
	off_t size; /* of the file, up to the end of the last whole record */
	struct journal_point collected, end;
};

/* Beyond it nothing is signed until the verifier has collected: some 3,000 records. */
#define JOURNAL_FILE_MAX ((size_t)1 << 20)

/* Opens what is there, or makes it; before privileges are dropped. What fails is tried
 * again by those below. */
enum status journal_open(const char *path, uid_t owner, struct journal *out);
void journal_done(struct journal *j);
/* OK: it is on file. STATUS_TOO_LARGE: as much is uncollected as may be; STATUS_IO,
 * STATUS_UNAVAILABLE (another broker has it) with errno. */
enum status journal_append(struct journal *j, const struct report_issued *record);
/* The oldest records of those that are not collected, as many as fit. Spans borrow from
 * *lines. */
enum status journal_report(struct journal *j, struct bytes *lines, struct report *out);
/* By the verifier's signed word it has so many. Records stay that it does not have, and
 * all where it has more than there are. */
enum status journal_collected(struct journal *j, uint64_t count);
/* Time to have some collected. */
bool journal_is_filling(const struct journal *j);

AUTO_RELEASE(journal, journal_done);

#endif
