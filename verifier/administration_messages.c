/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/administration_messages.h"

#include "messages/entries.h"
#include "tpm/public_area.h"

static const struct wire_field admin_request_fields[] = {
	WIRE_NUMBER(admin_request, verb, ADMIN_LIST, ADMIN_VERB_END),
	WIRE_SIZED(admin_request, administrator, SIGNER_TEXT_MAX),
	WIRE_NUMBER(admin_request, role, 0, ROLE_AUDITOR + 1),
	WIRE_FIXED(admin_request, node.value),
	WIRE_BOOL(admin_request, has_state),
	WIRE_NUMBER(admin_request, state, 0, NODE_STATES),
	WIRE_BOOL(admin_request, has_after),
	WIRE_FIXED(admin_request, after.value),
	WIRE_BE64(admin_request, after_entry),
	WIRE_NUMBER(admin_request, limit, 0, SIGNER_PAGE_MAX + 1),
	WIRE_SIZED(admin_request, entry, ENTRY_NAME_MAX),
	WIRE_SIZED(admin_request, class_name, CLASS_NAME_MAX),
	WIRE_SIZED(admin_request, reason, SIGNER_DETAIL_MAX),
	WIRE_SIZED(admin_request, act, SIGNER_ACT_MAX),
	WIRE_SIZED(admin_request, act_signature, SIGNER_SIGNATURE_MAX),
	WIRE_EXACT(admin_request, manifest, SHA256_SIZE),
	WIRE_BE32(admin_request, window_s),
};
const struct wire_table admin_request_wire = WIRE_TABLE(struct admin_request, admin_request_fields);

static const struct wire_field node_item_fields[] = {
	WIRE_FIXED(node_item, node.value),
	WIRE_NUMBER(node_item, state, 0, NODE_STATES),
	WIRE_SIZED(node_item, host, SIGNER_TEXT_MAX),
	WIRE_SIZED(node_item, class_name, SIGNER_TEXT_MAX),
	WIRE_SIZED(node_item, hostname, SIGNER_TEXT_MAX),
	WIRE_SIZED(node_item, manufacturer, SIGNER_TEXT_MAX),
	WIRE_SIZED(node_item, model, SIGNER_TEXT_MAX),
	WIRE_SIZED(node_item, version, SIGNER_TEXT_MAX),
	WIRE_BOOL(node_item, is_software_tpm),
	WIRE_BE32(node_item, quirks),
	WIRE_TIME(node_item, enrolled),
	WIRE_TIME(node_item, attested),
	WIRE_TIME(node_item, expires),
	WIRE_BE64(node_item, release_version),
	WIRE_BE64(node_item, entries),
	WIRE_SIZED(node_item, note, SIGNER_DETAIL_MAX),
	WIRE_EXACT(node_item, manifest, SHA256_SIZE),
};
static const struct wire_table node_item_wire = WIRE_TABLE(struct node_item, node_item_fields);

static const struct wire_field evidence_item_fields[] = {
	WIRE_SIZED(evidence_item, ek_public, SIGNER_PUBLIC_MAX),
	WIRE_SIZED(evidence_item, ak_public, SIGNER_PUBLIC_MAX),
	WIRE_SIZED(evidence_item, nonce, SIGNER_NONCE_MAX),
	WIRE_SIZED(evidence_item, attest, SIGNER_ATTEST_MAX),
	WIRE_SIZED(evidence_item, signature, SIGNER_SIGNATURE_MAX),
	WIRE_SIZED(evidence_item, pcrs, SIGNER_PCRS_MAX),
	WIRE_SIZED(evidence_item, minting_public, SIGNER_PUBLIC_MAX),
	WIRE_SIZED(evidence_item, certify_attest, SIGNER_ATTEST_MAX),
	WIRE_SIZED(evidence_item, certify_signature, SIGNER_SIGNATURE_MAX),
	WIRE_SIZED32(evidence_item, ima_log, SIGNER_LOG_MAX),
	WIRE_SIZED32(evidence_item, boot_log, SIGNER_LOG_MAX),
	WIRE_BE64(evidence_item, previous_reset),
	WIRE_BE64(evidence_item, previous_restart),
	WIRE_BE64(evidence_item, previous_clock),
	WIRE_SIZED(evidence_item, previous_minting_name, NAME_MAX_SIZE),
	WIRE_TIME(evidence_item, appraised),
	WIRE_EXACT(evidence_item, generation, SHA256_SIZE),
	WIRE_SIZED32(evidence_item, report, SIGNER_REPORT_MAX),
};
static const struct wire_table evidence_item_wire =
	WIRE_TABLE(struct evidence_item, evidence_item_fields);

