/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/supervisor.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "daemon/channel.h"
#include "daemon/log.h"
#include "daemon/role.h"
#include "verifier/release_watch.h"

#define ROLES_MAX (APPRAISERS_MAX + 2)
#define TICK_MS 2000
#define READY_MS 30000
#define PATIENCE_MS 3000
#define STEP_MS 10
#define BACKOFF_MAX_S 60
#define STEADY_S 60 /* a set that lived so long starts from the shortest wait */
#define RELOAD_S 60 /* after a load that did not end well */

struct child {
	pid_t pid; /* 0: none */
	struct channel channel;
	bool is_ready;
	char name[24];
};

struct supervisor {
	const struct configuration *configuration;
	const char *path;
	int signals, listen_fd, admin_fd;
	struct child children[ROLES_MAX]; /* 0 is the signer */
	size_t child_count;
	pid_t loader;
	struct release_watch watch;
	bool wants_load;
	time_t load_after; /* not before */
	bool was_announced;
	bool is_ending;
};

static time_t now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* "127.0.0.1:8443", "[::]:8443"; port 0 takes a free one. */
static struct addrinfo *parse_address(const char *address)
{
	static const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	};
	const char *colon = strrchr(address, ':');
	struct addrinfo *found = NULL;
	char host[64];
	bool is_bracketed = address[0] == '[' && colon > address && colon[-1] == ']';

	if (colon == NULL)
		return NULL;
	if (is_bracketed)
		address++;

	int len = (int)(colon - address) - (is_bracketed ? 1 : 0);
	if (snprintf(host, sizeof(host), "%.*s", len, address) >= (int)sizeof(host) ||
	    getaddrinfo(host, colon + 1, &hints, &found) != 0)
		return NULL;
	return found;
}

static int bind_to(const struct addrinfo *at)
{
	int on = 1, off = 0;
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    (at->ai_family != AF_INET6 ||
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0) &&
	    bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;

	int saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

static int listen_on(const char *address, const char *what)
{
	struct addrinfo *at = parse_address(address);
	struct sockaddr_in6 bound = { 0 };
	socklen_t len = sizeof(bound);

	if (at == NULL) {
		log_line(LOG_LEVEL_ERROR, "'%s' is no address and port", address);
		return -1;
	}

	int fd = bind_to(at);
	if (fd < 0)
		log_line(LOG_LEVEL_ERROR, "%s: %s", address, strerror(errno));
	freeaddrinfo(at);
	/* The port is at the same place in both families; it says which one where
	 * the configuration has 0. */
	if (fd >= 0 && getsockname(fd, (struct sockaddr *)&bound, &len) == 0) {
		/* getsockname() wrote it. NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage) */
		unsigned port = ntohs(bound.sin6_port);

		log_line(LOG_LEVEL_NOTICE, "%s on %s, port %u", what, address, port);
	}
	return fd;
}

static void close_fds(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
}

/* fds[0] is left for the child's end of a new channel to the parent. */
static enum status start_child(struct supervisor *s, const char *name, int *fds, size_t count)
{
	const char *arguments[] = { "--config", s->path, NULL };
	struct child *child = &s->children[s->child_count];
	int ends[2];
	enum status status = channel_pair(ends);

	if (status != OK)
		return status;
	fds[0] = ends[1];
	status = role_start(name, arguments, fds, count, &child->pid);
	(void)close(ends[1]);
	fds[0] = -1;
	if (status != OK) {
		(void)close(ends[0]);
		return status;
	}
	channel_init(&child->channel, ends[0], 0);
	child->is_ready = false;
	(void)snprintf(child->name, sizeof(child->name), "%s", name);
	s->child_count++;
	return OK;
}

/* Channels between appraiser i and signer, and between it and front. */
struct wiring {
	int signer[APPRAISERS_MAX][2];
	int front[APPRAISERS_MAX][2];
};

static enum status wire_up(size_t appraisers, struct wiring *w)
{
	enum status status = OK;

	for (size_t i = 0; i < APPRAISERS_MAX; i++)
		w->signer[i][0] = w->signer[i][1] = w->front[i][0] = w->front[i][1] = -1;
	for (size_t i = 0; i < appraisers && status == OK; i++) {
		status = channel_pair(w->signer[i]);
		if (status == OK)
			status = channel_pair(w->front[i]);
	}
	return status;
}

static void unwire(struct wiring *w)
{
	for (size_t i = 0; i < APPRAISERS_MAX; i++) {
		close_fds(w->signer[i], 2);
		close_fds(w->front[i], 2);
	}
}

static enum status start_all(struct supervisor *s, const struct wiring *w)
{
	size_t appraisers = s->configuration->appraisers;
	int fds[FRONT_APPRAISERS_AT + APPRAISERS_MAX];
	enum status status;

	for (size_t i = 0; i < appraisers; i++)
		fds[SIGNER_APPRAISERS_AT + i] = w->signer[i][0];
	status = start_child(s, "signer", fds, SIGNER_APPRAISERS_AT + appraisers);
	for (size_t i = 0; i < appraisers && status == OK; i++) {
		fds[APPRAISER_FRONT_AT] = w->front[i][0];
		fds[APPRAISER_SIGNER_AT] = w->signer[i][1];
		status = start_child(s, "appraiser", fds, APPRAISER_SIGNER_AT + 1);
	}
	if (status != OK)
		return status;
	fds[FRONT_LISTEN_AT] = s->listen_fd;
	fds[FRONT_ADMIN_AT] = s->admin_fd >= 0 ? s->admin_fd : s->listen_fd;
	for (size_t i = 0; i < appraisers; i++)
		fds[FRONT_APPRAISERS_AT + i] = w->front[i][1];
	return start_child(s, "front", fds, FRONT_APPRAISERS_AT + appraisers);
}

static void end_loader(struct supervisor *s)
{
	if (s->loader > 0)
		role_stop(s->loader, PATIENCE_MS);
	s->loader = 0;
}

static bool has_ended(struct child *child)
{
	if (child->pid > 0 && waitpid(child->pid, NULL, WNOHANG) != 0)
		child->pid = 0;
	return child->pid == 0;
}

/* The end of its channel is how a role is asked to leave; a signal is for one
 * that does not listen. */
static void stop_set(struct supervisor *s)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	bool all_ended = false;

	end_loader(s);
	/* The front, which is last, goes first: nobody asks any more while the
	 * others finish. */
	if (s->child_count > 0)
		channel_done(&s->children[s->child_count - 1].channel);
	for (size_t i = 0; i + 1 < s->child_count; i++)
		channel_done(&s->children[i].channel);
	for (int waited = 0; waited < PATIENCE_MS && !all_ended; waited += STEP_MS) {
		all_ended = true;
		for (size_t i = 0; i < s->child_count; i++)
			all_ended = has_ended(&s->children[i]) && all_ended;
		if (!all_ended)
			(void)nanosleep(&step, NULL);
	}
	for (size_t i = 0; i < s->child_count; i++)
		if (s->children[i].pid > 0)
			role_stop(s->children[i].pid, STEP_MS);
	s->child_count = 0;
}

