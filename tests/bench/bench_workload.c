/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the Workload API costs, asked of a running attestd.
 *
 *	bench_workload mint SOCKET TCTI [ROUNDS]
 *	bench_workload fetch SOCKET DIRECTORY [ROUNDS]
 *	bench_workload streams SOCKET PID-OF-MINT COMMAND [ROUNDS]
 *	bench_workload closing SOCKET COMMAND
 *
 * mint, by a socket of which each process is a job, so that its fetch wants a new SVID:
 * SVIDs a second, and how long one takes, against what the same TPM needs for such a
 * signature, taken between the two. fetch: what is there already, against a bare nghttp2
 * server that sends as many bytes. streams: a thousand, what one costs and how long it
 * takes until each has what changed; COMMAND makes that happen, with $ROUND. closing: seconds
 * from the end of COMMAND, which takes the right away, to the end of the last of a
 * thousand streams.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"
#include "tpm_signer.h"
#include "workload_client.h"
#include "workload_echo.h"
#include "workload_jobs.h"

#define SIGNATURES 25 /* of a round, on either side of the SVIDs */
#define AT_ONCE 40
#define ONE_BY_ONE 10
#define AT_HAND_US 100000
#define FETCHES 400 /* of a round */
#define CONNECTIONS 10
#define STREAMS 100 /* on each */
#define ALL_STREAMS ((size_t)CONNECTIONS * STREAMS)
#define PATIENCE_MS 60000

#define BOUND                                                                                      \
	"on the same swtpm, its key loaded: StartAuthSession, PolicyPCR, PolicyCounterTimer, "     \
	"TPM2_Sign, as each signature of a minting key needs"

static int rounds_of(const char *text, int otherwise)
{
	int rounds = text != NULL ? atoi(text) : otherwise;

	return rounds > 0 && rounds <= MEASURE_SAMPLES_MAX ? rounds : 1;
}

enum minting {
	RATE_RATIO,
	RATE,
	LATENCY_RATIO,
	LATENCY,
	FIRST_RATIO,
	BOUND_TIME,
	PLAIN_TIME,
	MINTING_FIGURES
};

static const struct measure minting_figures[MINTING_FIGURES] = {
	[RATE_RATIO] = { .name = "workload_svids_per_second_ratio",
			 .unit = "ratio",
			 .compared_with = "signatures a second " BOUND,
			 .wanted = "at least 0.8" },
	[RATE] = { .name = "workload_svids_per_second", .unit = "SVIDs/s" },
	[LATENCY_RATIO] = { .name = "workload_new_svid",
			    .unit = "ratio",
			    .compared_with = "a signature " BOUND,
			    .wanted = "at most 1.5" },
	[LATENCY] = { .name = "workload_new_svid_time", .unit = "us" },
	[FIRST_RATIO] = { .name = "workload_new_svid_after_a_pause",
			  .unit = "ratio",
			  .compared_with =
				  "the same; inside: connecting to swtpm, loading the key" },
	[BOUND_TIME] = { .name = "tpm_bound_signature_time", .unit = "us" },
	[PLAIN_TIME] = { .name = "tpm_plain_signature_time",
			 .unit = "us",
			 .compared_with = "TPM2_Sign alone, of a key with an empty password" },
};

static double median_of(const double *samples, size_t count)
{
	struct measure m = { 0 };

	for (size_t i = 0; i < count; i++)
		measure_add(&m, samples[i]);
	return measure_median(&m);
}

static double mean_signature_s(struct tpm_signer *tpm, struct measure *plain)
{
	double bound_s;

	/* A TPM has three places for keys, and the broker keeps its own for a moment. */
	(void)usleep(AT_HAND_US);
	tpm_signer_open(tpm);
	bound_s = tpm_signer_bound_s(tpm, SIGNATURES);
	measure_add(plain, tpm_signer_plain_s(tpm, SIGNATURES) * 1e6);
	tpm_signer_close(tpm);
	return bound_s;
}

