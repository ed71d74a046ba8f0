/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraiser/requests.h"

#include <string.h>

#include "messages/entries.h"
#include "messages/error.h"
#include "messages/limits.h"

enum status request_decode(struct span body, struct request *out)
{
	struct reader r = reader_over(body);
	struct request request = { 0 };
	unsigned route = reader_u8(&r);
	unsigned role = reader_u8(&r);

	request.administrator = reader_sized(&r, REQUEST_ADMINISTRATOR_MAX);
	struct span subject = reader_sized(&r, NODE_ID_LEN);
	request.query = reader_sized(&r, REQUEST_QUERY_MAX);
	request.received = (int64_t)(reader_be64(&r) & INT64_MAX);
	request.body = reader_sized32(&r, EVIDENCE_BODY_MAX);
	if (route < ROUTE_ENROL || route > ROUTE_LAST || route == ROUTE_WAIT || role > ROLE_AUDITOR)
		reader_fail(&r, STATUS_MALFORMED);
	request.route = (enum route)route;
	request.role = (enum role)role;
	/* No name is as long as an id. */
	if (entry_name_is_valid(subject))
		request.entry = subject;
	else if (subject.len > 0 && node_id_parse(subject, &request.node) != OK)
		reader_fail(&r, STATUS_MALFORMED);
	request.has_node = subject.len > 0 && request.entry.len == 0;

	enum status status = reader_end(&r);
	if (status == OK)
		*out = request;
	return status;
}

enum status answer_encode(const struct answer *answer, struct bytes *out)
{
	struct writer w = writer_to(out, FRAME_BODY_MAX);

	if (answer->body.len > RESPONSE_BODY_MAX)
		return STATUS_TOO_LARGE;
	writer_be16(&w, (uint16_t)answer->status);
	writer_be16(&w, (uint16_t)answer->retry_after_s);
	writer_sized(&w, span_text(answer->content_type));
	writer_sized(&w, span_text(answer->class_name));
	writer_sized32(&w, span_of(&answer->body));
	return writer_end(&w);
}

void answer_error(struct answer *answer, unsigned status, const char *code, const char *advice)
{
	answer->status = status;
	answer->content_type = "application/json";
	answer->body.len = 0;
	/* Without memory the code alone, in the status, has to do. */
	if (error_answer_write(code, advice == NULL ? "" : advice, &answer->body) != OK)
		answer->body.len = 0;
}

void answer_refusal(struct answer *answer, const struct signer_answer *refused)
{
	AUTO_DONE(bytes) advice = { 0 };
	bool has_advice = bytes_append(&advice, refused->advice) == OK &&
			  bytes_append_byte(&advice, '\0') == OK;

	answer_error(answer, refusal_http_status(refused->refusal), refusal_name(refused->refusal),
		     has_advice ? (const char *)advice.data : NULL);
}

void answer_about_class(struct answer *answer, struct span class_name)
{
	if (class_name.len > CLASS_NAME_MAX)
		return;
	if (class_name.len > 0)
		memcpy(answer->class_name, class_name.data, class_name.len);
	answer->class_name[class_name.len] = '\0';
}

void answer_malformed(struct answer *answer, enum status status, const char *fault)
{
	if (status == STATUS_NO_MEMORY) {
		answer->retry_after_s = 5;
		answer_error(answer, 503, "busy", NULL);
		return;
	}
	answer_error(answer, 400, fault == NULL ? "malformed" : fault,
		     "the body is not as docs/protocol.md has it");
}

void answer_json(struct answer *answer, enum status written)
{
	if (written != OK) {
		answer_error(answer, 500, "internal", NULL);
		return;
	}
	answer->status = 200;
	answer->content_type = "application/json";
}
