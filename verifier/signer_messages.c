/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer_messages.h"

#include <string.h>

#include "messages/entries.h"

/* One table for each struct. What is added to a struct is added to its table. */

static void put_tier(struct writer *w, const void *member)
{
	writer_u8(w, (uint8_t) * (const enum trust_tier *)member);
}

static void take_tier(struct reader *r, void *member)
{
	enum trust_tier tier = (enum trust_tier)reader_u8(r);

	if (tier != TIER_NONE && tier != TIER_AFFIRMING && tier != TIER_WARNING &&
	    tier != TIER_CONTRAINDICATED) {
		reader_fail(r, STATUS_MALFORMED);
		tier = TIER_NONE;
	}
	*(enum trust_tier *)member = tier;
}

static const struct wire_codec tier_codec = { put_tier, take_tier };
static const struct wire_field tier_fields[] = {
	{ .form = WIRE_FORM_CODEC, .codec = &tier_codec },
};
static const struct wire_table tier_wire = WIRE_TABLE(enum trust_tier, tier_fields);

static const struct wire_field finding_fields[] = {
	WIRE_NUMBER(finding, reason, 0, REASON_COUNT),
	WIRE_NUMBER(finding, layer, 0, LAYERS),
	WIRE_BE64(finding, entry),
	WIRE_TEXT(finding, detail),
};
static const struct wire_table finding_wire = WIRE_TABLE(struct finding, finding_fields);

/* Bit n: a finding of severity n. */
static const struct wire_field seen_fields[] = {
	{ .form = WIRE_FORM_U8, .cap = (1 << (SEVERITY_CONTRAINDICATED + 1)) - 1 },
};
static const struct wire_table seen_wire = WIRE_TABLE(uint8_t, seen_fields);

static const struct wire_field findings_fields[] = {
	WIRE_LIST(findings, count, list, finding_wire),
	WIRE_BE64(findings, more),
	WIRE_ARRAY(findings, seen, seen_wire),
};
static const struct wire_table findings_wire = WIRE_TABLE(struct findings, findings_fields);

static void put_bank(struct writer *w, const void *member)
{
	enum digest_alg bank = *(const enum digest_alg *)member;

	if (digest_size(bank) == 0)
		writer_fail(w, STATUS_MALFORMED);
	writer_be16(w, (uint16_t)bank);
}

static void take_bank(struct reader *r, void *member)
{
	enum digest_alg bank = digest_alg_from_tpm(reader_be16(r));

	if (bank == DIGEST_NONE)
		reader_fail(r, STATUS_MALFORMED);
	*(enum digest_alg *)member = bank;
}

const struct wire_codec bank_codec = { put_bank, take_bank };

static const struct wire_field challenge_fields[] = {
	WIRE_SIZED(challenge, nonce, SIGNER_NONCE_MAX),
	WIRE_CODEC(challenge, bank, bank_codec),
	WIRE_BITS(challenge, select, PCR_MASK_ALL),
	WIRE_BITS(challenge, policy_pcrs, PCR_MASK_ALL),
	WIRE_U8(challenge, cap, UINT8_MAX),
	WIRE_BE64(challenge, next_entry),
	WIRE_BOOL(challenge, want_boot_log),
	WIRE_BOOL(challenge, want_certify),
	WIRE_BOOL(challenge, want_svid),
	WIRE_BE32(challenge, interval_s),
};
static const struct wire_table challenge_wire = WIRE_TABLE(struct challenge, challenge_fields);

static const struct wire_field jwt_item_fields[] = {
	WIRE_BE64(jwt_item, ticket),
	WIRE_SIZED(jwt_item, sealed, SIGNER_JWT_MAX),
	WIRE_SIZED(jwt_item, refused, SIGNER_TEXT_MAX),
};
static const struct wire_table jwt_item_wire = WIRE_TABLE(struct jwt_item, jwt_item_fields);

static const struct wire_field jwt_list_fields[] = {
	WIRE_LIST(jwt_list, count, items, jwt_item_wire),
};
static const struct wire_table jwt_list_wire = WIRE_TABLE(struct jwt_list, jwt_list_fields);

