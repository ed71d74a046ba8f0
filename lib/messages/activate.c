/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/activate.h"

#include "messages/json_writer.h"
#include "messages/limits.h"
#include "messages/message.h"

void activation_request_done(struct activation_request *request)
{
	bytes_done(&request->record);
	bytes_wipe(&request->secret);
	bytes_done(&request->nonce);
	bytes_done(&request->attest);
	bytes_done(&request->signature);
}

enum status activation_request_parse(struct span json, struct activation_request *out,
				     const char **fault)
{
	AUTO_DONE(strict_document) document = { 0 };
	AUTO_DONE(activation_request) request = { 0 };
	struct strict_cursor root = message_open(json, REQUEST_BODY_MAX, &document);

	message_take_version(&root);
	message_take_bytes(&root, "record", RECORD_MAX, &request.record);
	message_take_bytes(&root, "secret", SECRET_MAX, &request.secret);
	message_take_bytes(&root, "nonce", NONCE_MAX, &request.nonce);
	message_take_bytes(&root, "attest", ATTEST_MAX, &request.attest);
	message_take_bytes(&root, "signature", SIGNATURE_MAX, &request.signature);

	enum status status = message_end(&root, fault);
	if (status == OK) {
		*out = request;
		request = (struct activation_request){ 0 };
	}
	return status;
}

enum status activation_request_write(const struct activation_request *request, struct bytes *json)
{
	struct json_writer w = json_to(json);

	json_open(&w, NULL, '{');
	json_uint(&w, "version", 1);
	json_base64(&w, "record", span_of(&request->record));
	json_base64(&w, "secret", span_of(&request->secret));
	json_base64(&w, "nonce", span_of(&request->nonce));
	json_base64(&w, "attest", span_of(&request->attest));
	json_base64(&w, "signature", span_of(&request->signature));
	json_close(&w, '}');
	return json_end(&w);
}

enum status activation_answer_parse(struct span json, struct activation_answer *out,
				    const char **fault)
{
	AUTO_DONE(strict_document) document = { 0 };
	struct strict_cursor root = message_open(json, REQUEST_BODY_MAX, &document);
	struct activation_answer answer = { 0 };

	answer.node_id = message_take_node_id(&root, "nodeId");
	if (node_state_named(strict_text(&root, "state", 16), &answer.state) != OK)
		strict_fail(&root, "state", STATUS_MALFORMED, "bad-value");

	enum status status = message_end(&root, fault);
	if (status == OK)
		*out = answer;
	return status;
}

enum status activation_answer_write(const struct activation_answer *answer, struct bytes *json)
{
	struct json_writer w = json_to(json);

	json_open(&w, NULL, '{');
	json_hex(&w, "nodeId", node_id_span(&answer->node_id));
	json_text(&w, "state", span_text(node_state_name(answer->state)));
	json_close(&w, '}');
	return json_end(&w);
}
