/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_BROKER_WISHES_H
#define ATTESTD_BROKER_WISHES_H

#include "attestd/frames.h"
#include "base/reader.h"
#include "messages/entries.h"
#include "messages/report.h"

/*
 * JWT-SVIDs that workloads wait for. The verifier mints them, and believes only what
 * stands under a quote: a wish goes into each report until a verdict answers one.
 */

struct wishes {
	struct wish {
		struct bytes body; /* as the mint sent it */
		int64_t until; /* on a clock that nobody sets */
		bool is_reported; /* in the evidence that is under way */
	} list[REPORT_JWTS_MAX];
	size_t count;
};

/* The body of FRAME_JWT_REQUEST; spans borrow from it. */
enum status wish_read(struct reader *in, struct report_jwt *out);
/* STATUS_UNAVAILABLE: there are as many as one report holds. */
enum status wishes_add(struct wishes *w, struct span body, int64_t now);
/* Puts those that still wait into the report, which borrows from them. */
enum status wishes_report(struct wishes *w, int64_t now, struct report *report);
/* The last evidence was answered, and they with it. */
void wishes_answered(struct wishes *w);
void wishes_done(struct wishes *w);

#endif
