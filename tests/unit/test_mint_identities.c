/* SPDX-License-Identifier: Apache-2.0 */
/* SVIDs in memory: how long each is one, and whose. */
#include "unit.h"

#include <openssl/x509.h>
#include <stdio.h>

#include "identities_scene.h"

static void one_svid_serves_all_users(void **state)
{
	const struct held_identity *first, *second;

	(void)state;
	assert_int_equal(scene_use(&scene.one, 0, &first), OK);
	assert_int_equal(scene_use(&scene.other, 50, &second), OK);
	assert_ptr_equal(first, second);
	assert_int_equal(scene.broker.signs, 1);
	assert_string_equal(scene.broker.reason, SUBJECT_ASKED);
	assert_int_equal(first->not_after, NOW + 200);
}

static void what_is_handed_out_is_der_and_fits_together(void **state)
{
	const struct held_identity *held;

	(void)state;
	assert_int_equal(scene_use(&scene.one, 0, &held), OK);

	const uint8_t *p = held->chain.data;
	const uint8_t *k = held->key.data;
	AUTO(X509) leaf = d2i_X509(NULL, &p, (long)held->chain.len);
	AUTO(X509) issuer = d2i_X509(NULL, &p, (long)(held->chain.data + held->chain.len - p));
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &k, (long)held->key.len);
	AUTO(EVP_PKEY) key = info == NULL ? NULL : EVP_PKCS82PKEY(info);

	PKCS8_PRIV_KEY_INFO_free(info);
	assert_true(leaf != NULL && issuer != NULL && key != NULL);
	assert_ptr_equal(p, held->chain.data + held->chain.len);
	assert_ptr_equal(k, held->key.data + held->key.len);
	assert_int_equal(EVP_PKEY_eq(key, X509_get0_pubkey(leaf)), 1);
	assert_int_equal(X509_verify(leaf, X509_get0_pubkey(issuer)), 1);
}

static void at_half_of_its_time_it_is_made_anew_under_a_longer_right(void **state)
{
	AUTO_DONE(bytes) chain = { 0 };
	AUTO_DONE(bytes) key = { 0 };
	const struct held_identity *held;

	(void)state;
	assert_int_equal(scene_use(&scene.one, 0, &held), OK);
	assert_int_equal(bytes_copy(span_of(&held->chain), &chain), OK);
	assert_int_equal(bytes_copy(span_of(&held->key), &key), OK);
	/* Under the same right it would end no later. */
	assert_false(scene_keep(100));
	assert_int_equal(scene_wait_at(100), 100);
	scene_grant_until(400);
	assert_int_equal(scene_wait_at(60), 40);
	assert_false(scene_keep(99));
	assert_true(scene_keep(100));
	assert_string_equal(scene.broker.reason, SUBJECT_ROTATED);
	assert_int_equal(held->not_after, NOW + 400);
	assert_false(span_equal(span_of(&chain), span_of(&held->chain)));
	assert_false(span_equal(span_of(&key), span_of(&held->key)));
	assert_false(scene_keep(249));
	assert_int_equal(scene.broker.signs, 2);
}

static void what_nobody_uses_is_forgotten_at_half_of_its_time(void **state)
{
	const struct held_identity *held;

	(void)state;
	assert_int_equal(scene_use(&scene.one, 0, &held), OK);
	identities_leave(&scene.ids, &scene.one);
	assert_false(scene_keep(99));
	assert_int_equal(scene.ids.count, 1);
	assert_false(scene_keep(100));
	assert_int_equal(scene.ids.count, 0);
	assert_int_equal(scene.broker.signs, 1);
}

static void while_the_tpm_does_not_sign_the_old_one_stays_until_its_end(void **state)
{
	const struct held_identity *held;

	(void)state;
	assert_int_equal(scene_use(&scene.one, 0, &held), OK);
	scene_grant_until(400);
	scene.broker.refuses = true;
	assert_false(scene_keep(100));
	/* Not at each turn of the loop. */
	assert_int_equal(scene_wait_at(100), 5);
	scene.broker.reason[0] = '\0';
	assert_false(scene_keep(104));
	assert_string_equal(scene.broker.reason, "");
	assert_false(scene_keep(105));
	assert_string_equal(scene.broker.reason, SUBJECT_ROTATED);
	assert_int_equal(scene_use(&scene.other, 110, &held), OK);
	assert_int_equal(held->not_after, NOW + 200);
	assert_true(scene_keep(200));
	assert_int_equal(scene.ids.count, 0);
	assert_int_equal(scene_use(&scene.one, 201, &held), STATUS_UNAVAILABLE);
	/* And comes back without a restart. */
	scene.broker.refuses = false;
	scene.broker.reason[0] = '\0';
	assert_int_equal(scene_use(&scene.one, 205, &held), STATUS_UNAVAILABLE);
	assert_string_equal(scene.broker.reason, "");
	assert_int_equal(scene_use(&scene.one, 206, &held), OK);
	assert_int_equal(held->not_after, NOW + 400);
}

