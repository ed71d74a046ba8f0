/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_ADMISSION_GATE_H
#define ATTESTD_MINT_ADMISSION_GATE_H

#include "attestd/mint/caller/caller.h"
#include "attestd/mint/admission/measured.h"
#include "attestd/mint/workload/workload.h"
#include "messages/entries.h"

/*
 * Which registration entries admit a caller, by what is true now: who it is, what
 * its executable contains, and that exactly this stands in the IMA log under a
 * quote that a verifier trusted. Refusals are logged here, with who can help.
 */
struct gate;

enum status gate_new(const struct measured_source *source, struct gate **out);
/* Once its source brings no answers any more. */
void gate_free(struct gate *g);
/* Entries that will be asked about: what they name is hashed beforehand, by steps. */
void gate_expect(struct gate *g, const struct entries *entries);
/* About a millisecond of that; false: nothing is left to do. Callers that were
 * NOT_READY because of it are to be asked about again once it was true. */
bool gate_step(struct gate *g);

struct admitted {
	struct caller_facts facts; /* borrowed from the caller until its next look */
	const struct entry *entries[ENTRIES_MAX]; /* borrowed, in their order */
	size_t count;
};

/*
 * WORKLOAD_GIVEN: count is 1 at least. WORKLOAD_AGAIN: the broker was asked, and the
 * source will say when it has answered. Else *why is for the workload's developer, on
 * the host where it runs; it lasts until the next call. A host without entries passes
 * entries that are empty.
 */
enum workload_outcome gate_admit(struct gate *g, struct caller *c, const struct entries *entries,
				 struct admitted *out, const char **why);
/* Is it still the same? Just before the reply; WORKLOAD_DENIED where it is not. */
enum workload_outcome gate_confirm(struct gate *g, struct caller *c, const struct admitted *a,
				   const char **why);

/* Refused for what its entries give, after it was admitted: told in the log as the others
 * are. Reason and owner are static texts; entry may be NULL. */
void gate_note_refusal(struct gate *g, const struct caller_facts *f, const char *reason,
		       const char *owner, const struct entry *entry);

AUTO_FREE(gate, struct gate, gate_free);

#endif
