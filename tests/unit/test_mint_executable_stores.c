/* SPDX-License-Identifier: Apache-2.0 */
/* Executables whose content may change and no time of them: on a real tmpfs. */
#include "unit.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "attestd/mint/admission/executable.h"
#include "attestd/mint/admission/file_times.h"
#include "executable_facts.h"

#define SIZE 4096
#define LARGE (EXECUTABLE_AT_ONCE + 1)

static char path[64];
static struct executables *executables;
/* What one that is open is said to have, in place of what it has. */
static uid_t shown_owner;
static mode_t shown_mode;

/* A minute later than by the clock: what was made now is not new. */
time_t time(time_t *out)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (out != NULL)
		*out = now.tv_sec + 60;
	return now.tv_sec + 60;
}

int fstat(int fd, struct stat *out)
{
	int result = fstatat(fd, "", out, AT_EMPTY_PATH);

	out->st_uid = shown_owner;
	out->st_mode = S_IFREG | shown_mode;
	return result;
}

static void fill(int fd, off_t size, char with)
{
	char content[SIZE];

	memset(content, with, sizeof(content));
	assert_int_equal(pwrite(fd, content, SIZE, 0), SIZE);
	assert_int_equal(ftruncate(fd, size), 0);
}

static int begin(void **state)
{
	struct statfs where;

	(void)state;
	(void)snprintf(path, sizeof(path), "/dev/shm/executable.XXXXXX");

	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(fstatfs(fd, &where), 0);
	assert_int_equal(where.f_type, TMPFS_MAGIC);
	fill(fd, SIZE, 'x');
	assert_int_equal(close(fd), 0);
	shown_owner = 0;
	shown_mode = 0755;
	return executables_new(&executables) == OK ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	executables_free(executables);
	executables = NULL;
	return unlink(path);
}

/* Read first, through the mapping: after that no store to the page is noted. */
static void store_without_a_trace(char with)
{
	const struct caller_facts before = executable_facts_of(path);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	char *content = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	assert_true(content != MAP_FAILED);
	assert_int_equal(close(fd), 0);
	assert_int_not_equal(*(volatile char *)content, with);
	memset(content, with, SIZE);
	assert_int_equal(munmap(content, SIZE), 0);

	const struct caller_facts after = executable_facts_of(path);

	assert_true(file_identity_equal(&before.file, &after.file));
}

static void assert_digest_of(char with)
{
	struct caller_facts facts = executable_facts_of(path);
	struct digest expected;
	const char *why = "";
	uint8_t content[SIZE];

	memset(content, with, sizeof(content));
	assert_int_equal(digest_of(DIGEST_SHA256, (struct span){ content, SIZE }, &expected), OK);
	assert_int_equal(executable_digest(executables, &facts, &why), OK);
	assert_true(digest_equal(&facts.digest, &expected));
}

/* One has the approved content run and hashed, ends it, stores, and runs other content. */
static void what_a_store_leaves_no_trace_in_is_hashed_for_each_caller(void **state)
{
	static const struct {
		uid_t owner;
		mode_t mode;
	} files[] = { { 1000, 0755 }, { 0, 0775 }, { 0, 0757 } };

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		shown_owner = files[i].owner;
		shown_mode = files[i].mode;
		store_without_a_trace('a');
		assert_digest_of('a');
		store_without_a_trace('y');
		assert_digest_of('y');
	}
}

/* Nor is it hashed before anybody asks. */
static void nothing_is_kept_of_it_before_anybody_asks(void **state)
{
	(void)state;
	shown_owner = 1000;
	executable_expect(executables, span_text(path));
	while (executables_step(executables))
		;
	store_without_a_trace('y');
	assert_digest_of('y');
}

/* There who could store is root, whose word the entries are. */
static void what_root_alone_writes_is_hashed_once(void **state)
{
	(void)state;
	assert_digest_of('x');
	store_without_a_trace('y');
	assert_digest_of('x');
}

static void expect_and_ask(enum status wanted, const char *because)
{
	struct caller_facts facts = executable_facts_of(path);
	const char *why = "";

	executable_expect(executables, span_text(path));
	while (executables_step(executables))
		;
	assert_int_equal(executable_digest(executables, &facts, &why), wanted);
	assert_non_null(strstr(why, because));
}

/* In steps, others could store between them. */
static void a_large_one_is_refused_there_and_told_where_it_may_be(void **state)
{
	struct caller_facts facts;
	const char *why = "";

	(void)state;
	assert_int_equal(truncate(path, LARGE), 0);
	shown_owner = 1000;
	expect_and_ask(STATUS_DENIED, "over 8 MiB");
	expect_and_ask(STATUS_DENIED, "ext4");
	assert_false(executables_step(executables));

	shown_owner = 0;
	facts = executable_facts_of(path);
	assert_int_equal(executable_digest(executables, &facts, &why), STATUS_UNAVAILABLE);
	expect_and_ask(OK, "");
}

/* While it is being hashed, another file system is mounted below its path. */
static void what_is_where_is_asked_of_the_file_that_is_hashed(void **state)
{
	struct caller_facts facts;
	const char *why = "";

	(void)state;
	assert_int_equal(truncate(path, LARGE), 0);
	facts = executable_facts_of(path);
	assert_int_equal(executable_digest(executables, &facts, &why), STATUS_UNAVAILABLE);
	shown_owner = 1000;
	while (executables_step(executables))
		;
	assert_int_equal(executable_digest(executables, &facts, &why), STATUS_DENIED);
}

static bool tell(uint32_t type, uid_t owner, mode_t mode)
{
	const struct stat file = { .st_uid = owner, .st_mode = S_IFREG | mode };
	struct statfs where = { 0 };

	where.f_type = (__typeof__(where.f_type))type;
	return file_times_tell(&file, &where);
}

static void where_each_store_is_noted_anybody_may_write(void **state)
{
	static const uint32_t types[] = { EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
					  F2FS_SUPER_MAGIC, SQUASHFS_MAGIC,  EROFS_SUPER_MAGIC_V1 };

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		assert_true(tell(types[i], 1000, 0777));
}

static void where_it_is_not_only_root_may(void **state)
{
	static const uint32_t types[] = { TMPFS_MAGIC, RAMFS_MAGIC, OVERLAYFS_SUPER_MAGIC,
					  0x2fc12fc1 };

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		assert_true(tell(types[i], 0, 04755));
		assert_false(tell(types[i], 1000, 0555));
		assert_false(tell(types[i], 0, 0775));
		assert_false(tell(types[i], 0, 0757));
	}
}

/* A server says who the owner is; or nobody knows what its stores do. */
static void elsewhere_root_is_not_believed_either(void **state)
{
	static const uint32_t types[] = {
		FUSE_SUPER_MAGIC, NFS_SUPER_MAGIC,   V9FS_MAGIC, SMB2_SUPER_MAGIC,
		HUGETLBFS_MAGIC,  MSDOS_SUPER_MAGIC, 0
	};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		assert_false(tell(types[i], 0, 0755));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_a_store_leaves_no_trace_in_is_hashed_for_each_caller),
		TEST(nothing_is_kept_of_it_before_anybody_asks),
		TEST(what_root_alone_writes_is_hashed_once),
		TEST(a_large_one_is_refused_there_and_told_where_it_may_be),
		TEST(what_is_where_is_asked_of_the_file_that_is_hashed),
		cmocka_unit_test(where_each_store_is_noted_anybody_may_write),
		cmocka_unit_test(where_it_is_not_only_root_may),
		cmocka_unit_test(elsewhere_root_is_not_believed_either),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
