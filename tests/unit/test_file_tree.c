/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "policies/artifacts/file_tree.h"

/* A digest for each content: its first byte. */
static const uint8_t *content(uint8_t byte)
{
	static uint8_t digests[256][SHA256_SIZE];

	digests[byte][0] = byte;
	return digests[byte];
}

static enum status try_add(struct file_tree *tree, enum file_tree_kind kind, const char *name,
			   const char *target, uint32_t source, struct file_tree_change *change)
{
	const char *fault = NULL;
	const struct file_tree_member member = { .kind = kind,
						 .name = span_text(name),
						 .target = span_text(target),
						 .sha256 = content((uint8_t)source),
						 .source = source };
	enum status status = file_tree_add(tree, &member, change, &fault);

	assert_true((status == STATUS_MALFORMED) == (fault != NULL));
	return status;
}

static void add(struct file_tree *tree, enum file_tree_kind kind, const char *name,
		const char *target, uint32_t source)
{
	struct file_tree_change change;

	assert_int_equal(try_add(tree, kind, name, target, source, &change), OK);
}

static void refuses(struct file_tree *tree, enum file_tree_kind kind, const char *name,
		    const char *target)
{
	struct file_tree_change change;

	assert_int_equal(try_add(tree, kind, name, target, 9, &change), STATUS_MALFORMED);
}

static void take_away(struct file_tree *tree, const char *name, uint32_t source, bool only_below)
{
	const char *fault = NULL;

	assert_int_equal(file_tree_remove(tree, span_text(name), source, only_below, &fault), OK);
}

/* First byte of the digest of what stands at the path; 0 for no file. */
static uint8_t at(const struct file_tree *tree, const char *path)
{
	struct file_tree_iterator iterator = { .tree = tree };
	struct file_tree_file file;
	uint8_t found = 0;

	while (file_tree_next(&iterator, &file)) {
		if (!span_equal(file.path, span_text(path)))
			continue;
		assert_int_equal(found, 0); /* a path stands there once */
		found = file.sha256[0];
	}
	return found;
}

static size_t count(const struct file_tree *tree)
{
	struct file_tree_iterator iterator = { .tree = tree };
	struct file_tree_file file;
	size_t files = 0;

	while (file_tree_next(&iterator, &file))
		files++;
	return files;
}

static struct file_tree *tree_of(enum file_tree_rule rule)
{
	struct file_tree *tree = NULL;

	assert_int_equal(file_tree_new(rule, 1, &tree), OK);
	return tree;
}

static void a_file_stands_where_links_among_its_directories_lead(void **state)
{
	AUTO(file_tree) tree = tree_of(TREE_PACKAGES);
	(void)state;

	assert_int_equal(file_tree_merge_usr(tree), OK);
	add(tree, TREE_DIRECTORY, "./lib", NULL, 1);
	add(tree, TREE_FILE, "./lib/a.so", NULL, 1);
	add(tree, TREE_LINK, "./usr/share/x", "../../lib", 1);
	add(tree, TREE_FILE, "usr/share/x/b.so", NULL, 2);
	add(tree, TREE_LINK, "./var/run", "/run", 1);
	add(tree, TREE_FILE, "./var/run/c", NULL, 3);
	assert_int_equal(at(tree, "/usr/lib/a.so"), 1);
	assert_int_equal(at(tree, "/usr/lib/b.so"), 2);
	assert_int_equal(at(tree, "/run/c"), 3);
	assert_int_equal(count(tree), 3);
}

static void a_split_root_keeps_its_directories(void **state)
{
	AUTO(file_tree) tree = tree_of(TREE_PACKAGES);
	(void)state;

	add(tree, TREE_FILE, "./lib/a.so", NULL, 1);
	assert_int_equal(at(tree, "/lib/a.so"), 1);
}

static void names_that_lead_elsewhere_are_refused(void **state)
{
	AUTO(file_tree) tree = tree_of(TREE_PACKAGES);
	char long_name[300];
	char long_path[5000];
	(void)state;

	memset(long_name, 'a', sizeof(long_name));
	long_name[256] = '\0';
	memset(long_path, 'a', sizeof(long_path));
	for (size_t i = 0; i < sizeof(long_path); i += 100)
		long_path[i] = '/';
	long_path[0] = '.';
	long_path[1] = '/';
	long_path[sizeof(long_path) - 1] = '\0';
	refuses(tree, TREE_FILE, "/etc/passwd", NULL);
	refuses(tree, TREE_FILE, "../etc/passwd", NULL);
	refuses(tree, TREE_FILE, "./usr/../etc/passwd", NULL);
	refuses(tree, TREE_DIRECTORY, "./usr/..", NULL);
	refuses(tree, TREE_FILE, "", NULL);
	refuses(tree, TREE_FILE, ".", NULL);
	refuses(tree, TREE_FILE, long_name, NULL);
	refuses(tree, TREE_FILE, long_path, NULL);
	refuses(tree, TREE_LINK, "./a", "");
	assert_int_equal(count(tree), 0);
}

