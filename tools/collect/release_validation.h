/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_COLLECT_RELEASE_VALIDATION_H
#define TOOLS_COLLECT_RELEASE_VALIDATION_H

#include "messages/evidence_file.h"
#include "tools/release/release_state.h"
#include "tpm/boot_log.h"
#include "verifier/appraisal/appraise.h"
#include "verifier/appraisal/authenticate.h"

/* An event of the boot log or an entry of the IMA log that the draft does not
 * explain. */
struct unmatched {
	enum reason reason;
	bool is_ima;
	uint64_t number;
	char *detail; /* what it is: PCR, type, path, digest */
	char *nearest; /* the golden value that comes closest; NULL: nothing does */
	struct span path; /* of an IMA entry; borrows from the log */
	struct digest digest;
};

/*
 * A boot of a validation machine, replayed against a draft by the verifier's own
 * rules. Must not be moved once it runs.
 */
struct validation {
	const struct release_line *line;
	struct line_anchor anchor; /* by which its matrix is believed */
	struct bytes manifest; /* the draft's payload */
	bool has_evidence; /* else the logs are taken at their word */
	struct evidence_file evidence;
	struct bytes boot_file, ima_file;
	struct span boot_log, ima_log;
	struct bytes image;
	struct reference ref;
	struct release release;
	struct node_class node_class;
	struct authentication authentication; /* whose values the logs have to lead to */
	struct appraisal appraisal;
	uint64_t events, events_explained, entries, entries_explained;
	bool met[2]
		[BOOT_RULES_MAX]; /* rules of the chain, of events: some event has their digest */
	size_t count, capacity;
	struct unmatched *unmatched;
	enum status status;
};

/* manifest and the logs or the evidence are there; finds all that is unmatched. */
enum status validation_run(struct validation *v);
void validation_done(struct validation *v);

AUTO_RELEASE(validation, validation_done);

/* Configuration and executables affirm, and nothing is unmatched. */
bool validation_passed(const struct validation *v);

/* Which rules have an event: they are nobody else's nearest. */
enum status nearest_init(struct validation *v);
/* The golden value nearest to an event: the same digest elsewhere, or another one
 * where it is expected. */
enum status nearest_rule(const struct validation *v, const struct boot_event *event,
			 struct unmatched *u);
/* The same for all unmatched IMA entries: sets are read once. */
enum status nearest_files(struct validation *v);

#endif
