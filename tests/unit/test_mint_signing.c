/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to a broker that answers when the test wants it to. */
#include "unit.h"

#include "attestd/mint/identity/right.h"
#include "daemon/clock.h"
#include "mint_broker.h"

static struct signing signing;
static struct mint_broker broker;
/* Answers, in their order. */
static struct {
	int whose;
	enum status status;
} got[16];
static size_t count;

static void on_answer(void *context, enum status status, struct span body)
{
	(void)body;
	got[count].whose = *(const int *)context;
	got[count++].status = status;
}

static int begin(void **state)
{
	(void)state;
	mint_broker_begin(&broker, &signing, NULL);
	count = 0;
	return 0;
}

static int end(void **state)
{
	(void)state;
	mint_broker_done(&broker);
	return 0;
}

static struct question *ask(const int *whose, uid_t user)
{
	struct question *q = NULL;

	assert_int_equal(signing_ask(&signing, FRAME_MEASURED, span_text("?"), user, on_answer,
				     (void *)(uintptr_t)whose, &q),
			 OK);
	return q;
}

static const int numbers[] = { 0, 1, 2, 3, 4, 5 };

static void each_user_has_its_turn_with_the_broker(void **state)
{
	static const int order[] = { 0, 1, 4, 2, 5, 3 };

	(void)state;
	for (size_t i = 0; i < 4; i++)
		(void)ask(&numbers[i], 1000);
	(void)ask(&numbers[4], 2000);
	(void)ask(&numbers[5], 2000);
	assert_int_equal(count, 0);
	mint_broker_settle(&broker);
	assert_int_equal(count, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(got[i].whose, order[i]);
		assert_int_equal(got[i].status, OK);
	}
}

/* The next one lies ready when the broker has answered the one before. */
static void two_questions_at_a_time_are_with_the_broker(void **state)
{
	struct frame frame;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		(void)ask(&numbers[i], 1);
	for (size_t i = 0; i < SIGNING_ASKED_MAX; i++) {
		assert_int_equal(channel_fill(&broker.channel), OK);
		assert_int_equal(channel_take(&broker.channel, &frame), OK);
	}
	assert_int_equal(channel_fill(&broker.channel), OK);
	assert_int_equal(channel_take(&broker.channel, &frame), STATUS_NOT_FOUND);
}

/* When an answer is looked at, the broker has another question already. */
static void on_answer_count_asked(void *context, enum status status, struct span body)
{
	(void)status;
	(void)body;
	*(size_t *)context = signing.asked_count;
}

static void the_next_question_goes_before_an_answer_is_looked_at(void **state)
{
	size_t asked = 0;

	(void)state;
	assert_int_equal(signing_ask(&signing, FRAME_MEASURED, span_text("?"), 1,
				     on_answer_count_asked, &asked, NULL),
			 OK);
	for (size_t i = 0; i < SIGNING_ASKED_MAX; i++)
		(void)ask(&numbers[i], 1);
	assert_true(mint_broker_answer(&broker));
	assert_int_equal(asked, SIGNING_ASKED_MAX);
}

static void what_is_cancelled_is_answered_to_nobody(void **state)
{
	(void)state;
	struct question *first = ask(&numbers[0], 1);
	struct question *second = ask(&numbers[1], 1);
	struct question *waiting = ask(&numbers[2], 1);

	(void)ask(&numbers[3], 1);
	signing_cancel(&signing, first);
	signing_cancel(&signing, second);
	signing_cancel(&signing, waiting);
	mint_broker_settle(&broker);
	assert_int_equal(broker.questions, 3);
	assert_int_equal(count, 1);
	assert_int_equal(got[0].whose, 3);
}

static void a_refusal_is_one_questions_alone(void **state)
{
	(void)state;
	broker.refuses = true;
	(void)ask(&numbers[0], 1);
	mint_broker_settle(&broker);
	assert_int_equal(got[0].status, STATUS_UNAVAILABLE);
	assert_false(signing.is_gone);
	broker.refuses = false;
	(void)ask(&numbers[1], 1);
	mint_broker_settle(&broker);
	assert_int_equal(got[1].status, OK);
}

static void expect_gone(size_t unavailable)
{
	assert_true(signing.is_gone);
	assert_int_equal(count, unavailable);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(got[i].status, STATUS_UNAVAILABLE);
	assert_int_equal(
		signing_ask(&signing, FRAME_MEASURED, span_text("?"), 1, on_answer, NULL, NULL),
		STATUS_UNAVAILABLE);
}

static void a_broker_that_is_late_is_gone(void **state)
{
	int64_t now = clock_boot_s();

	(void)state;
	assert_int_equal(signing_wait_s(&signing, now, 1000), 1000);
	(void)ask(&numbers[0], 1);
	(void)ask(&numbers[1], 1);
	signing_keep(&signing, now);
	assert_int_equal(count, 0);
	assert_in_range(signing_wait_s(&signing, now, 1000), 1, 60);
	signing_keep(&signing, now + 100);
	expect_gone(2);
}

static void each_answer_has_its_own_time(void **state)
{
	(void)state;
	(void)ask(&numbers[0], 1);
	(void)ask(&numbers[1], 1);
	signing.until_s = 1;
	assert_true(mint_broker_answer(&broker));
	signing_keep(&signing, clock_boot_s());
	assert_false(signing.is_gone);
}

static void a_broker_that_goes_refuses_all(void **state)
{
	(void)state;
	(void)ask(&numbers[0], 1);
	(void)ask(&numbers[1], 2);
	channel_done(&broker.channel);
	signing_take(&signing);
	expect_gone(2);
}

/* What it says later would answer another question. */
static void an_answer_to_nothing_ends_the_channel(void **state)
{
	(void)state;
	(void)ask(&numbers[0], 1);
	assert_int_equal(channel_send(&broker.channel, FRAME_ANSWER, 77, span_text("")), OK);
	signing_take(&signing);
	expect_gone(1);
}

static void an_answer_out_of_turn_ends_the_channel(void **state)
{
	(void)state;
	(void)ask(&numbers[0], 1);
	(void)ask(&numbers[1], 1);
	assert_int_equal(channel_send(&broker.channel, FRAME_ANSWER, 2, span_text("")), OK);
	signing_take(&signing);
	expect_gone(2);
}

static void an_answer_before_a_question_ends_the_channel(void **state)
{
	(void)state;
	assert_int_equal(channel_send(&broker.channel, FRAME_ANSWER, 0, span_text("")), OK);
	signing_take(&signing);
	expect_gone(0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_user_has_its_turn_with_the_broker),
		TEST(two_questions_at_a_time_are_with_the_broker),
		TEST(the_next_question_goes_before_an_answer_is_looked_at),
		TEST(what_is_cancelled_is_answered_to_nobody),
		TEST(a_refusal_is_one_questions_alone),
		TEST(a_broker_that_is_late_is_gone),
		TEST(each_answer_has_its_own_time),
		TEST(a_broker_that_goes_refuses_all),
		TEST(an_answer_to_nothing_ends_the_channel),
		TEST(an_answer_out_of_turn_ends_the_channel),
		TEST(an_answer_before_a_question_ends_the_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
