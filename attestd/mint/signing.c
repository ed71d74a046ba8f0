/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/signing.h"

#include <unistd.h>

#include "attestd/frames.h"
#include "messages/limits.h"

#define SIGN_TIMEOUT_MS 30000

static int timeout_ms(const struct right *right)
{
	int64_t left = (right->ends_s - boot_time_s()) * 1000;

	return left < SIGN_TIMEOUT_MS ? (left > 0 ? (int)left : 0) : SIGN_TIMEOUT_MS;
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
		status = channel_call(&s->broker, FRAME_MINT_SIGN, ++s->next_id, span_of(&body),
				      timeout_ms(right), &frame);
	s->is_gone = status != OK;
	if (status != OK)
		return STATUS_UNAVAILABLE;
	if (frame.fd >= 0)
		(void)close(frame.fd);
	if (frame.type == FRAME_REFUSED && frame.fd < 0)
		return STATUS_UNAVAILABLE;

	struct reader r = reader_over(frame.body);
	struct span der = reader_sized(&r, SIGNATURE_MAX);

	s->is_gone = frame.type != FRAME_ANSWER || frame.fd >= 0 || reader_end(&r) != OK;
	return s->is_gone ? STATUS_UNAVAILABLE : bytes_copy(der, signature);
}
