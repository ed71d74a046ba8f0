/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/documents/canary.h"

#include "base/text.h"
#include "policies/envelope/dsse.h"
#include "verifier/signer/core.h"

/* Is it being tried out? Of any other release nothing is counted. */
static bool is_canary(const struct signer *s, const struct digest *manifest)
{
	struct release release;

	return s->has_reference && reference_release_of(&s->reference, manifest, &release) == OK &&
	       release.state == RELEASE_CANARY;
}

static enum status sign(struct turn *turn, struct span payload, struct canary_item *out)
{
	AUTO_DONE(bytes) pae = { 0 };
	AUTO_DONE(bytes) signature = { 0 };
	enum status status = dsse_pae(payload, &pae);

	if (status == OK)
		status = signing_key_sign(&turn->signer->keys.result_signer, span_of(&pae),
					  &signature);
	return status == OK ? keep_bytes(turn->keep, &signature, &out->signature) : status;
}

/* On record with who asked: it opens the way to the whole fleet. */
static enum status note(struct turn *turn, const struct admin_request *request,
			const struct canary *canary, struct span payload)
{
	AUTO_DONE(bytes) text = { 0 };
	struct digest digest;
	enum status status = digest_of(DIGEST_SHA256, payload, &digest);

	if (status == OK)
		status = digest_text_append(&text, &digest);
	return status == OK ? audit_note(turn, "canary", request->administrator, NULL,
					 "%.*s nodes %llu svids %llu", (int)text.len,
					 (const char *)text.data, (unsigned long long)canary->nodes,
					 (unsigned long long)canary->svids)
			    : status;
}

/* What the store has: who was counted, and when, stands in the verdict log. */
static enum status count(struct turn *turn, struct canary *canary)
{
	struct trial_outcome outcome = { 0 };
	enum status status =
		store_trial_outcome(turn->signer->store, digest_span(&canary->manifest),
				    canary->from, canary->to, &outcome);

	canary->nodes = outcome.nodes;
	canary->svids = outcome.svids;
	return status;
}

/* What holds it to its place: the index in force, and where the verdict log stood. */
static enum refusal place(struct turn *turn, struct canary *canary)
{
	struct release_marks marks = { 0 };
	enum status status = releases_marks(turn->signer, &marks);

	if (status == OK)
		status = verdict_log_checkpoint(turn, &canary->checkpoint);
	if (status != OK)
		return refusal_of(status);
	/* Another verifier of this store has loaded a newer one. */
	if (marks.index.version != reference_facts(&turn->signer->reference).index_version)
		return REFUSAL_GENERATION_CHANGED;
	if (canary->checkpoint.len == 0)
		return REFUSAL_NO_VERDICT_LOG;
	canary->index_version = marks.index.version;
	canary->index = marks.index.digest;
	return REFUSAL_NONE;
}

enum refusal canary_state(struct turn *turn, const struct admin_request *request,
			  struct canary_item *out)
{
	AUTO_DONE(bytes) payload = { 0 };
	struct canary canary = { .from = turn->now - request->window_s, .to = turn->now };

	if (request->role != ROLE_PLATFORM && request->role != ROLE_IDENTITY_SECURITY)
		return REFUSAL_ROLE_DENIED;
	if (request->window_s == 0 || canary.from <= 0 ||
	    digest_from(DIGEST_SHA256, request->manifest, &canary.manifest) != OK)
		return REFUSAL_MALFORMED;
	if (!is_canary(turn->signer, &canary.manifest))
		return REFUSAL_NOT_CANARY;
	/* Who asks is the front's word, and each statement stays on record. */
	if (!window_has_room(turn, &unsigned_acts_of(turn)->canaries, CANARIES_MOST))
		return REFUSAL_TOO_MANY_ACTS;

	enum refusal refusal = place(turn, &canary);
	if (refusal != REFUSAL_NONE)
		return refusal;

	enum status status = count(turn, &canary);
	if (status == OK)
		status = canary_write(&canary, &payload);
	if (status == OK)
		status = sign(turn, span_of(&payload), out);
	if (status == OK)
		status = note(turn, request, &canary, span_of(&payload));
	if (status == OK)
		status = keep_bytes(turn->keep, &payload, &out->payload);
	if (status == OK)
		unsigned_acts_of(turn)->canaries.count++;
	out->nodes = canary.nodes;
	out->svids = canary.svids;
	return refusal_of(status);
}
