/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraiser/jobs.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/log.h"
#include "verifier/appraiser/task.h"

#define SIGNER_TIMEOUT_S 30
#define QUEUED_MAX ((size_t)1 << 20)
#define SCRATCH_KEEP_MAX ((size_t)64 << 10)

enum job_state {
	JOB_FREE,
	JOB_HELD, /* until another request about its node is done */
	JOB_RUNNING,
	JOB_WAITING, /* for the signer */
};

struct job {
	struct appraiser *appraiser;
	struct task task;
	enum job_state state;
	uint64_t conversation;
	uint64_t arrival;
	uint64_t front_id;
	struct bytes body; /* the front's frame, which the request borrows from */
	struct request request;
	time_t since; /* JOB_WAITING */
};

bool jobs_init(struct appraiser *a, request_handler handle)
{
	a->handle = handle;
	a->jobs = calloc(CONVERSATIONS_MAX, sizeof(*a->jobs));
	if (a->jobs == NULL)
		return false;
	for (size_t i = 0; i < CONVERSATIONS_MAX; i++) {
		a->jobs[i].appraiser = a;
		a->jobs[i].conversation = i;
		if (task_init(&a->jobs[i].task) != OK)
			return false;
	}
	return true;
}

static struct job *free_job(const struct appraiser *a)
{
	for (size_t i = 0; i < CONVERSATIONS_MAX; i++)
		if (a->jobs[i].state == JOB_FREE)
			return &a->jobs[i];
	return NULL;
}

bool jobs_have_room(const struct appraiser *a)
{
	/* Who does not take its answers gets no more of them. */
	return free_job(a) != NULL && channel_queued(&a->front) < QUEUED_MAX;
}

static void respond(struct appraiser *a, uint64_t front_id, struct answer *answer)
{
	bytes_empty(&a->scratch, SCRATCH_KEEP_MAX);

	enum status status = answer_encode(answer, &a->scratch);

	/* Its size is the node's doing, and others have requests under way here. */
	if (status == STATUS_TOO_LARGE) {
		answer_error(answer, 500, "internal", NULL);
		status = answer_encode(answer, &a->scratch);
	}
	bytes_done(&answer->body);
	if (status == OK)
		status = channel_queue(&a->front, FRAME_RESPONSE, front_id, span_of(&a->scratch));
	if (status != OK)
		a->is_broken = true;
}

static void run(void *context)
{
	struct job *job = context;
	struct answer answer = { .status = 500, .content_type = "application/json" };

	job->appraiser->handle(job->appraiser, &job->request, &answer);
	respond(job->appraiser, job->front_id, &answer);
}

/* It costs whoever sent it, and nobody else. */
static void refuse_unread(struct appraiser *a, uint64_t front_id)
{
	struct answer answer = { 0 };

	answer_error(&answer, 400, "malformed", NULL);
	respond(a, front_id, &answer);
}

static bool is_about(const struct job *job, const struct request *request)
{
	return job->request.has_node && request->has_node &&
	       memcmp(&job->request.node, &request->node, sizeof(request->node)) == 0;
}

static bool is_under_way(const struct job *job)
{
	return job->state == JOB_RUNNING || job->state == JOB_WAITING;
}

static bool is_node_busy(const struct appraiser *a, const struct request *request)
{
	for (size_t i = 0; i < CONVERSATIONS_MAX; i++)
		if (is_under_way(&a->jobs[i]) && is_about(&a->jobs[i], request))
			return true;
	return false;
}

/* The one about this node that came first. */
static struct job *held_job(struct appraiser *a, const struct request *request)
{
	struct job *first = NULL;

	for (size_t i = 0; i < CONVERSATIONS_MAX; i++) {
		struct job *job = &a->jobs[i];

		if (job->state == JOB_HELD && is_about(job, request) &&
		    (first == NULL || job->arrival < first->arrival))
			first = job;
	}
	return first;
}

