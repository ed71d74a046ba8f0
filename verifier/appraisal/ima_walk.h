/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISAL_IMA_WALK_H
#define VERIFIER_APPRAISAL_IMA_WALK_H

#include "verifier/appraisal/ima_appraisal.h"

/* A path that must appear, and its bit in the state. */
struct ima_required {
	struct span path;
	size_t bit;
};

/* Where an entry's path and digest stand among the sets. */
struct ima_listing {
	enum status status; /* OK, STATUS_MISMATCH, STATUS_NOT_FOUND */
	const struct reference_set *set; /* STATUS_MISMATCH: where */
};

/*
 * One walk over entries, which judges them before it is known that the quote
 * covers them. Set up once: an entry costs no look at what is the same for all.
 */
struct ima_walk {
	const struct appraisal_input *input;
	const struct ima_sets *sets;
	const struct ima_rules *rules; /* of the booted release */
	struct ima_state *state; /* to be dropped where the quote is not reached */
	pcr_mask unexplained; /* quoted, and for entries to account for */
	struct span template_name; /* the last one that the release allows */
	/*
	 * A search through whole sets is for a person's sake: never before the
	 * quote is known to cover its entry, and never in proportion to what a host
	 * sends. The walk stops at the entry that needs the first one.
	 */
	bool is_covered;
	bool is_waiting;
	struct ima_entry waiting;
	unsigned searches_left;
	enum status failure; /* of the machinery */
	/* From here on only what is in use is set. */
	size_t required_count;
	struct ima_required required[IMA_REQUIRED_MAX];
	struct file_lookup files[IMA_SETS_MAX]; /* of each set */
	/* Of each entry that was read ahead: where each set has its path. */
	struct file_place ahead[IMA_AHEAD][IMA_SETS_MAX];
};

enum status ima_walk_init(struct ima_walk *walk, const struct appraisal_input *input,
			  const struct ima_sets *sets, struct ima_state *state);

/* Memory starts to bring what looking up the entry will read, in two steps: its
 * slots now, the records that they name when half as many more were read. i: its
 * place of IMA_AHEAD. */
void ima_walk_ahead(struct ima_walk *walk, const struct ima_entry *entry, size_t i);
/* Among the first count sets; of the entry that ima_walk_ahead() had as i. */
struct ima_listing ima_walk_search(const struct ima_walk *walk, size_t count, size_t i,
				   struct span path, const struct digest *digest);

/* The same. Inline, because nearly all are where the record that was fetched is. */
static inline struct ima_listing ima_walk_look_up(const struct ima_walk *walk, size_t count,
						  size_t i, struct span path,
						  const struct digest *digest)
{
	if (file_lookup_is_fetched(walk->files, count, walk->ahead[i], path, digest))
		return (struct ima_listing){ .status = OK };
	return ima_walk_search(walk, count, i, path, digest);
}

/* Is it in a set under any path? False too where there were searches enough. */
bool ima_walk_has_digest(struct ima_walk *walk, const struct digest *digest);
/* The path has appeared with its digest. */
void ima_walk_note_required(struct ima_walk *walk, struct span path);

#endif
