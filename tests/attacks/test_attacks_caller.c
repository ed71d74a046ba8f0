/* SPDX-License-Identifier: Apache-2.0 */
/* Who is on the other end of a Unix socket (s13): real processes that try to be
 * taken for others. What is not prevented is shown, too. */
#include "attacks.h"

#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/file.h"
#include "workload_scene.h"

static void assert_refused(struct caller *c, const char *because)
{
	struct caller_facts facts = { 0 };
	const char *why = NULL;

	assert_int_equal(caller_look(c, &facts, &why), STATUS_DENIED);
	assert_non_null(strstr(why, because));
	assert_int_equal(facts.pid, 0);
}

static bool is_readable(int fd, int patience_ms)
{
	struct pollfd wanted = { .fd = fd, .events = POLLIN };

	return poll(&wanted, 1, patience_ms) == 1;
}

static void s13_a_caller_is_the_process_that_connected(void **state)
{
	(void)state;
	need_root();
	AUTO_DONE(workload) w = workload_called("one", false, NULL);
	struct caller_facts facts = workload_look(&w);
	const char *why = NULL;
	struct stat st;

	assert_int_equal(facts.pid, w.pid);
	assert_int_equal(facts.uid, WORKLOAD_UID);
	assert_int_equal(facts.gid, WORKLOAD_GID);
	workload_assert_executable(&facts, workload_path("one"));
	assert_true(span_equal(facts.socket, span_text(WORKLOAD_SOCKET)));
	assert_int_equal(stat(workload_path("one"), &st), 0);
	assert_int_equal(facts.file.device, st.st_dev);
	assert_int_equal(facts.file.inode, st.st_ino);
	assert_int_equal(facts.digest.alg, DIGEST_NONE);
	assert_int_equal(caller_confirm(w.caller, &facts, &why), OK);
}

static void s13_a_caller_that_exits_is_nobody(void **state)
{
	(void)state;
	AUTO_DONE(workload) w = workload_called("one", true, NULL);
	struct caller_facts facts = workload_look(&w);
	const char *why = NULL;

	assert_false(is_readable(caller_exit_fd(w.caller), 0));
	workload_order(&w, WORKLOAD_END, 0, NULL);
	assert_true(is_readable(caller_exit_fd(w.caller), 20000));
	/* A zombie is nobody, and neither is what is left once it was reaped. */
	assert_int_equal(caller_confirm(w.caller, &facts, &why), STATUS_DENIED);
	assert_refused(w.caller, "gone");
	assert_int_equal(workload_wait(&w), 0);
	assert_refused(w.caller, "gone");
}

/* What is and is not prevented: the answer is for what the process is between the
 * question and the reply; what it becomes once it has the reply is its own. */
static void s13_exec_after_connect_is_seen_until_the_reply(void **state)
{
	(void)state;
	AUTO_DONE(workload) w = workload_called("one", true, NULL);
	struct caller_facts before = workload_look(&w);
	const char *why = NULL;

	/* Prevented: it asks as one and takes the answer as two. */
	workload_do(&w, WORKLOAD_EXECUTE, 0, workload_path("two"));
	assert_int_equal(caller_confirm(w.caller, &before, &why), STATUS_MISMATCH);

	/* Prevented: it connects as one and asks as two, or the reverse. */
	struct caller_facts now = workload_look(&w);

	workload_assert_executable(&now, workload_path("two"));
	assert_int_equal(now.pid, before.pid);
	assert_int_equal(now.started, before.started);
	workload_do(&w, WORKLOAD_EXECUTE, 0, workload_path("one"));
	now = workload_look(&w);
	workload_assert_executable(&now, workload_path("one"));

	/* Not prevented: after the last look it becomes two, and two reads what one
	 * was given. */
	assert_int_equal(caller_confirm(w.caller, &now, &why), OK);
	workload_do(&w, WORKLOAD_EXECUTE, 0, workload_path("two"));
	workload_do(&w, WORKLOAD_BECOME, 0, NULL);
}

static void s13_a_caller_that_changes_its_user_is_refused(void **state)
{
	(void)state;
	need_root();
	static const enum workload_verb changes[] = { WORKLOAD_BECOME, WORKLOAD_KEEP,
						      WORKLOAD_JOIN };

	for (size_t i = 0; i < 3; i++) {
		AUTO_DONE(workload) w = workload_called("one", true, NULL);

		(void)workload_look(&w);
		workload_do(&w, changes[i], WORKLOAD_UID, NULL);
		assert_refused(w.caller, "another user");
	}
}

