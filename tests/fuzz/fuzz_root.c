/* SPDX-License-Identifier: Apache-2.0 */
/* A root: keys, roles and duties. Reading keys would be by far the most of its
 * time: fixed_keys.c makes light of it. */
#include "fuzz.h"
#include "policies/root.h"

static bool is_subset(key_mask part, key_mask whole)
{
	return (part & ~whole) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct root root;

	if (root_open((struct span){ data, len }, &root) != OK) {
		root_done(&root);
		return 0;
	}

	key_mask all = root.key_count >= 64 ? ~(key_mask)0 : ((key_mask)1 << root.key_count) - 1;

	must(root.key_count <= ROOT_KEYS_MAX && root.key_count > 0);
	for (int i = 0; i < ROLES; i++) {
		enum role role = (enum role)i;

		must(is_subset(root.role[i].keys, all));
		/* Nobody signs for nothing, and all together can work. */
		if (root.role[i].keys != 0)
			must(!root_meets(&root, role, 0) && root_meets(&root, role, all));
	}
	must((root.role[ROLE_BUILD].keys & root.role[ROLE_PUBLISH].keys) == 0);
	must((root.role[ROLE_BUILD].keys & root.role[ROLE_RELEASE_SIGN].keys) == 0);
	root_done(&root);
	return 0;
}
