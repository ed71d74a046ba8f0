/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_REPORT_H
#define MESSAGES_REPORT_H

#include "messages/node.h"

/*
 * What the broker says beside a quote, whose extraData covers it: nobody on the way adds
 * to it or takes from it. One spelling for each report (docs/protocol.md). Words are
 * printable ASCII without a space; "-" stands for one that is not there.
 */
#define REPORT_ISSUED_MAX 256
#define REPORT_JWTS_MAX 16
#define REPORT_AUDIENCES_MAX 8
#define AUDIENCE_MAX 255
#define UNIT_NAME_MAX 255
#define RECIPIENT_KEY_SIZE 65 /* SEC 1, 2.3.3: 0x04, x, y on P-256 */

/* One record of the issuance journal. */
struct report_issued {
	struct span line; /* parsed: the record as it is hashed, without a newline */
	int64_t time; /* unix seconds, when it was signed */
	struct digest tbs; /* SHA-256 of what was signed */
	struct span spiffe_id; /* or selectors "x509pop://...", escaped */
	struct span entry, unit; /* empty: for none */
	bool has_uid;
	uint32_t uid;
	struct digest executable; /* DIGEST_NONE: for none */
	struct span reason; /* a code: why it was made */
};

/* A workload's wish for a JWT-SVID. */
struct report_jwt {
	uint64_t ticket; /* of who asks, below 2^63 */
	struct span entry, spiffe_id;
	uint8_t recipient[RECIPIENT_KEY_SIZE]; /* whom the token is sealed to */
	size_t audience_count; /* at least one */
	struct span audiences[REPORT_AUDIENCES_MAX];
};

struct report {
	bool has_journal;
	uint64_t first; /* number of the first record below: so many were before it */
	uint64_t count; /* of all records there are; up to INT64_MAX, as stores count */
	uint8_t head[SHA256_SIZE]; /* hash of the newest record below (messages/journal.h) */
	size_t issued_count, jwt_count;
	struct report_jwt jwts[REPORT_JWTS_MAX];
	struct report_issued issued[REPORT_ISSUED_MAX]; /* last: most are seldom in use */
};

/* Zeros, but for jwts and issued beyond their counts. */
void report_init(struct report *report);
/* Spans borrow from text. STATUS_TOO_LARGE where there are more of something than may be. */
enum status report_parse(struct span text, struct report *out);
/* STATUS_MALFORMED for what report_parse() would refuse. */
enum status report_write(const struct report *report, struct bytes *text);

/* A journal's record alone: "issued ..." without a newline. */
enum status report_issued_parse(struct span line, struct report_issued *out);
enum status report_issued_write(const struct report_issued *issued, struct bytes *line);

/* Is it one that a report may hold, and short enough that sixteen stand in one beside all
 * that the journal puts there? */
#define REPORT_JWT_TEXT_MAX 2000
bool report_jwt_fits(const struct report_jwt *jwt);

/* 1 to AUDIENCE_MAX bytes of printable ASCII without a space; "-" is none. */
bool audience_is_valid(struct span audience);

#endif
