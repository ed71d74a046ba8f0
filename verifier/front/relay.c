/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/relay.h"

#include <unistd.h>

#include "base/reader.h"
#include "base/writer.h"
#include "daemon/log.h"
#include "messages/error.h"
#include "messages/limits.h"
#include "messages/node.h"
#include "verifier/front/http.h"

#define RETRY_S 2
#define CONTENT_TYPE_MAX 64
#define REQUEST_HEAD_ROOM 256

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
	answer.class_name = reader_sized(&r, CLASS_NAME_MAX);
	answer.body = reader_sized32(&r, RESPONSE_BODY_MAX);
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

static void release(struct relay *relay, struct relay_slot *slot)
{
	struct peer *peer = slot->peer;

	slot->peer = NULL;
	if (peer != NULL)
		relay->released(relay->context, peer, slot->held);
}

/* Frees the slot and hands its taker, if there still is one, the answer. */
static void settle(struct relay *relay, struct relay_slot *slot, const struct relay_answer *answer)
{
	void *waiting = slot->waiting;

	slot->is_used = false;
	slot->waiting = NULL;
	release(relay, slot);
	relay->waiting_count--;
	relay->appraisers[slot->appraiser].queued--;
	if (waiting != NULL)
		relay->answered(waiting, answer);
}

static void disconnect(struct relay_appraiser *a)
{
	if (a->readable != NULL)
		event_free(a->readable);
	if (a->writable != NULL)
		event_free(a->writable);
	if (a->is_present)
		channel_done(&a->channel);
	a->readable = a->writable = NULL;
	a->is_present = a->is_failed = false;
}

/* Whoever waits for it learns at once that asking again will help. */
static void lose(struct relay_appraiser *a)
{
	struct relay *relay = a->relay;
	AUTO_DONE(bytes) body = { 0 };
	enum status status = error_answer_write(http_error_code(503), "", &body);
	struct relay_answer answer = { .status = 503,
				       .retry_after_s = RETRY_S,
				       .content_type = span_text("application/json") };

	if (status == OK)
		answer.body = span_of(&body);
	disconnect(a);
	for (size_t i = 0; i < RELAY_WAITING_MAX && a->queued > 0; i++)
		if (relay->slots[i].is_used && &relay->appraisers[relay->slots[i].appraiser] == a)
			settle(relay, &relay->slots[i], &answer);
}

/* False: not an answer to what this appraiser was asked. */
static bool on_frame(struct relay_appraiser *from, const struct frame *frame)
{
	struct relay *relay = from->relay;
	struct relay_slot *slot = slot_of(relay, frame->id);
	struct relay_answer answer;

	if (frame->fd >= 0)
		(void)close(frame->fd);
	if (frame->type != FRAME_RESPONSE || frame->fd >= 0 || slot == NULL ||
	    &relay->appraisers[slot->appraiser] != from || read_answer(frame->body, &answer) != OK)
		return false;
	settle(relay, slot, &answer);
	return true;
}

static void on_readable(evutil_socket_t fd, short what, void *context)
{
	struct relay_appraiser *a = context;
	enum status status = a->is_failed ? STATUS_IO : OK;
	(void)fd;
	(void)what;

	while (status == OK) {
		struct frame frame = { .fd = -1 };

		status = channel_fill(&a->channel);
		if (status == OK)
			status = channel_take(&a->channel, &frame);
		if (status == OK && !on_frame(a, &frame))
			status = STATUS_MALFORMED;
	}
	if (status == STATUS_NOT_FOUND)
		return;
	log_line(LOG_LEVEL_WARNING, "an appraiser's channel ends: %s", status_text(status));
	lose(a);
}

/* Never loses it at once: whoever sends does not know its request's number yet. */
static void flush(struct relay_appraiser *a)
{
	if (channel_flush(&a->channel) == OK &&
	    (!channel_has_output(&a->channel) || event_add(a->writable, NULL) == 0))
		return;
	a->is_failed = true;
	event_active(a->readable, EV_READ, 0);
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
	(void)fd;
	(void)what;
	flush(context);
}

