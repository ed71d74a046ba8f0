/* SPDX-License-Identifier: Apache-2.0 */
/* The mint's core before real workloads, with a broker that signs what it is asked to:
 * whose identity is whose, and when a job's ends. */
#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core_scene.h"
#include "daemon/clock.h"

#define PATIENCE_MS 20000

/* Its SVID, kept; fails the test where it gets none. */
static void ask(const struct workload *w, struct bytes *chain)
{
	struct workload_x509 given;
	const char *why = "";

	if (core_scene_ask(w, &given, &why) != WORKLOAD_GIVEN)
		fail_msg("%s", why);
	assert_int_equal(given.svid_count, 1);
	assert_true(span_equal(given.svids[0].spiffe_id, span_text(CORE_ID)));
	bytes_done(chain);
	assert_int_equal(bytes_copy(given.svids[0].chain, chain), OK);
}

static void assert_on_record(const char *wanted)
{
	assert_string_equal(scene.broker.ended, wanted);
	scene.broker.ended[0] = '\0';
}

static bool is_readable(int fd, int patience_ms)
{
	struct pollfd wanted = { .fd = fd, .events = POLLIN };

	return poll(&wanted, 1, patience_ms) == 1;
}

static void an_entrys_identity_is_shared_by_its_processes(void **state)
{
	AUTO_DONE(bytes) first = { 0 };
	AUTO_DONE(bytes) second = { 0 };
	(void)state;
	AUTO_DONE(workload) one = workload_called("one", true, NULL);
	AUTO_DONE(workload) two = workload_called("one", true, NULL);

	ask(&one, &first);
	ask(&two, &second);
	assert_true(span_equal(span_of(&first), span_of(&second)));
}

static void each_job_has_an_identity_of_its_own(void **state)
{
	AUTO_DONE(bytes) first = { 0 };
	AUTO_DONE(bytes) second = { 0 };
	AUTO_DONE(bytes) again = { 0 };
	(void)state;
	scene.entries[0].is_job = true;
	AUTO_DONE(workload) one = workload_called("one", true, NULL);
	AUTO_DONE(workload) two = workload_called("one", true, NULL);

	ask(&one, &first);
	ask(&two, &second);
	ask(&one, &again);
	assert_false(span_equal(span_of(&first), span_of(&second)));
	assert_true(span_equal(span_of(&first), span_of(&again)));
}

static void a_jobs_identity_ends_with_the_job_and_not_its_connection(void **state)
{
	AUTO_DONE(bytes) first = { 0 };
	AUTO_DONE(bytes) again = { 0 };
	(void)state;
	scene.entries[0].is_job = true;
	AUTO_DONE(workload) one = workload_called("one", true, NULL);

	ask(&one, &first);
	scene.source.leaves(scene.source.core, one.caller);
	core_scene_keep();
	assert_on_record("");
	ask(&one, &again);
	assert_true(span_equal(span_of(&first), span_of(&again)));

	/* While it is connected, as far as that goes. */
	workload_order(&one, WORKLOAD_END, 3, NULL);
	assert_true(is_readable(core_jobs_fd(&scene.core), PATIENCE_MS));
	core_scene_keep();
	assert_on_record("job-failed");
	assert_int_equal(scene.core.identities.count, 0);
	assert_false(is_readable(core_jobs_fd(&scene.core), 0));
}

static void how_a_job_ended_is_on_record(void **state)
{
	AUTO_DONE(bytes) chain = { 0 };
	(void)state;
	scene.entries[0].is_job = true;
	AUTO_DONE(workload) good = workload_called("one", true, NULL);
	AUTO_DONE(workload) killed = workload_called("one", true, NULL);

	ask(&good, &chain);
	workload_order(&good, WORKLOAD_END, 0, NULL);
	assert_true(is_readable(core_jobs_fd(&scene.core), PATIENCE_MS));
	core_scene_keep();
	assert_on_record("job-succeeded");
	ask(&killed, &chain);
	assert_int_equal(kill(killed.pid, SIGKILL), 0);
	assert_true(is_readable(core_jobs_fd(&scene.core), PATIENCE_MS));
	core_scene_keep();
	assert_on_record("job-failed");
}

