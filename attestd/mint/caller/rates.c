/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/caller/rates.h"

/* What was given back since then is not its own any more. */
static void give_back(struct rates_user *user, int64_t now_ms)
{
	user->used_ms -= now_ms - user->seen_ms;
	user->seen_ms = now_ms;
	if (user->used_ms < 0)
		user->used_ms = 0;
}

/* Its own place, or else one whose user has all of its own back. */
static struct rates_user *user_of(struct rates *r, uid_t uid, int64_t now_ms)
{
	struct rates_user *place = NULL;

	for (size_t i = 0; i < RATES_USERS; i++) {
		struct rates_user *user = &r->users[i];

		give_back(user, now_ms);
		if (user->used_ms > 0 && user->uid == uid)
			return user;
		if (user->used_ms == 0 && place == NULL)
			place = user;
	}
	if (place == NULL) {
		give_back(&r->others, now_ms);
		return &r->others;
	}
	place->uid = uid;
	return place;
}

bool rates_take(struct rates *r, uid_t uid, int64_t now_ms)
{
	struct rates_user *user = user_of(r, uid, now_ms);

	/* In time, one is a second's part. */
	if (user->used_ms * r->per_second + 1000 > r->at_once * 1000)
		return false;
	user->used_ms += 1000 / r->per_second;
	return true;
}
