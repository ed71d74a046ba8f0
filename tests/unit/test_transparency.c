/* SPDX-License-Identifier: Apache-2.0 */
/* Merkle trees and proofs, against RFC 6962's own recursion. */
#include "unit.h"

#include <string.h>

#include "base/text.h"
#include "naive_tree.h"
#include "policies/transparency/merkle_proof.h"

/* Trees of each size up to here. */
#define SIZES 70

static void assert_hex(const struct tree_hash *hash, const char *hex)
{
	AUTO_DONE(bytes) text = { 0 };

	assert_int_equal(hex_append(&text, tree_hash_span(hash)), OK);
	assert_int_equal(text.len, strlen(hex));
	assert_memory_equal(text.data, hex, text.len);
}

static enum status naive_source(void *self, unsigned level, uint64_t index, struct tree_hash *out)
{
	(void)self;
	naive(index << level, (index + 1) << level, out);
	return OK;
}

static const struct tree_source source = { .hash = naive_source };

/* PATH(m, D[start:end]), word for word: from the leaf up. */
static void naive_path(uint64_t m, uint64_t start, uint64_t end, struct tree_proof *out)
{
	uint64_t half = 1;

	if (end - start == 1)
		return;
	while (half * 2 < end - start)
		half *= 2;
	if (m < half) {
		naive_path(m, start, start + half, out);
		naive(start + half, end, &out->hash[out->count++]);
	} else {
		naive_path(m - half, start + half, end, out);
		naive(start, start + half, &out->hash[out->count++]);
	}
}

/* SUBPROOF(m, D[start:end], is_whole) */
static void naive_subproof(uint64_t m, uint64_t start, uint64_t end, bool is_whole,
			   struct tree_proof *out)
{
	uint64_t half = 1;

	if (m == end - start) {
		if (!is_whole)
			naive(start, end, &out->hash[out->count++]);
		return;
	}
	while (half * 2 < end - start)
		half *= 2;
	if (m <= half) {
		naive_subproof(m, start, start + half, is_whole, out);
		naive(start + half, end, &out->hash[out->count++]);
	} else {
		naive_subproof(m - half, start + half, end, false, out);
		naive(start, start + half, &out->hash[out->count++]);
	}
}

static void assert_same_proof(const struct tree_proof *a, const struct tree_proof *b)
{
	assert_int_equal(a->count, b->count);
	assert_memory_equal(a->hash, b->hash, a->count * sizeof(a->hash[0]));
}

