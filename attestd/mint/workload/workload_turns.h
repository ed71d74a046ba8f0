/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_WORKLOAD_WORKLOAD_TURNS_H
#define ATTESTD_MINT_WORKLOAD_WORKLOAD_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

/*
 * Calls that are to be looked at, in the order in which that is done: one of each
 * user in turn, in the order in which they came. Before all of them those that have lost
 * something. A call waits once, however often it is added.
 */
TAILQ_HEAD(turn_calls, turn);

struct turn_user {
	TAILQ_ENTRY(turn_user) others;
	struct turn_calls waiting;
	bool is_waiting;
};

struct turn {
	TAILQ_ENTRY(turn) others;
	struct turn_user *user;
	enum { TURN_NOT, TURN_WAITS, TURN_IS_FIRST } place;
};

struct turns {
	TAILQ_HEAD(turn_users, turn_user) users;
	struct turn_calls first;
};

void turns_init(struct turns *turns);
void turn_user_init(struct turn_user *user);
void turns_add(struct turns *turns, struct turn *turn);
void turns_add_first(struct turns *turns, struct turn *turn);
void turns_remove(struct turns *turns, struct turn *turn);
bool turns_is_empty(const struct turns *turns);
/* Takes it out; NULL: nobody waits. */
struct turn *turns_next(struct turns *turns);

#endif
