/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/result.h"

#include <stddef.h>
#include <string.h>

#include "messages/entries.h"
#include "messages/json_writer.h"
#include "messages/message.h"
#include "messages/statement.h"

static void reason_done(struct result_reason *reason)
{
	bytes_done(&reason->code);
	bytes_done(&reason->layer);
	bytes_done(&reason->owner);
	bytes_done(&reason->contact);
	bytes_done(&reason->detail);
	bytes_done(&reason->advice);
}

void attestation_result_init(struct attestation_result *result)
{
	memset(result, 0, offsetof(struct attestation_result, reasons));
}

void attestation_result_done(struct attestation_result *result)
{
	bytes_done(&result->verdict);
	bytes_done(&result->signature);
	bytes_done(&result->certificate);
	for (size_t i = 0; i < RESULT_CHAIN_MAX; i++)
		bytes_done(&result->chain[i]);
	bytes_done(&result->bundle);
	bytes_done(&result->bundle_signature);
	bytes_done(&result->entries);
	bytes_done(&result->ear);
	for (size_t i = 0; i < result->jwt_count; i++) {
		bytes_done(&result->jwts[i].sealed);
		bytes_done(&result->jwts[i].refused);
	}
	for (size_t i = 0; i < result->reason_count; i++)
		reason_done(&result->reasons[i]);
}

static void take_maybe_empty(struct strict_cursor *object, const char *name, struct bytes *out)
{
	if (bytes_append(out, strict_any_text(object, name, TEXT_VALUE_MAX)) != OK)
		strict_fail(object, name, STATUS_NO_MEMORY, "no-memory");
}

static void take_reason(struct strict_cursor *object, struct result_reason *reason)
{
	message_take_text(object, "code", 64, &reason->code);
	message_take_text(object, "layer", 64, &reason->layer);
	if (!code_is_valid(span_of(&reason->code)) || !code_is_valid(span_of(&reason->layer)))
		strict_fail(object, NULL, STATUS_MALFORMED, "bad-value");
	take_maybe_empty(object, "owner", &reason->owner);
	take_maybe_empty(object, "contact", &reason->contact);
	if (strict_has(object, "entry")) {
		reason->has_entry = true;
		reason->entry = strict_uint(object, "entry", 0, UINT32_MAX);
	}
	take_maybe_empty(object, "detail", &reason->detail);
	take_maybe_empty(object, "advice", &reason->advice);
	(void)strict_end(object);
}

static void take_grant(struct strict_cursor *root, struct attestation_result *result)
{
	message_take_bytes(root, "certificate", CERTIFICATE_DER_MAX, &result->certificate);
	result->chain_count = message_take_list(root, "chain", CERTIFICATE_DER_MAX, result->chain,
						RESULT_CHAIN_MAX);
}

/* Sealed or refused, never both. */
static void take_jwt(struct strict_cursor *object, struct result_jwt *jwt)
{
	jwt->ticket = strict_uint(object, "ticket", 0, INT64_MAX);
	if (strict_has(object, "refused")) {
		message_take_text(object, "refused", 64, &jwt->refused);
		if (!code_is_valid(span_of(&jwt->refused)))
			strict_fail(object, "refused", STATUS_MALFORMED, "bad-value");
	} else {
		message_take_bytes(object, "sealed", SEALED_JWT_MAX, &jwt->sealed);
	}
	(void)strict_end(object);
}

static void take_jwts(struct strict_cursor *root, struct attestation_result *result)
{
	struct strict_cursor list = strict_array(root, "jwtSvids", RESULT_JWTS_MAX);
	size_t count = strict_count(&list);

	for (size_t i = 0; i < count && i < RESULT_JWTS_MAX; i++) {
		struct strict_cursor jwt = strict_element_object(&list, i);

		result->jwt_count = i + 1;
		take_jwt(&jwt, &result->jwts[i]);
	}
}

/* Every result but "try again" is a signed verdict. */
static bool is_whole(const struct attestation_result *result)
{
	if (result->retry)
		return result->verdict.len == 0 && result->certificate.len == 0;
	return result->verdict.len > 0 && result->signature.len > 0 &&
	       (result->bundle.len > 0) == (result->bundle_signature.len > 0);
}

