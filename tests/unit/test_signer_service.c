/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "daemon/file.h"
#include "golden_release.h"
#include "signer_process.h"
#include "verifier/loader_messages.h"
#include "verifier/signer/signer.h"

/* The signer, with one appraiser's channel and a loader's. */
struct fixture {
	struct signer_process process;
	struct channel appraiser, loader;
	struct golden golden;
};

static void connect_appraiser(struct fixture *f, uint64_t number)
{
	channel_done(&f->appraiser);
	f->appraiser = signer_process_connect(&f->process, FRAME_APPRAISER, number);
}

static void start(struct fixture *f)
{
	signer_process_start(&f->process);
	connect_appraiser(f, 0);
}

static int stop(struct fixture *f)
{
	channel_done(&f->appraiser);
	channel_done(&f->loader);
	return signer_process_end(&f->process);
}

static void init(struct fixture *f)
{
	*f = (struct fixture){ 0 };
	channel_init(&f->loader, -1, SIGNER_FRAME_MAX);
	channel_init(&f->appraiser, -1, SIGNER_FRAME_MAX);
	signer_process_init(&f->process);
	golden_init(&f->golden);
	golden_build(&f->golden);
}

static void done(struct fixture *f)
{
	signer_process_done(&f->process);
	golden_done(&f->golden);
}

static void ask(struct fixture *f, const struct signer_request *request,
		struct signer_answer *answer)
{
	AUTO_DONE(bytes) body = { 0 };
	struct frame frame;

	assert_int_equal(signer_request_encode(request, &body), OK);
	assert_int_equal(channel_call(&f->appraiser, (uint16_t)request->type, 77, span_of(&body),
				      PATIENCE_MS, &frame),
			 OK);
	assert_int_equal(frame.type, FRAME_ANSWER);
	assert_int_equal(signer_answer_decode(request->type, frame.body, answer), OK);
}

static enum health health_of(struct fixture *f)
{
	struct signer_request request = { .type = FRAME_HEALTH };
	struct signer_answer answer;

	ask(f, &request, &answer);
	assert_int_equal(answer.refusal, REFUSAL_NONE);
	return answer.health.health;
}

/* Hands the signer a loader's channel and asks for the marks. */
static void connect_loader(struct fixture *f, struct release_marks *marks)
{
	struct frame frame;

	channel_done(&f->loader);
	f->loader = signer_process_connect(&f->process, FRAME_LOADER, 0);
	assert_int_equal(channel_call(&f->loader, FRAME_MARKS_WANTED, 5, (struct span){ 0 },
				      PATIENCE_MS, &frame),
			 OK);
	assert_int_equal(frame.type, FRAME_MARKS);
	assert_int_equal(release_marks_decode(frame.body, marks), OK);
}

static void send_image(struct fixture *f, const struct release_marks *marks, bool is_sealed)
{
	AUTO_DONE(bytes) body = { 0 };
	int fd = memfd_create("reference", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, f->golden.image.data, f->golden.image.len),
			 (ssize_t)f->golden.image.len);
	if (is_sealed)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW),
				 0);
	assert_int_equal(release_marks_encode(marks, &body), OK);
	assert_int_equal(channel_send_fd(&f->loader, FRAME_LOADED, 0, span_of(&body), fd), OK);
	(void)close(fd);
}