static void links_in_circles_and_out_of_the_root_are_refused(void **state)
{
	AUTO(file_tree) tree = tree_of(TREE_PACKAGES);
	(void)state;

	add(tree, TREE_LINK, "./a", "b", 1);
	add(tree, TREE_LINK, "./b", "a", 1);
	add(tree, TREE_LINK, "./up", "../../../etc", 1);
	add(tree, TREE_FILE, "./file", NULL, 1);
	refuses(tree, TREE_FILE, "./a/x", NULL);
	refuses(tree, TREE_FILE, "./up/x", NULL);
	refuses(tree, TREE_FILE, "./file/x", NULL);
	assert_int_equal(count(tree), 1);
}

static void a_hard_link_is_a_file_that_came_before(void **state)
{
	AUTO(file_tree) tree = tree_of(TREE_PACKAGES);
	(void)state;

	add(tree, TREE_FILE, "./a", NULL, 1);
	add(tree, TREE_HARD_LINK, "./usr/b", "./a", 2);
	assert_int_equal(at(tree, "/usr/b"), 1);
	refuses(tree, TREE_HARD_LINK, "./c", "./missing");
	refuses(tree, TREE_HARD_LINK, "./c", "./usr");
	refuses(tree, TREE_HARD_LINK, "./c", "../a");
	refuses(tree, TREE_HARD_LINK, "./c", "/a");
	assert_int_equal(count(tree), 2);
}

static void what_replaces_another_package_s_file_is_told(void **state)
{
	AUTO(file_tree) tree = tree_of(TREE_PACKAGES);
	struct file_tree_change change;
	(void)state;

	assert_int_equal(try_add(tree, TREE_FILE, "./a", NULL, 1, &change), OK);
	assert_int_equal(change.replaced, TREE_NO_SOURCE);
	assert_int_equal(try_add(tree, TREE_FILE, "./a", NULL, 1, &change), OK);
	assert_int_equal(change.replaced, TREE_NO_SOURCE);
	assert_int_equal(try_add(tree, TREE_FILE, "./a", NULL, 2, &change), OK);
	assert_int_equal(change.replaced, 1);
	assert_false(change.was_kept);
	assert_int_equal(at(tree, "/a"), 2);
	assert_int_equal(try_add(tree, TREE_LINK, "./a", "b", 3, &change), OK);
	assert_int_equal(change.replaced, 2);
	assert_int_equal(count(tree), 0);
}

static void between_packages_the_directory_that_is_there_stays(void **state)
{
	AUTO(file_tree) tree = tree_of(TREE_PACKAGES);
	struct file_tree_change change;
	(void)state;

	add(tree, TREE_FILE, "./d/a", NULL, 1);
	assert_int_equal(try_add(tree, TREE_LINK, "./d", "e", 2, &change), OK);
	assert_true(change.was_kept);
	assert_int_equal(change.replaced, 1);
	assert_int_equal(at(tree, "/d/a"), 1);
	refuses(tree, TREE_FILE, "./d", NULL);
	add(tree, TREE_FILE, "./f", NULL, 1);
	refuses(tree, TREE_DIRECTORY, "./f", NULL);
	add(tree, TREE_LINK, "./l", "d", 1);
	assert_int_equal(try_add(tree, TREE_DIRECTORY, "./l", NULL, 2, &change), OK);
	assert_int_equal(change.replaced, TREE_NO_SOURCE);
	add(tree, TREE_FILE, "./l/b", NULL, 2);
	assert_int_equal(at(tree, "/d/b"), 2);
}

static void between_layers_what_comes_later_stays(void **state)
{
	AUTO(file_tree) tree = tree_of(TREE_LAYERS);
	(void)state;

	add(tree, TREE_FILE, "d/e/a", NULL, 1);
	add(tree, TREE_LINK, "d", "f", 2);
	assert_int_equal(count(tree), 0);
	add(tree, TREE_FILE, "d/b", NULL, 2);
	assert_int_equal(at(tree, "/f/b"), 2);
	add(tree, TREE_DIRECTORY, "d", NULL, 3);
	add(tree, TREE_FILE, "d/b", NULL, 3);
	assert_int_equal(at(tree, "/d/b"), 3);
	assert_int_equal(at(tree, "/f/b"), 2);
	add(tree, TREE_FILE, "d", NULL, 4);
	assert_int_equal(at(tree, "/d"), 4);
	assert_int_equal(count(tree), 2);
	/* What was below does not come back with the directory. */
	add(tree, TREE_DIRECTORY, "d", NULL, 5);
	assert_int_equal(count(tree), 1);
}

