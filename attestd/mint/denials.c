/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/denials.h"

/* False: no memory, and so nothing to know it again by. */
static bool name_it(struct span executable, const char *reason, struct digest *out)
{
	AUTO_DONE(bytes) text = { 0 };

	return bytes_append(&text, span_text(reason)) == OK &&
	       bytes_append_byte(&text, '\0') == OK && bytes_append(&text, executable) == OK &&
	       digest_of(DIGEST_SHA256, span_of(&text), out) == OK;
}

static bool is_known(const struct denials *d, uid_t uid, const struct digest *what, int64_t now)
{
	for (size_t i = 0; i < DENIALS_MAX; i++) {
		const struct denial *denial = &d->told[i];

		if (denial->until > now && denial->uid == uid && digest_equal(&denial->what, what))
			return true;
	}
	return false;
}

static struct denial *free_place(struct denials *d, int64_t now)
{
	for (size_t i = 0; i < DENIALS_MAX; i++) {
		if (d->told[i].until <= now)
			return &d->told[i];
	}
	return NULL;
}

static uint64_t take_untold(struct denials *d, int64_t now)
{
	uint64_t untold = d->untold;

	if (untold == 0 || now < d->untold_since + DENIALS_PERIOD_S)
		return 0;
	d->untold = 0;
	return untold;
}

bool denials_is_news(struct denials *d, uid_t uid, struct span executable, const char *reason,
		     int64_t now, uint64_t *untold)
{
	struct digest what;

	*untold = 0;
	if (!name_it(executable, reason, &what) || is_known(d, uid, &what, now))
		return false;

	struct denial *place = free_place(d, now);

	if (place == NULL) {
		if (d->untold++ == 0)
			d->untold_since = now;
		return false;
	}
	*place = (struct denial){ .uid = uid, .what = what, .until = now + DENIALS_PERIOD_S };
	*untold = take_untold(d, now);
	return true;
}
