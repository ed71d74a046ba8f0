/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/relay.h"

#include <unistd.h>

#include "base/reader.h"
#include "base/writer.h"
#include "messages/limits.h"

#define CONTENT_TYPE_MAX 64
/* What attestctl appraise reads holds a whole session's logs. */
#define ANSWER_MAX FRAME_BODY_MAX

static void give_up(struct relay *relay)
{
	relay->is_broken = true;
	(void)event_base_loopbreak(relay->base);
}

static bool is_printable(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] < ' ' || s.data[i] > '~')
			return false;
	return true;
}

static enum status read_answer(struct span body, struct relay_answer *out)
{
	struct reader r = reader_over(body);
	struct relay_answer answer = { 0 };

	answer.status = reader_be16(&r);
	answer.retry_after_s = reader_be16(&r);
	answer.content_type = reader_sized(&r, CONTENT_TYPE_MAX);
	answer.body = reader_sized32(&r, ANSWER_MAX);
	/* It goes into a header field: nothing may end the line. */
	if (!is_printable(answer.content_type) || answer.content_type.len == 0 ||
	    answer.status < 200 || answer.status > 599)
		reader_fail(&r, STATUS_MALFORMED);

	enum status status = reader_end(&r);
	if (status == OK)
		*out = answer;
	return status;
}

static struct relay_slot *slot_of(struct relay *relay, uint64_t id)
{
	struct relay_slot *slot = &relay->slots[id % RELAY_WAITING_MAX];

	return slot->is_used && slot->generation == id / RELAY_WAITING_MAX ? slot : NULL;
}

static void on_frame(struct relay_appraiser *from, const struct frame *frame)
{
	struct relay *relay = from->relay;
	struct relay_slot *slot = slot_of(relay, frame->id);
	struct relay_answer answer;

	if (frame->fd >= 0)
		(void)close(frame->fd);
	if (frame->type != FRAME_RESPONSE || frame->fd >= 0 || slot == NULL ||
	    &relay->appraisers[slot->appraiser] != from ||
	    read_answer(frame->body, &answer) != OK) {
		give_up(relay);
		return;
	}

	void *waiting = slot->waiting;
	slot->is_used = false;
	slot->waiting = NULL;
	relay->waiting_count--;
	from->queued--;
	if (waiting != NULL)
		relay->answered(waiting, &answer);
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	struct relay_appraiser *a = context;
	enum status status;
	(void)fd;
	(void)what;

	for (;;) {
		struct frame frame;

		status = channel_fill(&a->channel);
		if (status == OK)
			status = channel_take(&a->channel, &frame);
		if (status != OK)
			break;
		on_frame(a, &frame);
		if (a->relay->is_broken)
			return;
	}
	if (status != STATUS_NOT_FOUND)
		give_up(a->relay);
}

static void flush(struct relay_appraiser *a)
{
	if (channel_flush(&a->channel) != OK ||
	    (channel_has_output(&a->channel) && event_add(a->writable, NULL) != 0))
		give_up(a->relay);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	flush(context);
}

enum status relay_init(struct relay *relay, struct event_base *base, const int *fds, size_t count,
		       relay_answered answered)
{
	if (count == 0 || count > RELAY_APPRAISERS_MAX)
		return STATUS_MALFORMED;
	relay->base = base;
	relay->answered = answered;
	for (size_t i = 0; i < count; i++) {
		struct relay_appraiser *a = &relay->appraisers[i];

		a->relay = relay;
		channel_init(&a->channel, fds[i], FRAME_BODY_MAX);
		a->readable = event_new(base, fds[i], EV_READ | EV_PERSIST, on_readable, a);
		a->writable = event_new(base, fds[i], EV_WRITE, on_writable, a);
		relay->appraiser_count++;
		if (a->readable == NULL || a->writable == NULL || event_add(a->readable, NULL) != 0)
			return STATUS_NO_MEMORY;
	}
	return OK;
}

void relay_done(struct relay *relay)
{
	for (size_t i = 0; i < relay->appraiser_count; i++) {
		struct relay_appraiser *a = &relay->appraisers[i];

		if (a->readable != NULL)
			event_free(a->readable);
		if (a->writable != NULL)
			event_free(a->writable);
		channel_done(&a->channel);
	}
	relay->appraiser_count = 0;
}

/* A node's requests go to one appraiser, so that two of them never race; the
 * id is a hash already. Everything else goes where least waits. */
static size_t choose(const struct relay *relay, struct span node)
{
	size_t chosen = 0, sum = 0;

	if (node.len > 0) {
		for (size_t i = 0; i < 8 && i < node.len; i++)
			sum = sum * 31 + node.data[i];
		return sum % relay->appraiser_count;
	}
	for (size_t i = 1; i < relay->appraiser_count; i++)
		if (relay->appraisers[i].queued < relay->appraisers[chosen].queued)
			chosen = i;
	return chosen;
}

/* A free slot under a number not used before; NULL where all are taken. */
static struct relay_slot *take_slot(struct relay *relay, uint64_t *id)
{
	for (uint32_t i = 0; i < RELAY_WAITING_MAX; i++) {
		uint32_t index = relay->next_slot++ % RELAY_WAITING_MAX;
		struct relay_slot *slot = &relay->slots[index];

		if (slot->is_used)
			continue;
		slot->generation++;
		slot->is_used = true;
		*id = (uint64_t)slot->generation * RELAY_WAITING_MAX + index;
		return slot;
	}
	return NULL;
}

static enum status put_request(const struct relay_request *request, struct bytes *out)
{
	struct writer w = writer_to(out, FRAME_BODY_MAX);

	writer_u8(&w, (uint8_t)request->route);
	writer_u8(&w, (uint8_t)request->role);
	writer_sized(&w, request->administrator);
	writer_sized(&w, request->node);
	writer_sized(&w, request->query);
	writer_be64(&w, (uint64_t)request->received);
	writer_sized32(&w, request->body);
	return writer_end(&w);
}

/* Nodes that are known go first: newcomers, who prove nothing before they cost,
 * never take all places. */
static size_t queue_max(enum route route)
{
	return route == ROUTE_ENROL || route == ROUTE_ACTIVATE ? RELAY_ENROLMENTS_MAX
							       : RELAY_QUEUE_MAX;
}

enum status relay_send(struct relay *relay, const struct relay_request *request, void *waiting,
		       uint64_t *id)
{
	AUTO_DONE(bytes) body = { 0 };
	size_t chosen = choose(relay, request->node);
	struct relay_appraiser *a = &relay->appraisers[chosen];
	uint64_t number;

	if (a->queued >= queue_max(request->route))
		return STATUS_UNAVAILABLE;

	enum status status = put_request(request, &body);
	if (status != OK)
		return status;

	struct relay_slot *slot = take_slot(relay, &number);
	if (slot == NULL)
		return STATUS_UNAVAILABLE;
	status = channel_queue(&a->channel, FRAME_REQUEST, number, span_of(&body));
	if (status != OK) {
		slot->is_used = false;
		return status;
	}
	slot->waiting = waiting;
	slot->appraiser = (uint8_t)chosen;
	a->queued++;
	relay->waiting_count++;
	*id = number;
	flush(a);
	return OK;
}

void relay_forget(struct relay *relay, uint64_t id)
{
	struct relay_slot *slot = slot_of(relay, id);

	if (slot != NULL)
		slot->waiting = NULL;
}
