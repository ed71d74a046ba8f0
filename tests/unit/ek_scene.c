/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "ek_scene.h"

struct ek_scene ek;

struct recipe ek_scene_recipe(void)
{
	struct recipe leaf = maker_leaf(ek.ek_key, ek.root_key);

	leaf.issuer = "root";
	leaf.serial = 0x0102;
	return leaf;
}

int ek_scene_begin(void **state)
{
	(void)state;
	ek.root_key = maker_ec_key("P-256");
	ek.ek_key = maker_ec_key("P-384");

	struct recipe root = maker_root(ek.root_key), leaf = ek_scene_recipe();
	AUTO_DONE(bytes) der = maker_certificate(&root);
	assert_int_equal(ek_pool_add_certificates(&ek.roots, span_of(&der)), OK);
	ek.golden = maker_certificate(&leaf);
	return 0;
}

int ek_scene_end(void **state)
{
	(void)state;
	EVP_PKEY_free(ek.root_key);
	EVP_PKEY_free(ek.ek_key);
	ek_pool_done(&ek.roots);
	bytes_done(&ek.golden);
	ek_certificate_done(&ek.result);
	return 0;
}

enum ek_refusal ek_scene_judge(struct span bytes)
{
	struct ek_trust trust = { .roots = &ek.roots, .at = MAKER_NOW };

	ek_certificate_done(&ek.result);
	assert_int_equal(ek_certificate_verify(bytes, &trust, &ek.result), OK);
	return ek.result.refusal;
}
