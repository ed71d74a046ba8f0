/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer_messages.h"

#include <string.h>

#include "base/text.h"
#include "tpm/public_area.h"
#include "verifier/wire.h"

struct refusal_facts {
	const char *name;
	unsigned http_status;
};

static const struct refusal_facts refusal_facts[REFUSALS] = {
	[REFUSAL_NONE] = { "none", 200 },
	[REFUSAL_MALFORMED] = { "malformed", 400 },
	[REFUSAL_NODE_UNKNOWN] = { "node-unknown", 404 },
	[REFUSAL_NODE_PENDING] = { "node-pending", 403 },
	[REFUSAL_NODE_QUARANTINED] = { "node-quarantined", 403 },
	[REFUSAL_NODE_RETIRED] = { "node-retired", 403 },
	[REFUSAL_NONCE_INVALID] = { "nonce-invalid", 400 },
	[REFUSAL_NONCE_EXPIRED] = { "nonce-expired", 400 },
	[REFUSAL_SIGNATURE_INVALID] = { "signature-invalid", 400 },
	[REFUSAL_EVIDENCE_REPLAYED] = { "evidence-replayed", 409 },
	[REFUSAL_EK_MISMATCH] = { "ek-mismatch", 400 },
	[REFUSAL_EK_UNSUPPORTED] = { "ek-unsupported", 400 },
	[REFUSAL_AK_UNACCEPTABLE] = { "ak-unacceptable", 400 },
	[REFUSAL_AK_TAKEN] = { "ak-taken", 409 },
	[REFUSAL_AK_CHANGED] = { "ak-changed", 409 },
	[REFUSAL_ENROLMENT_EXPIRED] = { "enrolment-expired", 400 },
	[REFUSAL_ACTIVATION_INVALID] = { "activation-invalid", 400 },
	[REFUSAL_ACT_MALFORMED] = { "act-malformed", 400 },
	[REFUSAL_ACT_SIGNATURE_INVALID] = { "act-signature-invalid", 403 },
	[REFUSAL_ACT_EXPIRED] = { "act-expired", 403 },
	[REFUSAL_ACT_REPLAYED] = { "act-replayed", 409 },
	[REFUSAL_ROLE_DENIED] = { "role-denied", 403 },
	[REFUSAL_CLASS_UNKNOWN] = { "class-unknown", 409 },
	[REFUSAL_TRUST_DOMAIN_UNKNOWN] = { "trust-domain-unknown", 404 },
	[REFUSAL_GENERATION_CHANGED] = { "generation-changed", 503 },
	[REFUSAL_RELEASE_AWAITED] = { "release-awaited", 503 },
	[REFUSAL_CLOCK_SET_BACK] = { "clock-set-back", 503 },
	[REFUSAL_STORE_UNAVAILABLE] = { "store-unavailable", 503 },
	[REFUSAL_INTERNAL] = { "internal", 500 },
};

static const char *const health_names[HEALTH_STATES] = {
	[HEALTH_OK] = "ok",
	[HEALTH_NO_RELEASE] = "no-release",
	[HEALTH_RELEASE_STALE] = "release-stale",
	[HEALTH_STORE_UNAVAILABLE] = "store-unavailable",
	[HEALTH_CLOCK_SET_BACK] = "clock-set-back",
};

const char *refusal_name(enum refusal refusal)
{
	return (unsigned)refusal < REFUSALS ? refusal_facts[refusal].name : NULL;
}

unsigned refusal_http_status(enum refusal refusal)
{
	return (unsigned)refusal < REFUSALS ? refusal_facts[refusal].http_status : 500;
}

const char *health_name(enum health health)
{
	return (unsigned)health < HEALTH_STATES ? health_names[health] : NULL;
}

static void text_field(struct wire *w, struct span *value)
{
	wire_sized(w, value, SIGNER_TEXT_MAX);
}

static void node_field(struct wire *w, struct node_id *node)
{
	wire_fixed(w, node->value, sizeof(node->value));
}

static void state_field(struct wire *w, enum node_state *state)
{
	uint32_t number = (uint32_t)*state;

	wire_below(w, &number, NODE_STATES);
	*state = (enum node_state)number;
}

static void generation_field(struct wire *w, struct span *generation)
{
	wire_exact(w, generation, SHA256_SIZE);
}

