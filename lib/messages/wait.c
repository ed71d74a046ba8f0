/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/wait.h"

#include "base/text.h"
#include "messages/json_writer.h"
#include "messages/message.h"

#define WAIT_ANSWER_MAX 1024

enum status wait_answer_parse(struct span json, struct wait_answer *out, const char **fault)
{
	AUTO_DONE(strict_document) document = { 0 };
	struct strict_cursor root = message_open(json, WAIT_ANSWER_MAX, &document);
	struct wait_answer answer = { .attest = strict_bool(&root, "attest") };
	enum status status = message_end(&root, fault);

	if (status == OK)
		*out = answer;
	return status;
}

enum status wait_answer_write(const struct wait_answer *answer, struct bytes *json)
{
	struct json_writer w = json_to(json);

	json_open(&w, NULL, '{');
	json_bool(&w, "attest", answer->attest);
	json_close(&w, '}');
	return json_end(&w);
}

enum status wait_query_parse(struct span query, uint32_t *seconds)
{
	struct span name;
	uint64_t number = 0;

	if (!text_next_word(&query, '=', &name) || !span_equal(name, span_text("seconds")))
		return STATUS_MALFORMED;

	enum status status = decimal_parse(query, WAIT_MAX_S, &number);

	if (status != OK)
		return status;
	if (number == 0)
		return STATUS_MALFORMED;
	*seconds = (uint32_t)number;
	return OK;
}
