/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attestd/broker/logs.h"
#include "base/digest.h"
#include "base/writer.h"
#include "scratch.h"

#define MAX ((size_t)1 << 20)

static char directory[SCRATCH_MAX];
static char ima_path[128], boot_path[128], count_path[128];
static struct log_files logs;

static void put_le32(struct writer *w, size_t value)
{
	for (int shift = 0; shift < 32; shift += 8)
		writer_u8(w, (uint8_t)(value >> shift));
}

/* An ima-ng entry with a path of its own. */
static void entry(unsigned number, struct bytes *out)
{
	static const uint8_t kind[] = "sha256:";
	static const uint8_t hash[SHA256_SIZE] = { 1 };
	static const uint8_t template_hash[20] = { 2 };
	char path[32];
	struct writer w = writer_to(out, MAX);

	(void)snprintf(path, sizeof(path), "/bin/%u", number);
	put_le32(&w, 10);
	writer_put(&w, (struct span){ template_hash, sizeof(template_hash) });
	put_le32(&w, 6);
	writer_put(&w, span_text("ima-ng"));
	put_le32(&w, 4 + sizeof(kind) + sizeof(hash) + 4 + strlen(path) + 1);
	put_le32(&w, sizeof(kind) + sizeof(hash));
	writer_put(&w, (struct span){ kind, sizeof(kind) });
	writer_put(&w, (struct span){ hash, sizeof(hash) });
	put_le32(&w, strlen(path) + 1);
	writer_put(&w, (struct span){ (const uint8_t *)path, strlen(path) + 1 });
	assert_int_equal(writer_end(&w), OK);
}

static void entries(unsigned from, unsigned to, struct bytes *out)
{
	for (unsigned i = from; i < to; i++)
		entry(i, out);
}

static void put(const char *path, const char *mode, struct span content)
{
	FILE *f = fopen(path, mode);

	assert_non_null(f);
	if (content.len > 0)
		assert_int_equal(fwrite(content.data, 1, content.len, f), content.len);
	assert_int_equal(fclose(f), 0);
}

static int open_all(void **state)
{
	AUTO_DONE(bytes) log = { 0 };

	(void)state;
	assert_non_null(mkdtemp(scratch_name(directory, "logs")));
	(void)snprintf(ima_path, sizeof(ima_path), "%s/ima", directory);
	(void)snprintf(boot_path, sizeof(boot_path), "%s/boot", directory);
	(void)snprintf(count_path, sizeof(count_path), "%s/count", directory);
	entries(0, 10, &log);
	put(ima_path, "wb", span_of(&log));
	put(boot_path, "wb", span_text("boot log"));
	put(count_path, "wb", span_text("10\n"));
	logs_open(boot_path, ima_path, count_path, &logs);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	logs_done(&logs);
	(void)unlink(ima_path);
	(void)unlink(boot_path);
	(void)unlink(count_path);
	return rmdir(directory);
}

static void assert_read(uint64_t wanted, uint64_t first, unsigned from, unsigned to, size_t max)
{
	AUTO_DONE(bytes) expected = { 0 };
	AUTO_DONE(bytes) got = { 0 };

	entries(from, to, &expected);
	uint64_t goes_on_at = UINT64_MAX;

	assert_int_equal(logs_read_ima(&logs, max, &wanted, &got, &goes_on_at), OK);
	assert_int_equal(wanted, first);
	assert_true(goes_on_at == 0 || goes_on_at == to);
	assert_true(span_equal(span_of(&got), span_of(&expected)));
}

static void only_what_is_new_is_read(void **state)
{
	AUTO_DONE(bytes) more = { 0 };

	(void)state;
	assert_read(0, 0, 0, 10, MAX);
	assert_read(7, 7, 7, 10, MAX);
	assert_read(10, 10, 10, 10, MAX);
	entries(10, 12, &more);
	put(ima_path, "ab", span_of(&more));
	assert_read(10, 10, 10, 12, MAX);
	/* A verifier that lost its session asks from the start. */
	assert_read(0, 0, 0, 12, MAX);
	assert_read(3, 3, 3, 12, MAX);
}

static void a_shorter_log_than_the_verifier_remembers_starts_over(void **state)
{
	(void)state;
	assert_read(11, 0, 0, 10, MAX);
}

static void the_cap_cuts_between_entries(void **state)
{
	AUTO_DONE(bytes) three = { 0 };

	(void)state;
	entries(0, 3, &three);
	assert_read(0, 0, 0, 3, three.len);
	assert_read(0, 0, 0, 3, three.len + 5);
	assert_read(0, 0, 0, 2, three.len - 1);
	assert_read(3, 3, 3, 6, three.len);
}

static void a_long_log_goes_in_parts_and_none_is_read_twice(void **state)
{
	static const uint8_t garbage[16] = { 0xff, 0xff, 0xff, 0xff };
	AUTO_DONE(bytes) log = { 0 };
	uint64_t first = 0, goes_on_at = 0;
	unsigned parts = 0;

	(void)state;
	entries(0, 3000, &log);
	put(ima_path, "wb", span_of(&log));
	do {
		AUTO_DONE(bytes) part = { 0 };
		AUTO_DONE(bytes) expected = { 0 };
		uint64_t asked = first;

		assert_int_equal(logs_read_ima(&logs, LOGS_PART_MIN, &first, &part, &goes_on_at),
				 OK);
		assert_int_equal(first, asked);
		assert_true(goes_on_at == 0 || part.len >= LOGS_PART_MIN);
		entries((unsigned)first, goes_on_at > 0 ? (unsigned)goes_on_at : 3000, &expected);
		assert_true(span_equal(span_of(&part), span_of(&expected)));
		/* Whoever read what was sent already would stumble over this. */
		FILE *f = fopen(ima_path, "r+b");

		assert_non_null(f);
		assert_int_equal(fwrite(garbage, 1, sizeof(garbage), f), sizeof(garbage));
		assert_int_equal(fclose(f), 0);
		first = goes_on_at;
		parts++;
	} while (goes_on_at > 0);
	assert_in_range(parts, 3, 6);
}

