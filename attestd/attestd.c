/* SPDX-License-Identifier: Apache-2.0 */
/* attestd: starts its three roles, joins them, and starts them again when one
 * ends. It opens nothing else, and reads not even the configuration: it links no
 * more than that takes. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attestd/frames.h"
#include "attestd/role_program.h"
#include "base/reader.h"
#include "config.h"
#include "daemon/clock.h"
#include "daemon/command_line.h"
#include "daemon/log.h"
#include "daemon/notify.h"
#include "daemon/role.h"
#include "daemon/role_directory.h"

#define CONFIGURATION_PATH CONFIGURATION_DIRECTORY "/attestd.conf"
#define PATIENCE_MS 3000
#define REAP_WAIT_MS 200
#define SWEEP_STEP_MS 10
/* The mint has nothing to do before there is a right, and what it loads takes
 * time from who earns it: it starts while they wait for each other. */
#define MINT_AFTER_MS 20
#define RESTART_FIRST_MS 500
#define RESTART_MOST_MS 30000
#define STATE_MAX 512
/* Roles that lived this long were no failed start. */
#define SETTLED_S 60

enum role { ROLE_BROKER, ROLE_MINT, ROLE_AGENT, ROLES };

static const struct {
	const char *name;
	size_t fds;
} roles[ROLES] = {
	[ROLE_BROKER] = { "broker", BROKER_FDS },
	[ROLE_MINT] = { "mint", MINT_FDS },
	[ROLE_AGENT] = { "agent", AGENT_FDS },
};

struct parent {
	const char *configuration_path;
	int signals;
	pid_t pids[ROLES]; /* 0: not running */
	struct channel agent;
	int mint_fds[MINT_FDS]; /* of a mint that is yet to be started, else -1 */
	int64_t mint_at; /* when; by clock_monotonic_ms() */
	bool is_ending;
	bool was_ready; /* since the start */
	bool is_unusable; /* a role said so of the configuration */
};

/* Where the roles' programs are, without a slash at the end. */
static char role_directory[PATH_MAX];

static bool program_path(enum role role, char out[PATH_MAX])
{
	int len = snprintf(out, PATH_MAX, "%s/%s", role_directory, roles[role].name);

	return len > 0 && len < PATH_MAX;
}

static void close_pair(int fds[2])
{
	for (int i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			(void)close(fds[i]);
		fds[i] = -1;
	}
}

static enum status start_one(struct parent *p, enum role role, const int *fds)
{
	const char *const arguments[] = { "--config", p->configuration_path, NULL };

	char program[PATH_MAX];

	if (!program_path(role, program))
		return STATUS_TOO_LARGE;
	if (access(program, X_OK) != 0) {
		log_line(LOG_LEVEL_ERROR, "%s: %s", program, strerror(errno));
		return STATUS_NOT_FOUND;
	}
	return role_start_program(program, roles[role].name, arguments, fds, roles[role].fds,
				  &p->pids[role]);
}

/* Until the mint is to be started; -1: it was. */
static int mint_wait_ms(const struct parent *p)
{
	int64_t left = p->mint_at - clock_monotonic_ms();

	if (p->mint_fds[0] < 0)
		return -1;
	return left > 0 ? (int)left : 0;
}

static void start_mint(struct parent *p)
{
	/* Its siblings see its end of the channels go, and end. */
	if (start_one(p, ROLE_MINT, p->mint_fds) != OK)
		log_line(LOG_LEVEL_ERROR, "mint: %s", strerror(errno));
	close_pair(p->mint_fds);
}

/* The circle: each role can reach the two others, and nobody else. Who needs
 * another waits for its answer. */
static enum status start_all(struct parent *p)
{
	int agent_broker[2] = { -1, -1 };
	int agent_mint[2] = { -1, -1 };
	int mint_broker[2] = { -1, -1 };
	int agent_parent[2] = { -1, -1 };
	enum status status = channel_pair(agent_broker);

