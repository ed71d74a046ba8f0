/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/loading/refusal.h"

#include <stdio.h>
#include <string.h>

/* What to do about it, said to who runs the verifier. */
static const struct {
	const char *code;
	const char *advice;
} advices[] = {
	{ "no-release", "make one with 'attestctl release init', or point the verifier to it" },
	{ "document-missing", "copy the whole release directory, and publish again" },
	{ "document-too-large", "documents are small; this one is not what it should be" },
	{ "not-json", "the file is damaged: copy it again" },
	{ "unknown-field",
	  "the document was made for a newer version: upgrade the verifier first" },
	{ "missing-field", "the document is incomplete: make it again" },
	{ "bad-signature",
	  "the document was changed after it was signed: take it from its signer" },
	{ "unknown-key", "the root does not know the key: sign with one that it lists" },
	{ "role-not-allowed", "the root does not give this key the role that signs this document" },
	{ "key-revoked",
	  "no new right until another key has signed: a publish key and 'attestctl release publish "
	  "--again', for a matrix its holders, for revocations another key with that role" },
	{ "threshold-not-met", "more people with the role have to sign" },
	{ "approvals-missing", "'attestctl release approve' by each team that the root asks for" },
	{ "root-not-pinned",
	  "the verifier pins another root: compare 'sha256' with its configuration" },
	{ "root-expired", "the root's holders have to sign version N+1" },
	{ "root-version", "roots are numbered one by one; no version may be left out" },
	{ "root-mismatch", "the index was made for another root: publish again" },
	{ "rolled-back", "newer documents were seen before: restore them, never older ones" },
	{ "version-leaps", "versions rise step by step: find out who wrote this one" },
	{ "same-version-other-bytes",
	  "two documents bear one version: the newer needs a higher one" },
	{ "history-missing",
	  "keep index, matrix and revocations of earlier versions in the directory" },
	{ "current-went-down", "going back to an older manifest needs a rollback document" },
	{ "epoch-went-down", "'securityEpoch' only rises: collect and sign again" },
	{ "previous-came-back", "what is no longer accepted needs a rollback document" },
	{ "rollback-not-declared", "the manifest that is left has to name it in 'rollbackTo'" },
	{ "rollback-below-epoch", "a lower 'securityEpoch' is never gone back to: fix forward" },
	{ "rollback-from-revoked",
	  "who revokes signs the document too: release rollback --confirm" },
	{ "rollback-to-revoked", "choose a version that is not revoked" },
	{ "rollback-not-from-current", "make it again, from the manifest that is current" },
	{ "self-review", "somebody else of identity security has to review it" },
	{ "emergency-outstanding", "the emergency before has to be reviewed first" },
	{ "review-dropped", "keep naming the reviews of the last emergency: publish again" },
	{ "review-twice", "an index names each review once: publish again" },
	{ "review-backdated", "a review is named with the time of the first index that has it" },
	{ "finding-mismatch", "index and review disagree: publish again" },
	{ "emergency-dropped", "keep naming the last emergency: publish again" },
	{ "emergency-out-of-scope", "publish it as a canary of a platform in its scope" },
	{ "canary-missing",
	  "publish it as a canary; then 'attestctl release canary' fetches what nodes showed" },
	{ "canary-not-enough", "more nodes have to attest, mint and be checked under it" },
	{ "canary-too-old",
	  "ask a verifier again: root or matrix changed since, or it is long ago" },
	{ "document-revoked", "a revocation names this document: make another one" },
	{ "current-withdrawn",
	  "block the cell in the matrix first, or publish its manifest again" },
	{ "previous-alone", "a cell without a newer manifest has no previous one: publish again" },
	{ "not-append-only", "revocations are only added: put back what was left out" },
	{ "clock-went-back", "the clock is behind an earlier load: set it right" },
	{ "not-yet-valid", "the document is dated in the future: check both clocks" },
	{ "lifetime-over-cap", "the root allows a shorter life: make the document again" },
	{ "digest-mismatch", "the file is not the one that was pinned: restore it" },
	{ "version-mismatch", "index and manifest disagree on the version: publish again" },
	{ "target-mismatch", "the manifest was made for another cell" },
	{ "decision-missing", "each cell needs a decision: make the matrix with 'release matrix'" },
	{ "decision-mismatch", "the last decision about a cell is its state" },
	{ "decision-removed", "decisions stay on record: go on from the matrix in force" },
	{ "cell-not-in-matrix", "both teams have to add the cell to the matrix first" },
	{ "accept-until-over-cap", "choose an earlier end, within the root's cap and 'notAfter'" },
	{ "previous-mismatch", "'previous' has to be the manifest that is current in the cell" },
	{ "approval-compared-with", "approve against the manifest that 'previous' names" },
	{ "approval-class", "the change is trust-impacting: approve it as such" },
	{ "approval-difference",
	  "what was approved is not what changes: 'attestctl release approve' again" },
	{ "baseline-not-approved", "approve what 'previous' names first, or both teams this one" },
	{ "baseline-too-far", "both teams have to approve a manifest once in 64 low-risk ones" },
	{ "kind-never-low-risk", "take the kind out of 'lowRisk': such a change needs both teams" },
	{ "unknown-kind", "docs/releases.md lists the kinds of changes" },
	{ "vendor-unknown", "the root has no such vendor: add it, with an owner, by both teams" },
	{ "vendor-signature",
	  "no key that the root has of this vendor signed the artifact: import what it signed" },
	{ "vendor-not-an-input",
	  "the builder's provenance names the vendor's artifact as a material: make it again" },
	{ "set-class-too-low", "the root classes the file: list it in a set of that class" },
	{ "set-size-mismatch", "the set file is not the one that was signed" },
	{ "set-path-in-boot", "keep /boot and kernels out of sets: a kexec would look normal" },
	{ "set-unsorted", "sort the lines with 'LC_ALL=C sort'" },
	{ "set-path-twice", "list each path once" },
	{ "too-many-must-appear", "ask for 256 paths at most, in all sets together" },
	{ "must-appear-not-in-set", "list the file in its set, or do not ask for it" },
	{ "exclude-covers-identity", "an exclude may not reach an identity or enforcement file" },
	{ "exclude-hides-execution", "drop 'exclude': this IMA policy logs only what runs" },
	{ "provenance-missing",
	  "name it in the manifest: 'attestctl release provenance', then sign again" },
	{ "builder-unknown",
	  "build where the root's 'builders' say, or have a root list this one" },
	{ "builders-missing", "'requireProvenance' needs 'builders' whose word counts" },
	{ "input-not-pinned",
	  "name each input with its sha256: what is not pinned may be anything" },
	{ "output-not-covered", "the builder did not make this file: build and collect again" },
	{ "output-twice", "name each output of a build once" },
	{ "proof-missing", "'attestctl release witness' writes proofs beside what it cosigned" },
	{ "proof-of-another", "the proof is another document's: have the witness write it again" },
	{ "bad-proof", "the proof does not prove it: have the witness write it again" },
	{ "witness-missing",
	  "identity security's witness has to cosign: 'attestctl release witness'" },
	{ "log-signature-missing", "no key with the role 'log' signed this checkpoint" },
	{ "checkpoint-of-another-log", "copy the log that belongs to this root" },
	{ "log-shrunk", "a longer log was seen before: restore it, never an older one" },
	{ "log-forked", "the log has another history than was seen before: find out who saw what" },
	{ "log-tile-missing", "copy the whole log; tiles come before the checkpoint" },
	{ "duties-not-separate", "build, sign, publish and approve belong to different people" },
	{ "not-supported-by-this-version", "upgrade, or sign a root that does not ask for it" },
	{ "source-failed", "the release directory could not be read" },
};

static const char *advice_on(const char *code)
{
	for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++)
		if (strcmp(advices[i].code, code) == 0)
			return advices[i].advice;
	return "docs/releases.md says what the document has to look like";
}

enum status refusal_set(struct release_refusal *refusal, enum status status, const char *code,
			const char *document, const char *field)
{
	refusal->code = code;
	(void)snprintf(refusal->document, sizeof(refusal->document), "%s", document);
	(void)snprintf(refusal->field, sizeof(refusal->field), "%s", field);
	(void)snprintf(refusal->advice, sizeof(refusal->advice), "%s", advice_on(code));
	return status;
}

enum status refusal_of_document(struct release_refusal *refusal, const char *name,
				const struct strict_document *document)
{
	return refusal_set(refusal, document->status, document->fault, name, document->path);
}
