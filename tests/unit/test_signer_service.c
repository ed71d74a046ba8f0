/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/file.h"
#include "served_scene.h"
#include "signer_scene.h"
#include "verifier/signer/signer.h"

static void it_serves_until_its_parent_ends(void **state)
{
	struct served f;
	(void)state;

	served_begin(&f);
	assert_int_equal(served_health(&f), HEALTH_NO_RELEASE);
	served_end(&f);
}

static void limit_files(const struct served *f, rlim_t bytes)
{
	struct rlimit limit = { .rlim_cur = bytes, .rlim_max = RLIM_INFINITY };

	assert_int_equal(prlimit(f->process.pid, RLIMIT_FSIZE, &limit, NULL), 0);
}

static void a_full_disk_is_not_healthy_and_recovers(void **state)
{
	struct served f;
	(void)state;

	served_begin(&f);
	limit_files(&f, 1);
	assert_int_equal(served_health(&f), HEALTH_STORE_UNAVAILABLE);
	assert_int_equal(served_health(&f), HEALTH_STORE_UNAVAILABLE);
	limit_files(&f, RLIM_INFINITY);
	assert_int_equal(served_health(&f), HEALTH_NO_RELEASE);
	served_end(&f);
}

static void the_store_is_its_owners_to_read(void **state)
{
	struct served f;
	struct stat facts;
	(void)state;

	served_begin(&f);
	assert_int_equal(stat(f.process.files.path[FILE_STORE], &facts), 0);
	assert_int_equal(facts.st_mode & 077, 0);
	served_end(&f);
}

static void accepting_the_clock_makes_no_store(void **state)
{
	struct served f;
	(void)state;

	served_init(&f);
	assert_int_equal(
		signer_accept_clock(f.process.files.path[FILE_STORE], "no verifier was here"), 1);
	assert_int_equal(access(f.process.files.path[FILE_STORE], F_OK), -1);
	served_done(&f);
}

static void a_ca_that_ends_soon_is_named_at_the_start(void **state)
{
	static const struct {
		int64_t days;
		const char *words; /* NULL: none */
	} cases[] = {
		{ 0, NULL }, { 3619, NULL }, { 3621, "ends in 28 days" }, { 3649, "0 days" }
	};
	(void)state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_DONE(bytes) said = { 0 };
		struct served f;
		char log[128];

		served_init(&f);
		(void)snprintf(log, sizeof(log), "%s/log", f.process.files.directory);
		f.process.log = log;
		/* So many days and an hour ago. */
		signer_files_age_root(&f.process.files,
				      (int64_t)time(NULL) - cases[i].days * 86400 - 3600);
		served_start(&f);
		assert_int_equal(served_stop(&f), 0);
		assert_int_equal(file_read(log, 4096, &said), OK);
		assert_int_equal(bytes_append_byte(&said, 0), OK);
		if (cases[i].words == NULL)
			assert_null(strstr((const char *)said.data, "ends in"));
		else
			assert_non_null(strstr((const char *)said.data, cases[i].words));
		assert_int_equal(unlink(log), 0);
		served_done(&f);
	}
}

static void acts_that_narrow_are_as_many_as_the_settings_allow(void **state)
{
	struct signer_request request = { .type = FRAME_ADMIN,
					  .admin = { .verb = ADMIN_QUARANTINE,
						     .role = ROLE_PLATFORM,
						     .administrator = span_text("pat") } };
	struct signer_answer answer;
	struct served f;
	(void)state;

	for (uint32_t most = 0; most <= 1; most++) {
		served_init(&f);
		f.process.narrow_per_hour = most;
		served_start(&f);
		served_ask(&f, &request, &answer);
		assert_string_equal(refusal_name(answer.refusal),
				    most == 0 ? "too-many-acts" : "node-unknown");
		served_end(&f);
	}
}

static void a_malformed_frame_ends_that_channel(void **state)
{
	struct served f;
	struct frame frame;
	(void)state;

	served_begin(&f);
	assert_int_equal(channel_send(&f.appraiser, FRAME_COMMIT, 1, span_text("nonsense")), OK);
	assert_int_equal(channel_receive(&f.appraiser, PATIENCE_MS, &frame), STATUS_IO);
	served_end(&f);
}

