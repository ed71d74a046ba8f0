/* SPDX-License-Identifier: Apache-2.0 */
/* A job that ends while the journal cannot be written: on record once it can. */
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "attestd/broker/broker.h"
#include "attestd/subject.h"
#include "scratch.h"

#define ID "spiffe://example.org/job"

static char top[SCRATCH_MAX], directory[SCRATCH_MAX + 16], file[SCRATCH_MAX + 32];
static struct broker broker;
static struct report report;
static struct bytes lines;

/* A file may grow to this, as on a full disk. */
static void limit_files(rlim_t size)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static int begin(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(scratch_name(top, "ends")));
	(void)snprintf(directory, sizeof(directory), "%s/journal", top);
	(void)snprintf(file, sizeof(file), "%s/records", directory);
	broker = (struct broker){ 0 };
	assert_int_equal(journal_open(directory, (uid_t)-1, &broker.journal), OK);
	(void)signal(SIGXFSZ, SIG_IGN);
	return 0;
}

static int end(void **state)
{
	(void)state;
	limit_files(RLIM_INFINITY);
	ends_done(&broker.ends);
	journal_done(&broker.journal);
	bytes_done(&lines);
	(void)unlink(file);
	(void)rmdir(directory);
	return rmdir(top);
}

/* What the mint says once job number n ended for this reason. */
static enum status say_ended(uint32_t n, const char *reason, const char *entry)
{
	AUTO_DONE(bytes) body = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);
	struct writer out = writer_to(&answer, FRAME_SMALL_MAX);
	const struct digest tbs = digest_filled(DIGEST_SHA256, (uint8_t)n);
	const struct subject subject = {
		.entry = span_text(entry), .has_uid = true, .uid = n, .reason = span_text(reason)
	};

	writer_sized(&w, span_text(ID));
	writer_sized(&w, digest_span(&tbs));
	subject_put(&w, &subject);
	assert_int_equal(writer_end(&w), OK);

	struct reader in = reader_over(span_of(&body));
	enum status status = verb_mint_ended(&broker, &in, &out);

	assert_int_equal(in.status, OK);
	return status;
}

static void fill_disk(void)
{
	limit_files((rlim_t)broker.journal.size);
}

/* So many are on record, numbered in their order. */
static void expect_on_record(size_t count)
{
	bytes_done(&lines);
	report_init(&report);
	assert_int_equal(journal_report(&broker.journal, &lines, &report), OK);
	assert_int_equal(report.issued_count, count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(report.issued[i].uid, i);
		assert_true(span_equal(report.issued[i].spiffe_id, span_text(ID)));
	}
}

static void an_end_is_on_record_at_once(void **state)
{
	(void)state;
	assert_int_equal(say_ended(0, SUBJECT_JOB_SUCCEEDED, "job"), OK);
	expect_on_record(1);
	assert_true(span_equal(report.issued[0].reason, span_text(SUBJECT_JOB_SUCCEEDED)));
	assert_int_equal(broker.ends.count, 0);
}

static void an_end_on_a_full_disk_is_on_record_once_there_is_room(void **state)
{
	(void)state;
	assert_int_equal(say_ended(0, SUBJECT_JOB_ENDED, "job"), OK);
	fill_disk();
	assert_int_equal(say_ended(1, SUBJECT_JOB_FAILED, "job"), OK);
	assert_int_equal(say_ended(2, SUBJECT_JOB_SUCCEEDED, "job"), OK);
	broker_record_ends(&broker);
	expect_on_record(1);
	limit_files(RLIM_INFINITY);
	broker_record_ends(&broker);
	expect_on_record(3);
	assert_true(span_equal(report.issued[1].reason, span_text(SUBJECT_JOB_FAILED)));
	assert_true(span_equal(report.issued[2].reason, span_text(SUBJECT_JOB_SUCCEEDED)));
	assert_int_equal(broker.ends.count, 0);
	broker_record_ends(&broker);
	expect_on_record(3);
}

