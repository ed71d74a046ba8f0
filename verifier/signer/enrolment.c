/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "tpm/attest.h"
#include "tpm/credential.h"
#include "verifier/signer/core.h"
#include "verifier/signer/ek_binding.h"

#define RECORD_VERSION 1

/* What an activation has to bring back: the verifier keeps nothing of it. */
struct enrolment_record {
	struct node_id node;
	int64_t issued;
	uint8_t unique[16];
	enum digest_alg bank; /* what the first quote was asked to select */
	pcr_mask select;
	struct enrol_request facts;
};

static const struct wire_field record_fields[] = {
	WIRE_FIXED(enrolment_record, node.value),
	WIRE_TIME(enrolment_record, issued),
	WIRE_FIXED(enrolment_record, unique),
	WIRE_CODEC(enrolment_record, bank, bank_codec),
	WIRE_BE32(enrolment_record, select),
	WIRE_STRUCT(enrolment_record, facts, enrol_request_wire),
};
static const struct wire_table record_wire = WIRE_TABLE(struct enrolment_record, record_fields);

static enum status record_encode(const struct enrolment_record *record, struct bytes *out)
{
	struct writer w = writer_to(out, SIGNER_RECORD_MAX);

	writer_u8(&w, RECORD_VERSION);
	wire_put(&w, &record_wire, record);
	return writer_end(&w);
}

static enum status record_decode(struct span bytes, struct enrolment_record *out)
{
	struct enrolment_record record = { 0 };
	struct reader r = reader_over(bytes);

	if (reader_u8(&r) != RECORD_VERSION)
		reader_fail(&r, STATUS_UNSUPPORTED);
	wire_take(&r, &record_wire, &record);

	enum status status = reader_end(&r);

	if (status == OK)
		*out = record;
	return status;
}

/* May this AK enrol under this id? An AK belongs to one node, which may be a pending one
 * that makes way. Whether a node may have another than before is for its activation
 * to say. */
static enum refusal check_unique(struct turn *turn, const struct node_id *node,
				 struct span ek_public, const struct name *ak_name)
{
	struct node_id owner;
	struct node_row row;
	enum status status = store_node_of_ak(turn->signer->store, name_span(ak_name), &owner);

	if (status == OK && memcmp(owner.value, node->value, sizeof(owner.value)) != 0 &&
	    !ek_nodes_have(ek_public, &owner))
		return REFUSAL_AK_TAKEN;
	if (status != OK && status != STATUS_NOT_FOUND)
		return refusal_of(status);
	status = store_node(turn->signer->store, node, turn->keep, &row);
	if (status == STATUS_NOT_FOUND)
		return REFUSAL_NONE;
	if (status != OK)
		return refusal_of(status);
	if (row.standing == STANDING_QUARANTINED || row.standing == STANDING_RETIRED)
		return refusal_of_standing(row.standing);
	return REFUSAL_NONE;
}

static enum refusal check_ek(const struct signer *s, const struct enrol_request *request,
			     struct public_area *ek)
{
	enum status status;

	if (request->is_software_tpm && !s->allow_software_tpm)
		return REFUSAL_EK_UNSUPPORTED;
	status = public_area_parse(request->ek_public, ek);
	if (status != OK)
		return status == STATUS_UNSUPPORTED ? REFUSAL_EK_UNSUPPORTED : REFUSAL_MALFORMED;
	status = ek_is_of_spki(ek, request->spki);
	if (status == STATUS_MISMATCH)
		return REFUSAL_EK_MISMATCH;
	return status == OK ? REFUSAL_NONE : REFUSAL_EK_UNSUPPORTED;
}

static enum refusal check_ak(struct span ak_public, struct name *name)
{
	struct public_area area;

	if (public_area_parse(ak_public, &area) != OK || attestation_key_check(&area) != OK ||
	    public_area_name(ak_public, name) != OK)
		return REFUSAL_AK_UNACCEPTABLE;
	return REFUSAL_NONE;
}

static enum status make_random(struct turn *turn, const struct public_area *ek,
			       struct credential_random *out)
{
	enum status status = turn->random(out->seed, sizeof(out->seed));

	if (status == OK)
		status = turn->random(out->oaep, sizeof(out->oaep));
	if (status != OK || ek->type != TPM_ALG_ECC)
		return status;
	out->ephemeral = EVP_EC_gen(ek->curve == TPM_CURVE_P256 ? "P-256" : "P-384");
	return out->ephemeral == NULL ? STATUS_UNAVAILABLE : OK;
}

