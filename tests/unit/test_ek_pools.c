/* SPDX-License-Identifier: Apache-2.0 */
/* What EK certificates are held against is as the directories have it, not as they
 * had it when the process began. */
#include "certificate_maker.h"
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/file.h"
#include "scratch.h"
#include "verifier/appraiser/ek_pools.h"

struct scene {
	char roots[SCRATCH_MAX], crls[SCRATCH_MAX];
	struct appraiser_settings settings;
	struct ek_pools pools;
	time_t now;
};

static void put(const char *directory, const char *name, struct span content)
{
	char path[SCRATCH_MAX + 16];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	assert_int_equal(file_replace(path, content, 0644, (uid_t)-1, (gid_t)-1), OK);
}

static int remove_file(const char *directory, const char *name)
{
	char path[SCRATCH_MAX + 16];

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	return unlink(path);
}

static void put_root(const struct scene *s, const char *name)
{
	AUTO(EVP_PKEY) key = maker_ec_key("P-256");
	struct recipe recipe = maker_root(key);
	AUTO_DONE(bytes) der = maker_certificate(&recipe);

	put(s->roots, name, span_of(&der));
}

static void put_crl(const struct scene *s, const char *name, size_t len)
{
	AUTO(EVP_PKEY) key = maker_ec_key("P-256");
	const struct crl_recipe recipe = { .issuer = "maker",
					   .signer = key,
					   .this_update = MAKER_NOW,
					   .next_update = MAKER_NOW + 1000 };
	AUTO_DONE(bytes) der = maker_crl(&recipe);

	if (len < der.len)
		der.len = len;
	put(s->crls, name, span_of(&der));
}

static void start(struct scene *s)
{
	*s = (struct scene){ .now = 1000 };
	assert_non_null(mkdtemp(scratch_name(s->roots, "roots")));
	assert_non_null(mkdtemp(scratch_name(s->crls, "crls")));
	s->settings = (struct appraiser_settings){ .ek_roots = s->roots, .ek_crls = s->crls };
	put_root(s, "first");
	put_crl(s, "list", SIZE_MAX);
	assert_true(ek_pools_read(&s->settings, &s->pools));
}

static void stop(struct scene *s)
{
	char command[2 * SCRATCH_MAX + 16];

	ek_pools_done(&s->pools);
	(void)snprintf(command, sizeof(command), "rm -rf %s %s", s->roots, s->crls);
	assert_int_equal(system(command), 0);
}

/* Until a change has been seen and come to rest. */
static void wait_a_little(struct scene *s)
{
	for (int i = 0; i < 3; i++)
		ek_pools_refresh(&s->pools, s->now += 10);
}

static void expect(struct scene *s, size_t roots, size_t crls)
{
	wait_a_little(s);
	assert_int_equal(s->pools.roots.count, roots);
	assert_int_equal(s->pools.crls.count, crls);
}

static void what_comes_and_goes_counts_without_a_restart(void **state)
{
	struct scene s;
	(void)state;

	start(&s);
	expect(&s, 1, 1);
	put_root(&s, "second");
	expect(&s, 2, 1);
	put_crl(&s, "list", SIZE_MAX);
	put_crl(&s, "another", SIZE_MAX);
	expect(&s, 2, 2);
	assert_int_equal(remove_file(s.roots, "first"), 0);
	expect(&s, 1, 2);
	stop(&s);
}

/* An issuer without a list is not checked: half a list must not be none. */
static void what_is_half_written_takes_the_place_of_nothing(void **state)
{
	struct scene s;
	(void)state;

	start(&s);
	put_crl(&s, "list", 40);
	put_root(&s, "second");
	expect(&s, 1, 1);
	put_crl(&s, "list", SIZE_MAX);
	expect(&s, 2, 1);
	/* Nor what others may write. */
	put_root(&s, "third");
	assert_int_equal(chmod(s.roots, 0777), 0);
	expect(&s, 2, 1);
	assert_int_equal(chmod(s.roots, 0755), 0);
	expect(&s, 3, 1);
	stop(&s);
}