static const struct wire_field result_fields[] = {
	WIRE_BOOL(result, is_retry),
	WIRE_SIZED32(result, verdict, SIGNER_STATEMENT_MAX),
	WIRE_SIZED(result, verdict_signature, SIGNER_SIGNATURE_MAX),
	WIRE_SIZED(result, certificate, SIGNER_CERTIFICATE_MAX),
	WIRE_STRUCT(result, chain, certificate_list_wire),
	WIRE_SIZED32(result, bundle, SIGNER_STATEMENT_MAX),
	WIRE_SIZED(result, bundle_signature, SIGNER_SIGNATURE_MAX),
	WIRE_SIZED32(result, entries, ENTRIES_TEXT_MAX),
	WIRE_SIZED32(result, ear, SIGNER_STATEMENT_MAX),
	WIRE_STRUCT(result, jwts, jwt_list_wire),
	WIRE_STRUCT(result, reasons, reason_list_wire),
};
static const struct wire_table result_wire =
	WIRE_TABLE_TO(struct result, result_fields, reasons.count, reasons.items);

static const struct wire_field enrol_request_fields[] = {
	WIRE_SIZED(enrol_request, spki, SIGNER_SPKI_MAX),
	WIRE_SIZED(enrol_request, ek_public, SIGNER_PUBLIC_MAX),
	WIRE_SIZED(enrol_request, ak_public, SIGNER_PUBLIC_MAX),
	WIRE_BOOL(enrol_request, is_software_tpm),
	WIRE_BE32(enrol_request, quirks),
	WIRE_SIZED(enrol_request, manufacturer, SIGNER_TEXT_MAX),
	WIRE_SIZED(enrol_request, model, SIGNER_TEXT_MAX),
	WIRE_SIZED(enrol_request, version, SIGNER_TEXT_MAX),
	WIRE_BE32(enrol_request, nv_index),
	WIRE_SIZED(enrol_request, hostname, SIGNER_TEXT_MAX),
};
const struct wire_table enrol_request_wire = WIRE_TABLE(struct enrol_request, enrol_request_fields);

static const struct wire_field activate_request_fields[] = {
	WIRE_FIXED(activate_request, node.value),
	WIRE_TIME(activate_request, received),
	WIRE_SIZED(activate_request, record, SIGNER_RECORD_MAX),
	WIRE_SIZED(activate_request, secret, DIGEST_MAX),
	WIRE_SIZED(activate_request, nonce, SIGNER_NONCE_MAX),
	WIRE_SIZED(activate_request, attest, SIGNER_ATTEST_MAX),
	WIRE_SIZED(activate_request, signature, SIGNER_SIGNATURE_MAX),
};
static const struct wire_table activate_request_wire =
	WIRE_TABLE(struct activate_request, activate_request_fields);

static const struct wire_field challenge_request_fields[] = {
	WIRE_FIXED(challenge_request, node.value),
	WIRE_BE32(challenge_request, reset_count),
	WIRE_BE32(challenge_request, restart_count),
};
static const struct wire_table challenge_request_wire =
	WIRE_TABLE(struct challenge_request, challenge_request_fields);

static const struct wire_field authenticate_request_fields[] = {
	WIRE_FIXED(authenticate_request, node.value),
	WIRE_TIME(authenticate_request, received),
	WIRE_EXACT(authenticate_request, evidence_digest, SHA256_SIZE),
	WIRE_SIZED(authenticate_request, nonce, SIGNER_NONCE_MAX),
	WIRE_SIZED(authenticate_request, attest, SIGNER_ATTEST_MAX),
	WIRE_SIZED(authenticate_request, signature, SIGNER_SIGNATURE_MAX),
	WIRE_SIZED(authenticate_request, pcrs, SIGNER_PCRS_MAX),
	WIRE_SIZED(authenticate_request, minting_public, SIGNER_PUBLIC_MAX),
	WIRE_SIZED(authenticate_request, certify_attest, SIGNER_ATTEST_MAX),
	WIRE_SIZED(authenticate_request, certify_signature, SIGNER_SIGNATURE_MAX),
	WIRE_SIZED32(authenticate_request, report, SIGNER_REPORT_MAX),
	WIRE_BOOL(authenticate_request, wants_ear),
	WIRE_EXACT(authenticate_request, entries_held, SHA256_SIZE),
	WIRE_BOOL(authenticate_request, has_svid),
};
static const struct wire_table authenticate_request_wire =
	WIRE_TABLE(struct authenticate_request, authenticate_request_fields);

