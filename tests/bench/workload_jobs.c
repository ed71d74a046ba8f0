/* SPDX-License-Identifier: Apache-2.0 */
#include "workload_jobs.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"
#include "workload_client.h"

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	(void)fprintf(stderr, "workload jobs: %s\n", what);
	exit(1);
}

/* Says that it is there, fetches when it is told to, says how long that took, and stays
 * until the parent lets go. */
static int run_job(const char *path, int parent)
{
	struct workload_client *client = workload_client_new(path);
	char word = 'r';

	workload_client_greet(client);
	if (write(parent, &word, 1) != 1 || read(parent, &word, 1) != 1)
		return 1;

	double begun = measure_wall();

	(void)workload_client_fetch(client);
	workload_client_await(client, 1);

	double took_s = measure_wall() - begun;

	if (write(parent, &took_s, sizeof(took_s)) != (ssize_t)sizeof(took_s))
		return 1;
	return read(parent, &word, 1) == 0 ? 0 : 1;
}

static void start_one(struct workload_job *job, const char *path)
{
	int ends[2];

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "no socket pair");
	job->pid = fork();
	must(job->pid >= 0, "no process");
	if (job->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(ends[0]);
		_exit(run_job(path, ends[1]));
	}
	(void)close(ends[1]);
	job->fd = ends[0];
}

void workload_jobs_start(struct workload_jobs *jobs, const char *path, size_t count)
{
	char word;

	must(count <= WORKLOAD_JOBS_MAX, "too many");
	jobs->count = count;
	for (size_t i = 0; i < count; i++)
		start_one(&jobs->list[i], path);
	for (size_t i = 0; i < count; i++)
		must(read(jobs->list[i].fd, &word, 1) == 1, "one did not come up");
}

void workload_jobs_stop(struct workload_jobs *jobs)
{
	/* Each has copies of the ends of those before it: all first, then wait. */
	for (size_t i = 0; i < jobs->count; i++)
		(void)shutdown(jobs->list[i].fd, SHUT_RDWR);
	for (size_t i = 0; i < jobs->count; i++) {
		(void)close(jobs->list[i].fd);
		(void)waitpid(jobs->list[i].pid, NULL, 0);
	}
	jobs->count = 0;
}

static void tell(const struct workload_job *job)
{
	must(write(job->fd, "g", 1) == 1, "one is gone");
}

static double answer_of(const struct workload_job *job)
{
	double took_s = 0;

	must(read(job->fd, &took_s, sizeof(took_s)) == (ssize_t)sizeof(took_s), "one has no SVID");
	return took_s;
}

double workload_job_fetch_s(struct workload_jobs *jobs, size_t which)
{
	tell(&jobs->list[which]);
	return answer_of(&jobs->list[which]);
}

double workload_jobs_fetch_s(struct workload_jobs *jobs, size_t count)
{
	double begun = measure_wall();

	for (size_t i = 0; i < count; i++)
		tell(&jobs->list[i]);
	for (size_t i = 0; i < count; i++)
		(void)answer_of(&jobs->list[i]);
	return measure_wall() - begun;
}