/* As one does who starts an approved program to read in its memory what it is given. */
static void s13_a_caller_with_a_tracer_is_refused(void **state)
{
	(void)state;
	AUTO_DONE(workload) w = workload_called("one", true, NULL);
	struct caller_facts before = workload_look(&w);
	const char *why = NULL;

	if (ptrace(PTRACE_SEIZE, w.pid, NULL, NULL) != 0)
		skip();
	assert_refused(w.caller, "debugger");
	assert_int_equal(caller_confirm(w.caller, &before, &why), STATUS_DENIED);
	assert_int_equal(ptrace(PTRACE_INTERRUPT, w.pid, NULL, NULL), 0);
	assert_int_equal(waitpid(w.pid, NULL, __WALL), w.pid);
	assert_int_equal(ptrace(PTRACE_DETACH, w.pid, NULL, NULL), 0);
	(void)workload_look(&w);
}

static void set_id_program(mode_t mode, uid_t owner, gid_t group)
{
	workload_program("privileged");
	assert_int_equal(chown(workload_path("privileged"), owner, group), 0);
	assert_int_equal(chmod(workload_path("privileged"), mode), 0);
}

static void s13_a_set_id_program_is_refused(void **state)
{
	(void)state;
	need_root();
	for (unsigned i = 0; i < 2; i++) {
		set_id_program(i == 0 ? 04755 : 02755, 0, 0);

		AUTO_DONE(workload) w = workload_called("privileged", false, NULL);

		assert_refused(w.caller, "set-user-ID");
	}
	workload_remove("privileged");
}

static void s13_a_deleted_executable_is_refused(void **state)
{
	(void)state;
	workload_program("deleted");

	AUTO_DONE(workload) w = workload_called("deleted", true, NULL);

	(void)workload_look(&w);
	workload_remove("deleted");
	assert_refused(w.caller, "removed or replaced");
}

static void s13_an_executable_replaced_after_start_is_refused(void **state)
{
	(void)state;
	workload_program("replaced");

	AUTO_DONE(workload) w = workload_called("replaced", true, NULL);
	struct caller_facts before = workload_look(&w);
	const char *why = NULL;

	workload_program("replaced");
	assert_refused(w.caller, "removed or replaced");
	assert_int_equal(caller_confirm(w.caller, &before, &why), STATUS_DENIED);
	workload_remove("replaced");
}

static void run_from_memory(void)
{
	AUTO_DONE(bytes) program = { 0 };
	char path[32];
	int fd = memfd_create("one", 0);

	if (fd < 0 || file_read(workload_path("one"), (size_t)64 << 20, &program) != OK ||
	    !file_write_fd(fd, span_of(&program)))
		_exit(30);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	(void)execl(path, "one", workload_path("socket"), (char *)NULL);
	_exit(31);
}

static void s13_an_executable_in_memory_is_refused(void **state)
{
	(void)state;
	AUTO_DONE(workload) w = workload_called("one", true, run_from_memory);

	assert_refused(w.caller, "in memory only");
}

/* The script's own path and content are nowhere: an entry for it admits nobody, and
 * one for the interpreter whatever that runs. */
static void s13_of_a_script_the_interpreter_is_the_executable(void **state)
{
	AUTO_DONE(bytes) text = { 0 };

	(void)state;
	assert_int_equal(bytes_printf(&text, "#!%s\n", workload_path("two")), OK);
	assert_int_equal(
		file_replace(workload_path("script"), span_of(&text), 0755, (uid_t)-1, (gid_t)-1),
		OK);

	AUTO_DONE(workload) w = workload_called("script", true, NULL);
	struct caller_facts facts = workload_look(&w);

	workload_assert_executable(&facts, workload_path("two"));
	workload_remove("script");
}

/* The peer is who connected, whoever holds the socket by now: what is asked through
 * it is answered as to the former, which gave it away, and ends with it. */
