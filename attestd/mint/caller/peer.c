/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/caller/peer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* asm-generic/socket.h, Linux 6.5 */
#endif

#define DIAG_ANSWER_MAX 512

static const char gone[] = "the process that connected is gone";
static const char elsewhere[] = "the process that connected is not in sight (PID namespace)";
static const char closed[] = "the connection was closed before it was looked at";
static const char too_many[] =
	"the process that connected has too many descriptors (before Linux 6.5)";
static const char not_holding[] = "another process has the number of the one that connected";
static const char no_means[] =
	"the kernel cannot tell who connected (neither SO_PEERPIDFD nor unix_diag)";

bool peer_is_alive(int pidfd)
{
	struct pollfd exits = { .fd = pidfd, .events = POLLIN };

	return poll(&exits, 1, 0) == 0;
}

void peer_done(struct peer *peer)
{
	if (peer->pidfd >= 0)
		(void)close(peer->pidfd);
	peer->pidfd = -1;
}

static enum status take_credentials(int socket, struct peer *out, const char **why_not)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	*why_not = gone;
	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0 || len != sizeof(who))
		return STATUS_IO;
	/* 0: of a PID namespace that is not below ours, and so nobody's here. */
	*why_not = elsewhere;
	if (who.pid <= 0)
		return STATUS_DENIED;
	*out = (struct peer){ .pid = who.pid, .uid = who.uid, .gid = who.gid, .pidfd = -1 };
	return OK;
}

enum status peer_open(int socket, struct peer *out, unsigned *looked, const char **why_not)
{
	struct peer peer;
	socklen_t len = sizeof(peer.pidfd);
	enum status status = take_credentials(socket, &peer, why_not);

	if (status != OK)
		return status;
	/* Made from the very process that the kernel noted when the socket was
	 * connected: there is no number in between that could be used again. */
	if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &peer.pidfd, &len) == 0) {
		*out = peer;
		return OK;
	}
	if (errno == ENOPROTOOPT)
		return peer_open_by_pid(socket, out, looked, why_not);
	*why_not = gone;
	return STATUS_DENIED;
}

/* sock_diag(7), one Unix socket by its inode. */
static bool ask_diag(int netlink, ino_t inode)
{
	const struct {
		struct nlmsghdr header;
		struct unix_diag_req request;
	} question = {
		.header = { .nlmsg_len = sizeof(question),
			    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST },
		.request = { .sdiag_family = AF_UNIX,
			     .udiag_states = UINT32_MAX,
			     .udiag_ino = (uint32_t)inode,
			     .udiag_show = UDIAG_SHOW_PEER,
			     .udiag_cookie = { UINT32_MAX, UINT32_MAX } },
	};

	return send(netlink, &question, sizeof(question), 0) == (ssize_t)sizeof(question);
}

/* 0: there is none, or the kernel does not say. */
static uint32_t take_diag(int netlink, bool *is_answered)
{
	/* The macros of netlink(7) go through it by its type. */
	_Alignas(struct nlmsghdr) char answer[DIAG_ANSWER_MAX];
	ssize_t len = recv(netlink, answer, sizeof(answer), MSG_DONTWAIT);
	const struct nlmsghdr *header = (const struct nlmsghdr *)answer;

	*is_answered = len >= (ssize_t)sizeof(*header) && NLMSG_OK(header, (size_t)len) &&
		       header->nlmsg_type == SOCK_DIAG_BY_FAMILY &&
		       header->nlmsg_len >= NLMSG_LENGTH(sizeof(struct unix_diag_msg));
	if (!*is_answered)
		return 0;

	const char *at = answer + NLMSG_LENGTH(sizeof(struct unix_diag_msg));
	size_t left = header->nlmsg_len - NLMSG_LENGTH(sizeof(struct unix_diag_msg));
	uint32_t inode = 0;

	while (left >= sizeof(struct rtattr)) {
		struct rtattr attribute;

		memcpy(&attribute, at, sizeof(attribute));
		if (attribute.rta_len < sizeof(attribute) || attribute.rta_len > left)
			break;
		if (attribute.rta_type == UNIX_DIAG_PEER &&
		    attribute.rta_len == RTA_LENGTH(sizeof(inode)))
			memcpy(&inode, at + RTA_LENGTH(0), sizeof(inode));

		size_t step = RTA_ALIGN(attribute.rta_len);

		if (step > left)
			break;
		at += step;
		left -= step;
	}
	return inode;
}

