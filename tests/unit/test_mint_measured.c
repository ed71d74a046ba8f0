/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to the broker about executables: a broker that answers when the test wants
 * it to. */
#include "unit.h"

#include "attestd/mint/admission/measured.h"

#define PATH "/usr/bin/web"
#define USER 1000
#define STEPS 16 /* of a long log, for one question */

static struct measured measured;
static int64_t now;
/* What the broker was asked and has not answered, in its order. */
static struct {
	measured_answer answer;
	void *slot;
	uid_t user;
} waiting[64];
static size_t first, last;
static unsigned answers; /* that the source was told of */
static enum status source_status;

static int64_t now_s(void)
{
	return now;
}

static enum status take_question(void *context, uid_t user, struct span question,
				 measured_answer answer, void *slot)
{
	(void)context;
	assert_true(question.len > SHA256_SIZE);
	if (source_status != OK)
		return source_status;
	assert_true(last - first < 64);
	waiting[last % 64].answer = answer;
	waiting[last % 64].slot = slot;
	waiting[last++ % 64].user = user;
	return OK;
}

static void on_answered(void *context)
{
	(void)context;
	answers++;
}

static int begin(void **state)
{
	const struct measured_source source = { .ask = take_question, .answered = on_answered };

	(void)state;
	measured_init(&measured, &source, now_s);
	now = 1000;
	first = last = 0;
	answers = 0;
	source_status = OK;
	return 0;
}

static int end(void **state)
{
	(void)state;
	measured_done(&measured);
	return 0;
}

/* About content number n. */
static enum status ask(uid_t user, unsigned n, enum measured_state *out)
{
	struct digest digest = digest_filled(DIGEST_SHA256, 0);

	digest.value[0] = (uint8_t)(n >> 8);
	digest.value[1] = (uint8_t)n;
	return measured_ask(&measured, user, span_text(PATH), &digest, out);
}

static void expect(uid_t user, unsigned n, enum status wanted)
{
	enum measured_state state;

	assert_int_equal(ask(user, n, &state), wanted);
}

static void expect_state(uid_t user, unsigned n, enum measured_state wanted)
{
	enum measured_state state;

	assert_int_equal(ask(user, n, &state), OK);
	assert_int_equal(state, wanted);
}

/* The broker's next answer, of these bytes. */
static void answer_with(enum status status, const uint8_t *body, size_t len)
{
	assert_true(first < last);

	size_t i = first++ % 64;

	waiting[i].answer(waiting[i].slot, status, (struct span){ body, len });
}

static void answer(enum measured_state state)
{
	const uint8_t byte = (uint8_t)state;

	answer_with(OK, &byte, 1);
}

static void what_is_quoted_stays_so_and_nobody_is_asked_again(void **state)
{
	(void)state;
	expect(USER, 1, STATUS_NOT_FOUND);
	expect(USER, 1, STATUS_NOT_FOUND); /* it is under way */
	expect(USER + 1, 1, STATUS_NOT_FOUND); /* and good for others */
	assert_int_equal(last, 1);
	answer(MEASURED_QUOTED);
	assert_int_equal(answers, 1);
	now += 1000000;
	expect_state(USER, 1, MEASURED_QUOTED);
	expect_state(USER + 1, 1, MEASURED_QUOTED);
	assert_int_equal(last, 1);
}

static void another_answer_is_given_once_and_asked_for_again(void **state)
{
	static const enum measured_state states[] = { MEASURED_NOT, MEASURED_NOT_QUOTED };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		expect(USER, 1, STATUS_NOT_FOUND);
		answer(states[i]);
		expect_state(USER, 1, states[i]);
	}
	expect(USER, 1, STATUS_NOT_FOUND);
	assert_int_equal(last, 3);
}