/* The hashes that every implementation of RFC 6962 is tested with. */
static void hashes_are_those_of_rfc_6962(void **state)
{
	struct tree_hash left, right, hash;
	const struct span parts[] = { span_text("\x01"), span_text("N123"), span_text("N456") };
	struct digest digest;
	(void)state;

	assert_int_equal(leaf_hash(&naive_hasher, (struct span){ 0 }, &hash), OK);
	assert_hex(&hash, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
	assert_int_equal(leaf_hash(&naive_hasher, span_text("L123456"), &hash), OK);
	assert_hex(&hash, "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
	assert_int_equal(hasher_digest(&naive_hasher, parts, 3, &digest), OK);
	memcpy(hash.value, digest.value, SHA256_SIZE);
	assert_hex(&hash, "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb");
	/* A leaf of two hashes is not the node over them. */
	assert_int_equal(leaf_hash(&naive_hasher, span_text("Hello"), &left), OK);
	assert_int_equal(leaf_hash(&naive_hasher, span_text("World"), &right), OK);
	uint8_t both[2 * SHA256_SIZE];
	memcpy(both, left.value, SHA256_SIZE);
	memcpy(both + SHA256_SIZE, right.value, SHA256_SIZE);
	assert_int_equal(node_hash(&naive_hasher, &left, &right, &hash), OK);
	assert_int_equal(leaf_hash(&naive_hasher, (struct span){ both, sizeof(both) }, &left), OK);
	assert_false(tree_hash_equal(&hash, &left));
}

/* The eight leaves, and the roots, that Certificate Transparency is tested with. */
static void roots_are_those_of_certificate_transparency(void **state)
{
	static const char *const leaves[] = {
		"",
		"00",
		"10",
		"2021",
		"3031",
		"40414243",
		"5051525354555657",
		"606162636465666768696a6b6c6d6e6f",
	};
	static const char *const roots[] = {
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	};
	struct tree_range range = { 0 };
	struct tree_hash hash;
	(void)state;

	for (size_t i = 0; i <= 8; i++) {
		AUTO_DONE(bytes) entry = { 0 };

		assert_int_equal(tree_range_root(&naive_hasher, &range, &hash), OK);
		assert_hex(&hash, roots[i]);
		if (i == 8)
			break;
		assert_int_equal(hex_decode(span_text(leaves[i]), &entry), OK);
		assert_int_equal(leaf_hash(&naive_hasher, span_of(&entry), &hash), OK);
		assert_int_equal(tree_range_add(&naive_hasher, &range, &hash), OK);
	}
}

static void ranges_and_subtrees_give_the_root_of_the_recursion(void **state)
{
	struct tree_range range = { 0 };
	struct tree_hash root;
	char text[32];
	(void)state;

	for (uint64_t size = 1; size <= SIZES; size++) {
		struct tree_head head = naive_head(size);

		assert_int_equal(leaf_hash(&naive_hasher, naive_entry(size - 1, text), &root), OK);
		assert_int_equal(tree_range_add(&naive_hasher, &range, &root), OK);
		assert_int_equal(range.size, size);
		assert_int_equal(tree_range_root(&naive_hasher, &range, &root), OK);
		assert_true(tree_hash_equal(&root, &head.root));
		assert_int_equal(tree_source_hash(&naive_hasher, &source, 0, size, &root), OK);
		assert_true(tree_hash_equal(&root, &head.root));
	}
}

/* One hash changed, one missing, one more: none of them proves. */
static void assert_only_this_proof(const struct tree_hash *leaf, uint64_t index,
				   const struct tree_proof *proof, const struct tree_head *head)
{
	struct tree_proof other = *proof;

	for (size_t i = 0; i < proof->count; i++) {
		other = *proof;
		other.hash[i].value[i % SHA256_SIZE] ^= 1;
		assert_int_equal(inclusion_verify(&naive_hasher, leaf, index, &other, head),
				 STATUS_MISMATCH);
	}
	other = *proof;
	other.hash[other.count++] = head->root;
	assert_int_equal(inclusion_verify(&naive_hasher, leaf, index, &other, head),
			 STATUS_MISMATCH);
	if (proof->count > 0) {
		other = *proof;
		other.count--;
		assert_int_equal(inclusion_verify(&naive_hasher, leaf, index, &other, head),
				 STATUS_MISMATCH);
	}
}

static void inclusion_is_proven_for_each_leaf_of_each_size_and_no_other(void **state)
{
	(void)state;

	for (uint64_t size = 1; size <= SIZES; size++) {
		struct tree_head head = naive_head(size);

		for (uint64_t index = 0; index < size; index++) {
			struct tree_proof proof, expected = { 0 };
			struct tree_hash leaf;

			naive(index, index + 1, &leaf);
			naive_path(index, 0, size, &expected);
			assert_int_equal(
				inclusion_make(&naive_hasher, &source, index, size, &proof), OK);
			assert_same_proof(&proof, &expected);
			assert_int_equal(
				inclusion_verify(&naive_hasher, &leaf, index, &proof, &head), OK);
			for (uint64_t other = 0; other <= size; other++)
				if (other != index)
					assert_int_equal(inclusion_verify(&naive_hasher, &leaf,
									  other, &proof, &head),
							 STATUS_MISMATCH);
			assert_only_this_proof(&leaf, index, &proof, &head);
		}
		struct tree_proof none;
		assert_int_equal(inclusion_make(&naive_hasher, &source, size, size, &none),
				 STATUS_MALFORMED);
	}
}

static void assert_consistent_only_so(const struct tree_head *older, const struct tree_proof *proof,
				      const struct tree_head *head)
{
	struct tree_head fork = *older;
	struct tree_proof other = *proof;

	assert_int_equal(consistency_verify(&naive_hasher, older, proof, head), OK);
	for (size_t i = 0; i < proof->count; i++) {
		other = *proof;
		other.hash[i].value[i % SHA256_SIZE] ^= 1;
		assert_int_equal(consistency_verify(&naive_hasher, older, &other, head),
				 STATUS_MISMATCH);
	}
	other = *proof;
	other.hash[other.count++] = head->root;
	assert_int_equal(consistency_verify(&naive_hasher, older, &other, head), STATUS_MISMATCH);
	if (older->size == 0)
		return;
	fork.root.value[0] ^= 1;
	assert_int_equal(consistency_verify(&naive_hasher, &fork, proof, head), STATUS_MISMATCH);
	fork = *head;
	fork.root.value[0] ^= 1;
	assert_int_equal(consistency_verify(&naive_hasher, older, proof, &fork), STATUS_MISMATCH);
}

static void consistency_is_proven_between_all_sizes_and_a_tree_never_shrinks(void **state)
{
	(void)state;

	for (uint64_t size = 0; size <= SIZES; size++) {
		struct tree_head head = naive_head(size);

		for (uint64_t older = 0; older <= size; older++) {
			struct tree_head before = naive_head(older);
			struct tree_proof proof, expected = { 0 };

			if (older > 0)
				naive_subproof(older, 0, size, true, &expected);
			assert_int_equal(
				consistency_make(&naive_hasher, &source, older, size, &proof), OK);
			assert_same_proof(&proof, &expected);
			assert_consistent_only_so(&before, &proof, &head);
			if (older < size)
				assert_int_equal(
					consistency_verify(&naive_hasher, &head, &proof, &before),
					STATUS_MISMATCH);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_those_of_rfc_6962),
		cmocka_unit_test(roots_are_those_of_certificate_transparency),
		cmocka_unit_test(ranges_and_subtrees_give_the_root_of_the_recursion),
		cmocka_unit_test(inclusion_is_proven_for_each_leaf_of_each_size_and_no_other),
		cmocka_unit_test(consistency_is_proven_between_all_sizes_and_a_tree_never_shrinks),
	};

	return cmocka_run_group_tests(tests, naive_hasher_init, naive_hasher_done);
}
