/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "base/writer.h"
#include "tpm/device/connection.h"
#include "tpm/device/templates.h"
#include "tpm/policy_digest.h"

/* resetCount in TPMS_TIME_INFO (Part 2, 10.11.6), as tpm/policy_digest.h. */
#define OFFSET_RESET_COUNT 16
/* Part 1, 19.6.5: at least 16 bytes. */
#define SESSION_NONCE 16
/* How often an extend of some other PCR may fall between policy and signature. */
#define SIGN_TRIES 8

void tpm_device_drop_minting_key(struct tpm_device *d)
{
	key_release(d, &d->minting_kept);
	free(d->minting.context);
	bytes_done(&d->minting.public_area);
	d->minting = (struct minting_key){ 0 };
}

struct span tpm_device_minting_public(const struct tpm_device *d)
{
	return span_of(&d->minting.public_area);
}

static enum status policy_now(struct connection *c, enum digest_alg bank, pcr_mask pcrs,
			      struct minting_key *key)
{
	struct pcr_values values;
	struct tpm_clock clock;
	enum status status = pcrs_read(c, bank, pcrs, &values);

	if (status == OK)
		status = clock_read(c, &clock);
	if (status != OK)
		return status;
	key->bank = bank;
	key->pcrs = pcrs;
	key->reset_count = clock.reset_count;
	key->restart_count = clock.restart_count;
	return minting_policy(bank, pcrs, &values, clock.reset_count, clock.restart_count,
			      &key->policy);
}

/* Does the key we hold still load, and would it still sign? STATUS_NOT_FOUND
 * where it would not; any other failure says nothing about the key. */
static enum status minting_key_fits(struct connection *c, const struct minting_key *wanted)
{
	AUTO_DONE(slot) key = { 0 };
	const struct minting_key *held = &c->device->minting;

	if (held->context == NULL || held->bank != wanted->bank || held->pcrs != wanted->pcrs ||
	    !digest_equal(&held->policy, &wanted->policy))
		return STATUS_NOT_FOUND;

	enum status status = minting_key_load(c, &key);

	return is_context_dead(status) ? STATUS_NOT_FOUND : status;
}

static enum status minting_key_make(struct connection *c, struct minting_key *key)
{
	AUTO_DONE(slot) made = { 0 };
	uint8_t unique[32];

	/* Another key each time: a certificate of a capped key's must never
	 * speak for its successor. */
	if (RAND_bytes(unique, sizeof(unique)) != 1)
		return STATUS_IO;

	TPM2B_PUBLIC template = minting_template(&key->policy, unique);
	enum status status = primary_create(c, TPM2_RH_NULL, &template, &made, &key->public_area);

	if (status == OK)
		status = context_save(c, made.handle, &key->context);
	if (status == OK)
		key_keep(c, &c->device->minting_kept, &made);
	return status;
}

enum status tpm_device_minting_key(struct tpm_device *d, enum digest_alg bank, pcr_mask pcrs,
				   bool *is_new)
{
	AUTO_DONE(connection) c = { 0 };
	struct minting_key key = { 0 };
	enum status status = connection_open(d, &c);

	if (status == OK)
		status = policy_now(&c, bank, pcrs, &key);
	if (status != OK)
		return status;
	status = minting_key_fits(&c, &key);
	if (status != STATUS_NOT_FOUND) {
		*is_new = false;
		return status;
	}
	tpm_device_drop_minting_key(d);
	status = minting_key_make(&c, &key);
	if (status != OK) {
		bytes_done(&key.public_area);
		return status;
	}
	d->minting = key;
	*is_new = true;
	return OK;
}

enum status tpm_device_minting_key_spent(struct tpm_device *d, bool *is_spent)
{
	AUTO_DONE(connection) c = { 0 };
	const struct minting_key *held = &d->minting;
	struct minting_key now = { 0 };

	if (held->context == NULL) {
		*is_spent = true;
		return OK;
	}

	enum status status = connection_open(d, &c);

	if (status == OK)
		status = policy_now(&c, held->bank, held->pcrs, &now);
	if (status == OK)
		*is_spent = !digest_equal(&now.policy, &held->policy);
	return status;
}

/* Neither salted nor bound: it is the policy's state in the TPM, and has no secret. */
static enum status session_start(struct connection *c, struct slot *out)
{
	const TPMT_SYM_DEF no_cipher = { .algorithm = TPM2_ALG_NULL };
	const TPM2B_ENCRYPTED_SECRET no_salt = { 0 };
	TPM2B_NONCE ours = { .size = SESSION_NONCE }, tpms = { 0 };
	TPM2_HANDLE session = 0;
	unsigned tries = 0;
	TSS2_RC rc;

	if (RAND_bytes(ours.buffer, SESSION_NONCE) != 1)
		return STATUS_IO;
	do {
		rc = Tss2_Sys_StartAuthSession(c->sys, TPM2_RH_NULL, TPM2_RH_NULL, NULL, &ours,
					       &no_salt, TPM2_SE_POLICY, &no_cipher,
					       TPM2_ALG_SHA256, &session, &tpms, NULL);
	} while (is_busy(rc, &tries));
	if (rc != TSS2_RC_SUCCESS)
		return connection_status(c, "TPM2_StartAuthSession", rc);
	*out = (struct slot){ .device = c->device, .handle = session };
	return OK;
}

static enum status policy_pcr(struct connection *c, TPM2_HANDLE session)
{
	const struct minting_key *key = &c->device->minting;
	const TPM2B_DIGEST current = { 0 };
	const TPML_PCR_SELECTION selection = selection_of(key->bank, key->pcrs);
	unsigned tries = 0;
	TSS2_RC rc;

