/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs: real processes and, where this test may make one, a unit's cgroup. */
#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "attestd/mint/identity/jobs.h"
#include "daemon/file.h"
#include "workload_scene.h"

#define PATIENCE_MS 20000

static struct jobs *jobs;

static int begin(void **state)
{
	(void)state;
	return jobs_new(&jobs) == OK ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	jobs_free(jobs);
	workload_drop_unit();
	return 0;
}

static enum status watch(const struct workload *w, bool is_unit, struct job *out)
{
	struct caller_facts facts;
	const char *why = NULL;

	assert_int_equal(caller_look(w->caller, &facts, &why), OK);
	return jobs_watch(jobs, w->caller, &facts, is_unit, out);
}

static bool is_told(int patience_ms)
{
	struct pollfd fd = { .fd = jobs_fd(jobs), .events = POLLIN };

	return poll(&fd, 1, patience_ms) == 1;
}

static void assert_no_end(void)
{
	struct job_outcome how;
	struct job job;

	assert_false(jobs_take(jobs, &job, &how));
}

static void assert_ends(const struct job *wanted, enum job_end how, int code)
{
	struct job_outcome outcome;
	struct job job;

	assert_true(is_told(PATIENCE_MS));
	assert_true(jobs_take(jobs, &job, &outcome));
	assert_true(job_equal(&job, wanted));
	assert_int_equal(outcome.end, how);
	assert_int_equal(outcome.code, code);
	/* Once. */
	assert_no_end();
	assert_false(is_told(0));
}

static void a_process_ends_as_it_ended(void **state)
{
	static const int codes[] = { 0, 3 };
	struct job job;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(workload) w = workload_called("one", true, NULL);

		assert_int_equal(watch(&w, false, &job), OK);
		assert_no_end();
		workload_order(&w, WORKLOAD_END, codes[i], NULL);
		assert_ends(&job, JOB_EXITED, codes[i]);
	}
	AUTO_DONE(workload) w = workload_called("one", true, NULL);

	assert_int_equal(watch(&w, false, &job), OK);
	assert_int_equal(kill(w.pid, SIGKILL), 0);
	assert_ends(&job, JOB_KILLED, SIGKILL);
}

/* Of one that was reaped, newer kernels tell; others say that it ended. */
static void one_that_was_reaped_has_ended_too(void **state)
{
	struct job_outcome outcome;
	struct job job;

	(void)state;
	AUTO_DONE(workload) w = workload_called("one", true, NULL);

	assert_int_equal(watch(&w, false, &job), OK);
	workload_order(&w, WORKLOAD_END, 3, NULL);
	assert_int_equal(workload_wait(&w), 3 << 8);
	assert_true(is_told(PATIENCE_MS));
	assert_true(jobs_take(jobs, &job, &outcome));
	assert_true(outcome.end == JOB_ENDED || (outcome.end == JOB_EXITED && outcome.code == 3));
}

/* Nor by being asked for again, nor where its connection is closed. */
static void a_job_is_watched_once_and_without_its_connection(void **state)
{
	struct job job, again;

	(void)state;
	AUTO_DONE(workload) w = workload_called("one", true, NULL);

	assert_int_equal(watch(&w, false, &job), OK);
	assert_int_equal(watch(&w, false, &again), OK);
	assert_true(job_equal(&job, &again));
	caller_free(w.caller);
	w.caller = NULL;
	assert_no_end();
	assert_int_equal(kill(w.pid, SIGTERM), 0);
	assert_ends(&job, JOB_KILLED, SIGTERM);
}

/* As if the process were another one each time. */
static enum status watch_again(const struct workload *w, uid_t user, uint64_t run)
{
	struct caller_facts facts;
	const char *why = NULL;
	struct job job;

	assert_int_equal(caller_look(w->caller, &facts, &why), OK);
	facts.uid = user;
	facts.started += run;
	return jobs_watch(jobs, w->caller, &facts, false, &job);
}

