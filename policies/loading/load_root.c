/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/loading/loading.h"

#include <stdio.h>
#include <string.h>

#define ROOTS_MAX 4096

/* Opens the payload as root N and wants version N in it. */
static enum status open_root(struct loading *l, const char *folder, struct span payload,
			     uint64_t version, struct root *out)
{
	if (root_open(payload, out) != OK)
		return refusal_of_document(l->refusal, folder, &out->statement.document);
	if (out->version != version)
		return loading_refuse(l, STATUS_DENIED, "root-version", folder, "version");
	return OK;
}

/* The signers of these envelopes meet the root's own threshold. They are read
 * again, and have to be over the payload that the root was opened from. */
static enum status check_root_signers(struct loading *l, const char *folder, struct bytes *payload,
				      const struct root *root)
{
	key_mask signers = 0;
	enum status status = loading_signers(l, folder, DOCUMENT_ROOT, root, payload, &signers);

	if (status != OK)
		return status;
	if (!root_meets(root, ROLE_ROOT, signers))
		return loading_refuse(l, STATUS_DENIED, "threshold-not-met", folder, "signatures");
	return OK;
}

/* What was seen of this version before has to be these bytes. */
static enum status check_seen(struct loading *l, const char *folder, const struct root *root)
{
	const struct release_mark *seen = &l->trust->marks.root;

	if (root->version == seen->version && seen->digest.alg != DIGEST_NONE &&
	    !digest_equal(&root->digest, &seen->digest))
		return loading_refuse(l, STATUS_DENIED, "same-version-other-bytes", folder,
				      "version");
	l->marks.root = (struct release_mark){ .version = root->version, .digest = root->digest };
	return OK;
}

static enum status load_first(struct loading *l)
{
	AUTO_DONE(bytes) payload = { 0 };
	key_mask nobody = 0;
	enum status status = loading_signers(l, "root/1", DOCUMENT_ROOT, NULL, &payload, &nobody);

	if (status == STATUS_NOT_FOUND)
		return loading_refuse(l, status, "no-release", "root/1/1.json", "");
	if (status != OK)
		return status;

	struct digest digest;
	status = digest_of(DIGEST_SHA256, span_of(&payload), &digest);
	if (status != OK || !digest_equal(&digest, &l->trust->root))
		return loading_refuse(l, STATUS_MISMATCH, "root-not-pinned", "root/1", "payload");
	status = open_root(l, "root/1", span_of(&payload), 1, &l->root);
	if (status == OK)
		status = check_root_signers(l, "root/1", &payload, &l->root);
	return status == OK ? check_seen(l, "root/1", &l->root) : status;
}

/* Root N+1: the thresholds of N and of N+1, both. */
static enum status load_next(struct loading *l)
{
	AUTO_DONE(bytes) payload = { 0 };
	key_mask signers = 0;
	char folder[48];

	(void)snprintf(folder, sizeof(folder), "root/%llu",
		       (unsigned long long)l->root.version + 1);
	enum status status =
		loading_signers(l, folder, DOCUMENT_ROOT, &l->root, &payload, &signers);
	if (status != OK)
		return status;
	if (!root_meets(&l->root, ROLE_ROOT, signers))
		return loading_refuse(l, STATUS_DENIED, "threshold-not-met", folder, "signatures");
	root_done(&l->next_root);
	status = open_root(l, folder, span_of(&payload), l->root.version + 1, &l->next_root);
	if (status == OK)
		status = check_root_signers(l, folder, &payload, &l->next_root);
	if (status == OK)
		status = check_seen(l, folder, &l->next_root);
	if (status != OK)
		return status;
	/* Opened again in its place: a statement must not be moved. */
	root_done(&l->root);
	return open_root(l, folder, span_of(&payload), l->next_root.version, &l->root);
}

enum status load_root(struct loading *l)
{
	enum status status = load_first(l);

	for (int i = 0; i < ROOTS_MAX && status == OK; i++)
		status = load_next(l);
	if (status == OK)
		return loading_refuse(l, STATUS_TOO_LARGE, "root-version", "root", "version");
	if (status != STATUS_NOT_FOUND || l->refusal->code != NULL)
		return status;
	if (l->root.version < l->trust->marks.root.version)
		return loading_refuse(l, STATUS_DENIED, "rolled-back", "root", "version");
	if (l->root.expires <= l->trust->now)
		return loading_refuse(l, STATUS_DENIED, "root-expired", "root", "expires");
	return OK;
}

enum status load_root_of_index(struct loading *l)
{
	AUTO_DONE(bytes) payload = { 0 };
	uint64_t version = l->index.root_version;
	key_mask nobody = 0;
	char folder[48];

	(void)snprintf(folder, sizeof(folder), "root/%llu", (unsigned long long)version);
	enum status status = loading_signers(l, folder, DOCUMENT_ROOT, NULL, &payload, &nobody);
	if (status == STATUS_NOT_FOUND && l->refusal->code == NULL)
		return loading_refuse(l, status, "history-missing", folder, "");
	if (status == OK)
		status = loading_pinned(l, folder, span_of(&payload), &l->index.root);
	if (status != OK)
		return status;
	root_done(&l->root);
	status = open_root(l, folder, span_of(&payload), version, &l->root);
	/* Sets of keys are of the root that they were found in. */
	l->has_older_root = true;
	l->publishers = 0;
	l->revoked = 0;
	loading_mark_revoked(l);
	return status;
}

enum status check_root_in_force(struct loading *l)
{
	const char *role = root_shared_duty(&l->root);
	char document[48], field[64];

	if (role == NULL)
		return OK;
	(void)snprintf(document, sizeof(document), "root/%llu",
		       (unsigned long long)l->root.version);
	(void)snprintf(field, sizeof(field), "predicate.roles.%s", role);
	return loading_refuse(l, STATUS_MALFORMED, "duties-not-separate", document, field);
}