static const struct wire_field commit_request_fields[] = {
	WIRE_FIXED(commit_request, node.value),
	WIRE_EXACT(commit_request, generation, SHA256_SIZE),
	WIRE_ARRAY(commit_request, claims.tier, tier_wire),
	WIRE_BOOL(commit_request, is_retry),
	WIRE_BOOL(commit_request, is_unproven),
	WIRE_STRUCT(commit_request, findings, findings_wire),
	WIRE_EXACT(commit_request, manifest, SHA256_SIZE),
	WIRE_BE64(commit_request, release_version),
	WIRE_EXACT(commit_request, emergency, SHA256_SIZE),
	WIRE_BE64(commit_request, entries),
	WIRE_SIZED32(commit_request, state, SIGNER_STATE_MAX),
	WIRE_BE64(commit_request, first_entry),
	WIRE_SIZED32(commit_request, ima_log, SIGNER_LOG_MAX),
	WIRE_SIZED32(commit_request, boot_log, SIGNER_LOG_MAX),
	WIRE_SIZED(commit_request, svid_tbs, SIGNER_CERTIFICATE_MAX),
	WIRE_SIZED(commit_request, svid_signature, SIGNER_SIGNATURE_MAX),
};
static const struct wire_table commit_request_wire =
	WIRE_TABLE_TO(struct commit_request, commit_request_fields, findings.count, findings.list);

static const struct wire_field bundle_request_fields[] = {
	WIRE_SIZED(bundle_request, trust_domain, SIGNER_TEXT_MAX),
};
static const struct wire_table bundle_request_wire =
	WIRE_TABLE(struct bundle_request, bundle_request_fields);

static const struct wire_table health_request_wire = { 0 };

static const struct wire_field activate_answer_fields[] = {
	WIRE_NUMBER(activate_answer, state, 0, NODE_STATES),
};
static const struct wire_table activate_answer_wire =
	WIRE_TABLE(struct activate_answer, activate_answer_fields);

static const struct wire_field enrol_answer_fields[] = {
	WIRE_FIXED(enrol_answer, node.value),
	WIRE_SIZED(enrol_answer, record, SIGNER_RECORD_MAX),
	WIRE_SIZED(enrol_answer, id_object, SIGNER_CREDENTIAL_MAX),
	WIRE_SIZED(enrol_answer, encrypted_secret, SIGNER_CREDENTIAL_MAX),
	WIRE_STRUCT(enrol_answer, challenge, challenge_wire),
};
static const struct wire_table enrol_answer_wire =
	WIRE_TABLE(struct enrol_answer, enrol_answer_fields);

static const struct wire_field go_on_fields[] = {
	WIRE_EXACT(authenticate_answer, generation, SHA256_SIZE),
	WIRE_SIZED(authenticate_answer, class_name, SIGNER_TEXT_MAX),
	WIRE_BE64(authenticate_answer, release_version),
	WIRE_TIME(authenticate_answer, asked),
	WIRE_TIME(authenticate_answer, in_use_since),
	WIRE_BE64(authenticate_answer, entries),
	WIRE_SIZED32(authenticate_answer, state, SIGNER_STATE_MAX),
	WIRE_STRUCT(authenticate_answer, svid_path, certificate_list_wire),
};
static const struct wire_table go_on_wire = WIRE_TABLE(struct authenticate_answer, go_on_fields);

static const struct wire_field final_fields[] = {
	WIRE_STRUCT(authenticate_answer, result, result_wire),
};
static const struct wire_table final_wire = WIRE_TABLE(struct authenticate_answer, final_fields);

