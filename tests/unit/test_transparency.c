/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "policies/transparency/merkle_proof.h"
#include "policies/transparency/tile.h"
#include "policies/transparency/tree_edge.h"

/* Trees of each size up to here, against RFC 6962's own recursion. */
#define SIZES 70
#define FILES_MAX 1400

static struct hasher hasher;

static int make_hasher(void **state)
{
	(void)state;
	return hasher_init(&hasher, DIGEST_SHA256) == OK ? 0 : -1;
}

static int free_hasher(void **state)
{
	(void)state;
	hasher_done(&hasher);
	return 0;
}

static void assert_hex(const struct tree_hash *hash, const char *hex)
{
	AUTO_DONE(bytes) text = { 0 };

	assert_int_equal(hex_append(&text, tree_hash_span(hash)), OK);
	assert_int_equal(text.len, strlen(hex));
	assert_memory_equal(text.data, hex, text.len);
}

static struct span entry_of(uint64_t index, char text[32])
{
	(void)snprintf(text, 32, "entry %llu", (unsigned long long)index);
	return span_text(text);
}

/* MTH(D[start:end]), word for word. */
static void naive(uint64_t start, uint64_t end, struct tree_hash *out)
{
	struct tree_hash left, right;
	uint64_t half = 1;
	char text[32];

	if (end - start == 1) {
		assert_int_equal(leaf_hash(&hasher, entry_of(start, text), out), OK);
		return;
	}
	while (half * 2 < end - start)
		half *= 2;
	naive(start, start + half, &left);
	naive(start + half, end, &right);
	assert_int_equal(node_hash(&hasher, &left, &right, out), OK);
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

static struct tree_head naive_head(uint64_t size)
{
	struct tree_head head = { .size = size };
	struct tree_range none = { 0 };

	if (size == 0)
		assert_int_equal(tree_range_root(&hasher, &none, &head.root), OK);
	else
		naive(0, size, &head.root);
	return head;
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

	assert_int_equal(leaf_hash(&hasher, (struct span){ 0 }, &hash), OK);
	assert_hex(&hash, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
	assert_int_equal(leaf_hash(&hasher, span_text("L123456"), &hash), OK);
	assert_hex(&hash, "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
	assert_int_equal(hasher_digest(&hasher, parts, 3, &digest), OK);
	memcpy(hash.value, digest.value, SHA256_SIZE);
	assert_hex(&hash, "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb");
	/* A leaf of two hashes is not the node over them. */
	assert_int_equal(leaf_hash(&hasher, span_text("Hello"), &left), OK);
	assert_int_equal(leaf_hash(&hasher, span_text("World"), &right), OK);
	uint8_t both[2 * SHA256_SIZE];
	memcpy(both, left.value, SHA256_SIZE);
	memcpy(both + SHA256_SIZE, right.value, SHA256_SIZE);
	assert_int_equal(node_hash(&hasher, &left, &right, &hash), OK);
	assert_int_equal(leaf_hash(&hasher, (struct span){ both, sizeof(both) }, &left), OK);
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

		assert_int_equal(tree_range_root(&hasher, &range, &hash), OK);
		assert_hex(&hash, roots[i]);
		if (i == 8)
			break;
		assert_int_equal(hex_decode(span_text(leaves[i]), &entry), OK);
		assert_int_equal(leaf_hash(&hasher, span_of(&entry), &hash), OK);
		assert_int_equal(tree_range_add(&hasher, &range, &hash), OK);
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

		assert_int_equal(leaf_hash(&hasher, entry_of(size - 1, text), &root), OK);
		assert_int_equal(tree_range_add(&hasher, &range, &root), OK);
		assert_int_equal(range.size, size);
		assert_int_equal(tree_range_root(&hasher, &range, &root), OK);
		assert_true(tree_hash_equal(&root, &head.root));
		assert_int_equal(tree_source_hash(&hasher, &source, 0, size, &root), OK);
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
		assert_int_equal(inclusion_verify(&hasher, leaf, index, &other, head),
				 STATUS_MISMATCH);
	}
	other = *proof;
	other.hash[other.count++] = head->root;
	assert_int_equal(inclusion_verify(&hasher, leaf, index, &other, head), STATUS_MISMATCH);
	if (proof->count > 0) {
		other = *proof;
		other.count--;
		assert_int_equal(inclusion_verify(&hasher, leaf, index, &other, head),
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
			assert_int_equal(inclusion_make(&hasher, &source, index, size, &proof), OK);
			assert_same_proof(&proof, &expected);
			assert_int_equal(inclusion_verify(&hasher, &leaf, index, &proof, &head),
					 OK);
			for (uint64_t other = 0; other <= size; other++)
				if (other != index)
					assert_int_equal(inclusion_verify(&hasher, &leaf, other,
									  &proof, &head),
							 STATUS_MISMATCH);
			assert_only_this_proof(&leaf, index, &proof, &head);
		}
		struct tree_proof none;
		assert_int_equal(inclusion_make(&hasher, &source, size, size, &none),
				 STATUS_MALFORMED);
	}
}

static void assert_consistent_only_so(const struct tree_head *older, const struct tree_proof *proof,
				      const struct tree_head *head)
{
	struct tree_head fork = *older;
	struct tree_proof other = *proof;

	assert_int_equal(consistency_verify(&hasher, older, proof, head), OK);
	for (size_t i = 0; i < proof->count; i++) {
		other = *proof;
		other.hash[i].value[i % SHA256_SIZE] ^= 1;
		assert_int_equal(consistency_verify(&hasher, older, &other, head), STATUS_MISMATCH);
	}
	other = *proof;
	other.hash[other.count++] = head->root;
	assert_int_equal(consistency_verify(&hasher, older, &other, head), STATUS_MISMATCH);
	if (older->size == 0)
		return;
	fork.root.value[0] ^= 1;
	assert_int_equal(consistency_verify(&hasher, &fork, proof, head), STATUS_MISMATCH);
	fork = *head;
	fork.root.value[0] ^= 1;
	assert_int_equal(consistency_verify(&hasher, older, proof, &fork), STATUS_MISMATCH);
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
			assert_int_equal(consistency_make(&hasher, &source, older, size, &proof),
					 OK);
			assert_same_proof(&proof, &expected);
			assert_consistent_only_so(&before, &proof, &head);
			if (older < size)
				assert_int_equal(
					consistency_verify(&hasher, &head, &proof, &before),
					STATUS_MISMATCH);
		}
	}
}

