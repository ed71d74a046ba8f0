/* SPDX-License-Identifier: Apache-2.0 */
/* How long a body may take, who has most, and whose body makes room. */
#include "unit.h"

#include <string.h>

#include "verifier/front/pace.h"
#include "verifier/front/room.h"

#define SLACK_S 30
#define SLACK_MS (SLACK_S * 1000)
#define STEP_MS 100

/* When a body ends that comes so fast, at most max_ms from its beginning; 0: it does not. */
static int64_t ended_at(size_t bytes_per_s, int64_t max_ms)
{
	struct pace pace = pace_begin(5, SLACK_S);

	for (int64_t ms = STEP_MS; ms <= max_ms; ms += STEP_MS) {
		if (pace_end_ms(&pace) < ms + 5)
			return ms;
		pace_came(&pace, ms + 5, bytes_per_s * STEP_MS / 1000);
	}
	return 0;
}

static void who_sends_nothing_or_a_byte_at_a_time_has_the_slack(void **state)
{
	(void)state;
	assert_int_equal(ended_at(0, 600000), SLACK_MS + STEP_MS);
	assert_int_equal(ended_at(20, 600000), SLACK_MS + STEP_MS);
}

/* As long as a body of 32 MiB lasts at this rate, and ten times as long. */
static void who_is_slow_and_steady_is_never_ended(void **state)
{
	(void)state;
	assert_int_equal(ended_at(PACE_BYTES_PER_S, 5120000), 0);
	assert_int_equal(ended_at(10 * PACE_BYTES_PER_S, 5120000), 0);
	/* A little less is made up for by the slack: a megabyte and a half at half of it. */
	assert_int_equal(ended_at(PACE_BYTES_PER_S / 2, 48000), 0);
	assert_in_range(ended_at(PACE_BYTES_PER_S / 2, 600000), 2 * SLACK_MS - 500,
			2 * SLACK_MS + 500);
}

static void what_came_fast_is_no_credit_for_a_stall(void **state)
{
	struct pace pace = pace_begin(0, SLACK_S);

	(void)state;
	pace_came(&pace, 1000, (size_t)31 << 20);
	assert_int_equal(pace_end_ms(&pace), 1000 + SLACK_MS);
	/* A stall, and then the slow rate: it has what was left. */
	pace_came(&pace, 21000, PACE_BYTES_PER_S);
	assert_int_equal(pace_end_ms(&pace), 1000 + SLACK_MS + 1000);
}

/* Small reads count as large ones do. */
static void bytes_count_one_by_one(void **state)
{
	struct pace pace = pace_begin(0, SLACK_S);

	(void)state;
	for (size_t i = 0; i < PACE_BYTES_PER_S; i++)
		pace_came(&pace, 2000, 1);
	assert_int_equal(pace_end_ms(&pace), SLACK_MS + 1000);
}

#define PEERS 5

static void whoever_has_most_is_found_and_of_several_the_first(void **state)
{
	struct peer peers[PEERS] = { 0 };
	struct ranking *ranking = test_calloc(1, sizeof(*ranking));

	(void)state;
	ranking_init(ranking);
	assert_null(ranking_top(ranking));
	for (size_t i = 0; i < PEERS; i++) {
		peers[i].by_transfers.peer = &peers[i];
		ranking_put(ranking, &peers[i].by_transfers, 1);
	}
	assert_ptr_equal(ranking_top(ranking), &peers[0]);
	/* Who comes on goes behind those who do not. */
	ranking_put(ranking, &peers[0].by_transfers, 1);
	assert_ptr_equal(ranking_top(ranking), &peers[1]);
	ranking_put(ranking, &peers[3].by_transfers, 7);
	ranking_put(ranking, &peers[4].by_transfers, 7 * RANKS);
	assert_ptr_equal(ranking_top(ranking), &peers[4]);
	ranking_put(ranking, &peers[4].by_transfers, 2);
	assert_ptr_equal(ranking_top(ranking), &peers[3]);
	assert_ptr_equal(ranking_next(ranking, &peers[3].by_transfers), &peers[4]);
	assert_ptr_equal(ranking_next(ranking, &peers[4].by_transfers), &peers[1]);
	assert_ptr_equal(ranking_next(ranking, &peers[1].by_transfers), &peers[2]);
	assert_ptr_equal(ranking_next(ranking, &peers[2].by_transfers), &peers[0]);
	assert_null(ranking_next(ranking, &peers[0].by_transfers));
	ranking_put(ranking, &peers[3].by_transfers, 0);
	assert_ptr_equal(ranking_top(ranking), &peers[4]);
	for (size_t i = 0; i < PEERS; i++)
		ranking_put(ranking, &peers[i].by_transfers, 0);
	assert_null(ranking_top(ranking));
	test_free(ranking);
}

#define MIB ((size_t)1 << 20)
#define CROWD 16

/* Peers and their large bodies, of which so much came. */
static struct {
	struct front *front;
	struct peer peers[CROWD];
	struct connection bodies[CROWD];
	size_t body_count;
} held;

