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

/* Its own place, or else one whose user has all of its own back. */
static struct rates_user *user_of(struct rates *r, uid_t uid, int64_t now_ms)
{
	struct rates_user *place = NULL;

	for (size_t i = 0; i < RATES_USERS; i++) {
		struct rates_user *user = &r->users[i];

		give_back(r, user, now_ms);
		if (user->used > 0 && user->uid == uid)
			return user;
		if (user->used == 0 && place == NULL)
			place = user;
	}
	if (place == NULL) {
		give_back(r, &r->others, now_ms);
		return &r->others;
	}
	place->uid = uid;
	return place;
}

bool rates_take(struct rates *r, uid_t uid, int64_t now_ms)
{
	struct rates_user *user = user_of(r, uid, now_ms);

	if (user->used + ONE > r->at_once * ONE)
		return false;
	user->used += ONE;
	return true;
}
