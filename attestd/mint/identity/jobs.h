/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_IDENTITY_JOBS_H
#define ATTESTD_MINT_IDENTITY_JOBS_H

#include "attestd/mint/caller/caller.h"

/*
 * What an identity for a job lasts as long as: this run of a systemd unit, where the
 * entry names one and cgroups are of version 2, else this run of a process. It ends
 * however the job does, and whether or not anybody is connected.
 */
struct job {
	uint64_t id; /* of the unit's cgroup, which no later run has; or the pid */
	uint64_t started; /* of a process; 0: it is a unit's */
};

static inline bool job_equal(const struct job *a, const struct job *b)
{
	return a->id == b->id && a->started == b->started;
}

/* How it ended: of a unit, as the process did that asked first. */
enum job_end {
	JOB_ENDED, /* how, the kernel did not tell (before Linux 6.15, where it was reaped) */
	JOB_EXITED, /* with a status: 0 is success */
	JOB_KILLED, /* by a signal */
};

struct job_outcome {
	enum job_end end;
	int code; /* status or signal */
};

struct jobs;

/* Of them at once, and of one user's: nobody's take all places. */
#define JOBS_MAX 1024
#define JOBS_OF_USER_MAX (JOBS_MAX / 2)

enum status jobs_new(struct jobs **out);
void jobs_free(struct jobs *jobs);
/*
 * The caller's job, which is watched from now on, however often this is asked.
 * STATUS_DENIED: it has ended. STATUS_TOO_LARGE: they are too many, or its user's are.
 */
enum status jobs_watch(struct jobs *jobs, struct caller *c, const struct caller_facts *facts,
		       bool is_unit, struct job *out);
/* Nobody wants to know any more. */
void jobs_drop(struct jobs *jobs, const struct job *job);
/* Readable when one may have ended; -1 never. */
int jobs_fd(const struct jobs *jobs);
/* One that has ended, and is watched no more; false: none. */
bool jobs_take(struct jobs *jobs, struct job *out, struct job_outcome *how);

AUTO_FREE(jobs, struct jobs, jobs_free);

#endif
