/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/evidence.h"

#include "base/digest.h"
#include "base/text.h"
#include "messages/message.h"
#include "messages/statement.h"

/* In the order of their bits. */
static const char *const state_names[HOST_STATES] = {
	"endorsement-auth-set", "endorsement-disabled", "ek-certificate-missing",
	"boot-log-missing",	"ima-log-missing",
};

const char *host_state_name(unsigned state)
{
	for (size_t i = 0; i < HOST_STATES; i++)
		if (state == 1u << i)
			return state_names[i];
	return NULL;
}

void evidence_done(struct evidence *evidence)
{
	bytes_done(&evidence->nonce);
	bytes_done(&evidence->attest);
	bytes_done(&evidence->signature);
	for (size_t i = 0; i < PCRS; i++)
		bytes_done(&evidence->pcrs[i]);
	bytes_done(&evidence->minting_public);
	bytes_done(&evidence->certify_attest);
	bytes_done(&evidence->certify_signature);
	bytes_done(&evidence->boot_log);
	bytes_done(&evidence->ima_entries);
	bytes_done(&evidence->svid);
	bytes_done(&evidence->report);
}

/* The values of one bank: all as long as the first. */
static void take_pcrs(struct strict_cursor *root, struct evidence *evidence)
{
	struct strict_cursor list = strict_array(root, "pcrs", PCRS);
	size_t count = strict_count(&list);

	for (size_t i = 0; i < count && i < PCRS; i++) {
		struct span text = strict_element_text(&list, i, 2 * DIGEST_MAX);

		if (hex_decode(text, &evidence->pcrs[i]) != OK || text.len == 0 ||
		    evidence->pcrs[i].len != evidence->pcrs[0].len)
			strict_fail(&list, NULL, STATUS_MALFORMED, "bad-value");
	}
	evidence->pcr_count = count;
}

static void take_minting_key(struct strict_cursor *root, struct evidence *evidence)
{
	struct strict_cursor key = strict_object(root, "mintingKey");

	message_take_bytes(&key, "public", PUBLIC_AREA_MAX, &evidence->minting_public);
	if (strict_has(&key, "attest") || strict_has(&key, "signature")) {
		message_take_bytes(&key, "attest", ATTEST_MAX, &evidence->certify_attest);
		message_take_bytes(&key, "signature", SIGNATURE_MAX, &evidence->certify_signature);
	}
	(void)strict_end(&key);
}

static void take_ima_log(struct strict_cursor *root, struct evidence *evidence)
{
	struct strict_cursor log = strict_object(root, "imaLog");

	evidence->has_ima_log = true;
	evidence->ima_first = strict_uint(&log, "first", 0, UINT32_MAX);
	strict_base64(&log, "entries", LOG_MAX, &evidence->ima_entries);
	if (strict_has(&log, "more"))
		evidence->ima_has_more = strict_bool(&log, "more");
	(void)strict_end(&log);
}

static void take_states(struct strict_cursor *root, struct evidence *evidence)
{
	struct strict_cursor list = strict_array(root, "states", HOST_STATES);

	for (size_t i = 0; i < strict_count(&list); i++) {
		struct span name = strict_element_text(&list, i, 32);
		unsigned state = 0;

		for (unsigned bit = 0; bit < HOST_STATES; bit++)
			if (span_equal(name, span_text(state_names[bit])))
				state = 1u << bit;
		if (state == 0 || (evidence->states & state) != 0)
			strict_fail(&list, NULL, STATUS_MALFORMED, "bad-value");
		evidence->states |= state;
	}
}

