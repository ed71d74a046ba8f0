/* SPDX-License-Identifier: Apache-2.0 */
/* What executables contain: each file once in each state, a large one in steps. */
#include "unit.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "attestd/mint/admission/executable.h"
#include "base/text.h"
#include "daemon/clock.h"
#include "executable_facts.h"
#include "scratch.h"

#define LARGE (EXECUTABLE_AT_ONCE + 12345)

static char directory[SCRATCH_MAX];
static char path[SCRATCH_MAX + 16], other[SCRATCH_MAX + 16];
static struct executables *executables;

/* How much later it is than by the clock: files that were made now are not new. */
#define LATER_S 60

static int64_t ahead_s = LATER_S;

time_t time(time_t *out)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (out != NULL)
		*out = now.tv_sec + ahead_s;
	return now.tv_sec + ahead_s;
}

/* Wherever these tests make their files. */
int fstatfs(int fd, struct statfs *out)
{
	(void)fd;
	*out = (struct statfs){ .f_type = EXT4_SUPER_MAGIC };
	return 0;
}

static int64_t now_ms;

int64_t clock_monotonic_ms(void)
{
	return now_ms;
}

/* Sparse: zeros, but for the last byte. */
static void make(const char *name, off_t size, char last)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, size), 0);
	if (size > 0)
		assert_int_equal(pwrite(fd, &last, 1, size - 1), 1);
	assert_int_equal(close(fd), 0);
}

static void assert_content(const struct digest *digest, off_t size, char last)
{
	AUTO_DONE(bytes) content = { 0 };
	struct digest expected;

	assert_int_equal(bytes_reserve(&content, (size_t)size + 1), OK);
	memset(content.data, 0, (size_t)size);
	content.len = (size_t)size;
	if (size > 0)
		content.data[size - 1] = (uint8_t)last;
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&content), &expected), OK);
	assert_true(digest_equal(digest, &expected));
}

static int begin(void **state)
{
	(void)state;
	if (mkdtemp(scratch_name(directory, "executable")) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/program", directory);
	(void)snprintf(other, sizeof(other), "%s/other", directory);
	return executables_new(&executables) == OK ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	executables_free(executables);
	ahead_s = LATER_S;
	(void)unlink(path);
	(void)unlink(other);
	return rmdir(directory);
}

static void a_small_file_is_hashed_at_once(void **state)
{
	const off_t sizes[] = { 0, 1, 65536, 65537, EXECUTABLE_AT_ONCE };
	const char *why = "";

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		make(path, sizes[i], 'x');

		struct caller_facts facts = executable_facts_of(path);

		assert_int_equal(executable_digest(executables, &facts, &why), OK);
		assert_content(&facts.digest, sizes[i], 'x');
		assert_false(executables_step(executables));
	}
}

static void a_large_file_is_hashed_in_steps_and_once(void **state)
{
	const char *why = "";
	unsigned steps = 0;

	(void)state;
	make(path, LARGE, 'x');

	struct caller_facts facts = executable_facts_of(path);

	assert_int_equal(executable_digest(executables, &facts, &why), STATUS_UNAVAILABLE);
	assert_non_null(strstr(why, "ask again"));
	assert_int_equal(facts.digest.alg, DIGEST_NONE);
	while (executables_step(executables)) {
		struct caller_facts now = executable_facts_of(path);
		enum status status = executable_digest(executables, &now, &why);

		assert_true(status == STATUS_UNAVAILABLE || status == OK);
		steps++;
	}
	assert_int_equal(steps, 9);
	assert_int_equal(executable_digest(executables, &facts, &why), OK);
	assert_content(&facts.digest, LARGE, 'x');
	assert_false(executables_step(executables));
}

/* Whoever runs a small one does not wait for a large one, nor does that begin anew. */
static void a_small_file_goes_before_a_large_one(void **state)
{
	const char *why = "";
	unsigned steps = 0;

	(void)state;
	make(path, LARGE, 'x');
	make(other, 100, 'y');

	struct caller_facts large = executable_facts_of(path);
	struct caller_facts small = executable_facts_of(other);

	executable_expect(executables, span_text(path));
	executable_expect(executables, span_text(other));
	assert_int_equal(executable_digest(executables, &large, &why), STATUS_UNAVAILABLE);
	assert_true(executables_step(executables));
	assert_int_equal(executable_digest(executables, &small, &why), OK);
	assert_content(&small.digest, 100, 'y');
	while (executables_step(executables))
		steps++;
	assert_int_equal(steps, 8);
	assert_int_equal(executable_digest(executables, &large, &why), OK);
	assert_content(&large.digest, LARGE, 'x');
}

/* What a path's file is said to be; NULL: what it is. */
static const struct stat *shown;

