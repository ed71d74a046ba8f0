/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/agent/broker_client.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/reader.h"
#include "base/writer.h"
#include "messages/limits.h"
#include "messages/statement.h"

/* An RSA primary takes seconds on a discrete TPM, and there may be two. */
#define TIMEOUT_MS 120000
#define STATES_KNOWN 0x7u

void broker_identity_done(struct broker_identity *identity)
{
	enrolment_request_done(&identity->enrolment);
	*identity = (struct broker_identity){ 0 };
}

void broker_activation_done(struct broker_activation *activation)
{
	bytes_wipe(&activation->secret);
	bytes_done(&activation->attest);
	bytes_done(&activation->signature);
}

void broker_evidence_done(struct broker_evidence *evidence)
{
	bytes_done(&evidence->body);
}

static enum status take_refusal(struct broker_client *b, struct span body)
{
	struct reader r = reader_over(body);
	uint16_t status = reader_be16(&r);
	struct span reason = reader_sized(&r, UINT16_MAX);

	if (reader_end(&r) != OK || status == OK || status > STATUS_UNAVAILABLE)
		return STATUS_IO;
	(void)snprintf(b->reason, sizeof(b->reason), "%.*s",
		       (int)(reason.len < sizeof(b->reason) ? reason.len : sizeof(b->reason) - 1),
		       reason.len > 0 ? (const char *)reason.data : "");
	/* The machinery between us still works. */
	return status == STATUS_IO ? STATUS_UNAVAILABLE : (enum status)status;
}

/* What the broker says unasked. */
static bool take_news(struct broker_client *b, const struct frame *frame)
{
	if (frame->id != 0 || frame->fd >= 0)
		return false;
	b->has_grown |= frame->type == FRAME_GROWTH;
	b->has_wish |= frame->type == FRAME_WISHED;
	return frame->type == FRAME_GROWTH || frame->type == FRAME_WISHED;
}

/* Waits for the frame of this id; growth may come in between. */
static enum status await(struct broker_client *b, uint64_t id, struct frame *out)
{
	b->reason[0] = '\0';
	for (;;) {
		if (channel_receive(&b->channel, TIMEOUT_MS, out) != OK)
			return STATUS_IO;
		if (out->fd >= 0) {
			(void)close(out->fd);
			return STATUS_IO;
		}
		if (take_news(b, out))
			continue;
		if (out->id != id)
			return STATUS_IO;
		if (out->type == FRAME_REFUSED)
			return take_refusal(b, out->body);
		return out->type == FRAME_ANSWER ? OK : STATUS_IO;
	}
}

static enum status call(struct broker_client *b, uint16_t type, const struct bytes *body,
			struct frame *out)
{
	uint64_t id = ++b->next_id;

	if (channel_send(&b->channel, type, id, span_of(body)) != OK)
		return STATUS_IO;
	return await(b, id, out);
}

enum status broker_listen(struct broker_client *b)
{
	struct frame frame;
	enum status status = channel_fill(&b->channel);

	if (status == OK)
		status = channel_take(&b->channel, &frame);
	if (status == STATUS_NOT_FOUND)
		return OK;
	if (status != OK)
		return status;
	if (frame.fd >= 0)
		(void)close(frame.fd);
	return frame.fd < 0 && take_news(b, &frame) ? OK : STATUS_MALFORMED;
}

static void take_bytes(struct reader *r, size_t max, struct bytes *out)
{
	struct span s = reader_sized32(r, max);

	if (r->status == OK && bytes_copy(s, out) != OK)
		reader_fail(r, STATUS_NO_MEMORY);
}

static void take_identity(struct reader *r, struct broker_identity *out)
{
	out->reset_count = reader_be32(r);
	out->restart_count = reader_be32(r);

	struct span node = reader_sized(r, sizeof(out->node.value));

	if (node.len == sizeof(out->node.value)) {
		memcpy(out->node.value, node.data, node.len);
		out->has_node = true;
	} else if (node.len != 0) {
		reader_fail(r, STATUS_MALFORMED);
	}
	out->states = reader_be32(r) & STATES_KNOWN;
	out->enrolment.ek_index = reader_be32(r);
	take_bytes(r, CERTIFICATE_DER_MAX, &out->enrolment.ek_certificate);
	take_bytes(r, PUBLIC_AREA_MAX, &out->enrolment.ek_public);
	take_bytes(r, PUBLIC_AREA_MAX, &out->enrolment.ak_public);

	size_t count = reader_u8(r);

	if (count > ENROL_CHAIN_MAX)
		reader_fail(r, STATUS_TOO_LARGE);
	for (size_t i = 0; i < count && r->status == OK; i++) {
		take_bytes(r, CERTIFICATE_DER_MAX, &out->enrolment.chain[i]);
		out->enrolment.chain_count = i + 1;
	}
}

