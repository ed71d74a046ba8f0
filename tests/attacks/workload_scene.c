/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "workload_scene.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/file.h"
#include "scratch.h"

#define PROGRAM_MAX ((size_t)64 << 20)
#define PATIENCE_MS 60000
#define UNIT_TRIES 1000 /* ten milliseconds apart */

static char directory[SCRATCH_MAX];
static int listener = -1;

const char *workload_path(const char *name)
{
	static char paths[4][192];
	static unsigned next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

void workload_program(const char *name)
{
	AUTO_DONE(bytes) program = { 0 };
	const char *build = getenv("builddir");
	char from[512];

	(void)snprintf(from, sizeof(from), "%s/tests/attacks/workload_process",
		       build == NULL ? "." : build);
	assert_int_equal(file_read(from, PROGRAM_MAX, &program), OK);
	assert_int_equal(
		file_replace(workload_path(name), span_of(&program), 0755, (uid_t)-1, (gid_t)-1),
		OK);
}

void workload_remove(const char *name)
{
	(void)unlink(workload_path(name));
}

int workload_scene_begin(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)state;
	assert_non_null(mkdtemp(scratch_name(directory, "workload")));
	assert_int_equal(chmod(directory, 0755), 0);
	workload_program("one");
	workload_program("two");
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(listener >= 0);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", workload_path("socket"));
	assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(chmod(address.sun_path, 0777), 0);
	assert_int_equal(listen(listener, 8), 0);
	return 0;
}

int workload_scene_end(void **state)
{
	(void)state;
	(void)close(listener);
	workload_remove("one");
	workload_remove("two");
	workload_remove("socket");
	return rmdir(directory);
}

void need_root(void)
{
	if (geteuid() != 0)
		skip();
}

int workload_accept(void)
{
	struct pollfd fd = { .fd = listener, .events = POLLIN };

	assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);

	struct sockaddr_un address;
	socklen_t len = sizeof(address);
	int accepted = accept4(listener, (struct sockaddr *)&address, &len, SOCK_CLOEXEC);

	assert_true(accepted >= 0);
	return accepted;
}

static void wait_ready(int socket)
{
	struct pollfd fd = { .fd = socket, .events = POLLIN };
	char byte = 0;

	assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
	assert_int_equal(read(socket, &byte, 1), 1);
	assert_int_equal(byte, WORKLOAD_READY);
}

struct workload workload_start(const char *name, bool is_root, workload_preparation prepare)
{
	struct workload w = { .socket = -1 };
	const char *path = workload_path(name);
	const char *socket_path = workload_path("socket");

	w.pid = fork();
	assert_true(w.pid >= 0);
	if (w.pid == 0) {
		if (prepare != NULL)
			prepare();
		if (!is_root && (setresgid(WORKLOAD_GID, WORKLOAD_GID, WORKLOAD_GID) != 0 ||
				 setresuid(WORKLOAD_UID, WORKLOAD_UID, WORKLOAD_UID) != 0))
			_exit(20);
		(void)execl(path, path, socket_path, (char *)NULL);
		_exit(21);
	}
	w.socket = workload_accept();
	wait_ready(w.socket);
	return w;
}

struct workload workload_called(const char *name, bool is_root, workload_preparation prepare)
{
	struct workload w = workload_start(name, is_root, prepare);
	unsigned looked = 0;
	const char *why = NULL;

	assert_int_equal(
		caller_open(w.socket, span_text(WORKLOAD_SOCKET), &w.caller, &looked, &why), OK);
	return w;
}

void workload_order(const struct workload *w, enum workload_verb verb, int number, const char *path)
{
	struct workload_order order = { .verb = verb, .number = number };

	if (path != NULL)
		(void)snprintf(order.path, sizeof(order.path), "%s", path);
	assert_int_equal(write(w->socket, &order, sizeof(order)), (ssize_t)sizeof(order));
}

void workload_do(const struct workload *w, enum workload_verb verb, int number, const char *path)
{
	workload_order(w, verb, number, path);
	wait_ready(w->socket);
}