int lstat(const char *restrict name, struct stat *restrict out)
{
	if (shown == NULL)
		return fstatat(AT_FDCWD, name, out, AT_SYMLINK_NOFOLLOW);
	*out = *shown;
	return 0;
}

/* Likewise of one that is open. */
static bool is_shown_open;

int fstat(int fd, struct stat *out)
{
	if (!is_shown_open)
		return fstatat(fd, "", out, AT_EMPTY_PATH);
	*out = *shown;
	return 0;
}

static void what_changes_while_it_is_hashed_is_not_believed(void **state)
{
	const char *why = "";
	struct stat was;

	(void)state;
	make(path, LARGE, 'x');
	assert_int_equal(stat(path, &was), 0);

	struct caller_facts before = executable_facts_of(path);

	assert_int_equal(executable_digest(executables, &before, &why), STATUS_UNAVAILABLE);
	assert_true(executables_step(executables));
	/* Times of files may be no finer than this. */
	(void)usleep(20000);
	make(path, LARGE, 'y');
	while (executables_step(executables))
		;

	struct caller_facts after = executable_facts_of(path);

	/* Whoever runs the one that was, runs no file that is there; and nothing is
	 * known of it, in case its times come back. */
	assert_int_equal(executable_digest(executables, &before, &why), STATUS_DENIED);
	shown = &was;
	assert_int_equal(executable_digest(executables, &before, &why), STATUS_UNAVAILABLE);
	while (executables_step(executables))
		;
	assert_int_equal(executable_digest(executables, &before, &why), STATUS_UNAVAILABLE);
	shown = NULL;
	assert_int_equal(executable_digest(executables, &after, &why), STATUS_UNAVAILABLE);
	while (executables_step(executables))
		;
	assert_int_equal(executable_digest(executables, &after, &why), OK);
	assert_content(&after.digest, LARGE, 'y');
}

static void a_file_that_shrinks_while_it_is_hashed_is_forgotten(void **state)
{
	const char *why = "";

	(void)state;
	make(path, LARGE, 'x');

	struct caller_facts before = executable_facts_of(path);

	assert_int_equal(executable_digest(executables, &before, &why), STATUS_UNAVAILABLE);
	assert_true(executables_step(executables));
	assert_int_equal(truncate(path, 10), 0);
	assert_true(executables_step(executables));
	assert_false(executables_step(executables));
	assert_int_equal(executable_digest(executables, &before, &why), STATUS_DENIED);
}

static void only_the_file_that_runs_is_hashed(void **state)
{
	const char *why = "";

	(void)state;
	make(path, 100, 'x');
	make(other, 100, 'y');

	struct caller_facts facts = executable_facts_of(path);

	facts.executable = span_text(other);
	assert_int_equal(executable_digest(executables, &facts, &why), STATUS_DENIED);
	facts.executable = span_text("program");
	assert_int_equal(executable_digest(executables, &facts, &why), STATUS_DENIED);
	facts.executable = span_text("");
	assert_int_equal(executable_digest(executables, &facts, &why), STATUS_DENIED);
	/* No link is followed: the kernel names the file itself. */
	assert_int_equal(unlink(other), 0);
	assert_int_equal(symlink(path, other), 0);
	facts.executable = span_text(other);
	assert_int_equal(executable_digest(executables, &facts, &why), STATUS_DENIED);
	facts.executable = span_text(path);
	assert_int_equal(executable_digest(executables, &facts, &why), OK);
	/* Nor once it is known. */
	facts.executable = span_text(other);
	assert_int_equal(executable_digest(executables, &facts, &why), STATUS_DENIED);
}

static void a_file_beyond_the_cap_is_refused(void **state)
{
	const char *why = "";

	(void)state;
	make(path, EXECUTABLE_MAX + 1, 'x');

	struct caller_facts facts = executable_facts_of(path);

	assert_int_equal(executable_digest(executables, &facts, &why), STATUS_DENIED);
	assert_non_null(strstr(why, "too large"));
	executable_expect(executables, span_text(path));
	assert_false(executables_step(executables));
}

static void what_is_expected_is_hashed_before_anybody_asks(void **state)
{
	const char *why = "";

	(void)state;
	make(path, LARGE, 'x');
	executable_expect(executables, span_text(path));
	executable_expect(executables, span_text(path));
	executable_expect(executables, span_text("/nonexistent/program"));
	executable_expect(executables, span_text(directory));
	while (executables_step(executables))
		;

	struct caller_facts facts = executable_facts_of(path);

	assert_int_equal(executable_digest(executables, &facts, &why), OK);
	assert_content(&facts.digest, LARGE, 'x');
}

