/* SPDX-License-Identifier: Apache-2.0 */
/* A set's files in the reference image: blocks of paths that share their beginning. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policies/reference/file_table.h"

/* A set's lines, its table, and the table's bytes, copied so that nothing lies behind. */
struct table {
	struct bytes text;
	struct image_builder image;
	struct file_table_result result;
	struct file_lookup files;
	uint8_t *records;
};

static void table_done(struct table *t)
{
	bytes_done(&t->text);
	image_builder_done(&t->image);
	free(t->records);
}

AUTO_RELEASE(table, table_done);

static void list(struct table *t, struct span path)
{
	struct digest digest;

	assert_int_equal(digest_of(DIGEST_SHA256, path, &digest), OK);
	assert_int_equal(hex_append(&t->text, digest_span(&digest)), OK);
	assert_int_equal(bytes_append(&t->text, span_text("  ")), OK);
	assert_int_equal(bytes_append(&t->text, path), OK);
	assert_int_equal(bytes_append_byte(&t->text, '\n'), OK);
}

static int compare_lines(const void *a, const void *b)
{
	return span_compare(*(const struct span *)a, *(const struct span *)b);
}

/* In the order that a set file must have. */
static void sort_lines(struct bytes *text)
{
	AUTO_DONE(bytes) sorted = { 0 };
	struct span line[1024];
	struct span rest = span_of(text);
	size_t count = 0;

	while (text_next_line(&rest, &line[count]))
		assert_true(++count < sizeof(line) / sizeof(line[0]));
	qsort(line, count, sizeof(line[0]), compare_lines);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(bytes_append(&sorted, line[i]), OK);
		assert_int_equal(bytes_append_byte(&sorted, '\n'), OK);
	}
	bytes_done(text);
	*text = sorted;
	sorted = (struct bytes){ 0 };
}

static void build(struct table *t)
{
	struct digest key = digest_filled(DIGEST_SHA256, 7);
	struct file_table table;

	sort_lines(&t->text);
	assert_int_equal(image_builder_init(&t->image), OK);
	assert_int_equal(image_file_table(&t->image, span_of(&t->text), &key, &t->result), OK);

	struct reader r = reader_over(span_of(&t->image.section[IMAGE_FILE_TABLES]));
	struct span records = span_of(&t->image.section[IMAGE_FILE_RECORDS]);
	file_table_read(&r, &table);
	assert_int_equal(reader_end(&r), OK);
	assert_int_equal(records.len % IMAGE_ALIGN, 0);
	t->records = malloc(records.len);
	assert_non_null(t->records);
	memcpy(t->records, records.data, records.len);
	t->files = file_table_open(&table, span_of(&t->image.section[IMAGE_FILE_SLOTS]),
				   (struct span){ t->records, records.len });
}

/* Files of a few directories, in any order, one of them with a space. */
static void build_usual(struct table *t, size_t count)
{
	static const char *const directories[] = { "/usr/lib/", "/usr/lib/two words/",
						   "/usr/share/doc/package/", "/" };
	char path[64];

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "%sfile-%zu", directories[i / 5 % 4], i * 7919);
		list(t, span_text(path));
	}
	build(t);
}

/* One step, and all of them: they must say the same. */
static enum status look_up(const struct file_lookup *files, struct span path,
			   const struct digest *digest)
{
	struct file_place place = file_lookup_place(files, path);
	enum status status = file_lookup_find(files, &place, path, digest);

	file_lookup_fetch(files, &place);
	assert_int_equal(file_lookup_find(files, &place, path, digest), status);
	assert_true(status == OK || !file_lookup_is_fetched(files, 1, &place, path, digest));
	return status;
}

/* How many of the listed files are found, by path and digest and by the space they have. */
static size_t count_found(const struct table *t)
{
	struct set_reader reader = set_reader_over(span_of(&t->text));
	struct set_entry entry;
	size_t count = 0;

	while (set_reader_next(&reader, &entry) == OK) {
		uint8_t logged[SET_PATH_MAX];
		struct span path = { logged, entry.path.len };
		struct digest digest = { .alg = DIGEST_SHA256 };
		struct digest found;
		bool had_space = memchr(entry.path.data, ' ', entry.path.len) != NULL;

		path_as_logged(entry.path, logged);
		memcpy(digest.value, entry.digest, SHA256_SIZE);
		if (look_up(&t->files, path, &digest) == OK &&
		    file_lookup_digests(&t->files, path, had_space, &found, 1) == 1 &&
		    file_lookup_has_digest(&t->files, &digest))
			count++;
	}
	return count;
}

