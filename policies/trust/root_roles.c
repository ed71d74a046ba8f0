/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/trust/root.h"

static const char *const role_names[ROLES] = {
	[ROLE_ROOT] = "root",
	[ROLE_BUILD] = "build",
	[ROLE_RELEASE_SIGN] = "release-sign",
	[ROLE_APPROVE_PLATFORM] = "approve-platform",
	[ROLE_APPROVE_SECURITY] = "approve-security",
	[ROLE_MATRIX] = "matrix",
	[ROLE_REVOKE] = "revoke",
	[ROLE_PUBLISH] = "publish",
	[ROLE_EMERGENCY] = "emergency",
	[ROLE_REVIEW] = "review",
	[ROLE_ROLLBACK] = "rollback",
	[ROLE_CANARY] = "canary",
	[ROLE_LOG] = "log",
	[ROLE_WITNESS] = "witness",
};

const char *role_name(enum role role)
{
	return (unsigned)role < ROLES ? role_names[role] : NULL;
}

enum role document_role(enum document_kind kind)
{
	static const enum role roles[DOCUMENT_KINDS] = {
		[DOCUMENT_ROOT] = ROLE_ROOT,
		[DOCUMENT_TIMESTAMP] = ROLE_PUBLISH,
		[DOCUMENT_INDEX] = ROLE_PUBLISH,
		[DOCUMENT_REVOCATIONS] = ROLE_REVOKE,
		[DOCUMENT_MATRIX] = ROLE_MATRIX,
		[DOCUMENT_MANIFEST] = ROLE_RELEASE_SIGN,
		[DOCUMENT_APPROVAL] = ROLE_APPROVE_SECURITY,
		[DOCUMENT_ROLLBACK] = ROLE_ROLLBACK,
		[DOCUMENT_EMERGENCY] = ROLE_EMERGENCY,
		[DOCUMENT_REVIEW] = ROLE_REVIEW,
		[DOCUMENT_CANARY] = ROLE_CANARY,
		[DOCUMENT_PROVENANCE] = ROLE_BUILD,
	};

	return roles[kind];
}

static bool has_key(key_mask keys, size_t index)
{
	return (keys >> index & 1) != 0;
}

/* Keys are counted by the person who holds them, not by their number. */
unsigned root_principals(const struct root *root, key_mask keys)
{
	unsigned count = 0;

	for (size_t i = 0; i < root->key_count; i++) {
		bool is_new = has_key(keys, i);

		for (size_t j = 0; j < i; j++)
			if (has_key(keys, j) &&
			    span_equal(root->key[j].principal, root->key[i].principal))
				is_new = false;
		count += is_new;
	}
	return count;
}

bool root_has_team(const struct root *root, key_mask keys, enum team team)
{
	for (size_t i = 0; i < root->key_count; i++)
		if (has_key(keys, i) && root->key[i].team == team)
			return true;
	return false;
}

bool root_meets(const struct root *root, enum role role, key_mask signers)
{
	key_mask counted = signers & root->role[role].keys;

	if ((role == ROLE_ROOT || role == ROLE_MATRIX) &&
	    (!root_has_team(root, counted, TEAM_PLATFORM) ||
	     !root_has_team(root, counted, TEAM_IDENTITY_SECURITY)))
		return false;
	return root->role[role].threshold > 0 &&
	       root_principals(root, counted) >= root->role[role].threshold;
}
