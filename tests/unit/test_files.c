/* SPDX-License-Identifier: Apache-2.0 */
/* Files that daemons read, and when to read them again. */
#include "unit.h"

#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/directory.h"
#include "daemon/file.h"
#include "daemon/file_watch.h"
#include "scratch.h"

static void a_file_over_the_cap_is_refused_before_memory_is_taken(void **state)
{
	char path[SCRATCH_MAX];
	int fd = mkstemp(scratch_name(path, "file"));
	AUTO_DONE(bytes) content = { 0 };
	(void)state;

	assert_true(fd >= 0);
	/* Sparse: reading up to the cap would take 8 GiB. */
	assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0);
	assert_int_equal(file_read(path, (size_t)8 << 30, &content), STATUS_TOO_LARGE);
	assert_int_equal(ftruncate(fd, 5), 0);
	assert_int_equal(file_read(path, 4, &content), STATUS_TOO_LARGE);
	assert_int_equal(file_read(path, 5, &content), OK);
	assert_int_equal(content.len, 5);
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(path), 0);
}

#define LONG ((size_t)300000)

/* From a child, through a pipe: nothing says beforehand how much it is. */
static enum status read_piped(size_t len, size_t max, struct bytes *out)
{
	int ends[2];
	uint8_t *text = calloc(1, LONG);

	assert_non_null(text);
	for (size_t i = 0; i < len; i++)
		text[i] = (uint8_t)(i * 7 / 3);
	assert_int_equal(pipe(ends), 0);

	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		(void)close(ends[0]);
		/* Whoever has read enough leaves. */
		(void)signal(SIGPIPE, SIG_IGN);
		_exit(write(ends[1], text, len) == (ssize_t)len ? 0 : 1);
	}
	(void)close(ends[1]);

	enum status status = file_read_fd(ends[0], max, out);

	(void)close(ends[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	if (status == OK)
		assert_true(span_equal(span_of(out), (struct span){ text, len }));
	free(text);
	return status;
}

static void what_fits_is_read_whole_and_a_byte_more_is_too_large(void **state)
{
	static const size_t lengths[] = { 1, 4095, 4096, 4097, 8191, 8192, 8193, 65536, LONG };
	(void)state;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		AUTO_DONE(bytes) whole = { 0 };
		AUTO_DONE(bytes) more = { 0 };

		assert_int_equal(read_piped(lengths[i], lengths[i], &whole), OK);
		assert_int_equal(read_piped(lengths[i], lengths[i] - 1, &more), STATUS_TOO_LARGE);
		assert_int_equal(more.len, 0);
	}
}

static void nothing_is_read_as_nothing(void **state)
{
	AUTO_DONE(bytes) nothing = { 0 };
	(void)state;

	assert_int_equal(read_piped(0, 0, &nothing), OK);
	assert_int_equal(nothing.len, 0);
}

static void files_are_due_when_they_changed_and_came_to_rest(void **state)
{
	char directory[SCRATCH_MAX], file[128], other[128];
	const char *const paths[WATCHED_MAX] = { directory };
	struct file_watch watch;
	time_t now = 1000;
	(void)state;

	assert_non_null(mkdtemp(scratch_name(directory, "watch")));
	(void)snprintf(file, sizeof(file), "%s/a", directory);
	(void)snprintf(other, sizeof(other), "%s/b", directory);
	scratch_write(file, span_text("one"), 0644);
	file_watch_init(&watch, paths);
	assert_false(file_watch_is_due(&watch, now += 10));

	/* In place, of the same length; then one more, while the first look waits. */
	scratch_write(file, span_text("two"), 0644);
	assert_false(file_watch_is_due(&watch, now += 10));
	scratch_write(other, span_text("three"), 0644);
	assert_false(file_watch_is_due(&watch, now += 10));
	assert_false(file_watch_is_due(&watch, now += 1));
	assert_true(file_watch_is_due(&watch, now += 10));
	file_watch_was_read(&watch, false);
	assert_false(file_watch_is_due(&watch, now += 10));
	assert_true(file_watch_is_due(&watch, now += 60));
	file_watch_was_read(&watch, true);
	assert_false(file_watch_is_due(&watch, now += 60));

	/* Its mode alone; that it is gone. */
	assert_int_equal(chmod(file, 0666), 0);
	assert_false(file_watch_is_due(&watch, now += 10));
	assert_true(file_watch_is_due(&watch, now += 10));
	file_watch_was_read(&watch, true);
	assert_int_equal(unlink(file) | unlink(other) | rmdir(directory), 0);
	assert_false(file_watch_is_due(&watch, now += 10));
	assert_true(file_watch_is_due(&watch, now += 10));
}

/* By the kernel, in the middle of writing. */
static void die_while_replacing(const char *path)
{
	static const uint8_t content[100];
	const struct rlimit none = { 0 }, half = { 50, 50 };
	int ended = 0;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		(void)signal(SIGXFSZ, SIG_DFL);
		if (setrlimit(RLIMIT_CORE, &none) == 0 && setrlimit(RLIMIT_FSIZE, &half) == 0)
			(void)!file_replace(path, (struct span){ content, sizeof(content) }, 0644,
					    (uid_t)-1, (gid_t)-1);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &ended, 0), child);
	assert_true(WIFSIGNALED(ended) && WTERMSIG(ended) == SIGXFSZ);
}

static enum status count_file(void *context, const char *path, enum status read,
			      struct span content)
{
	(void)path;
	(void)read;
	(void)content;
	++*(size_t *)context;
	return OK;
}

static void who_dies_while_replacing_a_file_leaves_nothing_that_counts(void **state)
{
	char directory[SCRATCH_MAX], path[SCRATCH_MAX + 16], hidden[SCRATCH_MAX + 16];
	size_t count = 0;
	glob_t left;
	(void)state;

	assert_non_null(mkdtemp(scratch_name(directory, "replaced")));
	(void)snprintf(path, sizeof(path), "%s/name", directory);
	(void)snprintf(hidden, sizeof(hidden), "%s/.name.*", directory);
	die_while_replacing(path);
	assert_int_equal(directory_read(directory, 1000, count_file, &count), OK);
	assert_int_equal(count, 0);
	assert_int_equal(glob(hidden, 0, NULL, &left), 0);
	assert_int_equal(left.gl_pathc, 1);
	assert_int_equal(unlink(left.gl_pathv[0]) | rmdir(directory), 0);
	globfree(&left);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_over_the_cap_is_refused_before_memory_is_taken),
		cmocka_unit_test(what_fits_is_read_whole_and_a_byte_more_is_too_large),
		cmocka_unit_test(nothing_is_read_as_nothing),
		cmocka_unit_test(files_are_due_when_they_changed_and_came_to_rest),
		cmocka_unit_test(who_dies_while_replacing_a_file_leaves_nothing_that_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