/* Who starts process after process, each of which lives on, keeps nobody from a job. */
static void one_users_jobs_leave_places_for_others(void **state)
{
	const struct rlimit files = { 4 * JOBS_MAX, 4 * JOBS_MAX };
	uint64_t run = 0;

	(void)state;
	if (setrlimit(RLIMIT_NOFILE, &files) != 0)
		skip();
	AUTO_DONE(workload) w = workload_called("one", true, NULL);

	while (run < JOBS_OF_USER_MAX)
		assert_int_equal(watch_again(&w, 1000, run++), OK);
	assert_int_equal(watch_again(&w, 1000, run++), STATUS_TOO_LARGE);
	/* One that is watched stays so. */
	assert_int_equal(watch_again(&w, 1000, 0), OK);
	while (run < JOBS_MAX)
		assert_int_equal(watch_again(&w, 1001, run++), OK);
	assert_int_equal(watch_again(&w, 1002, run++), OK);
	assert_int_equal(watch_again(&w, 1002, run), STATUS_TOO_LARGE);
}

static void what_is_dropped_is_not_told(void **state)
{
	struct job job;

	(void)state;
	AUTO_DONE(workload) w = workload_called("one", true, NULL);

	assert_int_equal(watch(&w, false, &job), OK);
	jobs_drop(jobs, &job);
	jobs_drop(jobs, &job);
	workload_order(&w, WORKLOAD_END, 0, NULL);
	assert_int_equal(workload_wait(&w), 0);
	assert_false(is_told(0));
}

static void one_that_has_ended_is_no_job(void **state)
{
	struct caller_facts facts;
	const char *why = NULL;
	struct job job;

	(void)state;
	AUTO_DONE(workload) w = workload_called("one", true, NULL);

	assert_int_equal(caller_look(w.caller, &facts, &why), OK);
	workload_order(&w, WORKLOAD_END, 0, NULL);
	assert_int_equal(workload_wait(&w), 0);
	assert_int_equal(jobs_watch(jobs, w.caller, &facts, false, &job), STATUS_DENIED);
}

/* All of the unit's processes, not the one that asked. */
static void a_units_job_ends_with_its_last_process(void **state)
{
	struct job first, second;

	(void)state;
	need_root();
	if (!workload_make_unit())
		skip();
	AUTO_DONE(workload) one = workload_called("one", true, workload_enter_unit);
	AUTO_DONE(workload) two = workload_called("two", true, workload_enter_unit);

	assert_int_equal(watch(&one, true, &first), OK);
	assert_int_equal(watch(&two, true, &second), OK);
	assert_true(job_equal(&first, &second));
	workload_order(&one, WORKLOAD_END, 3, NULL);
	assert_int_equal(workload_wait(&one), 3 << 8);
	/* It may be told of more than that. */
	(void)is_told(200);
	assert_no_end();
	workload_order(&two, WORKLOAD_END, 0, NULL);
	assert_int_equal(workload_wait(&two), 0);

	struct job_outcome outcome;
	struct job job;

	do
		assert_true(is_told(PATIENCE_MS));
	while (!jobs_take(jobs, &job, &outcome));
	assert_true(job_equal(&job, &first));

	/* The next run of the same unit is another job. */
	workload_remove_unit();
	assert_true(workload_make_unit());
	AUTO_DONE(workload) again = workload_called("one", true, workload_enter_unit);

	assert_int_equal(watch(&again, true, &second), OK);
	assert_false(job_equal(&first, &second));
	workload_done(&again);
	workload_remove_unit();
}

/* More than root has inotify instances (128), with one process in the last. */
#define UNITS 160
#define UNIT_PATH_MAX (128 + 2 * UNITS)

/* In each of the cgroups, one below the other, which all have a process while the last
 * one has. */
static void watch_units(const struct workload *w, struct span last, struct job watched[UNITS])
{
	struct caller_facts facts = workload_look(w);

	facts.cgroup = last;
	for (size_t i = 0; i < UNITS; i++) {
		assert_int_equal(jobs_watch(jobs, w->caller, &facts, true, &watched[i]), OK);
		facts.cgroup.len -= 2;
	}
}

