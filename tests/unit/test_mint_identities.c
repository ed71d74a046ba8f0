/* SPDX-License-Identifier: Apache-2.0 */
/* SVIDs in memory, by a clock of the test's and a broker that signs or does not. */
#include "unit.h"

#include <openssl/x509.h>

#include "attestd/mint/identity/identities.h"
#include "daemon/clock.h"
#include "mint_broker.h"

#define ID "spiffe://example.org/web/1"

static struct granted granted;
static struct right right;
static struct signing signing;
static struct identities ids;
static struct entry entry;
static struct mint_broker broker;
static const int one, other; /* users */
static const struct job shared;
/* What users were told. */
static unsigned made, lost;

static void on_news(void *context, enum identity_news news, const void *user)
{
	(void)context;
	assert_true(user == &one || user == &other);
	*(news == IDENTITY_LOST ? &lost : &made) += 1;
}

/* Of this length from NOW on. */
static void grant_until(int64_t seconds)
{
	AUTO_DONE(verdict) verdict = { 0 };

	granted_sign(&granted, "trusted", NOW + seconds, "spiffe://example.org/web/*");
	assert_int_equal(verdict_open(span_of(&granted.text), span_of(&granted.signature),
				      granted.result, &verdict),
			 OK);
	grant_done(&right.grant);
	assert_int_equal(grant_take(&verdict, span_of(&granted.certificate), NOW, &right.grant),
			 OK);
}

static int begin(void **state)
{
	(void)state;
	granted_init(&granted);
	mint_broker_begin(&broker, &signing, &granted);
	made = lost = 0;
	right = (struct right){ .ends_s = clock_boot_s() + 10000 };
	grant_until(200);
	ids = (struct identities){ .signing = &signing, .right = &right, .tell = on_news };
	assert_int_equal(jobs_new(&ids.jobs), OK);
	entry = (struct entry){ 0 };
	assert_int_equal(bytes_copy(span_text("web"), &entry.name), OK);
	assert_int_equal(bytes_copy(span_text(ID), &entry.spiffe_id), OK);
	assert_int_equal(bytes_copy(span_text("/usr/bin/web"), &entry.executable), OK);
	return 0;
}

static int end(void **state)
{
	(void)state;
	identities_done(&ids);
	mint_broker_done(&broker);
	entry_done(&entry);
	grant_done(&right.grant);
	granted_done(&granted);
	return 0;
}

/* So many seconds after NOW, on both clocks. */
static struct instant after(int64_t seconds)
{
	return (struct instant){ .now = NOW + seconds, .boot = 1000 + seconds };
}

/* Without waiting for the broker. */
static enum status ask(const void *user, int64_t seconds, const struct held_identity **held)
{
	const struct subject subject = { .entry = span_of(&entry.name) };
	const struct instant at = after(seconds);

	return identities_use(&ids, &entry, &subject, &shared, user, &at, held);
}

static enum status use(const void *user, int64_t seconds, const struct held_identity **held)
{
	enum status status = ask(user, seconds, held);

	if (status != OK || *held != NULL)
		return status;
	mint_broker_settle(&broker);
	return ask(user, seconds, held);
}

/* True: users were told something. */
static bool keep_at(const struct instant *at)
{
	unsigned before = made + lost;

	identities_keep(&ids, at);
	mint_broker_settle(&broker);
	return made + lost > before;
}

static bool keep(int64_t seconds)
{
	const struct instant at = after(seconds);

	return keep_at(&at);
}

static void match(const struct entries *entries)
{
	const struct instant at = after(0);

	identities_match(&ids, entries, &at);
}

static int64_t wait_at(int64_t seconds)
{
	const struct instant at = after(seconds);

	return identities_wait_s(&ids, &at, 1000);
}

static void one_svid_serves_all_users(void **state)
{
	const struct held_identity *first, *second;

	(void)state;
	assert_int_equal(use(&one, 0, &first), OK);
	assert_int_equal(use(&other, 50, &second), OK);
	assert_ptr_equal(first, second);
	assert_int_equal(broker.signs, 1);
	assert_string_equal(broker.reason, SUBJECT_ASKED);
	assert_int_equal(first->not_after, NOW + 200);
}