static void nobody_gets_anything_without_a_right(void **state)
{
	struct workload_x509 given;
	const char *why = "";
	(void)state;
	AUTO_DONE(workload) one = workload_called("one", true, NULL);

	scene.right.ends_s = 0;
	assert_int_equal(scene.source.x509(scene.source.core, one.caller, &given, &why),
			 WORKLOAD_NOT_READY);
	scene.right.ends_s = clock_boot_s() + LIFETIME_S;
	bytes_done(&scene.entries[0].spiffe_id);
	assert_int_equal(
		bytes_copy(span_text("spiffe://example.org/db/1"), &scene.entries[0].spiffe_id),
		OK);
	assert_int_equal(core_scene_ask(&one, &given, &why), WORKLOAD_DENIED);
	assert_non_null(strstr(why, "not entitled"));
}

static void without_the_entries_that_the_verdict_names_nobody_is_denied(void **state)
{
	struct workload_x509 given;
	const char *why = "";
	(void)state;
	AUTO_DONE(workload) one = workload_called("one", true, NULL);

	scene.right.has_entries = false;
	assert_int_equal(scene.source.x509(scene.source.core, one.caller, &given, &why),
			 WORKLOAD_NOT_READY);
	assert_non_null(strstr(why, "have not come"));
}

static void without_a_bundle_there_is_no_answer(void **state)
{
	struct workload_x509 given;
	const char *why = "";
	(void)state;
	AUTO_DONE(workload) one = workload_called("one", true, NULL);

	handed_bundles_done(&scene.core.admittance.bundles);
	assert_int_equal(scene.source.x509(scene.source.core, one.caller, &given, &why),
			 WORKLOAD_NOT_READY);
}

/* As many as there may be, and one that is left out. */
static void register_many(void)
{
	static char names[CORE_ENTRIES][16];

	for (size_t i = 1; i < CORE_ENTRIES; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "e%zu", i);

		struct entry *entry = core_scene_add(names[i], "one");

		assert_int_equal(bytes_copy(span_text(names[i]), &entry->hint), OK);
	}
	core_right_changed(&scene.core);
}

static void a_process_has_the_svids_of_all_its_entries_in_their_order(void **state)
{
	struct workload_x509 given;
	const char *why = "";
	(void)state;
	AUTO_DONE(workload) one = workload_called("one", true, NULL);

	register_many();
	for (unsigned times = 0; times < 2; times++) {
		assert_int_equal(core_scene_ask(&one, &given, &why), WORKLOAD_GIVEN);
		assert_int_equal(given.svid_count, WORKLOAD_SVIDS_MAX);
		assert_int_equal(given.svids[0].hint.len, 0);
		for (size_t i = 1; i < given.svid_count; i++) {
			const struct entry *entry = &scene.entries[i];

			assert_true(span_equal(given.svids[i].hint, span_of(&entry->hint)));
			assert_false(span_equal(given.svids[i].key, given.svids[i - 1].key));
		}
	}
	/* Each was signed once, and none for the one that is left out. */
	assert_int_equal(scene.broker.signs, WORKLOAD_SVIDS_MAX);
}

/* What the API is told. */
static unsigned told_of_one;

static void on_news(struct workload_api *api, enum workload_news news, const struct caller *c)
{
	(void)api;
	(void)c;
	if (news == WORKLOAD_CHANGED_FOR)
		told_of_one++;
}

static void who_waits_for_many_signatures_is_told_once(void **state)
{
	struct workload_x509 given;
	const char *why = "";
	(void)state;
	AUTO_DONE(workload) one = workload_called("one", true, NULL);

	register_many();
	scene.core.tell = on_news;
	told_of_one = 0;
	assert_int_equal(core_scene_ask(&one, &given, &why), WORKLOAD_GIVEN);
	assert_int_equal(told_of_one, 1);
}