/* Lets it run to its next wait, or to its end; then who waited for that. */
static void go_on(struct appraiser *a, struct job *job)
{
	while (job != NULL) {
		bool is_new = job->state == JOB_HELD;

		a->job = job;
		job->state = JOB_RUNNING;
		if (is_new)
			task_start(&job->task, run, job);
		else
			task_resume(&job->task);
		a->job = NULL;
		if (job->task.is_running)
			return;
		job->state = JOB_FREE;
		bytes_done(&job->body);
		job = held_job(a, &job->request);
	}
}

bool jobs_begin(struct appraiser *a, const struct frame *frame)
{
	struct job *job = free_job(a);

	if (frame->fd >= 0)
		(void)close(frame->fd);
	if (frame->type != FRAME_REQUEST || frame->fd >= 0 || job == NULL ||
	    bytes_copy(frame->body, &job->body) != OK)
		return false;
	if (request_decode(span_of(&job->body), &job->request) != OK) {
		bytes_done(&job->body);
		refuse_unread(a, frame->id);
		return true;
	}
	job->front_id = frame->id;
	job->arrival = a->arrivals++;
	job->conversation += CONVERSATIONS_MAX;
	job->state = JOB_HELD;
	if (!is_node_busy(a, &job->request))
		go_on(a, job);
	return true;
}

bool jobs_answered(struct appraiser *a, const struct frame *frame)
{
	struct job *job = &a->jobs[frame->id % CONVERSATIONS_MAX];

	if (frame->fd >= 0)
		(void)close(frame->fd);
	if (frame->type != FRAME_ANSWER || frame->fd >= 0 || job->state != JOB_WAITING ||
	    job->conversation != frame->id)
		return false;
	a->incoming = *frame;
	go_on(a, job);
	return true;
}

bool jobs_are_late(const struct appraiser *a)
{
	time_t now = clock_monotonic_s();

	for (size_t i = 0; i < CONVERSATIONS_MAX; i++)
		if (a->jobs[i].state == JOB_WAITING && now - a->jobs[i].since > SIGNER_TIMEOUT_S)
			return true;
	return false;
}

void jobs_done(struct appraiser *a)
{
	a->is_broken = true;
	for (size_t i = 0; i < CONVERSATIONS_MAX && a->jobs != NULL; i++) {
		struct job *job = &a->jobs[i];

		while (job->state == JOB_WAITING)
			go_on(a, job);
	}
	for (size_t i = 0; i < CONVERSATIONS_MAX && a->jobs != NULL; i++) {
		bytes_done(&a->jobs[i].body);
		task_done(&a->jobs[i].task);
	}
	bytes_done(&a->scratch);
	free(a->jobs);
	a->jobs = NULL;
}

static enum status call(struct appraiser *a, const struct signer_request *request, struct span body)
{
	struct job *job = a->job;
	enum status status = a->is_broken ? STATUS_UNAVAILABLE : OK;

	if (status == OK)
		status =
			channel_queue(&a->signer, (uint16_t)request->type, job->conversation, body);
	if (status != OK)
		return status;
	job->state = JOB_WAITING;
	job->since = clock_monotonic_s();
	task_wait(&job->task);
	if (a->is_broken)
		return STATUS_UNAVAILABLE;
	return signer_answer_decode(request->type, a->incoming.body, &a->reply);
}

bool ask_signer(struct appraiser *a, const struct signer_request *request, struct answer *answer)
{
	bytes_empty(&a->scratch, SCRATCH_KEEP_MAX);

	enum status status = signer_request_encode(request, &a->scratch);

	if (status != OK) {
		answer_error(answer, 400, "too-large", NULL);
		return false;
	}
	status = call(a, request, span_of(&a->scratch));
	if (status != OK) {
		if (!a->is_broken)
			log_line(LOG_LEVEL_ERROR, "signer: %s", status_text(status));
		a->is_broken = true;
		answer->retry_after_s = 5;
		answer_error(answer, 503, "store-unavailable", NULL);
		return false;
	}
	if (a->reply.refusal == REFUSAL_NONE)
		return true;
	answer->retry_after_s =
		a->reply.retry_after_s < UINT16_MAX ? a->reply.retry_after_s : UINT16_MAX;
	answer_refusal(answer, &a->reply);
	return false;
}
