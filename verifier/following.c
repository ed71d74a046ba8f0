/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/following.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/channel.h"
#include "daemon/role.h"
#include "daemon/role_directory.h"

#define PATIENCE_MS 3000

enum status following_init(struct following *f, const struct followed_release *release)
{
	char directory[PATH_MAX];

	*f = (struct following){ .release = release };
	if (release->url == NULL)
		return OK;
	if (!role_directory_find(SBINDIR, ROLEDIR, directory))
		return STATUS_NOT_FOUND;

	int len = snprintf(f->program, sizeof(f->program), "%s/fetcher", directory);
	if (len < 0 || (size_t)len >= sizeof(f->program) || access(f->program, X_OK) != 0)
		return STATUS_NOT_FOUND;
	return OK;
}

bool following_is_due(const struct following *f, time_t now)
{
	return f->release->url != NULL && f->fetcher <= 0 && now >= f->next;
}

const char *following_mode(const struct following *f)
{
	return f->is_settled ? FOLLOW_NEWS : FOLLOW_ALL;
}

/* Replicas that were started together do not ask together for ever. */
static time_t interval(const struct following *f, time_t now)
{
	time_t most = (time_t)f->release->interval_s;

	return most - (now + getpid()) % (most / 5 + 1);
}

static enum status start(struct following *f, int fd)
{
	char total[24];
	const char *arguments[12] = { "--url",	     f->release->url,
				      "--directory", f->release->directory,
				      "--total-max", total };
	size_t count = 6;

	(void)snprintf(total, sizeof(total), "%llu", (unsigned long long)f->release->total_max);
	if (f->release->ca != NULL) {
		arguments[count++] = "--ca";
		arguments[count++] = f->release->ca;
	}
	if (!f->is_settled)
		arguments[count++] = "--unconditional";
	return role_start_program(f->program, "fetcher", arguments, &fd, 1, &f->fetcher);
}

enum status following_start(struct following *f, time_t now, int *loader_fd)
{
	int ends[2];
	enum status status = channel_pair(ends);

	f->next = now + interval(f, now);
	if (status != OK)
		return status;
	status = start(f, ends[1]);
	(void)close(ends[1]);
	if (status == OK)
		*loader_fd = ends[0];
	else
		(void)close(ends[0]);
	return status;
}

void following_end(struct following *f)
{
	if (f->fetcher > 0)
		(void)role_stop(f->fetcher, PATIENCE_MS);
	f->fetcher = 0;
}

bool following_has_adopted(const struct following *f)
{
	return access(f->release->current, F_OK) == 0;
}