/* The times of a file that changed again may be the same. */
static void what_was_just_changed_is_hashed_each_time(void **state)
{
	const char *why = "";

	(void)state;
	ahead_s = 0;
	make(path, 100, 'x');
	make(other, LARGE, 'x');

	struct caller_facts facts = executable_facts_of(path);
	struct caller_facts large = executable_facts_of(other);

	executable_expect(executables, span_text(path));
	assert_false(executables_step(executables));
	assert_int_equal(executable_digest(executables, &facts, &why), OK);
	assert_content(&facts.digest, 100, 'x');
	/* Of one that cannot be hashed at once nobody waits in the loop. */
	assert_int_equal(executable_digest(executables, &large, &why), STATUS_UNAVAILABLE);
	assert_false(executables_step(executables));

	struct stat was;

	assert_int_equal(stat(path, &was), 0);
	make(path, 100, 'y');
	shown = &was;
	is_shown_open = true;
	assert_int_equal(executable_digest(executables, &facts, &why), OK);
	is_shown_open = false;
	shown = NULL;
	assert_content(&facts.digest, 100, 'y');
}

/* As long as it is mapped, what is stored changes no time. */
static void what_somebody_may_be_writing_is_not_expected(void **state)
{
	const char *why = "";
	char *content;
	int fd;

	(void)state;
	make(path, 4096, 'x');
	fd = open(path, O_RDWR | O_CLOEXEC);
	content = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(content != MAP_FAILED);
	assert_int_equal(close(fd), 0);
	content[4095] = 'y';

	struct caller_facts facts = executable_facts_of(path);

	executable_expect(executables, span_text(path));
	while (executables_step(executables))
		;
	content[4095] = 'z';
	assert_int_equal(munmap(content, 4096), 0);

	struct caller_facts after = executable_facts_of(path);

	assert_true(file_identity_equal(&facts.file, &after.file));
	assert_int_equal(executable_digest(executables, &after, &why), OK);
	assert_content(&after.digest, 4096, 'z');
}

/* 8 MiB that are another file, or in another state, each time. False: not now. */
static bool is_hashed(unsigned *count, uid_t uid)
{
	const char *why = "";
	off_t size = EXECUTABLE_AT_ONCE - (off_t)++ * count;

	make(path, size, 'x');

	struct caller_facts facts = executable_facts_of(path);

	facts.uid = uid;

	enum status status = executable_digest(executables, &facts, &why);

	/* What was refused is not hashed by steps either, and then remembered. */
	assert_false(executables_step(executables));
	assert_true(status == OK || status == STATUS_UNAVAILABLE);
	assert_true(status == OK || strstr(why, "too often") != NULL);
	return status == OK;
}

static void who_has_much_hashed_waits_and_nobody_else(void **state)
{
	unsigned count = 0, more = 0;

	(void)state;
	while (count < 200 && is_hashed(&count, 1000))
		;
	assert_in_range(count, 100, 102);
	assert_true(is_hashed(&count, 1001));
	assert_false(is_hashed(&count, 1000));
	now_ms += 1000;
	while (more < 50 && is_hashed(&count, 1000))
		more++;
	assert_in_range(more, 9, 11);
}

static void what_is_known_is_given_to_who_had_much_hashed(void **state)
{
	const char *why = "";
	unsigned count = 0;

	(void)state;
	make(other, 100, 'y');

	struct caller_facts facts = executable_facts_of(other);

	facts.uid = 1000;
	assert_int_equal(executable_digest(executables, &facts, &why), OK);
	while (count < 200 && is_hashed(&count, 1000))
		;
	assert_int_equal(executable_digest(executables, &facts, &why), OK);
	assert_content(&facts.digest, 100, 'y');
}

static void the_one_asked_for_longest_ago_is_forgotten(void **state)
{
	const char *why = "";

	(void)state;
	for (unsigned i = 0; i < EXECUTABLES_MAX + 10; i++) {
		make(path, (off_t)i + 1, 'x');

		struct caller_facts facts = executable_facts_of(path);

		assert_int_equal(executable_digest(executables, &facts, &why), OK);
		assert_content(&facts.digest, (off_t)i + 1, 'x');
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_small_file_is_hashed_at_once),
		TEST(a_large_file_is_hashed_in_steps_and_once),
		TEST(a_small_file_goes_before_a_large_one),
		TEST(what_changes_while_it_is_hashed_is_not_believed),
		TEST(a_file_that_shrinks_while_it_is_hashed_is_forgotten),
		TEST(only_the_file_that_runs_is_hashed),
		TEST(a_file_beyond_the_cap_is_refused),
		TEST(what_is_expected_is_hashed_before_anybody_asks),
		TEST(what_was_just_changed_is_hashed_each_time),
		TEST(what_somebody_may_be_writing_is_not_expected),
		TEST(who_has_much_hashed_waits_and_nobody_else),
		TEST(what_is_known_is_given_to_who_had_much_hashed),
		TEST(the_one_asked_for_longest_ago_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
