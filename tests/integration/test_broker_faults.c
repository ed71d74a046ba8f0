/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker and a TPM that fails: each fault of the table at each command in turn
 * of what a node does from its first identity to the end of its right. It never
 * ends by itself but where it says so, never claims what is not so, names what
 * failed, goes on as soon as the fault is over, and leaves nothing behind in the TPM.
 * The broker itself is killed at each of them, too.
 * The software TPM's port stands in ATTESTD_TEST_TPM_PORT; ATTESTD_TEST_FAULTS=all
 * crosses every fault with every command instead of with one of each kind.
 */
#include "../unit/unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "broker_life.h"
#include "tpm/policy_digest.h"
#include "tpm_proxy.h"

#define TRIES 12
#define PAUSE_US 20000
/* A fault that lasts ends after this many refusals. */
#define LASTS 2
#define TIDY_WAIT_US 400000
/* What has to come, on a busy machine. */
#define PATIENCE_US 60000000

static struct tpm_proxy proxy;
static struct broker_life life;
static char refusal[320];
static unsigned refusals;

static const struct step {
	const char *name;
	enum status (*run)(struct broker_life *life);
} steps[] = {
	{ "identity", life_identity },	 { "activate", life_activate },
	{ "evidence", life_evidence },	 { "verdict", life_verdict },
	{ "mint-sign", life_mint_sign }, { "cap", life_cap },
};
#define STEPS (sizeof(steps) / sizeof(*steps))

/* The command at which the broker is killed, counted from 1 on; 0: at none. */
static struct {
	pthread_mutex_t lock;
	size_t at;
	pid_t victim;
	bool is_done;
} killing = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void start_life(void)
{
	broker_life_stop(&life);
	broker_life_start(&life);
	(void)pthread_mutex_lock(&killing.lock);
	life.ended_by = killing.at != 0 && !killing.is_done ? SIGKILL : 0;
	if (!killing.is_done)
		killing.victim = life.pid;
	(void)pthread_mutex_unlock(&killing.lock);
}

/* False: not yet known whom. */
static bool kill_at_its_turn(void)
{
	(void)pthread_mutex_lock(&killing.lock);

	bool is_due = killing.at != 0 && !killing.is_done && tpm_proxy_count(&proxy) == killing.at;

	if (is_due && killing.victim > 0)
		killing.is_done = kill(killing.victim, SIGKILL) == 0;

	bool is_settled = !is_due || killing.is_done;

	(void)pthread_mutex_unlock(&killing.lock);
	return is_settled;
}

/* In the proxy's thread, which may be there before the start has returned. */
static void on_command(uint32_t command)
{
	(void)command;
	while (!kill_at_its_turn())
		(void)usleep(PAUSE_US);
}

static void arm_killing(size_t at)
{
	(void)pthread_mutex_lock(&killing.lock);
	killing.at = at;
	killing.victim = 0;
	killing.is_done = false;
	(void)pthread_mutex_unlock(&killing.lock);
}

/* From here on nobody is killed; true where somebody was. */
static bool end_killing(void)
{
	(void)pthread_mutex_lock(&killing.lock);
	killing.at = 0;

	bool is_done = killing.is_done;

	(void)pthread_mutex_unlock(&killing.lock);
	return is_done;
}

static void set_scene(const char *scene)
{
	(void)snprintf(life.scene, sizeof(life.scene), "%s", scene);
}

/* What failed, by name: a person who reads it knows where to look. */
static void assert_named(void)
{
	if (strstr(refusal, "TPM2_") != NULL || strstr(refusal, "no TPM at") != NULL ||
	    strstr(refusal, "EK ") != NULL || strstr(refusal, "PCR") != NULL)
		return;
	fail_msg("%s: \"%s\" names no command", life.scene, refusal);
}

/* True once the step came through; false where the role ended. */
static bool step_through(const struct step *step)
{
	for (int tries = 0; tries < TRIES; tries++) {
		enum status status = step->run(&life);

		if (status == OK)
			return true;
		if (status == STATUS_IO) {
			if (broker_life_has_ended(&life))
				return false;
			fail_msg("%s: %s got no answer", life.scene, step->name);
		}
		broker_life_is_on(&life);
		(void)snprintf(refusal, sizeof(refusal), "%s", life.agent.reason);
		assert_named();
		refusals++;
		if (refusals == LASTS)
			tpm_proxy_disarm(&proxy);
		(void)usleep(PAUSE_US);
	}
	fail_msg("%s: %s does not come back: %s", life.scene, step->name, refusal);
	return false;
}

static struct digest cap_value(void)
{
	struct digest value = { .alg = DIGEST_SHA256 };

