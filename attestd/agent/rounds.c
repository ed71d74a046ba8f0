/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/agent/rounds.h"

#include <poll.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "attestd/agent/attest.h"
#include "attestd/agent/schedule.h"
#include "attestd/agent/wait.h"
#include "attestd/role_program.h"
#include "daemon/clock.h"
#include "daemon/clock_set.h"
#include "daemon/file.h"
#include "daemon/log.h"
#include "daemon/role.h"

/* More than a clock is put right by little by little. */
#define CLOCK_SET_MS 5000
/* How long nothing is looked at but descriptors. */
#define QUIET_MS 60000
#define FINDING_MS 100
#define OWN_FDS 3
#define WAIT_FDS 4

static uint32_t any_number(void)
{
	uint32_t number = 0;

	/* Only for jitter: zero would do. */
	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		return 0;
	return number;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* By how much the host's clock is ahead of the one that nobody sets. */
static int64_t clock_ahead_ms(void)
{
	return (int64_t)time(NULL) * 1000 - clock_boot_ms();
}

/* By the host's clock a right may have run out all at once, and be there again when that
 * is put right: neither is seen here. */
static bool was_clock_set(const struct agent *a)
{
	int64_t by = clock_ahead_ms() - a->clock_ahead_ms;

	return by > CLOCK_SET_MS || by < -CLOCK_SET_MS;
}

/* Sooner where the IMA log grew, a workload waits, or the verifier says so. */
static int64_t hurried(const struct agent *a, int64_t next)
{
	if (was_clock_set(a))
		next = earlier(next, a->round_began_ms + SCHEDULE_WISH_MS);
	else
		next = told_next(&a->clock_told, a->round_began_ms, next);
	if (a->broker.has_grown)
		next = earlier(next, clock_boot_ms() + SCHEDULE_DEBOUNCE_MS);
	if (a->broker.has_wish)
		next = earlier(next, a->round_began_ms + SCHEDULE_WISH_MS);
	return told_next(&a->told, a->round_began_ms, next);
}

/* Until something happens on a channel, to a wait or to the clock, and no longer than left. */
static enum status listen_to_all(struct agent *a, int64_t left)
{
	struct pollfd fds[OWN_FDS + WAIT_FDS] = { { .fd = a->broker.channel.fd, .events = POLLIN },
						  { .fd = a->mint.fd, .events = 0 },
						  { .fd = a->clock_set, .events = POLLIN } };
	nfds_t count = OWN_FDS + verifier_wait_fds(a->verifier, fds + OWN_FDS, WAIT_FDS);
	/* A wait without a descriptor is still about to find its connection. */
	int64_t most =
		count == OWN_FDS && verifier_wait_is_under_way(a->verifier) ? FINDING_MS : QUIET_MS;

	(void)poll(fds, count, (int)earlier(left, most));
	if (fds[1].revents != 0)
		return STATUS_IO;
	if (fds[2].revents != 0) {
		clock_set_take(a->clock_set);
		told_true(&a->clock_told);
	}
	agent_hear(a, clock_boot_ms());
	return fds[0].revents != 0 ? broker_listen(&a->broker) : OK;
}

/* Until then, or until the IMA log grew; neither that nor a workload hurries a verifier
 * that is away or a person who has to approve. */
static enum status wait_until(struct agent *a, int64_t due, const struct round *round)
{
	enum status status = OK;
	int64_t next = due;

	while (status == OK) {
		if (round->outcome == OUTCOME_VERDICT)
			next = hurried(a, next);

		int64_t now = clock_boot_ms();

		if (next <= now)
			return OK;
		if (round->lifetime_s > 0)
			agent_ask_to_be_told(a, now, next);
		status = listen_to_all(a, next - now);
	}
	return status;
}

static void loop(struct agent *a)
{
	struct streak streak = { 0 };
	struct round round = going_on;
	int64_t due = 0;

	for (;;) {
		a->broker.has_grown = false;
		a->round_began_ms = clock_boot_ms();
		a->clock_ahead_ms = clock_ahead_ms();
		/* The time after a failure is not its own: who answers may have made it fail. */
		bool was_due = round.outcome == OUTCOME_VERDICT && a->round_began_ms >= due;

		told_begin(&a->told, was_due);
		told_begin(&a->clock_told, was_due);
		round = agent_attest(a);

		if (round.outcome == OUTCOME_BROKEN)
			return;

		due = clock_boot_ms() + schedule_after_ms(&round, &streak, any_number());
		if (wait_until(a, due, &round) != OK)
			return;
	}
}

static enum status open_all(struct agent *a)
{
	const struct configuration *c = a->configuration;
	const struct verifier_settings settings = {
		.url = configuration_text(c, "verifier", "url"),
		.ca_file = configuration_text(c, "verifier", "ca_file"),
		.timeout_s = (long)settings_number(c->settings, "verifier", NULL, "timeout_s"),
	};
	enum status status = verifier_client_new(&settings, &a->verifier);

	if (status != OK)
		log_line(LOG_LEVEL_ERROR, "[verifier] ca_file: %s: %s", settings.ca_file,
			 file_guard_text(status));
	return status == OK ? configuration_drop(c, "agent") : status;
}

int agent_run(const char *configuration_path)
{
	AUTO_DONE(configuration) c = { 0 };
	struct settings_error error;
	struct agent a = { .configuration = &c };

	log_open("attestd/agent", LOG_LEVEL_INFO);
	/* All roles read the same: attestd says once why it is none. */
	if (configuration_load(configuration_path, &c, &error) != OK)
		return ROLE_CONFIGURATION_UNUSABLE;
	channel_init(&a.broker.channel, ROLE_FD_FIRST + AGENT_BROKER, FRAME_LARGE_MAX);
	channel_init(&a.mint, ROLE_FD_FIRST + AGENT_MINT, FRAME_RIGHT_MAX);
	channel_init(&a.parent, ROLE_FD_FIRST + AGENT_PARENT, FRAME_SMALL_MAX);
	/* Without it, the clock is looked at as often as all else. */
	a.clock_set = clock_set_open();

	/* The broker reads its TPM while we get to our feet. */
	enum status status = broker_identity_ahead(&a.broker);

	if (status == OK)
		status = open_all(&a);
	if (status == OK)
		status = channel_send(&a.parent, FRAME_READY, 0, (struct span){ 0 });
	if (status == OK)
		loop(&a);
	else
		log_line(LOG_LEVEL_ERROR, "cannot start: %s", status_text(status));
	bytes_done(&a.entries);
	channel_done(&a.broker.channel);
	channel_done(&a.mint);
	channel_done(&a.parent);
	if (a.clock_set >= 0)
		(void)close(a.clock_set);
	verifier_client_free(a.verifier);
	return 1;
}
