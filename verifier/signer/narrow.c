/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/core.h"

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
	if (turn->now < s->narrow_since || turn->now - s->narrow_since >= NARROW_WINDOW_S) {
		s->narrow_since = turn->now;
		s->narrowed = 0;
	}
	*refusal = REFUSAL_TOO_MANY_ACTS;
	return s->narrowed < s->narrow_most;
}

void narrow_count(struct turn *turn)
{
	turn->signer->narrowed++;
}

/* Whoever narrows and lifts within a second means it. */
int64_t narrow_act_time(const struct turn *turn)
{
	return turn->now - 1;
}
