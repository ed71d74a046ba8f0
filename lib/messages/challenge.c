/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/challenge.h"

#include "messages/limits.h"
#include "messages/message.h"

enum status attestation_request_parse(struct span json, struct attestation_request *out,
				      const char **fault)
{
	AUTO_DONE(strict_document) document = { 0 };
	struct strict_cursor root = message_open(json, REQUEST_BODY_MAX, &document);
	struct attestation_request request = { 0 };

	message_take_version(&root);
	request.reset_count = (uint32_t)strict_uint(&root, "resetCount", 0, UINT32_MAX);
	request.restart_count = (uint32_t)strict_uint(&root, "restartCount", 0, UINT32_MAX);

	enum status status = message_end(&root, fault);
	if (status == OK)
		*out = request;
	return status;
}

enum status attestation_request_write(const struct attestation_request *request, struct bytes *json)
{
	struct json_writer w = json_to(json);

	json_open(&w, NULL, '{');
	json_uint(&w, "version", 1);
	json_uint(&w, "resetCount", request->reset_count);
	json_uint(&w, "restartCount", request->restart_count);
	json_close(&w, '}');
	return json_end(&w);
}

void attestation_challenge_done(struct attestation_challenge *challenge)
{
	bytes_done(&challenge->nonce);
}

/* PCR numbers in rising order. */
static uint32_t take_mask(struct strict_cursor *object, const char *name)
{
	struct strict_cursor list = strict_array(object, name, PCRS);
	uint32_t mask = 0;
	uint64_t least = 0;

	for (size_t i = 0; i < strict_count(&list); i++) {
		uint64_t pcr = strict_element_uint(&list, i, least, PCRS - 1);

		mask |= (uint32_t)1 << pcr;
		least = pcr + 1;
	}
	return mask;
}

static enum digest_alg take_bank(struct strict_cursor *object)
{
	enum digest_alg bank = digest_alg_named(strict_text(object, "bank", 16));

	/* A bank of SHA-1 proves nothing. */
	if (bank == DIGEST_NONE || bank == DIGEST_SHA1)
		strict_fail(object, "bank", STATUS_UNSUPPORTED, "bad-value");
	return bank;
}

void attestation_challenge_take(struct strict_cursor *object, struct attestation_challenge *out)
{
	strict_base64(object, "nonce", NONCE_MAX, &out->nonce);
	if (out->nonce.len == 0)
		strict_fail(object, "nonce", STATUS_MALFORMED, "empty");
	out->bank = take_bank(object);
	out->select = take_mask(object, "select");
	out->policy_pcrs = take_mask(object, "policyPcrs");
	out->cap = (uint8_t)strict_uint(object, "cap", 0, PCRS - 1);
	out->next_entry = strict_uint(object, "nextEntry", 0, UINT32_MAX);
	out->want_boot_log = strict_bool(object, "wantBootLog");
	out->want_certify = strict_bool(object, "wantCertify");
	out->interval_s = (uint32_t)strict_uint(object, "intervalS", 1, 86400);
	if (strict_has(object, "wantSvid"))
		out->want_svid = strict_bool(object, "wantSvid");
}

enum status attestation_challenge_parse(struct span json, struct attestation_challenge *out,
					const char **fault)
{
	AUTO_DONE(strict_document) document = { 0 };
	AUTO_DONE(attestation_challenge) challenge = { 0 };
	struct strict_cursor root = message_open(json, REQUEST_BODY_MAX, &document);

	attestation_challenge_take(&root, &challenge);

	enum status status = message_end(&root, fault);
	if (status == OK) {
		*out = challenge;
		challenge = (struct attestation_challenge){ 0 };
	}
	return status;
}

static void put_mask(struct json_writer *w, const char *name, uint32_t mask)
{
	json_open(w, name, '[');
	for (uint32_t pcr = 0; pcr < PCRS; pcr++)
		if ((mask >> pcr & 1) != 0)
			json_uint(w, NULL, pcr);
	json_close(w, ']');
}

void attestation_challenge_put(struct json_writer *w, const char *name,
			       const struct attestation_challenge *challenge)
{
	const char *bank = digest_name(challenge->bank);

	json_open(w, name, '{');
	json_base64(w, "nonce", span_of(&challenge->nonce));
	json_text(w, "bank", span_text(bank));
	put_mask(w, "select", challenge->select);
	put_mask(w, "policyPcrs", challenge->policy_pcrs);
	json_uint(w, "cap", challenge->cap);
	json_uint(w, "nextEntry", challenge->next_entry);
	json_bool(w, "wantBootLog", challenge->want_boot_log);
	json_bool(w, "wantCertify", challenge->want_certify);
	json_uint(w, "intervalS", challenge->interval_s);
	if (challenge->want_svid)
		json_bool(w, "wantSvid", true);
	json_close(w, '}');
}

enum status attestation_challenge_write(const struct attestation_challenge *challenge,
					struct bytes *json)
{
	struct json_writer w = json_to(json);

	attestation_challenge_put(&w, NULL, challenge);
	return json_end(&w);
}
