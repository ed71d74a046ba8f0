/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/role_set.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/role.h"
#include "verifier/frames.h"

#define READY_S 30
#define PATIENCE_MS 3000
#define STEP_MS 10
#define STEADY_S 60 /* who lived so long is tried again at once */
#define BACKOFF_MAX_S 4 /* bounds what crashing it again and again can take away */
#define PINGS 4 /* so many without an answer: it hangs */

void role_set_init(struct role_set *set, const char *path,
		   const struct configuration *configuration, int listen_fd, int admin_fd)
{
	*set = (struct role_set){ .configuration = configuration,
				  .path = path,
				  .listen_fd = listen_fd,
				  .admin_fd = admin_fd,
				  .count = ROLE_APPRAISERS + configuration->appraisers };
	for (size_t i = 0; i < set->count; i++) {
		struct child *child = &set->children[i];

		channel_init(&child->channel, -1, 0);
		if (i < ROLE_APPRAISERS)
			(void)snprintf(child->name, sizeof(child->name), "%s",
				       i == ROLE_SIGNER ? "signer" : "front");
		else
			(void)snprintf(child->name, sizeof(child->name), "appraiser %zu",
				       i - ROLE_APPRAISERS + 1);
	}
}

static void close_pair(int fds[2])
{
	(void)close(fds[0]);
	(void)close(fds[1]);
}

/* fds[0] is left for the child's end of its channel to the parent. */
static enum status start_child(struct role_set *set, struct child *child, const char *role,
			       int *fds, size_t count, time_t now)
{
	const char *arguments[] = { "--config", set->path, NULL };
	int ends[2];
	enum status status = channel_pair(ends);

	if (status != OK)
		return status;
	fds[0] = ends[1];
	status = role_start(role, arguments, fds, count, &child->pid);
	(void)close(ends[1]);
	if (status != OK) {
		(void)close(ends[0]);
		return status;
	}
	channel_done(&child->channel);
	channel_init(&child->channel, ends[0], 0);
	child->is_ready = false;
	child->unanswered = 0;
	child->started = now;
	return OK;
}

static enum status start_signer(struct role_set *set, time_t now)
{
	int fds[1];

	return start_child(set, &set->children[ROLE_SIGNER], "signer", fds, 1, now);
}

static enum status start_front(struct role_set *set, time_t now)
{
	int fds[FRONT_ADMIN_AT + 1];

	fds[FRONT_LISTEN_AT] = set->listen_fd;
	fds[FRONT_ADMIN_AT] = set->admin_fd >= 0 ? set->admin_fd : set->listen_fd;
	return start_child(set, &set->children[ROLE_FRONT], "front", fds, FRONT_ADMIN_AT + 1, now);
}

static void say_how(const struct child *child, int how)
{
	if (WIFSIGNALED(how))
		log_line(LOG_LEVEL_ERROR, "%s was ended by signal %d", child->name, WTERMSIG(how));
	else
		log_line(LOG_LEVEL_ERROR, "%s ended with status %d", child->name,
			 WIFEXITED(how) ? WEXITSTATUS(how) : -1);
}

/* For good, and not at its own pace: it ended already, hangs, or misbehaves. */
static void reap(struct child *child)
{
	int how = 0;

	channel_done(&child->channel);
	child->is_ready = false;
	if (child->pid == 0)
		return;
	for (int waited = 0; waited < STEP_MS; waited++) {
		const struct timespec step = { .tv_nsec = 1000000L };

		if (waitpid(child->pid, &how, WNOHANG) == child->pid) {
			say_how(child, how);
			child->pid = 0;
			return;
		}
		(void)nanosleep(&step, NULL);
	}
	(void)kill(child->pid, SIGKILL);
	while (waitpid(child->pid, &how, 0) < 0 && errno == EINTR)
		;
	say_how(child, how);
	child->pid = 0;
}

/* When it may be started again: at once, then after 1, 2 and 4 s. */
static void schedule(struct child *child, time_t now)
{
	time_t wait = 0;

	if (now - child->started > STEADY_S)
		child->failures = 0;
	else if (child->failures > 0)
		wait = 1 << (child->failures - 1 < 2 ? child->failures - 1 : 2);
	child->failures++;
	child->again = now + (wait < BACKOFF_MAX_S ? wait : BACKOFF_MAX_S);
	if (wait > 0)
		log_line(LOG_LEVEL_WARNING, "%s starts again in %d s", child->name, (int)wait);
}

/* With it go those whose channels end with it. */
static void end_child(struct role_set *set, size_t index, time_t now)
{
	struct child *child = &set->children[index];

	reap(child);
	schedule(child, now);
	for (size_t i = index + 1; index < ROLE_APPRAISERS && i < set->count; i++) {
		set->children[i].again = child->again;
		reap(&set->children[i]);
	}
}

/* Nobody waits for a role: one that left no room in its channel does not read, and
 * whoever waited for it would replace, load and end nothing any more. */
static enum status tell(struct role_set *set, size_t index, uint16_t type, uint64_t id, int fd,
			time_t now)
{
	struct child *child = &set->children[index];
	const struct span nothing = { 0 };
	enum status status = fd < 0 ? channel_queue(&child->channel, type, id, nothing)
				    : channel_queue_fd(&child->channel, type, id, nothing, fd);

	if (status != OK)
		return status;
	status = channel_flush(&child->channel);
	if (status == OK && channel_has_output(&child->channel)) {
		log_line(LOG_LEVEL_ERROR, "%s does not read any more", child->name);
		status = STATUS_UNAVAILABLE;
	}
	if (status != OK)
		end_child(set, index, now);
	return status;
}