	if (status == OK)
		status = channel_pair(agent_mint);
	if (status == OK)
		status = channel_pair(mint_broker);
	if (status == OK)
		status = channel_pair(agent_parent);
	/* The agent first, which has most to load. */
	if (status == OK)
		status = start_one(p, ROLE_AGENT,
				   (int[]){ agent_broker[0], agent_mint[0], agent_parent[0] });
	if (status == OK)
		status = start_one(p, ROLE_BROKER, (int[]){ agent_broker[1], mint_broker[1] });
	if (status == OK) {
		p->mint_at = clock_monotonic_ms() + MINT_AFTER_MS;
		channel_init(&p->agent, agent_parent[1], FRAME_SMALL_MAX);
		p->mint_fds[MINT_AGENT] = agent_mint[1];
		p->mint_fds[MINT_BROKER] = mint_broker[0];
		agent_parent[1] = agent_mint[1] = mint_broker[0] = -1;
	}
	close_pair(agent_broker);
	close_pair(agent_mint);
	close_pair(mint_broker);
	close_pair(agent_parent);
	return status;
}

/* The mint first: it takes the SVIDs away, and true is that it did. */
static bool stop_all(struct parent *p)
{
	bool is_swept = role_stop(p->pids[ROLE_MINT], PATIENCE_MS);

	(void)role_stop(p->pids[ROLE_AGENT], PATIENCE_MS);
	(void)role_stop(p->pids[ROLE_BROKER], PATIENCE_MS);
	memset(p->pids, 0, sizeof(p->pids));
	close_pair(p->mint_fds);
	channel_done(&p->agent);
	return is_swept;
}

/* One that was stopped does not do its work either: a mint would leave SVIDs
 * where they are. It stays to be ended. */
static void note_end(struct parent *p, enum role role, int how)
{
	const char *what = WIFSIGNALED(how) ? "signal" : "status";
	int which = WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how);

	if (WIFSTOPPED(how))
		log_line(LOG_LEVEL_WARNING, "%s was stopped (signal %d)", roles[role].name,
			 WSTOPSIG(how));
	else
		log_line(LOG_LEVEL_WARNING, "%s ended (%s %d)", roles[role].name, what, which);
	if (!WIFSTOPPED(how))
		p->pids[role] = 0;
	if (WIFEXITED(how) && which == ROLE_CONFIGURATION_UNUSABLE)
		p->is_unusable = true;
}

/* Did any role end, or stop? */
static bool reap(struct parent *p)
{
	bool is_any = false;
	int how;
	pid_t pid;

	while ((pid = waitpid(-1, &how, WNOHANG | WUNTRACED)) > 0) {
		for (size_t i = 0; i < ROLES; i++) {
			if (p->pids[i] != pid)
				continue;
			note_end(p, (enum role)i, how);
			is_any = true;
		}
	}
	return is_any;
}

static void take_signal(struct parent *p)
{
	struct signalfd_siginfo signal;

	if (read(p->signals, &signal, sizeof(signal)) != (ssize_t)sizeof(signal))
		return;
	if (signal.ssi_signo != SIGCHLD)
		p->is_ending = true;
}

/* READY and the state go to systemd; text is checked as everything from a role
 * is: a newline would be another assignment. */
static enum status take_frame(struct parent *p, const struct frame *frame)
{
	struct reader r = reader_over(frame->body);
	char line[16 + STATE_MAX];

	if (frame->fd >= 0)
		(void)close(frame->fd);
	if (frame->type == FRAME_READY) {
		p->was_ready = true;
		notify(span_text("READY=1"));
		return reader_end(&r);
	}

	struct span text = reader_sized(&r, STATE_MAX);

	if (frame->type != FRAME_STATE || reader_end(&r) != OK)
		return STATUS_MALFORMED;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < ' ' || text.data[i] > '~')
			return STATUS_MALFORMED;
	}
	(void)snprintf(line, sizeof(line), "STATUS=%.*s", (int)text.len,
		       text.len > 0 ? (const char *)text.data : "");
	notify(span_text(line));
	return OK;
}

