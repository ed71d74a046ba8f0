/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "mint_broker.h"

#include <stdio.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"

void mint_broker_begin(struct mint_broker *b, struct signing *signing,
		       const struct granted *granted)
{
	int ends[2];

	assert_int_equal(channel_pair(ends), OK);
	*b = (struct mint_broker){ .signing = signing,
				   .granted = granted,
				   .measured = MEASURED_QUOTED };
	channel_init(&b->channel, ends[1], FRAME_SMALL_MAX);
	signing_init(signing, ends[0]);
}

void mint_broker_done(struct mint_broker *b)
{
	signing_done(b->signing);
	channel_done(&b->channel);
	bytes_done(&b->wish);
}

static void note(struct span text, char *out, size_t size)
{
	(void)snprintf(out, size, "%.*s", (int)text.len, (const char *)text.data);
}

static void note_subject(struct mint_broker *b, struct reader *r)
{
	struct subject subject;

	subject_take(r, &subject);
	note(subject.entry, b->entry, sizeof(b->entry));
	note(subject.reason, b->reason, sizeof(b->reason));
	b->uid = subject.uid;
}

static void sign(struct mint_broker *b, struct reader *r, struct writer *w)
{
	AUTO_DONE(bytes) signature = { 0 };
	struct span tbs = reader_sized32(r, FRAME_SMALL_MAX);

	note_subject(b, r);
	if (b->refuses)
		return;
	sign_with(b->granted->minting, tbs, &signature);
	writer_sized(w, span_of(&signature));
	b->signs++;
}

static void note_end(struct mint_broker *b, struct reader *r)
{
	size_t len = strlen(b->ended);

	(void)reader_sized(r, 2048);
	(void)reader_sized(r, SHA256_SIZE);
	note_subject(b, r);
	(void)snprintf(b->ended + len, sizeof(b->ended) - len, "%s", b->reason);
}

static void answer(struct mint_broker *b, const struct frame *frame)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);
	struct reader r = reader_over(frame->body);

	if (frame->type == FRAME_MINT_SIGN)
		sign(b, &r, &w);
	else if (frame->type == FRAME_MINT_ENDED)
		note_end(b, &r);
	else if (frame->type == FRAME_JWT_REQUEST) {
		bytes_done(&b->wish);
		assert_int_equal(bytes_copy(frame->body, &b->wish), OK);
		b->wishes++;
	} else if (!b->refuses)
		writer_u8(&w, (uint8_t)b->measured);
	if (b->refuses) {
		writer_be16(&w, STATUS_UNAVAILABLE);
		writer_sized(&w, (struct span){ 0 });
	}
	assert_int_equal(writer_end(&w), OK);
	assert_int_equal(channel_send(&b->channel, b->refuses ? FRAME_REFUSED : FRAME_ANSWER,
				      frame->id, span_of(&body)),
			 OK);
}

bool mint_broker_answer(struct mint_broker *b)
{
	struct frame frame;
	enum status status = channel_fill(&b->channel);

	if (status == OK)
		status = channel_take(&b->channel, &frame);
	if (status == STATUS_NOT_FOUND)
		return false;
	assert_int_equal(status, OK);
	b->questions++;
	answer(b, &frame);
	signing_take(b->signing);
	return true;
}

void mint_broker_settle(struct mint_broker *b)
{
	while (mint_broker_answer(b))
		;
}
