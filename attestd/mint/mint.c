/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/mint.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "attestd/configuration.h"
#include "attestd/frames.h"
#include "attestd/mint/core.h"
#include "attestd/mint/identity/identity_files.h"
#include "attestd/mint/workload/workload_api.h"
#include "attestd/role_program.h"
#include "base/reader.h"
#include "daemon/clock_set.h"
#include "daemon/log.h"
#include "daemon/role.h"

#define IDLE_S 60
#define EVENTS 7 /* that the loop waits for, without those of the Workload API */

struct mint {
	const struct configuration *configuration;
	struct channel agent;
	int signals;
	int clock_set; /* readable once the host's clock was set */
	struct right right;
	struct signing signing;
	struct identity_files files;
	struct core core;
	struct workload_source source;
	struct workload_api *api; /* NULL: not served */
	bool is_ending;
	struct event_base *base;
	struct event *tick; /* when something is due by the clock */
};

static void end_right(struct mint *m, const char *why)
{
	if (right_is_held(&m->right))
		log_line(LOG_LEVEL_NOTICE, "%s: SVIDs removed", why);
	right_end(&m->right);
	identity_files_remove_all(&m->files);
	core_right_changed(&m->core);
}

static void end_what_is_over(struct mint *m)
{
	if (right_is_held(&m->right) && right_is_over(&m->right, instant_now().now))
		end_right(m, "the right ran out");
}

static void keep_all(struct mint *m)
{
	end_what_is_over(m);

	const struct instant at = instant_now();

	identity_files_keep(&m->files, &at);
	core_keep(&m->core, &at);
	signing_keep(&m->signing, at.boot);
}

static int64_t wait_s(const struct mint *m)
{
	const struct instant at = instant_now();
	int64_t wait = IDLE_S;

	if (right_is_held(&m->right)) {
		int64_t left = m->right.ends_s - at.boot;
		int64_t valid = m->right.grant.verdict.expires - at.now;

		wait = left < wait ? left : wait;
		wait = valid < wait ? valid : wait;
	}
	wait = identity_files_wait_s(&m->files, &at, wait);
	if (wait <= 0)
		return 0;
	return signing_wait_s(&m->signing, at.boot, core_wait_s(&m->core, &at, wait));
}

/* Those that a verdict names are told of once. */
static void say_entries(const struct right *right, const struct digest *before)
{
	const struct entries *entries = &right->entries;

	if (!right->has_entries)
		log_line(LOG_LEVEL_WARNING,
			 "no registration entries: none came that the verdict names");
	else if (!digest_equal(&right->grant.verdict.entries, before))
		log_line(LOG_LEVEL_INFO, "registration entries: %zu of class %.*s", entries->count,
			 (int)entries->class.len, (const char *)entries->class.data);
}

static enum status serve(struct mint *m, const struct frame *frame)
{
	struct reader r = reader_over(frame->body);
	struct digest before;
	enum status status;

	if (frame->fd >= 0)
		(void)close(frame->fd);
	switch (frame->type) {
	case FRAME_RIGHT:
		before = m->right.grant.verdict.entries;
		status = right_take(&m->right, &r, m->configuration->result_key);
		/* Not a reason to go on with what it was to replace. */
		if (status != OK) {
			log_line(LOG_LEVEL_ERROR, "a right was refused: %s", status_text(status));
			end_right(m, "right refused");
			return OK;
		}
		say_entries(&m->right, &before);
		identity_files_renew(&m->files);
		core_right_changed(&m->core);
		return OK;
	case FRAME_JWT_SVIDS:
		return tokens_take(&m->core.tokens, &r);
	case FRAME_RIGHT_ENDED:
		m->right.is_revoked = true;
		end_right(m, "the right ended");
		return OK;
	default:
		return STATUS_MALFORMED;
	}
}

static void on_agent(evutil_socket_t fd, short what, void *arg)
{
	struct mint *m = arg;
	enum status status = channel_fill(&m->agent);
	struct frame frame;

	(void)fd;
	(void)what;
	if (status == OK)
		status = channel_take(&m->agent, &frame);
	if (status == STATUS_NOT_FOUND)
		return;
	if (status == OK)
		status = serve(m, &frame);
	m->is_ending = m->is_ending || status != OK;
}

/* The times are looked at whenever the loop turns. */
static void on_clock_set(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	(void)arg;
	clock_set_take(fd);
}

static void on_broker(evutil_socket_t fd, short what, void *arg)
{
	struct mint *m = arg;

	(void)fd;
	(void)what;
	signing_take(&m->signing);
}

/* A signal, or the broker's end of its channel closed. */
static void on_end(evutil_socket_t fd, short what, void *arg)
{
	struct mint *m = arg;

	(void)fd;
	(void)what;
	m->is_ending = true;
}

/* What is due is looked at whenever the loop turns. */
static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* Until agent or broker goes or we are told to end: then nobody would take the
 * files away when their time is over. */
