/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "verifier/signer/core.h"

/*
 * A node takes a place under an emergency when it gets a right on it: by the boot that
 * matched, or by files that nothing else lists. Kept apart from the nodes that were
 * trusted under the manifest as a canary, which have booted it.
 */
static enum status place_key(const struct digest *manifest, struct digest *out)
{
	AUTO_DONE(bytes) text = { 0 };
	enum status status = bytes_copy(span_text("attestd-emergency/1\n"), &text);

	if (status == OK)
		status = bytes_append(&text, digest_span(manifest));
	return status == OK ? digest_of(DIGEST_SHA256, span_of(&text), out) : status;
}

/* Is there room for one more? A node that had a right under it before keeps its place. */
static enum status find_place(struct turn *turn, const struct node_id *node,
			      const struct release *release, struct trial *trial)
{
	struct trial_count count;
	struct digest key;
	enum status status = place_key(&release->manifest, &key);

	if (status == OK)
		status = store_trial_count(turn->signer->store, digest_span(&key), node, 0, &count);
	if (status != OK)
		return status;
	trial->emergency = release->manifest;
	trial->has_place = count.others < count.nodes;
	if (!trial->has_place && count.nodes >= release->scope.most_nodes)
		trial->withheld = REASON_EMERGENCY_FULL;
	return OK;
}

/* No right outlasts a release that it stands on. */
static enum status stand_on(struct turn *turn, const struct node_id *node,
			    const struct release *release, struct trial *trial)
{
	if (release->accept_until < trial->end)
		trial->end = release->accept_until;
	if (release->not_after < trial->end)
		trial->end = release->not_after;
	return release->scope.is_emergency ? find_place(turn, node, release, trial) : OK;
}

enum status trial_begin(struct turn *turn, const struct node_id *node,
			const struct conclusion *conclusion, struct trial *out)
{
	const struct digest *manifests[] = { &conclusion->manifest, &conclusion->emergency };
	const struct signer *s = turn->signer;
	enum status status = OK;

	*out = (struct trial){ .end = INT64_MAX };
	for (size_t i = 0; i < 2 && status == OK; i++) {
		struct release release;

		if (!s->has_reference || manifests[i]->alg == DIGEST_NONE ||
		    reference_release_of(&s->reference, manifests[i], &release) != OK)
			continue;
		if (i == 0)
			out->is_canary = release.state == RELEASE_CANARY;
		status = stand_on(turn, node, &release, out);
	}
	return status;
}

static enum status take_place(struct turn *turn, const struct node_id *node,
			      const struct trial *trial)
{
	AUTO_DONE(bytes) text = { 0 };
	struct digest key;
	enum status status = place_key(&trial->emergency, &key);

	if (status == OK)
		status = store_trial(turn->signer->store, digest_span(&key), node, turn->now);
	if (status == OK && !trial->has_place)
		status = digest_text_append(&text, &trial->emergency);
	if (status != OK || trial->has_place)
		return status;
	return audit_note(turn, "emergency", (struct span){ 0 }, node, "first right under %.*s",
			  (int)text.len, (const char *)text.data);
}

/* By the grant of its last verdict, if that was one under this manifest. */
static enum status note_svid(struct turn *turn, const struct node_row *row,
			     const struct conclusion *conclusion)
{
	AUTO_DONE(bytes) text = { 0 };
	struct span manifest = digest_span(&conclusion->manifest);
	enum status status = store_trial_svid(turn->signer->store, manifest, &row->node,
					      row->attested, turn->now);

	if (status != OK)
		return status == STATUS_MISMATCH ? OK : status;
	status = digest_text_append(&text, &conclusion->manifest);
	if (status == OK)
		status = bytes_append_byte(&text, ' ');
	if (status == OK)
		status = digest_text_append(&text, &conclusion->svid);
	return status == OK ? audit_note(turn, "svid", (struct span){ 0 }, &row->node, "%.*s",
					 (int)text.len, (const char *)text.data)
			    : status;
}

enum status trial_note(struct turn *turn, const struct node_row *row,
		       const struct conclusion *conclusion, const struct trial *trial)
{
	enum status status = OK;

	if (trial->is_canary && conclusion->svid.alg != DIGEST_NONE)
		status = note_svid(turn, row, conclusion);
	if (status == OK && trial->is_canary)
		status = store_trial(turn->signer->store, digest_span(&conclusion->manifest),
				     &row->node, turn->now);
	if (status == OK && trial->emergency.alg != DIGEST_NONE)
		status = take_place(turn, &row->node, trial);
	return status;
}

bool trial_is_under_way(const struct turn *turn, const struct node_row *row)
{
	const struct signer *s = turn->signer;
	uint32_t count = s->has_reference && s->has_canary
				 ? reference_facts(&s->reference).release_count
				 : 0;
	struct release release;

	if (row->expires <= turn->now)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (reference_release(&s->reference, i, &release) == OK &&
		    release.state == RELEASE_CANARY && release.version == row->release_version)
			return true;
	return false;
}
