/* SPDX-License-Identifier: Apache-2.0 */
/* What a refusal of the verifier's changes: the right, and when the agent asks again. */
#include "unit.h"

#include <string.h>

#include "attestd/agent/agent.h"
#include "messages/error.h"

static struct agent agent;
static struct channel mint, parent; /* their ends */
static unsigned drops;

/* The agent's other parts (attestd/agent/broker_client.h, verifier_client.h). */

enum status broker_drop(struct broker_client *b)
{
	(void)b;
	drops++;
	return OK;
}

enum status verifier_post(struct verifier_client *v, const char *path, struct span body,
			  struct verifier_answer *answer)
{
	(void)v;
	(void)path;
	(void)body;
	(void)answer;
	return STATUS_IO;
}

const char *verifier_client_reason(const struct verifier_client *v)
{
	(void)v;
	return "";
}

static void pair(struct channel *own, struct channel *other)
{
	int fds[2];

	assert_int_equal(channel_pair(fds), OK);
	channel_init(own, fds[0], FRAME_SMALL_MAX);
	channel_init(other, fds[1], FRAME_SMALL_MAX);
}

static int begin(void **state)
{
	(void)state;
	agent = (struct agent){ .broker = { .has_wish = true } };
	drops = 0;
	pair(&agent.mint, &mint);
	pair(&agent.parent, &parent);
	return 0;
}

static int end(void **state)
{
	(void)state;
	channel_done(&agent.mint);
	channel_done(&agent.parent);
	channel_done(&mint);
	channel_done(&parent);
	return 0;
}

static struct round refuse(const char *code)
{
	struct verifier_answer answer = { .code = 409 };
	char said[65];

	assert_int_equal(error_answer_write(code, "", &answer.body), OK);

	struct round round = agent_refused(&agent, &answer, said);

	bytes_done(&answer.body);
	assert_string_equal(said, code);
	return round;
}

/* No evidence will carry it, and who is shut out is not to ask each second. */
static void who_is_shut_out_is_hurried_by_no_wish(void **state)
{
	static const char *const codes[] = { "node-quarantined", "node-retired" };
	(void)state;

	for (unsigned i = 0; i < 2; i++) {
		agent.broker.has_wish = true;

		struct round round = refuse(codes[i]);

		assert_int_equal(round.outcome, OUTCOME_VERDICT);
		assert_int_equal(round.interval_s, 60);
		assert_int_equal(drops, i + 1);
		assert_false(agent.broker.has_wish);
	}
}

static void a_refusal_of_another_kind_ends_no_right(void **state)
{
	(void)state;
	assert_int_equal(refuse("node-pending").outcome, OUTCOME_PENDING);
	assert_int_equal(refuse("nonce-expired").outcome, OUTCOME_SOON);
	assert_int_equal(refuse("too-many-requests").outcome, OUTCOME_AWAY);
	assert_int_equal(drops, 0);
	assert_true(agent.broker.has_wish);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(who_is_shut_out_is_hurried_by_no_wish),
		TEST(a_refusal_of_another_kind_ends_no_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