enum status attestation_result_parse(struct span json, struct attestation_result *out,
				     const char **fault)
{
	AUTO_DONE(strict_document) document = { 0 };
	AUTO_DONE(attestation_result) result = { 0 };
	struct strict_cursor root = message_open(json, ANSWER_BODY_MAX, &document);

	strict_base64(&root, "verdict", STATEMENT_MAX, &result.verdict);
	strict_base64(&root, "signature", SIGNATURE_MAX, &result.signature);
	if (strict_has(&root, "certificate") || strict_has(&root, "chain"))
		take_grant(&root, &result);
	strict_base64(&root, "bundle", STATEMENT_MAX, &result.bundle);
	strict_base64(&root, "bundleSignature", SIGNATURE_MAX, &result.bundle_signature);
	if (strict_has(&root, "entries"))
		message_take_bytes(&root, "entries", ENTRIES_TEXT_MAX, &result.entries);
	if (bytes_append(&result.ear, strict_any_text(&root, "ear", EAR_MAX)) != OK)
		strict_fail(&root, "ear", STATUS_NO_MEMORY, "no-memory");

	if (strict_has(&root, "jwtSvids"))
		take_jwts(&root, &result);

	struct strict_cursor reasons = strict_array(&root, "reasons", RESULT_REASONS_MAX);
	size_t count = strict_count(&reasons);
	for (size_t i = 0; i < count && i < RESULT_REASONS_MAX; i++) {
		struct strict_cursor reason = strict_element_object(&reasons, i);

		result.reason_count = i + 1;
		take_reason(&reason, &result.reasons[i]);
	}
	result.retry = strict_bool(&root, "retry");
	if (!is_whole(&result))
		strict_fail(&root, "verdict", STATUS_MALFORMED, "empty");

	enum status status = message_end(&root, fault);
	if (status == OK) {
		*out = result;
		result = (struct attestation_result){ 0 };
	}
	return status;
}

static void put_reason(struct json_writer *w, const struct result_reason *reason)
{
	json_open(w, NULL, '{');
	json_text(w, "code", span_of(&reason->code));
	json_text(w, "layer", span_of(&reason->layer));
	json_text(w, "owner", span_of(&reason->owner));
	json_text(w, "contact", span_of(&reason->contact));
	if (reason->has_entry)
		json_uint(w, "entry", reason->entry);
	json_text(w, "detail", span_of(&reason->detail));
	json_text(w, "advice", span_of(&reason->advice));
	json_close(w, '}');
}

static void put_jwts(struct json_writer *w, const struct attestation_result *result)
{
	json_open(w, "jwtSvids", '[');
	for (size_t i = 0; i < result->jwt_count; i++) {
		const struct result_jwt *jwt = &result->jwts[i];

		json_open(w, NULL, '{');
		json_uint(w, "ticket", jwt->ticket);
		if (jwt->sealed.len > 0)
			json_base64(w, "sealed", span_of(&jwt->sealed));
		else
			json_text(w, "refused", span_of(&jwt->refused));
		json_close(w, '}');
	}
	json_close(w, ']');
}

enum status attestation_result_write(const struct attestation_result *result, struct bytes *json)
{
	struct json_writer w = json_to(json);

	json_open(&w, NULL, '{');
	json_base64(&w, "verdict", span_of(&result->verdict));
	json_base64(&w, "signature", span_of(&result->signature));
	if (result->certificate.len > 0) {
		json_base64(&w, "certificate", span_of(&result->certificate));
		json_open(&w, "chain", '[');
		for (size_t i = 0; i < result->chain_count; i++)
			json_base64(&w, NULL, span_of(&result->chain[i]));
		json_close(&w, ']');
	}
	json_base64(&w, "bundle", span_of(&result->bundle));
	json_base64(&w, "bundleSignature", span_of(&result->bundle_signature));
	if (result->entries.len > 0)
		json_base64(&w, "entries", span_of(&result->entries));
	json_text(&w, "ear", span_of(&result->ear));
	if (result->jwt_count > 0)
		put_jwts(&w, result);
	json_open(&w, "reasons", '[');
	for (size_t i = 0; i < result->reason_count; i++)
		put_reason(&w, &result->reasons[i]);
	json_close(&w, ']');
	json_bool(&w, "retry", result->retry);
	json_close(&w, '}');
	return json_end(&w);
}
