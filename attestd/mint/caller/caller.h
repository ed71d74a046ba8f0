/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_CALLER_CALLER_H
#define ATTESTD_MINT_CALLER_CALLER_H

#include <sys/stat.h>
#include <sys/types.h>

#include "base/digest.h"

/*
 * Who is on the other end of a connection: the process that connected, whoever
 * may write to that socket since. It is held by a pidfd and by its directory in
 * /proc, so that no later process of the same number is taken for it.
 */
struct caller;

/* Which file, in which state: a file that has these has not been written to since. */
struct file_identity {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified, changed;
};

bool file_identity_equal(const struct file_identity *a, const struct file_identity *b);

/* What is true of it now. Spans borrow from the caller, until the next look. */
struct caller_facts {
	pid_t pid;
	uid_t uid;
	gid_t gid;
	uint64_t started; /* ticks since the boot: with the pid, this run of it */
	struct span unit; /* systemd's, from the cgroup; empty: none */
	struct span cgroup; /* the unit's own, of version 2; empty: none */
	struct span executable; /* as the kernel names it; for a script, its interpreter */
	struct span socket; /* the name of the one it came by; may be empty */
	struct file_identity file;
	struct digest digest; /* DIGEST_NONE until it was asked for: executable.h */
};

/*
 * Of an accepted Unix socket, which stays the caller's of this function; the name
 * is copied. STATUS_DENIED with why_not where nobody is there whom the kernel can
 * tell, STATUS_UNSUPPORTED where it has no means to. looked grows by what that took:
 * descriptors that were looked through.
 */
enum status caller_open(int socket, struct span socket_name, struct caller **out, unsigned *looked,
			const char **why_not);
void caller_free(struct caller *c);
/* The pidfd, to be polled and nothing else: readable once the process has exited. */
int caller_exit_fd(const struct caller *c);
/* Its directory in /proc, for openat() alone; all in it fails once it is gone. */
int caller_proc_fd(const struct caller *c);

/* Known since it connected: all but this is empty or 0. */
struct caller_facts caller_who(const struct caller *c);
/* STATUS_DENIED with why_not, a static text, for one that is gone or that nobody
 * can vouch for. */
enum status caller_look(struct caller *c, struct caller_facts *out, const char **why_not);
/* The same process with the same facts, but for the digest, which follows from the
 * file: just before the reply. Spans of the last look stay as they are. */
enum status caller_confirm(struct caller *c, const struct caller_facts *seen, const char **why_not);

AUTO_FREE(caller, struct caller, caller_free);

#endif