/* A directory in memory. */
static struct {
	char path[TILE_PATH_MAX];
	struct bytes content;
} files[FILES_MAX];
static size_t file_count;

static size_t find_file(const char *path)
{
	size_t at = 0;

	while (at < file_count && strcmp(files[at].path, path) != 0)
		at++;
	return at;
}

static enum status read_file(void *self, const char *path, size_t max, struct bytes *out)
{
	size_t at = find_file(path);
	(void)self;

	if (at == file_count)
		return STATUS_NOT_FOUND;
	if (files[at].content.len > max)
		return STATUS_TOO_LARGE;
	return bytes_copy(span_of(&files[at].content), out);
}

static enum status write_file(void *self, const char *path, struct span content)
{
	size_t at = find_file(path);
	(void)self;

	assert_true(at < FILES_MAX);
	if (at == file_count)
		(void)snprintf(files[file_count++].path, TILE_PATH_MAX, "%s", path);
	bytes_done(&files[at].content);
	return bytes_copy(content, &files[at].content);
}

static const struct tile_source tiles = { .read = read_file };
static const struct tile_sink sink = { .write = write_file };

static int forget_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < file_count; i++)
		bytes_done(&files[i].content);
	file_count = 0;
	return 0;
}

static void paths_are_those_of_the_specification(void **state)
{
	static const struct {
		struct tile tile;
		const char *path;
	} cases[] = {
		{ { .level = 0, .index = 0, .width = 256 }, "tile/0/000" },
		{ { .level = 2, .index = 1234067, .width = 256 }, "tile/2/x001/x234/067" },
		{ { .level = 0, .index = 273, .width = 112 }, "tile/0/273.p/112" },
		{ { .is_bundle = true, .index = 1000, .width = 1 }, "tile/entries/x001/000.p/1" },
		{ { .level = 7, .index = UINT64_C(36028797018963967), .width = 255 },
		  "tile/7/x036/x028/x797/x018/x963/967.p/255" },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char path[TILE_PATH_MAX];

		tile_path(&cases[i].tile, path);
		assert_string_equal(path, cases[i].path);
	}
	/* A tree of 70,000, as the specification counts it. */
	assert_int_equal(tile_width(0, 272, 70000), 256);
	assert_int_equal(tile_width(0, 273, 70000), 112);
	assert_int_equal(tile_width(0, 274, 70000), 0);
	assert_int_equal(tile_width(1, 0, 70000), 256);
	assert_int_equal(tile_width(1, 1, 70000), 17);
	assert_int_equal(tile_width(2, 0, 70000), 1);
	assert_int_equal(tile_width(3, 0, 70000), 0);
	assert_int_equal(tile_width(0, 0, 256), 256);
	assert_int_equal(tile_width(1, 0, 256), 1);
	assert_int_equal(tile_width(8, 0, 256), 0);
}

