/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "measure.h"
#include "workload_benches.h"
#include "workload_client.h"

#define CONNECTIONS 10
#define STREAMS 100 /* on each */
#define ALL_STREAMS ((size_t)CONNECTIONS * STREAMS)
#define PATIENCE_MS 60000

/* Of a process, in bytes. */
static double private_memory(const char *pid)
{
	char path[64], line[256];
	long kib = 0, sum = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%s/smaps_rollup", pid);
	file = fopen(path, "r");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "Private_Dirty: %ld", &kib) == 1)
			sum += kib;
	}
	if (file != NULL)
		(void)fclose(file);
	return (double)sum * 1024;
}

struct streams {
	struct workload_client *clients[CONNECTIONS];
};

/* One on each connection; then all the others. */
static void streams_connect(struct streams *s, const char *path)
{
	for (size_t i = 0; i < CONNECTIONS; i++) {
		s->clients[i] = workload_client_new(path);
		(void)workload_client_fetch(s->clients[i]);
		workload_client_await(s->clients[i], 1);
	}
}

static void streams_open(struct streams *s)
{
	for (size_t i = 0; i < CONNECTIONS; i++) {
		for (int j = 1; j < STREAMS; j++)
			(void)workload_client_fetch(s->clients[i]);
		workload_client_await(s->clients[i], STREAMS - 1);
	}
}

static void streams_close(struct streams *s)
{
	for (size_t i = 0; i < CONNECTIONS; i++)
		workload_client_free(s->clients[i]);
}

static size_t sum_of(const struct streams *s, size_t (*count)(const struct workload_client *client))
{
	size_t sum = 0;

	for (size_t i = 0; i < CONNECTIONS; i++)
		sum += count(s->clients[i]);
	return sum;
}

/* When the command ended, and when the first and the last stream had what followed. */
struct times {
	double ended, first, last;
};

/* 0: not yet. */
static void note_end(FILE *command, const struct pollfd *end, struct times *times)
{
	char word;

	if (end->revents != 0 && times->ended == 0 && read(fileno(command), &word, 1) == 0)
		times->ended = measure_wall();
}

/* Until the command is over and so many of what is counted came; false: they did not. */
static bool streams_await(struct streams *s, FILE *command,
			  size_t (*count)(const struct workload_client *client),
			  struct times *times)
{
	struct pollfd fds[CONNECTIONS + 1];
	size_t there = 0;

	*times = (struct times){ 0 };
	for (size_t i = 0; i < CONNECTIONS; i++)
		fds[i] = (struct pollfd){ workload_client_fd(s->clients[i]), POLLIN, 0 };
	fds[CONNECTIONS] = (struct pollfd){ fileno(command), POLLIN, 0 };
	while (there < ALL_STREAMS || times->ended == 0) {
		if (poll(fds, times->ended == 0 ? CONNECTIONS + 1 : CONNECTIONS, PATIENCE_MS) <= 0)
			return false;
		note_end(command, &fds[CONNECTIONS], times);
		for (size_t i = 0; i < CONNECTIONS; i++) {
			if (fds[i].revents != 0)
				workload_client_read(s->clients[i]);
		}

		size_t sum = sum_of(s, count);

		if (sum == there)
			continue;
		times->last = measure_wall();
		times->first = there == 0 ? times->last : times->first;
		there = sum;
	}
	return true;
}

/* The command's end is that of a pipe. */
static bool act(struct streams *s, const char *command, int round,
		size_t (*count)(const struct workload_client *client), struct times *times)
{
	char line[4096];
	int len = snprintf(line, sizeof(line), "export ROUND=%d; { %s; } >&2", round, command);
	FILE *pipe = len > 0 && (size_t)len < sizeof(line) ? popen(line, "re") : NULL;
	bool is_good = pipe != NULL && streams_await(s, pipe, count, times);

	return pipe != NULL && pclose(pipe) == 0 && is_good;
}

int bench_streams(char **argv)
{
	struct measure memory = { .name = "workload_stream_memory", .unit = "bytes" };
	struct measure spread = { .name = "workload_rotation_1000",
				  .unit = "s",
				  .compared_with = "from the first stream that has it to the last",
				  .wanted = "at most 2" };
	struct measure whole = { .name = "workload_rotation_1000_from_act",
				 .unit = "s",
				 .compared_with = "from the end of attestctl entry add" };
	int rounds = measure_rounds(argv[3], 5);
	struct streams s;
	struct times times;

	streams_connect(&s, argv[0]);

	double before = private_memory(argv[1]);

	streams_open(&s);
	measure_add(&memory, (private_memory(argv[1]) - before) / (CONNECTIONS * (STREAMS - 1)));
	measure_print(&memory);
	for (int i = 0; i < rounds; i++) {
		if (!act(&s, argv[2], i, workload_client_messages, &times))
			return 1;
		for (size_t j = 0; j < CONNECTIONS; j++)
			workload_client_await(s.clients[j], STREAMS);
		measure_add(&spread, times.last - times.first);
		measure_add(&whole, times.last > times.ended ? times.last - times.ended : 0);
	}
	measure_print(&spread);
	measure_print(&whole);
	streams_close(&s);
	return 0;
}

int bench_closing(char **argv)
{
	struct streams s;
	struct times times;

	streams_connect(&s, argv[0]);
	streams_open(&s);
	for (size_t i = 0; i < CONNECTIONS; i++)
		workload_client_may_end(s.clients[i]);
	if (!act(&s, argv[1], 0, workload_client_ended, &times))
		return 1;
	printf("%.3f\n", times.last > times.ended ? times.last - times.ended : 0);
	streams_close(&s);
	return 0;
}