void evidence_take(struct strict_cursor *object, struct evidence *out)
{
	message_take_version(object);
	message_take_bytes(object, "nonce", NONCE_MAX, &out->nonce);
	message_take_bytes(object, "attest", ATTEST_MAX, &out->attest);
	message_take_bytes(object, "signature", SIGNATURE_MAX, &out->signature);
	take_pcrs(object, out);
	if (strict_has(object, "mintingKey"))
		take_minting_key(object, out);
	if (strict_has(object, "bootLog")) {
		out->has_boot_log = true;
		strict_base64(object, "bootLog", LOG_MAX, &out->boot_log);
	}
	if (strict_has(object, "imaLog"))
		take_ima_log(object, out);
	take_states(object, out);
	if (strict_has(object, "svid"))
		message_take_bytes(object, "svid", CERTIFICATE_DER_MAX, &out->svid);
	if (strict_has(object, "report"))
		message_take_bytes(object, "report", STATEMENT_MAX, &out->report);
	if (strict_has(object, "entries"))
		out->entries = strict_sha256(object, "entries");
	if (strict_has(object, "ear"))
		out->wants_ear = strict_bool(object, "ear");
}

enum status evidence_parse(struct span json, struct evidence *out, const char **fault)
{
	AUTO_DONE(strict_document) document = { 0 };
	AUTO_DONE(evidence) evidence = { 0 };
	struct strict_cursor root = message_open(json, EVIDENCE_BODY_MAX, &document);

	evidence_take(&root, &evidence);

	enum status status = message_end(&root, fault);
	if (status == OK) {
		*out = evidence;
		evidence = (struct evidence){ 0 };
	}
	return status;
}

static void put_minting_key(struct json_writer *w, const struct evidence *evidence)
{
	json_open(w, "mintingKey", '{');
	json_base64(w, "public", span_of(&evidence->minting_public));
	if (evidence->certify_attest.len > 0) {
		json_base64(w, "attest", span_of(&evidence->certify_attest));
		json_base64(w, "signature", span_of(&evidence->certify_signature));
	}
	json_close(w, '}');
}

static void put_ima_log(struct json_writer *w, const struct evidence *evidence)
{
	json_open(w, "imaLog", '{');
	json_uint(w, "first", evidence->ima_first);
	json_base64(w, "entries", span_of(&evidence->ima_entries));
	if (evidence->ima_has_more)
		json_bool(w, "more", true);
	json_close(w, '}');
}

void evidence_put(struct json_writer *w, const char *name, const struct evidence *evidence)
{
	json_open(w, name, '{');
	json_uint(w, "version", 1);
	json_base64(w, "nonce", span_of(&evidence->nonce));
	json_base64(w, "attest", span_of(&evidence->attest));
	json_base64(w, "signature", span_of(&evidence->signature));
	json_open(w, "pcrs", '[');
	for (size_t i = 0; i < evidence->pcr_count; i++)
		json_hex(w, NULL, span_of(&evidence->pcrs[i]));
	json_close(w, ']');
	if (evidence->minting_public.len > 0)
		put_minting_key(w, evidence);
	if (evidence->has_boot_log)
		json_base64(w, "bootLog", span_of(&evidence->boot_log));
	if (evidence->has_ima_log)
		put_ima_log(w, evidence);
	json_open(w, "states", '[');
	for (unsigned bit = 0; bit < HOST_STATES; bit++)
		if ((evidence->states >> bit & 1) != 0)
			json_text(w, NULL, span_text(state_names[bit]));
	json_close(w, ']');
	if (evidence->svid.len > 0)
		json_base64(w, "svid", span_of(&evidence->svid));
	if (evidence->report.len > 0)
		json_base64(w, "report", span_of(&evidence->report));
	if (evidence->entries.alg != DIGEST_NONE)
		json_hex(w, "entries", digest_span(&evidence->entries));
	if (evidence->wants_ear)
		json_bool(w, "ear", true);
	json_close(w, '}');
}

enum status evidence_write(const struct evidence *evidence, struct bytes *json)
{
	struct json_writer w = json_to(json);

	evidence_put(&w, NULL, evidence);
	return json_end(&w);
}

enum status evidence_join_pcrs(const struct evidence *evidence, struct bytes *out)
{
	enum status status = OK;

	for (size_t i = 0; i < evidence->pcr_count && status == OK; i++)
		status = bytes_append(out, span_of(&evidence->pcrs[i]));
	return status;
}
