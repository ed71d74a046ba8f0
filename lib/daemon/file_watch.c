/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/file_watch.h"

#include "daemon/directory.h"

#define LOOK_S 5
#define AGAIN_S 60

static enum status look_at_all(const struct file_watch *watch, struct bytes *looks)
{
	for (size_t i = 0; i < WATCHED_MAX; i++) {
		enum status status =
			watch->paths[i] == NULL ? OK : directory_look(watch->paths[i], looks);

		if (status != OK)
			return status;
	}
	return OK;
}

/* What cannot be looked at looks like that. */
static struct digest look(const struct file_watch *watch)
{
	AUTO_DONE(bytes) looks = { 0 };
	struct digest digest;

	if (look_at_all(watch, &looks) != OK ||
	    digest_of(DIGEST_SHA256, span_of(&looks), &digest) != OK)
		return digest_filled(DIGEST_SHA256, 0);
	return digest;
}

void file_watch_init(struct file_watch *watch, const char *const paths[WATCHED_MAX])
{
	*watch = (struct file_watch){ 0 };
	for (size_t i = 0; i < WATCHED_MAX; i++)
		watch->paths[i] = paths[i];
	watch->read = watch->seen = look(watch);
}

bool file_watch_is_due(struct file_watch *watch, time_t now)
{
	struct digest before = watch->seen;

	if (now - watch->looked < LOOK_S)
		return false;
	watch->looked = now;
	watch->seen = look(watch);
	return !digest_equal(&watch->seen, &watch->read) && digest_equal(&watch->seen, &before) &&
	       (!digest_equal(&watch->seen, &watch->refused) || now >= watch->again);
}

void file_watch_was_read(struct file_watch *watch, bool is_good)
{
	*(is_good ? &watch->read : &watch->refused) = watch->seen;
	watch->again = watch->looked + AGAIN_S;
}