	assert_true(tpm_proxy_pcr(&proxy, LIFE_CAP, value.value));
	return value;
}

static void assert_capped_once(const struct digest *before)
{
	struct digest cap, wanted, now = cap_value();
	AUTO_DONE(bytes) both = { 0 };

	assert_int_equal(cap_digest(DIGEST_SHA256, &cap), OK);
	assert_int_equal(bytes_append(&both, digest_span(before)), OK);
	assert_int_equal(bytes_append(&both, digest_span(&cap)), OK);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&both), &wanted), OK);
	if (!digest_equal(&now, &wanted))
		fail_msg("%s: the cap PCR is not extended exactly once", life.scene);
}

/* It answers first, and tidies up then. */
static bool is_left_empty(unsigned wait_us)
{
	for (unsigned waited = 0; waited < wait_us; waited += PAUSE_US) {
		if (tpm_proxy_loaded(&proxy) == 0)
			return true;
		(void)usleep(PAUSE_US);
	}
	return false;
}

/* One life under a fault, from the start of a broker on. */
static void live_through(void)
{
	struct digest before = cap_value();

	refusals = 0;
	start_life();
	for (size_t i = 0; i < STEPS; i++) {
		if (step_through(&steps[i]))
			continue;
		/* What the role held is gone: from the start, without the fault. */
		tpm_proxy_disarm(&proxy);
		start_life();
		before = cap_value();
		i = (size_t)-1;
	}
	/* Behind its last answer. */
	if (end_killing() && life.pid == killing.victim) {
		assert_true(broker_life_has_ended(&life));
		start_life();
	}
	broker_life_is_on(&life);
	assert_capped_once(&before);
	/* What was left by an answer that was lost goes with the next verb. */
	tpm_proxy_disarm(&proxy);
	if (!is_left_empty(TIDY_WAIT_US))
		assert_int_equal(life_identity(&life), OK);
	if (!is_left_empty(PATIENCE_US))
		fail_msg("%s: %d objects or sessions are left in the TPM", life.scene,
			 tpm_proxy_loaded(&proxy));
}

/* The commands of a life without a fault. */
static size_t count_commands(uint32_t commands[TPM_COMMANDS_MAX])
{
	tpm_proxy_arm(&proxy, 0, NULL, false);
	set_scene("no fault");
	live_through();

	size_t count = tpm_proxy_count(&proxy);

	assert_true(count > 0 && count <= TPM_COMMANDS_MAX);
	memcpy(commands, proxy.commands, sizeof(proxy.commands));
	return count;
}

static bool is_all(void)
{
	const char *wanted = getenv("ATTESTD_TEST_FAULTS");

	return wanted != NULL && strcmp(wanted, "all") == 0;
}

/* Each command, each kind of command with a third of the faults, and across the
 * kinds each fault. */
static bool is_chosen(const uint32_t *commands, size_t at, size_t fault, bool is_lasting)
{
	bool is_first = true;

	for (size_t i = 0; i + 1 < at; i++)
		is_first = is_first && commands[i] != commands[at - 1];
	/* Each of these is waited for. */
	if (tpm_faults[fault].kind == FAULT_HANG)
		return is_first && is_lasting;
	return is_all() || (is_first && (at + fault) % 3 == 0) ||
	       (at + fault) % tpm_fault_count == 0;
}

static void walk(bool is_lasting)
{
	uint32_t commands[TPM_COMMANDS_MAX];
	size_t count = count_commands(commands);
	size_t lives = 0, hits = 0;

	for (size_t at = 1; at <= count; at++) {
		for (size_t fault = 0; fault < tpm_fault_count; fault++) {
			if (!is_chosen(commands, at, fault, is_lasting))
				continue;
			(void)snprintf(life.scene, sizeof(life.scene), "%s at command %zu (0x%03x)",
				       tpm_faults[fault].name, at, commands[at - 1]);
			broker_life_stop(&life);
			tpm_proxy_arm(&proxy, at, &tpm_faults[fault], is_lasting);
			live_through();
			lives++;
			hits += tpm_proxy_hits(&proxy) > 0;
			tpm_proxy_disarm(&proxy);
		}
	}
	print_message("%zu commands, %zu lives, %zu of them struck\n", count, lives, hits);
	assert_true(hits > 0);
}

static void one_fault_at_any_command_from_the_start_on_does_no_harm(void **state)
{
	(void)state;
	walk(false);
}

static void a_fault_that_lasts_from_any_command_on_ends_without_a_trace(void **state)
{
	(void)state;
	walk(true);
}