static const struct wire_table *const authenticate_wires[] = { &go_on_wire, &final_wire };

static const struct wire_field authenticate_answer_fields[] = {
	WIRE_BOOL(authenticate_answer, is_final),
	WIRE_CHOICE(authenticate_answer, is_final, 0, authenticate_wires),
};
static const struct wire_table authenticate_answer_wire =
	WIRE_TABLE_TO(struct authenticate_answer, authenticate_answer_fields, result.reasons.count,
		      result.reasons.items);

static const struct wire_field jwt_key_item_fields[] = {
	WIRE_SIZED(jwt_key_item, kid, SIGNER_TEXT_MAX),
	WIRE_SIZED(jwt_key_item, spki, SIGNER_SPKI_MAX),
};
static const struct wire_table jwt_key_item_wire =
	WIRE_TABLE(struct jwt_key_item, jwt_key_item_fields);

static const struct wire_field jwt_key_list_fields[] = {
	WIRE_LIST(jwt_key_list, count, items, jwt_key_item_wire),
};
static const struct wire_table jwt_key_list_wire =
	WIRE_TABLE(struct jwt_key_list, jwt_key_list_fields);

static const struct wire_field bundle_answer_fields[] = {
	WIRE_SIZED(bundle_answer, trust_domain, SIGNER_TEXT_MAX),
	WIRE_BE64(bundle_answer, sequence),
	WIRE_STRUCT(bundle_answer, certificates, certificate_list_wire),
	WIRE_STRUCT(bundle_answer, jwt_keys, jwt_key_list_wire),
	WIRE_BE32(bundle_answer, refresh_hint_s),
};
static const struct wire_table bundle_answer_wire =
	WIRE_TABLE(struct bundle_answer, bundle_answer_fields);

static const struct wire_field counter_fields[] = {
	{ .form = WIRE_FORM_BE64 },
};
static const struct wire_table counter_wire = WIRE_TABLE(uint64_t, counter_fields);

static const struct wire_field health_answer_fields[] = {
	WIRE_NUMBER(health_answer, health, 0, HEALTH_STATES),
	WIRE_ARRAY(health_answer, nodes, counter_wire),
	WIRE_BE64(health_answer, enrolments),
	WIRE_BE64(health_answer, verdicts),
	WIRE_BE64(health_answer, grants),
	WIRE_BE64(health_answer, refusals),
	WIRE_TIME(health_answer, valid_until),
	WIRE_TIME(health_answer, authority_until),
	WIRE_TIME(health_answer, release_refused),
};
static const struct wire_table health_answer_wire =
	WIRE_TABLE(struct health_answer, health_answer_fields);

/* By the type of the frame; each of a member of the union. */
static const struct wire_table *const request_wires[] = {
	[FRAME_ENROL] = &enrol_request_wire,
	[FRAME_ACTIVATE] = &activate_request_wire,
	[FRAME_CHALLENGE] = &challenge_request_wire,
	[FRAME_AUTHENTICATE] = &authenticate_request_wire,
	[FRAME_COMMIT] = &commit_request_wire,
	[FRAME_ADMIN] = &admin_request_wire,
	[FRAME_BUNDLE] = &bundle_request_wire,
	[FRAME_HEALTH] = &health_request_wire,
};

static const struct wire_table *const answer_wires[] = {
	[FRAME_ENROL] = &enrol_answer_wire,   [FRAME_ACTIVATE] = &activate_answer_wire,
	[FRAME_CHALLENGE] = &challenge_wire,  [FRAME_AUTHENTICATE] = &authenticate_answer_wire,
	[FRAME_COMMIT] = &result_wire,	      [FRAME_ADMIN] = &admin_answer_wire,
	[FRAME_BUNDLE] = &bundle_answer_wire, [FRAME_HEALTH] = &health_answer_wire,
};

