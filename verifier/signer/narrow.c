/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/core.h"

struct unsigned_acts *unsigned_acts_of(const struct turn *turn)
{
	return &turn->signer->unsigned_acts[turn->desk % DESKS_MAX];
}

/* An appraiser that was taken over uses up its own: nodes and entries are told apart by
 * their names, so that the others have theirs. All together are no more than one was. */
static uint32_t share_of(const struct turn *turn, uint32_t most)
{
	uint32_t desks = turn->desks == 0 ? 1 : (uint32_t)turn->desks;

	return most / desks + (most % desks == 0 ? 0 : 1);
}

bool window_has_room(struct turn *turn, struct window *window, uint32_t most)
{
	if (turn->now < window->since || turn->now - window->since >= UNSIGNED_WINDOW_S)
		*window = (struct window){ .since = turn->now };
	if (window->count < share_of(turn, most))
		return true;
	turn->retry_after_s = (uint32_t)(window->since + UNSIGNED_WINDOW_S - turn->now);
	return false;
}

/* Narrowing needs no signature: the front says who asks, and at worst some nodes
 * lose their right. More than people ask for in an hour is a front that was taken over
 * and ends the fleet: a retired node never comes back. */
bool narrow_is_allowed(struct turn *turn, const struct admin_request *request,
		       enum refusal *refusal)
{
	if (request->role != ROLE_PLATFORM && request->role != ROLE_IDENTITY_SECURITY) {
		*refusal = REFUSAL_ROLE_DENIED;
		return false;
	}
	*refusal = REFUSAL_TOO_MANY_ACTS;
	return window_has_room(turn, &unsigned_acts_of(turn)->narrowed, turn->signer->narrow_most);
}

void narrow_count(struct turn *turn)
{
	unsigned_acts_of(turn)->narrowed.count++;
}

/* Whoever narrows and lifts within a second means it. A clock that is behind says when
 * neither happens: acts of before the quarantine wait until it is right again. */
int64_t narrow_act_time(const struct turn *turn)
{
	int64_t seen = turn->signer->high_water;

	return (turn->now > seen ? turn->now : seen) - 1;
}
