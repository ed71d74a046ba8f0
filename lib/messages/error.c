/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/error.h"

#include "messages/json_writer.h"
#include "messages/limits.h"
#include "messages/message.h"

void error_answer_done(struct error_answer *answer)
{
	bytes_done(&answer->code);
	bytes_done(&answer->advice);
}

enum status error_answer_parse(struct span json, struct error_answer *out, const char **fault)
{
	AUTO_DONE(strict_document) document = { 0 };
	AUTO_DONE(error_answer) answer = { 0 };
	struct strict_cursor root = message_open(json, REQUEST_BODY_MAX, &document);
	struct strict_cursor error = strict_object(&root, "error");

	message_take_text(&error, "code", 64, &answer.code);
	if (!code_is_valid(span_of(&answer.code)))
		strict_fail(&error, "code", STATUS_MALFORMED, "bad-value");

	struct span advice = strict_any_text(&error, "advice", TEXT_VALUE_MAX);
	if (bytes_append(&answer.advice, advice) != OK)
		strict_fail(&error, "advice", STATUS_NO_MEMORY, "no-memory");
	(void)strict_end(&error);

	enum status status = message_end(&root, fault);
	if (status == OK) {
		*out = answer;
		answer = (struct error_answer){ 0 };
	}
	return status;
}

enum status error_answer_write(const char *code, const char *advice, struct bytes *json)
{
	struct json_writer w = json_to(json);

	json_open(&w, NULL, '{');
	json_open(&w, "error", '{');
	json_text(&w, "code", span_text(code));
	json_text(&w, "advice", span_text(advice));
	json_close(&w, '}');
	json_close(&w, '}');
	return json_end(&w);
}