static void count_field(struct wire *w, size_t *count, size_t max)
{
	uint32_t number = *count <= max ? (uint32_t)*count : UINT16_MAX;

	wire_below(w, &number, (uint32_t)max + 1);
	*count = wire_is_failed(w) ? 0 : number;
}

static void bank_field(struct wire *w, enum digest_alg *bank)
{
	uint16_t id = (uint16_t)*bank;

	wire_be16(w, &id);
	*bank = digest_alg_from_tpm(id);
	if (*bank == DIGEST_NONE)
		wire_fail(w, STATUS_MALFORMED);
}

static void mask_field(struct wire *w, pcr_mask *mask)
{
	wire_be32(w, mask);
	if ((*mask & ~PCR_MASK_ALL) != 0)
		wire_fail(w, STATUS_MALFORMED);
}

static void challenge_fields(struct wire *w, struct challenge *m)
{
	wire_sized(w, &m->nonce, SIGNER_NONCE_MAX);
	bank_field(w, &m->bank);
	mask_field(w, &m->select);
	mask_field(w, &m->policy_pcrs);
	wire_u8(w, &m->cap);
	wire_be64(w, &m->next_entry);
	wire_bool(w, &m->want_boot_log);
	wire_bool(w, &m->want_certify);
	wire_be32(w, &m->interval_s);
}

static void layer_field(struct wire *w, enum layer *layer)
{
	uint32_t number = (uint32_t)*layer;

	wire_below(w, &number, LAYERS);
	*layer = (enum layer)number;
}

static void finding_fields(struct wire *w, struct finding *m)
{
	struct span detail = span_text(m->detail);
	uint32_t reason = (uint32_t)m->reason;

	wire_below(w, &reason, REASON_COUNT);
	m->reason = (enum reason)reason;
	layer_field(w, &m->layer);
	wire_be64(w, &m->entry);
	wire_sized(w, &detail, FINDING_DETAIL_MAX);
	if (!wire_is_reading(w) || wire_is_failed(w))
		return;
	if (detail.len > 0)
		memcpy(m->detail, detail.data, detail.len);
	/* It is text on the other side: a NUL inside would hide the rest. */
	if (strlen(m->detail) != detail.len)
		wire_fail(w, STATUS_MALFORMED);
}

static void findings_field(struct wire *w, struct findings *m)
{
	count_field(w, &m->count, FINDINGS_MAX);
	for (size_t i = 0; i < m->count; i++)
		finding_fields(w, &m->list[i]);
	wire_be64(w, &m->more);
	for (size_t i = 0; i < CLAIM_COUNT; i++) {
		wire_u8(w, &m->seen[i]);
		if (m->seen[i] >> (SEVERITY_CONTRAINDICATED + 1) != 0)
			wire_fail(w, STATUS_MALFORMED);
	}
}

static void reasons_field(struct wire *w, struct reason_list *list)
{
	count_field(w, &list->count, FINDINGS_MAX);
	for (size_t i = 0; i < list->count; i++) {
		struct reason_item *m = &list->items[i];

		text_field(w, &m->code);
		layer_field(w, &m->layer);
		wire_be64(w, &m->entry);
		text_field(w, &m->detail);
		text_field(w, &m->owner);
		text_field(w, &m->contact);
	}
}

static void certificates_field(struct wire *w, struct certificate_list *list)
{
	count_field(w, &list->count, SIGNER_BUNDLE_MAX);
	for (size_t i = 0; i < list->count; i++)
		wire_sized(w, &list->items[i], SIGNER_CERTIFICATE_MAX);
}

static void result_fields(struct wire *w, struct result *m)
{
	wire_bool(w, &m->is_retry);
	wire_sized32(w, &m->verdict, SIGNER_STATEMENT_MAX);
	wire_sized(w, &m->verdict_signature, SIGNER_SIGNATURE_MAX);
	wire_sized(w, &m->certificate, SIGNER_CERTIFICATE_MAX);
	certificates_field(w, &m->chain);
	wire_sized32(w, &m->bundle, SIGNER_STATEMENT_MAX);
	wire_sized(w, &m->bundle_signature, SIGNER_SIGNATURE_MAX);
	wire_sized32(w, &m->ear, SIGNER_STATEMENT_MAX);
	reasons_field(w, &m->reasons);
}

