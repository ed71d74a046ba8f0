/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISAL_APPRAISE_H
#define VERIFIER_APPRAISAL_APPRAISE_H

#include "policies/reference/reference.h"
#include "verifier/appraisal/claims.h"

/* Caps, so that cost follows what is new. */
#define BOOT_LOG_MAX ((size_t)4 << 20)
#define IMA_LOG_MAX ((size_t)32 << 20)
/* A log that comes in parts: each is worth its appraisal, and all of them
 * together end (docs/decisions/045). */
#define IMA_PART_MIN ((size_t)64 << 10)
#define IMA_UNPROVEN_MAX ((uint64_t)512 << 20)
#define APPRAISAL_STATE_MAX ((size_t)32 << 10)

/* Evidence whose TPM structures authenticate() has accepted. All borrowed. */
struct appraisal_input {
	const struct reference *reference;
	const struct node_class *node_class;
	struct span node; /* its id, 32 bytes: some releases are for some nodes */
	const struct pcr_values *values; /* struct authentication's */
	struct span boot_log; /* empty: left out */
	struct span ima_log; /* entries from number ima_first on */
	uint64_t ima_first;
	bool ima_has_more; /* the host says that its log goes on after these */
	/* state of this boot session's last appraisal; empty at its start */
	struct span state;
	int64_t now; /* unix seconds */
	int64_t asked; /* when the challenge was made */
	int64_t in_use_since; /* these reference values, and this class for the node */
	uint64_t ratchet; /* highest release version this node has booted */
};

/* What was found out: the appraiser's half, from the logs. */
struct appraisal {
	struct claims claims; /* executables and configuration */
	/* The release that the boot matched. */
	bool has_release;
	struct digest manifest;
	uint64_t version;
	uint32_t release; /* index in the reference */
	/* The manifest of an emergency that the host booted, or files of which it runs;
	 * DIGEST_NONE: of none. */
	struct digest emergency;
	/* The IMA log's verified part. */
	uint64_t entries; /* from entry 0 on */
	size_t prefix_bytes; /* of the bytes given now */
	uint64_t excluded; /* entries that an exclude covers */
	uint64_t violations;
	bool uses_builtin_policy; /* allowBuiltinPolicy let it pass */
	bool lacks_modules_disabled; /* the stated limit of RELEASES.md */
	/* Nothing was decided: ask for evidence again soon. */
	bool is_retryable;
	/* No quote leads to the state yet: it may be gone on from, and nothing may
	 * be granted on it. Bad entries count all the same. */
	bool is_unproven;
	/* For the next appraisal of this session; empty where nothing may be
	 * carried on. */
	struct bytes state;
	struct findings findings;
};

/* Empty: nothing was found out. */
void appraisal_init(struct appraisal *appraisal);
void appraisal_done(struct appraisal *appraisal);
AUTO_RELEASE(appraisal, appraisal_done);

/* A status says that the machinery failed. Free *out with appraisal_done(). */
enum status appraise(const struct appraisal_input *input, struct appraisal *out);

/* What the next challenge should ask for, so that a session goes on from its
 * state: with another generation of reference values, another class, or after a
 * release of the state ran out, all of it again. */
struct appraisal_wants {
	uint64_t next_entry;
	bool boot_log;
};

struct appraisal_wants appraisal_wants(const struct reference *ref,
				       const struct node_class *node_class, struct span state,
				       int64_t now);

#endif
