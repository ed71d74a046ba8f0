/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attestd/mint/identity/svid_directory.h"
#include "daemon/file.h"
#include "scratch.h"

static char top[SCRATCH_MAX];
static char path[128];
static struct identity_settings identity;

static int make(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(scratch_name(top, "svid")));
	(void)snprintf(path, sizeof(path), "%s/web", top);
	identity = (struct identity_settings){ .name = "web",
					       .directory = path,
					       .owner = geteuid(),
					       .group = getegid(),
					       .mode = 0640 };
	return 0;
}

static int drop(void **state)
{
	(void)state;
	assert_int_equal(svid_directory_remove(&identity), OK);
	(void)rmdir(path);
	return rmdir(top);
}

static void write_set(const char *version)
{
	struct svid_files files = { span_text(version), span_text(version), span_text(version) };

	assert_int_equal(svid_directory_write(&identity, &files), OK);
}

static void assert_content(const char *name, const char *content)
{
	AUTO_DONE(bytes) read = { 0 };
	char file[192];

	(void)snprintf(file, sizeof(file), "%s/%s", path, name);
	assert_int_equal(file_read(file, 64, &read), OK);
	assert_true(span_equal(span_of(&read), span_text(content)));
}

static unsigned entries(void)
{
	DIR *listed = opendir(path);
	unsigned count = 0;

	assert_non_null(listed);
	while (readdir(listed) != NULL)
		count++;
	(void)closedir(listed);
	return count - 2;
}

static void the_three_files_change_together_and_leave_nothing_behind(void **state)
{
	(void)state;
	write_set("one");
	assert_content("svid.pem", "one");
	write_set("two");
	assert_content("svid.pem", "two");
	assert_content("svid_key.pem", "two");
	assert_content("bundle.pem", "two");
	/* Three names, the link, one set. */
	assert_int_equal(entries(), 5);
}

static void the_key_has_the_mode_that_was_asked_for(void **state)
{
	struct stat st;
	char file[192];

	(void)state;
	write_set("one");
	(void)snprintf(file, sizeof(file), "%s/svid_key.pem", path);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(st.st_uid, identity.owner);
}

/* The service's own mask keeps everybody out of what it makes. */
static void the_workload_reaches_its_files_whatever_the_umask(void **state)
{
	struct stat st;
	(void)state;

	mode_t before = umask(077);

	write_set("one");
	(void)umask(before);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
}

