/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_CALLER_PEER_H
#define ATTESTD_MINT_CALLER_PEER_H

#include <sys/types.h>

#include "base/bytes.h"

/* The process that connected a Unix socket, with the user it had then (SO_PEERCRED),
 * and a pidfd of that process and no other. */
struct peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
	int pidfd;
};

/* Of a process that are looked through, before Linux 6.5, some ten milliseconds: one that
 * has its connection behind so many is refused. */
#define PEER_DESCRIPTORS_MAX 1024

/* STATUS_DENIED with why_not: nobody whom the kernel can tell. STATUS_UNSUPPORTED:
 * it has no means to. looked grows by the descriptors that were looked through,
 * whatever comes of it. */
enum status peer_open(int socket, struct peer *out, unsigned *looked, const char **why_not);
/* The same where the kernel has no SO_PEERPIDFD (before Linux 6.5). */
enum status peer_open_by_pid(int socket, struct peer *out, unsigned *looked, const char **why_not);
void peer_done(struct peer *peer);
/* Not exited, not even as a zombie. */
bool peer_is_alive(int pidfd);

#endif
