/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <systemd/sd-daemon.h>

#include "daemon/clock.h"
#include "daemon/log.h"
#include "daemon/role.h"
#include "verifier/following.h"
#include "verifier/frames.h"
#include "verifier/listening.h"
#include "verifier/release_watch.h"
#include "verifier/role_set.h"

#define TICK_MS 1000
#define PATIENCE_MS 3000
#define RELOAD_S 60 /* after a load that did not end well */
/* A loader reads millions of entries; one that hangs must not be the last. */
#define LOADER_PATIENCE 10 /* times silence_s */
/* One that follows waits for a network, too. */
#define FOLLOWER_PATIENCE_S 3600

struct supervisor {
	const struct configuration *configuration;
	const char *path;
	int signals;
	struct role_set roles;
	pid_t loader;
	time_t loader_started;
	struct release_watch watch;
	struct following following;
	bool is_following; /* the loader that runs does */
	pid_t loaded_for; /* the signer that a loader was started for */
	bool wants_load;
	time_t load_after; /* not before */
	bool was_announced;
	bool is_ending;
};

static bool follows(const struct supervisor *s)
{
	return s->configuration->followed.url != NULL;
}

static void load_again(struct supervisor *s, time_t when)
{
	s->wants_load = s->configuration->has_release;
	s->load_after = when;
}

static void end_loader(struct supervisor *s)
{
	if (s->loader > 0)
		role_stop(s->loader, PATIENCE_MS);
	s->loader = 0;
	following_end(&s->following);
}

/* fetcher_fd -1: it loads the directory. */
static enum status run_loader(struct supervisor *s, int fetcher_fd)
{
	const char *arguments[] = { "--config", s->path, NULL, NULL, NULL };
	int ends[2];
	enum status status = channel_pair(ends);

	if (status != OK)
		return status;
	status = role_set_give_signer(&s->roles, FRAME_LOADER, ends[0], clock_monotonic_s());
	if (status == OK && fetcher_fd >= 0) {
		arguments[2] = "--follow";
		arguments[3] = following_mode(&s->following);
	}
	if (status == OK)
		status = role_start("loader", arguments, (int[]){ ends[1], fetcher_fd },
				    fetcher_fd >= 0 ? LOADER_FETCHER_AT + 1 : 1, &s->loader);
	(void)close(ends[0]);
	(void)close(ends[1]);
	s->is_following = fetcher_fd >= 0;
	s->loader_started = clock_monotonic_s();
	return status;
}

static enum status run_follower(struct supervisor *s)
{
	int fd = -1;
	enum status status = following_start(&s->following, clock_monotonic_s(), &fd);

	if (status != OK)
		return status;
	status = run_loader(s, fd);
	(void)close(fd);
	if (status != OK)
		following_end(&s->following);
	return status;
}

static void start_loader(struct supervisor *s)
{
	time_t now = clock_monotonic_s();
	bool is_load_due = s->wants_load && now >= s->load_after;

	if (s->loader > 0 || !s->roles.children[ROLE_SIGNER].is_ready ||
	    (!is_load_due && !following_is_due(&s->following, now)))
		return;
	s->wants_load = s->wants_load && !is_load_due;
	if ((is_load_due ? run_loader(s, -1) : run_follower(s)) == OK)
		return;
	log_line(LOG_LEVEL_ERROR, "the loader could not be started");
	load_again(s, now + RELOAD_S);
}

static void reap_loader(struct supervisor *s)
{
	int how = 0;

	if (s->loader <= 0 || waitpid(s->loader, &how, WNOHANG) != s->loader)
		return;
	s->loader = 0;
	following_end(&s->following);
	/* After a refusal all is asked for without a condition: a server whose files
	 * are older than those that are here would say that nothing changed. */
	s->following.is_settled = WIFEXITED(how) && WEXITSTATUS(how) == LOADER_LOADED;
	if (s->following.is_settled)
		return;
	if (WIFSIGNALED(how))
		log_line(LOG_LEVEL_ERROR, "the loader was ended by signal %d", WTERMSIG(how));
	/* A time may have to come, or a file: once more, unasked. Who follows does that
	 * anyway. */
	if (!follows(s))
		load_again(s, clock_monotonic_s() + RELOAD_S);
}

