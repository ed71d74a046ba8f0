/* SPDX-License-Identifier: Apache-2.0 */
/* The mint's core before real workloads, with a broker that signs what it is asked to:
 * whose identity is whose, and when a job's ends. */
#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attestd/frames.h"
#include "attestd/mint/core.h"
#include "attestd_grant.h"
#include "base/writer.h"
#include "daemon/file.h"
#include "workload_scene.h"

#define ID "spiffe://example.org/web/1"
#define PATIENCE_MS 20000
#define PROGRAM_MAX ((size_t)64 << 20)

static struct granted granted;
static struct right right;
static struct signing signing;
static struct core core;
static struct workload_source source;
static struct entry entry;
static pid_t broker;
static int ends; /* what the broker has on record of ends, a line each */

static void answer(struct channel *c, const struct frame *frame, int record)
{
	AUTO_DONE(bytes) signature = { 0 };
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);
	struct reader r = reader_over(frame->body);
	struct subject subject;

	if (frame->type == FRAME_MINT_SIGN) {
		sign_with(granted.minting, reader_sized32(&r, FRAME_SMALL_MAX), &signature);
		writer_sized(&w, span_of(&signature));
	}
	if (frame->type == FRAME_MEASURED)
		writer_u8(&w, MEASURED_QUOTED);
	if (frame->type == FRAME_MINT_ENDED) {
		(void)reader_sized(&r, 2048);
		(void)reader_sized(&r, SHA256_SIZE);
		subject_take(&r, &subject);
		if (write(record, subject.reason.data, subject.reason.len) < 0)
			_exit(2);
	}
	if (channel_send(c, FRAME_ANSWER, frame->id, span_of(&body)) != OK)
		_exit(1);
}

static void start_broker(void)
{
	int channel[2], record[2];

	assert_int_equal(channel_pair(channel), OK);
	assert_int_equal(pipe(record), 0);
	broker = fork();
	if (broker == 0) {
		struct channel c;
		struct frame frame;

		(void)close(channel[0]);
		channel_init(&c, channel[1], FRAME_SMALL_MAX);
		while (channel_receive(&c, -1, &frame) == OK)
			answer(&c, &frame, record[1]);
		_exit(0);
	}
	(void)close(channel[1]);
	(void)close(record[1]);
	channel_init(&signing.broker, channel[0], FRAME_SMALL_MAX);
	ends = record[0];
}

static void register_program(const char *name)
{
	AUTO_DONE(bytes) program = { 0 };
	struct digest digest;

	assert_int_equal(bytes_copy(span_text("first"), &entry.name), OK);
	assert_int_equal(bytes_copy(span_text(ID), &entry.spiffe_id), OK);
	assert_int_equal(bytes_copy(span_text(workload_path(name)), &entry.executable), OK);
	assert_int_equal(file_read(workload_path(name), PROGRAM_MAX, &program), OK);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&program), &digest), OK);
	assert_int_equal(bytes_copy(digest_span(&digest), &entry.digests), OK);
}

static int begin(void **state)
{
	AUTO_DONE(verdict) verdict = { 0 };
	int64_t now = (int64_t)time(NULL);

	(void)state;
	granted_init_at(&granted, now);
	granted_sign(&granted, "trusted", now + LIFETIME_S, ID);
	signing = (struct signing){ 0 };
	start_broker();
	register_program("one");
	right = (struct right){ .entries = { .list = &entry, .count = 1 },
				.has_entries = true,
				.ends_s = boot_time_s() + LIFETIME_S };
	assert_int_equal(verdict_open(span_of(&granted.text), span_of(&granted.signature),
				      granted.result, &verdict),
			 OK);
	assert_int_equal(grant_take(&verdict, span_of(&granted.certificate), now, &right.grant),
			 OK);
	assert_int_equal(core_init(&core, &right, &signing), OK);
	core_serve(&core, &source);
	core_right_changed(&core);
	return 0;
}