static enum status serve_agent(struct parent *p)
{
	struct frame frame;
	enum status status = channel_fill(&p->agent);

	if (status == OK)
		status = channel_take(&p->agent, &frame);
	if (status == STATUS_NOT_FOUND)
		return OK;
	return status == OK ? take_frame(p, &frame) : status;
}

/* Until a role ends or we are told to. */
static void watch(struct parent *p)
{
	enum status status = OK;

	while (status == OK && !p->is_ending) {
		struct pollfd fds[] = { { .fd = p->signals, .events = POLLIN },
					{ .fd = p->agent.fd, .events = POLLIN } };

		(void)poll(fds, 2, mint_wait_ms(p));
		if (mint_wait_ms(p) == 0)
			start_mint(p);
		if (fds[0].revents != 0)
			take_signal(p);
		if (reap(p))
			return;
		if (fds[1].revents != 0)
			status = serve_agent(p);
	}
	/* The agent follows a role that ended; say which one began. */
	if (status != OK &&
	    poll(&(struct pollfd){ .fd = p->signals, .events = POLLIN }, 1, REAP_WAIT_MS) > 0)
		(void)reap(p);
}

/* A mint that died left SVIDs behind, and its successor may have to wait. One
 * that has nobody to talk to removes them and ends. */
static void sweep(struct parent *p)
{
	int agent_mint[2] = { -1, -1 };
	int mint_broker[2] = { -1, -1 };
	enum status status = channel_pair(agent_mint);

	if (status == OK)
		status = channel_pair(mint_broker);
	if (status == OK)
		status = start_one(p, ROLE_MINT, (int[]){ agent_mint[1], mint_broker[0] });
	close_pair(agent_mint);
	close_pair(mint_broker);
	for (int waited = 0; waited < PATIENCE_MS && p->pids[ROLE_MINT] != 0;
	     waited += SWEEP_STEP_MS) {
		(void)poll(NULL, 0, SWEEP_STEP_MS);
		if (waitpid(p->pids[ROLE_MINT], NULL, WNOHANG) == p->pids[ROLE_MINT])
			p->pids[ROLE_MINT] = 0;
	}
	(void)role_stop(p->pids[ROLE_MINT], PATIENCE_MS);
	p->pids[ROLE_MINT] = 0;
	if (status != OK)
		log_line(LOG_LEVEL_ERROR, "SVIDs of a mint that died: %s", status_text(status));
}

/* A SIGTERM in between ends the wait; a role's late SIGCHLD does not. */
static void pause_ms(struct parent *p, int ms)
{
	int64_t until = clock_monotonic_ms() + ms;

	while (!p->is_ending && clock_monotonic_ms() < until) {
		struct pollfd fd = { .fd = p->signals, .events = POLLIN };

		if (poll(&fd, 1, (int)(until - clock_monotonic_ms())) > 0)
			take_signal(p);
	}
}

static int open_signals(void)
{
	sigset_t wanted;

	if (sigemptyset(&wanted) != 0 || sigaddset(&wanted, SIGTERM) != 0 ||
	    sigaddset(&wanted, SIGINT) != 0 || sigaddset(&wanted, SIGHUP) != 0 ||
	    sigaddset(&wanted, SIGCHLD) != 0 || sigprocmask(SIG_BLOCK, &wanted, NULL) != 0)
		return -1;
	return signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Becomes a role's program for what concerns the configuration; any will do. */
static int ask_program(const char *option, const char *configuration_path)
{
	char program[PATH_MAX];

	if (!program_path(ROLE_MINT, program))
		return 2;
	(void)execl(program, "attestd", option, configuration_path == NULL ? NULL : "--config",
		    configuration_path, (char *)NULL);
	(void)fprintf(stderr, "attestd: %s: %s\n", program, strerror(errno));
	return 2;
}

/* Once, for all roles. */
static void say_what_is_wrong(const struct parent *p)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(ask_program("--check-config", p->configuration_path));
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	log_line(LOG_LEVEL_ERROR, "%s: cannot be used", p->configuration_path);
}

