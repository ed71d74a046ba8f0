/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/device/connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

/* How long a TPM that serves somebody else may keep us waiting. */
#define BUSY_TRIES 20
#define BUSY_PAUSE_NS 100000000L

enum status tpm_device_new(const char *tcti, struct span endorsement_auth, struct tpm_device **out)
{
	AUTO(tpm_device) d = calloc(1, sizeof(*d));

	if (d == NULL)
		return STATUS_NO_MEMORY;
	if (endorsement_auth.len > sizeof(d->endorsement_auth.buffer))
		return STATUS_TOO_LARGE;
	d->tcti_name = strdup(tcti);
	if (d->tcti_name == NULL)
		return STATUS_NO_MEMORY;
	d->endorsement_auth.size = (uint16_t)endorsement_auth.len;
	if (endorsement_auth.len > 0)
		memcpy(d->endorsement_auth.buffer, endorsement_auth.data, endorsement_auth.len);
	d->is_held = strncmp(tcti, "device", strlen("device")) == 0;
	*out = d;
	d = NULL;
	return OK;
}

static void disconnect(struct tpm_device *d)
{
	if (d->esys != NULL)
		Esys_Finalize(&d->esys);
	if (d->tcti != NULL)
		Tss2_TctiLdr_Finalize(&d->tcti);
}

void tpm_device_free(struct tpm_device *d)
{
	if (d == NULL)
		return;
	disconnect(d);
	tpm_device_drop_minting_key(d);
	Esys_Free(d->ak);
	bytes_done(&d->ak_public);
	explicit_bzero(&d->endorsement_auth, sizeof(d->endorsement_auth));
	free(d->tcti_name);
	free(d);
}

const char *tpm_device_reason(const struct tpm_device *d)
{
	return d->reason;
}

void tpm_device_forget_reason(struct tpm_device *d)
{
	d->reason[0] = '\0';
}

bool tpm_device_is_away(const struct tpm_device *d)
{
	return d->is_away || d->is_broken;
}

const char *tpm_state_name(enum tpm_state state)
{
	switch (state) {
	case TPM_ENDORSEMENT_AUTH_SET:
		return "endorsement-auth-set";
	case TPM_ENDORSEMENT_DISABLED:
		return "endorsement-disabled";
	case TPM_EK_CERTIFICATE_MISSING:
		return "ek-certificate-missing";
	default:
		return NULL;
	}
}

static TSS2_RC connect_once(struct tpm_device *d)
{
	TSS2_RC rc = Tss2_TctiLdr_Initialize(d->tcti_name, &d->tcti);

	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_Initialize(&d->esys, d->tcti, NULL);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_TR_SetAuth(d->esys, ESYS_TR_RH_ENDORSEMENT, &d->endorsement_auth);
	if (rc != TSS2_RC_SUCCESS)
		disconnect(d);
	return rc;
}

enum status connection_open(struct tpm_device *d, struct connection *out)
{
	const struct timespec pause = { .tv_nsec = BUSY_PAUSE_NS };
	TSS2_RC rc = TSS2_RC_SUCCESS;

	d->is_broken = false;
	for (int tries = 0; d->esys == NULL && tries < BUSY_TRIES; tries++) {
		if (tries > 0)
			(void)nanosleep(&pause, NULL);
		rc = connect_once(d);
		/* A name that means nothing stays so. */
		if ((rc & ~TSS2_RC_LAYER_MASK) != TSS2_BASE_RC_IO_ERROR &&
		    (rc & ~TSS2_RC_LAYER_MASK) != TSS2_BASE_RC_TRY_AGAIN)
			break;
	}
	*out = (struct connection){ .device = d, .esys = d->esys };
	d->is_away = d->esys == NULL;
	if (d->esys != NULL)
		return OK;
	(void)snprintf(d->reason, sizeof(d->reason),
		       "no TPM at \"%.100s\" (0x%x %.60s): [tpm] tcti says where it is; it must "
		       "be there, free and ours to open",
		       d->tcti_name, rc, Tss2_RC_Decode(rc));
	return STATUS_IO;
}