static void enrol_request_fields(struct wire *w, struct enrol_request *m)
{
	wire_sized(w, &m->spki, SIGNER_SPKI_MAX);
	wire_sized(w, &m->ek_public, SIGNER_PUBLIC_MAX);
	wire_sized(w, &m->ak_public, SIGNER_PUBLIC_MAX);
	wire_bool(w, &m->is_software_tpm);
	wire_be32(w, &m->quirks);
	text_field(w, &m->manufacturer);
	text_field(w, &m->model);
	text_field(w, &m->version);
	wire_be32(w, &m->nv_index);
	text_field(w, &m->hostname);
}

static void activate_request_fields(struct wire *w, struct activate_request *m)
{
	node_field(w, &m->node);
	wire_time(w, &m->received);
	wire_sized(w, &m->record, SIGNER_RECORD_MAX);
	wire_sized(w, &m->secret, DIGEST_MAX);
	wire_sized(w, &m->nonce, SIGNER_NONCE_MAX);
	wire_sized(w, &m->attest, SIGNER_ATTEST_MAX);
	wire_sized(w, &m->signature, SIGNER_SIGNATURE_MAX);
}

static void challenge_request_fields(struct wire *w, struct challenge_request *m)
{
	node_field(w, &m->node);
	wire_be32(w, &m->reset_count);
	wire_be32(w, &m->restart_count);
}

static void authenticate_request_fields(struct wire *w, struct authenticate_request *m)
{
	node_field(w, &m->node);
	wire_time(w, &m->received);
	wire_exact(w, &m->evidence_digest, SHA256_SIZE);
	wire_sized(w, &m->nonce, SIGNER_NONCE_MAX);
	wire_sized(w, &m->attest, SIGNER_ATTEST_MAX);
	wire_sized(w, &m->signature, SIGNER_SIGNATURE_MAX);
	wire_sized(w, &m->pcrs, SIGNER_PCRS_MAX);
	wire_sized(w, &m->minting_public, SIGNER_PUBLIC_MAX);
	wire_sized(w, &m->certify_attest, SIGNER_ATTEST_MAX);
	wire_sized(w, &m->certify_signature, SIGNER_SIGNATURE_MAX);
}

static void claim_field(struct wire *w, enum trust_tier *tier)
{
	uint8_t value = (uint8_t)*tier;

	wire_u8(w, &value);
	if (value != TIER_NONE && value != TIER_AFFIRMING && value != TIER_WARNING &&
	    value != TIER_CONTRAINDICATED) {
		wire_fail(w, STATUS_MALFORMED);
		value = TIER_NONE;
	}
	*tier = (enum trust_tier)value;
}

static void commit_request_fields(struct wire *w, struct commit_request *m)
{
	node_field(w, &m->node);
	generation_field(w, &m->generation);
	for (size_t i = 0; i < CLAIM_COUNT; i++)
		claim_field(w, &m->claims.tier[i]);
	wire_bool(w, &m->is_retry);
	findings_field(w, &m->findings);
	wire_exact(w, &m->manifest, SHA256_SIZE);
	wire_be64(w, &m->release_version);
	wire_be64(w, &m->entries);
	wire_sized32(w, &m->state, SIGNER_STATE_MAX);
	wire_be64(w, &m->first_entry);
	wire_sized32(w, &m->ima_log, SIGNER_LOG_MAX);
	wire_sized32(w, &m->boot_log, SIGNER_LOG_MAX);
}

static void verb_field(struct wire *w, enum admin_verb *verb)
{
	uint32_t number = (uint32_t)*verb;

	wire_below(w, &number, ADMIN_AUDIT + 1);
	if (number == 0)
		wire_fail(w, STATUS_MALFORMED);
	*verb = (enum admin_verb)number;
}

static void admin_request_fields(struct wire *w, struct admin_request *m)
{
	uint32_t role = (uint32_t)m->role;

	verb_field(w, &m->verb);
	text_field(w, &m->administrator);
	wire_below(w, &role, ROLE_AUDITOR + 1);
	m->role = (enum role)role;
	node_field(w, &m->node);
	wire_bool(w, &m->has_state);
	state_field(w, &m->state);
	wire_bool(w, &m->has_after);
	node_field(w, &m->after);
	wire_be64(w, &m->after_entry);
	wire_below(w, &m->limit, SIGNER_PAGE_MAX + 1);
	wire_sized(w, &m->reason, SIGNER_DETAIL_MAX);
	wire_sized(w, &m->act, SIGNER_ACT_MAX);
	wire_sized(w, &m->act_signature, SIGNER_SIGNATURE_MAX);
}

