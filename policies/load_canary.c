/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/loading.h"

#include <stdio.h>

#include "policies/canary.h"

/* The gate between canary and current: a verifier has seen enough nodes go through
 * all of it, attestation, grant and SVID, under the manifest that takes over. */
#define PATH_SIZE 160

static bool is_enough(const struct root *root, const struct canary *canary)
{
	return canary->nodes >= root->canary_nodes && canary->svids >= root->canary_nodes &&
	       canary->to - canary->from <= root->canary_window_s;
}

/* *is_open where this document is enough. */
static enum status check_canary(struct loading *l, const char *path, const struct dsse *dsse,
				const struct index_entry *entry, bool *is_open)
{
	AUTO_DONE(statement) s = { 0 };
	struct canary canary;
	size_t key;
	enum status status = root_verify(&l->root, dsse, &key);

	/* Of a verifier that is none, or none any more. */
	if (status == STATUS_NOT_FOUND ||
	    (status == OK && ((l->root.role[ROLE_CANARY].keys & ~l->revoked) >> key & 1) == 0))
		return OK;
	if (status != OK)
		return loading_refuse(l, status, "bad-signature", path, "signatures[0].sig");
	if (statement_open(span_of(&dsse->payload), DOCUMENT_CANARY, &s) != OK ||
	    canary_read(&s, &canary) != OK)
		return loading_check(l, path, &s);
	if (!digest_equal(&canary.manifest, &entry->manifest))
		return loading_refuse(l, STATUS_MISMATCH, "subject-mismatch", path, "manifest");
	if (canary.to > l->trust->now + CLOCK_SKEW_S)
		return loading_refuse(l, STATUS_DENIED, "not-yet-valid", path, "to");
	if (!is_enough(&l->root, &canary))
		return OK;
	status = loading_proven(l, "canary", span_of(&dsse->payload), key);
	*is_open = status == OK;
	return status;
}

enum status check_promotion(struct loading *l, const struct index_entry *entry)
{
	bool is_open = l->root.canary_nodes == 0;
	char folder[PATH_SIZE];
	int i;

	loading_path(folder, sizeof(folder), "canaries/", &entry->manifest, "");
	for (i = 1; i <= SIGNERS_MAX && !is_open; i++) {
		AUTO_DONE(dsse) dsse = { 0 };
		char path[PATH_SIZE + 32];

		(void)snprintf(path, sizeof(path), "%s/%d.json", folder, i);
		enum status status = loading_envelope(l, path, DOCUMENT_CANARY, &dsse);
		if (status == STATUS_NOT_FOUND && l->refusal->code == NULL)
			break;
		if (status == OK)
			status = check_canary(l, path, &dsse, entry, &is_open);
		if (status != OK)
			return status;
	}
	if (is_open)
		return OK;
	return loading_refuse(l, STATUS_DENIED, i == 1 ? "canary-missing" : "canary-not-enough",
			      folder, "");
}