static void each_file_is_found_however_many_a_block_has(void **state)
{
	struct digest other = digest_filled(DIGEST_SHA256, 1);
	(void)state;

	for (size_t count = 1; count <= 3 * IMAGE_BLOCK_RECORDS + 1; count++) {
		AUTO_DONE(table) t = { 0 };

		build_usual(&t, count);
		assert_int_equal(t.result.files, count);
		assert_int_equal(count_found(&t), count);
		assert_int_equal(look_up(&t.files, span_text("/usr/lib/file-0"), &other),
				 STATUS_MISMATCH);
		assert_int_equal(look_up(&t.files, span_text("/usr/lib/file-"), &other),
				 STATUS_NOT_FOUND);
		assert_int_equal(look_up(&t.files, (struct span){ 0 }, &other), STATUS_NOT_FOUND);
		assert_false(file_lookup_has_digest(&t.files, &other));
	}
}

/* What comes before a path's rest counts as much as the rest. */
static void every_byte_of_a_block_is_compared(void **state)
{
	AUTO_DONE(table) t = { 0 };
	const size_t count = IMAGE_BLOCK_RECORDS;
	(void)state;

	build_usual(&t, count);
	size_t used = IMAGE_BLOCK_PATHS + image_be16(t.records + IMAGE_BLOCK_PATHS - 2);
	for (size_t i = 0; i < used; i++)
		for (unsigned bit = 0; bit < 8; bit++) {
			t.records[i] ^= (uint8_t)(1u << bit);
			assert_true(count_found(&t) < count);
			t.records[i] ^= (uint8_t)(1u << bit);
		}
	assert_int_equal(count_found(&t), count);
}

static void no_two_bytes_of_a_table_lead_outside(void **state)
{
	static const uint16_t values[] = { 0, 1, 0x7fff, 0x8000, 0xffff };
	AUTO_DONE(table) t = { 0 };
	(void)state;

	build_usual(&t, IMAGE_BLOCK_RECORDS + 3);
	for (size_t at = 0; at < t.files.records.len; at += 2) {
		uint8_t kept[2] = { t.records[at], t.records[at + 1] };

		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			t.records[at] = (uint8_t)(values[i] >> 8);
			t.records[at + 1] = (uint8_t)values[i];
			(void)count_found(&t);
		}
		memcpy(t.records + at, kept, sizeof(kept));
	}
}

/* Each rule for what a head may say. */
static void a_record_lies_inside_what_is_there(void **state)
{
	uint8_t block[IMAGE_BLOCK_MIN] = { 0 };
	struct file_lookup files = { .records = { block, sizeof(block) } };
	uint8_t *first = block + IMAGE_BLOCK_HEADS, *second = first + IMAGE_RECORD_HEAD;
	struct file_record record;
	(void)state;

	memcpy(block + IMAGE_BLOCK_PATHS, "/ab", 3);
	first[3] = 2; /* "/a" */
	second[1] = 1;
	second[3] = 3; /* "/b" */
	assert_true(file_lookup_record(&files, 0, &record));
	assert_true(file_record_has_path(&record, span_text("/a")));
	assert_true(file_lookup_record(&files, 1, &record));
	assert_true(file_record_has_path(&record, span_text("/b")));
	assert_false(file_record_has_path(&record, span_text("/a")));
	assert_false(file_record_has_path(&record, span_text("xb")));
	assert_false(file_record_has_path(&record, span_text("/")));
	/* No block. */
	assert_false(file_lookup_record(&files, IMAGE_ALIGN, &record));
	assert_false(file_lookup_record(&files, UINT32_MAX - 1, &record));
	/* The third ends before it begins; the fourth has no path; the first has nothing to share. */
	assert_false(file_lookup_record(&files, 2, &record));
	assert_false(file_lookup_record(&files, 3, &record));
	first[1] = 1;
	assert_false(file_lookup_record(&files, 0, &record));
	second[1] = 2;
	assert_true(file_lookup_record(&files, 1, &record));
	second[1] = 3;
	assert_false(file_lookup_record(&files, 1, &record));
	second[1] = 1;
	second[3] = IMAGE_ALIGN;
	assert_true(file_lookup_record(&files, 1, &record));
	second[3] = IMAGE_ALIGN + 1;
	assert_false(file_lookup_record(&files, 1, &record));
	/* What would be the head of one place more. */
	memset(block, 0, sizeof(block));
	block[IMAGE_BLOCK_PATHS + 3] = 1;
	assert_false(file_lookup_record(&files, IMAGE_BLOCK_RECORDS, &record));
}