static void random_done(struct credential_random *random)
{
	EVP_PKEY_free(random->ephemeral);
	OPENSSL_cleanse(random, sizeof(*random));
}

AUTO_RELEASE(credential_random, random_done);

static enum status make_offer(struct turn *turn, const struct public_area *ek,
			      const struct name *ak_name, struct enrol_answer *answer)
{
	AUTO_DONE(bytes) id_object = { 0 };
	AUTO_DONE(bytes) encrypted = { 0 };
	AUTO_DONE(credential_random) random = { 0 };
	uint8_t secret[SHA256_SIZE];
	struct epoch epoch;
	EVP_PKEY *found = NULL;
	enum status status = public_area_key(ek, &found);
	AUTO(EVP_PKEY) key = found;

	if (status == OK)
		status = make_random(turn, ek, &random);
	if (status == OK)
		status = epoch_read(turn->signer, &epoch);
	if (status == OK)
		status = activation_secret(&turn->signer->keys.mac, &epoch, answer->record,
					   name_span(ak_name), secret);
	if (status == OK)
		status = make_credential(key, ek->name_alg, ek->symmetric_bits, name_span(ak_name),
					 (struct span){ secret, sizeof(secret) }, &random,
					 &id_object, &encrypted);
	OPENSSL_cleanse(secret, sizeof(secret));
	if (status == OK)
		status = keep_bytes(turn->keep, &id_object, &answer->id_object);
	return status == OK ? keep_bytes(turn->keep, &encrypted, &answer->encrypted_secret)
			    : status;
}

static enum status make_record(struct turn *turn, const struct enrol_request *request,
			       struct enrol_answer *answer)
{
	struct enrolment_record record = {
		.node = answer->node,
		.issued = turn->now,
		.bank = answer->challenge.bank,
		.select = answer->challenge.select,
		.facts = *request,
	};
	AUTO_DONE(bytes) encoded = { 0 };
	enum status status = turn->random(record.unique, sizeof(record.unique));

	if (status == OK)
		status = record_encode(&record, &encoded);
	return status == OK ? keep_bytes(turn->keep, &encoded, &answer->record) : status;
}

/* The appraiser read them from a certificate, and from what the host says of itself; each
 * page that lists the node has them. */
static bool facts_are_readable(const struct enrol_request *request)
{
	return text_is_line(request->manufacturer) && text_is_line(request->model) &&
	       text_is_line(request->version) && text_is_line(request->hostname);
}

enum refusal enrolment_offer(struct turn *turn, const struct enrol_request *request,
			     struct enrol_answer *answer)
{
	struct public_area ek;
	struct name ak_name;
	struct digest spki;
	enum refusal refusal = facts_are_readable(request) ? check_ek(turn->signer, request, &ek)
							   : REFUSAL_MALFORMED;

	if (refusal == REFUSAL_NONE)
		refusal = check_ak(request->ak_public, &ak_name);
	if (refusal != REFUSAL_NONE)
		return refusal;
	if (digest_of(DIGEST_SHA256, request->spki, &spki) != OK)
		return REFUSAL_INTERNAL;
	memcpy(answer->node.value, spki.value, sizeof(answer->node.value));
	refusal = ek_nodes_check(turn, &answer->node, request->ek_public);
	if (refusal == REFUSAL_NONE)
		refusal = check_unique(turn, &answer->node, request->ek_public, &ak_name);
	if (refusal == REFUSAL_NONE)
		refusal = challenge_offer(turn, &answer->node, &answer->challenge);
	if (refusal != REFUSAL_NONE)
		return refusal;

	enum status status = make_record(turn, request, answer);

	if (status == OK)
		status = make_offer(turn, &ek, &ak_name, answer);
	if (status == STATUS_UNSUPPORTED)
		return REFUSAL_EK_UNSUPPORTED;
	return refusal_of(status);
}

/* The secret proves EK and AK in one TPM, and that this very record was made
 * here: only afterwards is anything in it believed. */
static enum refusal check_secret(struct turn *turn, const struct epoch *epoch,
				 const struct activate_request *request,
				 struct enrolment_record *record, struct name *ak_name)
{
	uint8_t secret[SHA256_SIZE];

