/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraiser/appraiser.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/log.h"
#include "verifier/appraiser/jobs.h"

#define TICK_MS 1000

/* A newer image takes the place of one that nobody used yet. */
static bool keep_reference(struct appraiser *a, const struct frame *frame)
{
	if (frame->type != FRAME_REFERENCE || frame->fd < 0)
		return false;
	if (a->pending_reference >= 0)
		(void)close(a->pending_reference);
	a->pending_reference = frame->fd;
	return true;
}

/* All that is there. False: the channel is at its end, or the signer misbehaves. */
static bool serve_signer(struct appraiser *a)
{
	struct frame frame = { .fd = -1 };
	enum status status;

	for (;;) {
		status = channel_fill(&a->signer);
		if (status == OK)
			status = channel_take(&a->signer, &frame);
		if (status != OK)
			break;
		if (keep_reference(a, &frame)) {
			adopt_reference(a);
			continue;
		}
		if (!jobs_answered(a, &frame))
			return false;
	}
	return status == STATUS_NOT_FOUND;
}

/* What one reading brought, and no more than there is room for: the rest waits in
 * the front's channel, and poll tells of it. */
static bool serve_front(struct appraiser *a)
{
	struct frame frame = { .fd = -1 };
	enum status status = STATUS_NOT_FOUND;

	while (jobs_have_room(a)) {
		status = channel_fill(&a->front);
		if (status == OK)
			status = channel_take(&a->front, &frame);
		if (status != OK)
			break;
		if (!jobs_begin(a, &frame))
			return false;
		if (!channel_has_frame(&a->front))
			break;
	}
	return status == OK || status == STATUS_NOT_FOUND;
}

static short events_of(const struct channel *channel, bool is_wanted)
{
	return (short)((is_wanted ? POLLIN : 0) | (channel_has_output(channel) ? POLLOUT : 0));
}

static bool flush(struct appraiser *a)
{
	return channel_flush(&a->signer) == OK && channel_flush(&a->front) == OK;
}

/* False: the parent is gone, or says what it may not. */
static bool serve_parent(struct appraiser *a)
{
	struct frame frame;
	enum status status = channel_receive(&a->parent, 0, &frame);

	if (status == STATUS_UNAVAILABLE)
		return true;
	if (status != OK)
		return false;
	if (frame.fd >= 0)
		(void)close(frame.fd);
	return frame.fd < 0 && frame.type == FRAME_PING &&
	       channel_send(&a->parent, FRAME_PONG, frame.id, (struct span){ 0 }) == OK;
}

/* A request was read ahead for which there is room now. */
static bool has_next(const struct appraiser *a)
{
	return channel_has_frame(&a->front) && jobs_have_room(a);
}

/* 0 when the parent ended it, 1 when something else did. */
static int serve(struct appraiser *a)
{
	for (;;) {
		struct pollfd p[] = {
			{ .fd = a->parent.fd, .events = POLLIN },
			{ .fd = a->signer.fd, .events = events_of(&a->signer, true) },
			{ .fd = a->front.fd, .events = events_of(&a->front, jobs_have_room(a)) },
		};

		if (poll(p, 3, has_next(a) ? 0 : TICK_MS) < 0)
			continue;
		if (p[0].revents != 0 && !serve_parent(a))
			return 0;
		/* First what decides, then who asks. */
		if ((p[1].revents & ~POLLOUT) != 0 && !serve_signer(a))
			return 1;
		if (!a->is_broken && ((p[2].revents & ~POLLOUT) != 0 || has_next(a)) &&
		    !serve_front(a))
			return 1;
		if (a->is_broken || jobs_are_late(a) || !flush(a))
			return 1;
		ek_pools_refresh(&a->pools, clock_monotonic_s());
	}
}

int appraiser_run(const struct appraiser_settings *settings, int parent_fd, int front_fd,
		  int signer_fd)
{
	struct appraiser *a = calloc(1, sizeof(*a));
	int end = 1;

	if (a == NULL || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return 1;
	a->settings = settings;
	a->pending_reference = -1;
	channel_init(&a->parent, parent_fd, 0);
	channel_init(&a->front, front_fd, FRAME_BODY_MAX);
	channel_read_ahead(&a->front);
	channel_refuse_fds(&a->front);
	channel_init(&a->signer, signer_fd, FRAME_BODY_MAX);
	channel_read_ahead(&a->signer);
	if (jobs_init(a, handle_request) && ek_pools_read(settings, &a->pools) &&
	    channel_send(&a->parent, FRAME_READY, 0, (struct span){ 0 }) == OK)
		end = serve(a);
	jobs_done(a);
	ek_pools_done(&a->pools);
	channel_done(&a->parent);
	channel_done(&a->front);
	channel_done(&a->signer);
	mapped_reference_done(&a->reference);
	if (a->pending_reference >= 0)
		(void)close(a->pending_reference);
	free(a);
	return end;
}