static void what_is_handed_out_is_der_and_fits_together(void **state)
{
	const struct held_identity *held;

	(void)state;
	assert_int_equal(use(&one, 0, &held), OK);

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
	assert_int_equal(use(&one, 0, &held), OK);
	assert_int_equal(bytes_copy(span_of(&held->chain), &chain), OK);
	assert_int_equal(bytes_copy(span_of(&held->key), &key), OK);
	/* Under the same right it would end no later. */
	assert_false(keep(100));
	assert_int_equal(wait_at(100), 100);
	grant_until(400);
	assert_int_equal(wait_at(60), 40);
	assert_false(keep(99));
	assert_true(keep(100));
	assert_string_equal(broker.reason, SUBJECT_ROTATED);
	assert_int_equal(held->not_after, NOW + 400);
	assert_false(span_equal(span_of(&chain), span_of(&held->chain)));
	assert_false(span_equal(span_of(&key), span_of(&held->key)));
	assert_false(keep(249));
	assert_int_equal(broker.signs, 2);
}

static void what_nobody_uses_is_forgotten_at_half_of_its_time(void **state)
{
	const struct held_identity *held;

	(void)state;
	assert_int_equal(use(&one, 0, &held), OK);
	identities_leave(&ids, &one);
	assert_false(keep(99));
	assert_int_equal(ids.count, 1);
	assert_false(keep(100));
	assert_int_equal(ids.count, 0);
	assert_int_equal(broker.signs, 1);
}

static void while_the_tpm_does_not_sign_the_old_one_stays_until_its_end(void **state)
{
	const struct held_identity *held;

	(void)state;
	assert_int_equal(use(&one, 0, &held), OK);
	grant_until(400);
	broker.refuses = true;
	assert_false(keep(100));
	/* Not at each turn of the loop. */
	assert_int_equal(wait_at(100), 5);
	broker.reason[0] = '\0';
	assert_false(keep(104));
	assert_string_equal(broker.reason, "");
	assert_false(keep(105));
	assert_string_equal(broker.reason, SUBJECT_ROTATED);
	assert_int_equal(use(&other, 110, &held), OK);
	assert_int_equal(held->not_after, NOW + 200);
	assert_true(keep(200));
	assert_int_equal(ids.count, 0);
	assert_int_equal(use(&one, 201, &held), STATUS_UNAVAILABLE);
	/* And comes back without a restart. */
	broker.refuses = false;
	broker.reason[0] = '\0';
	assert_int_equal(use(&one, 205, &held), STATUS_UNAVAILABLE);
	assert_string_equal(broker.reason, "");
	assert_int_equal(use(&one, 206, &held), OK);
	assert_int_equal(held->not_after, NOW + 400);
}

static void a_clock_that_is_set_makes_no_svid_last_longer(void **state)
{
	const struct held_identity *held;
	struct instant at = after(0);

	(void)state;
	assert_int_equal(use(&one, 0, &held), OK);
	grant_until(400);
	/* An hour back: half of its time is over all the same, and so is its end. */
	at.now = NOW - 3600;
	at.boot = 1000 + 99;
	assert_false(keep_at(&at));
	at.boot = 1000 + 200;
	assert_true(keep_at(&at));
	assert_int_equal(ids.count, 0);
	/* Ahead: nobody else takes it any more. */
	assert_int_equal(use(&one, 0, &held), OK);
	at = after(0);
	at.now = NOW + 400;
	assert_true(keep_at(&at));
	assert_int_equal(ids.count, 0);
}

static void nothing_is_made_beyond_the_entitlements(void **state)
{
	const struct held_identity *held;

	(void)state;
	bytes_done(&entry.spiffe_id);
	assert_int_equal(bytes_copy(span_text("spiffe://example.org/db/1"), &entry.spiffe_id), OK);
	assert_int_equal(use(&one, 0, &held), STATUS_DENIED);
	assert_string_equal(broker.reason, "");
}

