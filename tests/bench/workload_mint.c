/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "measure.h"
#include "tpm_signer.h"
#include "workload_benches.h"
#include "workload_jobs.h"

#define SIGNATURES 25 /* of a round, on either side of the SVIDs */
#define AT_ONCE 40
#define ONE_BY_ONE 10
#define AT_HAND_US 100000

#define BOUND                                                                                      \
	"on the same swtpm, its key loaded: StartAuthSession, PolicyPCR, PolicyCounterTimer, "     \
	"TPM2_Sign, as each signature of a minting key needs"

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

int bench_mint(char **argv)
{
	static struct measure figures[MINTING_FIGURES];
	struct tpm_signer tpm;
	int rounds = measure_rounds(argv[2], 15);

	memcpy(figures, minting_figures, sizeof(figures));
	tpm_signer_init(&tpm, argv[1]);
	for (int i = 0; i < rounds; i++)
		mint_round(argv[0], &tpm, figures);
	for (size_t i = 0; i < MINTING_FIGURES; i++)
		measure_print(&figures[i]);
	return 0;
}

/* Microseconds for one. */
