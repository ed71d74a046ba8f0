/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/trust/root.h"

/*
 * Build, sign and publish are three identities, none is enough alone, and who
 * approves is none of them: checked when the root loads, so that no later
 * document has to be judged under a root that could not work. What only the root in
 * force decides is asked of that one alone.
 */

static bool holds(const struct root *root, enum role role, size_t key)
{
	return (root->role[role].keys >> key & 1) != 0;
}

static bool same_principal(const struct root_key *a, const struct root_key *b)
{
	return span_equal(a->principal, b->principal);
}

/* One key under two names would count as two, one person in two teams as both. */
static void check_keys(struct root *root, struct strict_cursor *roles)
{
	for (size_t i = 0; i < root->key_count; i++) {
		for (size_t j = 0; j < i; j++) {
			const struct root_key *a = &root->key[i];
			const struct root_key *b = &root->key[j];

			if (EVP_PKEY_eq(a->key, b->key) == 1)
				strict_fail(roles, NULL, STATUS_MALFORMED, "key-twice");
			if (same_principal(a, b) && a->team != b->team)
				strict_fail(roles, NULL, STATUS_MALFORMED,
					    "principal-in-two-teams");
		}
	}
}

static bool share_a_principal(const struct root *root, enum role a, enum role b)
{
	for (size_t i = 0; i < root->key_count; i++)
		for (size_t j = 0; j < root->key_count; j++)
			if (holds(root, a, i) && holds(root, b, j) &&
			    same_principal(&root->key[i], &root->key[j]))
				return true;
	return false;
}

static void check_separation(struct root *root, struct strict_cursor *roles)
{
	static const enum role apart[][2] = {
		{ ROLE_BUILD, ROLE_RELEASE_SIGN },
		{ ROLE_BUILD, ROLE_PUBLISH },
		{ ROLE_RELEASE_SIGN, ROLE_PUBLISH },
		{ ROLE_APPROVE_PLATFORM, ROLE_BUILD },
		{ ROLE_APPROVE_PLATFORM, ROLE_RELEASE_SIGN },
		{ ROLE_APPROVE_PLATFORM, ROLE_PUBLISH },
		{ ROLE_APPROVE_SECURITY, ROLE_BUILD },
		{ ROLE_APPROVE_SECURITY, ROLE_RELEASE_SIGN },
		{ ROLE_APPROVE_SECURITY, ROLE_PUBLISH },
		{ ROLE_WITNESS, ROLE_LOG },
		{ ROLE_WITNESS, ROLE_BUILD },
		{ ROLE_WITNESS, ROLE_RELEASE_SIGN },
		{ ROLE_WITNESS, ROLE_PUBLISH },
	};

	for (size_t i = 0; i < sizeof(apart) / sizeof(apart[0]); i++)
		if (share_a_principal(root, apart[i][0], apart[i][1]))
			strict_fail(roles, role_name(apart[i][0]), STATUS_MALFORMED,
				    "duties-not-separate");
}

/* What lets a manifest in, or back, is not who made or publishes it. */
const char *root_shared_duty(const struct root *root)
{
	static const enum role apart[][2] = {
		{ ROLE_EMERGENCY, ROLE_BUILD },
		{ ROLE_EMERGENCY, ROLE_RELEASE_SIGN },
		{ ROLE_EMERGENCY, ROLE_PUBLISH },
		/* Who goes back to it chose nothing of it. */
		{ ROLE_ROLLBACK, ROLE_BUILD },
		{ ROLE_ROLLBACK, ROLE_RELEASE_SIGN },
		{ ROLE_ROLLBACK, ROLE_PUBLISH },
		{ ROLE_REVIEW, ROLE_BUILD },
		{ ROLE_REVIEW, ROLE_RELEASE_SIGN },
		{ ROLE_REVIEW, ROLE_PUBLISH },
		{ ROLE_CANARY, ROLE_BUILD },
		{ ROLE_CANARY, ROLE_RELEASE_SIGN },
		{ ROLE_CANARY, ROLE_PUBLISH },
	};

	for (size_t i = 0; i < sizeof(apart) / sizeof(apart[0]); i++)
		if (share_a_principal(root, apart[i][0], apart[i][1]))
			return role_name(apart[i][0]);
	return NULL;
}

static void check_team(struct root *root, struct strict_cursor *roles, enum role role,
		       enum team team)
{
	for (size_t i = 0; i < root->key_count; i++)
		if (holds(root, role, i) && root->key[i].team != team)
			strict_fail(roles, role_name(role), STATUS_MALFORMED, "wrong-team");
}

static void check_both_teams(struct root *root, struct strict_cursor *roles, enum role role)
{
	key_mask keys = root->role[role].keys;

	if (!root_has_team(root, keys, TEAM_PLATFORM) ||
	    !root_has_team(root, keys, TEAM_IDENTITY_SECURITY) || root->role[role].threshold < 2)
		strict_fail(roles, role_name(role), STATUS_MALFORMED, "not-both-teams");
}

static void check_thresholds(struct root *root, struct strict_cursor *roles)
{
	for (unsigned i = 0; i < ROLES; i++)
		if (root->role[i].threshold > root_principals(root, root->role[i].keys))
			strict_fail(roles, role_name((enum role)i), STATUS_MALFORMED,
				    "threshold-unreachable");
}

/* Documents of these roles come as one envelope, which has one signature. */
static void check_single_signers(struct root *root, struct strict_cursor *roles)
{
	static const enum role single[] = { ROLE_BUILD,	  ROLE_RELEASE_SIGN, ROLE_REVOKE,
					    ROLE_PUBLISH, ROLE_REVIEW,	     ROLE_CANARY };

	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++)
		if (root->role[single[i]].keys != 0 && root->role[single[i]].threshold != 1)
			strict_fail(roles, role_name(single[i]), STATUS_UNSUPPORTED,
				    "threshold-not-one");
}

/* Notes of transparency logs are signed with Ed25519. */
static void check_log_schemes(struct root *root, struct strict_cursor *roles)
{
	key_mask keys = root->role[ROLE_LOG].keys | root->role[ROLE_WITNESS].keys;

	for (size_t i = 0; i < root->key_count; i++)
		if ((keys >> i & 1) != 0 && root->key[i].scheme != SCHEME_ED25519)
			strict_fail(roles, NULL, STATUS_UNSUPPORTED, "log-key-not-ed25519");
}

/* What nobody could review would lapse every time. */
static void check_reviewers(struct root *root, struct strict_cursor *roles)
{
	if (root->role[ROLE_EMERGENCY].keys != 0 && root->role[ROLE_REVIEW].keys == 0)
		strict_fail(roles, role_name(ROLE_REVIEW), STATUS_MALFORMED, "missing-field");
}

void root_check_duties(struct root *root, struct strict_cursor *roles)
{
	check_keys(root, roles);
	check_thresholds(root, roles);
	check_single_signers(root, roles);
	check_both_teams(root, roles, ROLE_ROOT);
	check_both_teams(root, roles, ROLE_MATRIX);
	check_team(root, roles, ROLE_APPROVE_PLATFORM, TEAM_PLATFORM);
	check_team(root, roles, ROLE_APPROVE_SECURITY, TEAM_IDENTITY_SECURITY);
	check_team(root, roles, ROLE_REVOKE, TEAM_IDENTITY_SECURITY);
	check_team(root, roles, ROLE_WITNESS, TEAM_IDENTITY_SECURITY);
	check_log_schemes(root, roles);
	check_team(root, roles, ROLE_REVIEW, TEAM_IDENTITY_SECURITY);
	check_reviewers(root, roles);
	check_separation(root, roles);
}