static void path_and_content_and_nothing_else_make_a_question(void **state)
{
	struct digest digest = digest_filled(DIGEST_SHA256, 0);
	enum measured_state found;

	(void)state;
	expect(USER, 0, STATUS_NOT_FOUND);
	answer(MEASURED_QUOTED);
	expect_state(USER, 0, MEASURED_QUOTED);
	expect(USER, 1, STATUS_NOT_FOUND);
	assert_int_equal(measured_ask(&measured, USER, span_text(PATH "x"), &digest, &found),
			 STATUS_NOT_FOUND);
	assert_int_equal(last, 3);
}

/* 32 places; the 33rd question has to wait for one. */
static void there_are_so_many_places(void **state)
{
	(void)state;
	for (unsigned n = 0; n < MEASURED_ASKED_MAX; n++)
		expect(USER + n % 4, n, STATUS_NOT_FOUND);
	expect(USER + 9, 99, STATUS_UNAVAILABLE);
	assert_int_equal(last, MEASURED_ASKED_MAX);
	/* Who has one keeps it. */
	expect(USER, 0, STATUS_NOT_FOUND);
	/* One that is answered as it should be is free at once, another once it was taken. */
	answer(MEASURED_QUOTED);
	expect(USER + 9, 99, STATUS_NOT_FOUND);
	answer(MEASURED_NOT);
	expect(USER + 9, 100, STATUS_UNAVAILABLE);
	expect_state(USER + 1, 1, MEASURED_NOT);
	expect(USER + 9, 100, STATUS_NOT_FOUND);
	assert_int_equal(last, MEASURED_ASKED_MAX + 2);
}

static void an_answer_that_nobody_comes_for_makes_room(void **state)
{
	(void)state;
	for (unsigned n = 0; n < MEASURED_ASKED_MAX; n++)
		expect(USER + n % 4, n, STATUS_NOT_FOUND);
	answer(MEASURED_NOT);
	now += MEASURED_FRESH_S;
	expect(USER + 9, 99, STATUS_UNAVAILABLE);
	now++;
	expect(USER + 9, 99, STATUS_NOT_FOUND);
	/* What is not answered is the broker's still. */
	expect(USER + 9, 100, STATUS_UNAVAILABLE);
}

/* It was long on its way, as behind many signatures: who asked gets it all the same. */
static void an_answer_is_as_old_as_itself(void **state)
{
	(void)state;
	expect(USER, 1, STATUS_NOT_FOUND);
	now += 100 * MEASURED_FRESH_S;
	answer(MEASURED_NOT);
	expect_state(USER, 1, MEASURED_NOT);
	/* Of an hour ago, to somebody else, it is none. */
	expect(USER, 1, STATUS_NOT_FOUND);
	answer(MEASURED_NOT);
	now += 3600;
	expect(USER + 1, 1, STATUS_NOT_FOUND);
	assert_int_equal(last, 3);
}

static void who_asks_about_all_that_he_can_keeps_nobody_else_out(void **state)
{
	unsigned n = 0;

	(void)state;
	while (n < MEASURED_OF_USER_MAX)
		expect(USER, n++, STATUS_NOT_FOUND);
	expect(USER, n, STATUS_UNAVAILABLE);
	/* Answers that he leaves are his as well. */
	for (unsigned i = 0; i < MEASURED_OF_USER_MAX; i++)
		answer(MEASURED_NOT);
	expect(USER, n, STATUS_UNAVAILABLE);
	for (uid_t other = 0; other < MEASURED_ASKED_MAX - MEASURED_OF_USER_MAX; other++)
		expect(other, 100 + other, STATUS_NOT_FOUND);
	/* What he takes is free for him, and what another asked about costs him none. */
	expect_state(USER, 0, MEASURED_NOT);
	expect(USER, n, STATUS_NOT_FOUND);
	expect(USER, 100, STATUS_NOT_FOUND);
}