static const struct wire_field releases_item_fields[] = {
	WIRE_BOOL(releases_item, is_loaded),
	WIRE_EXACT(releases_item, generation, SHA256_SIZE),
	WIRE_BE64(releases_item, root_version),
	WIRE_BE64(releases_item, index_version),
	WIRE_TIME(releases_item, valid_until),
	WIRE_TIME(releases_item, loaded),
	WIRE_SIZED(releases_item, refused_code, SIGNER_TEXT_MAX),
	WIRE_SIZED(releases_item, refused_document, SIGNER_TEXT_MAX),
	WIRE_SIZED(releases_item, refused_field, SIGNER_TEXT_MAX),
	WIRE_SIZED(releases_item, refused_advice, SIGNER_TEXT_MAX),
	WIRE_TIME(releases_item, refused),
};
static const struct wire_table releases_item_wire =
	WIRE_TABLE(struct releases_item, releases_item_fields);

static const struct wire_field audit_item_fields[] = {
	WIRE_BE64(audit_item, index),
	WIRE_TIME(audit_item, time),
	WIRE_SIZED(audit_item, kind, SIGNER_TEXT_MAX),
	WIRE_SIZED(audit_item, actor, SIGNER_TEXT_MAX),
	WIRE_SIZED(audit_item, node, SIGNER_TEXT_MAX),
	WIRE_SIZED(audit_item, text, SIGNER_AUDIT_TEXT_MAX),
	WIRE_EXACT(audit_item, hash, SHA256_SIZE),
};
static const struct wire_table audit_item_wire = WIRE_TABLE(struct audit_item, audit_item_fields);

static const struct wire_field audit_list_fields[] = {
	WIRE_LIST(audit_list, count, items, audit_item_wire),
	WIRE_SIZED(audit_list, checkpoint, SIGNER_ACT_MAX),
	WIRE_SIZED(audit_list, checkpoint_signature, SIGNER_SIGNATURE_MAX),
	WIRE_SIZED(audit_list, log_checkpoint, SIGNER_ACT_MAX),
};
static const struct wire_table audit_list_wire = WIRE_TABLE(struct audit_list, audit_list_fields);

static const struct wire_field node_list_fields[] = {
	WIRE_LIST(node_list, count, items, node_item_wire),
	WIRE_BOOL(node_list, has_more),
	WIRE_FIXED(node_list, next.value),
};
static const struct wire_table node_list_wire = WIRE_TABLE(struct node_list, node_list_fields);

static const struct wire_field admin_nodes_fields[] = {
	WIRE_STRUCT(admin_answer, nodes, node_list_wire),
	WIRE_STRUCT(admin_answer, reasons, reason_list_wire),
};
static const struct wire_table admin_nodes_wire =
	WIRE_TABLE(struct admin_answer, admin_nodes_fields);

static const struct wire_field admin_evidence_fields[] = {
	WIRE_STRUCT(admin_answer, evidence, evidence_item_wire),
};
static const struct wire_table admin_evidence_wire =
	WIRE_TABLE(struct admin_answer, admin_evidence_fields);

static const struct wire_field admin_releases_fields[] = {
	WIRE_STRUCT(admin_answer, releases, releases_item_wire),
};
static const struct wire_table admin_releases_wire =
	WIRE_TABLE(struct admin_answer, admin_releases_fields);