static void a_whiteout_takes_away_what_lower_layers_put_there(void **state)
{
	AUTO(file_tree) tree = tree_of(TREE_LAYERS);
	(void)state;

	add(tree, TREE_FILE, "d/a", NULL, 1);
	add(tree, TREE_FILE, "d/e/b", NULL, 1);
	add(tree, TREE_FILE, "kept", NULL, 1);
	add(tree, TREE_FILE, "d/new", NULL, 2);
	take_away(tree, "d", 2, false);
	assert_int_equal(at(tree, "/d/new"), 2);
	assert_int_equal(count(tree), 2);
	take_away(tree, "kept", 2, false);
	take_away(tree, "never/was", 2, false);
	assert_int_equal(count(tree), 1);
	add(tree, TREE_FILE, "kept", NULL, 3);
	assert_int_equal(at(tree, "/kept"), 3);
}

static void an_opaque_directory_hides_what_lower_layers_put_below(void **state)
{
	AUTO(file_tree) tree = tree_of(TREE_LAYERS);
	(void)state;

	add(tree, TREE_FILE, "d/a", NULL, 1);
	add(tree, TREE_FILE, "d/e/b", NULL, 1);
	add(tree, TREE_FILE, "c", NULL, 1);
	add(tree, TREE_FILE, "d/n", NULL, 2);
	take_away(tree, "d/.", 2, true);
	assert_int_equal(at(tree, "/d/n"), 2);
	assert_int_equal(at(tree, "/c"), 1);
	assert_int_equal(count(tree), 2);
	take_away(tree, ".", 3, true);
	assert_int_equal(count(tree), 0);
}

static void a_whiteout_leads_nowhere_else(void **state)
{
	AUTO(file_tree) tree = tree_of(TREE_LAYERS);
	const char *fault = NULL;
	(void)state;

	assert_int_equal(file_tree_remove(tree, span_text("../x"), 2, false, &fault),
			 STATUS_MALFORMED);
	assert_non_null(fault);
}

static void many_files_take_little_memory(void **state)
{
	AUTO(file_tree) tree = tree_of(TREE_PACKAGES);
	const size_t files = 200000;
	(void)state;

	for (size_t i = 0; i < files; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "./usr/share/d%zu/file-%zu", i / 50, i);
		add(tree, TREE_FILE, name, NULL, (uint32_t)(1 + i % 200));
	}
	assert_int_equal(count(tree), files);
	assert_true(file_tree_memory(tree) / files < 160);
}

static void what_came_back_goes_again(void **state)
{
	AUTO(file_tree) tree = tree_of(TREE_LAYERS);
	(void)state;

	add(tree, TREE_FILE, "d/e/f", "", 1);
	add(tree, TREE_FILE, "d/e/g", "", 1);
	add(tree, TREE_FILE, "d", "", 1);
	assert_int_equal(count(tree), 1);
	/* Under the same names, after all of it was taken away. */
	add(tree, TREE_DIRECTORY, "d", "", 2);
	add(tree, TREE_FILE, "d/e/f", "", 2);
	take_away(tree, "d", 2, true);
	assert_int_equal(count(tree), 1);
	take_away(tree, "d", 3, true);
	assert_int_equal(count(tree), 0);
	/* Beneath a directory that was cleared, and one that is gone. */
	add(tree, TREE_DIRECTORY, "d/e", "", 3);
	add(tree, TREE_FILE, "d/e/g", "", 3);
	take_away(tree, "d", 3, true);
	assert_int_equal(at(tree, "/d/e/g"), 3);
	take_away(tree, "d", 4, false);
	assert_int_equal(count(tree), 0);
	/* What is no directory has no mark of one. */
	for (uint32_t i = 0; i < 20; i++)
		add(tree, TREE_FILE, "many", "", 4);
	take_away(tree, "many", 5, false);
	add(tree, TREE_FILE, "many/x", "", 5);
	take_away(tree, "many", 10, true);
	assert_int_equal(count(tree), 0);
}

