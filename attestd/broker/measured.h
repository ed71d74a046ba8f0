/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_BROKER_MEASURED_H
#define ATTESTD_BROKER_MEASURED_H

#include "attestd/broker/logs.h"
#include "attestd/frames.h"
#include "tpm/ima_log.h"

/*
 * Which files stand in the IMA log below the entry that the last verdict of a
 * trusted node covered. How far a quote reaches is replayed here: the kernel puts
 * an entry on its list before it extends the PCR, and what the agent says counts
 * for nothing. Each entry is hashed once.
 */
#define MEASURED_SEARCHES 32
/* Of the log, for one question: a few milliseconds. */
#define MEASURED_STEP ((size_t)2 << 20)

struct measured_log {
	struct ima_progress progress; /* at the end of what the last quote reached */
	struct log_mark mark; /* the same in the log */
	uint64_t offered; /* entries that the last evidence's quote reaches */
	uint64_t trusted; /* entries that a verdict covers: the rest stands for nothing */
	struct measured_search {
		struct digest which; /* of the question; DIGEST_NONE: this place is free */
		struct log_mark mark; /* nothing before it fits */
		bool is_found; /* the entry at the mark does */
		uint64_t asked; /* by count */
	} searches[MEASURED_SEARCHES];
	uint64_t count;
};

/* After a quote with these values: how far does it reach? Nowhere, where the log
 * does not lead to them. For the nonce before once more, no further than then: the
 * verdict may be on that one. */
void measured_quote(struct measured_log *m, const struct log_files *logs, enum digest_alg bank,
		    const struct pcr_values *quoted, bool is_again);
/* The evidence with that quote was found to be a trusted node's. */
void measured_trust(struct measured_log *m);
/* STATUS_NOT_FOUND where there is no log. */
enum status measured_find(struct measured_log *m, const struct log_files *logs, struct span path,
			  const struct digest *digest, enum measured_state *out);

#endif