static void assert_units_end(const struct job watched[UNITS])
{
	bool has_ended[UNITS] = { false };
	struct job_outcome how;
	struct job job;

	for (size_t ended = 0; ended < UNITS;) {
		assert_true(is_told(PATIENCE_MS));
		while (jobs_take(jobs, &job, &how)) {
			size_t i = 0;

			while (i < UNITS && !job_equal(&job, &watched[i]))
				i++;
			assert_true(i < UNITS && !has_ended[i]);
			has_ended[i] = true;
			ended++;
		}
	}
}

static void end_units(struct workload *w)
{
	workload_order(w, WORKLOAD_END, 0, NULL);
	assert_int_equal(workload_wait(w), 0);
}

/* Nor is any of them in the way of another look at one that is known. */
static void many_units_are_watched_at_once(void **state)
{
	struct job watched[UNITS], again[UNITS];
	char path[UNIT_PATH_MAX];

	(void)state;
	need_root();
	if (!workload_make_unit())
		skip();
	workload_deepen_unit(UNITS - 1, path, sizeof(path));
	AUTO_DONE(workload) w = workload_called("one", true, workload_enter_unit);

	watch_units(&w, span_text(path), watched);
	assert_no_end();
	watch_units(&w, span_text(path), again);
	assert_memory_equal(watched, again, sizeof(watched));
	end_units(&w);
	assert_units_end(watched);
}

static long notices_max(void)
{
	AUTO_DONE(bytes) text = { 0 };

	assert_int_equal(file_read("/proc/sys/fs/inotify/max_queued_events", 32, &text), OK);
	return strtol((const char *)text.data, NULL, 10);
}

/* Watched here as well, where can be seen how many have come. */
static int open_notices(const char *path)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	size_t len = strlen(path);
	char name[UNIT_PATH_MAX + 64];

	assert_true(fd >= 0);
	for (size_t i = 1; i < UNITS; i++, len -= 2) {
		(void)snprintf(name, sizeof(name), "%s%.*s/cgroup.events", workload_cgroup_top(),
			       (int)len, path);
		assert_true(inotify_add_watch(fd, name, IN_MODIFY) >= 0);
	}
	return fd;
}

static void fill_notices(const struct workload *w, const char *path)
{
	int fd = open_notices(path), waiting = 0;
	long most = notices_max();
	time_t end = time(NULL) + PATIENCE_MS / 1000;

	while (waiting < most * (long)sizeof(struct inotify_event) && time(NULL) < end) {
		workload_leave_unit(w->pid);
		workload_return_to_unit(w->pid);
		assert_int_equal(ioctl(fd, FIONREAD, &waiting), 0);
	}
	assert_true(waiting >= most * (long)sizeof(struct inotify_event));
	(void)close(fd);
}

/* As they are where others change faster than is read: then this one's end is said by
 * nothing else. */
static void a_units_end_is_seen_though_notices_are_lost(void **state)
{
	struct job watched[UNITS];
	char path[UNIT_PATH_MAX];

	(void)state;
	need_root();
	if (!workload_make_unit())
		skip();
	AUTO_DONE(workload) still = workload_called("two", true, workload_enter_unit);

	workload_deepen_unit(UNITS - 1, path, sizeof(path));
	AUTO_DONE(workload) w = workload_called("one", true, workload_enter_unit);

	watch_units(&w, span_text(path), watched);
	assert_no_end();
	fill_notices(&w, path);
	end_units(&w);
	end_units(&still);
	assert_units_end(watched);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_process_ends_as_it_ended),
		TEST(one_that_was_reaped_has_ended_too),
		TEST(a_job_is_watched_once_and_without_its_connection),
		TEST(one_users_jobs_leave_places_for_others),
		TEST(what_is_dropped_is_not_told),
		TEST(one_that_has_ended_is_no_job),
		TEST(a_units_job_ends_with_its_last_process),
		TEST(many_units_are_watched_at_once),
		TEST(a_units_end_is_seen_though_notices_are_lost),
	};

	return cmocka_run_group_tests(tests, workload_scene_begin, workload_scene_end);
}