void relay_init(struct relay *relay, struct event_base *base, relay_answered answered)
{
	relay->base = base;
	relay->answered = answered;
}

enum status relay_connect(struct relay *relay, size_t number, int fd)
{
	struct relay_appraiser *a = &relay->appraisers[number % RELAY_APPRAISERS_MAX];

	if (number >= RELAY_APPRAISERS_MAX) {
		(void)close(fd);
		return STATUS_TOO_LARGE;
	}
	if (a->is_present)
		lose(a);
	a->relay = relay;
	a->is_present = true;
	channel_init(&a->channel, fd, FRAME_BODY_MAX);
	channel_read_ahead(&a->channel);
	channel_refuse_fds(&a->channel);
	a->readable = event_new(relay->base, fd, EV_READ | EV_PERSIST, on_readable, a);
	a->writable = event_new(relay->base, fd, EV_WRITE, on_writable, a);
	if (a->readable == NULL || a->writable == NULL || event_add(a->readable, NULL) != 0) {
		disconnect(a);
		return STATUS_NO_MEMORY;
	}
	if (relay->appraiser_count <= number)
		relay->appraiser_count = number + 1;
	return OK;
}

void relay_done(struct relay *relay)
{
	for (size_t i = 0; i < relay->appraiser_count; i++)
		disconnect(&relay->appraisers[i]);
	relay->appraiser_count = 0;
	for (size_t i = 0; i < RELAY_WAITING_MAX; i++)
		release(relay, &relay->slots[i]);
}

/* A node's requests go to one appraiser, so that two of them never race; the
 * id is a hash already. While that one is away, to the next. */
static struct relay_appraiser *choose_for_node(struct relay *relay, struct span node)
{
	size_t sum = 0;

	for (size_t i = 0; i < 8 && i < node.len; i++)
		sum = sum * 31 + node.data[i];
	for (size_t i = 0; i < relay->appraiser_count; i++) {
		struct relay_appraiser *a = &relay->appraisers[(sum + i) % relay->appraiser_count];

		if (a->is_present)
			return a;
	}
	return NULL;
}

/* Where least waits; NULL where nobody is there. */
static struct relay_appraiser *choose(struct relay *relay, struct span node)
{
	struct relay_appraiser *chosen = NULL;

	if (node.len > 0)
		return choose_for_node(relay, node);
	for (size_t i = 0; i < relay->appraiser_count; i++) {
		struct relay_appraiser *a = &relay->appraisers[i];

		if (a->is_present && (chosen == NULL || a->queued < chosen->queued))
			chosen = a;
	}
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

enum status relay_request_encode(const struct relay_request *request, struct bytes *out)
{
	struct writer w = writer_to(out, FRAME_BODY_MAX);

	if (request->administrator.len > REQUEST_ADMINISTRATOR_MAX ||
	    request->node.len > NODE_ID_LEN || request->query.len > REQUEST_QUERY_MAX ||
	    request->body.len > EVIDENCE_BODY_MAX)
		return STATUS_TOO_LARGE;
	writer_fail(&w, bytes_reserve(out, request->body.len + REQUEST_HEAD_ROOM));
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
	struct relay_appraiser *a = choose(relay, request->node);
	uint64_t number;

	if (a == NULL)
		return STATUS_NOT_FOUND;
	if (a->queued >= queue_max(request->route))
		return STATUS_UNAVAILABLE;

	enum status status = relay_request_encode(request, &body);
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
	slot->peer = request->peer;
	slot->held = request->held;
	slot->appraiser = (uint8_t)(a - relay->appraisers);
	a->queued++;
	relay->waiting_count++;
	*id = number;
	/* Behind all that came in at the same time: one message to the appraiser. */
	event_active(a->writable, EV_WRITE, 0);
	return OK;
}

void relay_forget(struct relay *relay, uint64_t id)
{
	struct relay_slot *slot = slot_of(relay, id);

	if (slot != NULL)
		slot->waiting = NULL;
}