/* Adds entries up to size and makes the tree durable. */
static struct tree_head grow(struct tree_edge *edge, uint64_t size)
{
	struct tree_head head;
	char text[32];

	while (edge->size < size)
		assert_int_equal(tree_edge_add(&hasher, edge, &sink, entry_of(edge->size, text)),
				 OK);
	assert_int_equal(tree_edge_flush(edge, &sink), OK);
	assert_int_equal(tree_edge_head(&hasher, edge, &head), OK);
	return head;
}

static void a_tree_of_tiles_has_the_roots_and_proofs_of_the_recursion(void **state)
{
	static const uint64_t sizes[] = { 1, 2, 255, 256, 257, 511, 512, 513, 700 };
	AUTO_DONE(tree_edge) edge = { 0 };
	(void)state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct tree_head head = grow(&edge, sizes[i]);
		struct tree_head expected = naive_head(sizes[i]);
		AUTO_DONE(tile_tree) tree;

		assert_true(tree_hash_equal(&head.root, &expected.root));
		tile_tree_init(&tree, &hasher, &tiles, head.size);
		struct tree_source from = tile_tree_source(&tree);
		for (uint64_t index = 0; index < head.size; index += 1 + head.size / 7) {
			struct tree_proof proof;
			struct tree_hash leaf;

			naive(index, index + 1, &leaf);
			assert_int_equal(inclusion_make(&hasher, &from, index, head.size, &proof),
					 OK);
			assert_int_equal(inclusion_verify(&hasher, &leaf, index, &proof, &head),
					 OK);
		}
		for (size_t j = 0; j <= i; j++) {
			struct tree_head older = naive_head(sizes[j]);
			struct tree_proof proof;

			assert_int_equal(
				consistency_make(&hasher, &from, older.size, head.size, &proof),
				OK);
			assert_int_equal(consistency_verify(&hasher, &older, &proof, &head), OK);
		}
	}
}

/* Each batch goes on from what the files say, as a new process does. */
static void an_edge_that_is_loaded_goes_on_as_the_one_that_was_kept(void **state)
{
	static const uint64_t sizes[] = { 0, 3, 255, 256, 300, 600 };
	struct tree_head head = naive_head(0);
	(void)state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		AUTO_DONE(tree_edge) edge = { 0 };
		struct tree_head expected = naive_head(sizes[i]);

		assert_int_equal(tree_edge_load(&hasher, &tiles, &head, &edge), OK);
		head = grow(&edge, sizes[i]);
		assert_true(tree_hash_equal(&head.root, &expected.root));
	}
}