static int supervise(const char *configuration_path)
{
	struct parent p = { .configuration_path = configuration_path, .mint_fds = { -1, -1 } };
	int wait_ms = RESTART_FIRST_MS;

	channel_init(&p.agent, -1, 0);
	p.signals = open_signals();
	if (p.signals < 0)
		return EXIT_FAILURE;
	while (!p.is_ending) {
		int64_t started = clock_monotonic_ms();

		if (start_all(&p) == OK)
			watch(&p);

		bool is_swept = stop_all(&p);

		if (p.is_unusable)
			say_what_is_wrong(&p);
		/* At a start another would find the same. */
		if (p.is_unusable && !p.was_ready)
			return ROLE_CONFIGURATION_UNUSABLE;
		if (!is_swept)
			sweep(&p);
		p.is_unusable = false;
		if (clock_monotonic_ms() - started > SETTLED_S * 1000)
			wait_ms = RESTART_FIRST_MS;
		if (!p.is_ending)
			log_line(LOG_LEVEL_WARNING, "starts again in %d ms", wait_ms);
		pause_ms(&p, wait_ms);
		wait_ms = wait_ms * 2 < RESTART_MOST_MS ? wait_ms * 2 : RESTART_MOST_MS;
	}
	notify(span_text("STOPPING=1"));
	(void)close(p.signals);
	return EXIT_SUCCESS;
}

static void print_help(void)
{
	(void)puts("usage: attestd [--config FILE]\n"
		   "\n"
		   "Proves by the TPM what this host runs, and keeps the SVIDs of its workloads\n"
		   "while a verifier believes it.\n"
		   "\n"
		   "  --config FILE     read FILE instead of " CONFIGURATION_PATH "\n"
		   "  --check-config    say whether the configuration is good, and end\n"
		   "  --help-settings   every setting with its default\n"
		   "  --version\n"
		   "  --help\n"
		   "\n"
		   "It stays in the foreground and logs to standard error, as systemd wants it.\n"
		   "See attestd(8) and attestd.conf(5).");
}

enum choice { CHOICE_CONFIG = 1, CHOICE_CHECK, CHOICE_SETTINGS, CHOICE_VERSION, CHOICE_HELP };

static const struct option options[] = {
	{ "config", required_argument, NULL, CHOICE_CONFIG },
	{ "check-config", no_argument, NULL, CHOICE_CHECK },
	{ "help-settings", no_argument, NULL, CHOICE_SETTINGS },
	{ "version", no_argument, NULL, CHOICE_VERSION },
	{ "help", no_argument, NULL, CHOICE_HELP },
	{ 0 },
};

int main(int argc, char **argv)
{
	const char *path = CONFIGURATION_PATH;
	bool is_check = false;
	int choice;

	if (!role_directory_find(SBINDIR, ROLEDIR, role_directory))
		return EXIT_FAILURE;
	while ((choice = command_line_next(argc, argv, "", options)) != -1) {
		switch (choice) {
		case CHOICE_CONFIG:
			path = optarg;
			if (path[0] != '\0')
				break;
			(void)fputs("attestd: --config wants a file; see attestd --help\n", stderr);
			return 2;
		case CHOICE_CHECK:
			is_check = true;
			break;
		case CHOICE_SETTINGS:
			return ask_program("--help-settings", NULL);
		case CHOICE_VERSION:
			(void)puts(PACKAGE_STRING);
			return EXIT_SUCCESS;
		case CHOICE_HELP:
			print_help();
			return EXIT_SUCCESS;
		default:
			(void)fputs("attestd --help tells how it is used\n", stderr);
			return 2;
		}
	}
	if (optind != argc) {
		(void)fprintf(stderr, "attestd: %s: not understood; see attestd --help\n",
			      argv[optind]);
		return 2;
	}
	if (is_check)
		return ask_program("--check-config", path);
	log_open("attestd", LOG_LEVEL_INFO);
	return supervise(path);
}
