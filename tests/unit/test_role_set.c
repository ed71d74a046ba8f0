/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The supervisor's side of its roles, one of which was taken over. The other ends of
 * their channels are ours; the processes are asleep. What the set starts itself is
 * this program once more, which then sleeps, too.
 */
#include "unit.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "verifier/frames.h"
#include "verifier/role_set.h"

#define PING_S 1 /* silence_s / 4 */
#define ROLES (ROLE_APPRAISERS + 1)
#define ROUNDS 1000 /* more frames than a socket holds */
#define HANGS_S 120

struct scene {
	struct configuration configuration;
	struct role_set set;
	struct channel roles[ROLES]; /* their ends */
	pid_t first[ROLES];
	time_t now;
};

static pid_t sleeper(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)alarm(HANGS_S);
		(void)pause();
		_exit(0);
	}
	return pid;
}

static void say(struct scene *s, size_t role, uint16_t type)
{
	assert_int_equal(channel_send(&s->roles[role], type, 0, (struct span){ 0 }), OK);
	role_set_hear(&s->set, role, s->now);
}

static void start(struct scene *s)
{
	/* Who waits for ever fails. */
	(void)alarm(HANGS_S);
	*s = (struct scene){ .configuration = { .appraisers = 1, .silence_s = 4 }, .now = 1000 };
	role_set_init(&s->set, "none", &s->configuration, -1, -1);
	/* Before there are channels, whose ends they would keep open. */
	for (size_t i = 0; i < ROLES; i++)
		s->set.children[i].pid = s->first[i] = sleeper();
	for (size_t i = 0; i < ROLES; i++) {
		int ends[2];

		assert_int_equal(channel_pair(ends), OK);
		channel_init(&s->set.children[i].channel, ends[0], 0);
		channel_init(&s->roles[i], ends[1], 0);
		s->set.children[i].started = s->now;
		say(s, i, FRAME_READY);
	}
	assert_true(role_set_is_ready(&s->set));
	s->set.pinged = s->now;
}

static void stop(struct scene *s)
{
	for (size_t i = 0; i < ROLES; i++) {
		if (s->set.children[i].pid > 0)
			(void)kill(s->set.children[i].pid, SIGKILL);
		channel_done(&s->roles[i]);
	}
	role_set_stop(&s->set);
}

static bool is_the_first(const struct scene *s, size_t role)
{
	return s->set.children[role].pid == s->first[role];
}

/* Reads one ping; false where there is none. */
static bool was_asked(struct scene *s, size_t role)
{
	struct frame frame;

	return channel_receive(&s->roles[role], 0, &frame) == OK && frame.type == FRAME_PING;
}

static void next_ping(struct scene *s)
{
	s->now += PING_S;
	role_set_tend(&s->set, s->now);
}

static void answer_but(struct scene *s, size_t silent)
{
	for (size_t i = 0; i < ROLES; i++)
		if (i != silent && was_asked(s, i))
			say(s, i, FRAME_PONG);
}

static void a_slow_role_may_answer_late(void **state)
{
	struct scene s;
	(void)state;

	start(&s);
	for (int i = 0; i < 3; i++) {
		next_ping(&s);
		answer_but(&s, ROLE_SIGNER);
	}
	while (was_asked(&s, ROLE_SIGNER))
		say(&s, ROLE_SIGNER, FRAME_PONG);
	next_ping(&s);
	assert_true(is_the_first(&s, ROLE_SIGNER));
	stop(&s);
}

static void a_role_that_answers_nothing_is_ended(void **state)
{
	struct scene s;
	(void)state;

	start(&s);
	for (int i = 0; i < 5; i++) {
		next_ping(&s);
		answer_but(&s, ROLE_FRONT);
	}
	assert_false(is_the_first(&s, ROLE_FRONT));
	assert_true(is_the_first(&s, ROLE_SIGNER));
	stop(&s);
}

/* Ahead of the questions, so that none is missed when it listens no more. */
static void an_answer_that_nobody_asked_for_ends_the_role(void **state)
{
	struct scene s;
	(void)state;

	start(&s);
	next_ping(&s);
	say(&s, ROLE_FRONT, FRAME_PONG);
	assert_true(is_the_first(&s, ROLE_FRONT));
	say(&s, ROLE_FRONT, FRAME_PONG);
	assert_false(is_the_first(&s, ROLE_FRONT));
	say(&s, ROLE_SIGNER, FRAME_READY);
	assert_false(is_the_first(&s, ROLE_SIGNER));
	stop(&s);
}

/* It answers as often as it is asked, and reads nothing: its socket fills up. */
static void nobody_waits_for_a_role_that_does_not_read(void **state)
{
	struct scene s;
	(void)state;

	start(&s);
	for (int i = 0; i < ROUNDS && is_the_first(&s, ROLE_FRONT); i++) {
		next_ping(&s);
		answer_but(&s, ROLE_FRONT);
		if (is_the_first(&s, ROLE_FRONT))
			say(&s, ROLE_FRONT, FRAME_PONG);
	}
	assert_false(is_the_first(&s, ROLE_FRONT));
	assert_true(is_the_first(&s, ROLE_SIGNER));
	stop(&s);
}

static void fill(struct channel *c)
{
	enum status status = OK;

	for (int i = 0; i < ROUNDS && status == OK && !channel_has_output(c); i++) {
		status = channel_queue(c, FRAME_PING, 0, (struct span){ 0 });
		if (status == OK)
			status = channel_flush(c);
	}
	assert_int_equal(status, OK);
	assert_true(channel_has_output(c));
	/* Filled by frames that were taken whole. */
	channel_unqueue(c, 0);
}

static void an_appraisers_place_is_not_waited_for(void **state)
{
	struct scene s;
	(void)state;

	start(&s);
	fill(&s.set.children[ROLE_FRONT].channel);
	(void)kill(s.first[ROLE_APPRAISERS], SIGKILL);
	channel_done(&s.roles[ROLE_APPRAISERS]);
	role_set_hear(&s.set, ROLE_APPRAISERS, s.now);
	role_set_tend(&s.set, s.now);
	assert_int_equal(s.set.children[ROLE_FRONT].pid, 0);
	assert_true(is_the_first(&s, ROLE_SIGNER));
	stop(&s);
}

static void a_loader_is_not_kept_back_by_the_signer(void **state)
{
	struct scene s;
	(void)state;

	start(&s);
	assert_int_equal(role_set_give_signer(&s.set, FRAME_LOADER, STDIN_FILENO, s.now), OK);
	fill(&s.set.children[ROLE_SIGNER].channel);
	assert_int_not_equal(role_set_give_signer(&s.set, FRAME_LOADER, STDIN_FILENO, s.now), OK);
	assert_int_equal(s.set.children[ROLE_SIGNER].pid, 0);
	stop(&s);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slow_role_may_answer_late),
		cmocka_unit_test(a_role_that_answers_nothing_is_ended),
		cmocka_unit_test(an_answer_that_nobody_asked_for_ends_the_role),
		cmocka_unit_test(nobody_waits_for_a_role_that_does_not_read),
		cmocka_unit_test(an_appraisers_place_is_not_waited_for),
		cmocka_unit_test(a_loader_is_not_kept_back_by_the_signer),
	};

	if (argc > 1 && strcmp(argv[1], "--role") == 0) {
		(void)alarm(HANGS_S);
		(void)pause();
		return 0;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
