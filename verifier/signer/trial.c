/* SPDX-License-Identifier: Apache-2.0 */
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

enum status trial_note(struct turn *turn, const struct node_id *node,
		       const struct conclusion *conclusion, const struct trial *trial)
{
	if (!trial->is_canary)
		return OK;
	return store_trial(turn->signer->store, digest_span(&conclusion->manifest), node,
			   turn->now);
}