static void an_entry_that_is_gone_or_another_takes_its_svid_along(void **state)
{
	struct entries entries = { .list = &entry, .count = 1 };
	const struct held_identity *held;

	(void)state;
	assert_int_equal(use(&one, 0, &held), OK);
	match(&entries);
	assert_int_equal(ids.count, 1);
	entry.spiffe_id.data[entry.spiffe_id.len - 1] = '2';
	match(&entries);
	assert_int_equal(ids.count, 0);
	assert_int_equal(use(&one, 0, &held), OK);
	entries.count = 0;
	match(&entries);
	assert_int_equal(ids.count, 0);
}

static void enter_other_terms(unsigned which)
{
	static const uint8_t digest[SHA256_SIZE];
	const struct span approved = { digest, sizeof(digest) };

	switch (which) {
	case 0:
		entry.executable.data[entry.executable.len - 1] = 'x';
		return;
	case 1:
		entry.has_uid = true;
		return;
	case 2:
		entry.has_gid = true;
		return;
	case 3:
		assert_int_equal(bytes_copy(span_text("web.service"), &entry.unit), OK);
		return;
	case 4:
		assert_int_equal(bytes_copy(span_text("web"), &entry.socket), OK);
		return;
	default:
		assert_int_equal(bytes_append(&entry.digests, approved), OK);
		return;
	}
}

static void whom_an_entry_admits_by_new_terms_shares_no_key_with_the_old(void **state)
{
	struct entries entries = { .list = &entry, .count = 1 };

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		AUTO_DONE(bytes) key = { 0 };
		const struct held_identity *held;

		assert_int_equal(use(&one, 0, &held), OK);
		assert_int_equal(bytes_copy(span_of(&held->key), &key), OK);
		enter_other_terms(i);
		match(&entries);
		assert_int_equal(ids.count, 0);
		assert_int_equal(use(&one, 0, &held), OK);
		assert_false(span_equal(span_of(&key), span_of(&held->key)));
	}
}

static void nobody_waits_for_a_signature(void **state)
{
	const struct held_identity *held;

	(void)state;
	assert_int_equal(ask(&one, 0, &held), OK);
	assert_null(held);
	/* One for both. */
	assert_int_equal(ask(&other, 0, &held), OK);
	assert_null(held);
	assert_int_equal(made, 0);
	mint_broker_settle(&broker);
	assert_int_equal(broker.signs, 1);
	assert_int_equal(made, 2);
	assert_int_equal(ask(&other, 0, &held), OK);
	assert_non_null(held);
}

static void while_it_is_made_anew_the_old_one_is_handed_out(void **state)
{
	const struct held_identity *held;
	const struct instant at = after(100);

	(void)state;
	assert_int_equal(use(&one, 0, &held), OK);
	grant_until(400);
	identities_keep(&ids, &at);
	/* Not asked for again at each turn of the loop. */
	identities_keep(&ids, &at);
	assert_int_equal(ask(&other, 100, &held), OK);
	assert_int_equal(held->not_after, NOW + 200);
	mint_broker_settle(&broker);
	assert_int_equal(broker.signs, 2);
	assert_int_equal(held->not_after, NOW + 400);
	/* The first time for one alone, then for both. */
	assert_int_equal(made, 3);
}

static void what_was_not_signed_is_told_to_each_that_waits_and_tried_again_later(void **state)
{
	const struct held_identity *held;

	(void)state;
	broker.refuses = true;
	assert_int_equal(ask(&one, 0, &held), OK);
	assert_int_equal(ask(&other, 0, &held), OK);
	mint_broker_settle(&broker);
	assert_int_equal(made, 2);
	assert_int_equal(ask(&one, 0, &held), STATUS_UNAVAILABLE);
	assert_int_equal(ask(&other, 4, &held), STATUS_UNAVAILABLE);
	assert_int_equal(broker.questions, 1);
	assert_int_equal(wait_at(2), 3);
	broker.refuses = false;
	assert_int_equal(use(&one, 5, &held), OK);
	assert_non_null(held);
}

static void what_nobody_waits_for_any_more_and_was_not_signed_is_forgotten(void **state)
{
	const struct held_identity *held;

	(void)state;
	broker.refuses = true;
	assert_int_equal(ask(&one, 0, &held), OK);
	identities_leave(&ids, &one);
	assert_false(keep(0));
	assert_int_equal(ids.count, 1);
	assert_false(keep(5));
	assert_int_equal(ids.count, 0);
}

