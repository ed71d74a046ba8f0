/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/identity/jobs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attestd/mint/caller/peer.h"
#include "attestd/mint/caller/proc_text.h"
#include "daemon/file.h"

struct watched {
	struct job job;
	/* Of the process that asked first. */
	uid_t user;
	int pidfd, proc;
	/* Of a unit: its cgroup.events, and the watch of it; else -1. */
	int events, watch;
	bool is_noticed; /* it changed since it was looked at */
};

struct jobs {
	int epoll;
	/* Of all units: root has few of these in all, systemd's and udev's among them
	 * (fs.inotify.max_user_instances). -1: there was none to be had. */
	int notices;
	struct watched *list[JOBS_MAX];
	size_t count;
};

static void close_one(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

static void watched_free(struct watched *w)
{
	close_one(w->pidfd);
	close_one(w->proc);
	close_one(w->events);
	free(w);
}

AUTO_FREE(watched, struct watched, watched_free);

/* Where there is none yet, one may be had now. */
static bool open_notices(struct jobs *jobs)
{
	struct epoll_event wanted = { .events = EPOLLIN };

	if (jobs->notices >= 0)
		return true;
	jobs->notices = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (jobs->notices >= 0 &&
	    epoll_ctl(jobs->epoll, EPOLL_CTL_ADD, jobs->notices, &wanted) == 0)
		return true;
	close_one(jobs->notices);
	jobs->notices = -1;
	return false;
}

enum status jobs_new(struct jobs **out)
{
	struct jobs *jobs = calloc(1, sizeof(*jobs));

	if (jobs == NULL)
		return STATUS_NO_MEMORY;
	jobs->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (jobs->epoll < 0) {
		free(jobs);
		return STATUS_IO;
	}
	jobs->notices = -1;
	(void)open_notices(jobs);
	*out = jobs;
	return OK;
}

void jobs_free(struct jobs *jobs)
{
	if (jobs == NULL)
		return;
	for (size_t i = 0; i < jobs->count; i++)
		watched_free(jobs->list[i]);
	close_one(jobs->notices);
	(void)close(jobs->epoll);
	free(jobs);
}

int jobs_fd(const struct jobs *jobs)
{
	return jobs->epoll;
}

/* Where hierarchies of version 2 are mounted: alone, or beside those of version 1. */
static int open_cgroup(struct span path)
{
	static const char *const tops[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };
	char name[4096];

	for (size_t i = 0; i < sizeof(tops) / sizeof(*tops); i++) {
		int len = snprintf(name, sizeof(name), "%s%.*s/cgroup.events", tops[i],
				   (int)path.len, (const char *)path.data);
		int fd = -1;

		if (len > 0 && (size_t)len < sizeof(name))
			fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

/* The kernel tells of a change in cgroup.events as of one to a file. */
static int add_watch(struct jobs *jobs, int events)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", events);
	return open_notices(jobs)
		       ? inotify_add_watch(jobs->notices, name, IN_MODIFY | IN_DELETE_SELF)
		       : -1;
}

static enum status open_unit(struct watched *w, struct span cgroup)
{
	struct stat st;

	w->events = open_cgroup(cgroup);
	if (w->events < 0 || fstat(w->events, &st) != 0)
		return STATUS_DENIED;
	w->job = (struct job){ .id = st.st_ino };
	return OK;
}

/* No process left in it or below it; or no cgroup. */
static bool is_unit_over(const struct watched *w)
{
	char text[256];
	ssize_t len = pread(w->events, text, sizeof(text) - 1, 0);

	if (len <= 0)
		return true;
	text[len] = '\0';
	return strstr(text, "populated 0") != NULL;
}

static bool is_over(const struct watched *w)
{
	return w->events >= 0 ? is_unit_over(w) : !peer_is_alive(w->pidfd);
}

static struct watched *find(const struct jobs *jobs, const struct job *job)
{
	for (size_t i = 0; i < jobs->count; i++) {
		if (job_equal(&jobs->list[i]->job, job))
			return jobs->list[i];
	}
	return NULL;
}

static size_t count_of(const struct jobs *jobs, uid_t user)
{
	size_t count = 0;

	for (size_t i = 0; i < jobs->count; i++)
		count += jobs->list[i]->user == user;
	return count;
}

static enum status add(struct jobs *jobs, struct watched *w)
{
	struct epoll_event wanted = { .events = EPOLLIN, .data.ptr = w };

	if (jobs->count == JOBS_MAX || count_of(jobs, w->user) >= JOBS_OF_USER_MAX)
		return STATUS_TOO_LARGE;
	if (w->events >= 0)
		w->watch = add_watch(jobs, w->events);
	if (w->events >= 0 ? w->watch < 0
			   : epoll_ctl(jobs->epoll, EPOLL_CTL_ADD, w->pidfd, &wanted) != 0)
		return STATUS_IO;
	jobs->list[jobs->count++] = w;
	/* It may have ended before it was watched. */
	w->is_noticed = w->events >= 0;
	return OK;
}

enum status jobs_watch(struct jobs *jobs, struct caller *c, const struct caller_facts *facts,
		       bool is_unit, struct job *out)
{
	AUTO(watched) w = calloc(1, sizeof(*w));
	enum status status = OK;

	if (w == NULL)
		return STATUS_NO_MEMORY;
	w->events = w->watch = -1;
	w->user = facts->uid;
	w->job = (struct job){ .id = (uint64_t)facts->pid, .started = facts->started };
	w->pidfd = fcntl(caller_exit_fd(c), F_DUPFD_CLOEXEC, 0);
	w->proc = fcntl(caller_proc_fd(c), F_DUPFD_CLOEXEC, 0);
	if (w->pidfd < 0 || w->proc < 0)
		return STATUS_IO;
	if (is_unit && facts->cgroup.len > 0)
		status = open_unit(w, facts->cgroup);
	if (status == OK && is_over(w))
		status = STATUS_DENIED;
	if (status != OK)
		return status;
	*out = w->job;
	if (find(jobs, &w->job) != NULL)
		return OK;
	status = add(jobs, w);
	if (status == OK)
		w = NULL;
	return status;
}

static void forget(struct jobs *jobs, const struct watched *w)
{
	for (size_t i = 0; i < jobs->count; i++) {
		if (jobs->list[i] != w)
			continue;
		if (w->events >= 0)
			(void)inotify_rm_watch(jobs->notices, w->watch);
		else
			(void)epoll_ctl(jobs->epoll, EPOLL_CTL_DEL, w->pidfd, NULL);
		watched_free(jobs->list[i]);
		jobs->list[i] = jobs->list[--jobs->count];
		return;
	}
}

void jobs_drop(struct jobs *jobs, const struct job *job)
{
	struct watched *w = find(jobs, job);

	if (w != NULL)
		forget(jobs, w);
}

/* linux/pidfd.h: PIDFD_GET_INFO, Linux 6.13, with PIDFD_INFO_EXIT, Linux 6.15. */
struct pidfd_facts {
	uint64_t mask, cgroup;
	uint32_t ids[11];
	int32_t exit_code;
};
#define PIDFD_FACTS _IOWR(0xff, 11, struct pidfd_facts)
#define PIDFD_FACTS_EXIT (1u << 3)

/* As wait(2) gives it: of a zombie from /proc, of one that was reaped by its pidfd. */
static bool exit_status(const struct watched *w, int *out)
{
	AUTO_DONE(bytes) text = { 0 };
	struct pidfd_facts facts = { .mask = PIDFD_FACTS_EXIT };
	int fd = openat(w->proc, "stat", O_RDONLY | O_CLOEXEC);
	bool is_told = fd >= 0 && file_read_fd(fd, PROC_TEXT_MAX, &text) == OK &&
		       proc_exit_status(span_of(&text), out) == OK;

	close_one(fd);
	if (is_told)
		return true;
	if (ioctl(w->pidfd, PIDFD_FACTS, &facts) != 0 || (facts.mask & PIDFD_FACTS_EXIT) == 0)
		return false;
	*out = facts.exit_code;
	return true;
}

static struct job_outcome outcome_of(const struct watched *w)
{
	int status = 0;

	if (peer_is_alive(w->pidfd) || !exit_status(w, &status))
		return (struct job_outcome){ .end = JOB_ENDED };
	if (WIFSIGNALED(status))
		return (struct job_outcome){ .end = JOB_KILLED, .code = WTERMSIG(status) };
	return (struct job_outcome){ .end = JOB_EXITED, .code = WEXITSTATUS(status) };
}

/* Where the kernel had to drop some, all may have changed. */
static void note(struct jobs *jobs, const struct inotify_event *notice)
{
	for (size_t i = 0; i < jobs->count; i++) {
		struct watched *w = jobs->list[i];

		if (w->events >= 0 &&
		    (w->watch == notice->wd || (notice->mask & IN_Q_OVERFLOW) != 0))
			w->is_noticed = true;
	}
}

static void take_notices(struct jobs *jobs)
{
	char notices[4096];
	ssize_t len = read(jobs->notices, notices, sizeof(notices));
	struct inotify_event notice;

	/* Of files there are no names behind them, and whole ones are read. */
	for (ssize_t at = 0; at + (ssize_t)sizeof(notice) <= len; at += (ssize_t)sizeof(notice)) {
		memcpy(&notice, notices + at, sizeof(notice));
		note(jobs, &notice);
	}
}

static struct watched *take_noticed(struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++) {
		if (jobs->list[i]->is_noticed) {
			jobs->list[i]->is_noticed = false;
			return jobs->list[i];
		}
	}
	return NULL;
}

/* One that may have ended. */
static struct watched *next(struct jobs *jobs)
{
	struct watched *w = take_noticed(jobs);
	struct epoll_event event;

	while (w == NULL && epoll_wait(jobs->epoll, &event, 1, 0) == 1) {
		w = event.data.ptr;
		if (w != NULL)
			return w;
		take_notices(jobs);
		w = take_noticed(jobs);
	}
	return w;
}

bool jobs_take(struct jobs *jobs, struct job *out, struct job_outcome *how)
{
	struct watched *w;

	while ((w = next(jobs)) != NULL) {
		if (!is_over(w))
			continue;
		*how = outcome_of(w);
		*out = w->job;
		forget(jobs, w);
		return true;
	}
	return false;
}