static bool start_set(struct supervisor *s)
{
	struct wiring w;
	enum status status = wire_up(s->configuration->appraisers, &w);

	if (status == OK)
		status = start_all(s, &w);
	unwire(&w);
	if (status != OK)
		log_line(LOG_LEVEL_ERROR, "roles could not be started: %s", status_text(status));
	s->wants_load = s->configuration->has_release;
	s->load_after = 0;
	return status == OK;
}

static bool all_ready(const struct supervisor *s)
{
	for (size_t i = 0; i < s->child_count; i++)
		if (!s->children[i].is_ready)
			return false;
	return s->child_count > 0;
}

static void start_loader(struct supervisor *s)
{
	const char *arguments[] = { "--config", s->path, NULL };
	int ends[2];

	if (!s->wants_load || s->loader > 0 || !all_ready(s) || now_s() < s->load_after ||
	    channel_pair(ends) != OK)
		return;
	s->wants_load = false;
	if (channel_send_fd(&s->children[0].channel, FRAME_LOADER, 0, (struct span){ 0 },
			    ends[0]) != OK ||
	    role_start("loader", arguments, &ends[1], 1, &s->loader) != OK) {
		log_line(LOG_LEVEL_ERROR, "the loader could not be started");
		s->wants_load = true;
		s->load_after = now_s() + RELOAD_S;
	}
	close_fds(ends, 2);
}

static void reap_loader(struct supervisor *s)
{
	int how = 0;

	if (s->loader <= 0 || waitpid(s->loader, &how, WNOHANG) != s->loader)
		return;
	s->loader = 0;
	if (WIFEXITED(how) && WEXITSTATUS(how) == LOADER_LOADED)
		return;
	/* A time may have to come, or a file: once more, unasked. */
	s->wants_load = true;
	s->load_after = now_s() + RELOAD_S;
}

