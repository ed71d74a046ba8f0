/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/loading/loading.h"

#include <stdlib.h>
#include <string.h>

static void loading_free(struct loading *l)
{
	root_done(&l->root);
	root_done(&l->next_root);
	statement_done(&l->index_statement);
	statement_done(&l->old_index_statement);
	statement_done(&l->matrix_statement);
	statement_done(&l->emergency_statement);
	revocations_done(&l->revocations);
	image_builder_done(&l->image);
	hasher_done(&l->hasher);
	free(l);
}

AUTO_FREE(loading, struct loading, loading_free);

static enum status check_clock(struct loading *l)
{
	if (l->trust->now < 0 || l->trust->now > TIME_MAX)
		return loading_refuse(l, STATUS_DENIED, "clock-went-back", "", "");
	if (l->trust->now + CLOCK_SKEW_S < l->trust->marks.time)
		return loading_refuse(l, STATUS_DENIED, "clock-went-back", "", "");
	l->marks.time = l->trust->now > l->trust->marks.time ? l->trust->now : l->trust->marks.time;
	return OK;
}

static enum status fill_revocations(struct loading *l)
{
	const struct bytes *files = &l->revocations.list[REVOKED_FILES];
	const struct bytes *nodes = &l->revocations.list[REVOKED_NODES];

	for (size_t at = 0; at < files->len; at += SHA256_SIZE)
		image_revoked_file(&l->image, (struct span){ files->data + at, SHA256_SIZE });
	for (size_t at = 0; at < nodes->len; at += SHA256_SIZE)
		image_revoked_node(&l->image, (struct span){ nodes->data + at, SHA256_SIZE });
	return l->image.status;
}

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static enum status finish(struct loading *l, struct bytes *image)
{
	struct reference_facts facts = {
		.root_version = l->root.version,
		.index_version = l->index.version,
		.valid_until = earliest(l->timestamp.expires,
					earliest(l->revocations.expires, l->root.expires)),
	};

	if (l->is_suspended)
		facts.valid_until = earliest(l->revocations.time, l->trust->now - 1);
	for (unsigned i = 0; i < OWNED_LAYERS; i++)
		(void)image_owner(&l->image, &l->root.owner[i]);
	for (unsigned i = 0; i < VENDORS_MAX; i++)
		(void)image_owner(&l->image, &l->root.vendors.vendor[i].owner);

	enum status status = fill_revocations(l);
	if (status == OK)
		status = image_finish(&l->image, &facts, image);
	if (status != OK)
		return loading_refuse(l, status, "source-failed", "", "");
	return OK;
}

/* Under an earlier root nothing new is seen but what was taken back: the newer one stands
 * once an index does under it. */
static void keep_marks(struct loading *l)
{
	struct release_marks marks = l->trust->marks;

	marks.revocations = l->marks.revocations;
	marks.time = l->marks.time;
	l->marks = marks;
}

/* NULL: no memory. */
static struct loading *loading_new(const struct release_trust *trust,
				   const struct document_source *source,
				   struct release_refusal *refusal)
{
	struct loading *l = calloc(1, sizeof(*l));

	memset(refusal, 0, sizeof(*refusal));
	if (l == NULL)
		return NULL;
	l->trust = trust;
	l->source = source;
	l->refusal = refusal;
	return l;
}

enum status release_load(const struct release_trust *trust, const struct document_source *source,
			 struct bytes *image, struct release_marks *marks,
			 struct release_refusal *refusal)
{
	static enum status (*const steps[])(struct loading *) = {
		check_clock,	load_root,	check_root_in_force, load_known_revocations,
		load_timestamp, load_index,	load_revocations,    load_log,
		load_matrix,	load_rollbacks, check_history,	     load_emergency,
		load_manifests,
	};
	AUTO(loading) l = loading_new(trust, source, refusal);

	if (l == NULL)
		return STATUS_NO_MEMORY;

	enum status status = image_builder_init(&l->image);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && status == OK; i++)
		status = steps[i](l);
	if (status == OK)
		status = finish(l, image);
	if (status == OK && l->has_older_root)
		keep_marks(l);
	if (status == OK) {
		*marks = l->marks;
		*refusal = l->notice;
	}
	return status;
}

enum status release_newest_root(const struct release_trust *trust,
				const struct document_source *source, struct release_mark *out,
				struct release_refusal *refusal)
{
	AUTO(loading) l = loading_new(trust, source, refusal);

	if (l == NULL)
		return STATUS_NO_MEMORY;

	enum status status = load_root(l);
	if (status == OK)
		*out = l->marks.root;
	return status;
}

/* Whose word counts today, and what of it the log has to prove. */
static enum status load_present(struct loading *l)
{
	enum status status = check_root_in_force(l);

	if (status == OK)
		status = load_all_revocations(l);
	return status == OK ? load_log(l) : status;
}

enum status release_baseline(const struct release_trust *trust,
			     const struct document_source *source, const struct digest *manifest,
			     bool is_history, struct release_refusal *refusal)
{
	struct release_trust from = *trust;
	AUTO(loading) l = loading_new(&from, source, refusal);

	if (l == NULL)
		return refusal_set(refusal, STATUS_NO_MEMORY, "source-failed", "", "");
	from.now = 0;
	l->goes_without_proofs = is_history;

	enum status status = load_root(l);
	from.now = trust->now;
	if (status == OK && !is_history)
		status = load_present(l);
	return status == OK ? load_baseline(l, manifest) : status;
}
