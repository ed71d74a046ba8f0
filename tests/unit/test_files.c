/* SPDX-License-Identifier: Apache-2.0 */
/* Files that daemons read, and when to read them again. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_over_the_cap_is_refused_before_memory_is_taken),
		cmocka_unit_test(files_are_due_when_they_changed_and_came_to_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
