/* SPDX-License-Identifier: Apache-2.0 */
/* A firmware event log, parsed and replayed in all its banks: in process, against
 * tpm2_eventlog (package tpm2-tools) over the same file. */
#include <stdio.h>
#include <stdlib.h>

#include "daemon/file.h"
#include "measure.h"
#include "tpm/boot_log.h"
#include "verifier/appraisal/appraise.h"

#define ROUNDS 31
#define REPLAYS 20

static double time_of_replay(struct span log)
{
	double start = measure_cpu();

	for (size_t i = 0; i < REPLAYS; i++) {
		struct boot_replay replay;

		if (boot_log_replay(log, &replay) != OK)
			abort();
	}
	return (measure_cpu() - start) / REPLAYS;
}

int main(int argc, char **argv)
{
	AUTO_DONE(bytes) log = { 0 };
	struct measure ratio = {
		.name = "boot log, parsed and replayed",
		.unit = "ratio of CPU time",
		.compared_with = "tpm2_eventlog of the same log, its start included",
		.wanted = "at least 50",
	};

	if (argc != 2) {
		fputs("usage: bench_boot LOG\n", stderr);
		return 2;
	}
	const char *eventlog[] = { "tpm2_eventlog", argv[1], NULL };
	enum status status = file_read(argv[1], BOOT_LOG_MAX, &log);
	if (status != OK) {
		fprintf(stderr, "bench_boot: %s: %s\n", argv[1], status_text(status));
		return 1;
	}
	while (ratio.n < ROUNDS) {
		double theirs = measure_program(eventlog);

		if (theirs < 0) {
			measure_skip(ratio.name,
				     "tpm2_eventlog (package tpm2-tools) is absent or failed");
			return 0;
		}
		measure_add(&ratio, theirs / time_of_replay(span_of(&log)));
	}
	measure_print(&ratio);
	return 0;
}
