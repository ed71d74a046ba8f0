/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "verifier/signer/core.h"

/* Is there room for one more under this emergency? A node that had a right under it
 * before keeps its place. */
static enum status find_place(struct turn *turn, const struct node_id *node,
			      const struct release *release, enum reason *withheld)
{
	struct trial_count count;
	enum status status = store_trial_count(turn->signer->store, digest_span(&release->manifest),
					       node, 0, &count);

	if (status == OK && count.others == count.nodes && count.nodes >= release->scope.most_nodes)
		*withheld = REASON_EMERGENCY_FULL;
	return status;
}

enum status trial_begin(struct turn *turn, const struct node_id *node,
			const struct conclusion *conclusion, struct trial *out)
{
	const struct signer *s = turn->signer;
	struct release release;

	*out = (struct trial){ .end = INT64_MAX };
	if (!s->has_reference || conclusion->manifest.alg == DIGEST_NONE ||
	    reference_release_of(&s->reference, &conclusion->manifest, &release) != OK)
		return OK;
	out->is_canary = release.state == RELEASE_CANARY;
	out->end =
		release.accept_until < release.not_after ? release.accept_until : release.not_after;
	return release.scope.is_emergency ? find_place(turn, node, &release, &out->withheld) : OK;
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

	if (!trial->is_canary)
		return OK;
	if (conclusion->svid.alg != DIGEST_NONE)
		status = note_svid(turn, row, conclusion);
	return status == OK ? store_trial(turn->signer->store, digest_span(&conclusion->manifest),
					  &row->node, turn->now)
			    : status;
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