static void node_item_fields(struct wire *w, struct node_item *m)
{
	node_field(w, &m->node);
	state_field(w, &m->state);
	text_field(w, &m->host);
	text_field(w, &m->class_name);
	text_field(w, &m->hostname);
	text_field(w, &m->manufacturer);
	text_field(w, &m->model);
	text_field(w, &m->version);
	wire_bool(w, &m->is_software_tpm);
	wire_be32(w, &m->quirks);
	wire_time(w, &m->enrolled);
	wire_time(w, &m->attested);
	wire_time(w, &m->expires);
	wire_be64(w, &m->release_version);
	wire_be64(w, &m->entries);
	wire_sized(w, &m->note, SIGNER_DETAIL_MAX);
}

static void evidence_fields(struct wire *w, struct evidence_item *m)
{
	wire_sized(w, &m->ek_public, SIGNER_PUBLIC_MAX);
	wire_sized(w, &m->ak_public, SIGNER_PUBLIC_MAX);
	wire_sized(w, &m->nonce, SIGNER_NONCE_MAX);
	wire_sized(w, &m->attest, SIGNER_ATTEST_MAX);
	wire_sized(w, &m->signature, SIGNER_SIGNATURE_MAX);
	wire_sized(w, &m->pcrs, SIGNER_PCRS_MAX);
	wire_sized(w, &m->minting_public, SIGNER_PUBLIC_MAX);
	wire_sized(w, &m->certify_attest, SIGNER_ATTEST_MAX);
	wire_sized(w, &m->certify_signature, SIGNER_SIGNATURE_MAX);
	wire_sized32(w, &m->ima_log, SIGNER_LOG_MAX);
	wire_sized32(w, &m->boot_log, SIGNER_LOG_MAX);
	wire_be64(w, &m->previous_reset);
	wire_be64(w, &m->previous_restart);
	wire_be64(w, &m->previous_clock);
	wire_sized(w, &m->previous_minting_name, NAME_MAX_SIZE);
	wire_time(w, &m->appraised);
	generation_field(w, &m->generation);
}

static void releases_fields(struct wire *w, struct releases_item *m)
{
	wire_bool(w, &m->is_loaded);
	generation_field(w, &m->generation);
	wire_be64(w, &m->root_version);
	wire_be64(w, &m->index_version);
	wire_time(w, &m->valid_until);
	wire_time(w, &m->loaded);
	text_field(w, &m->refused_code);
	text_field(w, &m->refused_document);
	text_field(w, &m->refused_field);
	text_field(w, &m->refused_advice);
	wire_time(w, &m->refused);
}

static void audit_fields(struct wire *w, struct audit_list *list)
{
	count_field(w, &list->count, SIGNER_PAGE_MAX);
	for (size_t i = 0; i < list->count; i++) {
		struct audit_item *m = &list->items[i];

		wire_be64(w, &m->index);
		wire_time(w, &m->time);
		text_field(w, &m->kind);
		text_field(w, &m->actor);
		text_field(w, &m->node);
		wire_sized(w, &m->text, SIGNER_AUDIT_TEXT_MAX);
		wire_exact(w, &m->hash, SHA256_SIZE);
	}
	wire_sized(w, &list->checkpoint, SIGNER_ACT_MAX);
	wire_sized(w, &list->checkpoint_signature, SIGNER_SIGNATURE_MAX);
}

static void nodes_fields(struct wire *w, struct node_list *list)
{
	count_field(w, &list->count, SIGNER_PAGE_MAX);
	for (size_t i = 0; i < list->count; i++)
		node_item_fields(w, &list->items[i]);
	wire_bool(w, &list->has_more);
}