/* Read with those before them: no poll(2) tells of what a group had no room for. */
static void requests_that_come_all_at_once_are_all_answered(void **state)
{
	const uint64_t count = 3 * CONVERSATIONS_MAX + 1;
	struct served f;
	(void)state;

	served_begin(&f);
	for (uint64_t id = 1; id <= count; id++)
		assert_int_equal(channel_queue(&f.appraiser, FRAME_HEALTH, id, (struct span){ 0 }),
				 OK);
	assert_int_equal(channel_flush(&f.appraiser), OK);
	assert_false(channel_has_output(&f.appraiser));
	for (uint64_t id = 1; id <= count; id++) {
		struct frame frame;

		assert_int_equal(channel_receive(&f.appraiser, PATIENCE_MS, &frame), OK);
		assert_int_equal(frame.id, id);
		assert_int_equal(frame.type, FRAME_ANSWER);
	}
	served_end(&f);
}

static void a_descriptor_from_an_appraiser_ends_its_channel(void **state)
{
	struct served f;
	struct frame frame;
	(void)state;

	served_begin(&f);
	assert_int_equal(
		channel_send_fd(&f.appraiser, FRAME_HEALTH, 1, (struct span){ 0 }, STDERR_FILENO),
		OK);
	assert_int_equal(channel_receive(&f.appraiser, PATIENCE_MS, &frame), STATUS_IO);
	served_end(&f);
}

static void what_was_answered_survives_a_kill(void **state)
{
	struct release_marks marks = { 0 };
	struct served f;
	struct frame frame;
	(void)state;

	served_begin(&f);
	served_connect_loader(&f, &marks);
	marks.index.version = 9;
	served_send_image(&f, &marks, true);
	assert_int_equal(channel_receive(&f.appraiser, PATIENCE_MS, &frame), OK);
	(void)close(frame.fd);
	assert_int_equal(kill(f.process.pid, SIGKILL), 0);
	assert_int_equal(served_stop(&f), -1);
	served_start(&f);
	served_connect_loader(&f, &marks);
	assert_int_equal(marks.index.version, 9);
	served_end(&f);
}

/* What is random is fetched for several at once: none gets another's. */
static void no_nonce_comes_twice(void **state)
{
	enum { OFFERS = 40 };
	static uint8_t seen[OFFERS][NONCE_RANDOM_SIZE];
	AUTO_DONE(signer_scene) host = { 0 };
	struct signer_request request = { .type = FRAME_ENROL };
	struct signer_answer answer;
	struct served f;
	(void)state;

	signer_scene_init(&host);
	request.enrol = (struct enrol_request){ .spki = span_of(&host.spki),
						.ek_public = span_of(&host.ek_public),
						.ak_public = span_of(&host.ak.public) };
	served_begin(&f);
	for (size_t i = 0; i < OFFERS; i++) {
		served_ask(&f, &request, &answer);
		assert_int_equal(answer.refusal, REFUSAL_NONE);

		struct span nonce = answer.enrol.challenge.nonce;

		assert_true(nonce.len > NONCE_RANDOM_SIZE);
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(seen[j], nonce.data, NONCE_RANDOM_SIZE);
		memcpy(seen[i], nonce.data, NONCE_RANDOM_SIZE);
	}
	served_end(&f);
}

static void read_epoch(const struct served *f, struct epoch *out)
{
	struct signer reader = { 0 };

	assert_int_equal(store_open(f->process.files.path[FILE_STORE], &reader.store), OK);
	assert_int_equal(epoch_read(&reader, out), OK);
	store_free(reader.store);
}

/* Two verifiers that share a key make no nonce for each other, and one that starts
 * again goes on with its own. */
static void each_store_has_an_epoch_of_its_own_from_its_first_start_on(void **state)
{
	static const struct epoch none;
	struct epoch one, later, other;
	struct served f, g;
	(void)state;

	served_begin(&f);
	served_begin(&g);
	read_epoch(&f, &one);
	read_epoch(&g, &other);
	assert_memory_not_equal(one.value, none.value, EPOCH_SIZE);
	assert_memory_not_equal(one.value, other.value, EPOCH_SIZE);
	/* It holds the other one's channel, too. */
	served_end(&g);
	(void)served_stop(&f);
	served_start(&f);
	read_epoch(&f, &later);
	assert_memory_equal(one.value, later.value, EPOCH_SIZE);
	served_end(&f);
}

