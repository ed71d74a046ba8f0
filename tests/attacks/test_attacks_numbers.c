/* SPDX-License-Identifier: Apache-2.0 */
/* Process numbers and whose they are (s13): used again, and seen from other
 * namespaces. */
#include "attacks.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attestd/mint/caller/peer.h"
#include "workload_scene.h"

/* asm-generic/socket.h, Linux 6.5 */
#define PEERPIDFD 77

/* In a PID namespace of its own, in which it is not the first: that one waits. */
static void enter_pid_namespace(void)
{
	int how = 0;

	if (unshare(CLONE_NEWPID) != 0)
		_exit(33);

	pid_t pid = fork();

	if (pid == 0)
		return;
	(void)waitpid(pid, &how, 0);
	_exit(WIFEXITED(how) ? WEXITSTATUS(how) : 34);
}

static void s13_a_caller_in_a_pid_namespace_below_is_known_by_our_number(void **state)
{
	(void)state;
	need_root();
	AUTO_DONE(workload) w = workload_called("one", true, enter_pid_namespace);
	struct caller_facts facts = workload_look(&w);
	const char *why = NULL;

	/* Not 1, as it has it. */
	assert_true(facts.pid > 1 && facts.pid != w.pid);
	workload_assert_executable(&facts, workload_path("one"));
	assert_int_equal(caller_confirm(w.caller, &facts, &why), OK);
	workload_order(&w, WORKLOAD_END, 0, NULL);
	assert_int_equal(workload_wait(&w), 0);
}

/* In a process of its own, from which it does not return. */
static int play(workload_preparation prepare, int (*role)(void))
{
	int how = -1;
	pid_t pid = fork();

	if (pid == 0) {
		(void)alarm(60);
		prepare();
		_exit(role());
	}
	assert_int_equal(waitpid(pid, &how, 0), pid);
	return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

/* A mint for whom callers stand outside of its namespace. */
static int refuse_an_outsider(void)
{
	struct caller *c = NULL;
	unsigned looked = 0;
	const char *why = "";
	int connected = workload_accept();

	return caller_open(connected, span_text(""), &c, &looked, &why) == STATUS_DENIED &&
			       strstr(why, "PID namespace") != NULL
		       ? 0
		       : 1;
}

static void s13_a_caller_outside_the_pid_namespace_is_refused(void **state)
{
	(void)state;
	need_root();

	pid_t client = fork();

	if (client == 0) {
		(void)execl(workload_path("one"), "one", workload_path("socket"), (char *)NULL);
		_exit(35);
	}
	assert_int_equal(play(enter_pid_namespace, refuse_an_outsider), 0);
	(void)kill(client, SIGKILL);
	(void)waitpid(client, NULL, 0);
}

/* Its numbers are ours to give: nobody else has processes there. */
static void enter_numbered_namespace(void)
{
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		_exit(36);
	enter_pid_namespace();
	if (mount("proc", "/proc", "proc", 0, NULL) != 0)
		_exit(37);
}

/* Another program is the process of this number now; false where the kernel does
 * not give it. */
static struct workload start_as_number(pid_t pid)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", (int)pid - 1);

	int fd = open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC);
	bool is_set = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		(void)close(fd);
	if (!is_set)
		_exit(38);

	struct workload victim = workload_start("two", true, NULL);

	if (victim.pid != pid)
		_exit(39);
	return victim;
}

/* Its process is gone, and another has its number. */
static int reuse_a_known_callers_number(void)
{
	struct workload w = workload_called("one", true, NULL);
	struct caller_facts facts = { 0 };
	const char *why = "";
	pid_t pid = w.pid;

	if (caller_look(w.caller, &facts, &why) != OK)
		return 1;
	workload_order(&w, WORKLOAD_END, 0, NULL);
	(void)workload_wait(&w);
	(void)start_as_number(pid);
	if (caller_look(w.caller, &facts, &why) != STATUS_DENIED)
		return 2;
	return caller_confirm(w.caller, &facts, &why) == STATUS_DENIED ? 0 : 3;
}

static void s13_the_next_process_of_a_callers_number_is_not_the_caller(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(play(enter_numbered_namespace, reuse_a_known_callers_number), 0);
}

/* It connects, leaves the socket to a child and dies; its number is another's
 * before anybody has looked. */
static int reuse_an_unknown_callers_number(void)
{
	struct workload w = workload_start("one", true, NULL);
	struct caller *c = NULL;
	struct peer peer = { .pidfd = -1 };
	struct caller_facts facts = { 0 };
	unsigned looked = 0;
	const char *why = "";
	pid_t pid = w.pid;

	workload_order(&w, WORKLOAD_LEAVE, 0, NULL);
	(void)workload_wait(&w);
	(void)start_as_number(pid);
	/* Before Linux 6.5: the number alone would be the victim's. */
	if (peer_open_by_pid(w.socket, &peer, &looked, &why) != STATUS_DENIED ||
	    strstr(why, "has the number") == NULL)
		return 1;
	if (caller_open(w.socket, span_text(""), &c, &looked, &why) == OK &&
	    caller_look(c, &facts, &why) != STATUS_DENIED)
		return 2;
	return 0;
}

static void s13_the_next_process_of_a_number_did_not_connect(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(play(enter_numbered_namespace, reuse_an_unknown_callers_number), 0);
}

/* What happens right behind the caller_open()'s first step. */
static void (*after_pidfd)(void);

int getsockopt(int fd, int level, int option, void *value, socklen_t *len)
{
	int result = (int)syscall(SYS_getsockopt, fd, level, option, value, len);
	int saved = errno;

	if (option == PEERPIDFD && after_pidfd != NULL) {
		void (*act)(void) = after_pidfd;

		after_pidfd = NULL;
		act();
	}
	errno = saved;
	return result;
}