void connection_done(struct connection *c)
{
	if (c->device != NULL && (!c->device->is_held || c->device->is_broken))
		disconnect(c->device);
}

static enum status status_of_rc(TSS2_RC rc)
{
	if ((rc & TSS2_RC_LAYER_MASK) != TSS2_TPM_RC_LAYER &&
	    (rc & TSS2_RC_LAYER_MASK) != TSS2_RESMGR_TPM_RC_LAYER)
		return (rc & ~TSS2_RC_LAYER_MASK) == TSS2_BASE_RC_MEMORY ? STATUS_NO_MEMORY
									 : STATUS_IO;
	rc &= ~TSS2_RC_LAYER_MASK;
	if (rc == TPM2_RC_POLICY)
		return STATUS_DENIED;
	if (rc == TPM2_RC_PCR_CHANGED)
		return STATUS_UNAVAILABLE;
	if ((rc & TPM2_RC_FMT1) == 0)
		return STATUS_IO;
	switch (rc & (TPM2_RC_FMT1 | 0x3f)) {
	case TPM2_RC_BAD_AUTH:
	case TPM2_RC_AUTH_FAIL:
	case TPM2_RC_POLICY_FAIL:
	case TPM2_RC_HIERARCHY:
		return STATUS_DENIED;
	case TPM2_RC_HANDLE:
		return STATUS_NOT_FOUND;
	case TPM2_RC_INTEGRITY:
		return STATUS_MISMATCH;
	default:
		return STATUS_IO;
	}
}

enum status connection_status(struct connection *c, const char *command, TSS2_RC rc)
{
	if (rc == TSS2_RC_SUCCESS)
		return OK;
	(void)snprintf(c->device->reason, sizeof(c->device->reason), "%s: 0x%x %s", command, rc,
		       Tss2_RC_Decode(rc));

	enum status status = status_of_rc(rc);

	/* A transport that failed once is opened anew by the next verb. */
	if ((rc & TSS2_RC_LAYER_MASK) == TSS2_TCTI_RC_LAYER)
		c->device->is_broken = true;
	return status;
}

enum status connection_refuse(struct connection *c, enum status status, const char *reason)
{
	(void)snprintf(c->device->reason, sizeof(c->device->reason), "%s", reason);
	return status;
}

void loaded_done(struct loaded *l)
{
	if (l->esys == NULL || l->handle == ESYS_TR_NONE)
		return;
	if (l->is_persistent)
		(void)Esys_TR_Close(l->esys, &l->handle);
	else
		(void)Esys_FlushContext(l->esys, l->handle);
	*l = (struct loaded){ 0 };
}

enum status public_marshal(const TPMT_PUBLIC *area, struct bytes *out)
{
	uint8_t buffer[sizeof(TPMT_PUBLIC)];
	size_t len = 0;

	if (Tss2_MU_TPMT_PUBLIC_Marshal(area, buffer, sizeof(buffer), &len) != TSS2_RC_SUCCESS)
		return STATUS_MALFORMED;
	return bytes_copy((struct span){ .data = buffer, .len = len }, out);
}

enum status signature_marshal(const TPMT_SIGNATURE *signature, struct bytes *out)
{
	uint8_t buffer[sizeof(TPMT_SIGNATURE)];
	size_t len = 0;

	if (Tss2_MU_TPMT_SIGNATURE_Marshal(signature, buffer, sizeof(buffer), &len) !=
	    TSS2_RC_SUCCESS)
		return STATUS_MALFORMED;
	return bytes_copy((struct span){ .data = buffer, .len = len }, out);
}

void tpm_identity_done(struct tpm_identity *identity)
{
	bytes_done(&identity->ek_certificate);
	for (size_t i = 0; i < identity->ek_chain_count; i++)
		bytes_done(&identity->ek_chain[i]);
	bytes_done(&identity->ak_public);
	*identity = (struct tpm_identity){ 0 };
}

void tpm_statement_done(struct tpm_statement *statement)
{
	bytes_done(&statement->attest);
	bytes_done(&statement->signature);
}
