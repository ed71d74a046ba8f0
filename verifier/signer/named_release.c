/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/boot_appraisal.h"
#include "verifier/signer/core.h"

/* Asked again of what an appraiser names: all that needs no evidence to answer. The ratchet
 * is asked of what was booted alone. */
static enum refusal check_release(const struct turn *turn, const struct release *release,
				  uint64_t ratchet)
{
	const struct node_row *row = &turn->pending->row;
	const struct reference *ref = &turn->signer->reference;
	struct node_class node_class;

	if (!challenge_class(turn->signer, row->class_name, &node_class))
		return REFUSAL_MALFORMED;

	const struct appraisal_input input = {
		.reference = ref,
		.node_class = &node_class,
		.node = node_id_span(&row->node),
		.now = turn->now,
		.ratchet = ratchet,
	};

	if (!release_is_for(ref, release, row->class_name, input.node) ||
	    !release_is_of_class(ref, release, &node_class) ||
	    release_is_below_ratchet(&input, release))
		return REFUSAL_MALFORMED;
	/* It may have ended since it was appraised: once more. */
	return release_is_in_force(&input, release) ? REFUSAL_NONE : REFUSAL_GENERATION_CHANGED;
}

static bool find(const struct turn *turn, struct span manifest, struct release *out)
{
	const struct signer *s = turn->signer;
	struct digest digest;

	return s->has_reference && digest_from(DIGEST_SHA256, manifest, &digest) == OK &&
	       reference_release_of(&s->reference, &digest, out) == OK;
}

/* Whose files run on what was booted; of an emergency that was booted, itself. */
static enum refusal check_emergency(const struct turn *turn, const struct release *booted,
				    const struct commit_request *request)
{
	struct release release;

	if (booted->scope.is_emergency)
		return span_equal(request->emergency, request->manifest) ? REFUSAL_NONE
									 : REFUSAL_MALFORMED;
	if (request->emergency.len == 0)
		return REFUSAL_NONE;
	if (!find(turn, request->emergency, &release) || !release.scope.is_emergency)
		return REFUSAL_MALFORMED;
	return check_release(turn, &release, 0);
}

/* Nothing is trusted without one. */
static bool may_name_none(const struct commit_request *request, const struct claims *claims)
{
	return request->release_version == 0 && request->emergency.len == 0 &&
	       (request->is_retry || request->is_unproven ||
		claims_verdict(claims) != VERDICT_TRUSTED);
}

enum refusal named_releases_check(const struct turn *turn, const struct commit_request *request,
				  const struct claims *claims)
{
	struct release booted;

	if (request->manifest.len == 0)
		return may_name_none(request, claims) ? REFUSAL_NONE : REFUSAL_MALFORMED;
	if (!find(turn, request->manifest, &booted) || booted.version != request->release_version)
		return REFUSAL_MALFORMED;

	enum refusal refusal = check_release(turn, &booted, turn->pending->row.release_version);

	return refusal == REFUSAL_NONE ? check_emergency(turn, &booted, request) : refusal;
}