	do {
		rc = Tss2_Sys_PolicyPCR(c->sys, session, NULL, &current, &selection, NULL);
	} while (is_busy(rc, &tries));
	return connection_status(c, "TPM2_PolicyPCR", rc);
}

static enum status policy_counters(struct connection *c, TPM2_HANDLE session)
{
	const struct minting_key *key = &c->device->minting;
	AUTO_DONE(bytes) counters = { 0 };
	struct writer w = writer_to(&counters, 8);
	TPM2B_OPERAND operand = { .size = 8 };
	unsigned tries = 0;
	TSS2_RC rc;

	writer_be32(&w, key->reset_count);
	writer_be32(&w, key->restart_count);

	enum status status = writer_end(&w);

	if (status != OK)
		return status;
	memcpy(operand.buffer, counters.data, 8);

	do {
		rc = Tss2_Sys_PolicyCounterTimer(c->sys, session, NULL, &operand,
						 OFFSET_RESET_COUNT, TPM2_EO_EQ, NULL);
	} while (is_busy(rc, &tries));
	return connection_status(c, "TPM2_PolicyCounterTimer", rc);
}

static enum status sign_once(struct connection *c, TPM2_HANDLE key, const TPM2B_DIGEST *digest,
			     struct bytes *signature)
{
	AUTO_DONE(slot) session = { 0 };
	TPMT_SIGNATURE made = { 0 };
	TSS2L_SYS_AUTH_RESPONSE answered = { 0 };
	unsigned tries = 0;
	TSS2_RC rc;
	const TPMT_SIG_SCHEME own_scheme = { .scheme = TPM2_ALG_NULL };
	/* An unrestricted key signs what did not come from the TPM. */
	const TPMT_TK_HASHCHECK no_ticket = { .tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL };
	enum status status = session_start(c, &session);

	if (status == OK)
		status = policy_pcr(c, session.handle);
	if (status == OK)
		status = policy_counters(c, session.handle);
	if (status != OK)
		return status;

	/* The session ends with a signature, and stays after a refusal. */
	const TSS2L_SYS_AUTH_COMMAND auth = { .count = 1,
					      .auths = { { .sessionHandle = session.handle } } };

	do {
		rc = Tss2_Sys_Sign(c->sys, key, &auth, digest, &own_scheme, &no_ticket, &made,
				   &answered);
	} while (is_busy(rc, &tries));
	if (rc != TSS2_RC_SUCCESS)
		return connection_status(c, "TPM2_Sign", rc);
	session = (struct slot){ 0 };
	return signature_marshal(&made, signature);
}

enum status tpm_device_mint_sign(struct tpm_device *d, const struct digest *digest,
				 struct bytes *signature)
{
	AUTO_DONE(connection) c = { 0 };
	AUTO_DONE(slot) key = { 0 };
	TPM2B_DIGEST hashed = { .size = SHA256_SIZE };

	if (digest->alg != DIGEST_SHA256)
		return STATUS_UNSUPPORTED;
	memcpy(hashed.buffer, digest->value, SHA256_SIZE);

	enum status status = connection_open(d, &c);

	if (status == OK)
		status = minting_key_load(&c, &key);
	if (status != OK)
		return status;
	for (int tries = 0; tries < SIGN_TRIES; tries++) {
		status = sign_once(&c, key.handle, &hashed, signature);
		if (status != STATUS_UNAVAILABLE)
			return status;
	}
	return status;
}

/* The banks in which this PCR exists. */
static enum status active_banks(struct connection *c, unsigned pcr, TPML_DIGEST_VALUES *out)
{
	AUTO(TPMS_CAPABILITY_DATA) answer = NULL;
	TPMI_YES_NO more;
	TSS2_RC rc = Esys_GetCapability(c->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					TPM2_CAP_PCRS, 0, TPM2_NUM_PCR_BANKS, &more, &answer);

	if (rc != TSS2_RC_SUCCESS)
		return connection_status(c, "TPM2_GetCapability", rc);

	const TPML_PCR_SELECTION *banks = &answer->data.assignedPCR;

	out->count = 0;
	for (uint32_t i = 0; i < banks->count && i < TPM2_NUM_PCR_BANKS; i++) {
		const TPMS_PCR_SELECTION *bank = &banks->pcrSelections[i];
		struct digest cap;

		if (pcr / 8 >= bank->sizeofSelect || (bank->pcrSelect[pcr / 8] >> pcr % 8 & 1) == 0)
			continue;
		/* A bank that we cannot hash for is none that a policy of ours
		 * could name. */
		if (cap_digest(digest_alg_from_tpm(bank->hash), &cap) != OK)
			continue;
		out->digests[out->count].hashAlg = bank->hash;
		memcpy(&out->digests[out->count].digest, cap.value, digest_size(cap.alg));
		out->count++;
	}
	return out->count > 0 ? OK
			      : connection_refuse(c, STATUS_UNSUPPORTED, "no bank has the cap PCR");
}

enum status tpm_device_cap(struct tpm_device *d, unsigned pcr)
{
	AUTO_DONE(connection) c = { 0 };
	TPML_DIGEST_VALUES digests = { 0 };

	/* 0-10 belong to boot and IMA; beyond 15 are resettable or dynamic. */
	if (pcr <= 10 || pcr > 15)
		return STATUS_DENIED;

	enum status status = connection_open(d, &c);

	if (status == OK)
		status = active_banks(&c, pcr, &digests);
	if (status != OK)
		return status;
	return connection_status(&c, "TPM2_PCR_Extend",
				 Esys_PCR_Extend(c.esys, pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
						 ESYS_TR_NONE, &digests));
}
