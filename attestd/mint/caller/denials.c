/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/caller/denials.h"

#include "daemon/log.h"

/* False: no memory, and so nothing to know it again by. */
static bool name_it(struct span executable, const char *reason, struct digest *out)
{
	AUTO_DONE(bytes) text = { 0 };

	return bytes_append(&text, span_text(reason)) == OK &&
	       bytes_append_byte(&text, '\0') == OK && bytes_append(&text, executable) == OK &&
	       digest_of(DIGEST_SHA256, span_of(&text), out) == OK;
}

static bool is_known(const struct denials_user *user, const struct digest *what, int64_t now)
{
	for (size_t i = 0; i < DENIALS_PER_USER; i++) {
		const struct denial *denial = &user->told[i];

		if (denial->until > now && digest_equal(&denial->what, what))
			return true;
	}
	return false;
}

static struct denial *free_place(struct denials_user *user, int64_t now)
{
	for (size_t i = 0; i < DENIALS_PER_USER; i++) {
		if (user->told[i].until <= now)
			return &user->told[i];
	}
	return NULL;
}

static bool is_in_use(const struct denials_user *user, int64_t now)
{
	if (user->untold.count > 0)
		return true;
	for (size_t i = 0; i < DENIALS_PER_USER; i++) {
		if (user->told[i].until > now)
			return true;
	}
	return false;
}

/* The one that is this user's, or else one that is nobody's by now. */
static struct denials_user *user_of(struct denials *d, uid_t uid, int64_t now)
{
	struct denials_user *const end = d->users + DENIALS_USERS;
	struct denials_user *place = end;

	for (struct denials_user *user = d->users; user < end; user++) {
		bool is_taken = is_in_use(user, now);

		if (is_taken && user->untold.uid == uid)
			return user;
		if (!is_taken && place == end)
			place = user;
	}
	if (place == end)
		return NULL;
	*place = (struct denials_user){ .untold = { .has_uid = true, .uid = uid } };
	return place;
}

static void count(struct denials_untold *untold, int64_t now)
{
	if (untold->count++ == 0)
		untold->since = now;
}

bool denials_is_news(struct denials *d, uid_t uid, struct span executable, const char *reason,
		     int64_t now)
{
	struct denials_user *user = user_of(d, uid, now);
	struct digest what;

	if (user == NULL) {
		count(&d->others, now);
		return false;
	}
	if (!name_it(executable, reason, &what) || is_known(user, &what, now))
		return false;

	struct denial *place = free_place(user, now);

	if (place == NULL) {
		count(&user->untold, now);
		return false;
	}
	*place = (struct denial){ .what = what, .until = now + DENIALS_PERIOD_S };
	return true;
}

static bool take(struct denials_untold *untold, int64_t now, struct denials_untold *out)
{
	if (untold->count == 0 || now < untold->since + DENIALS_PERIOD_S)
		return false;
	*out = *untold;
	untold->count = 0;
	return true;
}

bool denials_take_untold(struct denials *d, int64_t now, struct denials_untold *out)
{
	for (size_t i = 0; i < DENIALS_USERS; i++) {
		if (take(&d->users[i].untold, now, out))
			return true;
	}
	return take(&d->others, now, out);
}

void denials_log_untold(struct denials *d, int64_t now)
{
	struct denials_untold untold;

	while (denials_take_untold(d, now, &untold)) {
		unsigned long long more = untold.count;

		if (untold.has_uid)
			log_line(LOG_LEVEL_WARNING, "%llu more refusals of user %u were not logged",
				 more, untold.uid);
		else
			log_line(LOG_LEVEL_WARNING,
				 "%llu more refusals of other users were not logged", more);
	}
}
