/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* $NOTIFY_SOCKET: a path, or an abstract name after "@" (sd_notify(3)). */
static bool find_address(struct sockaddr_un *address, socklen_t *len)
{
	const char *name = getenv("NOTIFY_SOCKET");
	size_t name_len = name == NULL ? 0 : strlen(name);

	if (name_len < 2 || name_len >= sizeof(address->sun_path) ||
	    (name[0] != '/' && name[0] != '@'))
		return false;
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path, name, name_len);
	if (name[0] == '@')
		address->sun_path[0] = '\0';
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + name_len);
	return true;
}

void notify(struct span assignments)
{
	struct sockaddr_un address;
	socklen_t len;

	if (!find_address(&address, &len))
		return;

	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	/* A manager that does not take it is none to wait for. */
	(void)!sendto(fd, assignments.data, assignments.len, MSG_NOSIGNAL,
		      (const struct sockaddr *)&address, len);
	(void)close(fd);
}
