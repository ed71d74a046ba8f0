/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_WORKLOAD_JOBS_H
#define TESTS_BENCH_WORKLOAD_JOBS_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Processes that are jobs to the mint: each is connected, and its first fetch wants an
 * SVID of its own, which nobody had before. What goes wrong ends the program.
 */
#define WORKLOAD_JOBS_MAX 128

struct workload_jobs {
	size_t count;
	struct workload_job {
		pid_t pid;
		int fd; /* the parent's end */
	} list[WORKLOAD_JOBS_MAX];
};

/* Connected, and taken by the mint. */
void workload_jobs_start(struct workload_jobs *jobs, const char *path, size_t count);
void workload_jobs_stop(struct workload_jobs *jobs);
/* One fetches; how long that took by its own clock, in seconds. */
double workload_job_fetch_s(struct workload_jobs *jobs, size_t which);
/* The first so many all at once; seconds until the last one has its SVID. */
double workload_jobs_fetch_s(struct workload_jobs *jobs, size_t count);

#endif
