/* SPDX-License-Identifier: Apache-2.0 */
/* Files that daemons read, and when to read them again. */
#include "unit.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

static size_t count_hidden(const char *directory)
{
	char hidden[SCRATCH_MAX + 16];
	glob_t left;

	(void)snprintf(hidden, sizeof(hidden), "%s/.name.*", directory);
	int found = glob(hidden, 0, NULL, &left);
	size_t count = found == 0 ? left.gl_pathc : 0;
	globfree(&left);
	return count;
}

static void who_dies_while_replacing_a_file_leaves_nothing_that_counts(void **state)
{
	char directory[SCRATCH_MAX], path[SCRATCH_MAX + 16];
	size_t count = 0;
	(void)state;

	assert_non_null(mkdtemp(scratch_name(directory, "replaced")));
	(void)snprintf(path, sizeof(path), "%s/name", directory);
	die_while_replacing(path);
	assert_int_equal(directory_read(directory, 1000, count_file, &count), OK);
	assert_int_equal(count, 0);
	assert_int_equal(count_hidden(directory), 1);

	/* The next one of this name takes it away, and none of another name. */
	(void)snprintf(path, sizeof(path), "%s/nam", directory);
	assert_int_equal(file_replace(path, span_text("x"), 0600, (uid_t)-1, (gid_t)-1), OK);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(count_hidden(directory), 1);
	(void)snprintf(path, sizeof(path), "%s/name", directory);
	assert_int_equal(file_replace(path, span_text("x"), 0600, (uid_t)-1, (gid_t)-1), OK);
	assert_int_equal(count_hidden(directory), 0);
	assert_int_equal(unlink(path) | rmdir(directory), 0);
}

/* In the directory that is worked in. */
static void replace_name(void)
{
	assert_int_equal(file_replace("name", span_text("x"), 0600, (uid_t)-1, (gid_t)-1), OK);
}

static void what_only_looks_left_behind_stays(void **state)
{
	static const char *const others[] = { ".name.attestd-abcde",  ".name.attestd-abcdefg",
					      ".name.attestd-abcd-e", ".name.abcdef",
					      "name.attestd-abcdef",  ".eman.attestd-abcdef" };
	char directory[SCRATCH_MAX];
	struct stat st;
	(void)state;

	assert_non_null(mkdtemp(scratch_name(directory, "looks")));
	assert_int_equal(chdir(directory), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		scratch_write(others[i], span_text("mine"), 0600);
	scratch_write("twice", span_text("mine"), 0600);
	assert_int_equal(link("twice", ".name.attestd-LINKED"), 0);
	scratch_write("target", span_text("mine"), 0600);
	assert_int_equal(symlink("target", ".name.attestd-SYMBOL"), 0);
	assert_int_equal(mkfifo(".name.attestd-PIPE00", 0600), 0);
	replace_name();
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_int_equal(unlink(others[i]), 0);
	assert_int_equal(lstat(".name.attestd-SYMBOL", &st) | stat("target", &st), 0);
	assert_int_equal(unlink(".name.attestd-LINKED") | unlink("twice"), 0);
	assert_int_equal(unlink(".name.attestd-SYMBOL") | unlink("target"), 0);
	assert_int_equal(unlink(".name.attestd-PIPE00"), 0);
	assert_int_equal(unlink("name") | chdir("/") | rmdir(directory), 0);
}

static void what_another_user_left_stays(void **state)
{
	char directory[SCRATCH_MAX];
	(void)state;

	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(scratch_name(directory, "others")));
	assert_int_equal(chdir(directory), 0);
	scratch_write(".name.attestd-abcdef", span_text("theirs"), 0600);
	assert_int_equal(chown(".name.attestd-abcdef", 12345, (gid_t)-1), 0);
	replace_name();
	assert_int_equal(unlink(".name.attestd-abcdef") | unlink("name"), 0);
	assert_int_equal(chdir("/") | rmdir(directory), 0);
}

static void what_somebody_writes_just_now_stays(void **state)
{
	static const char writing[] = ".name.attestd-abcdef";
	char directory[SCRATCH_MAX];
	(void)state;

	assert_non_null(mkdtemp(scratch_name(directory, "writing")));
	assert_int_equal(chdir(directory), 0);
	scratch_write(writing, span_text("half"), 0600);

	int fd = open(writing, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	replace_name();
	assert_int_equal(access(writing, F_OK), 0);
	assert_int_equal(close(fd), 0);
	replace_name();
	assert_int_equal(access(writing, F_OK), -1);
	assert_int_equal(unlink("name") | chdir("/") | rmdir(directory), 0);
}

#define WRITERS 4
#define ROUNDS 200

static void many_who_replace_a_file_at_once_all_do(void **state)
{
	char directory[SCRATCH_MAX];
	pid_t children[WRITERS];
	(void)state;

	assert_non_null(mkdtemp(scratch_name(directory, "many")));
	assert_int_equal(chdir(directory), 0);
	for (size_t i = 0; i < WRITERS; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] > 0)
			continue;
		for (size_t j = 0; j < ROUNDS; j++)
			if (file_replace("name", span_text("x"), 0600, (uid_t)-1, (gid_t)-1) != OK)
				_exit(1);
		_exit(0);
	}
	for (size_t i = 0; i < WRITERS; i++) {
		int ended = 1;

		assert_int_equal(waitpid(children[i], &ended, 0), children[i]);
		assert_int_equal(ended, 0);
	}
	assert_int_equal(count_hidden("."), 0);
	assert_int_equal(unlink("name") | chdir("/") | rmdir(directory), 0);
}

static bool takes_it_away;

/* In the place of the C library's: another one was faster. */
int flock(int fd, int operation)
{
	char link[64], name[SCRATCH_MAX + 64];

	if (takes_it_away && operation == LOCK_EX) {
		takes_it_away = false;
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);

		ssize_t len = readlink(link, name, sizeof(name) - 1);
		assert_true(len > 0);
		name[len] = '\0';
		assert_int_equal(unlink(name), 0);
	}
	return (int)syscall(SYS_flock, fd, operation);
}

static void what_is_taken_away_before_it_is_locked_is_begun_again(void **state)
{
	char directory[SCRATCH_MAX];
	(void)state;

	assert_non_null(mkdtemp(scratch_name(directory, "away")));
	assert_int_equal(chdir(directory), 0);
	takes_it_away = true;
	replace_name();
	assert_false(takes_it_away);
	assert_int_equal(unlink("name") | chdir("/") | rmdir(directory), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_over_the_cap_is_refused_before_memory_is_taken),
		cmocka_unit_test(what_fits_is_read_whole_and_a_byte_more_is_too_large),
		cmocka_unit_test(nothing_is_read_as_nothing),
		cmocka_unit_test(files_are_due_when_they_changed_and_came_to_rest),
		cmocka_unit_test(who_dies_while_replacing_a_file_leaves_nothing_that_counts),
		cmocka_unit_test(what_only_looks_left_behind_stays),
		cmocka_unit_test(what_another_user_left_stays),
		cmocka_unit_test(what_somebody_writes_just_now_stays),
		cmocka_unit_test(many_who_replace_a_file_at_once_all_do),
		cmocka_unit_test(what_is_taken_away_before_it_is_locked_is_begun_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
