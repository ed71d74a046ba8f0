/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/broker/broker.h"

#include <string.h>

#include "daemon/log.h"
#include "messages/limits.h"
#include "tpm/ek_certificate.h"
#include "tpm/policy_digest.h"

/* The agent ends with an answer that it can't read. */
_Static_assert(TPM_CHAIN_CERTIFICATE_MAX <= CERTIFICATE_DER_MAX,
	       "the agent takes each certificate");
/* What keeps us from the AK. */
#define KEY_STATES ((unsigned)(TPM_ENDORSEMENT_AUTH_SET | TPM_ENDORSEMENT_DISABLED))

/* The node's id is a fact about the certificate; whether to believe it is the
 * verifier's question. */
static enum status node_of(const struct bytes *certificate, struct node_id *out)
{
	AUTO_DONE(ek_certificate) ek = { 0 };
	const struct ek_trust nobody = { 0 };
	enum status status = ek_certificate_verify(span_of(certificate), &nobody, &ek);

	if (status == OK && ek.spki_sha256.alg != DIGEST_SHA256)
		return STATUS_MALFORMED;
	if (status == OK)
		memcpy(out->value, ek.spki_sha256.value, sizeof(out->value));
	return status;
}

enum status broker_identify(struct broker *b)
{
	AUTO_DONE(tpm_identity) identity = { 0 };
	struct node_id node = { 0 };
	struct tpm_clock clock;
	enum status status = tpm_device_certificates(b->device, &identity);

	if (status == OK)
		status = tpm_device_read_clock(b->device, &clock);
	if (status != OK)
		return status;
	if ((identity.states & TPM_EK_CERTIFICATE_MISSING) != 0)
		log_line(LOG_LEVEL_WARNING, "TPM: %s", tpm_state_name(TPM_EK_CERTIFICATE_MISSING));

	bool has_node = identity.ek_index != 0 && node_of(&identity.ek_certificate, &node) == OK;

	if (identity.ek_index != 0 && !has_node)
		log_line(LOG_LEVEL_WARNING, "TPM: the EK certificate at 0x%08x cannot be read",
			 identity.ek_index);
	tpm_identity_done(&b->identity);
	b->identity = identity;
	b->clock = clock;
	b->node = node;
	b->has_node = has_node;
	identity = (struct tpm_identity){ 0 };
	return OK;
}

enum status broker_attestation_key(struct broker *b)
{
	bool was_told = (b->identity.states & KEY_STATES) != 0;
	enum status status = tpm_device_attestation_key(b->device, &b->identity);

	if (status == OK && !was_told && (b->identity.states & KEY_STATES) != 0)
		log_line(LOG_LEVEL_WARNING, "TPM: %s", tpm_device_reason(b->device));
	return status;
}

enum status broker_need_attestation_key(struct broker *b)
{
	enum status status = broker_attestation_key(b);

	/* The reason says which state it is. */
	return status == OK && (b->identity.states & KEY_STATES) != 0 ? STATUS_DENIED : status;
}

enum status verb_identity(struct broker *b, struct reader *in, struct writer *out)
{
	AUTO_DONE(bytes) ek_public = { 0 };
	bool want_keys = reader_u8(in) != 0;
	enum status status = reader_end(in);

	if (status != OK) {
		reader_fail(in, status);
		return status;
	}
	/* The start has just read it. */
	if (!b->is_identity_new)
		status = broker_identify(b);
	b->is_identity_new = false;
	if (status == OK && want_keys)
		status = broker_attestation_key(b);
	/* Without an AK there is nothing to enrol. */
	if (status == OK && want_keys && b->identity.ak_public.len > 0)
		status = tpm_device_ek_public(b->device, &b->identity, &ek_public);
	if (status != OK)
		return status;
	writer_be32(out, b->clock.reset_count);
	writer_be32(out, b->clock.restart_count);
	writer_sized(out, b->has_node ? node_id_span(&b->node) : (struct span){ 0 });
	writer_be32(out, b->identity.states);
	writer_be32(out, b->identity.ek_index);
	writer_sized32(out, span_of(&b->identity.ek_certificate));
	writer_sized32(out, span_of(&ek_public));
	writer_sized32(out, span_of(&b->identity.ak_public));
	writer_u8(out, (uint8_t)b->identity.ek_chain_count);
	for (size_t i = 0; i < b->identity.ek_chain_count; i++)
		writer_sized32(out, span_of(&b->identity.ek_chain[i]));
	return OK;
}

enum status verb_activate(struct broker *b, struct reader *in, struct writer *out)
{
	AUTO_DONE(bytes) secret = { 0 };
	AUTO_DONE(tpm_statement) quoted = { 0 };
	struct pcr_values values;
	struct digest extra;
	struct span nonce = reader_sized(in, NONCE_MAX);
	enum digest_alg bank = digest_alg_from_tpm(reader_be16(in));
	pcr_mask select = reader_be32(in);
	struct span id_object = reader_sized(in, CREDENTIAL_MAX);
	struct span encrypted_secret = reader_sized(in, CREDENTIAL_MAX);
	enum status status = reader_end(in);

	if (status != OK) {
		reader_fail(in, status);
		return status;
	}
	if (nonce.len == 0 || bank == DIGEST_NONE || select == 0 || (select & ~PCR_MASK_ALL) != 0)
		return STATUS_UNSUPPORTED;
	status = tpm_device_activate(b->device, &b->identity, id_object, encrypted_secret, &secret);
	/* No minting key yet: its Name is empty. */
	if (status == OK)
		status = quote_extra_data(nonce, (struct span){ 0 }, (struct span){ 0 }, &extra);
	if (status == OK)
		status = tpm_device_quote(b->device, bank, select, digest_span(&extra), &quoted,
					  &values);
	if (status != OK)
		return status;
	writer_sized(out, span_of(&secret));
	writer_sized32(out, span_of(&quoted.attest));
	writer_sized32(out, span_of(&quoted.signature));
	bytes_wipe(&secret);
	return OK;
}
