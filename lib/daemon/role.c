/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/role.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ARGUMENTS_MAX 16
#define STOP_STEP_MS 10

static bool unblock_signals(void)
{
	sigset_t none;

	return sigemptyset(&none) == 0 && sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

/* In the child: each descriptor first above the range that it will land in, so
 * that none is overwritten before it was moved. */
static bool place_descriptors(const int *fds, size_t count)
{
	int moved[ROLE_FD_MAX];

	for (size_t i = 0; i < count; i++) {
		moved[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, ROLE_FD_FIRST + ROLE_FD_MAX);
		if (moved[i] < 0)
			return false;
	}
	for (size_t i = 0; i < count; i++)
		if (dup2(moved[i], ROLE_FD_FIRST + (int)i) < 0)
			return false;
	return true;
}

static void run_child(const char *program, const char *name, const char *const *arguments,
		      const int *fds, size_t count, pid_t parent)
{
	static char option[] = "--role";
	char *argv[ARGUMENTS_MAX + 4] = { program_invocation_short_name, option };
	size_t argc = 2;

	/* exec takes char *const[], and changes nothing. */
	argv[argc++] = (char *)(uintptr_t)name;
	for (size_t i = 0; arguments != NULL && arguments[i] != NULL; i++) {
		if (i >= ARGUMENTS_MAX)
			return;
		argv[argc++] = (char *)(uintptr_t)arguments[i];
	}
	argv[argc] = NULL;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		return;
	if (!place_descriptors(fds, count) || !unblock_signals())
		return;
	(void)execv(program, argv);
}

enum status role_start_program(const char *program, const char *name, const char *const *arguments,
			       const int *fds, size_t fd_count, pid_t *out)
{
	pid_t parent = getpid();

	if (fd_count > ROLE_FD_MAX)
		return STATUS_TOO_LARGE;

	pid_t pid = fork();
	if (pid < 0)
		return STATUS_IO;
	if (pid == 0) {
		run_child(program, name, arguments, fds, fd_count, parent);
		_exit(127);
	}
	*out = pid;
	return OK;
}

enum status role_start(const char *name, const char *const *arguments, const int *fds,
		       size_t fd_count, pid_t *out)
{
	return role_start_program("/proc/self/exe", name, arguments, fds, fd_count, out);
}

void role_begin(const char *name, size_t fd_count)
{
	int after = ROLE_FD_FIRST + (int)fd_count;

	/* Again, since a change of user between start and now clears it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_NAME, name) != 0)
		_exit(126);
	if (close_range((unsigned)after, ~0U, 0) != 0)
		_exit(126);
	for (int fd = ROLE_FD_FIRST; fd < after; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
			_exit(126);
}

bool role_stop(pid_t pid, int patience_ms)
{
	const struct timespec step = { .tv_nsec = STOP_STEP_MS * 1000000L };
	int how = 0;

	if (pid <= 0 || kill(pid, SIGTERM) != 0)
		return false;
	/* One that was stopped ends in order, too. */
	(void)kill(pid, SIGCONT);
	for (int waited = 0; waited < patience_ms; waited += STOP_STEP_MS) {
		pid_t ended = waitpid(pid, &how, WNOHANG);

		if (ended == pid)
			return WIFEXITED(how) && WEXITSTATUS(how) == 0;
		if (ended < 0 && errno == ECHILD)
			return false;
		(void)nanosleep(&step, NULL);
	}
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return false;
}
