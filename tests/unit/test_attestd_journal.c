/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attestd/broker/journal.h"
#include "base/text.h"
#include "daemon/file.h"
#include "scratch.h"

static char top[SCRATCH_MAX], directory[SCRATCH_MAX + 16], file[SCRATCH_MAX + 32];
static struct journal journal;
static struct report report;

/* How much of it a record has. */
static char spiffe_id[2000];

static struct report_issued record(uint32_t number)
{
	struct report_issued r = {
		.time = 1700000000 + number,
		.tbs = digest_filled(DIGEST_SHA256, (uint8_t)number),
		.spiffe_id = span_text(spiffe_id),
		.entry = span_text("web"),
		.has_uid = true,
		.uid = number,
		.unit = span_text("web.service"),
		.executable = digest_filled(DIGEST_SHA256, 7),
		.reason = span_text("asked"),
	};

	return r;
}

static enum status append(uint32_t number)
{
	const struct report_issued r = record(number);

	return journal_append(&journal, &r);
}

static void append_good(uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		assert_int_equal(append(i), OK);
}

static void open_again(void)
{
	journal_done(&journal);
	assert_int_equal(journal_open(directory, (uid_t)-1, &journal), OK);
}

/* What the verifier computes by itself. */
static struct journal_point point_after(uint32_t count)
{
	struct journal_point point = { 0 };

	for (uint32_t i = 0; i < count; i++) {
		const struct report_issued r = record(i);
		AUTO_DONE(bytes) line = { 0 };

		assert_int_equal(report_issued_write(&r, &line), OK);
		assert_int_equal(journal_point_add(&point, span_of(&line)), OK);
	}
	return point;
}

static void expect_report(uint64_t first, uint64_t issued, uint64_t count)
{
	AUTO_DONE(bytes) lines = { 0 };
	struct journal_point point = point_after((uint32_t)(first + issued));

	report_init(&report);
	assert_int_equal(journal_report(&journal, &lines, &report), OK);
	assert_true(report.has_journal);
	assert_int_equal(report.first, first);
	assert_int_equal(report.issued_count, issued);
	assert_int_equal(report.count, count);
	assert_memory_equal(report.head, point.head, SHA256_SIZE);
	for (size_t i = 0; i < issued; i++)
		assert_int_equal(report.issued[i].uid, first + i);
}

/* No head of a chain that the verifier could have seen. */
static void expect_another_chain(uint32_t most)
{
	AUTO_DONE(bytes) lines = { 0 };

	report_init(&report);
	assert_int_equal(journal_report(&journal, &lines, &report), OK);
	for (uint32_t i = 0; i <= most; i++)
		assert_memory_not_equal(report.head, point_after(i).head, SHA256_SIZE);
}

static void read_file(struct bytes *out)
{
	assert_int_equal(file_read(file, (size_t)4 << 20, out), OK);
}

