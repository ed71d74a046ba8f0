/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/desks.h"

#include <string.h>
#include <unistd.h>

#include "daemon/log.h"

/* Who does not take its answers gets no more of them. */
#define QUEUED_MAX ((size_t)1 << 20)
/* Room for an answer that stays from one to the next. */
#define ENCODED_KEEP_MAX ((size_t)64 << 10)

static void empty_desk(struct desk *desk)
{
	if (desk->is_open)
		channel_done(&desk->channel);
	for (size_t i = 0; i < CONVERSATIONS_MAX && desk->is_open; i++)
		pending_done(&desk->conversations[i].pending);
	desk->asked_count = 0;
	desk->is_open = desk->wants_reference = false;
}

void desks_done(struct desks *desks)
{
	for (size_t i = 0; i < desks->count; i++)
		empty_desk(&desks->list[i]);
	bytes_done(&desks->encoded);
}

enum status desks_open(struct desks *desks, size_t number, int fd, bool has_image)
{
	struct desk *desk = &desks->list[number % DESKS_MAX];

	if (number >= DESKS_MAX) {
		(void)close(fd);
		return STATUS_TOO_LARGE;
	}
	empty_desk(desk);
	channel_init(&desk->channel, fd, SIGNER_FRAME_MAX);
	channel_read_ahead(&desk->channel);
	channel_refuse_fds(&desk->channel);
	desk->is_open = true;
	desk->wants_reference = has_image;
	if (desks->count <= number)
		desks->count = number + 1;
	return OK;
}

static void close_desk(struct desk *desk, const char *why)
{
	log_line(LOG_LEVEL_WARNING, "an appraiser's channel ends: %s", why);
	empty_desk(desk);
}

/* Another conversation in the same place is the end of the one before: what it
 * left is of no use to anybody. */
static struct pending *pending_of(struct desk *desk, uint64_t id)
{
	struct conversation *c = &desk->conversations[id % CONVERSATIONS_MAX];

	if (c->id != id)
		pending_done(&c->pending);
	c->id = id;
	return &c->pending;
}

static bool has_room(const struct desk *desk)
{
	return desk->asked_count < CONVERSATIONS_MAX && channel_queued(&desk->channel) < QUEUED_MAX;
}

static bool may_ask(const struct desk *desk)
{
	return has_room(desk) && !desk->wants_reference;
}

/* One that was read with those before it: poll(2) knows nothing of it. */
static bool has_more(const struct desk *desk)
{
	return desk->is_open && may_ask(desk) && channel_has_frame(&desk->channel);
}

bool desks_have_more(const struct desks *desks)
{
	for (size_t i = 0; i < desks->count; i++)
		if (has_more(&desks->list[i]))
			return true;
	return false;
}

/* The next request of a desk, if all of it is there. */
static bool take_request(struct desk *desk, struct signer_request *request, struct asked *out)
{
	struct frame frame;
	enum status status = channel_fill(&desk->channel);

	if (status == OK)
		status = channel_take(&desk->channel, &frame);
	if (status == STATUS_NOT_FOUND)
		return false;
	if (status == OK)
		status = signer_request_decode((enum frame_type)frame.type, frame.body, request);
	if (status != OK) {
		close_desk(desk, status_text(status));
		return false;
	}
	*out = (struct asked){ .id = frame.id, .type = (enum frame_type)frame.type };
	return true;
}

static void queue_answer(struct desk *desk, uint64_t id, const struct signer_answer *answer,
			 struct bytes *encoded)
{
	bytes_empty(encoded, ENCODED_KEEP_MAX);

	enum status status = signer_answer_encode(answer, encoded);

	/* Two logs that fit the store may not fit a frame. */
	if (status != OK) {
		struct signer_answer too_large;

		signer_answer_init(answer->type, &too_large);
		too_large.refusal = REFUSAL_INTERNAL;
		encoded->len = 0;
		status = signer_answer_encode(&too_large, encoded);
	}
	if (status == OK)
		status = channel_queue(&desk->channel, FRAME_ANSWER, id, span_of(encoded));
	if (status != OK)
		close_desk(desk, "its answer could not be made");
}

/* Once each time it begins or ends: there may be thousands of requests a second. */
static void say_whether_it_fails(struct desks *desks, const struct signer *s, bool is_failing)
{
	if (is_failing && !desks->is_failing)
		log_line(LOG_LEVEL_ERROR,
			 "%s can't be written: nothing is granted until it can. Is its disk full, "
			 "is it locked, or was it moved? One that was moved has to come back, or "
			 "verifierd to be started again",
			 s->store_path);
	if (!is_failing && desks->is_failing)
		log_line(LOG_LEVEL_NOTICE, "%s can be written again", s->store_path);
	desks->is_failing = is_failing;
}

/* HEALTH must say that the store fails even where nothing else can be said. */
static void queue_refusal(struct desk *desk, const struct asked *asked, struct signer *s,
			  struct bytes *encoded)
{
	struct signer_answer answer;

	signer_answer_init(asked->type, &answer);
	pending_done(pending_of(desk, asked->id));
	if (asked->type == FRAME_HEALTH) {
		health_without_store(s, &answer.health);
	} else {
		answer.refusal = REFUSAL_STORE_UNAVAILABLE;
		answer.retry_after_s = BUSY_RETRY_S;
		s->refusals++;
	}
	queue_answer(desk, asked->id, &answer, encoded);
}

/* In a step of its own, so that a refusal undoes it alone. False: the store fails,
 * and what the step wrote may still be in the group. */
