/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/identity/signing.h"

#include <unistd.h>

#include "attestd/frames.h"
#include "messages/limits.h"

#define SIGN_TIMEOUT_MS 30000

static int timeout_ms(const struct right *right)
{
	int64_t left = (right->ends_s - boot_time_s()) * 1000;

	return left < SIGN_TIMEOUT_MS ? (left > 0 ? (int)left : 0) : SIGN_TIMEOUT_MS;
}

/* One question. STATUS_UNAVAILABLE: refused, or there is no broker any more. */
static enum status ask(struct signing *s, uint16_t type, struct span body, int wait_ms,
		       struct frame *out)
{
	struct frame frame;

	if (s->is_gone)
		return STATUS_UNAVAILABLE;
	s->is_gone = channel_call(&s->broker, type, ++s->next_id, body, wait_ms, &frame) != OK;
	if (s->is_gone)
		return STATUS_UNAVAILABLE;
	if (frame.fd >= 0)
		(void)close(frame.fd);
	s->is_gone = frame.fd >= 0 || (frame.type != FRAME_ANSWER && frame.type != FRAME_REFUSED);
	if (s->is_gone || frame.type == FRAME_REFUSED)
		return STATUS_UNAVAILABLE;
	*out = frame;
	return OK;
}

enum status signing_ask(struct signing *s, const struct right *right, struct span tbs,
			const struct subject *subject, struct bytes *signature)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);
	struct frame frame;

	writer_sized32(&w, tbs);
	subject_put(&w, subject);

	enum status status = writer_end(&w);

	if (status == OK)
		status = ask(s, FRAME_MINT_SIGN, span_of(&body), timeout_ms(right), &frame);
	if (status != OK)
		return STATUS_UNAVAILABLE;

	struct reader r = reader_over(frame.body);
	struct span der = reader_sized(&r, SIGNATURE_MAX);

	s->is_gone = reader_end(&r) != OK;
	return s->is_gone ? STATUS_UNAVAILABLE : bytes_copy(der, signature);
}

enum status signing_question(struct signing *s, uint16_t type, struct span body,
			     struct bytes *answer)
{
	struct frame frame;
	enum status status = ask(s, type, body, SIGN_TIMEOUT_MS, &frame);

	return status == OK ? bytes_copy(frame.body, answer) : status;
}

enum status signing_note_end(struct signing *s, struct span spiffe_id, const struct digest *tbs,
			     const struct subject *subject)
{
	AUTO_DONE(bytes) body = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);

	writer_sized(&w, spiffe_id);
	writer_sized(&w, digest_span(tbs));
	subject_put(&w, subject);

	enum status status = writer_end(&w);

	return status == OK ? signing_question(s, FRAME_MINT_ENDED, span_of(&body), &answer)
			    : status;
}