static void records_that_were_cut_short_are_not_read_beyond(void **state)
{
	AUTO_DONE(table) t = { 0 };
	const size_t count = IMAGE_BLOCK_RECORDS + 3;
	(void)state;

	build_usual(&t, count);
	size_t len = t.files.records.len;
	size_t last = count;
	for (size_t cut = 1; cut <= len; cut++) {
		uint8_t *copy = malloc(len - cut);

		if (cut < len) {
			assert_non_null(copy);
			memcpy(copy, t.records, len - cut);
		}
		t.files.records = (struct span){ copy, len - cut };
		size_t found = count_found(&t);
		assert_true(found <= last);
		last = found;
		free(copy);
	}
	assert_int_equal(last, 0);
}

static void a_block_of_the_longest_paths_has_room(void **state)
{
	AUTO_DONE(table) t = { 0 };
	char path[SET_PATH_MAX];
	const size_t count = IMAGE_BLOCK_RECORDS + 1;
	(void)state;

	path[0] = '/';
	for (size_t i = 0; i < count; i++) {
		memset(path + 1, (int)('a' + i), sizeof(path) - 1);
		list(&t, (struct span){ (const uint8_t *)path, sizeof(path) });
	}
	build(&t);
	assert_int_equal(count_found(&t), count);
}

/* Both are logged as "/opt/a_b". */
static void two_files_that_ima_spells_alike_are_told_apart(void **state)
{
	AUTO_DONE(table) t = { 0 };
	struct span logged = span_text("/opt/a_b");
	struct digest with, without, found[3];
	(void)state;

	list(&t, span_text("/opt/a b"));
	list(&t, span_text("/opt/a_b"));
	build(&t);
	assert_int_equal(digest_of(DIGEST_SHA256, span_text("/opt/a b"), &with), OK);
	assert_int_equal(digest_of(DIGEST_SHA256, logged, &without), OK);
	assert_int_equal(look_up(&t.files, logged, &with), OK);
	assert_int_equal(look_up(&t.files, logged, &without), OK);
	assert_int_equal(file_lookup_digests(&t.files, logged, true, found, 3), 1);
	assert_true(digest_equal(&found[0], &with));
	assert_int_equal(file_lookup_digests(&t.files, logged, false, found, 3), 1);
	assert_true(digest_equal(&found[0], &without));
}

/* A release of half a million files has to fit into 40 MiB. */
static void what_paths_share_is_stored_once(void **state)
{
	AUTO_DONE(table) t = { 0 };
	const size_t count = 1000;
	char path[64];
	(void)state;

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "/usr/share/package-0/directory-%zu/file-%zu",
			       i / 50, i);
		list(&t, span_text(path));
	}
	build(&t);
	assert_int_equal(count_found(&t), count);
	assert_true(t.files.records.len < count * 52);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_file_is_found_however_many_a_block_has),
		cmocka_unit_test(every_byte_of_a_block_is_compared),
		cmocka_unit_test(no_two_bytes_of_a_table_lead_outside),
		cmocka_unit_test(a_record_lies_inside_what_is_there),
		cmocka_unit_test(records_that_were_cut_short_are_not_read_beyond),
		cmocka_unit_test(a_block_of_the_longest_paths_has_room),
		cmocka_unit_test(two_files_that_ima_spells_alike_are_told_apart),
		cmocka_unit_test(what_paths_share_is_stored_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
