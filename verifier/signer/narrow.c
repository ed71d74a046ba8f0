/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/core.h"

bool window_has_room(struct turn *turn, struct window *window, uint32_t most)
{
	if (turn->now < window->since || turn->now - window->since >= UNSIGNED_WINDOW_S)
		*window = (struct window){ .since = turn->now };
	if (window->count < most)
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
	struct signer *s = turn->signer;

	if (request->role != ROLE_PLATFORM && request->role != ROLE_IDENTITY_SECURITY) {
		*refusal = REFUSAL_ROLE_DENIED;
		return false;
	}
	*refusal = REFUSAL_TOO_MANY_ACTS;
	return window_has_room(turn, &s->narrowed, s->narrow_most);
}

void narrow_count(struct turn *turn)
{
	turn->signer->narrowed.count++;
}

/* Whoever narrows and lifts within a second means it. A clock that is behind says when
 * neither happens: acts of before the quarantine wait until it is right again. */
int64_t narrow_act_time(const struct turn *turn)
{
	int64_t seen = turn->signer->high_water;

	return (turn->now > seen ? turn->now : seen) - 1;
}