/* The certificate that it would lead to is not the right's any more. */
static void what_is_on_its_way_is_begun_again_under_another_right(void **state)
{
	struct entries entries = { .list = &entry, .count = 1 };
	const struct held_identity *held;

	(void)state;
	assert_int_equal(ask(&one, 0, &held), OK);
	grant_until(400);
	match(&entries);
	mint_broker_settle(&broker);
	assert_int_equal(broker.signs, 2);
	assert_int_equal(made, 1);
	assert_int_equal(ask(&one, 0, &held), OK);
	assert_int_equal(held->not_after, NOW + 400);
}

static void what_comes_after_the_right_is_for_nobody(void **state)
{
	const struct held_identity *held;

	(void)state;
	assert_int_equal(ask(&one, 0, &held), OK);
	identities_forget(&ids);
	assert_int_equal(lost, 1);
	mint_broker_settle(&broker);
	assert_int_equal(broker.signs, 1);
	assert_int_equal(made, 0);
	assert_int_equal(ids.count, 0);
}

static void whose_entry_is_gone_is_told_that_it_lost(void **state)
{
	struct entries none = { 0 };
	const struct held_identity *held;

	(void)state;
	assert_int_equal(use(&one, 0, &held), OK);
	match(&none);
	assert_int_equal(lost, 1);
}

static enum status use_for_job(uid_t uid, uint64_t job)
{
	const struct subject subject = { .entry = span_of(&entry.name),
					 .has_uid = true,
					 .uid = uid };
	const struct job run = { .id = job, .started = 1 };
	const struct instant at = after(0);
	const struct held_identity *held = NULL;

	return identities_use(&ids, &entry, &subject, &run, &one, &at, &held);
}

/* Who starts job after job, each of which lives on, keeps nobody from an identity. */
static void one_users_jobs_leave_identities_for_others(void **state)
{
	uint64_t job = 1;

	(void)state;
	for (; job <= IDENTITIES_OF_JOBS_MAX; job++)
		assert_int_equal(use_for_job(1000, job), OK);
	assert_int_equal(use_for_job(1000, job), STATUS_TOO_LARGE);
	/* What is there stays. */
	assert_int_equal(use_for_job(1000, 1), OK);
	for (; job < IDENTITIES_HELD_MAX; job++)
		assert_int_equal(use_for_job(1001, job), OK);
	assert_int_equal(use_for_job(1002, job++), OK);
	assert_int_equal(use_for_job(1002, job), STATUS_TOO_LARGE);
}

/* What entries share they count themselves. */
static void jobs_count_against_no_shared_identity(void **state)
{
	const struct held_identity *held = NULL;

	(void)state;
	for (uint64_t job = 1; job <= IDENTITIES_OF_JOBS_MAX; job++)
		assert_int_equal(use_for_job(0, job), OK);
	assert_int_equal(use(&one, 0, &held), OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(one_svid_serves_all_users),
		TEST(what_is_handed_out_is_der_and_fits_together),
		TEST(at_half_of_its_time_it_is_made_anew_under_a_longer_right),
		TEST(what_nobody_uses_is_forgotten_at_half_of_its_time),
		TEST(while_the_tpm_does_not_sign_the_old_one_stays_until_its_end),
		TEST(a_clock_that_is_set_makes_no_svid_last_longer),
		TEST(nothing_is_made_beyond_the_entitlements),
		TEST(an_entry_that_is_gone_or_another_takes_its_svid_along),
		TEST(whom_an_entry_admits_by_new_terms_shares_no_key_with_the_old),
		TEST(one_users_jobs_leave_identities_for_others),
		TEST(jobs_count_against_no_shared_identity),
		TEST(nobody_waits_for_a_signature),
		TEST(while_it_is_made_anew_the_old_one_is_handed_out),
		TEST(what_was_not_signed_is_told_to_each_that_waits_and_tried_again_later),
		TEST(what_nobody_waits_for_any_more_and_was_not_signed_is_forgotten),
		TEST(what_is_on_its_way_is_begun_again_under_another_right),
		TEST(what_comes_after_the_right_is_for_nobody),
		TEST(whose_entry_is_gone_is_told_that_it_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
