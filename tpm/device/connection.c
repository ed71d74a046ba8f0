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
#define LEFTOVERS_MAX 16

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
	d->has_leftovers = true;
	*out = d;
	d = NULL;
	return OK;
}

static void forget_loaded(struct tpm_device *d)
{
	d->ak_kept = 0;
	d->minting_kept = 0;
	d->session = (struct policy_session){ 0 };
}

static void disconnect(struct tpm_device *d)
{
	/* One that broke leaves them loaded, and has_leftovers says so. */
	forget_loaded(d);
	d->sys = NULL;
	if (d->esys != NULL)
		Esys_Finalize(&d->esys);
	free(d->guard);
	d->guard = NULL;
	if (d->tcti != NULL)
		Tss2_TctiLdr_Finalize(&d->tcti);
}

void tpm_device_free(struct tpm_device *d)
{
	if (d == NULL)
		return;
	disconnect(d);
	tpm_device_drop_minting_key(d);
	free(d->ak);
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

	if (rc == TSS2_RC_SUCCESS) {
		d->guard = guard_new(d->tcti);
		rc = d->guard == NULL ? TSS2_BASE_RC_MEMORY
				      : Esys_Initialize(&d->esys, d->guard, NULL);
	}
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_GetSysContext(d->esys, &d->sys);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_TR_SetAuth(d->esys, ESYS_TR_RH_ENDORSEMENT, &d->endorsement_auth);
	if (rc != TSS2_RC_SUCCESS)
		disconnect(d);
	return rc;
}

static enum status range_flush(struct connection *c, TPM2_HANDLE first, TPM2_HANDLE end)
{
	TPM2_HANDLE handles[LEFTOVERS_MAX];
	size_t count = 0;
	enum status status = handles_list(c, first, end, handles, LEFTOVERS_MAX, &count);

	for (size_t i = 0; i < count && status == OK; i++)
		status =
			connection_status(c, "TPM2_FlushContext", handle_flush(c->sys, handles[i]));
	return status;
}

/* Part 2, 7.2. tss2 shifts 0x80 as an int, which has no room for it. */
#define TRANSIENT_FIRST ((TPM2_HANDLE)TPM2_HT_TRANSIENT << TPM2_HR_SHIFT)
#define TRANSIENT_LAST (TRANSIENT_FIRST + 0x00fffffe)

/* A TPM has three slots. Behind a resource manager there is never anything of
 * others to be seen; without one the TPM is ours alone. */
static enum status leftovers_flush(struct connection *c)
{
	/* What we keep is among them. */
	forget_loaded(c->device);

	enum status status = range_flush(c, TRANSIENT_FIRST, TRANSIENT_LAST);

	/* Asked for by the first range, answered with HMAC and policy sessions. */
	if (status == OK)
		status = range_flush(c, TPM2_LOADED_SESSION_FIRST, TPM2_POLICY_SESSION_LAST);
	if (status == OK)
		c->device->has_leftovers = false;
	return status;
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
	*out = (struct connection){ .device = d, .esys = d->esys, .sys = d->sys };
	d->is_away = d->esys == NULL;
	if (d->esys != NULL)
		return d->has_leftovers ? leftovers_flush(out) : OK;
	(void)snprintf(d->reason, sizeof(d->reason),
		       "no TPM at \"%.100s\" (0x%x %.60s): [tpm] tcti says where it is; it must "
		       "be there, free and ours to open",
		       d->tcti_name, rc, Tss2_RC_Decode(rc));
	return STATUS_IO;
}

void connection_done(struct connection *c)
{
	struct tpm_device *d = c->device;

	if (d != NULL && ((!d->is_held && !d->is_in_verb) || d->is_broken))
		disconnect(d);
}

void tpm_device_begin(struct tpm_device *d)
{
	d->is_in_verb = true;
}

void tpm_device_end(struct tpm_device *d)
{
	session_release(d);
	key_release(d, &d->minting_kept);
	key_release(d, &d->ak_kept);
	d->is_in_verb = false;
	if (!d->is_held)
		disconnect(d);
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