static int begin(void **state)
{
	(void)state;
	memset(&held, 0, sizeof(held));
	held.front = test_calloc(1, sizeof(*held.front));
	room_init(held.front);
	for (size_t i = 0; i < CROWD; i++) {
		TAILQ_INIT(&held.peers[i].transfers);
		held.peers[i].by_transfers.peer = &held.peers[i];
		held.peers[i].by_bytes.peer = &held.peers[i];
	}
	return 0;
}

static int end(void **state)
{
	(void)state;
	test_free(held.front);
	return 0;
}

static struct connection *hold(size_t peer, size_t bytes)
{
	struct connection *c = &held.bodies[held.body_count++];

	*c = (struct connection){ .front = held.front,
				  .peer = &held.peers[peer],
				  .phase = PHASE_BODY,
				  .body_len = 32 * MIB };
	room_enter(c, PLACE_TRANSFER);
	room_count_bytes(c, bytes);
	return c;
}

static void who_has_most_and_no_body_to_give_hides_nobody(void **state)
{
	(void)state;
	struct connection *whole = hold(0, 31 * MIB);
	struct connection *first = hold(1, 10 * MIB);
	struct connection *second = hold(1, 12 * MIB);
	struct connection *newcomer = hold(2, 0);

	assert_ptr_equal(room_next_body(newcomer, MIB), first);
	/* Nor where an appraiser has all that it sent. */
	(void)hold(0, 31 * MIB);
	whole->phase = PHASE_WAITING;
	room_move(whole, PLACE_AT_WORK);
	held.bodies[4].phase = PHASE_WAITING;
	room_move(&held.bodies[4], PLACE_AT_WORK);
	assert_ptr_equal(room_next_body(newcomer, MIB), first);
	/* By the same rule: it has as much as the newcomer then. */
	assert_ptr_equal(room_next_body(newcomer, 12 * MIB), first);
	assert_null(room_next_body(newcomer, 12 * MIB + 1));
	assert_null(room_next_body(second, MIB));
}

static void behind_eight_nobody_is_looked_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < 7; i++)
		(void)hold(i, 20 * MIB);

	struct connection *first = hold(8, 5 * MIB);
	struct connection *newcomer = hold(9, 0);

	(void)hold(8, 5 * MIB);
	assert_ptr_equal(room_next_body(newcomer, MIB), first);
	(void)hold(7, 20 * MIB);
	assert_null(room_next_body(newcomer, MIB));
}

/* It would make next to no room, and a crowd would end for one. */
static void a_body_that_has_just_begun_makes_no_room(void **state)
{
	(void)state;
	(void)hold(0, ((size_t)16 << 10) - 1);

	struct connection *first = hold(0, (size_t)16 << 10);
	struct connection *newcomer = hold(1, 0);

	(void)hold(0, 20 * MIB);
	assert_ptr_equal(room_next_body(newcomer, MIB), first);
}

/* A peer stands there for as long as an appraiser has what it sent. */
static void what_was_handed_on_counts_when_its_connection_is_gone(void **state)
{
	const struct front_settings settings = { .bodies_max = 32 * MIB };
	const struct sockaddr_in from = { .sin_family = AF_INET };
	(void)state;

	held.front->settings = &settings;

	struct peer *peer =
		peers_enter(&held.front->peers, (const struct sockaddr *)(const void *)&from);
	struct connection c = {
		.front = held.front, .peer = peer, .phase = PHASE_BODY, .body_len = 32 * MIB
	};
	struct connection *newcomer = hold(2, 0);

	room_enter(&c, PLACE_TRANSFER);
	room_count_bytes(&c, 20 * MIB);
	assert_int_equal(room_large_bytes(&c), 20 * MIB);
	room_hand_on_bytes(&c);
	room_forget_bytes(&c);
	room_leave(&c);
	peers_leave(peer);
	assert_ptr_equal(ranking_top(&held.front->by_bytes), peer);
	assert_int_equal(peer->body_bytes, 20 * MIB);
	assert_false(room_has_bytes(newcomer, 12 * MIB + 1));
	room_release_bytes(held.front, peer, 20 * MIB);
	assert_null(ranking_top(&held.front->by_bytes));
	assert_true(room_has_bytes(newcomer, 32 * MIB));
	assert_int_equal(held.front->metrics.body_bytes, 0);
}

#define ROOM_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_sends_nothing_or_a_byte_at_a_time_has_the_slack),
		cmocka_unit_test(who_is_slow_and_steady_is_never_ended),
		cmocka_unit_test(what_came_fast_is_no_credit_for_a_stall),
		cmocka_unit_test(bytes_count_one_by_one),
		cmocka_unit_test(whoever_has_most_is_found_and_of_several_the_first),
		ROOM_TEST(who_has_most_and_no_body_to_give_hides_nobody),
		ROOM_TEST(behind_eight_nobody_is_looked_for),
		ROOM_TEST(a_body_that_has_just_begun_makes_no_room),
		ROOM_TEST(what_was_handed_on_counts_when_its_connection_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