static const struct wire_field signer_request_fields[] = {
	WIRE_CHOICE(signer_request, type, offsetof(struct signer_request, enrol), request_wires),
};
static const struct wire_table signer_request_wire =
	WIRE_TABLE(struct signer_request, signer_request_fields);

static const struct wire_field refusal_fields[] = {
	WIRE_NUMBER(signer_answer, refusal, 0, REFUSALS),
	WIRE_BE32(signer_answer, retry_after_s),
};
static const struct wire_table refusal_wire = WIRE_TABLE(struct signer_answer, refusal_fields);

/* Follows where the answer is a refusal: what is stored of the others has no such field. */
static const struct wire_field advice_fields[] = {
	WIRE_SIZED(signer_answer, advice, SIGNER_ADVICE_MAX),
};
static const struct wire_table advice_wire = WIRE_TABLE(struct signer_answer, advice_fields);

/* Follows where it is none. */
static const struct wire_field signer_answer_fields[] = {
	WIRE_CHOICE(signer_answer, type, offsetof(struct signer_answer, enrol), answer_wires),
};
static const struct wire_table signer_answer_wire =
	WIRE_TABLE(struct signer_answer, signer_answer_fields);

#define REQUEST_TYPES (sizeof(request_wires) / sizeof(request_wires[0]))
#define ANSWER_TYPES (sizeof(answer_wires) / sizeof(answer_wires[0]))

/* Of the union's member; nothing for an unknown one. */
static const struct wire_table *table_of(const struct wire_table *const *tables, size_t count,
					 enum frame_type type)
{
	static const struct wire_table none = { 0 };

	return (size_t)type < count && tables[type] != NULL ? tables[type] : &none;
}

#define REQUEST_HEAD offsetof(struct signer_request, enrol)
#define ANSWER_HEAD offsetof(struct signer_answer, enrol)

void signer_answer_init(enum frame_type type, struct signer_answer *out)
{
	const struct wire_table *table = table_of(answer_wires, ANSWER_TYPES, type);

	memset(out, 0, ANSWER_HEAD + table->head);
	out->type = type;
}

enum status signer_request_encode(const struct signer_request *request, struct bytes *out)
{
	return wire_encode(&signer_request_wire, request, SIGNER_FRAME_MAX, out);
}

enum status signer_request_decode(enum frame_type type, struct span body,
				  struct signer_request *out)
{
	const struct wire_table *table = table_of(request_wires, REQUEST_TYPES, type);
	struct signer_request request;

	memset(&request, 0, REQUEST_HEAD + table->head);
	request.type = type;

	enum status status = wire_decode(&signer_request_wire, body, &request);

	if (status == OK)
		memcpy(out, &request, REQUEST_HEAD + wire_used(table, &request.enrol));
	return status;
}

enum status signer_answer_encode(const struct signer_answer *answer, struct bytes *out)
{
	struct writer w = writer_to(out, SIGNER_FRAME_MAX);

	wire_put(&w, &refusal_wire, answer);
	wire_put(&w, answer->refusal == REFUSAL_NONE ? &signer_answer_wire : &advice_wire, answer);
	return writer_end(&w);
}

enum status signer_result_encode(const struct result *result, struct bytes *out)
{
	struct writer w = writer_to(out, SIGNER_FRAME_MAX);

	/* What refusal_wire puts before an answer that is none. */
	writer_be16(&w, REFUSAL_NONE);
	writer_be32(&w, 0);
	wire_put(&w, &result_wire, result);
	return writer_end(&w);
}

enum status signer_answer_decode(enum frame_type type, struct span body, struct signer_answer *out)
{
	const struct wire_table *table = table_of(answer_wires, ANSWER_TYPES, type);
	struct signer_answer answer;
	struct reader r = reader_over(body);

	signer_answer_init(type, &answer);
	wire_take(&r, &refusal_wire, &answer);
	wire_take(&r, answer.refusal == REFUSAL_NONE ? &signer_answer_wire : &advice_wire, &answer);

	enum status status = reader_end(&r);

	if (status == OK)
		memcpy(out, &answer, ANSWER_HEAD + wire_used(table, &answer.enrol));
	return status;
}