static void what_is_there_is_handed_out_while_another_is_being_signed(void **state)
{
	struct workload_x509 given;
	const char *why = "";
	(void)state;
	AUTO_DONE(workload) one = workload_called("one", true, NULL);
	AUTO_DONE(workload) two = workload_called("two", true, NULL);

	(void)core_scene_add("second", "two");
	core_right_changed(&scene.core);
	assert_int_equal(core_scene_ask(&two, &given, &why), WORKLOAD_GIVEN);

	/* The broker has been asked for the first, and does not answer. */
	assert_int_equal(scene.source.x509(scene.source.core, one.caller, &given, &why),
			 WORKLOAD_AGAIN);
	assert_true(mint_broker_answer(&scene.broker));
	assert_int_equal(scene.source.x509(scene.source.core, one.caller, &given, &why),
			 WORKLOAD_AGAIN);
	assert_int_equal(scene.signing.asked_count, 1);
	assert_int_equal(scene.source.x509(scene.source.core, two.caller, &given, &why),
			 WORKLOAD_GIVEN);

	/* And it goes meanwhile. */
	channel_done(&scene.broker.channel);
	signing_take(&scene.signing);
	assert_int_equal(scene.source.x509(scene.source.core, one.caller, &given, &why),
			 WORKLOAD_NOT_READY);
	assert_int_equal(scene.source.x509(scene.source.core, two.caller, &given, &why),
			 WORKLOAD_GIVEN);
}

static bool has_news_of_jobs(void)
{
	struct pollfd jobs = { .fd = core_jobs_fd(&scene.core), .events = POLLIN };

	return poll(&jobs, 1, 0) > 0;
}

static void a_user_has_so_many_new_identities_at_once(void **state)
{
	struct workload_x509 given;
	const char *why = "";
	(void)state;
	scene.entries[0].is_job = true;
	AUTO_DONE(workload) one = workload_called("one", true, NULL);
	AUTO_DONE(workload) two = workload_called("one", true, NULL);

	assert_int_equal(core_scene_ask(&one, &given, &why), WORKLOAD_GIVEN);
	/* For longer than any test takes. */
	scene.core.new_identities.users[0] =
		(struct rates_user){ .used = 1000000000, .seen_ms = clock_boot_s() * 1000 };
	assert_int_equal(core_scene_ask(&two, &given, &why), WORKLOAD_TOO_MANY);
	assert_int_equal(core_scene_ask(&one, &given, &why), WORKLOAD_GIVEN);
	/* Nobody waits for the end of what came to nothing. */
	workload_order(&two, WORKLOAD_END, 0, NULL);
	assert_int_equal(workload_wait(&two), 0);
	assert_false(has_news_of_jobs());
	workload_order(&one, WORKLOAD_END, 0, NULL);
	assert_int_equal(workload_wait(&one), 0);
	assert_true(has_news_of_jobs());
}

static void whom_an_entry_admits_no_more_it_is_not_rotated_for(void **state)
{
	AUTO_DONE(bytes) chain = { 0 };
	struct workload_x509 given;
	const char *why = "";
	(void)state;
	AUTO_DONE(workload) one = workload_called("one", true, NULL);

	(void)core_scene_add("second", "two");
	core_right_changed(&scene.core);
	ask(&one, &chain);
	assert_int_equal(scene.core.identities.list[0]->user_count, 1);
	workload_do(&one, WORKLOAD_EXECUTE, 0, workload_path("two"));
	assert_int_equal(core_scene_ask(&one, &given, &why), WORKLOAD_GIVEN);
	assert_int_equal(scene.core.identities.list[0]->user_count, 0);
	assert_int_equal(scene.core.identities.list[1]->user_count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, core_scene_begin, core_scene_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_entrys_identity_is_shared_by_its_processes),
		TEST(each_job_has_an_identity_of_its_own),
		TEST(a_jobs_identity_ends_with_the_job_and_not_its_connection),
		TEST(how_a_job_ended_is_on_record),
		TEST(nobody_gets_anything_without_a_right),
		TEST(without_the_entries_that_the_verdict_names_nobody_is_denied),
		TEST(without_a_bundle_there_is_no_answer),
		TEST(a_process_has_the_svids_of_all_its_entries_in_their_order),
		TEST(who_waits_for_many_signatures_is_told_once),
		TEST(what_is_there_is_handed_out_while_another_is_being_signed),
		TEST(a_user_has_so_many_new_identities_at_once),
		TEST(whom_an_entry_admits_no_more_it_is_not_rotated_for),
	};

	return cmocka_run_group_tests(tests, workload_scene_begin, workload_scene_end);
}
