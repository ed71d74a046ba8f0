/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/caller/caller.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "attestd/mint/caller/cgroup.h"
#include "attestd/mint/caller/peer.h"
#include "attestd/mint/caller/proc_text.h"
#include "daemon/file.h"

#define SOCKET_NAME_MAX 63

/* What a look finds; the facts borrow from it. */
struct sight {
	struct caller_facts facts;
	struct bytes cgroup;
	struct bytes executable;
};

struct caller {
	struct peer peer;
	int proc; /* /proc/PID, opened while the pidfd's process lived */
	struct bytes socket_name;
	uint64_t started; /* 0: not read yet */
	struct sight sight;
};

static const char gone[] = "the process is gone";
static const char unreadable[] = "the kernel does not say what the process is";
static const char changed_user[] = "it runs as another user than the one who started or connected "
				   "it (set-user-ID, set-group-ID)";
static const char traced[] = "a debugger has hold of it (ptrace): end that, and ask again";
static const char no_executable[] = "it has no executable";
static const char removed[] =
	"the file that it runs was removed or replaced, or is in memory only: start it again";
static const char other_root[] = "it runs under another root directory (chroot, container)";
static const char changed[] = "it became another process while it was answered";

static void sight_done(struct sight *sight)
{
	bytes_done(&sight->cgroup);
	bytes_done(&sight->executable);
}

AUTO_RELEASE(sight, sight_done);

void caller_free(struct caller *c)
{
	if (c == NULL)
		return;
	peer_done(&c->peer);
	if (c->proc >= 0)
		(void)close(c->proc);
	bytes_done(&c->socket_name);
	sight_done(&c->sight);
	free(c);
}

int caller_exit_fd(const struct caller *c)
{
	return c->peer.pidfd;
}

/* A directory in /proc is its process's for ever: once that is gone, all in it fails.
 * That the number was not somebody else's by now follows from each look, which ends
 * with a pidfd whose process lives. */
static enum status open_proc(struct caller *c, const char **why_not)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)c->peer.pid);
	c->proc = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*why_not = gone;
	return c->proc >= 0 ? OK : STATUS_DENIED;
}

enum status caller_open(int socket, struct span socket_name, struct caller **out, unsigned *looked,
			const char **why_not)
{
	AUTO(caller) c = calloc(1, sizeof(*c));

	*why_not = unreadable;
	if (c == NULL)
		return STATUS_NO_MEMORY;
	c->peer.pidfd = c->proc = -1;
	if (socket_name.len > SOCKET_NAME_MAX)
		return STATUS_TOO_LARGE;

	enum status status = bytes_copy(socket_name, &c->socket_name);

	if (status == OK)
		status = peer_open(socket, &c->peer, looked, why_not);
	if (status == OK)
		status = open_proc(c, why_not);
	if (status != OK)
		return status;
	*out = c;
	c = NULL;
	return OK;
}

int caller_proc_fd(const struct caller *c)
{
	return c->proc;
}

struct caller_facts caller_who(const struct caller *c)
{
	return (struct caller_facts){ .pid = c->peer.pid,
				      .uid = c->peer.uid,
				      .gid = c->peer.gid,
				      .socket = span_of(&c->socket_name) };
}

static enum status read_proc(const struct caller *c, const char *name, struct bytes *out)
{
	int fd = openat(c->proc, name, O_RDONLY | O_CLOEXEC);
	enum status status = fd < 0 ? STATUS_IO : file_read_fd(fd, PROC_TEXT_MAX, out);

	if (fd >= 0)
		(void)close(fd);
	return status;
}

/* The user at connect, noted by the kernel, and now: who starts a set-user-ID
 * program has its environment, its arguments and its descriptors in hand. So does a
 * tracer, which has its memory as well; of one that attaches to another thread, or
 * after the reply, this says nothing. */
static enum status look_at_users(const struct caller *c, const char **why_not)
{
	AUTO_DONE(bytes) text = { 0 };
	struct proc_users users;
	uint32_t tracer = 0;
	enum status status = read_proc(c, "status", &text);

	*why_not = unreadable;
	if (status == OK)
		status = proc_users(span_of(&text), &users);
	if (status == OK)
		status = proc_tracer(span_of(&text), &tracer);
	if (status != OK)
		return status;
	*why_not = traced;
	if (tracer != 0)
		return STATUS_DENIED;
	*why_not = changed_user;
	if (!proc_users_are_one(&users) || users.uid[0] != c->peer.uid ||
	    users.gid[0] != c->peer.gid)
		return STATUS_DENIED;
	return OK;
}

/* Once: of a process it stays the same through each exec(), and of whom it is, the look
 * that follows makes sure. */
static enum status look_at_start(struct caller *c, const char **why_not)
{
	AUTO_DONE(bytes) text = { 0 };
	enum status status = OK;