int workload_wait(struct workload *w)
{
	int how = -1;

	assert_int_equal(waitpid(w->pid, &how, 0), w->pid);
	w->pid = 0;
	return how;
}

void workload_done(struct workload *w)
{
	if (w->pid > 0) {
		(void)kill(w->pid, SIGKILL);
		(void)waitpid(w->pid, NULL, 0);
	}
	caller_free(w->caller);
	if (w->socket >= 0)
		(void)close(w->socket);
	*w = (struct workload){ .socket = -1 };
}

static char unit_path[1024];
static char cgroup_top[64];

static bool enter_cgroup(const char *path, pid_t pid)
{
	char procs[sizeof(unit_path) + 16];
	char text[16];

	(void)snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);

	int len = snprintf(text, sizeof(text), "%d", (int)pid);
	int fd = open(procs, O_WRONLY | O_CLOEXEC);
	bool is_in = fd >= 0 && write(fd, text, (size_t)len) == len;

	if (fd >= 0)
		(void)close(fd);
	return is_in;
}

bool workload_make_unit(void)
{
	static const char *const tops[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

	for (size_t i = 0; i < 2; i++) {
		(void)snprintf(unit_path, sizeof(unit_path), "%s/cgroup.controllers", tops[i]);
		if (access(unit_path, F_OK) != 0)
			continue;
		(void)snprintf(unit_path, sizeof(unit_path), "%s/attestd-test-%d.service", tops[i],
			       (int)getpid());
		(void)snprintf(cgroup_top, sizeof(cgroup_top), "%s", tops[i]);
		if (mkdir(unit_path, 0755) == 0)
			return true;
	}
	/* Nothing that workload_drop_unit() might take for one of its own. */
	unit_path[0] = '\0';
	return false;
}

void workload_deepen_unit(size_t count, char *path, size_t size)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(unit_path);

		assert_true(len + sizeof("/u") <= sizeof(unit_path));
		(void)snprintf(unit_path + len, sizeof(unit_path) - len, "/u");
		assert_int_equal(mkdir(unit_path, 0755), 0);
	}
	(void)snprintf(path, size, "%s", unit_path + strlen(cgroup_top));
}

/* What a test that failed left in it. */
static void kill_unit(void)
{
	char kill_path[sizeof(unit_path) + 16];

	(void)snprintf(kill_path, sizeof(kill_path), "%s/cgroup.kill", unit_path);

	int fd = open(kill_path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1", 1) != 1)
		print_error("%s: %s\n", kill_path, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
}

void workload_drop_unit(void)
{
	size_t left = UNIT_TRIES;

	while (unit_path[0] != '\0' && strcmp(unit_path, cgroup_top) != 0 && left > 0) {
		if (rmdir(unit_path) == 0 || errno != EBUSY) {
			*strrchr(unit_path, '/') = '\0';
			continue;
		}
		if (left-- == UNIT_TRIES)
			kill_unit();
		(void)usleep(10000);
	}
	unit_path[0] = '\0';
}

const char *workload_cgroup_top(void)
{
	return cgroup_top;
}

void workload_remove_unit(void)
{
	assert_int_equal(rmdir(unit_path), 0);
}

void workload_enter_unit(void)
{
	if (!enter_cgroup(unit_path, 0))
		_exit(22);
}

void workload_return_to_unit(pid_t pid)
{
	assert_true(enter_cgroup(unit_path, pid));
}

void workload_leave_unit(pid_t pid)
{
	assert_true(enter_cgroup(cgroup_top, pid));
}

struct caller_facts workload_look(const struct workload *w)
{
	struct caller_facts facts;
	const char *why = NULL;

	assert_int_equal(caller_look(w->caller, &facts, &why), OK);
	return facts;
}

void workload_assert_executable(const struct caller_facts *f, const char *path)
{
	if (!span_equal(f->executable, span_text(path)))
		fail_msg("%.*s, not %s", (int)f->executable.len, (const char *)f->executable.data,
			 path);
}
