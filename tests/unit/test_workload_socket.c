/* SPDX-License-Identifier: Apache-2.0 */
/* The Workload API's socket: whose it is, and what it never takes the place of. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "attestd/mint/workload/workload_socket.h"
#include "scratch.h"

static char top[SCRATCH_MAX], path[SCRATCH_MAX + 16];
static struct event_base *base;
static int accepted;

static void on_accept(void *context, int fd, const char *socket_name)
{
	(void)context;
	assert_string_equal(socket_name, "web");
	accepted++;
	(void)close(fd);
}

static int make(void **state)
{
	(void)state;
	(void)umask(022);
	assert_non_null(mkdtemp(scratch_name(top, "socket")));
	(void)snprintf(path, sizeof(path), "%s/w.sock", top);
	base = event_base_new();
	accepted = 0;
	return base == NULL;
}

static int drop(void **state)
{
	(void)state;
	event_base_free(base);
	(void)unlink(path);
	return rmdir(top);
}

static struct workload_listener *listen_there(mode_t mode)
{
	static struct socket_settings settings;
	struct workload_listener *listener = NULL;

	settings = (struct socket_settings){
		.name = "web", .path = path, .owner = getuid(), .group = getgid(), .mode = mode
	};
	assert_int_equal(workload_listener_new(base, &settings, on_accept, NULL, &listener), OK);
	return listener;
}

static struct sockaddr_un address(void)
{
	struct sockaddr_un out = { .sun_family = AF_UNIX };

	assert_true(snprintf(out.sun_path, sizeof(out.sun_path), "%s", path) > 0);
	return out;
}

static bool connects(void)
{
	const struct sockaddr_un to = address();
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	bool is_there = connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0;

	(void)close(fd);
	return is_there;
}

/* One that is bound, and listens as long as its descriptor is open. */
static int somebody(void)
{
	const struct sockaddr_un at = address();
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static void it_is_there_with_its_mode_and_goes_with_its_owner(void **state)
{
	struct workload_listener *listener = listen_there(0620);
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0620);
	assert_true(connects());
	(void)event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(accepted, 1);
	workload_listener_free(listener);
	assert_int_equal(access(path, F_OK), -1);
}

static void what_an_earlier_run_left_is_replaced(void **state)
{
	struct workload_listener *listener;

	(void)state;
	(void)close(somebody());
	assert_false(connects());
	listener = listen_there(0600);
	assert_true(connects());
	workload_listener_free(listener);
}

static void nobody_elses_socket_is_taken(void **state)
{
	int fd = somebody();
	struct workload_listener *listener = listen_there(0600);

	(void)state;
	assert_true(connects());
	(void)event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(accepted, 0);
	workload_listener_free(listener);
	assert_true(connects());
	(void)close(fd);
}

static void a_file_stays_a_file(void **state)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_EXCL, 0600);
	struct workload_listener *listener;
	struct stat st;

	(void)state;
	assert_true(fd >= 0);
	(void)close(fd);
	listener = listen_there(0600);
	workload_listener_free(listener);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void a_directory_that_others_may_write_has_no_socket_of_ours(void **state)
{
	struct workload_listener *listener;

	(void)state;
	assert_int_equal(chmod(top, 0777), 0);
	listener = listen_there(0600);
	assert_int_equal(access(path, F_OK), -1);
	workload_listener_free(listener);
}

static void nor_has_one_below_such_a_directory(void **state)
{
	char below[SCRATCH_MAX + 8];
	struct workload_listener *listener;

	(void)state;
	(void)snprintf(below, sizeof(below), "%s/below", top);
	(void)snprintf(path, sizeof(path), "%s/w.sock", below);
	assert_int_equal(mkdir(below, 0755), 0);
	assert_int_equal(chmod(top, 0777), 0);
	listener = listen_there(0600);
	assert_int_equal(access(path, F_OK), -1);
	workload_listener_free(listener);
	/* As in /tmp: nobody else renames what is there. */
	assert_int_equal(chmod(top, 01777), 0);
	listener = listen_there(0600);
	assert_int_equal(access(path, F_OK), 0);
	workload_listener_free(listener);
	assert_int_equal(rmdir(below), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, drop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_is_there_with_its_mode_and_goes_with_its_owner),
		TEST(what_an_earlier_run_left_is_replaced),
		TEST(nobody_elses_socket_is_taken),
		TEST(a_file_stays_a_file),
		TEST(a_directory_that_others_may_write_has_no_socket_of_ours),
		TEST(nor_has_one_below_such_a_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
