/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "policies/documents/revocations.h"
#include "tools/release/release_root.h"

/* Adds the root's keys that one version of the revocations takes back. */
static enum status add_revoked(const struct root *root, const struct path_text *path,
			       key_mask *revoked)
{
	AUTO_DONE(revocations) list = { 0 };
	AUTO_DONE(statement) s = { 0 };
	AUTO_DONE(dsse) dsse = { 0 };
	key_mask signer;
	enum status status = envelope_open(path->text, &dsse);

	/* Anybody could have written it, or a holder who was replaced since. */
	if (status != OK || envelope_doubt(root, ROLE_REVOKE, &dsse, &signer) != NULL)
		return status;
	if (statement_open(span_of(&dsse.payload), DOCUMENT_REVOCATIONS, &s) != OK ||
	    revocations_read(&s, &list) != OK)
		return statement_unreadable(path->text, &s);
	for (size_t i = 0; i < root->key_count; i++)
		if (revocations_have(&list, REVOKED_KEYS, digest_span(&root->key[i].spki)))
			*revoked |= (key_mask)1 << i;
	return OK;
}

enum status revoked_keys(const char *release, const struct root *root, key_mask *revoked)
{
	const struct release_line folder = { .directory = release };
	enum status status = OK;

	for (uint64_t version = 1; status == OK; version++) {
		struct path_text path = line_path(&folder, "revocations/%" PRIu64 ".json", version);

		if (!path_exists(path.text))
			break;
		status = add_revoked(root, &path, revoked);
	}
	return status;
}