static void mint_round(const char *path, struct tpm_signer *tpm, struct measure *figures)
{
	struct workload_jobs jobs;
	double took_s[ONE_BY_ONE];

	workload_jobs_start(&jobs, path, AT_ONCE + ONE_BY_ONE);

	double before_s = mean_signature_s(tpm, &figures[PLAIN_TIME]);
	double one_s = workload_jobs_fetch_s(&jobs, AT_ONCE) / AT_ONCE;
	double between_s = mean_signature_s(tpm, &figures[PLAIN_TIME]);

	for (size_t i = 0; i < ONE_BY_ONE; i++)
		took_s[i] = workload_job_fetch_s(&jobs, AT_ONCE + i);

	double after_s = mean_signature_s(tpm, &figures[PLAIN_TIME]);
	double latency_s = median_of(took_s + 1, ONE_BY_ONE - 1);

	workload_jobs_stop(&jobs);
	measure_add(&figures[RATE_RATIO], (before_s + between_s) / 2 / one_s);
	measure_add(&figures[RATE], 1 / one_s);
	measure_add(&figures[LATENCY_RATIO], latency_s / ((between_s + after_s) / 2));
	measure_add(&figures[LATENCY], latency_s * 1e6);
	measure_add(&figures[FIRST_RATIO], took_s[0] / ((between_s + after_s) / 2));
	measure_add(&figures[BOUND_TIME], between_s * 1e6);
}

static int bench_mint(char **argv)
{
	static struct measure figures[MINTING_FIGURES];
	struct tpm_signer tpm;
	int rounds = rounds_of(argv[2], 15);

	memcpy(figures, minting_figures, sizeof(figures));
	tpm_signer_init(&tpm, argv[1]);
	for (int i = 0; i < rounds; i++)
		mint_round(argv[0], &tpm, figures);
	for (size_t i = 0; i < MINTING_FIGURES; i++)
		measure_print(&figures[i]);
	return 0;
}

/* Microseconds for one. */
static double fetch_us(struct workload_client *client)
{
	double begun = measure_wall();

	for (int i = 0; i < FETCHES; i++) {
		int32_t stream = workload_client_fetch(client);

		workload_client_await(client, 1);
		workload_client_reset(client, stream);
	}
	return (measure_wall() - begun) * 1e6 / FETCHES;
}

static void measure_fetches(struct workload_client *ours, struct workload_client *bare, int rounds)
{
	struct measure ratio = { .name = "workload_fetch",
				 .unit = "ratio",
				 .compared_with =
					 "a bare nghttp2 server that sends as many bytes" };
	struct measure ours_us = { .name = "workload_fetch_time", .unit = "us" };

	(void)fetch_us(bare);
	for (int i = 0; i < rounds; i++) {
		double us = fetch_us(ours);

		measure_add(&ours_us, us);
		measure_add(&ratio, us / fetch_us(bare));
	}
	measure_print(&ratio);
	measure_print(&ours_us);
}

static int bench_fetch(char **argv)
{
	char path[108];
	int len = snprintf(path, sizeof(path), "%s/echo.sock", argv[1]);
	struct workload_client *ours = workload_client_new(argv[0]);

	if (len < 0 || (size_t)len >= sizeof(path))
		return 2;
	(void)fetch_us(ours);
	/* Of a run that was killed. */
	(void)unlink(path);

	pid_t echo = workload_echo_start(path, workload_client_size(ours));
	struct workload_client *bare = workload_client_new(path);

	measure_fetches(ours, bare, rounds_of(argv[2], 15));
	workload_client_free(ours);
	workload_client_free(bare);
	(void)kill(echo, SIGKILL);
	(void)waitpid(echo, NULL, 0);
	return unlink(path) == 0 ? 0 : 1;
}

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

static int bench_streams(char **argv)
{
	struct measure memory = { .name = "workload_stream_memory", .unit = "bytes" };
	struct measure spread = { .name = "workload_rotation_1000",
				  .unit = "s",
				  .compared_with = "from the first stream that has it to the last",
				  .wanted = "at most 2" };
	struct measure whole = { .name = "workload_rotation_1000_from_act",
				 .unit = "s",
				 .compared_with = "from the end of attestctl entry add" };
	int rounds = rounds_of(argv[3], 5);
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

static int bench_closing(char **argv)
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

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int arguments;
		int (*run)(char **argv);
	} benches[] = {
		{ "mint", 2, bench_mint },
		{ "fetch", 2, bench_fetch },
		{ "streams", 3, bench_streams },
		{ "closing", 2, bench_closing },
	};

	for (size_t i = 0; i < sizeof(benches) / sizeof(*benches); i++) {
		if (argc >= 2 + benches[i].arguments && strcmp(argv[1], benches[i].name) == 0)
			return benches[i].run(argv + 2);
	}
	(void)fputs("usage: bench_workload mint|fetch|streams|closing ...\n", stderr);
	return 2;
}