static void set_high_water(const struct served *f, int64_t seen)
{
	AUTO(store) store = NULL;
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)seen);
	assert_int_equal(store_open(f->process.files.path[FILE_STORE], &store), OK);
	assert_int_equal(store_begin(store), OK);
	assert_int_equal(store_fact_set(store, "high-water-time", span_text(text)), OK);
	assert_int_equal(store_commit(store), OK);
}

static void epoch_after_start(struct served *f, struct epoch *out)
{
	served_start(f);
	(void)served_health(f);
	read_epoch(f, out);
	(void)served_health(f);
	(void)served_health(f);
}

/* It waits until that time comes: nobody accepts the clock. */
static void a_clock_that_is_back_begins_an_epoch_once(void **state)
{
	const int64_t now = (int64_t)time(NULL);
	struct epoch before, ahead, later;
	struct served f;
	(void)state;

	served_begin(&f);
	(void)served_stop(&f);
	epoch_after_start(&f, &before);
	(void)served_stop(&f);
	set_high_water(&f, now + 3600);
	epoch_after_start(&f, &ahead);
	assert_memory_not_equal(before.value, ahead.value, EPOCH_SIZE);
	read_epoch(&f, &later);
	assert_memory_equal(ahead.value, later.value, EPOCH_SIZE);
	(void)served_stop(&f);
	set_high_water(&f, now);
	epoch_after_start(&f, &later);
	assert_memory_equal(ahead.value, later.value, EPOCH_SIZE);
	served_end(&f);
}

static void keys_that_others_can_read_are_refused(void **state)
{
	struct served f;
	(void)state;

	served_init(&f);
	assert_int_equal(chmod(f.process.files.path[FILE_MAC_KEY], 0644), 0);
	signer_process_expect_no_start(&f.process);
	served_done(&f);
}

static void a_configured_inventory_that_is_not_there_is_no_empty_one(void **state)
{
	struct served f;
	(void)state;

	served_init(&f);
	f.process.inventory = "/nonexistent/inventory";
	signer_process_expect_no_start(&f.process);
	served_done(&f);
}

static void a_second_service_does_not_start_on_the_store_of_one_that_runs(void **state)
{
	struct served f;
	(void)state;

	served_begin(&f);

	struct signer_process second = f.process;

	signer_process_expect_no_start(&second);
	assert_int_equal(served_health(&f), HEALTH_NO_RELEASE);
	served_end(&f);
}

static void init_never_overwrites_keys(void **state)
{
	struct served f;
	(void)state;

	served_init(&f);
	assert_int_equal(signer_keys_init(f.process.files.directory, "prod.example"),
			 STATUS_DENIED);
	served_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_serves_until_its_parent_ends),
		cmocka_unit_test(a_full_disk_is_not_healthy_and_recovers),
		cmocka_unit_test(the_store_is_its_owners_to_read),
		cmocka_unit_test(accepting_the_clock_makes_no_store),
		cmocka_unit_test(a_ca_that_ends_soon_is_named_at_the_start),
		cmocka_unit_test(acts_that_narrow_are_as_many_as_the_settings_allow),
		cmocka_unit_test(a_malformed_frame_ends_that_channel),
		cmocka_unit_test(requests_that_come_all_at_once_are_all_answered),
		cmocka_unit_test(a_descriptor_from_an_appraiser_ends_its_channel),
		cmocka_unit_test(what_was_answered_survives_a_kill),
		cmocka_unit_test(no_nonce_comes_twice),
		cmocka_unit_test(each_store_has_an_epoch_of_its_own_from_its_first_start_on),
		cmocka_unit_test(a_clock_that_is_back_begins_an_epoch_once),
		cmocka_unit_test(keys_that_others_can_read_are_refused),
		cmocka_unit_test(a_configured_inventory_that_is_not_there_is_no_empty_one),
		cmocka_unit_test(a_second_service_does_not_start_on_the_store_of_one_that_runs),
		cmocka_unit_test(init_never_overwrites_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
