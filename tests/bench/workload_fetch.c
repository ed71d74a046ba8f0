/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"
#include "workload_benches.h"
#include "workload_client.h"
#include "workload_echo.h"

#define FETCHES 400 /* of a round */

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

int bench_fetch(char **argv)
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

	measure_fetches(ours, bare, measure_rounds(argv[2], 15));
	workload_client_free(ours);
	workload_client_free(bare);
	(void)kill(echo, SIGKILL);
	(void)waitpid(echo, NULL, 0);
	return unlink(path) == 0 ? 0 : 1;
}