/* With the time at which it ended, not that of its record. */
static void its_time_is_its_own(void **state)
{
	int64_t before = (int64_t)time(NULL);

	(void)state;
	fill_disk();
	assert_int_equal(say_ended(0, SUBJECT_JOB_ENDED, "job"), OK);
	int64_t after = (int64_t)time(NULL);

	limit_files(RLIM_INFINITY);
	while ((int64_t)time(NULL) <= after)
		(void)usleep(10000);
	broker_record_ends(&broker);
	expect_on_record(1);
	assert_in_range(report.issued[0].time, before, after);
}

/* What comes later does not go before it, and nothing of it is there twice. */
static void what_had_to_wait_comes_first(void **state)
{
	(void)state;
	fill_disk();
	assert_int_equal(say_ended(0, SUBJECT_JOB_ENDED, "job"), OK);
	assert_int_equal(say_ended(1, SUBJECT_JOB_ENDED, "job"), OK);
	limit_files(RLIM_INFINITY);
	assert_int_equal(say_ended(2, SUBJECT_JOB_ENDED, "job"), OK);
	expect_on_record(3);
}

/* There is room for one of them. */
static void each_is_recorded_as_there_is_room(void **state)
{
	off_t one;

	(void)state;
	assert_int_equal(say_ended(0, SUBJECT_JOB_ENDED, "job"), OK);
	one = broker.journal.size;
	assert_int_equal(say_ended(1, SUBJECT_JOB_ENDED, "job"), OK);
	one = broker.journal.size - one;
	fill_disk();
	assert_int_equal(say_ended(2, SUBJECT_JOB_ENDED, "job"), OK);
	assert_int_equal(say_ended(3, SUBJECT_JOB_ENDED, "job"), OK);
	limit_files((rlim_t)(broker.journal.size + one + one / 2));
	broker_record_ends(&broker);
	expect_on_record(3);
	assert_int_equal(broker.ends.count, 1);
	limit_files(RLIM_INFINITY);
	broker_record_ends(&broker);
	expect_on_record(4);
}

static void so_many_wait_and_the_mint_is_told_of_the_rest(void **state)
{
	(void)state;
	fill_disk();
	for (uint32_t n = 0; n < ENDS_MAX; n++)
		assert_int_equal(say_ended(n, SUBJECT_JOB_ENDED, "job"), OK);
	assert_int_equal(say_ended(ENDS_MAX, SUBJECT_JOB_ENDED, "job"), STATUS_UNAVAILABLE);
	assert_int_equal(broker.ends.count, ENDS_MAX);
}

/* It would keep all later ones from being recorded, and signatures with them. */
static void what_no_journal_takes_does_not_wait(void **state)
{
	static const char *const entries[] = { "a b", "a\nb", "-" };
	AUTO_DONE(journal) another = { .directory = -1, .file = -1 };

	(void)state;
	journal_done(&broker.journal);
	assert_int_equal(journal_open(directory, (uid_t)-1, &another), OK);
	assert_int_equal(journal_open(directory, (uid_t)-1, &broker.journal), STATUS_UNAVAILABLE);
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		assert_int_not_equal(say_ended(0, SUBJECT_JOB_ENDED, entries[i]), OK);
	assert_int_equal(broker.ends.count, 0);
	/* Nor what is no end. */
	assert_int_equal(say_ended(0, SUBJECT_ASKED, "job"), STATUS_DENIED);
	assert_int_equal(broker.ends.count, 0);
	/* As another attestd's does that is about to end. */
	assert_int_equal(say_ended(0, SUBJECT_JOB_ENDED, "job"), OK);
	journal_done(&another);
	broker_record_ends(&broker);
	expect_on_record(1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_end_is_on_record_at_once),
		TEST(an_end_on_a_full_disk_is_on_record_once_there_is_room),
		TEST(its_time_is_its_own),
		TEST(what_had_to_wait_comes_first),
		TEST(each_is_recorded_as_there_is_room),
		TEST(so_many_wait_and_the_mint_is_told_of_the_rest),
		TEST(what_no_journal_takes_does_not_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
