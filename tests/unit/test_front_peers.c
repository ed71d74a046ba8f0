/* SPDX-License-Identifier: Apache-2.0 */
/* Connections counted by who counts as one, and the hash by which they are found. */
#include "unit.h"

#include <arpa/inet.h>

#include "verifier/front/hash.h"
#include "verifier/front/peers.h"

static struct peers peers = { .seed = 7 };

static struct peer *enter_v4(const char *text)
{
	struct sockaddr_in from = { .sin_family = AF_INET };

	assert_int_equal(inet_pton(AF_INET, text, &from.sin_addr), 1);
	return peers_enter(&peers, (const struct sockaddr *)&from);
}

static struct peer *enter_v6(const char *text)
{
	struct sockaddr_in6 from = { .sin6_family = AF_INET6 };

	assert_int_equal(inet_pton(AF_INET6, text, &from.sin6_addr), 1);
	return peers_enter(&peers, (const struct sockaddr *)&from);
}

static size_t places_taken(void)
{
	size_t count = 0;

	for (size_t i = 0; i < PEERS_LISTS; i++)
		count += !LIST_EMPTY(&peers.lists[i]);
	return count;
}

static void an_address_is_one_and_a_slash_64_is(void **state)
{
	struct peer *v4 = enter_v4("192.0.2.1");
	struct peer *v6 = enter_v6("2001:db8:0:1::1");
	struct peer *other = NULL;

	(void)state;
	assert_non_null(v4);
	assert_non_null(v6);
	assert_ptr_equal(enter_v4("192.0.2.1"), v4);
	/* As a socket for both families says it. */
	assert_ptr_equal(enter_v6("::ffff:192.0.2.1"), v4);
	assert_ptr_equal(enter_v6("2001:db8:0:1:ffff:ffff:ffff:ffff"), v6);
	assert_int_equal(v4->connections, 3);
	assert_int_equal(v6->connections, 2);
	other = enter_v4("192.0.2.2");
	assert_ptr_not_equal(other, v4);
	peers_leave(other);
	other = enter_v6("2001:db8:0:2::1");
	assert_ptr_not_equal(other, v6);
	peers_leave(other);
	for (size_t i = 0; i < 3; i++)
		peers_leave(v4);
	for (size_t i = 0; i < 2; i++)
		peers_leave(v6);
	assert_int_equal(places_taken(), 0);
}

#define MANY 5000

static void many_are_found_again_and_leave_nothing_behind(void **state)
{
	static struct peer *all[MANY];

	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		struct sockaddr_in from = { .sin_family = AF_INET,
					    .sin_addr = { htonl(0x0a000000 + i) } };

		all[i] = peers_enter(&peers, (const struct sockaddr *)&from);
		assert_non_null(all[i]);
		assert_ptr_equal(peers_enter(&peers, (const struct sockaddr *)&from), all[i]);
	}
	/* Neighbours are not neighbours here. */
	assert_true(places_taken() > MANY / 2);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(all[i]->connections, 2);
		peers_leave(all[i]);
		peers_leave(all[i]);
	}
	assert_int_equal(places_taken(), 0);
}

/* Whatever differs, and the seed above all. */
static void each_byte_and_the_seed_count(void **state)
{
	uint8_t key[20] = { 0 };
	const struct span whole = { key, sizeof(key) };
	uint64_t first = hash_of(1, whole);

	(void)state;
	assert_true(first == hash_of(1, whole));
	assert_true(first != hash_of(2, whole));
	assert_true(first != hash_of(1, (struct span){ key, sizeof(key) - 1 }));
	for (size_t i = 0; i < sizeof(key); i++) {
		key[i] = 1;
		assert_true(first != hash_of(1, whole));
		key[i] = 0;
	}
	assert_true(hash_of(1, (struct span){ 0 }) != hash_of(2, (struct span){ 0 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_one_and_a_slash_64_is),
		cmocka_unit_test(many_are_found_again_and_leave_nothing_behind),
		cmocka_unit_test(each_byte_and_the_seed_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
