/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/enrol.h"

#include <stdio.h>

#include "base/reader.h"
#include "base/text.h"
#include "messages/limits.h"
#include "messages/message.h"

#define EK_CERTIFICATE_MAX CERTIFICATE_DER_MAX

void enrolment_request_done(struct enrolment_request *request)
{
	bytes_done(&request->hostname);
	bytes_done(&request->ek_certificate);
	for (size_t i = 0; i < ENROL_CHAIN_MAX; i++)
		bytes_done(&request->chain[i]);
	bytes_done(&request->ek_public);
	bytes_done(&request->ak_public);
}

static bool is_nv_index(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((text.data[i] < '0' || text.data[i] > '9') &&
		    (text.data[i] < 'a' || text.data[i] > 'f'))
			return false;
	return text.len == 8;
}

static uint32_t take_nv_index(struct strict_cursor *object)
{
	AUTO_DONE(bytes) raw = { 0 };
	struct span text = strict_text_as(object, "index", 8, is_nv_index);

	if (text.len == 0 || hex_decode(text, &raw) != OK)
		return 0;

	struct reader r = reader_over(span_of(&raw));
	return reader_be32(&r);
}

static void take_ek(struct strict_cursor *root, struct enrolment_request *request)
{
	struct strict_cursor ek = strict_object(root, "ek");

	request->ek_index = take_nv_index(&ek);
	message_take_bytes(&ek, "certificate", EK_CERTIFICATE_MAX, &request->ek_certificate);
	request->chain_count = message_take_list(&ek, "chain", CERTIFICATE_DER_MAX, request->chain,
						 ENROL_CHAIN_MAX);
	message_take_bytes(&ek, "public", PUBLIC_AREA_MAX, &request->ek_public);
	(void)strict_end(&ek);
}

static void take_ak(struct strict_cursor *root, struct enrolment_request *request)
{
	struct strict_cursor ak = strict_object(root, "ak");

	message_take_bytes(&ak, "public", PUBLIC_AREA_MAX, &request->ak_public);
	(void)strict_end(&ak);
}

static void take_hostname(struct strict_cursor *root, struct enrolment_request *request)
{
	message_take_text(root, "hostname", HOSTNAME_MAX, &request->hostname);
	if (!hostname_is_valid(span_of(&request->hostname)))
		strict_fail(root, "hostname", STATUS_MALFORMED, "bad-value");
}

enum status enrolment_request_parse(struct span json, struct enrolment_request *out,
				    const char **fault)
{
	AUTO_DONE(strict_document) document = { 0 };
	AUTO_DONE(enrolment_request) request = { 0 };
	struct strict_cursor root = message_open(json, REQUEST_BODY_MAX, &document);

	message_take_version(&root);
	take_hostname(&root, &request);
	take_ek(&root, &request);
	take_ak(&root, &request);

	enum status status = message_end(&root, fault);
	if (status == OK) {
		*out = request;
		request = (struct enrolment_request){ 0 };
	}
	return status;
}

enum status enrolment_request_write(const struct enrolment_request *request, struct bytes *json)
{
	struct json_writer w = json_to(json);
	char index[9];

	(void)snprintf(index, sizeof(index), "%08x", request->ek_index);
	json_open(&w, NULL, '{');
	json_uint(&w, "version", 1);
	json_text(&w, "hostname", span_of(&request->hostname));
	json_open(&w, "ek", '{');
	json_text(&w, "index", span_text(index));
	json_base64(&w, "certificate", span_of(&request->ek_certificate));
	json_open(&w, "chain", '[');
	for (size_t i = 0; i < request->chain_count; i++)
		json_base64(&w, NULL, span_of(&request->chain[i]));
	json_close(&w, ']');
	json_base64(&w, "public", span_of(&request->ek_public));
	json_close(&w, '}');
	json_open(&w, "ak", '{');
	json_base64(&w, "public", span_of(&request->ak_public));
	json_close(&w, '}');
	json_close(&w, '}');
	return json_end(&w);
}

void enrolment_answer_done(struct enrolment_answer *answer)
{
	bytes_done(&answer->record);
	bytes_done(&answer->id_object);
	bytes_done(&answer->encrypted_secret);
	attestation_challenge_done(&answer->challenge);
}

enum status enrolment_answer_parse(struct span json, struct enrolment_answer *out,
				   const char **fault)
{
	AUTO_DONE(strict_document) document = { 0 };
	AUTO_DONE(enrolment_answer) answer = { 0 };
	struct strict_cursor root = message_open(json, REQUEST_BODY_MAX, &document);

	answer.node_id = message_take_node_id(&root, "nodeId");
	message_take_bytes(&root, "record", RECORD_MAX, &answer.record);

	struct strict_cursor credential = strict_object(&root, "credential");
	message_take_bytes(&credential, "idObject", CREDENTIAL_MAX, &answer.id_object);
	message_take_bytes(&credential, "encryptedSecret", CREDENTIAL_MAX,
			   &answer.encrypted_secret);
	(void)strict_end(&credential);

	struct strict_cursor challenge = strict_object(&root, "challenge");
	attestation_challenge_take(&challenge, &answer.challenge);
	(void)strict_end(&challenge);

	enum status status = message_end(&root, fault);
	if (status == OK) {
		*out = answer;
		answer = (struct enrolment_answer){ 0 };
	}
	return status;
}

enum status enrolment_answer_write(const struct enrolment_answer *answer, struct bytes *json)
{
	struct json_writer w = json_to(json);

	json_open(&w, NULL, '{');
	json_hex(&w, "nodeId", node_id_span(&answer->node_id));
	json_base64(&w, "record", span_of(&answer->record));
	json_open(&w, "credential", '{');
	json_base64(&w, "idObject", span_of(&answer->id_object));
	json_base64(&w, "encryptedSecret", span_of(&answer->encrypted_secret));
	json_close(&w, '}');
	attestation_challenge_put(&w, "challenge", &answer->challenge);
	json_close(&w, '}');
	return json_end(&w);
}
