/* SPDX-License-Identifier: Apache-2.0 */
/* A root: keys, roles and duties. Reading keys would be by far the most of its
 * time: fixed_keys.c makes light of it. */
#include "fuzz.h"
#include "policies/trust/root.h"

static bool is_subset(key_mask part, key_mask whole)
{
	return (part & ~whole) == 0;
}

/* An envelope that one of its keys is said to have signed, and did not. */
static void must_not_verify(const struct root *root)
{
	struct dsse dsse = { .signature_len = 64 };
	size_t key = 0;

	for (size_t i = 0; i < root->key_count; i++) {
		must(root->key[i].name.len < sizeof(dsse.keyid));
		memset(dsse.keyid, 0, sizeof(dsse.keyid));
		memcpy(dsse.keyid, root->key[i].name.data, root->key[i].name.len);
		must(root_verify(root, &dsse, &key) == STATUS_MISMATCH);
	}
	dsse.keyid[0] = '\n';
	must(root_verify(root, &dsse, &key) == STATUS_NOT_FOUND);
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
	for (int i = 0; i < DOCUMENT_KINDS; i++)
		must(document_role((enum document_kind)i) < ROLES);
	must_not_verify(&root);
	must((root.role[ROLE_BUILD].keys & root.role[ROLE_PUBLISH].keys) == 0);
	must((root.role[ROLE_BUILD].keys & root.role[ROLE_RELEASE_SIGN].keys) == 0);
	root_done(&root);
	return 0;
}