	if (record_decode(request->record, record) != OK ||
	    public_area_name(record->facts.ak_public, ak_name) != OK ||
	    activation_secret(&turn->signer->keys.mac, epoch, request->record, name_span(ak_name),
			      secret) != OK)
		return REFUSAL_ACTIVATION_INVALID;

	bool is_equal = span_equal_secret(request->secret, (struct span){ secret, sizeof(secret) });

	OPENSSL_cleanse(secret, sizeof(secret));
	if (!is_equal || memcmp(record->node.value, request->node.value, SHA256_SIZE) != 0)
		return REFUSAL_ACTIVATION_INVALID;
	if (record->issued > turn->now || turn->now - record->issued > ENROLMENT_LIFETIME_S)
		return REFUSAL_ENROLMENT_EXPIRED;
	return REFUSAL_NONE;
}

static enum refusal check_enrolment_nonce(struct turn *turn, const struct epoch *epoch,
					  const struct activate_request *request)
{
	int64_t issued = 0;

	if (nonce_verify(&turn->signer->keys.mac, epoch, NONCE_ENROL, &request->node,
			 request->nonce, &issued) != OK)
		return REFUSAL_NONCE_INVALID;
	if (issued > turn->now || turn->now - issued > ENROLMENT_LIFETIME_S)
		return REFUSAL_NONCE_EXPIRED;
	return REFUSAL_NONE;
}

/* A first quote by that AK, over that nonce, with that selection. */
static enum refusal check_first_quote(const struct activate_request *request,
				      const struct enrolment_record *record,
				      struct counters *counters)
{
	struct public_area area;
	struct attester attester;
	struct attest quote;
	enum reason why = REASON_NONE;
	EVP_PKEY *found = NULL;

	if (public_area_parse(record->facts.ak_public, &area) != OK ||
	    public_area_key(&area, &found) != OK)
		return REFUSAL_AK_UNACCEPTABLE;

	AUTO(EVP_PKEY) key = found;

	if (attester_init(record->facts.ak_public, key, "", &attester) != OK)
		return REFUSAL_AK_UNACCEPTABLE;
	if (authenticate_quote(&attester, request->nonce, (struct span){ 0 }, (struct span){ 0 },
			       request->attest, request->signature, &quote, &why) != OK)
		return REFUSAL_INTERNAL;
	if (why == REASON_QUOTE_NONCE_MISMATCH)
		return REFUSAL_NONCE_INVALID;
	if (why != REASON_NONE)
		return REFUSAL_SIGNATURE_INVALID;
	if (!span_equal(quote.qualified_signer, name_span(&attester.qualified_name)) ||
	    quote.clock > INT64_MAX || quote.selection.count != 1 ||
	    quote.selection.bank[0].alg != record->bank ||
	    quote.selection.bank[0].pcrs != record->select)
		return REFUSAL_ACTIVATION_INVALID;
	*counters = counters_of(quote.reset_count, quote.restart_count, quote.clock);
	return REFUSAL_NONE;
}

static enum refusal insert_node(struct turn *turn, const struct enrolment_record *record,
				const struct name *ak_name, const struct counters *counters,
				int64_t act_time, struct node_row *row)
{
	const struct enrol_request *facts = &record->facts;

	*row = (struct node_row){
		.node = record->node,
		.standing = STANDING_PENDING,
		.verdict = NODE_STALE,
		.ak_name = name_span(ak_name),
		.ak_public = facts->ak_public,
		.ek_public = facts->ek_public,
		.spki = facts->spki,
		.hostname = facts->hostname,
		.manufacturer = facts->manufacturer,
		.model = facts->model,
		.version = facts->version,
		.is_software_tpm = facts->is_software_tpm,
		.quirks = facts->quirks,
		.nv_index = facts->nv_index,
		.enrolled = turn->now,
		.counters = *counters,
		.act_time = act_time,
	};

	enum status status = store_node_insert(turn->signer->store, row);

	/* Two at once: the store's uniqueness decides, the second is too late. */
	if (status == STATUS_DENIED)
		return REFUSAL_AK_TAKEN;
	if (status == OK)
		status = audit_note(turn, "enrolled", (struct span){ 0 }, &row->node, "%s",
				    row->is_software_tpm ? "software TPM" : "hardware TPM");
	if (status == OK)
		turn->signer->enrolments++;
	return refusal_of(status);
}