static int end(void **state)
{
	(void)state;
	core_done(&core);
	channel_done(&signing.broker);
	assert_int_equal(waitpid(broker, NULL, 0), broker);
	(void)close(ends);
	entry_done(&entry);
	entry = (struct entry){ 0 };
	grant_done(&right.grant);
	granted_done(&granted);
	return 0;
}

static void keep(void)
{
	const struct instant at = instant_now();

	core_keep(&core, &at);
}

/* Its SVID, kept; fails the test where it gets none. */
static void ask(const struct workload *w, struct bytes *chain)
{
	struct workload_x509 given;
	const char *why = "";

	if (source.x509(source.core, w->caller, &given, &why) != WORKLOAD_GIVEN)
		fail_msg("%s", why);
	assert_int_equal(given.svid_count, 1);
	assert_true(span_equal(given.svids[0].spiffe_id, span_text(ID)));
	bytes_done(chain);
	assert_int_equal(bytes_copy(given.svids[0].chain, chain), OK);
}

static void assert_on_record(const char *wanted)
{
	char said[64] = "";
	ssize_t len = read(ends, said, sizeof(said) - 1);

	assert_true(len > 0);
	assert_string_equal(said, wanted);
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
	entry.is_job = true;
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
	entry.is_job = true;
	AUTO_DONE(workload) one = workload_called("one", true, NULL);

	ask(&one, &first);
	source.leaves(source.core, one.caller);
	keep();
	assert_false(is_readable(ends, 0));
	ask(&one, &again);
	assert_true(span_equal(span_of(&first), span_of(&again)));

	/* While it is connected, as far as that goes. */
	workload_order(&one, WORKLOAD_END, 3, NULL);
	assert_true(is_readable(core_jobs_fd(&core), PATIENCE_MS));
	keep();
	assert_on_record("job-failed");
	assert_int_equal(core.identities.count, 0);
	assert_false(is_readable(core_jobs_fd(&core), 0));
}

static void how_a_job_ended_is_on_record(void **state)
{
	AUTO_DONE(bytes) chain = { 0 };
	(void)state;
	entry.is_job = true;
	AUTO_DONE(workload) good = workload_called("one", true, NULL);
	AUTO_DONE(workload) killed = workload_called("one", true, NULL);

	ask(&good, &chain);
	workload_order(&good, WORKLOAD_END, 0, NULL);
	assert_true(is_readable(core_jobs_fd(&core), PATIENCE_MS));
	keep();
	assert_on_record("job-succeeded");
	ask(&killed, &chain);
	assert_int_equal(kill(killed.pid, SIGKILL), 0);
	assert_true(is_readable(core_jobs_fd(&core), PATIENCE_MS));
	keep();
	assert_on_record("job-failed");
}

static void nobody_gets_anything_without_a_right(void **state)
{
	struct workload_x509 given;
	const char *why = "";
	(void)state;
	AUTO_DONE(workload) one = workload_called("one", true, NULL);

	right.ends_s = 0;
	assert_int_equal(source.x509(source.core, one.caller, &given, &why), WORKLOAD_NOT_READY);
	right.ends_s = boot_time_s() + LIFETIME_S;
	bytes_done(&entry.spiffe_id);
	assert_int_equal(bytes_copy(span_text("spiffe://example.org/db/1"), &entry.spiffe_id), OK);
	assert_int_equal(source.x509(source.core, one.caller, &given, &why), WORKLOAD_DENIED);
	assert_non_null(strstr(why, "not entitled"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_entrys_identity_is_shared_by_its_processes),
		TEST(each_job_has_an_identity_of_its_own),
		TEST(a_jobs_identity_ends_with_the_job_and_not_its_connection),
		TEST(how_a_job_ended_is_on_record),
		TEST(nobody_gets_anything_without_a_right),
	};

	return cmocka_run_group_tests(tests, workload_scene_begin, workload_scene_end);
}
