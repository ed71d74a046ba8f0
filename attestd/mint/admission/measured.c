/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/admission/measured.h"

#include "base/reader.h"
#include "base/writer.h"

static bool is_known(const struct measured *m, const struct digest *which)
{
	for (size_t i = 0; i < m->count; i++) {
		if (digest_equal(&m->known[i], which))
			return true;
	}
	return false;
}

static void keep(struct measured *m, const struct digest *which)
{
	m->known[m->next] = *which;
	m->next = (m->next + 1) % MEASURED_MAX;
	if (m->count < MEASURED_MAX)
		m->count++;
}

static enum status read_answer(struct span answer, enum measured_state *out)
{
	struct reader r = reader_over(answer);
	uint8_t state = reader_u8(&r);
	enum status status = reader_end(&r);

	if (status != OK)
		return status;
	if (state > MEASURED_QUOTED)
		return STATUS_MALFORMED;
	*out = (enum measured_state)state;
	return OK;
}

/* Of the IMA log, for one question: some 30 MiB, a quarter of a million entries. */
#define SEARCH_STEPS 16

static void on_answer(void *slot, enum status status, struct span body);

static enum status send(struct measured_question *q)
{
	const struct measured_source *source = &q->measured->source;

	return source->ask(source->context, q->user, span_of(&q->body), on_answer, q);
}

static void forget(struct measured_question *q)
{
	struct measured *m = q->measured;

	bytes_done(&q->body);
	*q = (struct measured_question){ .measured = m };
}

/* Between two steps the broker serves others. */
static void on_answer(void *slot, enum status status, struct span body)
{
	struct measured_question *q = slot;
	struct measured *m = q->measured;

	if (status == OK)
		status = read_answer(body, &q->state);
	if (status == OK && q->state == MEASURED_SEARCHING && ++q->steps < SEARCH_STEPS) {
		status = send(q);
		if (status == OK)
			return;
	}
	q->status = status;
	q->stage = QUESTION_ANSWERED;
	q->answered_s = m->now_s();
	if (status == OK && q->state == MEASURED_QUOTED) {
		keep(m, &q->which);
		forget(q);
	}
	m->source.answered(m->source.context);
}

void measured_init(struct measured *m, const struct measured_source *source, int64_t (*now_s)(void))
{
	*m = (struct measured){ .source = *source, .now_s = now_s };
	for (size_t i = 0; i < MEASURED_ASKED_MAX; i++)
		m->asked[i].measured = m;
}

void measured_done(struct measured *m)
{
	for (size_t i = 0; i < MEASURED_ASKED_MAX; i++)
		forget(&m->asked[i]);
}

static bool is_left(const struct measured_question *q)
{
	return q->stage == QUESTION_ANSWERED &&
	       q->answered_s + MEASURED_FRESH_S < q->measured->now_s();
}

/* Its own place or a free one, if this user may have one more. An answer that nobody came
 * for makes room. */
static struct measured_question *find(struct measured *m, const struct digest *which, uid_t user)
{
	struct measured_question *place = NULL;
	size_t of_user = 0;

	for (size_t i = 0; i < MEASURED_ASKED_MAX; i++) {
		struct measured_question *q = &m->asked[i];

		if (is_left(q))
			forget(q);
		if (q->stage == QUESTION_NONE) {
			place = place == NULL ? q : place;
			continue;
		}
		if (digest_equal(&q->which, which))
			return q;
		of_user += q->user == user;
	}
	return of_user < MEASURED_OF_USER_MAX ? place : NULL;
}

static enum status ask(struct measured_question *q, const struct digest *which, uid_t user,
		       struct bytes *body)
{
	q->which = *which;
	q->body = *body;
	*body = (struct bytes){ 0 };
	q->user = user;
	q->stage = QUESTION_ASKED;

	enum status status = send(q);

	if (status != OK)
		forget(q);
	return status == OK ? STATUS_NOT_FOUND : status;
}

enum status measured_ask(struct measured *m, uid_t user, struct span path,
			 const struct digest *digest, enum measured_state *out)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);
	struct digest which;

	writer_sized(&w, digest_span(digest));
	writer_sized(&w, path);

	enum status status = writer_end(&w);

	if (status == OK)
		status = digest_of(DIGEST_SHA256, span_of(&body), &which);
	if (status != OK)
		return status;
	if (is_known(m, &which)) {
		*out = MEASURED_QUOTED;
		return OK;
	}

	struct measured_question *q = find(m, &which, user);

	if (q == NULL)
		return STATUS_UNAVAILABLE;
	if (q->stage == QUESTION_NONE)
		return ask(q, &which, user, &body);
	if (q->stage == QUESTION_ASKED)
		return STATUS_NOT_FOUND;
	status = q->status;
	if (status == OK)
		*out = q->state;
	forget(q);
	return status;
}
