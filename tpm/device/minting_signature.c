/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/rand.h>
#include <string.h>

#include "base/writer.h"
#include "tpm/device/connection.h"

/* resetCount in TPMS_TIME_INFO (Part 2, 10.11.6), as tpm/policy_digest.h. */
#define OFFSET_RESET_COUNT 16
/* Part 1, 19.6.5: at least 16 bytes. */
#define SESSION_NONCE 16
/* How often an extend of some other PCR may fall between policy and signature. */
#define SIGN_TRIES 8
/* From here on an extend need not be counted (PC Client PTP, TPM_PT_PCR_NO_INCREMENT). */
#define PCR_UNCOUNTED 16

/* Neither salted nor bound: it is the policy's state in the TPM, and has no secret. */
static enum status session_start(struct connection *c)
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
	c->device->session = (struct policy_session){ .handle = session };
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

/* The terms of a minting key's policy, in their order. */
static enum status (*const terms[])(struct connection *c,
				    TPM2_HANDLE session) = { policy_pcr, policy_counters };
#define TERMS (sizeof(terms) / sizeof(*terms))

static bool session_is_met(const struct policy_session *s)
{
	return s->handle != 0 && s->met == TERMS;
}

/* One command on. */
static enum status session_step(struct connection *c, int64_t now_ms)
{
	struct policy_session *s = &c->device->session;

	if (s->handle == 0)
		return session_start(c);
	if (s->met == 0)
		s->begun_ms = now_ms;

	enum status status = terms[s->met](c, s->handle);

	if (status == OK)
		s->met++;
	else
		session_release(c->device);
	return status;
}

/* What it proves is of the time when its first term was asked. */
static void session_drop_old(struct tpm_device *d, int64_t now_ms)
{
	const struct policy_session *s = &d->session;

	if (s->met > 0 && (now_ms < s->begun_ms || now_ms - s->begun_ms > TPM_SESSION_AHEAD_MS))
		session_release(d);
}

/* Only while the key is kept, and where the TPM itself notices that a PCR was extended
 * after the session had met it. */
static bool may_be_ahead(const struct tpm_device *d)
{
	return d->is_in_verb && d->esys != NULL && d->minting_kept != 0 &&
	       d->minting.pcrs >> PCR_UNCOUNTED == 0;
}

enum status tpm_device_mint_ahead(struct tpm_device *d, int64_t now_ms, bool *is_done)
{
	AUTO_DONE(connection) c = { 0 };
	enum status status = OK;

	*is_done = true;
	if (!may_be_ahead(d) || session_is_met(&d->session))
		return OK;
	status = connection_open(d, &c);
	if (status == OK)
		status = session_step(&c, now_ms);
	*is_done = status != OK || session_is_met(&d->session);
	return status;
}

static enum status sign_once(struct connection *c, TPM2_HANDLE key, const TPM2B_DIGEST *digest,
			     int64_t now_ms, struct bytes *signature)
{
	struct policy_session *s = &c->device->session;
	TPMT_SIGNATURE made = { 0 };
	TSS2L_SYS_AUTH_RESPONSE answered = { 0 };
	unsigned tries = 0;
	TSS2_RC rc;
	const TPMT_SIG_SCHEME own_scheme = { .scheme = TPM2_ALG_NULL };
	/* An unrestricted key signs what did not come from the TPM. */
	const TPMT_TK_HASHCHECK no_ticket = { .tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL };
	enum status status = OK;

	while (status == OK && !session_is_met(s))
		status = session_step(c, now_ms);
	if (status != OK)
		return status;

	const bool stays = may_be_ahead(c->device);
	const TPMA_SESSION attributes = stays ? TPMA_SESSION_CONTINUESESSION : 0;
	const TSS2L_SYS_AUTH_COMMAND auth = { .count = 1,
					      .auths = { { .sessionHandle = s->handle,
							   .sessionAttributes = attributes } } };

	do {
		rc = Tss2_Sys_Sign(c->sys, key, &auth, digest, &own_scheme, &no_ticket, &made,
				   &answered);
	} while (is_busy(rc, &tries));
	if (rc != TSS2_RC_SUCCESS) {
		status = connection_status(c, "TPM2_Sign", rc);
		session_release(c->device);
		return status;
	}
	/* With the signature the TPM took back all that it had proved; after a refusal it
	 * would have stayed as it was. */
	*s = (struct policy_session){ .handle = stays ? s->handle : 0 };
	return signature_marshal(&made, signature);
}

enum status tpm_device_mint_sign(struct tpm_device *d, const struct digest *digest, int64_t now_ms,
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
	session_drop_old(d, now_ms);
	for (int tries = 0; tries < SIGN_TRIES; tries++) {
		/* What one that was begun ahead does not allow, one of now may. */
		bool was_ahead = d->session.handle != 0;

		status = sign_once(&c, key.handle, &hashed, now_ms, signature);
		if (status == OK || d->is_broken || (status != STATUS_UNAVAILABLE && !was_ahead))
			return status;
	}
	return status;
}
