/* SPDX-License-Identifier: Apache-2.0 */
/* What an appraiser that was taken over may answer the front: it becomes the
 * head of an HTTP answer. */
#include "fuzz.h"

/* For read_answer(), which is private to it. */
#include "verifier/front/relay.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span body = { data, len };
	struct relay_answer answer;

	taint(&answer, sizeof(answer));
	if (read_answer(body, &answer) != OK) {
		must_be_tainted(&answer, sizeof(answer));
		return 0;
	}
	must(answer.status >= 200 && answer.status <= 599 && answer.body.len <= RESPONSE_BODY_MAX);
	must_lie_inside(answer.content_type, body);
	must_lie_inside(answer.class_name, body);
	must(answer.class_name.len <= CLASS_NAME_MAX);
	must_lie_inside(answer.body, body);
	must(answer.content_type.len > 0 && is_printable(answer.content_type));
	return 0;
}