static void on_signal(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			s->is_ending = true;
		if (info.ssi_signo == SIGHUP && s->configuration->has_release) {
			s->wants_load = true;
			s->load_after = 0;
		}
	}
	reap_loader(s);
}

/* False: the role ended, or says what it may not. */
static bool on_child(struct child *child)
{
	struct frame frame = { .fd = -1 };
	enum status status = channel_receive(&child->channel, 0, &frame);

	if (status == STATUS_UNAVAILABLE)
		return true;
	if (status == OK && frame.type == FRAME_READY && frame.fd < 0) {
		child->is_ready = true;
		return true;
	}
	if (frame.fd >= 0)
		(void)close(frame.fd);
	log_line(LOG_LEVEL_ERROR, "%s ended", child->name);
	return false;
}

static void announce(struct supervisor *s)
{
	if (s->was_announced || !all_ready(s))
		return;
	s->was_announced = true;
	log_line(LOG_LEVEL_NOTICE, "ready");
	(void)sd_notify(0, "READY=1");
}

/* Waits and serves until the set breaks (false) or the program ends (true). */
static bool watch_set(struct supervisor *s)
{
	time_t started = now_s();

	while (!s->is_ending) {
		struct pollfd p[ROLES_MAX + 1] = { { .fd = s->signals, .events = POLLIN } };

		for (size_t i = 0; i < s->child_count; i++)
			p[i + 1] = (struct pollfd){ .fd = s->children[i].channel.fd,
						    .events = POLLIN };
		(void)poll(p, s->child_count + 1, TICK_MS);
		if (p[0].revents != 0)
			on_signal(s);
		for (size_t i = 0; i < s->child_count; i++)
			if (p[i + 1].revents != 0 && !on_child(&s->children[i]))
				return false;
		if (!all_ready(s) && now_s() - started > READY_MS / 1000) {
			log_line(LOG_LEVEL_ERROR, "the roles did not become ready");
			return false;
		}
		announce(s);
		if (s->configuration->has_release && release_watch_changed(&s->watch)) {
			s->wants_load = true;
			s->load_after = 0;
		}
		start_loader(s);
	}
	return true;
}

/* Sleeps, but for signals. */
static void back_off(struct supervisor *s, unsigned seconds)
{
	time_t until = now_s() + (time_t)seconds;

	while (!s->is_ending && now_s() < until) {
		struct pollfd p = { .fd = s->signals, .events = POLLIN };

		if (poll(&p, 1, 200) > 0)
			on_signal(s);
	}
}

static int run(struct supervisor *s)
{
	unsigned backoff_s = 1;

	while (!s->is_ending) {
		time_t started = now_s();
		bool has_started = start_set(s);

		if (has_started && watch_set(s))
			break;
		stop_set(s);
		/* Before the first time that all was well, trying again helps
		 * nobody: keys and store are named in the log. */
		if (!s->was_announced)
			return 1;
		if (now_s() - started > STEADY_S)
			backoff_s = 1;
		log_line(LOG_LEVEL_WARNING, "starting again in %u s", backoff_s);
		back_off(s, backoff_s);
		backoff_s = backoff_s * 2 > BACKOFF_MAX_S ? BACKOFF_MAX_S : backoff_s * 2;
	}
	(void)sd_notify(0, "STOPPING=1");
	stop_set(s);
	return 0;
}

static int catch_signals(void)
{
	sigset_t caught;

	if (sigemptyset(&caught) != 0 || sigaddset(&caught, SIGTERM) != 0 ||
	    sigaddset(&caught, SIGINT) != 0 || sigaddset(&caught, SIGHUP) != 0 ||
	    sigaddset(&caught, SIGCHLD) != 0 || sigprocmask(SIG_BLOCK, &caught, NULL) != 0)
		return -1;
	return signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
}

int supervisor_run(const char *configuration_path, const struct configuration *configuration)
{
	struct supervisor s = { .configuration = configuration,
				.path = configuration_path,
				.listen_fd = -1,
				.admin_fd = -1 };
	int end = 1;

	s.signals = catch_signals();
	if (configuration->has_release)
		release_watch_init(&s.watch, configuration->loader.directory);
	if (s.signals >= 0)
		s.listen_fd = listen_on(configuration->listen, "nodes");
	if (s.listen_fd >= 0 && configuration->admin_listen != NULL)
		s.admin_fd = listen_on(configuration->admin_listen, "administration");
	if (s.listen_fd >= 0 && (configuration->admin_listen == NULL || s.admin_fd >= 0))
		end = run(&s);
	close_fds((int[]){ s.signals, s.listen_fd, s.admin_fd }, 3);
	return end;
}