static const struct wire_field admin_audit_fields[] = {
	WIRE_STRUCT(admin_answer, audit, audit_list_wire),
};
static const struct wire_table admin_audit_wire =
	WIRE_TABLE(struct admin_answer, admin_audit_fields);

static const struct wire_field canary_item_fields[] = {
	WIRE_SIZED(canary_item, payload, SIGNER_RECORD_MAX),
	WIRE_SIZED(canary_item, signature, SIGNER_SIGNATURE_MAX),
	WIRE_BE64(canary_item, nodes),
	WIRE_BE64(canary_item, svids),
};
static const struct wire_table canary_item_wire =
	WIRE_TABLE(struct canary_item, canary_item_fields);

static const struct wire_field admin_canary_fields[] = {
	WIRE_STRUCT(admin_answer, canary, canary_item_wire),
};
static const struct wire_table admin_canary_wire =
	WIRE_TABLE(struct admin_answer, admin_canary_fields);

static const struct wire_field entry_item_fields[] = {
	WIRE_SIZED(entry_item, name, ENTRY_NAME_MAX),
	WIRE_SIZED(entry_item, class_name, CLASS_NAME_MAX),
	WIRE_SIZED(entry_item, line, ENTRY_LINE_MAX),
	WIRE_BOOL(entry_item, is_quarantined),
	WIRE_BOOL(entry_item, is_removed),
	WIRE_TIME(entry_item, added),
	WIRE_SIZED(entry_item, note, SIGNER_DETAIL_MAX),
};
static const struct wire_table entry_item_wire = WIRE_TABLE(struct entry_item, entry_item_fields);

static const struct wire_field entry_list_fields[] = {
	WIRE_LIST(entry_list, count, items, entry_item_wire),
	WIRE_BOOL(entry_list, has_more),
};
static const struct wire_table entry_list_wire = WIRE_TABLE(struct entry_list, entry_list_fields);

static const struct wire_field admin_entries_fields[] = {
	WIRE_STRUCT(admin_answer, entries, entry_list_wire),
};
static const struct wire_table admin_entries_wire =
	WIRE_TABLE(struct admin_answer, admin_entries_fields);

static const struct wire_table *const admin_wires[] = {
	[ADMIN_LIST] = &admin_nodes_wire,	    [ADMIN_SHOW] = &admin_nodes_wire,
	[ADMIN_EVIDENCE] = &admin_evidence_wire,    [ADMIN_QUARANTINE] = &admin_nodes_wire,
	[ADMIN_RETIRE] = &admin_nodes_wire,	    [ADMIN_ACT] = &admin_nodes_wire,
	[ADMIN_RELEASES] = &admin_releases_wire,    [ADMIN_AUDIT] = &admin_audit_wire,
	[ADMIN_CANARY] = &admin_canary_wire,	    [ADMIN_ENTRIES] = &admin_entries_wire,
	[ADMIN_ENTRY] = &admin_entries_wire,	    [ADMIN_ENTRY_QUARANTINE] = &admin_entries_wire,
	[ADMIN_ENTRY_REMOVE] = &admin_entries_wire,
};

static const struct wire_field admin_answer_fields[] = {
	WIRE_NUMBER(admin_answer, verb, ADMIN_LIST, ADMIN_VERB_END),
	WIRE_CHOICE(admin_answer, verb, 0, admin_wires),
};
const struct wire_table admin_answer_wire = WIRE_TABLE(struct admin_answer, admin_answer_fields);

enum status evidence_item_encode(const struct evidence_item *item, struct bytes *out)
{
	return wire_encode(&evidence_item_wire, item, SIGNER_FRAME_MAX, out);
}

enum status evidence_item_decode(struct span bytes, struct evidence_item *out)
{
	struct evidence_item item = { 0 };
	enum status status = wire_decode(&evidence_item_wire, bytes, &item);

	if (status == OK)
		*out = item;
	return status;
}

size_t admin_request_limit(const struct admin_request *request)
{
	return request->limit == 0 || request->limit > SIGNER_PAGE_MAX ? SIGNER_PAGE_MAX
								       : request->limit;
}