static void a_directory_that_was_there_keeps_its_mode(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	write_set("one");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void removal_leaves_an_empty_directory(void **state)
{
	(void)state;
	write_set("one");
	assert_int_equal(svid_directory_remove(&identity), OK);
	assert_int_equal(entries(), 0);
	assert_int_equal(svid_directory_remove(&identity), OK);
}

static void removal_without_a_directory_is_done(void **state)
{
	(void)state;
	assert_int_equal(svid_directory_remove(&identity), OK);
}

static void sets_of_a_run_that_was_killed_are_removed(void **state)
{
	char stale[160], file[192];

	(void)state;
	write_set("one");
	(void)snprintf(stale, sizeof(stale), "%s/.svid-killed", path);
	assert_int_equal(mkdir(stale, 0755), 0);
	(void)snprintf(file, sizeof(file), "%s/svid_key.pem", stale);
	assert_int_equal(file_replace(file, span_text("key"), 0600, (uid_t)-1, (gid_t)-1), OK);
	write_set("two");
	assert_int_equal(entries(), 5);
}

static enum status write_one(void)
{
	struct svid_files files = { span_text("1"), span_text("1"), span_text("1") };

	return svid_directory_write(&identity, &files);
}

static void a_link_in_the_directorys_place_is_not_followed(void **state)
{
	char elsewhere[192];

	(void)state;
	(void)snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", top);
	assert_int_equal(mkdir(elsewhere, 0700), 0);
	assert_int_equal(symlink(elsewhere, path), 0);
	assert_int_equal(write_one(), STATUS_IO);
	assert_int_equal(svid_directory_remove(&identity), STATUS_IO);
	/* Nothing was put there. */
	assert_int_equal(rmdir(elsewhere), 0);
	assert_int_equal(unlink(path), 0);
}

static char inner[160], other[160], way[224];

/* web/inner is a link to web/other, which holds the set of another section. */
static void make_way(mode_t mode)
{
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(inner, sizeof(inner), "%s/inner", path);
	(void)snprintf(other, sizeof(other), "%s/other", path);
	(void)snprintf(way, sizeof(way), "%s/inner/svid/", path);
	assert_int_equal(mkdir(other, 0755), 0);
	assert_int_equal(symlink("other/", inner), 0);
	assert_int_equal(chmod(path, mode), 0);
	identity.directory = way;
}

static void remove_way(void)
{
	char svid[192];

	(void)snprintf(svid, sizeof(svid), "%s/svid", other);
	identity.directory = svid;
	assert_int_equal(svid_directory_remove(&identity), OK);
	identity.directory = path;
	(void)rmdir(svid);
	assert_int_equal(rmdir(other), 0);
	assert_int_equal(unlink(inner), 0);
}

static void assert_there(const char *name, bool is_there)
{
	char file[256];

	(void)snprintf(file, sizeof(file), "%s/svid/%s", other, name);
	assert_int_equal(access(file, F_OK), is_there ? 0 : -1);
}

/* As /var/run is. */
static void our_own_link_on_the_way_is_followed(void **state)
{
	const mode_t modes[] = { 0755, 01777 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		make_way(modes[i]);
		assert_int_equal(write_one(), OK);
		assert_there("svid.pem", true);
		assert_int_equal(svid_directory_remove(&identity), OK);
		assert_there("svid.pem", false);
		remove_way();
		assert_int_equal(rmdir(path), 0);
	}
	make_way(0755);
	assert_int_equal(unlink(inner), 0);
	assert_int_equal(symlink(other, inner), 0);
	assert_int_equal(write_one(), OK);
	assert_there("svid.pem", true);
	remove_way();
}

static void a_link_on_the_way_that_others_could_make_is_not_followed(void **state)
{
	(void)state;
	make_way(0777);
	assert_int_equal(write_one(), STATUS_IO);
	assert_int_equal(errno, ELOOP);
	assert_there("", false);
	remove_way();
	assert_int_equal(rmdir(path), 0);
	make_way(0770);
	assert_int_equal(write_one(), STATUS_IO);
	remove_way();
}

static void nothing_is_removed_by_a_link_on_the_way_that_others_could_make(void **state)
{
	(void)state;
	make_way(0755);
	assert_int_equal(write_one(), OK);
	assert_int_equal(chmod(path, 0777), 0);
	assert_int_equal(svid_directory_remove(&identity), STATUS_IO);
	assert_there("svid.pem", true);
	remove_way();
}

static void somebody_elses_link_on_the_way_is_not_followed(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	make_way(0755);
	assert_int_equal(lchown(inner, 65534, 65534), 0);
	assert_int_equal(write_one(), STATUS_IO);
	assert_there("", false);
	/* Nor one of ours in his directory, where he may have moved it to. */
	assert_int_equal(lchown(inner, 0, 0), 0);
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_int_equal(write_one(), STATUS_IO);
	assert_there("", false);
	/* What is his own is. */
	assert_int_equal(unlink(inner), 0);
	assert_int_equal(rename(other, inner), 0);
	assert_int_equal(write_one(), OK);
	assert_int_equal(rename(inner, other), 0);
	assert_int_equal(symlink("other", inner), 0);
	assert_there("svid.pem", true);
	remove_way();
}

static void links_that_lead_in_a_circle_end(void **state)
{
	char target[2001] = "inner/";

	(void)state;
	make_way(0755);
	assert_int_equal(unlink(inner), 0);
	assert_int_equal(symlink("inner", inner), 0);
	assert_int_equal(write_one(), STATUS_IO);
	assert_int_equal(errno, ELOOP);
	/* And grow meanwhile. */
	for (size_t i = 6; i < sizeof(target) - 2; i += 2)
		memcpy(target + i, "x/", 2);
	assert_int_equal(unlink(inner), 0);
	assert_int_equal(symlink(target, inner), 0);
	assert_int_equal(write_one(), STATUS_IO);
	assert_int_equal(errno, ENAMETOOLONG);
	remove_way();
}

static void a_directory_that_others_may_write_gets_no_key_but_is_emptied(void **state)
{
	(void)state;
	write_set("1");
	assert_int_equal(chmod(path, 0777), 0);
	assert_int_equal(write_one(), STATUS_DENIED);
	assert_content("svid.pem", "1");
	assert_int_equal(svid_directory_remove(&identity), OK);
	assert_int_equal(entries(), 0);
	assert_int_equal(chmod(path, 0770), 0);
	assert_int_equal(write_one(), STATUS_DENIED);
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(write_one(), OK);
}

static void somebody_elses_directory_gets_no_key(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(chown(path, 65534, 65534), 0);
	assert_int_equal(write_one(), STATUS_DENIED);
	identity.owner = 65534;
	assert_int_equal(write_one(), OK);
}

#define STRAYS 2000

static void current_set(char set[192])
{
	char link[192];
	ssize_t len;

	(void)snprintf(link, sizeof(link), "%s/.current", path);
	len = readlink(link, set + snprintf(set, 192, "%s/", path), 32);
	assert_true(len > 0);
	set[strlen(path) + 1 + (size_t)len] = '\0';
}

/* By the directory's owner, say, to hold the mint up. */
static void a_directory_full_of_sets_is_not_looked_through(void **state)
{
	char stray[192], set[192];
	unsigned left;

	(void)state;
	write_set("1");
	for (unsigned i = 0; i < STRAYS; i++) {
		(void)snprintf(stray, sizeof(stray), "%s/.svid-%06u", path, i);
		assert_int_equal(mkdir(stray, 0755), 0);
	}
	/* Wherever the one that is ours stands among them. */
	for (unsigned i = 0; i < 4; i++) {
		current_set(set);
		write_set("2");
		assert_int_equal(access(set, F_OK), -1);
		assert_content("svid.pem", "2");
	}
	current_set(set);
	assert_int_equal(svid_directory_remove(&identity), OK);
	assert_int_equal(access(set, F_OK), -1);
	left = entries();
	assert_true(left >= STRAYS / 2 && left < STRAYS);
	/* More of them each time. */
	for (unsigned i = 0; i < STRAYS && entries() > 0; i++)
		assert_int_equal(svid_directory_remove(&identity), OK);
	assert_int_equal(entries(), 0);
}

/* It opens as a set's name does, and leads out of the directory. */
static void nothing_is_removed_by_a_link_that_was_changed(void **state)
{
	char link[192], step[192], file[192];

	(void)state;
	write_set("1");
	(void)snprintf(link, sizeof(link), "%s/.current", path);
	(void)snprintf(step, sizeof(step), "%s/.svid-", path);
	(void)snprintf(file, sizeof(file), "%s/svid.pem", top);
	assert_int_equal(file_replace(file, span_text("other"), 0600, (uid_t)-1, (gid_t)-1), OK);
	assert_int_equal(mkdir(step, 0755), 0);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink(".svid-/../..", link), 0);
	assert_int_equal(svid_directory_remove(&identity), OK);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(entries(), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_three_files_change_together_and_leave_nothing_behind),
		TEST(the_key_has_the_mode_that_was_asked_for),
		TEST(the_workload_reaches_its_files_whatever_the_umask),
		TEST(a_directory_that_was_there_keeps_its_mode),
		TEST(removal_leaves_an_empty_directory),
		TEST(removal_without_a_directory_is_done),
		TEST(sets_of_a_run_that_was_killed_are_removed),
		TEST(a_directory_full_of_sets_is_not_looked_through),
		TEST(nothing_is_removed_by_a_link_that_was_changed),
		TEST(a_link_in_the_directorys_place_is_not_followed),
		TEST(our_own_link_on_the_way_is_followed),
		TEST(a_link_on_the_way_that_others_could_make_is_not_followed),
		TEST(nothing_is_removed_by_a_link_on_the_way_that_others_could_make),
		TEST(somebody_elses_link_on_the_way_is_not_followed),
		TEST(links_that_lead_in_a_circle_end),
		TEST(a_directory_that_others_may_write_gets_no_key_but_is_emptied),
		TEST(somebody_elses_directory_gets_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
