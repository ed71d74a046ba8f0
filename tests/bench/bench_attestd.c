/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What attestd costs its host.
 *
 *	bench_attestd grant|enrol ATTESTD CONFIGURATION SWTPM-PORT [ROUNDS]
 *	bench_attestd idle PID [SECONDS]
 *	bench_attestd figure NAME UNIT WANTED SAMPLE...
 *
 * grant, enrol: from its start to the right to mint, or to the enrolment, against
 * the time of its own TPM commands, taken between it and the TPM. idle: memory and
 * wake-ups of a parent and its roles. figure: a line for samples taken elsewhere.
 */
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../integration/tpm_proxy.h"
#include "measure.h"

#define GRANT_WAIT_S 20
#define ROLES_MAX 16
#define LOG_MAX 65536

static struct tpm_proxy proxy;

/* The configuration with the proxy for its TPM. */
static bool write_configuration(const char *from, const char *to)
{
	FILE *in = fopen(from, "r");
	FILE *out = in == NULL ? NULL : fopen(to, "w");
	char line[4096];

	while (out != NULL && fgets(line, sizeof(line), in) != NULL) {
		if (strncmp(line, "tcti", 4) == 0)
			(void)fprintf(out, "tcti = swtpm:host=127.0.0.1,port=%u\n", proxy.port);
		else
			(void)fputs(line, out);
	}
	if (in != NULL)
		(void)fclose(in);
	return out != NULL && fclose(out) == 0;
}

static pid_t start(const char *program, const char *configuration, int *log)
{
	int ends[2];
	pid_t pid = pipe(ends) == 0 ? fork() : -1;

	if (pid == 0) {
		(void)dup2(ends[1], STDERR_FILENO);
		(void)close(ends[0]);
		(void)close(ends[1]);
		(void)execl(program, "attestd", "--config", configuration, (char *)NULL);
		_exit(127);
	}
	(void)close(ends[1]);
	*log = ends[0];
	return pid;
}

/* Until the log says so; false where it did not in time. */
static bool await_line(int log, const char *wanted)
{
	static char text[LOG_MAX];
	size_t len = 0;
	double until = measure_wall() + GRANT_WAIT_S;

	while (len < sizeof(text) - 1 && measure_wall() < until) {
		struct pollfd fd = { .fd = log, .events = POLLIN };

		if (poll(&fd, 1, 100) <= 0)
			continue;

		ssize_t got = read(log, text + len, sizeof(text) - 1 - len);

		if (got <= 0)
			break;
		len += (size_t)got;
		text[len] = '\0';
		if (strstr(text, wanted) != NULL)
			return true;
	}
	(void)fprintf(stderr, "attestd did not say \"%s\":\n%s", wanted, text);
	return false;
}

static bool one_round(char **argv, const char *configuration, const char *wanted,
		      struct measure *ratio, struct measure *whole, struct measure *tpm)
{
	int log = -1;

	tpm_proxy_arm(&proxy, 0, NULL, false);

	double from = measure_wall();
	pid_t pid = start(argv[0], configuration, &log);
	bool is_there = pid > 0 && await_line(log, wanted);
	double wall_s = measure_wall() - from, busy_s = tpm_proxy_busy_s(&proxy);

	if (pid > 0) {
		(void)kill(pid, SIGTERM);
		(void)waitpid(pid, NULL, 0);
	}
	(void)close(log);
	if (!is_there || busy_s <= 0)
		return false;
	measure_add(ratio, wall_s / busy_s);
	measure_add(whole, wall_s * 1000);
	measure_add(tpm, busy_s * 1000);
	return true;
}

