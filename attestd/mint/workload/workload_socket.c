/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/workload/workload_socket.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/file.h"
#include "daemon/log.h"

#define BACKLOG 128
#define ACCEPTS 16 /* in one turn of the loop */
#define LOOK_AGAIN_S 5 /* for a socket that could not be made */
#define STILL_THERE_S 30 /* between looks at one that was */
#define PAUSE_S 1 /* where accept() wants for something */
#define NEXT_SUFFIX ".next"

struct workload_listener {
	struct event_base *base;
	const struct socket_settings *socket;
	workload_accept accepted;
	void *context;
	int fd; /* -1: not made */
	dev_t device;
	ino_t inode;
	struct event *readable, *timer;
	bool is_told; /* why it is not there */
};

static void tell(struct workload_listener *l, const char *what, const char *why)
{
	if (!l->is_told)
		log_line(LOG_LEVEL_WARNING, "workload socket %s: %s%s%s", l->socket->path, what,
			 why[0] != '\0' ? ": " : "", why);
	l->is_told = true;
}

static bool address_of(const char *path, const char *suffix, struct sockaddr_un *out)
{
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };

	int len = snprintf(out->sun_path, sizeof(out->sun_path), "%s%s", path, suffix);

	return len > 0 && (size_t)len < sizeof(out->sun_path);
}

static bool connects(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool is_there;

	if (fd < 0)
		return false;
	/* EAGAIN: it is only busy. */
	is_there = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		   errno == EAGAIN;
	(void)close(fd);
	return is_there;
}

/* What is at the path may be one that an earlier run left, and nothing else. */
static bool is_free(struct workload_listener *l, const struct sockaddr_un *address)
{
	char directory[PATH_MAX];
	struct stat st;

	(void)snprintf(directory, sizeof(directory), "%s", l->socket->path);

	enum status status = directory_check_reached(dirname(directory));

	/* Who may put another in its place is whom workloads would talk to. */
	if (status != OK) {
		tell(l,
		     status == STATUS_DENIED ? "others may write its directory, or one above it"
					     : "its directory",
		     status == STATUS_DENIED ? "" : status_text(status));
		return false;
	}
	if (lstat(l->socket->path, &st) != 0)
		return errno == ENOENT;
	if (!S_ISSOCK(st.st_mode) || connects(address)) {
		tell(l, S_ISSOCK(st.st_mode) ? "somebody listens there" : "is no socket", "");
		return false;
	}
	return true;
}

/* Under another name until nobody can come by it who should not. */
static bool bind_next(const struct workload_listener *l, int fd, const struct sockaddr_un *next)
{
	const struct socket_settings *s = l->socket;

	(void)unlink(next->sun_path);
	return bind(fd, (const struct sockaddr *)next, sizeof(*next)) == 0 &&
	       chmod(next->sun_path, 0600) == 0 &&
	       (geteuid() != 0 || lchown(next->sun_path, s->owner, s->group) == 0) &&
	       chmod(next->sun_path, s->mode) == 0 && listen(fd, BACKLOG) == 0 &&
	       rename(next->sun_path, s->path) == 0;
}

static void on_readable(evutil_socket_t fd, short what, void *arg);

static bool make(struct workload_listener *l)
{
	struct sockaddr_un address, next;
	struct stat st;
	int fd;

	if (!address_of(l->socket->path, "", &address) ||
	    !address_of(l->socket->path, NEXT_SUFFIX, &next)) {
		tell(l, "its path is too long", "");
		return false;
	}
	if (!is_free(l, &address))
		return false;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || !bind_next(l, fd, &next) || lstat(l->socket->path, &st) != 0) {
		tell(l, "could not be made", strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		(void)unlink(next.sun_path);
		return false;
	}
	l->fd = fd;
	l->device = st.st_dev;
	l->inode = st.st_ino;
	l->readable = event_new(l->base, fd, EV_READ | EV_PERSIST, on_readable, l);
	if (l->readable == NULL || event_add(l->readable, NULL) != 0)
		return false;
	if (l->is_told)
		log_line(LOG_LEVEL_NOTICE, "workload socket %s: is there", l->socket->path);
	l->is_told = false;
	return true;
}

static bool is_ours(const struct workload_listener *l)
{
	struct stat st;

	return l->fd >= 0 && lstat(l->socket->path, &st) == 0 && st.st_dev == l->device &&
	       st.st_ino == l->inode;
}

static void unmake(struct workload_listener *l)
{
	if (is_ours(l))
		(void)unlink(l->socket->path);
	if (l->readable != NULL)
		event_free(l->readable);
	if (l->fd >= 0)
		(void)close(l->fd);
	l->readable = NULL;
	l->fd = -1;
}

static void look(struct workload_listener *l)
{
	if (!is_ours(l)) {
		unmake(l);
		if (!make(l))
			unmake(l);
	} else if (l->readable != NULL)
		(void)event_add(l->readable, NULL);

	struct timeval wait = { .tv_sec = l->fd < 0 ? LOOK_AGAIN_S : STILL_THERE_S };

	(void)event_add(l->timer, &wait);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	look(arg);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct workload_listener *l = arg;
	const struct timeval pause = { .tv_sec = PAUSE_S };

	(void)what;
	for (int i = 0; i < ACCEPTS; i++) {
		/* cppcheck-suppress nullPointer ; who it is, the kernel says otherwise */
		int accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (accepted >= 0) {
			l->accepted(l->context, accepted, l->socket->name);
			continue;
		}
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return;
		/* Descriptors or memory: trying at once would only burn time. */
		(void)event_del(l->readable);
		(void)event_add(l->timer, &pause);
		return;
	}
}

enum status workload_listener_new(struct event_base *base, const struct socket_settings *socket,
				  workload_accept accepted, void *context,
				  struct workload_listener **out)
{
	struct workload_listener *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return STATUS_NO_MEMORY;
	*l = (struct workload_listener){
		.base = base, .socket = socket, .accepted = accepted, .context = context, .fd = -1
	};
	l->timer = event_new(base, -1, 0, on_timer, l);
	if (l->timer == NULL) {
		free(l);
		return STATUS_NO_MEMORY;
	}
	look(l);
	*out = l;
	return OK;
}

void workload_listener_free(struct workload_listener *l)
{
	if (l == NULL)
		return;
	unmake(l);
	event_free(l->timer);
	free(l);
}
