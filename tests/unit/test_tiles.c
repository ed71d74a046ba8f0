/* SPDX-License-Identifier: Apache-2.0 */
/* A tree kept as tiles, in a directory. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "naive_tree.h"
#include "policies/transparency/merkle_proof.h"
#include "policies/transparency/tile_check.h"

#define FILES_MAX 1400

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
		assert_int_equal(
			tree_edge_add(&naive_hasher, edge, &sink, naive_entry(edge->size, text)),
			OK);
	assert_int_equal(tree_edge_flush(edge, &sink), OK);
	assert_int_equal(tree_edge_head(&naive_hasher, edge, &head), OK);
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
		tile_tree_init(&tree, &naive_hasher, &tiles, head.size);
		struct tree_source from = tile_tree_source(&tree);
		for (uint64_t index = 0; index < head.size; index += 1 + head.size / 7) {
			struct tree_proof proof;
			struct tree_hash leaf;

			naive(index, index + 1, &leaf);
			assert_int_equal(
				inclusion_make(&naive_hasher, &from, index, head.size, &proof), OK);
			assert_int_equal(
				inclusion_verify(&naive_hasher, &leaf, index, &proof, &head), OK);
		}
		for (size_t j = 0; j <= i; j++) {
			struct tree_head older = naive_head(sizes[j]);
			struct tree_proof proof;

			assert_int_equal(consistency_make(&naive_hasher, &from, older.size,
							  head.size, &proof),
					 OK);
			assert_int_equal(consistency_verify(&naive_hasher, &older, &proof, &head),
					 OK);
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

		assert_int_equal(tree_edge_load(&naive_hasher, &tiles, &head, &edge), OK);
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
	assert_int_equal(tree_edge_load(&naive_hasher, &tiles, &small, &again), OK);
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
			assert_int_not_equal(tree_edge_load(&naive_hasher, &tiles, &head, &out),
					     OK);
			assert_int_equal(out.size, 0);
			content->data[at] ^= 0x40;
		}
		for (size_t len = 0; len < content->len; len += 31) {
			size_t whole = content->len;

			content->len = len;
			assert_int_not_equal(tree_edge_load(&naive_hasher, &tiles, &head, &out),
					     OK);
			content->len = whole;
		}
		assert_int_equal(tree_edge_load(&naive_hasher, &tiles, &head, &out), OK);
	}
}

static void entries_over_the_limit_are_refused(void **state)
{
	static const uint8_t large[ENTRY_MAX + 1];
	AUTO_DONE(tree_edge) edge = { 0 };
	struct span rest = { 0 }, entry;
	(void)state;

	assert_int_equal(
		tree_edge_add(&naive_hasher, &edge, &sink, (struct span){ large, ENTRY_MAX }), OK);
	assert_int_equal(
		tree_edge_add(&naive_hasher, &edge, &sink, (struct span){ large, ENTRY_MAX + 1 }),
		STATUS_TOO_LARGE);
	assert_int_equal(edge.size, 1);
	assert_int_equal(bundle_next(&rest, &entry), STATUS_NOT_FOUND);
	rest = (struct span){ (const uint8_t *)"\x00\x02x", 3 };
	assert_int_equal(bundle_next(&rest, &entry), STATUS_TRUNCATED);
}

/* The tile that differs from what size entries give; "" where none does. */
static const char *checked(uint64_t size)
{
	static char differs[TILE_PATH_MAX];
	AUTO_DONE(tile_check) check;
	char text[32];

	tile_check_init(&check, &tiles);
	for (uint64_t i = 0; i < size; i++)
		assert_int_equal(tile_check_add(&naive_hasher, &check, naive_entry(i, text)), OK);

	enum status status = tile_check_end(&check);
	memcpy(differs, check.differs, sizeof(differs));
	assert_int_equal(status, differs[0] == '\0' ? OK : STATUS_MISMATCH);
	return differs;
}

static void each_byte_of_a_hash_tile_is_compared(void **state)
{
	static const char *const paths[] = { "tile/0/000", "tile/0/001", "tile/0/002.p/188",
					     "tile/1/000.p/2" };
	AUTO_DONE(tree_edge) edge = { 0 };
	(void)state;

	(void)grow(&edge, 700);
	assert_string_equal(checked(700), "");
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct bytes *content = &files[find_file(paths[i])].content;

		for (size_t at = 0; at < content->len; at += 1 + content->len / 5) {
			content->data[at] ^= 1;
			assert_string_equal(checked(700), paths[i]);
			content->data[at] ^= 1;
		}
		content->data[content->len - 1] ^= 0x80;
		assert_string_equal(checked(700), paths[i]);
		content->data[content->len - 1] ^= 0x80;
		assert_string_equal(checked(700), "");
	}
}

static void a_hash_tile_of_another_length_or_none_differs(void **state)
{
	static const char *const paths[] = { "tile/0/000", "tile/0/002.p/188", "tile/1/000.p/2" };
	AUTO_DONE(tree_edge) edge = { 0 };
	(void)state;

	(void)grow(&edge, 700);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		size_t at = find_file(paths[i]);
		struct bytes *content = &files[at].content;

		content->len--;
		assert_string_equal(checked(700), paths[i]);
		content->len++;
		assert_int_equal(bytes_append_byte(content, 0), OK);
		assert_string_equal(checked(700), paths[i]);
		content->len--;
		files[at].path[0] = 'x';
		assert_string_equal(checked(700), paths[i]);
		files[at].path[0] = 't';
	}
	assert_string_equal(checked(700), "");
}

/* What an older checkpoint of the same directory names. */
static void a_full_tile_stands_for_the_partial_ones_before_it(void **state)
{
	AUTO_DONE(tree_edge) edge = { 0 };
	(void)state;

	(void)grow(&edge, 700);
	assert_string_equal(checked(200), "");
	assert_string_equal(checked(300), "tile/1/000.p/1");
	files[find_file("tile/0/000")].content.data[199 * SHA256_SIZE] ^= 1;
	assert_string_equal(checked(200), "tile/0/000.p/200");
	assert_string_equal(checked(199), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_those_of_the_specification),
		cmocka_unit_test_teardown(a_tree_of_tiles_has_the_roots_and_proofs_of_the_recursion,
					  forget_files),
		cmocka_unit_test_teardown(an_edge_that_is_loaded_goes_on_as_the_one_that_was_kept,
					  forget_files),
		cmocka_unit_test_teardown(
			a_full_tile_stands_in_for_the_partial_one_that_was_deleted, forget_files),
		cmocka_unit_test_teardown(tiles_that_are_not_the_trees_are_refused, forget_files),
		cmocka_unit_test_teardown(entries_over_the_limit_are_refused, forget_files),
		cmocka_unit_test_teardown(each_byte_of_a_hash_tile_is_compared, forget_files),
		cmocka_unit_test_teardown(a_hash_tile_of_another_length_or_none_differs,
					  forget_files),
		cmocka_unit_test_teardown(a_full_tile_stands_for_the_partial_ones_before_it,
					  forget_files),
	};

	return cmocka_run_group_tests(tests, naive_hasher_init, naive_hasher_done);
}
