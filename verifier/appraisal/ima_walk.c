/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/ima_walk.h"

#include <string.h>

#define SEARCHES_MAX 16

static enum status open_sets(struct ima_walk *w)
{
	enum status status = OK;

	for (size_t i = 0; i < w->sets->count && status == OK; i++)
		status = reference_files(w->input->reference, w->sets->set[i].table, &w->files[i]);
	return status;
}

static enum status list_required(struct ima_walk *w)
{
	const struct reference *ref = w->input->reference;
	struct ref_range sets = w->sets->booted.ima.sets;

	for (uint32_t i = 0; i < sets.count; i++) {
		struct reference_set set;
		enum status status = reference_set(ref, sets.first + i, &set);

		if (status != OK)
			return status;
		/* More than the state has bits for are refused after the walk. */
		for (uint32_t j = 0;
		     j < set.must_appear.count && w->required_count < IMA_REQUIRED_MAX; j++) {
			w->required[w->required_count] = (struct ima_required){
				.path = reference_text(ref, set.must_appear.first + j),
				.bit = w->required_count,
			};
			w->required_count++;
		}
	}
	return OK;
}

enum status ima_walk_init(struct ima_walk *walk, const struct appraisal_input *input,
			  const struct ima_sets *sets, struct ima_state *state)
{
	memset(walk, 0, offsetof(struct ima_walk, required));
	for (size_t i = 0; i < IMA_AHEAD; i++)
		memset(walk->ahead[i], 0, sets->count * sizeof(walk->ahead[i][0]));
	walk->input = input;
	walk->sets = sets;
	walk->rules = &sets->booted.ima;
	walk->state = state;
	walk->searches_left = SEARCHES_MAX;

	enum status status = open_sets(walk);
	return status == OK ? list_required(walk) : status;
}

void ima_walk_ahead(struct ima_walk *walk, const struct ima_entry *entry, size_t i)
{
	file_lookup_ahead(walk->files, walk->sets->count, entry->path, walk->ahead[i],
			  walk->ahead[(i + IMA_AHEAD / 2) % IMA_AHEAD]);
}

struct ima_listing ima_walk_search(const struct ima_walk *walk, size_t count, size_t i,
				   struct span path, const struct digest *digest)
{
	const struct file_place *place = walk->ahead[i];
	struct ima_listing best = { .status = STATUS_NOT_FOUND };

	for (size_t j = 0; j < count; j++) {
		enum status status = file_lookup_find(&walk->files[j], &place[j], path, digest);

		if (status == STATUS_NOT_FOUND)
			continue;
		best = (struct ima_listing){ status, &walk->sets->set[j] };
		if (status == OK)
			break;
	}
	return best;
}

bool ima_walk_has_digest(struct ima_walk *walk, const struct digest *digest)
{
	if (walk->searches_left == 0)
		return false;
	walk->searches_left--;
	for (size_t i = 0; i < walk->sets->count; i++)
		if (reference_set_has_digest(walk->input->reference, walk->sets->set[i].table,
					     digest))
			return true;
	return false;
}

void ima_walk_note_required(struct ima_walk *walk, struct span path)
{
	for (size_t i = 0; i < walk->required_count; i++) {
		const struct ima_required *r = &walk->required[i];

		if (span_equal(path, r->path))
			walk->state->seen[r->bit / 64] |= (uint64_t)1 << (r->bit % 64);
	}
}