static int bench_start(bool is_enrolment, int argc, char **argv)
{
	struct measure ratio = { .name = is_enrolment ? "attestd_start_to_enrolment"
						      : "attestd_start_to_grant",
				 .unit = "ratio",
				 .compared_with = "the sum of its own TPM commands on a warm swtpm",
				 .wanted = is_enrolment ? NULL : "at most 1.5" };
	struct measure whole = { .name = is_enrolment ? "attestd_start_to_enrolment_time"
						      : "attestd_start_to_grant_time",
				 .unit = "ms" };
	struct measure tpm = { .name = is_enrolment ? "attestd_enrolment_tpm_time"
						    : "attestd_grant_tpm_time",
			       .unit = "ms" };
	const char *wanted = is_enrolment ? "enrolled" : "with the right to mint";
	char configuration[4096];
	long rounds = argc > 3 ? strtol(argv[3], NULL, 10) : 9;
	bool is_good = true;

	if (argc < 3 || !tpm_proxy_start(&proxy, (uint16_t)strtoul(argv[2], NULL, 10)))
		return 2;
	(void)snprintf(configuration, sizeof(configuration), "%s.bench", argv[1]);
	is_good = write_configuration(argv[1], configuration);
	for (long i = 0; i < rounds && is_good; i++)
		is_good = one_round(argv, configuration, wanted, &ratio, &whole, &tpm);
	(void)unlink(configuration);
	tpm_proxy_stop(&proxy);
	if (!is_good)
		return 1;
	measure_print(&ratio);
	measure_print(&whole);
	measure_print(&tpm);
	return 0;
}

/* The parent, and whose parent it is. */
static size_t family(long parent, long pids[ROLES_MAX])
{
	char path[64], children[1024] = "";
	size_t count = 0;

	pids[count++] = parent;
	(void)snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", parent, parent);

	FILE *file = fopen(path, "r");

	if (file != NULL && fgets(children, sizeof(children), file) != NULL) {
		char *rest = children;

		for (char *end = rest; count < ROLES_MAX; rest = end) {
			long pid = strtol(rest, &end, 10);

			if (end == rest)
				break;
			pids[count++] = pid;
		}
	}
	if (file != NULL)
		(void)fclose(file);
	return count;
}

/* The sum of a line's numbers over all processes. */
static double sum_of(const long *pids, size_t count, const char *which, const char *field)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		char path[64], line[256];
		FILE *file;

		(void)snprintf(path, sizeof(path), "/proc/%ld/%s", pids[i], which);
		file = fopen(path, "r");
		while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
			if (strncmp(line, field, strlen(field)) == 0)
				sum += strtod(line + strlen(field), NULL);
		}
		if (file != NULL)
			(void)fclose(file);
	}
	return sum;
}

static int bench_idle(int argc, char **argv)
{
	struct measure memory = { .name = "attestd_private_memory",
				  .unit = "MiB",
				  .wanted = "at most 8" };
	struct measure wakes = { .name = "attestd_idle_wakeups",
				 .unit = "wake-ups/minute",
				 .wanted = "about 60" };
	long pids[ROLES_MAX];
	unsigned seconds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 20;
	size_t count = family(strtol(argv[0], NULL, 10), pids);

	if (count != 4)
		return 1;
	for (int i = 0; i < 3; i++) {
		double before = sum_of(pids, count, "status", "voluntary_ctxt_switches:");
		double from = measure_wall();

		(void)sleep(seconds / 3);
		measure_add(&wakes,
			    (sum_of(pids, count, "status", "voluntary_ctxt_switches:") - before) *
				    60 / (measure_wall() - from));
		measure_add(&memory, sum_of(pids, count, "smaps_rollup", "Private_Dirty:") / 1024);
	}
	measure_print(&memory);
	measure_print(&wakes);
	return 0;
}

static int print_figure(int argc, char **argv)
{
	struct measure m = { .name = argv[0], .unit = argv[1], .wanted = argv[2] };

	for (int i = 3; i < argc; i++)
		measure_add(&m, strtod(argv[i], NULL));
	measure_print(&m);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";

	if (strcmp(what, "grant") == 0 || strcmp(what, "enrol") == 0)
		return bench_start(what[0] == 'e', argc - 2, argv + 2);
	if (strcmp(what, "idle") == 0)
		return bench_idle(argc - 2, argv + 2);
	if (strcmp(what, "figure") == 0 && argc > 5)
		return print_figure(argc - 2, argv + 2);
	(void)fputs("usage: bench_attestd grant|enrol|idle|figure ...\n", stderr);
	return 2;
}
