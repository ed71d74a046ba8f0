/* SPDX-License-Identifier: Apache-2.0 */
/* The other end of what is tested: see workload_process.h. */
#include "workload_process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		exit(10);
	return fd;
}

static void execute(const char *path, int fd)
{
	char inherited[16];

	(void)snprintf(inherited, sizeof(inherited), "fd:%d", fd);
	(void)execl(path, path, inherited, (char *)NULL);
	exit(11);
}

static void pass(const char *path, int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	char byte = 0;
	struct iovec one = { &byte, 1 };
	struct msghdr message = { .msg_iov = &one,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	if (sendmsg(connect_to(path), &message, 0) != 1)
		exit(12);
}

/* The child keeps the socket until the other side closes it. */
static void leave(int fd)
{
	char byte;

	if (fork() == 0)
		while (read(fd, &byte, 1) > 0)
			;
	_exit(0);
}

static void obey(const struct workload_order *order, int fd)
{
	uid_t user = (uid_t)order->number;

	switch (order->verb) {
	case WORKLOAD_END:
		exit(order->number);
	case WORKLOAD_EXECUTE:
		execute(order->path, fd);
		break;
	case WORKLOAD_BECOME:
		if (setresuid(user, user, user) != 0)
			exit(13);
		break;
	case WORKLOAD_KEEP:
		if (setresuid((uid_t)-1, (uid_t)-1, user) != 0)
			exit(13);
		break;
	case WORKLOAD_JOIN:
		if (setresgid(user, user, user) != 0)
			exit(13);
		break;
	case WORKLOAD_PASS:
		pass(order->path, fd);
		break;
	case WORKLOAD_LEAVE:
		leave(fd);
		break;
	}
}

int main(int argc, char **argv)
{
	static const char ready = WORKLOAD_READY;
	struct workload_order order;
	int fd;

	/* The last one: a script's interpreter is told of the script before it. */
	const char *where = argv[argc - 1];

	fd = strncmp(where, "fd:", 3) == 0 ? atoi(where + 3) : connect_to(where);
	while (write(fd, &ready, 1) == 1 && read(fd, &order, sizeof(order)) == sizeof(order))
		obey(&order, fd);
	return 14;
}