/* A few megabytes of a layer would else take hours. */
static void what_was_cleared_is_not_looked_at_again(void **state)
{
	AUTO(file_tree) tree = tree_of(TREE_LAYERS);
	const size_t files = 200000;
	char name[64];
	(void)state;

	for (size_t i = 0; i < files; i++) {
		(void)snprintf(name, sizeof(name), "d/e/file-%zu", i);
		add(tree, TREE_FILE, name, NULL, (uint32_t)(1 + i % 2));
	}
	for (size_t i = 0; i < files; i++) {
		take_away(tree, "d/e", 2, true);
		add(tree, TREE_DIRECTORY, "d/e", "", 2);
		take_away(tree, "d", 2, true);
	}
	assert_int_equal(count(tree), files / 2);
	for (size_t i = 0; i < files; i++) {
		add(tree, TREE_FILE, "d/e", NULL, 2);
		add(tree, TREE_DIRECTORY, "d/e", NULL, 2);
		add(tree, TREE_FILE, "d/e/file-1", NULL, 2);
	}
	assert_int_equal(count(tree), 1);
}

/* Where a path leads: "" for no file. */
static const char *leads_to(struct file_tree *tree, const char *path)
{
	static struct file_tree_place place;
	static char text[4097];
	enum status status = file_tree_find(tree, span_text(path), &place);

	assert_true(status == OK || status == STATUS_NOT_FOUND);
	if (status != OK)
		return "";
	(void)snprintf(text, sizeof(text), "%.*s", (int)place.file.path.len,
		       (const char *)place.file.path.data);
	return text;
}

static void a_path_is_followed_through_links_inside_the_root(void **state)
{
	AUTO(file_tree) tree = NULL;
	(void)state;

	assert_int_equal(file_tree_new(TREE_PACKAGES, 1, &tree), OK);
	assert_int_equal(file_tree_merge_usr(tree), OK);
	add(tree, TREE_FILE, "lib/systemd/systemd", "", 1);
	add(tree, TREE_LINK, "sbin/init", "/lib/systemd/systemd", 2);
	add(tree, TREE_LINK, "usr/sbin/beside", "../lib/systemd/systemd", 2);
	add(tree, TREE_LINK, "usr/sbin/twice", "init", 2);
	add(tree, TREE_LINK, "usr/sbin/circle", "circle", 2);
	add(tree, TREE_LINK, "usr/sbin/out", "../../../lib/systemd/systemd", 2);
	add(tree, TREE_LINK, "usr/sbin/directory", "/usr/lib", 2);

	assert_string_equal(leads_to(tree, "/sbin/init"), "/usr/lib/systemd/systemd");
	assert_string_equal(leads_to(tree, "/sbin/beside"), "/usr/lib/systemd/systemd");
	assert_string_equal(leads_to(tree, "/usr/sbin/twice"), "/usr/lib/systemd/systemd");
	assert_string_equal(leads_to(tree, "/usr/sbin/directory/systemd/systemd"),
			    "/usr/lib/systemd/systemd");
	assert_string_equal(leads_to(tree, "/usr/../lib/systemd/systemd"),
			    "/usr/lib/systemd/systemd");
	assert_string_equal(leads_to(tree, "/usr/sbin/circle"), "");
	assert_string_equal(leads_to(tree, "/usr/sbin/out"), "");
	assert_string_equal(leads_to(tree, "/usr/lib"), "");
	assert_string_equal(leads_to(tree, "/usr/lib/"), "");
	assert_string_equal(leads_to(tree, "/usr/lib/systemd/systemd/"), "");
	assert_string_equal(leads_to(tree, "/nowhere/at/all"), "");
	assert_string_equal(leads_to(tree, ""), "");
	/* Looking makes nothing. */
	assert_int_equal(count(tree), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_stands_where_links_among_its_directories_lead),
		cmocka_unit_test(a_split_root_keeps_its_directories),
		cmocka_unit_test(names_that_lead_elsewhere_are_refused),
		cmocka_unit_test(links_in_circles_and_out_of_the_root_are_refused),
		cmocka_unit_test(a_hard_link_is_a_file_that_came_before),
		cmocka_unit_test(what_replaces_another_package_s_file_is_told),
		cmocka_unit_test(between_packages_the_directory_that_is_there_stays),
		cmocka_unit_test(between_layers_what_comes_later_stays),
		cmocka_unit_test(a_whiteout_takes_away_what_lower_layers_put_there),
		cmocka_unit_test(an_opaque_directory_hides_what_lower_layers_put_below),
		cmocka_unit_test(a_whiteout_leads_nowhere_else),
		cmocka_unit_test(many_files_take_little_memory),
		cmocka_unit_test(what_came_back_goes_again),
		cmocka_unit_test(what_was_cleared_is_not_looked_at_again),
		cmocka_unit_test(a_path_is_followed_through_links_inside_the_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