/* Read for the first time it would be none, and an EK that it names be believed. */
static void a_list_that_is_damaged_at_the_start_is_waited_for(void **state)
{
	struct scene s;
	(void)state;

	start(&s);
	assert_false(s.pools.lacks_lists);
	put_crl(&s, "list", 40);
	put(s.roots, "notes", span_text("which of these is whose"));
	ek_pools_done(&s.pools);
	assert_true(ek_pools_read(&s.settings, &s.pools));
	assert_true(s.pools.lacks_lists);
	/* A root that is missing lets nobody in. */
	assert_int_equal(s.pools.roots.count, 1);
	put_crl(&s, "list", SIZE_MAX);
	assert_int_equal(remove_file(s.roots, "notes"), 0);
	expect(&s, 1, 1);
	assert_false(s.pools.lacks_lists);
	/* What comes later keeps what is there. */
	put_crl(&s, "list", 40);
	expect(&s, 1, 1);
	assert_false(s.pools.lacks_lists);
	stop(&s);
}

/* Where no list is found, none is known: a name without a file behind it is no reason
 * to believe that. */
static void a_list_that_cannot_be_reached_is_not_none(void **state)
{
	struct scene s;
	char link[SCRATCH_MAX + 16], moved[SCRATCH_MAX + 16];
	(void)state;

	start(&s);
	(void)snprintf(link, sizeof(link), "%s/list", s.crls);
	(void)snprintf(moved, sizeof(moved), "%s/.moved", s.crls);
	assert_int_equal(rename(link, moved), 0);
	assert_int_equal(symlink("../not/mounted", link), 0);
	expect(&s, 1, 1);
	ek_pools_done(&s.pools);
	assert_true(ek_pools_read(&s.settings, &s.pools));
	assert_true(s.pools.lacks_lists);

	assert_int_equal(unlink(link), 0);
	assert_int_equal(mkdir(link, 0700), 0);
	wait_a_little(&s);
	assert_true(s.pools.lacks_lists);
	assert_int_equal(rmdir(link), 0);
	assert_int_equal(rename(moved, link), 0);
	expect(&s, 1, 1);
	assert_false(s.pools.lacks_lists);
	stop(&s);
}

/* A root that is missing lets nobody in. */
static void a_root_that_cannot_be_reached_is_passed_over(void **state)
{
	struct scene s;
	char link[SCRATCH_MAX + 16];
	(void)state;

	start(&s);
	(void)snprintf(link, sizeof(link), "%s/another", s.roots);
	assert_int_equal(symlink("../not/mounted", link), 0);
	ek_pools_done(&s.pools);
	assert_true(ek_pools_read(&s.settings, &s.pools));
	assert_int_equal(s.pools.roots.count, 1);
	assert_false(s.pools.lacks_lists);
	/* Nor does it keep anything else out. */
	put_root(&s, "second");
	put_crl(&s, "another", SIZE_MAX);
	expect(&s, 2, 2);
	stop(&s);
}

/* While a certificate is being written, a list may say that its EK is revoked. */
static void a_list_waits_for_no_certificate(void **state)
{
	struct scene s;
	(void)state;

	start(&s);
	put(s.roots, "notes", span_text("which of these is whose"));
	put_root(&s, "second");
	put_crl(&s, "another", SIZE_MAX);
	expect(&s, 1, 2);
	assert_int_equal(remove_file(s.roots, "notes"), 0);
	expect(&s, 2, 2);
	stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_and_goes_counts_without_a_restart),
		cmocka_unit_test(what_is_half_written_takes_the_place_of_nothing),
		cmocka_unit_test(a_list_that_is_damaged_at_the_start_is_waited_for),
		cmocka_unit_test(a_list_that_cannot_be_reached_is_not_none),
		cmocka_unit_test(a_root_that_cannot_be_reached_is_passed_over),
		cmocka_unit_test(a_list_waits_for_no_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