static struct workload raced;

static void die_and_be_another(void)
{
	pid_t pid = raced.pid;

	workload_order(&raced, WORKLOAD_END, 0, NULL);
	(void)workload_wait(&raced);
	(void)start_as_number(pid);
}

static int reuse_between_pidfd_and_proc(void)
{
	struct caller *c = NULL;
	struct caller_facts facts = { 0 };
	unsigned looked = 0;
	const char *why = "";

	raced = workload_start("one", true, NULL);
	after_pidfd = die_and_be_another;
	if (caller_open(raced.socket, span_text(""), &c, &looked, &why) != OK)
		return after_pidfd == NULL ? 0 : 1;
	/* The directory in /proc is the victim's, who never connected here. */
	return caller_look(c, &facts, &why) == STATUS_DENIED ? 0 : 2;
}

static void s13_a_number_that_changes_hands_while_it_is_looked_at_is_nobodys(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(play(enter_numbered_namespace, reuse_between_pidfd_and_proc), 0);
}

static void s13_without_peerpidfd_whoever_holds_the_socket_is_the_caller(void **state)
{
	(void)state;
	AUTO_DONE(workload) w = workload_start("one", true, NULL);
	struct peer peer = { .pidfd = -1 };
	unsigned looked = 0;
	const char *why = "";

	assert_int_equal(peer_open_by_pid(w.socket, &peer, &looked, &why), OK);
	assert_int_equal(peer.pid, w.pid);
	assert_true(looked > 0 && looked < 32);
	assert_true(peer_is_alive(peer.pidfd));
	workload_order(&w, WORKLOAD_END, 0, NULL);
	assert_int_equal(workload_wait(&w), 0);
	assert_false(peer_is_alive(peer.pidfd));
	peer_done(&peer);
	/* Nobody is, any more. */
	assert_int_equal(peer_open_by_pid(w.socket, &peer, &looked, &why), STATUS_DENIED);
}

/* This process is there, and nothing of it is looked through. */
static void s13_without_peerpidfd_a_connection_that_was_closed_is_nobodys(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct peer peer = { .pidfd = -1 };
	unsigned looked = 0;
	const char *why = "";
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", workload_path("socket"));
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);

	int accepted = workload_accept();

	assert_int_equal(close(fd), 0);
	assert_int_equal(peer_open_by_pid(accepted, &peer, &looked, &why), STATUS_DENIED);
	assert_int_equal(looked, 0);
	assert_non_null(strstr(why, "was closed"));
	(void)close(accepted);
}

/* Its connection is behind all that it had before. */
static void open_many(void)
{
	const struct rlimit files = { 2 * PEER_DESCRIPTORS_MAX, 2 * PEER_DESCRIPTORS_MAX };

	/* Those that the program would not have leave no place in front. */
	if (setrlimit(RLIMIT_NOFILE, &files) != 0 || close_range(STDERR_FILENO + 1, ~0U, 0) != 0)
		_exit(41);
	for (int i = 0; i < PEER_DESCRIPTORS_MAX; i++) {
		if (dup(STDIN_FILENO) < 0)
			_exit(42);
	}
}

static void s13_without_peerpidfd_nobody_is_looked_for_without_end(void **state)
{
	(void)state;
	need_root();
	AUTO_DONE(workload) w = workload_start("one", true, open_many);
	struct peer peer = { .pidfd = -1 };
	unsigned looked = 0;
	const char *why = "";

	assert_int_equal(peer_open_by_pid(w.socket, &peer, &looked, &why), STATUS_DENIED);
	assert_int_equal(looked, PEER_DESCRIPTORS_MAX);
	assert_non_null(strstr(why, "too many descriptors"));
}

static void enter_network_namespace(void)
{
	if (unshare(CLONE_NEWNET) != 0)
		_exit(40);
}

/* As a unit with PrivateNetwork=. Before Linux 6.5 it is not known who connected, since a
 * socket is told of in its own namespace alone: a stated limit, and a refusal. */
static void s13_a_caller_without_our_network_is_known_by_its_pidfd_alone(void **state)
{
	(void)state;
	need_root();
	AUTO_DONE(workload) w = workload_start("one", true, enter_network_namespace);
	struct peer peer = { .pidfd = -1 };
	unsigned looked = 0;
	const char *why = "";
	enum status status = peer_open(w.socket, &peer, &looked, &why);

	if (status == OK) {
		assert_int_equal(peer.pid, w.pid);
		peer_done(&peer);
		status = peer_open_by_pid(w.socket, &peer, &looked, &why);
	}
	assert_int_equal(status, STATUS_UNSUPPORTED);
	assert_non_null(strstr(why, "cannot tell who connected"));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(s13_a_caller_in_a_pid_namespace_below_is_known_by_our_number),
	cmocka_unit_test(s13_a_caller_outside_the_pid_namespace_is_refused),
	cmocka_unit_test(s13_the_next_process_of_a_callers_number_is_not_the_caller),
	cmocka_unit_test(s13_the_next_process_of_a_number_did_not_connect),
	cmocka_unit_test(s13_a_number_that_changes_hands_while_it_is_looked_at_is_nobodys),
	cmocka_unit_test(s13_without_peerpidfd_whoever_holds_the_socket_is_the_caller),
	cmocka_unit_test(s13_without_peerpidfd_a_connection_that_was_closed_is_nobodys),
	cmocka_unit_test(s13_without_peerpidfd_nobody_is_looked_for_without_end),
	cmocka_unit_test(s13_a_caller_without_our_network_is_known_by_its_pidfd_alone),
};

ATTACKS_MAIN_WITH(tests, workload_scene_begin, workload_scene_end)