static void a_full_tile_stands_in_for_the_partial_one_that_was_deleted(void **state)
{
	AUTO_DONE(tree_edge) edge = { 0 };
	struct tree_head small = grow(&edge, 100);
	AUTO_DONE(tree_edge) again = { 0 };
	(void)state;

	(void)grow(&edge, 300);
	files[find_file("tile/0/000.p/100")].path[0] = '\0';
	files[find_file("tile/entries/000.p/100")].path[0] = '\0';
	assert_int_equal(tree_edge_load(&hasher, &tiles, &small, &again), OK);
	assert_int_equal(again.size, 100);
}

static void tiles_that_are_not_the_trees_are_refused(void **state)
{
	AUTO_DONE(tree_edge) edge = { 0 };
	struct tree_head head = grow(&edge, 300);
	static const char *const paths[] = { "tile/0/001.p/44", "tile/1/000.p/1",
					     "tile/entries/001.p/44" };
	(void)state;

	for (size_t i = 0; i < 3; i++) {
		struct bytes *content = &files[find_file(paths[i])].content;
		AUTO_DONE(tree_edge) out = { 0 };

		for (size_t at = 0; at < content->len; at += 37) {
			content->data[at] ^= 0x40;
			assert_int_not_equal(tree_edge_load(&hasher, &tiles, &head, &out), OK);
			assert_int_equal(out.size, 0);
			content->data[at] ^= 0x40;
		}
		for (size_t len = 0; len < content->len; len += 31) {
			size_t whole = content->len;

			content->len = len;
			assert_int_not_equal(tree_edge_load(&hasher, &tiles, &head, &out), OK);
			content->len = whole;
		}
		assert_int_equal(tree_edge_load(&hasher, &tiles, &head, &out), OK);
	}
}

static void entries_over_the_limit_are_refused(void **state)
{
	static const uint8_t large[ENTRY_MAX + 1];
	AUTO_DONE(tree_edge) edge = { 0 };
	struct span rest = { 0 }, entry;
	(void)state;

	assert_int_equal(tree_edge_add(&hasher, &edge, &sink, (struct span){ large, ENTRY_MAX }),
			 OK);
	assert_int_equal(
		tree_edge_add(&hasher, &edge, &sink, (struct span){ large, ENTRY_MAX + 1 }),
		STATUS_TOO_LARGE);
	assert_int_equal(edge.size, 1);
	assert_int_equal(bundle_next(&rest, &entry), STATUS_NOT_FOUND);
	rest = (struct span){ (const uint8_t *)"\x00\x02x", 3 };
	assert_int_equal(bundle_next(&rest, &entry), STATUS_TRUNCATED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_those_of_rfc_6962),
		cmocka_unit_test(roots_are_those_of_certificate_transparency),
		cmocka_unit_test(ranges_and_subtrees_give_the_root_of_the_recursion),
		cmocka_unit_test(inclusion_is_proven_for_each_leaf_of_each_size_and_no_other),
		cmocka_unit_test(consistency_is_proven_between_all_sizes_and_a_tree_never_shrinks),
		cmocka_unit_test(paths_are_those_of_the_specification),
		cmocka_unit_test_teardown(a_tree_of_tiles_has_the_roots_and_proofs_of_the_recursion,
					  forget_files),
		cmocka_unit_test_teardown(an_edge_that_is_loaded_goes_on_as_the_one_that_was_kept,
					  forget_files),
		cmocka_unit_test_teardown(
			a_full_tile_stands_in_for_the_partial_one_that_was_deleted, forget_files),
		cmocka_unit_test_teardown(tiles_that_are_not_the_trees_are_refused, forget_files),
		cmocka_unit_test_teardown(entries_over_the_limit_are_refused, forget_files),
	};

	return cmocka_run_group_tests(tests, make_hasher, free_hasher);
}
