/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/desks.h"

#include <unistd.h>

#include "daemon/log.h"

static void empty_desk(struct desk *desk)
{
	if (desk->is_open) {
		channel_done(&desk->channel);
		pending_done(&desk->pending);
		keep_done(&desk->keep);
	}
	desk->is_open = desk->is_asking = desk->wants_reference = false;
}

void desks_done(struct desks *desks)
{
	for (size_t i = 0; i < desks->count; i++)
		empty_desk(&desks->list[i]);
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

/* The next request of a desk, if all of it is there. */
static void take_request(struct desk *desk)
{
	struct frame frame = { .fd = -1 };
	enum status status = channel_fill(&desk->channel);

	if (status == OK)
		status = channel_take(&desk->channel, &frame);
	if (status == STATUS_NOT_FOUND)
		return;
	if (status == OK && frame.fd >= 0) {
		(void)close(frame.fd);
		status = STATUS_MALFORMED;
	}
	if (status == OK)
		status = signer_request_decode((enum frame_type)frame.type, frame.body,
					       &desk->request);
	if (status != OK) {
		close_desk(desk, status_text(status));
		return;
	}
	desk->id = frame.id;
	desk->is_asking = true;
}

static void refuse(struct desk *desk, enum refusal refusal)
{
	keep_done(&desk->keep);
	pending_done(&desk->pending);
	desk->answer = (struct signer_answer){ .type = desk->request.type,
					       .refusal = refusal,
					       .retry_after_s = BUSY_RETRY_S };
}

static void answer_desk(struct desk *desk, struct turn turn)
{
	struct store *store = turn.signer->store;

	turn.pending = &desk->pending;
	turn.keep = &desk->keep;
	if (store_step_begin(store) != OK) {
		refuse(desk, REFUSAL_STORE_UNAVAILABLE);
		return;
	}
	signer_answer_request(&turn, &desk->request, &desk->answer);
	if (store_step_end(store, desk->answer.refusal == REFUSAL_NONE) != OK)
		refuse(desk, REFUSAL_STORE_UNAVAILABLE);
}

/* HEALTH must say that the store fails even where nothing else can be said. */
static void refuse_group(struct desks *desks, struct signer *s)
{
	log_line(LOG_LEVEL_ERROR,
		 "%s can't be written: nothing is granted; is its disk full, or is it locked?",
		 s->store_path);
	/* What was not stored was not seen. */
	(void)high_water_read(s);
	for (size_t i = 0; i < desks->count; i++) {
		struct desk *desk = &desks->list[i];

		if (!desk->is_asking)
			continue;
		refuse(desk, REFUSAL_STORE_UNAVAILABLE);
		if (desk->request.type != FRAME_HEALTH)
			continue;
		desk->answer.refusal = REFUSAL_NONE;
		desk->answer.retry_after_s = 0;
		desk->answer.health.health = HEALTH_STORE_UNAVAILABLE;
	}
}

static void send_answer(struct desk *desk)
{
	AUTO_DONE(bytes) body = { 0 };
	enum status status = signer_answer_encode(&desk->answer, &body);

	/* Two logs that fit the store may not fit a frame. */
	if (status != OK) {
		body.len = 0;
		desk->answer = (struct signer_answer){ .type = desk->request.type,
						       .refusal = REFUSAL_INTERNAL };
		status = signer_answer_encode(&desk->answer, &body);
	}
	if (status == OK)
		status = channel_queue(&desk->channel, FRAME_ANSWER, desk->id, span_of(&body));
	keep_done(&desk->keep);
	desk->is_asking = false;
	if (status != OK)
		close_desk(desk, "its answer could not be made");
}

static bool is_any_asking(const struct desks *desks)
{
	for (size_t i = 0; i < desks->count; i++)
		if (desks->list[i].is_asking)
			return true;
	return false;
}

/* All that is waiting is one transaction: synced once, and no answer leaves
 * before it is durable. */
void desks_answer(struct desks *desks, const struct turn *turn)
{
	struct signer *s = turn->signer;

	if (!is_any_asking(desks))
		return;

	bool is_open = store_begin(s->store) == OK;

	for (size_t i = 0; i < desks->count && is_open; i++)
		if (desks->list[i].is_asking)
			answer_desk(&desks->list[i], *turn);
	if (!is_open || store_commit(s->store) != OK) {
		store_rollback(s->store);
		refuse_group(desks, s);
	}
	for (size_t i = 0; i < desks->count; i++)
		if (desks->list[i].is_asking)
			send_answer(&desks->list[i]);
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
		/* Who does not read its answers asks nothing more: what waits for
		 * one appraiser stays bounded, whoever owns it. */
		short events = channel_has_output(&desk->channel) ? POLLOUT : POLLIN;

		slots[i] = (struct pollfd){ .fd = desk->is_open ? desk->channel.fd : -1,
					    .events = events };
	}
}

void desks_take(struct desks *desks, const struct pollfd *slots)
{
	for (size_t i = 0; i < desks->count; i++)
		if (desks->list[i].is_open && (slots[i].revents & ~POLLOUT) != 0)
			take_request(&desks->list[i]);
}
