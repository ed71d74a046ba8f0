/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/identity/signing.h"

#include <stdlib.h>
#include <unistd.h>

#include "attestd/frames.h"
#include "attestd/mint/identity/right.h"
#include "base/reader.h"
#include "base/writer.h"
#include "daemon/clock.h"
#include "daemon/log.h"
#include "messages/limits.h"

#define ANSWER_TIMEOUT_S 30

struct question {
	TAILQ_ENTRY(question) others;
	uint16_t type;
	uint64_t id; /* 0: it waits */
	bool is_discarded; /* its answer is for nobody */
	uid_t user;
	struct bytes body;
	signing_answer answer;
	void *context;
};

static void question_free(struct question *q)
{
	if (q == NULL)
		return;
	bytes_done(&q->body);
	free(q);
}

void signing_init(struct signing *s, int fd)
{
	*s = (struct signing){ 0 };
	TAILQ_INIT(&s->waiting);
	TAILQ_INIT(&s->asked);
	channel_init(&s->broker, fd, FRAME_SMALL_MAX);
}

/* The one whose answer comes next; NULL: none. */
static struct question *take_asked(struct signing *s)
{
	struct question *q = TAILQ_FIRST(&s->asked);

	if (q == NULL)
		return NULL;
	TAILQ_REMOVE(&s->asked, q, others);
	s->asked_count--;
	return q;
}

void signing_done(struct signing *s)
{
	while (!TAILQ_EMPTY(&s->waiting))
		signing_cancel(s, TAILQ_FIRST(&s->waiting));
	while (!TAILQ_EMPTY(&s->asked))
		question_free(take_asked(s));
	channel_done(&s->broker);
}

/* The next user's, counted upwards and round; its first. */
static struct question *next_question(const struct signing *s)
{
	struct question *lowest = NULL, *next = NULL, *q;

	TAILQ_FOREACH(q, &s->waiting, others)
	{
		if (lowest == NULL || q->user < lowest->user)
			lowest = q;
		if (q->user > s->last_user && (next == NULL || q->user < next->user))
			next = q;
	}
	return next != NULL ? next : lowest;
}

static void allow_time(struct signing *s)
{
	s->until_s = clock_boot_s() + ANSWER_TIMEOUT_S;
}

/* As many as may be with the broker, if so many wait. */
static void send_next(struct signing *s)
{
	struct question *q;

	while (!s->is_gone && s->asked_count < SIGNING_ASKED_MAX &&
	       (q = next_question(s)) != NULL) {
		TAILQ_REMOVE(&s->waiting, q, others);
		TAILQ_INSERT_TAIL(&s->asked, q, others);
		if (s->asked_count++ == 0)
			allow_time(s);
		s->last_user = q->user;
		q->id = ++s->last_id;
		/* Few at a time, and small: the channel has room for them. */
		s->is_gone = channel_send(&s->broker, q->type, q->id, span_of(&q->body)) != OK;
	}
}

enum status signing_ask(struct signing *s, uint16_t type, struct span body, uid_t user,
			signing_answer answer, void *context, struct question **out)
{
	struct question *q;

	if (s->is_gone)
		return STATUS_UNAVAILABLE;
	q = calloc(1, sizeof(*q));
	if (q == NULL)
		return STATUS_NO_MEMORY;
	*q = (struct question){ .type = type, .user = user, .answer = answer, .context = context };
	if (bytes_copy(body, &q->body) != OK) {
		question_free(q);
		return STATUS_NO_MEMORY;
	}
	TAILQ_INSERT_TAIL(&s->waiting, q, others);
	if (out != NULL)
		*out = q;
	send_next(s);
	return OK;
}

enum status signing_ask_for_svid(struct signing *s, struct span tbs, const struct subject *subject,
				 signing_answer answer, void *context, struct question **out)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);

	writer_sized32(&w, tbs);
	subject_put(&w, subject);

	enum status status = writer_end(&w);

	return status == OK ? signing_ask(s, FRAME_MINT_SIGN, span_of(&body), subject->uid, answer,
					  context, out)
			    : status;
}

enum status signing_read_signature(struct span body, struct bytes *signature)
{
	struct reader r = reader_over(body);
	struct span der = reader_sized(&r, SIGNATURE_MAX);
	enum status status = reader_end(&r);

	return status == OK ? bytes_copy(der, signature) : status;
}

static void on_end_noted(void *context, enum status status, struct span body)
{
	(void)context;
	(void)body;
	if (status != OK)
		log_line(LOG_LEVEL_WARNING, "the end of a job's identity is not on record");
}

enum status signing_note_end(struct signing *s, struct span spiffe_id, const struct digest *tbs,
			     const struct subject *subject)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);

	writer_sized(&w, spiffe_id);
	writer_sized(&w, digest_span(tbs));
	subject_put(&w, subject);

	enum status status = writer_end(&w);

	return status == OK ? signing_ask(s, FRAME_MINT_ENDED, span_of(&body), subject->uid,
					  on_end_noted, NULL, NULL)
			    : status;
}

void signing_cancel(struct signing *s, struct question *q)
{
	if (q == NULL)
		return;
	if (q->id != 0) {
		q->is_discarded = true;
		return;
	}
	TAILQ_REMOVE(&s->waiting, q, others);
	question_free(q);
}

/* Whoever asked may ask anew within. */
static void end_question(struct question *q, enum status status, struct span body)
{
	if (!q->is_discarded)
		q->answer(q->context, status, body);
	question_free(q);
}

static void refuse_all(struct signing *s)
{
	struct question *q;

	s->is_gone = true;
	while ((q = take_asked(s)) != NULL)
		end_question(q, STATUS_UNAVAILABLE, (struct span){ 0 });
	while ((q = TAILQ_FIRST(&s->waiting)) != NULL) {
		TAILQ_REMOVE(&s->waiting, q, others);
		end_question(q, STATUS_UNAVAILABLE, (struct span){ 0 });
	}
}

static void take_answer(struct signing *s, const struct frame *frame)
{
	struct question *q = TAILQ_FIRST(&s->asked);
	bool is_answer = frame->type == FRAME_ANSWER;

	if (frame->fd >= 0)
		(void)close(frame->fd);
	if (frame->fd >= 0 || q == NULL || frame->id != q->id ||
	    (!is_answer && frame->type != FRAME_REFUSED)) {
		refuse_all(s);
		return;
	}
	(void)take_asked(s);
	allow_time(s);
	/* Before what came is looked at: the TPM signs meanwhile. */
	send_next(s);
	end_question(q, is_answer ? OK : STATUS_UNAVAILABLE,
		     is_answer ? frame->body : (struct span){ 0 });
}

void signing_take(struct signing *s)
{
	struct frame frame;
	enum status status = s->is_gone ? STATUS_NOT_FOUND : channel_fill(&s->broker);

	if (status == OK)
		status = channel_take(&s->broker, &frame);
	if (status == OK)
		take_answer(s, &frame);
	else if (status != STATUS_NOT_FOUND)
		refuse_all(s);
}

void signing_keep(struct signing *s, int64_t boot_s)
{
	if (s->asked_count > 0 && s->until_s <= boot_s)
		s->is_gone = true;
	if (s->is_gone)
		refuse_all(s);
}

int64_t signing_wait_s(const struct signing *s, int64_t boot_s, int64_t most)
{
	int64_t left = s->until_s - boot_s;

	if (s->asked_count == 0 || left >= most)
		return most;
	return left > 0 ? left : 0;
}