static void admin_answer_fields(struct wire *w, struct admin_answer *m)
{
	verb_field(w, &m->verb);
	if (wire_is_failed(w))
		return;
	switch (m->verb) {
	case ADMIN_EVIDENCE:
		evidence_fields(w, &m->evidence);
		break;
	case ADMIN_RELEASES:
		releases_fields(w, &m->releases);
		break;
	case ADMIN_AUDIT:
		audit_fields(w, &m->audit);
		break;
	case ADMIN_LIST:
	case ADMIN_SHOW:
	case ADMIN_QUARANTINE:
	case ADMIN_RETIRE:
	case ADMIN_ACT:
		nodes_fields(w, &m->nodes);
		reasons_field(w, &m->reasons);
		break;
	}
}

static void enrol_answer_fields(struct wire *w, struct enrol_answer *m)
{
	node_field(w, &m->node);
	wire_sized(w, &m->record, SIGNER_RECORD_MAX);
	wire_sized(w, &m->id_object, SIGNER_CREDENTIAL_MAX);
	wire_sized(w, &m->encrypted_secret, SIGNER_CREDENTIAL_MAX);
	challenge_fields(w, &m->challenge);
}

static void authenticate_answer_fields(struct wire *w, struct authenticate_answer *m)
{
	wire_bool(w, &m->is_final);
	if (m->is_final) {
		result_fields(w, &m->result);
		return;
	}
	generation_field(w, &m->generation);
	text_field(w, &m->class_name);
	wire_be64(w, &m->release_version);
	wire_be64(w, &m->entries);
	wire_sized32(w, &m->state, SIGNER_STATE_MAX);
}

static void bundle_answer_fields(struct wire *w, struct bundle_answer *m)
{
	text_field(w, &m->trust_domain);
	wire_be64(w, &m->sequence);
	certificates_field(w, &m->certificates);
	wire_be32(w, &m->refresh_hint_s);
}

static void health_fields(struct wire *w, struct health_answer *m)
{
	uint32_t health = (uint32_t)m->health;

	wire_below(w, &health, HEALTH_STATES);
	m->health = (enum health)health;
	for (size_t i = 0; i < NODE_STATES; i++)
		wire_be64(w, &m->nodes[i]);
	wire_be64(w, &m->enrolments);
	wire_be64(w, &m->verdicts);
	wire_be64(w, &m->grants);
	wire_be64(w, &m->refusals);
	wire_time(w, &m->valid_until);
}

static void request_fields(struct wire *w, struct signer_request *m)
{
	/* clang-format off */
	switch ((unsigned)m->type) {
	case FRAME_ENROL: enrol_request_fields(w, &m->enrol); break;
	case FRAME_ACTIVATE: activate_request_fields(w, &m->activate); break;
	case FRAME_CHALLENGE: challenge_request_fields(w, &m->challenge); break;
	case FRAME_AUTHENTICATE: authenticate_request_fields(w, &m->authenticate); break;
	case FRAME_COMMIT: commit_request_fields(w, &m->commit); break;
	case FRAME_ADMIN: admin_request_fields(w, &m->admin); break;
	case FRAME_BUNDLE: text_field(w, &m->bundle.trust_domain); break;
	case FRAME_HEALTH: break;
	default: wire_fail(w, STATUS_UNSUPPORTED);
	}
	/* clang-format on */
}

static void answer_fields(struct wire *w, struct signer_answer *m)
{
	uint32_t refusal = (uint32_t)m->refusal;

	wire_below(w, &refusal, REFUSALS);
	m->refusal = (enum refusal)refusal;
	wire_be32(w, &m->retry_after_s);
	if (m->refusal != REFUSAL_NONE || wire_is_failed(w))
		return;
	/* clang-format off */
	switch ((unsigned)m->type) {
	case FRAME_ENROL: enrol_answer_fields(w, &m->enrol); break;
	case FRAME_ACTIVATE: state_field(w, &m->activate.state); break;
	case FRAME_CHALLENGE: challenge_fields(w, &m->challenge); break;
	case FRAME_AUTHENTICATE: authenticate_answer_fields(w, &m->authenticate); break;
	case FRAME_COMMIT: result_fields(w, &m->commit); break;
	case FRAME_ADMIN: admin_answer_fields(w, &m->admin); break;
	case FRAME_BUNDLE: bundle_answer_fields(w, &m->bundle); break;
	case FRAME_HEALTH: health_fields(w, &m->health); break;
	default: wire_fail(w, STATUS_UNSUPPORTED);
	}
	/* clang-format on */
}