/* At once: from the directory, and from where it is followed. */
static void load_now(struct supervisor *s)
{
	if (!follows(s) || following_has_adopted(&s->following))
		load_again(s, 0);
	s->following.next = 0;
}

/* A new signer has no release yet; what was loading was for the one before. */
static void tend_loader(struct supervisor *s)
{
	pid_t signer = s->roles.children[ROLE_SIGNER].pid;
	time_t patience = s->is_following ? FOLLOWER_PATIENCE_S
					  : (time_t)s->configuration->silence_s * LOADER_PATIENCE;

	if (signer != s->loaded_for) {
		end_loader(s);
		s->loaded_for = signer;
		s->following.is_settled = false;
		load_now(s);
	}
	if (s->loader > 0 && clock_monotonic_s() - s->loader_started > patience) {
		log_line(LOG_LEVEL_ERROR, "the loader does not come to an end");
		end_loader(s);
		load_again(s, clock_monotonic_s() + RELOAD_S);
	}
	/* Nobody else writes where a fetcher keeps what it fetched. */
	if (s->configuration->has_release && !follows(s) &&
	    release_watch_changed(&s->watch, clock_monotonic_s()))
		load_again(s, 0);
	start_loader(s);
}

static void on_signal(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			s->is_ending = true;
		if (info.ssi_signo == SIGHUP && follows(s))
			s->following.next = 0;
		else if (info.ssi_signo == SIGHUP)
			load_again(s, 0);
	}
	reap_loader(s);
}

static void announce(struct supervisor *s)
{
	if (s->was_announced || !role_set_is_ready(&s->roles))
		return;
	s->was_announced = true;
	log_line(LOG_LEVEL_NOTICE, "ready");
	(void)sd_notify(0, "READY=1");
}

static void wait_for_roles(struct supervisor *s)
{
	struct pollfd p[ROLES_MAX + 1] = { { .fd = s->signals, .events = POLLIN } };

	for (size_t i = 0; i < s->roles.count; i++)
		p[i + 1] =
			(struct pollfd){ .fd = s->roles.children[i].channel.fd, .events = POLLIN };
	(void)poll(p, s->roles.count + 1, TICK_MS);
	if (p[0].revents != 0)
		on_signal(s);
	for (size_t i = 0; i < s->roles.count; i++)
		if (p[i + 1].revents != 0)
			role_set_hear(&s->roles, i, clock_monotonic_s());
}

/* Before the first time that all was well, trying again helps nobody: keys and
 * store are named in the log. */
static bool is_hopeless(const struct supervisor *s)
{
	return !s->was_announced && role_set_has_failed(&s->roles);
}

static int run(struct supervisor *s)
{
	role_set_tend(&s->roles, clock_monotonic_s());
	while (!s->is_ending && !is_hopeless(s)) {
		wait_for_roles(s);
		announce(s);
		if (is_hopeless(s) || s->is_ending)
			break;
		role_set_tend(&s->roles, clock_monotonic_s());
		tend_loader(s);
		(void)sd_notify(0, "WATCHDOG=1");
	}
	(void)sd_notify(0, "STOPPING=1");
	end_loader(s);
	role_set_stop(&s->roles);
	return s->is_ending ? 0 : 1;
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
	struct supervisor s = { .configuration = configuration, .path = configuration_path };
	const char *admin = configuration->admin_listen;
	int listen_fd = -1, admin_fd = -1, end = 1;

	if (following_init(&s.following, &configuration->followed) != OK) {
		log_line(LOG_LEVEL_ERROR, "[release] url: the program 'fetcher' is not installed");
		return end;
	}
	s.signals = catch_signals();
	if (configuration->has_release)
		release_watch_init(&s.watch, configuration->loader.directory);
	if (s.signals >= 0)
		listen_fd = listen_on(configuration->listen, "nodes");
	if (listen_fd >= 0 && admin != NULL)
		admin_fd = listen_on(admin, "administration");
	if (listen_fd >= 0 && (admin == NULL || admin_fd >= 0)) {
		role_set_init(&s.roles, configuration_path, configuration, listen_fd, admin_fd);
		end = run(&s);
	}
	for (size_t i = 0; i < 3; i++) {
		int fd = (int[]){ s.signals, listen_fd, admin_fd }[i];

		if (fd >= 0)
			(void)close(fd);
	}
	return end;
}
