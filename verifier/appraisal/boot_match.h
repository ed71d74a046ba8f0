/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISAL_BOOT_MATCH_H
#define VERIFIER_APPRAISAL_BOOT_MATCH_H

#include "policies/reference/reference.h"
#include "tpm/boot_log.h"
#include "verifier/appraisal/reason.h"

/* A boot whose log leads to the quoted values, against one whole release. */
struct boot_match_input {
	const struct reference *ref;
	const struct release *release;
	struct span log;
	enum digest_alg bank;
	pcr_mask quoted; /* events of other PCRs are nobody's word */
	pcr_mask pinned; /* their final values are listed: events do not matter */
	bool is_whole_wanted; /* the walk ends at the first finding */
	/* May be NULL: hears of every event that is not explained, however many. */
	void (*unexplained)(void *self, const struct finding *finding,
			    const struct boot_event *event);
	void *self;
};

struct boot_match {
	size_t explained; /* events: how far the release got */
	size_t extending; /* events of quoted PCRs */
	struct findings findings;
};

/* A status says that the machinery failed, or STATUS_MALFORMED that the log is
 * broken. */
enum status boot_match(const struct boot_match_input *input, struct boot_match *out);

/* More events than any machine has; what one looks up is bounded by the release. */
#define BOOT_EVENTS_MAX 4096

#endif