static void the_broker_is_asked_for_the_user_who_wants_to_know(void **state)
{
	(void)state;
	expect(0, 1, STATUS_NOT_FOUND);
	expect(USER, 2, STATUS_NOT_FOUND);
	assert_int_equal(waiting[0].user, 0);
	assert_int_equal(waiting[1].user, USER);
	answer(MEASURED_SEARCHING);
	assert_int_equal(waiting[2].user, 0);
}

/* Between the parts of a long log nobody is told, and after so many no more is read. */
static void a_long_log_is_asked_about_so_often(void **state)
{
	(void)state;
	expect(USER, 1, STATUS_NOT_FOUND);
	for (unsigned i = 0; i < STEPS - 1; i++) {
		answer(MEASURED_SEARCHING);
		assert_int_equal(answers, 0);
		expect(USER, 1, STATUS_NOT_FOUND);
	}
	assert_int_equal(last, STEPS);
	answer(MEASURED_SEARCHING);
	assert_int_equal(answers, 1);
	assert_int_equal(last, STEPS);
	expect_state(USER, 1, MEASURED_SEARCHING);
}

/* The ring of those that are known: the oldest makes room, and is asked about again. */
static void so_many_are_remembered(void **state)
{
	(void)state;
	for (unsigned n = 0; n <= MEASURED_MAX; n++) {
		expect(USER, n, STATUS_NOT_FOUND);
		answer(MEASURED_QUOTED);
	}
	expect_state(USER, MEASURED_MAX, MEASURED_QUOTED);
	expect_state(USER, 1, MEASURED_QUOTED);
	expect(USER, 0, STATUS_NOT_FOUND);
}

static void what_is_no_answer_admits_nobody(void **state)
{
	static const uint8_t bodies[][2] = { { MEASURED_QUOTED, 0 },
					     { MEASURED_QUOTED + 1, 0 },
					     { UINT8_MAX, 0 } };
	static const size_t lengths[] = { 2, 1, 1 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		expect(USER, 1, STATUS_NOT_FOUND);
		answer_with(OK, bodies[i], lengths[i]);
		expect(USER, 1, STATUS_MALFORMED);
	}
	expect(USER, 1, STATUS_NOT_FOUND);
	answer_with(OK, NULL, 0);
	expect(USER, 1, STATUS_TRUNCATED);
	expect(USER, 1, STATUS_NOT_FOUND);
	answer_with(STATUS_UNAVAILABLE, bodies[0], 1);
	expect(USER, 1, STATUS_UNAVAILABLE);
	/* And each was told of. */
	assert_int_equal(answers, 5);
	expect(USER, 1, STATUS_NOT_FOUND);
}

static void a_broker_that_is_gone_takes_no_place(void **state)
{
	(void)state;
	source_status = STATUS_UNAVAILABLE;
	for (unsigned n = 0; n < 2 * MEASURED_ASKED_MAX; n++)
		expect(USER, n, STATUS_UNAVAILABLE);
	source_status = OK;
	expect(USER, 1, STATUS_NOT_FOUND);
	/* It goes between two parts of the log. */
	source_status = STATUS_UNAVAILABLE;
	answer(MEASURED_SEARCHING);
	assert_int_equal(answers, 1);
	expect(USER, 1, STATUS_UNAVAILABLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_quoted_stays_so_and_nobody_is_asked_again),
		TEST(another_answer_is_given_once_and_asked_for_again),
		TEST(path_and_content_and_nothing_else_make_a_question),
		TEST(there_are_so_many_places),
		TEST(an_answer_that_nobody_comes_for_makes_room),
		TEST(an_answer_is_as_old_as_itself),
		TEST(who_asks_about_all_that_he_can_keeps_nobody_else_out),
		TEST(the_broker_is_asked_for_the_user_who_wants_to_know),
		TEST(a_long_log_is_asked_about_so_often),
		TEST(so_many_are_remembered),
		TEST(what_is_no_answer_admits_nobody),
		TEST(a_broker_that_is_gone_takes_no_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
