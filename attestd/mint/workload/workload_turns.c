/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/workload/workload_turns.h"

void turns_init(struct turns *turns)
{
	TAILQ_INIT(&turns->users);
	TAILQ_INIT(&turns->first);
}

void turn_user_init(struct turn_user *user)
{
	*user = (struct turn_user){ 0 };
	TAILQ_INIT(&user->waiting);
}

void turns_add(struct turns *turns, struct turn *turn)
{
	struct turn_user *user = turn->user;

	if (turn->place != TURN_NOT)
		return;
	turn->place = TURN_WAITS;
	TAILQ_INSERT_TAIL(&user->waiting, turn, others);
	if (user->is_waiting)
		return;
	user->is_waiting = true;
	TAILQ_INSERT_TAIL(&turns->users, user, others);
}

void turns_add_first(struct turns *turns, struct turn *turn)
{
	if (turn->place == TURN_IS_FIRST)
		return;
	turns_remove(turns, turn);
	turn->place = TURN_IS_FIRST;
	TAILQ_INSERT_TAIL(&turns->first, turn, others);
}

static void remove_user(struct turns *turns, struct turn_user *user)
{
	user->is_waiting = false;
	TAILQ_REMOVE(&turns->users, user, others);
}

void turns_remove(struct turns *turns, struct turn *turn)
{
	struct turn_user *user = turn->user;

	if (turn->place == TURN_IS_FIRST)
		TAILQ_REMOVE(&turns->first, turn, others);
	if (turn->place == TURN_WAITS) {
		TAILQ_REMOVE(&user->waiting, turn, others);
		if (TAILQ_EMPTY(&user->waiting))
			remove_user(turns, user);
	}
	turn->place = TURN_NOT;
}

bool turns_is_empty(const struct turns *turns)
{
	return TAILQ_EMPTY(&turns->first) && TAILQ_EMPTY(&turns->users);
}

struct turn *turns_next(struct turns *turns)
{
	struct turn *turn = TAILQ_FIRST(&turns->first);
	struct turn_user *user = TAILQ_FIRST(&turns->users);

	if (turn == NULL && user == NULL)
		return NULL;
	if (turn == NULL) {
		turn = TAILQ_FIRST(&user->waiting);
		/* Behind the others, if it has more. */
		TAILQ_REMOVE(&turns->users, user, others);
		TAILQ_INSERT_TAIL(&turns->users, user, others);
	}
	turns_remove(turns, turn);
	return turn;
}