static void a_clock_that_is_set_makes_no_svid_last_longer(void **state)
{
	const struct held_identity *held;
	struct instant at = scene_after(0);

	(void)state;
	assert_int_equal(scene_use(&scene.one, 0, &held), OK);
	scene_grant_until(400);
	/* An hour back: half of its time is over all the same, and so is its end. */
	at.now = NOW - 3600;
	at.boot = 1000 + 99;
	assert_false(scene_keep_at(&at));
	at.boot = 1000 + 200;
	assert_true(scene_keep_at(&at));
	assert_int_equal(scene.ids.count, 0);
	/* Ahead: nobody else takes it any more. */
	assert_int_equal(scene_use(&scene.one, 0, &held), OK);
	at = scene_after(0);
	at.now = NOW + 400;
	assert_true(scene_keep_at(&at));
	assert_int_equal(scene.ids.count, 0);
}

/* Of the 200 s that the right has by the host's clock, 80 are left: it is behind. Under the
 * next right, too, what is held is made anew before others take it no more. */
static void under_a_clock_that_is_behind_it_lasts_as_long_as_the_right(void **state)
{
	const struct held_identity *held;

	(void)state;
	scene.right.ends_s = scene_after(80).boot;
	assert_int_equal(scene_use(&scene.one, 0, &held), OK);
	scene_grant_until(400);
	scene.right.ends_s = scene_after(280).boot;
	assert_int_equal(scene_wait_at(0), 40);
	assert_false(scene_keep(39));
	assert_true(scene_keep(40));
	assert_string_equal(scene.broker.reason, SUBJECT_ROTATED);
	/* 360 by the clock, and by the right 240. */
	assert_false(scene_keep(40 + 239));
	assert_int_equal(scene.ids.count, 1);
	assert_true(scene_keep(40 + 240));
	assert_int_equal(scene.ids.count, 0);
}

static void nothing_is_made_beyond_the_entitlements(void **state)
{
	const struct held_identity *held;

	(void)state;
	bytes_done(&scene.entry.spiffe_id);
	assert_int_equal(bytes_copy(span_text("spiffe://example.org/db/1"), &scene.entry.spiffe_id),
			 OK);
	assert_int_equal(scene_use(&scene.one, 0, &held), STATUS_DENIED);
	assert_string_equal(scene.broker.reason, "");
}

static void an_entry_that_is_gone_or_another_takes_its_svid_along(void **state)
{
	struct entries entries = { .list = &scene.entry, .count = 1 };
	const struct held_identity *held;

	(void)state;
	assert_int_equal(scene_use(&scene.one, 0, &held), OK);
	scene_match(&entries);
	assert_int_equal(scene.ids.count, 1);
	scene.entry.spiffe_id.data[scene.entry.spiffe_id.len - 1] = '2';
	scene_match(&entries);
	assert_int_equal(scene.ids.count, 0);
	assert_int_equal(scene_use(&scene.one, 0, &held), OK);
	entries.count = 0;
	scene_match(&entries);
	assert_int_equal(scene.ids.count, 0);
}

static void enter_other_terms(unsigned which)
{
	static const uint8_t digest[SHA256_SIZE];
	const struct span approved = { digest, sizeof(digest) };

	switch (which) {
	case 0:
		scene.entry.executable.data[scene.entry.executable.len - 1] = 'x';
		return;
	case 1:
		scene.entry.has_uid = true;
		return;
	case 2:
		scene.entry.has_gid = true;
		return;
	case 3:
		assert_int_equal(bytes_copy(span_text("web.service"), &scene.entry.unit), OK);
		return;
	case 4:
		assert_int_equal(bytes_copy(span_text("web"), &scene.entry.socket), OK);
		return;
	default:
		assert_int_equal(bytes_append(&scene.entry.digests, approved), OK);
		return;
	}
}