static void turn(struct mint *m)
{
	while (!m->is_ending) {
		keep_all(m);
		if (m->signing.is_gone) {
			log_line(LOG_LEVEL_ERROR, "the broker is gone");
			return;
		}

		struct timeval wait = { .tv_sec = (time_t)wait_s(m) };

		if (event_add(m->tick, &wait) != 0 || event_base_loop(m->base, EVLOOP_ONCE) != 0)
			return;
	}
}

/* Level-triggered: what one turn leaves, the next one finds. */
static bool loop(struct mint *m)
{
	struct event *const events[EVENTS] = {
		event_new(m->base, m->agent.fd, EV_READ | EV_PERSIST, on_agent, m),
		event_new(m->base, m->signing.broker.fd, EV_CLOSED | EV_PERSIST, on_end, m),
		event_new(m->base, m->signing.broker.fd, EV_READ | EV_PERSIST, on_broker, m),
		event_new(m->base, m->signals, EV_READ | EV_PERSIST, on_end, m),
		event_new(m->base, m->clock_set, EV_READ | EV_PERSIST, on_clock_set, m),
		event_new(m->base, core_jobs_fd(&m->core), EV_READ | EV_PERSIST, on_tick, m),
		event_new(m->base, -1, 0, on_tick, m),
	};
	bool is_good = true;

	m->tick = events[EVENTS - 1];
	for (size_t i = 0; i < EVENTS; i++)
		is_good = is_good && events[i] != NULL &&
			  (events[i] == m->tick || event_add(events[i], NULL) == 0);
	if (is_good)
		turn(m);
	for (size_t i = 0; i < EVENTS; i++) {
		if (events[i] != NULL)
			event_free(events[i]);
	}
	return is_good;
}

static int open_signals(void)
{
	sigset_t ending;

	/* A terminal sends its signals to each process of the group. When the
	 * parent dies, the files must go before we do. */
	if (sigemptyset(&ending) != 0 || sigaddset(&ending, SIGTERM) != 0 ||
	    sigaddset(&ending, SIGINT) != 0 || sigaddset(&ending, SIGHUP) != 0 ||
	    sigprocmask(SIG_BLOCK, &ending, NULL) != 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		return -1;
	/* Of who opens a file just while there is a lease on it (executable.h). */
	if (signal(SIGIO, SIG_IGN) == SIG_ERR)
		return -1;
	return signalfd(-1, &ending, SFD_CLOEXEC);
}

/* Each connection has its caller's pidfd and /proc directory beside it. */
static void raise_file_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	files.rlim_cur = files.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

static size_t number(const struct configuration *c, const char *key)
{
	return (size_t)settings_number(c->settings, "workload-api", NULL, key);
}

/* Clients wait for a socket rather than for a right: it is there from the start, and
 * says UNAVAILABLE. */
static enum status serve_workloads(struct mint *m)
{
	const struct configuration *c = m->configuration;
	const struct workload_limits limits = {
		.connections = number(c, "connections"),
		.connections_per_user = number(c, "connections_per_user"),
		.streams_per_connection = number(c, "streams_per_connection"),
		.streams_per_user = number(c, "streams_per_user"),
		.requests_per_user = number(c, "requests_per_user"),
	};

	if (c->socket_count == 0)
		return OK;
	raise_file_limit();
	core_serve(&m->core, &m->source);

	enum status status = workload_api_new(m->base, &limits, &m->source, &m->api);

	for (size_t i = 0; status == OK && i < c->socket_count; i++)
		status = workload_api_listen(m->api, &c->sockets[i]);
	m->core.api = m->api;
	m->core.tell = workload_api_tell;
	m->core.tokens.api = m->api;
	m->core.tokens.answer = workload_api_jwt;
	return status;
}

int mint_run(const char *configuration_path)
{
	AUTO_DONE(configuration) c = { 0 };
	struct settings_error error;
	struct mint m = { .configuration = &c, .files.configuration = &c };

	m.files.signing = &m.signing;
	m.files.right = &m.right;

	log_open("attestd/mint", LOG_LEVEL_INFO);
	/* All roles read the same: attestd says once why it is none. */
	if (configuration_load(configuration_path, &c, &error) != OK)
		return ROLE_CONFIGURATION_UNUSABLE;
	m.signals = open_signals();
	m.clock_set = clock_set_open();
	m.base = event_base_new();
	if (m.signals < 0 || m.clock_set < 0 || m.base == NULL ||
	    core_init(&m.core, &m.right, &m.signing) != OK)
		return 1;
	channel_init(&m.agent, ROLE_FD_FIRST + MINT_AGENT, FRAME_RIGHT_MAX);
	signing_init(&m.signing, ROLE_FD_FIRST + MINT_BROKER);
	/* What an earlier run left belongs to a key that is gone. */
	identity_files_remove_all(&m.files);

	bool is_good = serve_workloads(&m) == OK && loop(&m);

	identity_files_remove_all(&m.files);
	m.core.tell = NULL;
	workload_api_free(m.api);
	core_done(&m.core);
	right_end(&m.right);
	channel_done(&m.agent);
	signing_done(&m.signing);
	event_base_free(m.base);
	(void)close(m.signals);
	(void)close(m.clock_set);
	return is_good ? 0 : 1;
}