static bool die_at(size_t at, bool is_run)
{
	broker_life_stop(&life);
	tpm_proxy_arm(&proxy, at, is_run ? NULL : tpm_fault_find("closed"), false);
	arm_killing(at);
	live_through();

	bool has_died = killing.is_done;

	arm_killing(0);
	tpm_proxy_disarm(&proxy);
	return has_died;
}

/* By SIGKILL, before the TPM has the command and after it ran it: a broker that starts
 * anew finds its way through all that the other left. */
static void a_broker_that_dies_at_any_command_leaves_no_trace(void **state)
{
	uint32_t commands[TPM_COMMANDS_MAX];
	size_t count, deaths = 0;
	(void)state;

	count = count_commands(commands);
	for (size_t i = 0; i < 2 * count; i++) {
		size_t at = i / 2 + 1;
		bool is_run = i % 2 == 1;

		(void)snprintf(life.scene, sizeof(life.scene), "killed %s command %zu (0x%03x)",
			       is_run ? "behind" : "before", at, commands[at - 1]);
		deaths += die_at(at, is_run);
	}
	print_message("%zu commands, %zu deaths\n", count, deaths);
	assert_true(deaths > count);
}

/* All of its commands fail: one capability, then the extend. */
static void fail_a_cap(const struct tpm_fault *fault)
{
	assert_int_equal(life_evidence(&life), OK);
	tpm_proxy_arm(&proxy, 1, fault, true);

	enum status status = life_refuse(&life);

	assert_true(status != OK && status != STATUS_IO);
	tpm_proxy_disarm(&proxy);
}

static void a_cap_that_failed_is_done_without_being_asked_again(void **state)
{
	static const char *const names[] = { "failure", "retry", "closed", "lost", "noise" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct digest before;

		set_scene(names[i]);
		tpm_proxy_arm(&proxy, 0, NULL, false);
		for (size_t step = 0; step + 1 < STEPS; step++)
			assert_true(step_through(&steps[step]));
		before = cap_value();
		fail_a_cap(tpm_fault_find(names[i]));
		for (unsigned waited = 0; waited < PATIENCE_US; waited += PAUSE_US) {
			struct digest now = cap_value();

			if (!digest_equal(&now, &before))
				break;
			(void)usleep(PAUSE_US);
		}
		assert_capped_once(&before);
		broker_life_is_on(&life);
	}
}

static void an_absent_tpm_is_named_and_found_when_it_comes(void **state)
{
	uint16_t port = proxy.tpm_port;

	(void)state;
	set_scene("absent");
	broker_life_stop(&life);
	/* What is connected to has nothing behind it. */
	proxy.tpm_port = 1;
	tpm_proxy_arm(&proxy, 0, NULL, false);
	broker_life_start(&life);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(life_identity(&life), STATUS_UNAVAILABLE);
		(void)snprintf(refusal, sizeof(refusal), "%s", life.agent.reason);
		assert_named();
	}
	proxy.tpm_port = port;
	for (size_t i = 0; i < STEPS; i++)
		assert_true(step_through(&steps[i]));
}

static int make(void **state)
{
	const char *port = getenv("ATTESTD_TEST_TPM_PORT");

	(void)state;
	(void)umask(022);
	(void)signal(SIGPIPE, SIG_IGN);
	proxy.on_command = on_command;
	if (port == NULL || !tpm_proxy_start(&proxy, (uint16_t)strtoul(port, NULL, 10)))
		return 1;
	broker_life_init(&life, proxy.port);
	tpm_proxy_arm(&proxy, 0, NULL, false);
	set_scene("a first life");
	live_through();
	return broker_identity(&life.agent, true, &life.golden) != OK;
}

static int drop(void **state)
{
	char command[SCRATCH_MAX + 32];

	(void)state;
	broker_life_stop(&life);
	tpm_proxy_stop(&proxy);
	(void)snprintf(command, sizeof(command), "%s %s/broker.log",
		       getenv("ATTESTD_TEST_FAULTS") != NULL ? "cat" : "tail -n 5", life.directory);

	int failed = system(command);

	broker_life_done(&life);
	return failed;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest once[] = {
		cmocka_unit_test(a_cap_that_failed_is_done_without_being_asked_again),
		cmocka_unit_test(an_absent_tpm_is_named_and_found_when_it_comes),
		cmocka_unit_test(a_broker_that_dies_at_any_command_leaves_no_trace),
		cmocka_unit_test(one_fault_at_any_command_from_the_start_on_does_no_harm),
	};
	const struct CMUnitTest lasting[] = {
		cmocka_unit_test(a_fault_that_lasts_from_any_command_on_ends_without_a_trace),
	};

	if (argc == 2 && strcmp(argv[1], "lasting") == 0)
		return cmocka_run_group_tests(lasting, make, drop);
	return cmocka_run_group_tests(once, make, drop);
}