static void s13_a_socket_that_was_passed_on_stays_its_connectors(void **state)
{
	(void)state;
	need_root();
	AUTO_DONE(workload) w = workload_called("one", false, NULL);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int second = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", workload_path("second"));
	assert_int_equal(bind(second, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(chmod(address.sun_path, 0777), 0);
	assert_int_equal(listen(second, 1), 0);
	workload_do(&w, WORKLOAD_PASS, 0, address.sun_path);

	/* This process holds it now, and is another user, and another executable. */
	socklen_t len = sizeof(address);
	int holder = accept4(second, (struct sockaddr *)&address, &len, SOCK_CLOEXEC);
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	char byte;
	struct iovec one = { &byte, 1 };
	struct msghdr message = { .msg_iov = &one,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	int passed = -1;

	assert_int_equal(recvmsg(holder, &message, MSG_CMSG_CLOEXEC), 1);

	const struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	assert_non_null(header);
	memcpy(&passed, CMSG_DATA(header), sizeof(passed));

	struct caller_facts facts = workload_look(&w);

	assert_int_equal(facts.uid, WORKLOAD_UID);
	workload_assert_executable(&facts, workload_path("one"));
	workload_order(&w, WORKLOAD_END, 0, NULL);
	assert_true(is_readable(caller_exit_fd(w.caller), 20000));
	/* The connection is open, and nobody's. */
	assert_int_equal(write(passed, "?", 1), 1);
	assert_refused(w.caller, "gone");
	(void)close(passed);
	(void)close(holder);
	(void)close(second);
	workload_remove("second");
}

static void make_directories(const char *path)
{
	char part[512];

	for (const char *end = strchr(path + 1, '/'); end != NULL; end = strchr(end + 1, '/')) {
		(void)snprintf(part, sizeof(part), "%.*s", (int)(end - path), path);
		(void)mkdir(part, 0755);
	}
	(void)mkdir(path, 0755);
}

static void bind_below(const char *root, const char *path)
{
	char place[512];

	(void)snprintf(place, sizeof(place), "%s%s", root, path);
	make_directories(place);
	if (mount(path, place, NULL, MS_BIND, NULL) != 0)
		_exit(40);
}

/* A root of its own with the same programs at the same paths. */
static void enter_other_root(void)
{
	const char *root = workload_path("root");
	const char *scene = workload_path("");
	char directory[192];

	(void)snprintf(directory, sizeof(directory), "%.*s", (int)strlen(scene) - 1, scene);
	if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", root, "tmpfs", 0, NULL) != 0)
		_exit(41);
	bind_below(root, "/usr");
	bind_below(root, "/lib");
	bind_below(root, "/lib64");
	bind_below(root, directory);
	if (chdir(root) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 ||
	    umount2(".", MNT_DETACH) != 0 || chdir("/") != 0)
		_exit(42);
}

static void s13_a_caller_under_another_root_is_refused(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(mkdir(workload_path("root"), 0755), 0);

	AUTO_DONE(workload) w = workload_called("one", true, enter_other_root);

	assert_refused(w.caller, "another root");
	workload_done(&w);
	assert_int_equal(rmdir(workload_path("root")), 0);
}

static void s13_the_unit_is_the_one_that_the_process_is_in(void **state)
{
	char unit[64];

	(void)state;
	need_root();
	if (!workload_make_unit())
		skip();
	(void)snprintf(unit, sizeof(unit), "attestd-test-%d.service", (int)getpid());

	AUTO_DONE(workload) w = workload_called("one", true, workload_enter_unit);
	struct caller_facts facts = workload_look(&w);
	const char *why = NULL;

	assert_true(span_equal(facts.unit, span_text(unit)));
	assert_int_equal(caller_confirm(w.caller, &facts, &why), OK);
	workload_leave_unit(w.pid);
	assert_int_equal(caller_confirm(w.caller, &facts, &why), STATUS_MISMATCH);
	workload_done(&w);
	workload_remove_unit();
}

static int drop_unit(void **state)
{
	(void)state;
	workload_drop_unit();
	return 0;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(s13_a_caller_is_the_process_that_connected),
	cmocka_unit_test(s13_a_caller_that_exits_is_nobody),
	cmocka_unit_test(s13_exec_after_connect_is_seen_until_the_reply),
	cmocka_unit_test(s13_a_caller_that_changes_its_user_is_refused),
	cmocka_unit_test(s13_a_caller_with_a_tracer_is_refused),
	cmocka_unit_test(s13_a_set_id_program_is_refused),
	cmocka_unit_test(s13_a_deleted_executable_is_refused),
	cmocka_unit_test(s13_an_executable_replaced_after_start_is_refused),
	cmocka_unit_test(s13_an_executable_in_memory_is_refused),
	cmocka_unit_test(s13_of_a_script_the_interpreter_is_the_executable),
	cmocka_unit_test(s13_a_socket_that_was_passed_on_stays_its_connectors),
	cmocka_unit_test(s13_a_caller_under_another_root_is_refused),
	cmocka_unit_test_teardown(s13_the_unit_is_the_one_that_the_process_is_in, drop_unit),
};

ATTACKS_MAIN_WITH(tests, workload_scene_begin, workload_scene_end)