	*why_not = unreadable;
	if (c->started == 0)
		status = read_proc(c, "stat", &text);
	if (status == OK && c->started == 0)
		status = proc_started(span_of(&text), &c->started);
	if (status != OK && !peer_is_alive(c->peer.pidfd))
		*why_not = gone;
	return status == OK || status == STATUS_NO_MEMORY ? status : STATUS_DENIED;
}

static enum status look_at_run(const struct caller *c, struct sight *s, const char **why_not)
{
	struct cgroup_place place;
	enum status status = read_proc(c, "cgroup", &s->cgroup);

	*why_not = unreadable;
	if (status == OK)
		status = cgroup_unit(span_of(&s->cgroup), &place);
	if (status != OK)
		return status;
	s->facts.unit = place.unit;
	if (place.is_unified)
		s->facts.cgroup = place.path;
	return OK;
}

/* Of what a link in /proc leads to. Never asked of a file system's server (FUSE,
 * NFS), which may be the caller's own and take its time: what the kernel knows. */
static bool file_of(const struct caller *c, const char *name, struct statx *out)
{
	return statx(c->proc, name, AT_STATX_DONT_SYNC, STATX_BASIC_STATS, out) == 0;
}

static struct timespec moment(struct statx_timestamp at)
{
	return (struct timespec){ .tv_sec = at.tv_sec, .tv_nsec = at.tv_nsec };
}

static enum status look_at_executable(const struct caller *c, struct sight *s, const char **why_not)
{
	char path[PATH_MAX];
	struct statx file;
	ssize_t len = readlinkat(c->proc, "exe", path, sizeof(path));

	*why_not = no_executable;
	if (len <= 0 || (size_t)len >= sizeof(path) || !file_of(c, "exe", &file))
		return STATUS_DENIED;
	*why_not = removed;
	if (file.stx_nlink == 0)
		return STATUS_DENIED;
	s->facts.file = (struct file_identity){
		.device = makedev(file.stx_dev_major, file.stx_dev_minor),
		.inode = file.stx_ino,
		.size = (off_t)file.stx_size,
		.modified = moment(file.stx_mtime),
		.changed = moment(file.stx_ctime),
	};
	*why_not = unreadable;
	return bytes_copy((struct span){ (const uint8_t *)path, (size_t)len }, &s->executable);
}

/* Under another root, a path is none of this host's. */
static enum status look_at_root(const struct caller *c, const char **why_not)
{
	struct statx theirs, ours;

	*why_not = other_root;
	if (!file_of(c, "root", &theirs) ||
	    statx(AT_FDCWD, "/", AT_STATX_DONT_SYNC, STATX_BASIC_STATS, &ours) != 0)
		return STATUS_DENIED;
	return theirs.stx_ino == ours.stx_ino && theirs.stx_dev_major == ours.stx_dev_major &&
			       theirs.stx_dev_minor == ours.stx_dev_minor
		       ? OK
		       : STATUS_DENIED;
}

static enum status look(const struct caller *c, struct sight *s, const char **why_not)
{
	enum status status;

	s->facts = caller_who(c);
	status = look_at_users(c, why_not);
	if (status == OK)
		status = look_at_run(c, s, why_not);
	if (status == OK)
		status = look_at_executable(c, s, why_not);
	if (status == OK)
		status = look_at_root(c, why_not);
	/* One that has exited leaves a zombie, of which the kernel says less and
	 * less: last, so that all of the above is of a living one. */
	if (!peer_is_alive(c->peer.pidfd)) {
		*why_not = gone;
		return STATUS_DENIED;
	}
	if (status != OK)
		return status == STATUS_NO_MEMORY ? status : STATUS_DENIED;
	s->facts.executable = span_of(&s->executable);
	return OK;
}

enum status caller_look(struct caller *c, struct caller_facts *out, const char **why_not)
{
	AUTO_DONE(sight) s = { 0 };
	enum status status = look_at_start(c, why_not);

	if (status == OK)
		status = look(c, &s, why_not);
	if (status != OK)
		return status;
	s.facts.started = c->started;
	sight_done(&c->sight);
	c->sight = s;
	*out = s.facts;
	s = (struct sight){ 0 };
	return OK;
}

static bool is_same_moment(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool file_identity_equal(const struct file_identity *a, const struct file_identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       is_same_moment(a->modified, b->modified) && is_same_moment(a->changed, b->changed);
}

enum status caller_confirm(struct caller *c, const struct caller_facts *seen, const char **why_not)
{
	AUTO_DONE(sight) s = { 0 };
	enum status status = look(c, &s, why_not);

	if (status != OK)
		return status;
	/* Of the rest, no look gives another. */
	*why_not = changed;
	return span_equal(s.facts.unit, seen->unit) &&
			       span_equal(s.facts.executable, seen->executable) &&
			       file_identity_equal(&s.facts.file, &seen->file)
		       ? OK
		       : STATUS_MISMATCH;
}