static bool is_younger(const struct enrolment_record *record, const struct node_row *row)
{
	return record->issued > row->attested && record->issued > row->enrolled;
}

/*
 * Another AK behind the same EK: another template, or other software, in what is
 * proven to be the same TPM. An honest host does not do that by itself, so that
 * a person looks: an active node waits in quarantine for the signed act that
 * lifts it. An old activation, replayed, brings no old key back.
 */
static enum refusal activate_rekeyed(struct turn *turn, const struct enrolment_record *record,
				     const struct name *ak_name, const struct counters *counters,
				     struct node_row *row)
{
	struct span before = row->ak_name;

	if (!is_younger(record, row))
		return REFUSAL_AK_CHANGED;
	row->ak_name = name_span(ak_name);
	row->ak_public = record->facts.ak_public;
	row->counters = *counters;
	row->enrolled = turn->now;
	/* Whoever signed before approved another key. */
	row->act_time = narrow_act_time(turn);
	row->note = span_text("another attestation key of the same TPM was activated");
	if (row->standing == STANDING_ACTIVE)
		row->standing = STANDING_QUARANTINED;

	enum status status = store_node_rekey(turn->signer->store, row, before);

	if (status == STATUS_MISMATCH)
		return REFUSAL_AK_CHANGED;
	if (status == STATUS_DENIED)
		return REFUSAL_AK_TAKEN;
	if (status == OK)
		status = audit_note(turn, "rekeyed", (struct span){ 0 }, &row->node, "%s",
				    row->standing == STANDING_QUARANTINED ? "quarantined" : "");
	return refusal_of(status);
}

/*
 * The same EK and AK once more. Counters that stand lower than the last commit's
 * mean a cleared TPM: they start again, and so does the boot session. The
 * enrolment must be younger than what it resets: an old one, replayed, would
 * let old evidence count again.
 */
static enum refusal activate_again(struct turn *turn, const struct enrolment_record *record,
				   const struct counters *counters, const struct node_row *row)
{
	struct store *store = turn->signer->store;

	if (memcmp(counters->value, row->counters.value, COUNTERS_SIZE) >= 0)
		return REFUSAL_NONE;
	if (!is_younger(record, row))
		return REFUSAL_ENROLMENT_EXPIRED;

	enum status status = store_node_reset(store, &row->node, row->ak_name, counters, turn->now);

	if (status == OK)
		status = audit_note(turn, "tpm-cleared", (struct span){ 0 }, &row->node,
				    "counters start again after a fresh activation");
	return refusal_of(status);
}

enum refusal enrolment_activate(struct turn *turn, const struct activate_request *request,
				struct activate_answer *answer)
{
	struct enrolment_record record;
	struct counters counters;
	struct name ak_name;
	struct node_row row;
	struct epoch epoch;
	int64_t act_time = 0;
	enum refusal refusal = refusal_of(epoch_read(turn->signer, &epoch));

	if (refusal == REFUSAL_NONE)
		refusal = check_secret(turn, &epoch, request, &record, &ak_name);
	if (refusal == REFUSAL_NONE)
		refusal = check_enrolment_nonce(turn, &epoch, request);
	if (refusal == REFUSAL_NONE)
		refusal = check_first_quote(request, &record, &counters);
	if (refusal == REFUSAL_NONE)
		refusal = ek_nodes_supersede(turn, &record.node, record.facts.ek_public, &act_time);
	if (refusal == REFUSAL_NONE)
		refusal = check_unique(turn, &record.node, record.facts.ek_public, &ak_name);
	if (refusal != REFUSAL_NONE)
		return refusal;

	enum status status = store_node(turn->signer->store, &record.node, turn->keep, &row);

	if (status == OK && !span_equal(row.ak_name, name_span(&ak_name)))
		refusal = activate_rekeyed(turn, &record, &ak_name, &counters, &row);
	else if (status == OK)
		refusal = activate_again(turn, &record, &counters, &row);
	else if (status == STATUS_NOT_FOUND)
		refusal = insert_node(turn, &record, &ak_name, &counters, act_time, &row);
	else
		return refusal_of(status);
	if (refusal != REFUSAL_NONE)
		return refusal;
	status = place_as_listed(turn, &row);
	if (status == OK)
		answer->state = node_row_state(
			&row, turn->now - turn->signer->fallback_class.grant_lifetime_s);
	return refusal_of(status);
}