static void write_file(struct span content)
{
	int fd = open(file, O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_true(fd >= 0 && file_write_fd(fd, content));
	assert_int_equal(close(fd), 0);
}

static int setup(void **state)
{
	(void)state;
	(void)strcpy(spiffe_id, "spiffe://example.org/web");
	assert_non_null(mkdtemp(scratch_name(top, "journal")));
	(void)snprintf(directory, sizeof(directory), "%s/run/journal", top);
	(void)snprintf(file, sizeof(file), "%s/records", directory);
	return journal_open(directory, (uid_t)-1, &journal) == OK ? 0 : -1;
}

static int teardown(void **state)
{
	char command[SCRATCH_MAX + 16];

	(void)state;
	journal_done(&journal);
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", top);
	return system(command);
}

static void a_new_journal_is_at_the_start(void **state)
{
	struct stat st;

	(void)state;
	expect_report(0, 0, 0);
	assert_int_equal(stat(directory, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void records_outlive_the_process(void **state)
{
	(void)state;
	append_good(0, 3);
	open_again();
	expect_report(0, 3, 3);
	append_good(3, 5);
	expect_report(0, 5, 5);
}

static void what_was_collected_goes_and_the_chain_goes_on(void **state)
{
	(void)state;
	append_good(0, 5);
	assert_int_equal(journal_collected(&journal, 3), OK);
	expect_report(3, 2, 5);
	open_again();
	expect_report(3, 2, 5);
	append_good(5, 6);
	assert_int_equal(journal_collected(&journal, 6), OK);
	expect_report(6, 0, 6);
}

static void an_older_or_a_made_up_count_takes_nothing_away(void **state)
{
	(void)state;
	append_good(0, 4);
	assert_int_equal(journal_collected(&journal, 2), OK);
	assert_int_equal(journal_collected(&journal, 1), OK);
	assert_int_equal(journal_collected(&journal, 5), OK);
	assert_int_equal(journal_collected(&journal, UINT64_MAX), OK);
	expect_report(2, 2, 4);
}

static void one_report_carries_so_many_and_the_next_one_the_rest(void **state)
{
	(void)state;
	append_good(0, REPORT_ISSUED_MAX + 10);
	expect_report(0, REPORT_ISSUED_MAX, REPORT_ISSUED_MAX + 10);
	assert_int_equal(journal_collected(&journal, REPORT_ISSUED_MAX), OK);
	expect_report(REPORT_ISSUED_MAX, 10, REPORT_ISSUED_MAX + 10);
}

static void a_torn_last_line_is_no_record(void **state)
{
	AUTO_DONE(bytes) content = { 0 };

	(void)state;
	append_good(0, 2);
	read_file(&content);
	append_good(2, 3);

	AUTO_DONE(bytes) longer = { 0 };

	read_file(&longer);
	/* However much of the line came to the disk. */
	for (size_t len = content.len; len < longer.len; len += 13) {
		write_file((struct span){ longer.data, len });
		open_again();
		expect_report(0, 2, 2);
	}
	append_good(2, 4);
	expect_report(0, 4, 4);
}

static void a_changed_file_is_another_journal(void **state)
{
	AUTO_DONE(bytes) good = { 0 };

	(void)state;
	append_good(0, 3);
	read_file(&good);
	for (size_t at = 0; at < good.len - 1; at += 7) {
		AUTO_DONE(bytes) bad = { 0 };

		assert_int_equal(bytes_copy(span_of(&good), &bad), OK);
		bad.data[at] ^= 1;
		write_file(span_of(&bad));
		open_again();
		expect_another_chain(4);
		/* What was there can be looked at. */
		assert_int_equal(journal_append(&journal, &(struct report_issued){ 0 }),
				 STATUS_MALFORMED);
		assert_int_equal(append(3), OK);
	}
}

static void a_file_that_lost_a_line_is_another_journal(void **state)
{
	AUTO_DONE(bytes) content = { 0 };
	AUTO_DONE(bytes) less = { 0 };
	struct span line;

	(void)state;
	append_good(0, 3);
	read_file(&content);

	struct span rest = span_of(&content);

	for (int i = 0; text_next_line(&rest, &line); i++) {
		if (i == 2)
			continue;
		assert_int_equal(bytes_append(&less, line), OK);
		assert_int_equal(bytes_append_byte(&less, '\n'), OK);
	}
	write_file(span_of(&less));
	open_again();
	expect_another_chain(4);
}

static void an_emptied_file_is_another_journal(void **state)
{
	(void)state;
	append_good(0, 2);
	write_file((struct span){ 0 });
	open_again();
	expect_another_chain(3);
}

static void a_file_changed_while_it_is_open_is_another_journal(void **state)
{
	AUTO_DONE(bytes) content = { 0 };

	(void)state;
	append_good(0, 2);
	read_file(&content);
	content.data[content.len - 3] ^= 1;
	write_file(span_of(&content));
	expect_another_chain(3);
}

/* Also where what is left of it adds up. */
static void a_file_cut_while_it_is_open_hides_nothing(void **state)
{
	(void)state;
	append_good(0, 2);
	off_t two = journal.size;

	append_good(2, 3);
	assert_int_equal(truncate(file, two), 0);
	expect_another_chain(4);
	append_good(3, 4);
	assert_int_equal(truncate(file, journal.size - 10), 0);
	expect_another_chain(4);
	assert_int_equal(journal_collected(&journal, journal.end.count), OK);
	append_good(4, 5);
}

static void a_deleted_file_is_written_again(void **state)
{
	(void)state;
	append_good(0, 2);
	assert_int_equal(unlink(file), 0);
	append_good(2, 3);
	open_again();
	expect_report(0, 3, 3);
}

static void a_deleted_directory_is_made_again(void **state)
{
	(void)state;
	append_good(0, 2);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(directory), 0);
	append_good(2, 3);
	open_again();
	expect_report(0, 3, 3);
}

static void nothing_is_lost_while_there_is_no_directory(void **state)
{
	char other[SCRATCH_MAX + 16];

	(void)state;
	append_good(0, 2);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(directory), 0);
	(void)snprintf(other, sizeof(other), "%s/run", top);
	assert_int_equal(rmdir(other), 0);
	/* A file where the run directory was. */
	int fd = open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(append(2), STATUS_IO);
	assert_int_equal(append(2), STATUS_IO);
	assert_int_equal(unlink(other), 0);
	append_good(2, 3);
	expect_report(0, 3, 3);
}

static void a_second_writer_is_kept_out(void **state)
{
	struct journal other = { .directory = -1, .file = -1 };

	(void)state;
	append_good(0, 1);
	assert_int_equal(journal_open(directory, (uid_t)-1, &other), STATUS_UNAVAILABLE);
	const struct report_issued r = record(1);

	assert_int_equal(journal_append(&other, &r), STATUS_UNAVAILABLE);
	/* Until the first one is gone. */
	journal_done(&journal);
	assert_int_equal(journal_append(&other, &r), OK);
	journal_done(&other);
	open_again();
	expect_report(0, 2, 2);
}

static void a_directory_that_others_may_write_is_refused(void **state)
{
	(void)state;
	journal_done(&journal);
	assert_int_equal(chmod(directory, 0777), 0);
	assert_int_equal(journal_open(directory, (uid_t)-1, &journal), STATUS_IO);
	assert_int_equal(append(0), STATUS_IO);
	assert_int_equal(chmod(directory, 0700), 0);
	append_good(0, 1);
}

static void nor_is_one_below_such_a_directory_taken(void **state)
{
	char above[SCRATCH_MAX + 16];

	(void)state;
	append_good(0, 1);
	journal_done(&journal);
	(void)snprintf(above, sizeof(above), "%s/run", top);
	assert_int_equal(chmod(above, 0775), 0);
	assert_int_equal(journal_open(directory, (uid_t)-1, &journal), STATUS_IO);
	assert_int_equal(append(1), STATUS_IO);
	assert_int_equal(chmod(above, 0755), 0);
	append_good(1, 2);
}

/* Workloads come by the run directory to their socket; the journal is nobody else's. */
static void the_run_directory_is_for_all_whatever_the_umask(void **state)
{
	char run[SCRATCH_MAX + 16], fresh[SCRATCH_MAX + 32];
	struct journal other = { .directory = -1, .file = -1 };
	struct stat st;
	(void)state;

	mode_t before = umask(077);

	(void)snprintf(run, sizeof(run), "%s/other", top);
	(void)snprintf(fresh, sizeof(fresh), "%s/journal", run);
	assert_int_equal(journal_open(fresh, (uid_t)-1, &other), OK);
	(void)umask(before);
	journal_done(&other);
	assert_int_equal(stat(run, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(stat(fresh, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void a_link_is_not_followed(void **state)
{
	(void)state;
	journal_done(&journal);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(symlink("/etc/hostname", file), 0);
	assert_int_equal(journal_open(directory, (uid_t)-1, &journal), STATUS_IO);
}

/* Another name of a file that is none of the journal's: neither emptied nor given away. */
static void another_files_name_is_not_written_to(void **state)
{
	char other[sizeof(file)], next[sizeof(file) + 8];
	struct stat st;
	(void)state;

	(void)snprintf(other, sizeof(other), "%s/other", top);
	(void)snprintf(next, sizeof(next), "%s.next", file);
	int fd = open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "kept", 4), 4);
	(void)close(fd);
	journal_done(&journal);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(link(other, next), 0);
	assert_int_equal(journal_open(directory, 1, &journal), OK);
	assert_int_equal(stat(other, &st), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(st.st_uid, geteuid());
	assert_int_equal(st.st_nlink, 1);
	append_good(0, 1);
	assert_int_equal(unlink(other), 0);
}

/* A limit on a file's size is what a full disk looks like: the write is short. */
static void limit_files(rlim_t size)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void on_a_full_disk_nothing_is_recorded_and_then_it_goes_on(void **state)
{
	(void)state;
	append_good(0, 2);
	(void)signal(SIGXFSZ, SIG_IGN);
	limit_files((rlim_t)journal.size + 50);
	assert_int_equal(append(2), STATUS_IO);
	assert_int_equal(append(2), STATUS_IO);
	expect_report(0, 2, 2);
	limit_files(RLIM_INFINITY);
	append_good(2, 4);
	expect_report(0, 4, 4);
	open_again();
	expect_report(0, 4, 4);
}

static void what_is_uncollected_is_bounded(void **state)
{
	enum status status = OK;
	uint32_t count = 0;

	(void)state;
	/* Each is synced: a few large ones. */
	memset(spiffe_id + strlen(spiffe_id), 'a', sizeof(spiffe_id) - strlen(spiffe_id) - 1);
	while (status == OK && count < 100000)
		status = append(count++);
	assert_int_equal(status, STATUS_TOO_LARGE);
	assert_true(journal_is_filling(&journal));
	assert_in_range(journal.size, JOURNAL_FILE_MAX - 3000, JOURNAL_FILE_MAX);
	assert_int_equal(journal_collected(&journal, 16), OK);
	assert_int_equal(append(count - 1), OK);
	open_again();
	assert_int_equal(journal.collected.count, 16);
	assert_int_equal(journal.end.count, count);
}

int main(void)
{
#define IN_SCENE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		IN_SCENE(a_new_journal_is_at_the_start),
		IN_SCENE(records_outlive_the_process),
		IN_SCENE(what_was_collected_goes_and_the_chain_goes_on),
		IN_SCENE(an_older_or_a_made_up_count_takes_nothing_away),
		IN_SCENE(one_report_carries_so_many_and_the_next_one_the_rest),
		IN_SCENE(a_torn_last_line_is_no_record),
		IN_SCENE(a_changed_file_is_another_journal),
		IN_SCENE(a_file_that_lost_a_line_is_another_journal),
		IN_SCENE(an_emptied_file_is_another_journal),
		IN_SCENE(a_file_changed_while_it_is_open_is_another_journal),
		IN_SCENE(a_file_cut_while_it_is_open_hides_nothing),
		IN_SCENE(a_deleted_file_is_written_again),
		IN_SCENE(a_deleted_directory_is_made_again),
		IN_SCENE(nothing_is_lost_while_there_is_no_directory),
		IN_SCENE(a_second_writer_is_kept_out),
		IN_SCENE(a_directory_that_others_may_write_is_refused),
		IN_SCENE(nor_is_one_below_such_a_directory_taken),
		IN_SCENE(the_run_directory_is_for_all_whatever_the_umask),
		IN_SCENE(a_link_is_not_followed),
		IN_SCENE(another_files_name_is_not_written_to),
		IN_SCENE(on_a_full_disk_nothing_is_recorded_and_then_it_goes_on),
		IN_SCENE(what_is_uncollected_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