enum status signer_request_encode(const struct signer_request *request, struct bytes *out)
{
	struct signer_request copy = *request;
	struct writer writer = writer_to(out, SIGNER_FRAME_MAX);
	struct wire w = { .out = &writer };

	request_fields(&w, &copy);
	return writer_end(&writer);
}

enum status signer_request_decode(enum frame_type type, struct span body,
				  struct signer_request *out)
{
	struct signer_request request = { .type = type };
	struct reader reader = reader_over(body);
	struct wire w = { .in = &reader };

	request_fields(&w, &request);

	enum status status = reader_end(&reader);

	if (status == OK)
		*out = request;
	return status;
}

enum status signer_answer_encode(const struct signer_answer *answer, struct bytes *out)
{
	struct signer_answer copy = *answer;
	struct writer writer = writer_to(out, SIGNER_FRAME_MAX);
	struct wire w = { .out = &writer };

	answer_fields(&w, &copy);
	return writer_end(&writer);
}

enum status signer_answer_decode(enum frame_type type, struct span body, struct signer_answer *out)
{
	struct signer_answer answer = { .type = type };
	struct reader reader = reader_over(body);
	struct wire w = { .in = &reader };

	answer_fields(&w, &answer);

	enum status status = reader_end(&reader);

	if (status == OK)
		*out = answer;
	return status;
}

static void mark_fields(struct wire *w, struct release_mark *mark)
{
	struct span digest = digest_span(&mark->digest);

	wire_be64(w, &mark->version);
	wire_exact(w, &digest, SHA256_SIZE);
	if (wire_is_reading(w) && digest.len == SHA256_SIZE &&
	    digest_from(DIGEST_SHA256, digest, &mark->digest) != OK)
		wire_fail(w, STATUS_MALFORMED);
}

static void marks_fields(struct wire *w, struct release_marks *marks)
{
	mark_fields(w, &marks->root);
	mark_fields(w, &marks->timestamp);
	mark_fields(w, &marks->index);
	mark_fields(w, &marks->revocations);
	wire_time(w, &marks->time);
}

enum status release_marks_encode(const struct release_marks *marks, struct bytes *out)
{
	struct release_marks copy = *marks;
	struct writer writer = writer_to(out, SIGNER_FRAME_MAX);
	struct wire w = { .out = &writer };

	marks_fields(&w, &copy);
	return writer_end(&writer);
}

enum status release_marks_decode(struct span body, struct release_marks *out)
{
	struct release_marks marks = { 0 };
	struct reader reader = reader_over(body);
	struct wire w = { .in = &reader };

	marks_fields(&w, &marks);

	enum status status = reader_end(&reader);

	if (status == OK)
		*out = marks;
	return status;
}

static void load_refusal_fields(struct wire *w, struct load_refusal *m)
{
	text_field(w, &m->code);
	text_field(w, &m->document);
	text_field(w, &m->field);
	text_field(w, &m->advice);
}

enum status load_refusal_encode(const struct load_refusal *refusal, struct bytes *out)
{
	struct load_refusal copy = *refusal;
	struct writer writer = writer_to(out, SIGNER_FRAME_MAX);
	struct wire w = { .out = &writer };

	load_refusal_fields(&w, &copy);
	return writer_end(&writer);
}

enum status load_refusal_decode(struct span body, struct load_refusal *out)
{
	struct load_refusal refusal = { 0 };
	struct reader reader = reader_over(body);
	struct wire w = { .in = &reader };

	load_refusal_fields(&w, &refusal);

	enum status status = reader_end(&reader);

	if (status == OK)
		*out = refusal;
	return status;
}

enum status evidence_item_encode(const struct evidence_item *item, struct bytes *out)
{
	struct evidence_item copy = *item;
	struct writer writer = writer_to(out, SIGNER_FRAME_MAX);
	struct wire w = { .out = &writer };

	evidence_fields(&w, &copy);
	return writer_end(&writer);
}

enum status evidence_item_decode(struct span bytes, struct evidence_item *out)
{
	struct evidence_item item = { 0 };
	struct reader reader = reader_over(bytes);
	struct wire w = { .in = &reader };

	evidence_fields(&w, &item);

	enum status status = reader_end(&reader);

	if (status == OK)
		*out = item;
	return status;
}