static bool answer_in_step(struct desks *desks, struct turn *turn)
{
	struct store *store = turn->signer->store;

	if (store_step_begin(store) != OK)
		return false;
	signer_answer_request(turn, &desks->request, &desks->answer);
	return store_step_end(store, desks->answer.refusal == REFUSAL_NONE) == OK;
}

static bool answer_one(struct desks *desks, struct desk *desk, const struct asked *asked,
		       struct turn turn)
{
	AUTO_DONE(keep) keep = { 0 };

	turn.pending = pending_of(desk, asked->id);
	turn.keep = &keep;
	turn.desk = (size_t)(desk - desks->list);
	turn.desks = desks->count;
	if (!answer_in_step(desks, &turn))
		return false;
	queue_answer(desk, asked->id, &desks->answer, &desks->encoded);
	return true;
}

/* What a group adds to before it is on record, or said. */
struct counted {
	uint64_t enrolments, verdicts, grants, refusals;
	struct unsigned_acts unsigned_acts[DESKS_MAX];
};

static struct counted counted_by(const struct signer *s)
{
	struct counted counted = { .enrolments = s->enrolments,
				   .verdicts = s->verdicts,
				   .grants = s->grants,
				   .refusals = s->refusals };

	memcpy(counted.unsigned_acts, s->unsigned_acts, sizeof(counted.unsigned_acts));
	return counted;
}

static void count_again_from(struct signer *s, const struct counted *before)
{
	s->enrolments = before->enrolments;
	s->verdicts = before->verdicts;
	s->grants = before->grants;
	s->refusals = before->refusals;
	memcpy(s->unsigned_acts, before->unsigned_acts, sizeof(s->unsigned_acts));
}

/* What was answered in a group that could not be stored was never said. */
static void refuse_group(struct desks *desks, struct signer *s)
{
	/* What was not stored was not seen. */
	(void)high_water_read(s);
	for (size_t i = 0; i < desks->count; i++) {
		struct desk *desk = &desks->list[i];

		if (desk->is_open && desk->asked_count > 0)
			channel_unqueue(&desk->channel, desk->queued_before);
		for (size_t n = 0; n < desk->asked_count && desk->is_open; n++)
			queue_refusal(desk, &desk->asked[n], s, &desks->encoded);
	}
}

/* A group begins with its first request. Whether the store takes it is known in
 * the end: until then what was asked is only noted down. */
enum group {
	GROUP_EMPTY,
	GROUP_OPEN,
	GROUP_FAILED,
};

static void serve_desk(struct desks *desks, struct desk *desk, const struct turn *turn,
		       enum group *group)
{
	struct asked asked;

	desk->queued_before = channel_queued(&desk->channel);
	while (desk->is_open && has_room(desk) && take_request(desk, &desks->request, &asked)) {
		desk->asked[desk->asked_count++] = asked;
		if (*group == GROUP_EMPTY)
			*group = store_begin(turn->signer->store) == OK ? GROUP_OPEN : GROUP_FAILED;
		if (*group == GROUP_OPEN && !answer_one(desks, desk, &asked, *turn))
			*group = GROUP_FAILED;
	}
}

void desks_answer(struct desks *desks, const struct pollfd *slots, const struct turn *turn)
{
	struct signer *s = turn->signer;
	const struct counted before = counted_by(s);
	enum group group = GROUP_EMPTY;

	for (size_t i = 0; i < desks->count; i++)
		if (desks->list[i].is_open &&
		    ((slots[i].revents & ~POLLOUT) != 0 || has_more(&desks->list[i])))
			serve_desk(desks, &desks->list[i], turn, &group);

	bool is_failing =
		group == GROUP_FAILED || (group == GROUP_OPEN && store_commit(s->store) != OK);

	if (group != GROUP_EMPTY)
		say_whether_it_fails(desks, s, is_failing);
	if (is_failing) {
		store_rollback(s->store);
		count_again_from(s, &before);
		refuse_group(desks, s);
	}
	for (size_t i = 0; i < desks->count; i++)
		desks->list[i].asked_count = 0;
}

void desks_want_reference(struct desks *desks)
{
	for (size_t i = 0; i < desks->count; i++)
		desks->list[i].wants_reference = true;
}

/* Sends what is queued, then the reference image between two answers. */
static void flush_desk(struct desk *desk, int image_fd)
{
	enum status status = channel_flush(&desk->channel);

	if (status == OK && desk->wants_reference && !channel_has_output(&desk->channel)) {
		status = channel_queue_fd(&desk->channel, FRAME_REFERENCE, 0, (struct span){ 0 },
					  image_fd);
		desk->wants_reference = false;
		if (status == OK)
			status = channel_flush(&desk->channel);
	}
	if (status != OK)
		close_desk(desk, status_text(status));
}

void desks_flush(struct desks *desks, int image_fd)
{
	for (size_t i = 0; i < desks->count; i++)
		if (desks->list[i].is_open)
			flush_desk(&desks->list[i], image_fd);
}

void desks_await(const struct desks *desks, struct pollfd *slots)
{
	for (size_t i = 0; i < DESKS_MAX; i++) {
		const struct desk *desk = &desks->list[i];
		int events = (may_ask(desk) ? POLLIN : 0) |
			     (channel_has_output(&desk->channel) ? POLLOUT : 0);

		slots[i] = (struct pollfd){ .fd = desk->is_open ? desk->channel.fd : -1,
					    .events = (short)events };
	}
}
