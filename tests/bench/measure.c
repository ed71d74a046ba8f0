/* SPDX-License-Identifier: Apache-2.0 */
#include "measure.h"

#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int measure_rounds(const char *text, int otherwise)
{
	int rounds = text != NULL ? atoi(text) : otherwise;

	return rounds > 0 && rounds <= MEASURE_SAMPLES_MAX ? rounds : 1;
}

void measure_add(struct measure *m, double sample)
{
	if (m->n == MEASURE_SAMPLES_MAX)
		abort();
	m->sample[m->n++] = sample;
}

static int compare_samples(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The sample that stands at this share of the sorted ones. */
static double quantile(const struct measure *m, double share)
{
	double sorted[MEASURE_SAMPLES_MAX];

	if (m->n == 0)
		abort();
	memcpy(sorted, m->sample, m->n * sizeof(sorted[0]));
	qsort(sorted, m->n, sizeof(sorted[0]), compare_samples);
	return sorted[(size_t)(share * (double)(m->n - 1) + 0.5)];
}

double measure_median(const struct measure *m)
{
	return quantile(m, 0.5);
}

/* Names and texts are the benches' own: nothing in them needs an escape. */
static void print_text(const char *name, const char *text)
{
	if (text != NULL)
		printf(",\"%s\":\"%s\"", name, text);
}

/* Three digits after the point where they say something. */
static void print_number(const char *name, double value)
{
	printf(",\"%s\":%.*f", name, fabs(value) < 100 ? 3 : 0, value);
}

void measure_print(const struct measure *m)
{
	printf("{\"name\":\"%s\"", m->name);
	print_number("value", measure_median(m));
	print_text("unit", m->unit);
	print_text("compared_with", m->compared_with);
	print_text("wanted", m->wanted);
	printf(",\"n\":%zu", m->n);
	print_number("median", measure_median(m));
	print_number("spread", quantile(m, 0.75) - quantile(m, 0.25));
	puts("}");
	(void)fflush(stdout);
}

void measure_skip(const char *name, const char *why)
{
	printf("{\"name\":\"%s\",\"skipped\":\"%s\"}\n", name, why);
	(void)fflush(stdout);
}

static double seconds_of(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) != 0)
		abort();
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double measure_wall(void)
{
	return seconds_of(CLOCK_MONOTONIC);
}

double measure_cpu(void)
{
	return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

static int spawn(const char *const argv[], pid_t *pid)
{
	posix_spawn_file_actions_t quiet;
	int error = posix_spawn_file_actions_init(&quiet);

	if (error != 0)
		return error;
	error = posix_spawn_file_actions_addopen(&quiet, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	if (error == 0)
		error = posix_spawn_file_actions_adddup2(&quiet, STDOUT_FILENO, STDERR_FILENO);
	/* posix_spawn() leaves argv alone, whatever its type says. */
	if (error == 0)
		error = posix_spawnp(pid, argv[0], &quiet, NULL, (char **)(uintptr_t)argv, environ);
	(void)posix_spawn_file_actions_destroy(&quiet);
	return error;
}

static double seconds_in(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

double measure_program(const char *const argv[])
{
	struct rusage used;
	pid_t pid;
	int status;

	if (spawn(argv, &pid) != 0 || wait4(pid, &status, 0, &used) != pid || status != 0)
		return -1;
	return seconds_in(used.ru_utime) + seconds_in(used.ru_stime);
}