enum status broker_identity_ahead(struct broker_client *b)
{
	static const uint8_t no_keys[1];
	const struct span body = { .data = no_keys, .len = sizeof(no_keys) };

	b->ahead_id = ++b->next_id;
	return channel_send(&b->channel, FRAME_IDENTITY, b->ahead_id, body);
}

static enum status call_identity(struct broker_client *b, bool want_keys, struct frame *out)
{
	AUTO_DONE(bytes) body = { 0 };
	uint64_t ahead_id = b->ahead_id;
	enum status status;

	b->ahead_id = 0;
	if (ahead_id != 0 && !want_keys)
		return await(b, ahead_id, out);
	status = bytes_append_byte(&body, want_keys);
	return status == OK ? call(b, FRAME_IDENTITY, &body, out) : status;
}

enum status broker_identity(struct broker_client *b, bool want_keys, struct broker_identity *out)
{
	AUTO_DONE(broker_identity) identity = { 0 };
	struct frame frame;
	enum status status = call_identity(b, want_keys, &frame);

	if (status != OK)
		return status;

	struct reader r = reader_over(frame.body);

	take_identity(&r, &identity);
	if (reader_end(&r) != OK)
		return STATUS_IO;
	*out = identity;
	identity = (struct broker_identity){ 0 };
	return OK;
}

enum status broker_activate(struct broker_client *b, const struct enrolment_answer *enrolment,
			    struct broker_activation *out)
{
	const struct attestation_challenge *challenge = &enrolment->challenge;
	AUTO_DONE(bytes) body = { 0 };
	AUTO_DONE(broker_activation) made = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);
	struct frame frame;

	writer_sized(&w, span_of(&challenge->nonce));
	writer_be16(&w, (uint16_t)challenge->bank);
	writer_be32(&w, challenge->select);
	writer_sized(&w, span_of(&enrolment->id_object));
	writer_sized(&w, span_of(&enrolment->encrypted_secret));

	enum status status = writer_end(&w);

	if (status == OK)
		status = call(b, FRAME_ACTIVATE, &body, &frame);
	if (status != OK)
		return status;

	struct reader r = reader_over(frame.body);
	struct span secret = reader_sized(&r, SECRET_MAX);

	take_bytes(&r, ATTEST_MAX, &made.attest);
	take_bytes(&r, SIGNATURE_MAX, &made.signature);
	if (reader_end(&r) != OK || bytes_copy(secret, &made.secret) != OK)
		return STATUS_IO;
	*out = made;
	made = (struct broker_activation){ 0 };
	return OK;
}

enum status broker_evidence(struct broker_client *b, const struct attestation_challenge *challenge,
			    const struct digest *entries, struct broker_evidence *out)
{
	AUTO_DONE(bytes) body = { 0 };
	AUTO_DONE(broker_evidence) evidence = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);
	struct frame frame;

	writer_sized(&w, span_of(&challenge->nonce));
	writer_be16(&w, (uint16_t)challenge->bank);
	writer_be32(&w, challenge->select);
	writer_be32(&w, challenge->policy_pcrs);
	writer_u8(&w, challenge->cap);
	writer_be64(&w, challenge->next_entry);
	writer_u8(&w, challenge->want_boot_log);
	writer_u8(&w, challenge->want_certify);
	writer_u8(&w, challenge->want_svid);
	writer_sized(&w, digest_span(entries));

	enum status status = writer_end(&w);

	if (status == OK)
		status = call(b, FRAME_EVIDENCE, &body, &frame);
	if (status != OK)
		return status;
	/* What it told of before this answer is in it. */
	b->has_wish = false;

	struct reader r = reader_over(frame.body);

	evidence.reset_count = reader_be32(&r);
	evidence.restart_count = reader_be32(&r);
	evidence.goes_on_at = reader_be64(&r);
	take_bytes(&r, EVIDENCE_BODY_MAX, &evidence.body);
	if (reader_end(&r) != OK)
		return STATUS_IO;
	*out = evidence;
	evidence = (struct broker_evidence){ 0 };
	return OK;
}

enum status broker_verdict(struct broker_client *b, struct span verdict, struct span signature,
			   struct span certificate, int64_t *expires)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);
	struct frame frame;

	writer_sized32(&w, verdict);
	writer_sized(&w, signature);
	writer_sized32(&w, certificate);

	enum status status = writer_end(&w);

	if (status == OK)
		status = call(b, FRAME_VERDICT, &body, &frame);
	if (status != OK)
		return status;

	struct reader r = reader_over(frame.body);
	bool is_held = reader_u8(&r) != 0;
	uint64_t end = reader_be64(&r);

	if (reader_end(&r) != OK || end > INT64_MAX)
		return STATUS_IO;
	*expires = is_held ? (int64_t)end : 0;
	return OK;
}

enum status broker_drop(struct broker_client *b)
{
	const struct bytes nothing = { 0 };
	struct frame frame;

	return call(b, FRAME_DROP, &nothing, &frame);
}
