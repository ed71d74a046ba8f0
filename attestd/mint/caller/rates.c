/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/caller/rates.h"

/* So that a millisecond gives back a whole number. */
#define ONE 1000

/* What was given back since then is not its own any more. */
static void give_back(const struct rates *r, struct rates_user *user, int64_t now_ms)
{
	user->used -= (now_ms - user->seen_ms) * r->per_second;
	user->seen_ms = now_ms;
	if (user->used < 0)
		user->used = 0;
}

/* Its own place, or else that of who owes least, which forgets him: nobody is refused what
 * others had, and who owes much stays known. */
static struct rates_user *user_of(struct rates *r, uid_t uid, int64_t now_ms)
{
	struct rates_user *least = &r->users[0];

	for (size_t i = 0; i < RATES_USERS; i++) {
		struct rates_user *user = &r->users[i];

		give_back(r, user, now_ms);
		if (user->used > 0 && user->uid == uid)
			return user;
		if (user->used < least->used)
			least = user;
	}
	*least = (struct rates_user){ .uid = uid, .seen_ms = now_ms };
	return least;
}

void rates_charge(struct rates *r, uid_t uid, int64_t count, int64_t now_ms)
{
	user_of(r, uid, now_ms)->used += count * ONE;
}

bool rates_take(struct rates *r, uid_t uid, int64_t now_ms)
{
	struct rates_user *user = user_of(r, uid, now_ms);

	if (user->used + ONE > r->at_once * ONE)
		return false;
	user->used += ONE;
	return true;
}
