/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/file.h"
#include "service_scene.h"

#define FILE_MAX ((size_t)4 << 20)
#define STEP_MS 20

int64_t clock_ms(void)
{
	struct timespec now;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void sleep_ms(unsigned ms)
{
	const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	(void)nanosleep(&time, NULL);
}

void new_directory(char *path, size_t size)
{
	const char *top = getenv("TMPDIR");
	int len = snprintf(path, size, "%s/attestd-attack-XXXXXX", top == NULL ? "/tmp" : top);

	assert_true(len > 0 && (size_t)len < size);
	assert_non_null(mkdtemp(path));
}

void built(const char *name, struct bytes *out)
{
	const char *top = getenv("builddir");

	assert_int_equal(bytes_printf(out, "%s/%s%c", top == NULL ? "." : top, name, '\0'), OK);
}

/* In the child. */
static void become(const char *const *argv, const char *path, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);

	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0)
		_exit(126);
	(void)close(fd);
	(void)execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

pid_t start_to_file(const char *const *argv, const char *path)
{
	const pid_t parent = getpid();
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		/* A test that fails stops nothing itself. */
		if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
			_exit(126);
		become(argv, path, O_APPEND);
	}
	return pid;
}

int run_to_file(const char *const *argv, const char *path)
{
	int status = 0;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		become(argv, path, O_TRUNC);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void service_path(const struct service *s, const char *name, struct bytes *out)
{
	assert_int_equal(bytes_printf(out, "%s/%s%c", s->directory, name, '\0'), OK);
}

static void read_whole(const struct service *s, const char *name, struct bytes *out)
{
	AUTO_DONE(bytes) path = { 0 };

	service_path(s, name, &path);
	assert_int_equal(file_read((const char *)path.data, FILE_MAX, out), OK);
}

void service_log(const struct service *s, struct bytes *out)
{
	read_whole(s, "log", out);
}

/* What --init printed, with ports of the kernel's choice. */
static void write_configuration(const struct service *s, const char *server_settings)
{
	AUTO_DONE(bytes) made = { 0 };
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(bytes) path = { 0 };
	struct span rest, line;

	read_whole(s, "made.conf", &made);
	rest = span_of(&made);
	while (text_next_line(&rest, &line)) {
		enum status status = OK;

		if (span_starts_with(line, "listen = "))
			status = bytes_printf(&text, "listen = 127.0.0.1:0\n%s", server_settings);
		else if (span_starts_with(line, "admin_listen = "))
			status = bytes_printf(&text, "admin_listen = 127.0.0.1:0\n");
		else if (span_starts_with(line, "roots = "))
			status = bytes_printf(&text, "roots = %s/roots\n", s->directory);
		else
			status = bytes_printf(&text, "%.*s\n", (int)line.len,
					      (const char *)line.data);
		assert_int_equal(status, OK);
	}
	service_path(s, "verifierd.conf", &path);
	assert_int_equal(
		file_replace((const char *)path.data, span_of(&text), 0600, (uid_t)-1, (gid_t)-1),
		OK);
}

/* Some certificate: nobody enrols here. */
static void make_roots(const struct service *s)
{
	AUTO_DONE(bytes) directory = { 0 };
	AUTO_DONE(bytes) path = { 0 };
	AUTO_DONE(bytes) pem = { 0 };

	service_path(s, "roots", &directory);
	service_path(s, "roots/ca.pem", &path);
	read_whole(s, "keys/ca.pem", &pem);
	assert_int_equal(mkdir((const char *)directory.data, 0700), 0);
	assert_int_equal(
		file_replace((const char *)path.data, span_of(&pem), 0600, (uid_t)-1, (gid_t)-1),
		OK);
}

void service_init(struct service *s, const char *server_settings)
{
	AUTO_DONE(bytes) program = { 0 };
	AUTO_DONE(bytes) keys = { 0 };
	AUTO_DONE(bytes) made = { 0 };

	*s = (struct service){ 0 };
	new_directory(s->directory, sizeof(s->directory));
	built("verifier/verifierd", &program);
	service_path(s, "keys", &keys);
	service_path(s, "made.conf", &made);

	const char *const argv[] = { (const char *)program.data,
				     "--init",
				     (const char *)keys.data,
				     "--name",
				     "localhost",
				     "--name",
				     "127.0.0.1",
				     NULL };

	assert_int_equal(run_to_file(argv, (const char *)made.data), 0);
	make_roots(s);
	write_configuration(s, server_settings);
}

static pid_t start(const struct service *s)
{
	AUTO_DONE(bytes) program = { 0 };
	AUTO_DONE(bytes) configuration = { 0 };
	AUTO_DONE(bytes) log = { 0 };

	built("verifier/verifierd", &program);
	service_path(s, "verifierd.conf", &configuration);
	service_path(s, "log", &log);

	static const char limited[] = "ulimit \"$0\" 100 && exec \"$@\"";
	const char *const argv[] = { "sh",
				     "-c",
				     limited,
				     s->ulimit,
				     (const char *)program.data,
				     "--config",
				     (const char *)configuration.data,
				     NULL };

	return start_to_file(s->ulimit == NULL ? &argv[4] : argv, (const char *)log.data);
}

/* "... on 127.0.0.1:0, port 12345" */
static unsigned port_after(const struct bytes *log, const char *what)
{
	AUTO(char) text = NULL;

	assert_int_equal(bytes_text(span_of(log), &text), OK);

	const char *at = strstr(text, what);
	const char *port = at == NULL ? NULL : strstr(at, ", port ");

	return port == NULL ? 0 : (unsigned)strtoul(port + 7, NULL, 10);
}

static bool is_ready(struct service *s)
{
	AUTO_DONE(bytes) path = { 0 };
	AUTO_DONE(bytes) log = { 0 };

	service_path(s, "log", &path);
	if (file_read((const char *)path.data, FILE_MAX, &log) != OK ||
	    memmem(log.data, log.len, "verifierd: ready", 16) == NULL)
		return false;
	s->port = port_after(&log, "nodes on");
	s->admin_port = port_after(&log, "administration on");
	return s->port != 0 && s->admin_port != 0;
}

void service_start(struct service *s)
{
	AUTO_DONE(bytes) path = { 0 };
	int64_t until = clock_ms() + SERVICE_PATIENCE_MS;

	service_path(s, "log", &path);
	(void)unlink((const char *)path.data);
	s->pid = start(s);
	while (!is_ready(s)) {
		if (clock_ms() > until || waitpid(s->pid, NULL, WNOHANG) != 0)
			fail_msg("verifierd does not start: %s", (const char *)path.data);
		sleep_ms(STEP_MS);
	}
}

int service_start_refused(struct service *s)
{
	AUTO_DONE(bytes) path = { 0 };
	int64_t until = clock_ms() + SERVICE_PATIENCE_MS;
	int status = 0;

	service_path(s, "log", &path);
	(void)unlink((const char *)path.data);
	s->pid = start(s);
	while (waitpid(s->pid, &status, WNOHANG) == 0) {
		if (clock_ms() > until || is_ready(s)) {
			service_stop(s);
			return -1;
		}
		sleep_ms(STEP_MS);
	}
	s->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

void service_stop(struct service *s)
{
	if (s->pid <= 0)
		return;
	(void)kill(s->pid, SIGTERM);
	for (int64_t until = clock_ms() + SERVICE_PATIENCE_MS; clock_ms() < until;
	     sleep_ms(STEP_MS)) {
		if (waitpid(s->pid, NULL, WNOHANG) != 0) {
			s->pid = 0;
			return;
		}
	}
	(void)kill(s->pid, SIGKILL);
	(void)waitpid(s->pid, NULL, 0);
	s->pid = 0;
}

void service_done(struct service *s)
{
	const char *const argv[] = { "rm", "-rf", s->directory, NULL };

	service_stop(s);
	if (s->directory[0] != '\0')
		(void)run_to_file(argv, "/dev/null");
}

bool service_runs(const struct service *s)
{
	return s->pid > 0 && waitpid(s->pid, NULL, WNOHANG) == 0;
}

/* The first child of that name. */
static pid_t role_pid(const struct service *s, const char *role)
{
	AUTO_DONE(bytes) children = { 0 };
	char path[64], name[32];
	struct span rest, word;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)s->pid, (int)s->pid);
	assert_int_equal(file_read(path, FILE_MAX, &children), OK);
	rest = span_of(&children);
	while (text_next_word(&rest, ' ', &word) && word.len > 0) {
		AUTO_DONE(bytes) comm = { 0 };

		(void)snprintf(path, sizeof(path), "/proc/%.*s/comm", (int)word.len,
			       (const char *)word.data);
		(void)snprintf(name, sizeof(name), "%s\n", role);
		if (file_read(path, FILE_MAX, &comm) == OK &&
		    span_equal(span_of(&comm), span_text(name)))
			return (pid_t)strtol((const char *)word.data, NULL, 10);
	}
	fail_msg("no role %s", role);
	return 0;
}

void service_limit_files(const struct service *s, const char *role, unsigned first)
{
	const struct rlimit limit = { .rlim_cur = first, .rlim_max = first };

	assert_int_equal(prlimit(role_pid(s, role), RLIMIT_NOFILE, &limit, NULL), 0);
}

long service_peak_kib(const struct service *s, const char *role)
{
	AUTO_DONE(bytes) status = { 0 };
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)role_pid(s, role));
	assert_int_equal(file_read(path, FILE_MAX, &status), OK);
	assert_int_equal(bytes_append_byte(&status, 0), OK);

	const char *peak = strstr((const char *)status.data, "VmHWM:");

	assert_non_null(peak);
	return strtol(peak + 6, NULL, 10);
}

size_t occurrences(const struct bytes *text, const char *wanted)
{
	struct span rest = span_of(text);
	const uint8_t *at;
	size_t count = 0;

	while ((at = memmem(rest.data, rest.len, wanted, strlen(wanted))) != NULL) {
		rest.len -= (size_t)(at - rest.data) + 1;
		rest.data = at + 1;
		count++;
	}
	return count;
}
