/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/role_directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where an installation begins that self lies in: "" for the one that was
 * configured, or what it was staged into. NULL: it is none. Cuts self. */
static const char *installation(char *self, const char *sbindir)
{
	char configured[PATH_MAX];
	size_t len = strlen(self), end = strlen(sbindir);

	if (realpath(sbindir, configured) != NULL && strcmp(self, configured) == 0)
		return "";
	if (len <= end || strcmp(self + len - end, sbindir) != 0)
		return NULL;
	self[len - end] = '\0';
	return self;
}

bool role_directory_find(const char *sbindir, const char *roledir, char out[PATH_MAX])
{
	char self[PATH_MAX], top[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len <= 0)
		return false;
	self[len] = '\0';
	*strrchr(self, '/') = '\0';
	memcpy(top, self, sizeof(top));

	const char *from = installation(top, sbindir);

	if (from != NULL)
		len = snprintf(out, PATH_MAX, "%s%s", from, roledir);
	else
		len = snprintf(out, PATH_MAX, "%s/roles", self);
	return len > 0 && len < PATH_MAX;
}
