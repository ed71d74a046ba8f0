/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What attestd costs its host.
 *
 *	bench_attestd grant|enrol ATTESTD CONFIGURATION SWTPM-PORT [ROUNDS]
 *	bench_attestd idle PID [SECONDS]
 *	bench_attestd figure NAME UNIT WANTED SAMPLE...
 *
 * grant, enrol: from its start to the right to mint, or to the enrolment, against
 * the time of its own TPM commands, taken between it and the TPM; and the same from
 * the moment on when its processes stand. A round of grant is two starts: one as it
 * is, whose time counts, and one with the meter in between, which lengthens each
 * command. One enrolment for each TPM, with the meter. idle: memory and wake-ups of a
 * parent and its roles. figure: a line for samples taken elsewhere.
 */
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
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

/* The service manager's ear: attestd says READY=1 once its agent stands. */
static int open_notify(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(address);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char name[sizeof(address.sun_path) + 1];

	/* A family alone: the kernel gives it an abstract name. */
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(sa_family_t)) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) != 0)
		return -1;
	(void)snprintf(name, sizeof(name), "@%.*s",
		       (int)(len - offsetof(struct sockaddr_un, sun_path) - 1),
		       address.sun_path + 1);
	return setenv("NOTIFY_SOCKET", name, 1) == 0 ? fd : -1;
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

struct moment {
	double wall_s, tpm_s;
};

static struct moment now(void)
{
	return (struct moment){ .wall_s = measure_wall(), .tpm_s = tpm_proxy_busy_s(&proxy) };
}

/* Until the log says so; false where it did not in time. */
static bool await_line(int log, int ear, const char *wanted, struct moment *ready)
{
	static char text[LOG_MAX];
	char said[1024];
	size_t len = 0;
	double until = measure_wall() + GRANT_WAIT_S;

	while (len < sizeof(text) - 1 && measure_wall() < until) {
		struct pollfd fds[] = { { .fd = log, .events = POLLIN },
					{ .fd = ear, .events = POLLIN } };

		if (poll(fds, 2, 100) <= 0)
			continue;
		if (fds[1].revents != 0 && read(ear, said, sizeof(said)) == 7)
			*ready = now();
		if (fds[0].revents == 0)
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

/* What one start is made of. */
enum part { RATIO, WHOLE, TPM, STANDING_RATIO, TO_STANDING, CPU, PARTS };

struct life {
	struct moment from, ready, granted;
	struct rusage used;
};

/* Times of the one, TPM commands of the other. */
static void take_round(struct measure *parts, const struct life *timed, const struct life *metered)
{
	double whole_s = timed->granted.wall_s - timed->from.wall_s;
	double tpm_s = metered->granted.tpm_s;
	double standing_s = timed->granted.wall_s - timed->ready.wall_s;
	const struct rusage *used = &timed->used;

	measure_add(&parts[RATIO], whole_s / tpm_s);
	measure_add(&parts[WHOLE], whole_s * 1000);
	measure_add(&parts[TPM], tpm_s * 1000);
	measure_add(&parts[STANDING_RATIO], standing_s / (tpm_s - metered->ready.tpm_s));
	measure_add(&parts[TO_STANDING], (timed->ready.wall_s - timed->from.wall_s) * 1000);
	measure_add(&parts[CPU],
		    (double)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1000 +
			    (double)(used->ru_utime.tv_usec + used->ru_stime.tv_usec) / 1000);
}

static bool one_life(const char *program, const char *configuration, int ear, const char *wanted,
		     struct life *out)
{
	int log = -1;

	tpm_proxy_arm(&proxy, 0, NULL, false);
	*out = (struct life){ .from = now() };
	out->ready = out->from;

	pid_t pid = start(program, configuration, &log);
	bool is_there = pid > 0 && await_line(log, ear, wanted, &out->ready);

	out->granted = now();
	if (pid > 0) {
		(void)kill(pid, SIGTERM);
		(void)wait4(pid, NULL, 0, &out->used);
	}
	(void)close(log);
	return is_there;
}

/* A host enrols once. */
static bool one_round(char **argv, const char *metered_configuration, int ear, bool is_enrolment,
		      struct measure *parts)
{
	const char *wanted = is_enrolment ? "enrolled" : "with the right to mint";
	struct life timed, metered;

	if (!one_life(argv[0], metered_configuration, ear, wanted, &metered) ||
	    metered.granted.tpm_s <= metered.ready.tpm_s)
		return false;
	timed = metered;
	if (!is_enrolment && !one_life(argv[0], argv[1], ear, wanted, &timed))
		return false;
	take_round(parts, &timed, &metered);
	return true;
}

#define OWN_COMMANDS                                                                               \
	"the sum of its own TPM commands on a warm swtpm; inside: four processes' exec and "       \
	"loading, TLS, two HTTP rounds, the verifier's work and its commit"

static const struct measure grant_parts[PARTS] = {
	[RATIO] = { .name = "attestd_start_to_grant",
		    .unit = "ratio",
		    .compared_with = OWN_COMMANDS,
		    .wanted = "at most 1.5" },
	[WHOLE] = { .name = "attestd_start_to_grant_time", .unit = "ms" },
	[TPM] = { .name = "attestd_grant_tpm_time", .unit = "ms" },
	[STANDING_RATIO] = { .name = "attestd_standing_to_grant",
			     .unit = "ratio",
			     .compared_with = "its TPM commands from READY=1 on" },
	[TO_STANDING] = { .name = "attestd_start_to_standing_time", .unit = "ms" },
	[CPU] = { .name = "attestd_grant_cpu",
		  .unit = "ms",
		  .compared_with = "all its processes, to their end" },
};

static const struct measure enrolment_parts[PARTS] = {
	[RATIO] = { .name = "attestd_start_to_enrolment",
		    .unit = "ratio",
		    .compared_with = OWN_COMMANDS },
	[WHOLE] = { .name = "attestd_start_to_enrolment_time", .unit = "ms" },
	[TPM] = { .name = "attestd_enrolment_tpm_time", .unit = "ms" },
	[STANDING_RATIO] = { .name = "attestd_standing_to_enrolment",
			     .unit = "ratio",
			     .compared_with = "its TPM commands from READY=1 on" },
	[TO_STANDING] = { .name = "attestd_enrolment_start_to_standing_time", .unit = "ms" },
	[CPU] = { .name = "attestd_enrolment_cpu",
		  .unit = "ms",
		  .compared_with = "all its processes, to their end" },
};

static int bench_start(bool is_enrolment, int argc, char **argv)
{
	static struct measure parts[PARTS];
	char configuration[4096];
	long rounds = argc > 3 ? strtol(argv[3], NULL, 10) : 9;
	int ear = open_notify();
	bool is_good = true;

	if (argc < 3 || ear < 0 || !tpm_proxy_start(&proxy, (uint16_t)strtoul(argv[2], NULL, 10)))
		return 2;
	memcpy(parts, is_enrolment ? enrolment_parts : grant_parts, sizeof(parts));
	(void)snprintf(configuration, sizeof(configuration), "%s.bench", argv[1]);
	is_good = write_configuration(argv[1], configuration);
	for (long i = 0; i < rounds && is_good; i++)
		is_good = one_round(argv, configuration, ear, is_enrolment, parts);
	(void)unlink(configuration);
	tpm_proxy_stop(&proxy);
	(void)close(ear);
	if (!is_good)
		return 1;
	for (size_t i = 0; i < PARTS; i++)
		measure_print(&parts[i]);
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