static void it_serves_until_its_parent_ends(void **state)
{
	struct fixture f;
	(void)state;

	init(&f);
	start(&f);
	assert_int_equal(health_of(&f), HEALTH_NO_RELEASE);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

static void limit_files(const struct fixture *f, rlim_t bytes)
{
	struct rlimit limit = { .rlim_cur = bytes, .rlim_max = RLIM_INFINITY };

	assert_int_equal(prlimit(f->process.pid, RLIMIT_FSIZE, &limit, NULL), 0);
}

static void a_full_disk_is_not_healthy_and_recovers(void **state)
{
	struct fixture f;
	(void)state;

	init(&f);
	start(&f);
	limit_files(&f, 1);
	assert_int_equal(health_of(&f), HEALTH_STORE_UNAVAILABLE);
	assert_int_equal(health_of(&f), HEALTH_STORE_UNAVAILABLE);
	limit_files(&f, RLIM_INFINITY);
	assert_int_equal(health_of(&f), HEALTH_NO_RELEASE);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

static void the_store_is_its_owners_to_read(void **state)
{
	struct fixture f;
	struct stat facts;
	(void)state;

	init(&f);
	start(&f);
	assert_int_equal(stat(f.process.files.path[FILE_STORE], &facts), 0);
	assert_int_equal(facts.st_mode & 077, 0);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

static void accepting_the_clock_makes_no_store(void **state)
{
	struct fixture f;
	(void)state;

	init(&f);
	assert_int_equal(
		signer_accept_clock(f.process.files.path[FILE_STORE], "no verifier was here"), 1);
	assert_int_equal(access(f.process.files.path[FILE_STORE], F_OK), -1);
	done(&f);
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
		struct fixture f;
		char log[128];

		init(&f);
		(void)snprintf(log, sizeof(log), "%s/log", f.process.files.directory);
		f.process.log = log;
		/* So many days and an hour ago. */
		signer_files_age_root(&f.process.files,
				      (int64_t)time(NULL) - cases[i].days * 86400 - 3600);
		start(&f);
		assert_int_equal(stop(&f), 0);
		assert_int_equal(file_read(log, 4096, &said), OK);
		assert_int_equal(bytes_append_byte(&said, 0), OK);
		if (cases[i].words == NULL)
			assert_null(strstr((const char *)said.data, "ends in"));
		else
			assert_non_null(strstr((const char *)said.data, cases[i].words));
		assert_int_equal(unlink(log), 0);
		done(&f);
	}
}

static void acts_that_narrow_are_as_many_as_the_settings_allow(void **state)
{
	struct signer_request request = { .type = FRAME_ADMIN,
					  .admin = { .verb = ADMIN_QUARANTINE,
						     .role = ROLE_PLATFORM,
						     .administrator = span_text("pat") } };
	struct signer_answer answer;
	struct fixture f;
	(void)state;

	for (uint32_t most = 0; most <= 1; most++) {
		init(&f);
		f.process.narrow_per_hour = most;
		start(&f);
		ask(&f, &request, &answer);
		assert_string_equal(refusal_name(answer.refusal),
				    most == 0 ? "too-many-acts" : "node-unknown");
		assert_int_equal(stop(&f), 0);
		done(&f);
	}
}

static void a_sealed_image_reaches_every_appraiser(void **state)
{
	struct release_marks marks = { 0 };
	struct fixture f;
	struct frame frame;
	(void)state;

	init(&f);
	start(&f);
	connect_loader(&f, &marks);
	assert_int_equal(marks.root.version, 0);
	marks.root.version = 3;
	marks.root.digest = digest_filled(DIGEST_SHA256, 1);
	marks.time = 1000;
	send_image(&f, &marks, true);
	assert_int_equal(channel_receive(&f.loader, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_MARKS);
	assert_int_equal(channel_receive(&f.appraiser, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_REFERENCE);
	assert_true(frame.fd >= 0);
	(void)close(frame.fd);
	assert_int_not_equal(health_of(&f), HEALTH_NO_RELEASE);
	assert_int_equal(stop(&f), 0);
	/* What was seen may not be unseen, not even by a restart. */
	start(&f);
	connect_loader(&f, &marks);
	assert_int_equal(marks.root.version, 3);
	marks.root.version = 2;
	send_image(&f, &marks, true);
	assert_int_equal(channel_receive(&f.loader, PATIENCE_MS, &frame), STATUS_IO);
	assert_int_equal(health_of(&f), HEALTH_NO_RELEASE);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

/* The loader is told, so that somebody tries again (s07). */
static void an_image_that_the_store_cannot_take_is_not_acknowledged(void **state)
{
	struct release_marks marks = { 0 };
	struct fixture f;
	struct frame frame;
	sqlite3 *other = NULL;
	(void)state;

	init(&f);
	start(&f);
	connect_loader(&f, &marks);
	assert_int_equal(sqlite3_open(f.process.files.path[FILE_STORE], &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	send_image(&f, &marks, true);
	assert_int_equal(channel_receive(&f.loader, PATIENCE_MS, &frame), STATUS_IO);
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	assert_int_equal(health_of(&f), HEALTH_NO_RELEASE);
	connect_loader(&f, &marks);
	send_image(&f, &marks, true);
	assert_int_equal(channel_receive(&f.loader, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_MARKS);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

static void an_image_that_could_still_change_is_refused(void **state)
{
	struct release_marks marks = { 0 };
	struct fixture f;
	struct frame frame;
	(void)state;

	init(&f);
	start(&f);
	connect_loader(&f, &marks);
	send_image(&f, &marks, false);
	assert_int_equal(channel_receive(&f.loader, PATIENCE_MS, &frame), STATUS_IO);
	assert_int_equal(health_of(&f), HEALTH_NO_RELEASE);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

static void a_malformed_frame_ends_that_channel(void **state)
{
	struct fixture f;
	struct frame frame;
	(void)state;

	init(&f);
	start(&f);
	assert_int_equal(channel_send(&f.appraiser, FRAME_COMMIT, 1, span_text("nonsense")), OK);
	assert_int_equal(channel_receive(&f.appraiser, PATIENCE_MS, &frame), STATUS_IO);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

/* Read with those before them: no poll(2) tells of what a group had no room for. */
static void requests_that_come_all_at_once_are_all_answered(void **state)
{
	const uint64_t count = 3 * CONVERSATIONS_MAX + 1;
	struct fixture f;
	(void)state;

	init(&f);
	start(&f);
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
	assert_int_equal(stop(&f), 0);
	done(&f);
}

static void a_descriptor_from_an_appraiser_ends_its_channel(void **state)
{
	struct fixture f;
	struct frame frame;
	(void)state;

	init(&f);
	start(&f);
	assert_int_equal(
		channel_send_fd(&f.appraiser, FRAME_HEALTH, 1, (struct span){ 0 }, STDERR_FILENO),
		OK);
	assert_int_equal(channel_receive(&f.appraiser, PATIENCE_MS, &frame), STATUS_IO);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

static void refuse(struct fixture *f, const char *code, const char *advice)
{
	const struct load_refusal refusal = { span_text(code), span_text("manifests/x.json"),
					      span_text("signatures"), span_text(advice) };
	AUTO_DONE(bytes) body = { 0 };

	assert_int_equal(load_refusal_encode(&refusal, &body), OK);
	assert_int_equal(channel_send(&f->loader, FRAME_LOAD_REFUSED, 0, span_of(&body)), OK);
}

static void ask_releases(struct fixture *f, struct signer_answer *answer)
{
	struct signer_request request = {
		.type = FRAME_ADMIN, .admin = { .verb = ADMIN_RELEASES, .role = ROLE_AUDITOR }
	};

	ask(f, &request, answer);
}

static void a_refusal_is_kept_for_those_who_ask(void **state)
{
	struct release_marks marks = { 0 };
	struct signer_answer answer;
	struct fixture f;
	(void)state;

	init(&f);
	start(&f);
	connect_loader(&f, &marks);
	refuse(&f, "threshold-not-met", "collect another approval");
	connect_loader(&f, &marks);
	ask_releases(&f, &answer);
	assert_false(answer.admin.releases.is_loaded);
	assert_true(span_equal(answer.admin.releases.refused_code, span_text("threshold-not-met")));
	assert_int_equal(stop(&f), 0);
	done(&f);
}

static void bring_image(struct fixture *f, struct release_marks *marks)
{
	struct frame frame;

	connect_loader(f, marks);
	send_image(f, marks, true);
	assert_int_equal(channel_receive(&f->loader, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_MARKS);
	assert_int_equal(channel_receive(&f->appraiser, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_REFERENCE);
	(void)close(frame.fd);
}

/* A server that cannot be reached for a moment, and then has nothing newer. */
static void look_again(struct fixture *f, struct release_marks *marks)
{
	connect_loader(f, marks);
	refuse(f, "server-unreachable", "");
	connect_loader(f, marks);
	assert_int_equal(channel_send(&f->loader, FRAME_LOAD_CURRENT, 1, (struct span){ 0 }), OK);
	connect_loader(f, marks);
}

static void what_suspends_a_release_stands_until_another_one_is_loaded(void **state)
{
	struct release_marks marks = { 0 };
	struct signer_answer answer;
	struct fixture f;
	(void)state;

	init(&f);
	start(&f);
	bring_image(&f, &marks);
	refuse(&f, "key-revoked", "another key publishes");
	look_again(&f, &marks);
	ask_releases(&f, &answer);
	assert_true(answer.admin.releases.is_loaded);
	assert_true(span_equal(answer.admin.releases.refused_code, span_text("key-revoked")));

	bring_image(&f, &marks);
	look_again(&f, &marks);
	ask_releases(&f, &answer);
	assert_int_equal(answer.admin.releases.refused_code.len, 0);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

static uint64_t audit_entries(struct fixture *f)
{
	struct signer_request request = {
		.type = FRAME_ADMIN,
		.admin = { .verb = ADMIN_AUDIT, .role = ROLE_AUDITOR, .limit = 100 },
	};
	struct signer_answer answer;

	ask(f, &request, &answer);
	return answer.admin.audit.count;
}

/* libcurl says after how many milliseconds. */
static void a_refusal_in_other_words_is_no_entry_of_the_log(void **state)
{
	struct release_marks marks = { 0 };
	struct fixture f;
	uint64_t entries;
	(void)state;

	init(&f);
	start(&f);
	connect_loader(&f, &marks);
	refuse(&f, "server-unreachable", "after 3 ms");
	connect_loader(&f, &marks);
	entries = audit_entries(&f);
	refuse(&f, "server-unreachable", "after 4 ms");
	connect_loader(&f, &marks);
	assert_int_equal(audit_entries(&f), entries);
	refuse(&f, "server-not-trusted", "after 4 ms");
	connect_loader(&f, &marks);
	assert_int_equal(audit_entries(&f), entries + 1);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

static void what_was_answered_survives_a_kill(void **state)
{
	struct release_marks marks = { 0 };
	struct fixture f;
	struct frame frame;
	(void)state;

	init(&f);
	start(&f);
	connect_loader(&f, &marks);
	marks.index.version = 9;
	send_image(&f, &marks, true);
	assert_int_equal(channel_receive(&f.appraiser, PATIENCE_MS, &frame), OK);
	(void)close(frame.fd);
	assert_int_equal(kill(f.process.pid, SIGKILL), 0);
	assert_int_equal(stop(&f), -1);
	start(&f);
	connect_loader(&f, &marks);
	assert_int_equal(marks.index.version, 9);
	assert_int_equal(stop(&f), 0);
	done(&f);
}

static void keys_that_others_can_read_are_refused(void **state)
{
	struct fixture f;
	(void)state;

	init(&f);
	assert_int_equal(chmod(f.process.files.path[FILE_MAC_KEY], 0644), 0);
	signer_process_expect_no_start(&f.process);
	done(&f);
}

static void a_configured_inventory_that_is_not_there_is_no_empty_one(void **state)
{
	struct fixture f;
	(void)state;

	init(&f);
	f.process.inventory = "/nonexistent/inventory";
	signer_process_expect_no_start(&f.process);
	done(&f);
}

static void init_never_overwrites_keys(void **state)
{
	struct fixture f;
	(void)state;

	init(&f);
	assert_int_equal(signer_keys_init(f.process.files.directory, "prod.example"),
			 STATUS_DENIED);
	done(&f);
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
		cmocka_unit_test(a_sealed_image_reaches_every_appraiser),
		cmocka_unit_test(an_image_that_the_store_cannot_take_is_not_acknowledged),
		cmocka_unit_test(an_image_that_could_still_change_is_refused),
		cmocka_unit_test(a_malformed_frame_ends_that_channel),
		cmocka_unit_test(requests_that_come_all_at_once_are_all_answered),
		cmocka_unit_test(a_descriptor_from_an_appraiser_ends_its_channel),
		cmocka_unit_test(a_refusal_is_kept_for_those_who_ask),
		cmocka_unit_test(what_suspends_a_release_stands_until_another_one_is_loaded),
		cmocka_unit_test(a_refusal_in_other_words_is_no_entry_of_the_log),
		cmocka_unit_test(what_was_answered_survives_a_kill),
		cmocka_unit_test(keys_that_others_can_read_are_refused),
		cmocka_unit_test(a_configured_inventory_that_is_not_there_is_no_empty_one),
		cmocka_unit_test(init_never_overwrites_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