enum status role_set_give_signer(struct role_set *set, uint16_t type, int fd, time_t now)
{
	return tell(set, ROLE_SIGNER, type, 0, fd, now);
}

/* Its other two ends go to signer and front, who forget the one before. */
static enum status hand_over(struct role_set *set, size_t number, int signer_fd, int front_fd,
			     time_t now)
{
	enum status status = tell(set, ROLE_SIGNER, FRAME_APPRAISER, number, signer_fd, now);

	return status == OK ? tell(set, ROLE_FRONT, FRAME_APPRAISER, number, front_fd, now)
			    : status;
}

static enum status start_appraiser(struct role_set *set, size_t number, time_t now)
{
	struct child *child = &set->children[ROLE_APPRAISERS + number];
	int front[2], signer[2], fds[APPRAISER_SIGNER_AT + 1];
	enum status status = channel_pair(front);

	if (status != OK)
		return status;
	status = channel_pair(signer);
	if (status != OK) {
		close_pair(front);
		return status;
	}
	fds[APPRAISER_FRONT_AT] = front[0];
	fds[APPRAISER_SIGNER_AT] = signer[0];
	status = hand_over(set, number, signer[1], front[1], now);
	if (status == OK)
		status = start_child(set, child, "appraiser", fds, APPRAISER_SIGNER_AT + 1, now);
	close_pair(front);
	close_pair(signer);
	return status;
}

/* False: it could not be started. */
static bool start(struct role_set *set, size_t index, time_t now)
{
	struct child *child = &set->children[index];
	enum status status = index == ROLE_SIGNER ? start_signer(set, now)
			     : index == ROLE_FRONT
				     ? start_front(set, now)
				     : start_appraiser(set, index - ROLE_APPRAISERS, now);

	if (status == OK)
		return true;
	log_line(LOG_LEVEL_ERROR, "%s could not be started: %s", child->name, status_text(status));
	child->started = now;
	schedule(child, now);
	return false;
}

/* Who does not answer in time is no better than who ended. */
static void ping(struct role_set *set, time_t now)
{
	if (now - set->pinged < (time_t)(set->configuration->silence_s / PINGS))
		return;
	set->pinged = now;
	for (size_t i = 0; i < set->count; i++) {
		struct child *child = &set->children[i];

		if (!child->is_ready)
			continue;
		if (child->unanswered >= PINGS) {
			log_line(LOG_LEVEL_ERROR, "%s does not answer any more", child->name);
			end_child(set, i, now);
			continue;
		}
		child->unanswered++;
		(void)!tell(set, i, FRAME_PING, 0, -1, now);
	}
}

void role_set_tend(struct role_set *set, time_t now)
{
	ping(set, now);
	for (size_t i = 0; i < set->count; i++) {
		struct child *child = &set->children[i];

		if (child->pid != 0 && !child->is_ready && now - child->started > READY_S) {
			log_line(LOG_LEVEL_ERROR, "%s did not become ready", child->name);
			end_child(set, i, now);
		}
		/* In this order: each needs those before it. */
		if (child->pid == 0 && (now < child->again || !start(set, i, now)) &&
		    i < ROLE_APPRAISERS)
			return;
	}
}

/* Once ready, and one answer for each question: answers that nobody asked for would
 * hide that it listens no more. */
static bool is_expected(struct child *child, uint16_t type)
{
	if (type == FRAME_READY && !child->is_ready) {
		child->is_ready = true;
		return true;
	}
	if (type != FRAME_PONG || child->unanswered == 0)
		return false;
	child->unanswered--;
	return true;
}

/* False: the role ended, or says what it may not. */
static bool is_sound(struct child *child)
{
	struct frame frame = { .fd = -1 };
	enum status status = channel_receive(&child->channel, 0, &frame);

	if (status == STATUS_UNAVAILABLE)
		return true;
	if (frame.fd >= 0)
		(void)close(frame.fd);
	if (status != OK || frame.fd >= 0)
		return false;
	return is_expected(child, frame.type);
}

void role_set_hear(struct role_set *set, size_t index, time_t now)
{
	if (set->children[index].pid != 0 && !is_sound(&set->children[index]))
		end_child(set, index, now);
}

bool role_set_is_ready(const struct role_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (!set->children[i].is_ready)
			return false;
	return true;
}

bool role_set_has_failed(const struct role_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->children[i].failures > 0)
			return true;
	return false;
}

static bool has_ended(struct child *child)
{
	if (child->pid > 0 && waitpid(child->pid, NULL, WNOHANG) != 0)
		child->pid = 0;
	return child->pid == 0;
}

/* The end of its channel is how a role is asked to leave; a signal is for one
 * that does not listen. */
void role_set_stop(struct role_set *set)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	bool all_ended = false;

	/* The front first: nobody asks any more while the others finish. */
	channel_done(&set->children[ROLE_FRONT].channel);
	for (size_t i = 0; i < set->count; i++)
		channel_done(&set->children[i].channel);
	for (int waited = 0; waited < PATIENCE_MS && !all_ended; waited += STEP_MS) {
		all_ended = true;
		for (size_t i = 0; i < set->count; i++)
			all_ended = has_ended(&set->children[i]) && all_ended;
		if (!all_ended)
			(void)nanosleep(&step, NULL);
	}
	for (size_t i = 0; i < set->count; i++)
		if (set->children[i].pid > 0)
			role_stop(set->children[i].pid, STEP_MS);
}
