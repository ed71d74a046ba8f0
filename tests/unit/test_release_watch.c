/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"
#include "verifier/release_watch.h"

static char directory[SCRATCH_MAX];

/* Ends with a slash: a directory. */
static void make(const char *name)
{
	char path[256];
	size_t len = (size_t)snprintf(path, sizeof(path), "%s/%s", directory, name);
	int fd;

	assert_in_range(len, 1, sizeof(path) - 1);
	if (path[len - 1] == '/') {
		assert_int_equal(mkdir(path, 0755), 0);
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(close(fd), 0);
}

static int begin(void **state)
{
	static const char *const names[] = { "index/",	"log/",	    "revocations/", "root/",
					     "root/1/", "reviews/", "reviews/a/" };
	(void)state;

	if (mkdtemp(scratch_name(directory, "watch")) == NULL)
		return -1;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		make(names[i]);
	return 0;
}

static int end(void **state)
{
	char command[SCRATCH_MAX + 16];
	(void)state;

	(void)snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command); /* NOLINT(cert-env33-c): a name of mkdtemp() */
}

static void what_did_not_change_is_not_new(void **state)
{
	struct release_watch watch;
	(void)state;

	release_watch_init(&watch, directory);
	for (time_t now = 1; now < 30; now++)
		assert_false(release_watch_changed(&watch, now));
}

static void whatever_appears_is_seen_once_it_is_at_rest(void **state)
{
	static const char *const names[] = { "timestamp.json", "timestamp.json",     "index/2.json",
					     "log/witnessed",  "revocations/2.json", "root/2/",
					     "root/1/2.json",  "reviews/a/1.json",   "reviews/b/",
					     "sets/" };
	struct release_watch watch;
	time_t now = 1;
	(void)state;

	release_watch_init(&watch, directory);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++, now += 10) {
		make(names[i]);
		assert_false(release_watch_changed(&watch, now));
		assert_false(release_watch_changed(&watch, now + 1));
		assert_true(release_watch_changed(&watch, now + 2));
		assert_false(release_watch_changed(&watch, now + 3));
	}
}

static void what_does_not_come_to_rest_is_looked_at_all_the_same(void **state)
{
	struct release_watch watch;
	unsigned seen = 0;
	(void)state;

	release_watch_init(&watch, directory);
	for (time_t now = 1; now < 60; now++) {
		make("timestamp.json");
		seen += release_watch_changed(&watch, now);
	}
	assert_in_range(seen, 4, 6);
	assert_false(release_watch_changed(&watch, 60));
	assert_true(release_watch_changed(&watch, 62));
}

static void a_directory_that_goes_and_comes_is_another(void **state)
{
	char aside[SCRATCH_MAX + 8];
	struct release_watch watch;
	(void)state;

	(void)snprintf(aside, sizeof(aside), "%s.aside", directory);
	release_watch_init(&watch, directory);
	assert_int_equal(rename(directory, aside), 0);
	assert_false(release_watch_changed(&watch, 1));
	assert_true(release_watch_changed(&watch, 3));
	assert_int_equal(rename(aside, directory), 0);
	assert_false(release_watch_changed(&watch, 4));
	assert_true(release_watch_changed(&watch, 6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_did_not_change_is_not_new, begin, end),
		cmocka_unit_test_setup_teardown(whatever_appears_is_seen_once_it_is_at_rest, begin,
						end),
		cmocka_unit_test_setup_teardown(
			what_does_not_come_to_rest_is_looked_at_all_the_same, begin, end),
		cmocka_unit_test_setup_teardown(a_directory_that_goes_and_comes_is_another, begin,
						end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