/* The inode of the socket at the other end; 0 where that was closed. */
static enum status other_end(int socket_fd, uint32_t *out)
{
	struct stat ours;
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	bool is_answered = false;

	if (netlink < 0)
		return STATUS_UNSUPPORTED;
	if (fstat(socket_fd, &ours) == 0 && ask_diag(netlink, ours.st_ino))
		*out = take_diag(netlink, &is_answered);
	(void)close(netlink);
	if (!is_answered)
		return STATUS_UNSUPPORTED;
	return OK;
}

/* Has the process of this number a descriptor of that socket? STATUS_DENIED: no;
 * STATUS_TOO_LARGE: not among the first. */
static enum status look_for(pid_t pid, uint32_t inode, unsigned *looked)
{
	char path[64], wanted[64], link[64];
	bool is_there = false;
	unsigned i = 0;

	(void)snprintf(wanted, sizeof(wanted), "socket:[%u]", inode);
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);

	DIR *descriptors = opendir(path);

	if (descriptors == NULL)
		return STATUS_DENIED;
	while (i < PEER_DESCRIPTORS_MAX && !is_there) {
		const struct dirent *entry = readdir(descriptors);

		if (entry == NULL)
			break;
		i++;

		ssize_t len = readlinkat(dirfd(descriptors), entry->d_name, link, sizeof(link));

		is_there = len > 0 && (size_t)len == strlen(wanted) &&
			   memcmp(link, wanted, (size_t)len) == 0;
	}
	(void)closedir(descriptors);
	*looked += i;
	if (is_there)
		return OK;
	return i == PEER_DESCRIPTORS_MAX ? STATUS_TOO_LARGE : STATUS_DENIED;
}

/* Everybody else waits meanwhile, so nothing is looked through for whom nothing can be
 * found, and not without end. */
static enum status find_holder(int socket, pid_t pid, unsigned *looked, const char **why_not)
{
	uint32_t inode = 0;
	enum status status = other_end(socket, &inode);

	*why_not = no_means;
	if (status != OK)
		return status;
	*why_not = closed;
	if (inode == 0)
		return STATUS_DENIED;
	status = look_for(pid, inode, looked);
	*why_not = status == STATUS_TOO_LARGE ? too_many : not_holding;
	return status == STATUS_TOO_LARGE ? STATUS_DENIED : status;
}

/*
 * The number alone says little: whoever connected may have died since, his socket
 * kept open by a child, until somebody else had it. So the process is held first,
 * by whatever has the number now; then it is asked whether it holds the other end
 * of this connection, which nobody has who did not connect it or get it from one
 * that did. That it lives after that, so that the number was its own all the while,
 * each look of the caller's makes sure of. What is left is a process that was handed the socket, which is no more
 * than a caller who executes another program: never a bystander.
 */
enum status peer_open_by_pid(int socket, struct peer *out, unsigned *looked, const char **why_not)
{
	struct peer peer;
	enum status status = take_credentials(socket, &peer, why_not);

	if (status != OK)
		return status;
	*why_not = gone;
	peer.pidfd = pidfd_open(peer.pid, 0);
	if (peer.pidfd < 0)
		return STATUS_DENIED;
	status = find_holder(socket, peer.pid, looked, why_not);
	if (status != OK) {
		peer_done(&peer);
		return status;
	}
	*out = peer;
	return OK;
}
