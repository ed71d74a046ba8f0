/* SPDX-License-Identifier: Apache-2.0 */
/* The mint as a process between an agent and a broker that are ours: whatever
 * becomes of them, no SVID outlives the right (k16). */
#include "unit.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attestd/frames.h"
#include "attestd/mint/mint.h"
#include "attestd/subject.h"
#include "attestd_grant.h"
#include "base/reader.h"
#include "base/writer.h"
#include "daemon/role.h"
#include "scratch.h"

/* Longer than any of the rights that end by themselves. */
#define PATIENCE_MS 60000
#define STEP_US 20000

static char top[SCRATCH_MAX];
static char configuration[128], svid_path[160], directory[128];
static struct granted granted;
static struct channel agent, broker;
static pid_t mint;

/* The day's clock, which a test sets while the mint runs. */
static struct {
	int64_t ahead_s;
	int timer_clock, timer_flags; /* of the timer that is to tell of it */
} * clock_of_day;
static char clock_path[128];

time_t time(time_t *out)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (clock_of_day != NULL)
		now.tv_sec += clock_of_day->ahead_s;
	if (out != NULL)
		*out = now.tv_sec;
	return now.tv_sec;
}

/* In place of the kernel's: readable once set_clock() wrote to it. */
int timerfd_create(clockid_t clock, int flags)
{
	(void)flags;
	clock_of_day->timer_clock = clock;
	return open(clock_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *until, struct itimerspec *before)
{
	(void)fd;
	(void)until;
	(void)before;
	clock_of_day->timer_flags = flags;
	return 0;
}

static void set_clock(int64_t ahead_s)
{
	const uint64_t times = 1;
	int fd = open(clock_path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	clock_of_day->ahead_s = ahead_s;
	assert_int_equal(write(fd, &times, sizeof(times)), sizeof(times));
	(void)close(fd);
}

static void write_configuration(void)
{
	char key[128];
	FILE *file;

	(void)snprintf(key, sizeof(key), "%s/result.pem", top);
	file = fopen(key, "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_PUBKEY(file, granted.result), 1);
	assert_int_equal(fclose(file), 0);
	file = fopen(configuration, "w");
	assert_non_null(file);
	(void)fprintf(file,
		      "[verifier]\nurl = https://localhost\nca_file = %s\nresult_key = %s\n"
		      "[identity web]\nspiffe_id = spiffe://example.org/web/1\ndir = %s\n",
		      key, key, directory);
	assert_int_equal(fclose(file), 0);
}

static void start_mint(void)
{
	int to_agent[2], to_broker[2];
	const pid_t parent = getpid();

	assert_int_equal(channel_pair(to_agent), OK);
	assert_int_equal(channel_pair(to_broker), OK);
	clock_of_day->timer_flags = 0;
	mint = fork();
	assert_true(mint >= 0);
	if (mint == 0) {
		/* Above the range first: a pair may lie in it. */
		int moved[MINT_FDS] = { dup2(to_agent[1], 40), dup2(to_broker[1], 41) };

		if (dup2(moved[0], ROLE_FD_FIRST + MINT_AGENT) < 0 ||
		    dup2(moved[1], ROLE_FD_FIRST + MINT_BROKER) < 0 || getppid() != parent)
			_exit(99);
		role_begin("mint", MINT_FDS);
		_exit(mint_run(configuration));
	}
	(void)close(to_agent[1]);
	(void)close(to_broker[1]);
	channel_init(&agent, to_agent[0], FRAME_RIGHT_MAX);
	channel_init(&broker, to_broker[0], FRAME_SMALL_MAX);
	/* The times that a test gives begin when it stands. */
	for (int waited = 0; waited < PATIENCE_MS * 1000 && clock_of_day->timer_flags == 0;
	     waited += STEP_US)
		(void)usleep(STEP_US);
}

static int make(void **state)
{
	(void)state;
	(void)umask(022);
	assert_non_null(mkdtemp(scratch_name(top, "mint")));
	(void)snprintf(configuration, sizeof(configuration), "%s/attestd.conf", top);
	(void)snprintf(directory, sizeof(directory), "%s/web", top);
	(void)snprintf(svid_path, sizeof(svid_path), "%s/svid.pem", directory);
	(void)snprintf(clock_path, sizeof(clock_path), "%s/clock", top);
	assert_int_equal(mkfifo(clock_path, 0600), 0);
	clock_of_day = mmap(NULL, sizeof(*clock_of_day), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(clock_of_day != MAP_FAILED);
	granted_init_at(&granted, (int64_t)time(NULL));
	write_configuration();
	start_mint();
	return 0;
}

static int drop(void **state)
{
	char command[320];

	(void)state;
	if (mint > 0) {
		(void)kill(mint, SIGKILL);
		(void)waitpid(mint, NULL, 0);
	}
	channel_done(&agent);
	channel_done(&broker);
	granted_done(&granted);
	(void)munmap(clock_of_day, sizeof(*clock_of_day));
	clock_of_day = NULL;
	(void)snprintf(command, sizeof(command), "chmod -R u+w %s; rm -rf %s", top, top);
	return system(command);
}

static void give_right(int64_t lifetime_s, uint64_t bundle_sequence)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);

	granted_sign(&granted, "trusted", (int64_t)time(NULL) + lifetime_s,
		     "spiffe://example.org/web/*");
	writer_sized32(&w, span_of(&granted.text));
	writer_sized(&w, span_of(&granted.signature));
	writer_sized32(&w, span_of(&granted.certificate));
	granted_put_bundle(&granted, &w, bundle_sequence);
	writer_sized32(&w, span_of(&granted.entries));
	assert_int_equal(writer_end(&w), OK);
	assert_int_equal(channel_send(&agent, FRAME_RIGHT, 0, span_of(&body)), OK);
}

/* What an honest broker does once. */
static void sign_once(void)
{
	AUTO_DONE(bytes) signature = { 0 };
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);
	struct frame frame;

	assert_int_equal(channel_receive(&broker, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_MINT_SIGN);

	struct reader r = reader_over(frame.body);

	struct subject subject;

	sign_with(granted.minting, reader_sized32(&r, FRAME_SMALL_MAX), &signature);
	subject_take(&r, &subject);
	assert_int_equal(reader_end(&r), OK);
	assert_true(span_equal(subject.reason, span_text(SUBJECT_DIRECTORY)));
	writer_sized(&w, span_of(&signature));
	assert_int_equal(writer_end(&w), OK);
	assert_int_equal(channel_send(&broker, FRAME_ANSWER, frame.id, span_of(&body)), OK);
}

static bool is_there(void)
{
	return access(svid_path, F_OK) == 0;
}

static void await_svid(bool is_wanted)
{
	for (int waited = 0; waited < PATIENCE_MS * 1000; waited += STEP_US) {
		if (is_there() == is_wanted)
			return;
		(void)usleep(STEP_US);
	}
	fail_msg("the SVID is %sthere", is_wanted ? "not " : "");
}

static void await_end(void)
{
	for (int waited = 0; waited < PATIENCE_MS * 1000; waited += STEP_US) {
		if (waitpid(mint, NULL, WNOHANG) == mint) {
			mint = 0;
			return;
		}
		(void)usleep(STEP_US);
	}
	fail_msg("the mint goes on");
}

static void mint_one(int64_t lifetime_s)
{
	give_right(lifetime_s, 2);
	sign_once();
	await_svid(true);
}

static void assert_runs(void)
{
	assert_int_equal(waitpid(mint, NULL, WNOHANG), 0);
}

static void a_right_that_nobody_renews_takes_its_svid_along(void **state)
{
	(void)state;
	mint_one(LIFETIME_S);
	/* At half of its time it asks for the next. */
	set_clock(LIFETIME_S / 2 + 2);
	sign_once();
	await_svid(true);
	set_clock(LIFETIME_S + 2);
	await_svid(false);
	assert_runs();
}

static void a_clock_that_is_set_beyond_the_end_takes_the_svid_away_at_once(void **state)
{
	(void)state;
	mint_one(LIFETIME_S);
	assert_int_equal(clock_of_day->timer_clock, CLOCK_REALTIME);
	assert_int_equal(clock_of_day->timer_flags, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
	set_clock(24 * 3600);
	await_svid(false);
	assert_runs();
}

/* False where this machine was slower than the right was short. */
static bool waits_for_no_broker(int64_t lifetime_s)
{
	int64_t end = (int64_t)time(NULL) + lifetime_s;
	struct pollfd asked = { .fd = broker.fd, .events = POLLIN };

	give_right(lifetime_s, 2);
	if (poll(&asked, 1, (int)lifetime_s * 1000) <= 0)
		return false;
	sign_once();
	while (!is_there() && (int64_t)time(NULL) < end)
		(void)usleep(STEP_US);
	/* At half of its time it asks for the next. */
	if (poll(&asked, 1, (int)(end - (int64_t)time(NULL)) * 1000) <= 0)
		return false;
	await_svid(false);
	await_end();
	return true;
}

static void a_broker_that_does_not_answer_keeps_no_svid_alive(void **state)
{
	bool is_proven = false;

	(void)state;
	for (int64_t lifetime_s = 3; !is_proven && lifetime_s <= 48; lifetime_s *= 2) {
		is_proven = waits_for_no_broker(lifetime_s);
		if (is_proven)
			break;
		(void)kill(mint, SIGKILL);
		(void)waitpid(mint, NULL, 0);
		channel_done(&agent);
		channel_done(&broker);
		start_mint();
	}
	assert_true(is_proven);
}

static void any_signal_that_ends_it_removes_the_svid(void **state)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		mint_one(LIFETIME_S);
		assert_int_equal(kill(mint, signals[i]), 0);
		await_end();
		assert_false(is_there());
		channel_done(&agent);
		channel_done(&broker);
		start_mint();
	}
}

/* The kernel sends it for whoever opens a file on which there is a lease just then. */
static void a_lease_that_is_broken_ends_nothing(void **state)
{
	(void)state;
	mint_one(LIFETIME_S);
	assert_int_equal(kill(mint, SIGIO), 0);
	/* Delivered before the next frame is read. */
	mint_one(LIFETIME_S);
	assert_runs();
}

static void an_agent_or_a_broker_that_is_gone_removes_the_svid(void **state)
{
	(void)state;
	mint_one(LIFETIME_S);
	channel_done(&agent);
	await_end();
	assert_false(is_there());
	channel_done(&broker);
	start_mint();
	mint_one(LIFETIME_S);
	channel_done(&broker);
	await_end();
	assert_false(is_there());
}

static void a_bundle_older_than_one_that_was_seen_ends_the_right(void **state)
{
	(void)state;
	mint_one(LIFETIME_S);
	give_right(LIFETIME_S, 1);
	await_svid(false);
	give_right(LIFETIME_S, 2);
	sign_once();
	await_svid(true);
}

static void a_directory_that_cannot_be_written_is_tried_again(void **state)
{
	(void)state;
	assert_int_equal(mkdir(directory, 0755), 0);
	assert_int_equal(chmod(directory, 0777), 0);
	give_right(LIFETIME_S, 1);
	sign_once();
	(void)usleep(20 * STEP_US);
	assert_false(is_there());
	assert_int_equal(chmod(directory, 0755), 0);
	sign_once();
	await_svid(true);
}

static bool has_name(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static void await_gone(const char *path)
{
	for (int waited = 0; has_name(path); waited += STEP_US) {
		if (waited >= PATIENCE_MS * 1000)
			fail_msg("%s is there", path);
		(void)usleep(STEP_US);
	}
}

/* Nor by a clock that is set back meanwhile is it forgotten. */
static void what_could_not_be_removed_is_tried_again(void **state)
{
	char current[192];

	(void)state;
	(void)snprintf(current, sizeof(current), "%s/.current", directory);
	mint_one(LIFETIME_S);
	/* No name that one call takes away. */
	assert_int_equal(unlink(current), 0);
	assert_int_equal(mkdir(current, 0755), 0);
	assert_int_equal(channel_send(&agent, FRAME_RIGHT_ENDED, 0, (struct span){ 0 }), OK);
	await_gone(svid_path);
	set_clock(-24 * 3600);
	assert_int_equal(rmdir(current), 0);
	assert_int_equal(symlink("there", current), 0);
	await_gone(current);
	assert_runs();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_right_that_nobody_renews_takes_its_svid_along),
		TEST(a_clock_that_is_set_beyond_the_end_takes_the_svid_away_at_once),
		TEST(a_broker_that_does_not_answer_keeps_no_svid_alive),
		TEST(any_signal_that_ends_it_removes_the_svid),
		TEST(a_lease_that_is_broken_ends_nothing),
		TEST(an_agent_or_a_broker_that_is_gone_removes_the_svid),
		TEST(a_bundle_older_than_one_that_was_seen_ends_the_right),
		TEST(a_directory_that_cannot_be_written_is_tried_again),
		TEST(what_could_not_be_removed_is_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