static void an_entry_larger_than_a_part_is_read_whole(void **state)
{
	AUTO_DONE(bytes) log = { 0 };
	AUTO_DONE(bytes) part = { 0 };
	uint64_t first = 0, goes_on_at = 0;

	(void)state;
	entries(0, 2, &log);
	put(ima_path, "wb", span_of(&log));
	assert_int_equal(logs_read_ima(&logs, 1, &first, &part, &goes_on_at), OK);
	assert_true(part.len > 0);
	assert_int_equal(goes_on_at, 1);
}

static void an_entry_that_is_still_being_written_waits(void **state)
{
	AUTO_DONE(bytes) next = { 0 };

	(void)state;
	entry(10, &next);
	put(ima_path, "ab", (struct span){ next.data, next.len - 3 });
	assert_read(0, 0, 0, 10, MAX);
	put(ima_path, "ab", (struct span){ next.data + next.len - 3, 3 });
	assert_read(10, 10, 10, 11, MAX);
}

static void growth_is_told_once(void **state)
{
	(void)state;
	assert_false(logs_grew(&logs));
	put(count_path, "wb", span_text("11\n"));
	assert_true(logs_grew(&logs));
	assert_false(logs_grew(&logs));
}

static void without_a_count_the_size_tells(void **state)
{
	AUTO_DONE(bytes) next = { 0 };

	(void)state;
	logs_done(&logs);
	logs_open(boot_path, ima_path, "none", &logs);
	assert_false(logs_grew(&logs));
	entry(10, &next);
	put(ima_path, "ab", span_of(&next));
	assert_true(logs_grew(&logs));
	assert_false(logs_grew(&logs));
}

static void absent_empty_and_large_boot_logs_are_told_apart(void **state)
{
	AUTO_DONE(bytes) log = { 0 };

	(void)state;
	assert_int_equal(logs_read_boot(&logs, 8, &log), OK);
	assert_true(span_equal(span_of(&log), span_text("boot log")));
	bytes_done(&log);
	assert_int_equal(logs_read_boot(&logs, 7, &log), STATUS_TOO_LARGE);
	put(boot_path, "wb", (struct span){ 0 });
	assert_int_equal(logs_read_boot(&logs, 8, &log), STATUS_NOT_FOUND);
	logs_done(&logs);
	logs_open("/nonexistent", "/nonexistent", "none", &logs);
	assert_int_equal(logs_read_boot(&logs, 8, &log), STATUS_NOT_FOUND);
	assert_int_equal(logs_read_ima(&logs, MAX, &(uint64_t){ 0 }, &log, &(uint64_t){ 0 }),
			 STATUS_NOT_FOUND);
}

static void a_log_that_shrank_or_is_another_one_is_read_from_its_start(void **state)
{
	AUTO_DONE(bytes) other = { 0 };

	(void)state;
	assert_read(10, 10, 10, 10, MAX);
	assert_int_equal(truncate(ima_path, 0), 0);
	entries(20, 24, &other);
	put(ima_path, "ab", span_of(&other));
	assert_read(10, 0, 20, 24, MAX);

	/* Longer than where we stood, and no entry begins there. */
	assert_read(4, 4, 20, 20, MAX);
	bytes_done(&other);
	entries(1000, 1040, &other);
	assert_int_equal(truncate(ima_path, 0), 0);
	put(ima_path, "ab", span_of(&other));
	assert_read(4, 0, 1000, 1040, MAX);
}

static void logs_that_appear_later_are_read(void **state)
{
	AUTO_DONE(bytes) log = { 0 };
	AUTO_DONE(bytes) boot = { 0 };

	(void)state;
	logs_done(&logs);
	(void)unlink(ima_path);
	(void)unlink(boot_path);
	(void)unlink(count_path);
	logs_open(boot_path, ima_path, count_path, &logs);
	assert_int_equal(logs_read_ima(&logs, MAX, &(uint64_t){ 0 }, &log, &(uint64_t){ 0 }),
			 STATUS_NOT_FOUND);
	entries(0, 3, &log);
	put(ima_path, "wb", span_of(&log));
	put(boot_path, "wb", span_text("boot log"));
	put(count_path, "wb", span_text("3\n"));
	assert_read(0, 0, 0, 3, MAX);
	assert_int_equal(logs_read_boot(&logs, MAX, &boot), OK);
	(void)logs_grew(&logs);
	put(count_path, "wb", span_text("4\n"));
	assert_true(logs_grew(&logs));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_all, close_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_what_is_new_is_read),
		TEST(a_shorter_log_than_the_verifier_remembers_starts_over),
		TEST(the_cap_cuts_between_entries),
		TEST(a_long_log_goes_in_parts_and_none_is_read_twice),
		TEST(an_entry_larger_than_a_part_is_read_whole),
		TEST(an_entry_that_is_still_being_written_waits),
		TEST(growth_is_told_once),
		TEST(without_a_count_the_size_tells),
		TEST(absent_empty_and_large_boot_logs_are_told_apart),
		TEST(a_log_that_shrank_or_is_another_one_is_read_from_its_start),
		TEST(logs_that_appear_later_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