static void whom_an_entry_admits_by_new_terms_shares_no_key_with_the_old(void **state)
{
	struct entries entries = { .list = &scene.entry, .count = 1 };

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		AUTO_DONE(bytes) key = { 0 };
		const struct held_identity *held;

		assert_int_equal(scene_use(&scene.one, 0, &held), OK);
		assert_int_equal(bytes_copy(span_of(&held->key), &key), OK);
		enter_other_terms(i);
		scene_match(&entries);
		assert_int_equal(scene.ids.count, 0);
		assert_int_equal(scene_use(&scene.one, 0, &held), OK);
		assert_false(span_equal(span_of(&key), span_of(&held->key)));
	}
}

static enum status use_for_job(uid_t uid, uint64_t job)
{
	const struct subject subject = { .entry = span_of(&scene.entry.name),
					 .has_uid = true,
					 .uid = uid };
	const struct job run = { .id = job, .started = 1 };
	const struct instant at = scene_after(0);
	const struct held_identity *held = NULL;

	return identities_use(&scene.ids, &scene.entry, &subject, &run, &scene.one, &at, &held);
}

/* Who starts job after job, each of which lives on, keeps nobody from an identity. */
static void one_users_jobs_leave_identities_for_others(void **state)
{
	uint64_t job = 1;

	(void)state;
	for (; job <= IDENTITIES_OF_USERS_JOBS_MAX; job++)
		assert_int_equal(use_for_job(1000, job), OK);
	assert_int_equal(use_for_job(1000, job), STATUS_TOO_LARGE);
	/* What is there stays. */
	assert_int_equal(use_for_job(1000, 1), OK);
	for (; job < IDENTITIES_OF_JOBS_MAX; job++)
		assert_int_equal(use_for_job(1001, job), OK);
	assert_int_equal(use_for_job(1002, job++), OK);
	assert_int_equal(use_for_job(1002, job), STATUS_TOO_LARGE);
}

/* Nor do those of several users, who may be one: each entry still has its own. */
static void all_jobs_leave_each_entry_its_identity(void **state)
{
	const struct held_identity *held = NULL;
	char name[16];

	(void)state;
	for (uint64_t job = 0; job < IDENTITIES_HELD_MAX; job++)
		assert_int_equal(use_for_job(1000 + (uid_t)(job % 4), job + 1),
				 job < IDENTITIES_OF_JOBS_MAX ? OK : STATUS_TOO_LARGE);
	for (unsigned i = 0; i < ENTRIES_MAX; i++) {
		bytes_done(&scene.entry.name);
		(void)snprintf(name, sizeof(name), "web-%u", i);
		assert_int_equal(bytes_copy(span_text(name), &scene.entry.name), OK);
		assert_int_equal(scene_ask(&scene.other, 0, &held), OK);
	}
	assert_int_equal(scene.ids.count, IDENTITIES_HELD_MAX);
}

/* What entries share they count themselves. */
static void jobs_count_against_no_shared_identity(void **state)
{
	const struct held_identity *held = NULL;

	(void)state;
	for (uint64_t job = 1; job <= IDENTITIES_OF_USERS_JOBS_MAX; job++)
		assert_int_equal(use_for_job(0, job), OK);
	assert_int_equal(scene_use(&scene.one, 0, &held), OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_begin, scene_end)
	const struct CMUnitTest tests[] = {
		TEST(one_svid_serves_all_users),
		TEST(what_is_handed_out_is_der_and_fits_together),
		TEST(at_half_of_its_time_it_is_made_anew_under_a_longer_right),
		TEST(what_nobody_uses_is_forgotten_at_half_of_its_time),
		TEST(while_the_tpm_does_not_sign_the_old_one_stays_until_its_end),
		TEST(a_clock_that_is_set_makes_no_svid_last_longer),
		TEST(under_a_clock_that_is_behind_it_lasts_as_long_as_the_right),
		TEST(nothing_is_made_beyond_the_entitlements),
		TEST(an_entry_that_is_gone_or_another_takes_its_svid_along),
		TEST(whom_an_entry_admits_by_new_terms_shares_no_key_with_the_old),
		TEST(one_users_jobs_leave_identities_for_others),
		TEST(all_jobs_leave_each_entry_its_identity),
		TEST(jobs_count_against_no_shared_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
