/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_SUBJECT_H
#define ATTESTD_SUBJECT_H

#include "base/digest.h"
#include "base/reader.h"
#include "base/writer.h"

/*
 * Whom an SVID is for: the mint's word, which the broker puts on record beside what it
 * knows by itself (docs/protocol.md, the issuance journal).
 */
struct subject {
	struct span entry; /* the registration entry's name; empty: none */
	bool has_uid;
	uint32_t uid;
	struct span unit; /* systemd's; empty: none */
	struct digest executable; /* SHA-256; DIGEST_NONE: not known */
	struct span reason; /* one of the below */
};

#define SUBJECT_ASKED "asked" /* a workload asked, and there was none */
#define SUBJECT_ROTATED "rotated" /* half of its time was over, with somebody waiting */
#define SUBJECT_DIRECTORY "directory" /* [identity] of attestd.conf */
/* Nothing was signed: an identity ended with its job, and how, where that is known. */
#define SUBJECT_JOB_ENDED "job-ended"
#define SUBJECT_JOB_SUCCEEDED "job-succeeded"
#define SUBJECT_JOB_FAILED "job-failed"

/* One of these three. */
bool subject_is_end(const struct subject *subject);
/* As it stands in a frame. */
void subject_put(struct writer *w, const struct subject *subject);
/* Leaves the verdict to the reader; spans borrow from its bytes. */
void subject_take(struct reader *r, struct subject *out);

#endif
