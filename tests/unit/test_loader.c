/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policies/loading/loading.h"
#include "scratch.h"
#include "verifier/loader/loader.h"

/* A release directory; beside it lies what no name in it may reach. */
struct directory {
	char above[SCRATCH_MAX];
	int above_fd, fd;
};

static void put(int at, const char *path, const char *text)
{
	int fd = openat(at, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(close(fd), 0);
}

static int begin(void **state)
{
	struct directory *d = calloc(1, sizeof(*d));

	assert_non_null(d);
	assert_non_null(mkdtemp(scratch_name(d->above, "loader")));
	assert_int_equal(chmod(d->above, 0755), 0);
	d->above_fd = open(d->above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(d->above_fd, "release", 0755), 0);
	d->fd = openat(d->above_fd, "release", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(d->fd >= 0);
	put(d->above_fd, "secret", "secret");
	put(d->fd, "1.json", "text");
	*state = d;
	return 0;
}

static int end(void **state)
{
	struct directory *d = *state;

	static const char *const names[] = { "1.json", "3.json", "4.json", "dangling",
					     "loop",   "out",	 "root",   "pipe" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)unlinkat(d->fd, names[i], 0);
	(void)unlinkat(d->fd, "folder", AT_REMOVEDIR);
	(void)unlinkat(d->above_fd, "release", AT_REMOVEDIR);
	(void)unlinkat(d->above_fd, "secret", 0);
	(void)close(d->fd);
	(void)close(d->above_fd);
	assert_int_equal(rmdir(d->above), 0);
	free(d);
	return 0;
}

static enum status read_it(struct directory *d, const char *path)
{
	AUTO_DONE(bytes) out = { 0 };
	enum status status = loader_read(&d->fd, path, 16, &out);

	if (status != OK)
		assert_int_equal(out.len, 0);
	return status;
}

static void what_is_not_there_is_absent(void **state)
{
	struct directory *d = *state;

	assert_int_equal(read_it(d, "1.json"), OK);
	assert_int_equal(read_it(d, "2.json"), STATUS_NOT_FOUND);
	assert_int_equal(read_it(d, "none/1.json"), STATUS_NOT_FOUND);
	/* Below a file. */
	assert_int_equal(read_it(d, "1.json/1.json"), STATUS_NOT_FOUND);
}

/* ELOOP, EXDEV, EACCES, a link to nothing: it might be a revocation. */
static void what_is_there_and_cannot_be_read_is_not_absent(void **state)
{
	struct directory *d = *state;

	assert_int_equal(symlinkat("nowhere", d->fd, "dangling"), 0);
	assert_int_equal(read_it(d, "dangling"), STATUS_IO);
	assert_int_equal(symlinkat("loop", d->fd, "loop"), 0);
	assert_int_equal(read_it(d, "loop"), STATUS_IO);
	assert_int_equal(symlinkat("../secret", d->fd, "out"), 0);
	assert_int_equal(read_it(d, "out"), STATUS_IO);
	assert_int_equal(read_it(d, "../secret"), STATUS_IO);
	assert_int_equal(symlinkat("/etc/passwd", d->fd, "root"), 0);
	assert_int_equal(read_it(d, "root"), STATUS_IO);
	assert_int_equal(read_it(d, "/etc/passwd"), STATUS_IO);
	put(d->fd, "3.json", "longer than sixteen bytes");
	assert_int_equal(read_it(d, "3.json"), STATUS_TOO_LARGE);
	assert_int_equal(mkdirat(d->fd, "folder", 0755), 0);
	assert_int_not_equal(read_it(d, "folder"), OK);
	assert_int_not_equal(read_it(d, "folder"), STATUS_NOT_FOUND);
	assert_int_equal(mkfifoat(d->fd, "pipe", 0600), 0);
	/* Without a writer it is an empty document, which nobody parses. */
	assert_int_not_equal(read_it(d, "pipe"), STATUS_NOT_FOUND);
}

static void what_may_not_be_read_is_not_absent(void **state)
{
	struct directory *d = *state;

	if (geteuid() != 0)
		skip();
	put(d->fd, "4.json", "text");
	assert_int_equal(fchmodat(d->fd, "4.json", 0, 0), 0);
	assert_int_equal(seteuid(65534), 0);
	enum status status = read_it(d, "4.json");
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(status, STATUS_IO);
}

/* A statement that was read and could not be kept: never OK, and said. */
static void a_load_that_runs_out_of_memory_is_refused(void **state)
{
	struct loading *l = calloc(1, sizeof(*l));
	struct release_refusal refusal = { 0 };
	const struct statement fine = { .document.status = OK };
	const struct statement bad = { .document = { .status = STATUS_MALFORMED,
						     .fault = "unknown-field",
						     .path = "predicate.x" } };
	(void)state;

	assert_non_null(l);
	l->refusal = &refusal;
	assert_int_equal(loading_check(l, "index/1.json", &fine), STATUS_NO_MEMORY);
	assert_string_equal(refusal.code, "source-failed");
	assert_string_equal(refusal.document, "index/1.json");
	assert_int_equal(loading_check(l, "index/2.json", &bad), STATUS_MALFORMED);
	assert_string_equal(refusal.code, "unknown-field");
	assert_string_equal(refusal.field, "predicate.x");
	free(l);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_not_there_is_absent, begin, end),
		cmocka_unit_test_setup_teardown(what_is_there_and_cannot_be_read_is_not_absent,
						begin, end),
		cmocka_unit_test_setup_teardown(what_may_not_be_read_is_not_absent, begin, end),
		cmocka_unit_test(a_load_that_runs_out_of_memory_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
