/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/rand.h>
#include <string.h>

#include "tpm/device/connection.h"
#include "tpm/device/templates.h"
#include "tpm/policy_digest.h"

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
	/* Whatever the key says after that, it says under what holds then. */
	session_release(d);

	enum status status = connection_open(d, &c);

	if (status == OK)
		status = active_banks(&c, pcr, &digests);
	if (status != OK)
		return status;
	return connection_status(&c, "TPM2_PCR_Extend",
				 Esys_PCR_Extend(c.esys, pcr, ESYS_TR_PASSWORD, ESYS_TR_NONE,
						 ESYS_TR_NONE, &digests));
}
