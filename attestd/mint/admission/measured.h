/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_ADMISSION_MEASURED_H
#define ATTESTD_MINT_ADMISSION_MEASURED_H

#include "attestd/frames.h"
#include "base/digest.h"

/*
 * Which executables stand in the IMA log under a quote that a verifier trusted. The
 * broker, which reads the log, says so; that stays true until the boot ends, and so
 * is kept. Anything else is asked for again.
 */
#define MEASURED_MAX 512

struct measured {
	struct digest known[MEASURED_MAX]; /* of path and content */
	size_t count, next;
};

/* The body of FRAME_MEASURED to the broker; the body of its answer into *answer.
 * STATUS_UNAVAILABLE: no answer now. */
struct measured_source {
	void *context;
	enum status (*ask)(void *context, struct span question, struct bytes *answer);
};

/* STATUS_MALFORMED: the broker's answer is none. */
enum status measured_ask(struct measured *m, const struct measured_source *source, struct span path,
			 const struct digest *digest, enum measured_state *out);

#endif
