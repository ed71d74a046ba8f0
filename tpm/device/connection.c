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

#define SLOTS_ADVICE                                                                               \
	"others keep objects or sessions in the TPM; device:/dev/tpmrm0 keeps users apart"

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

static bool is_tpms_own(TSS2_RC rc)
{
	TSS2_RC layer = rc & TSS2_RC_LAYER_MASK;

	return layer == TSS2_TPM_RC_LAYER || layer == TSS2_RESMGR_TPM_RC_LAYER;
}

/* A code without handle, parameter and session number (Part 2, 6.6.2). */
static TSS2_RC plain_code(TSS2_RC rc)
{
	rc &= ~TSS2_RC_LAYER_MASK;
	return (rc & TPM2_RC_FMT1) != 0 ? rc & (TPM2_RC_FMT1 | 0x3f) : rc;
}

/* What response codes come to, and what a person can do about them. */
static const struct {
	TSS2_RC code;
	enum status status;
	const char *advice; /* NULL: callers know */
} known_codes[] = {
	{ TPM2_RC_POLICY, STATUS_DENIED, NULL },
	{ TPM2_RC_POLICY_FAIL, STATUS_DENIED, NULL },
	{ TPM2_RC_PCR_CHANGED, STATUS_UNAVAILABLE, NULL },
	{ TPM2_RC_HANDLE, STATUS_NOT_FOUND, NULL },
	{ TPM2_RC_REFERENCE_H0, STATUS_NOT_FOUND, NULL },
	{ TPM2_RC_INTEGRITY, STATUS_MISMATCH, NULL },
	{ TPM2_RC_NV_AUTHORIZATION, STATUS_DENIED, NULL },
	{ TPM2_RC_NV_LOCKED, STATUS_DENIED, NULL },
	{ TPM2_RC_BAD_AUTH, STATUS_DENIED, "[tpm] endorsement_auth_file is to hold the password" },
	{ TPM2_RC_AUTH_FAIL, STATUS_DENIED, "[tpm] endorsement_auth_file is to hold the password" },
	{ TPM2_RC_HIERARCHY, STATUS_DENIED, "the firmware's setup is to enable the hierarchy" },
	{ TPM2_RC_RETRY, STATUS_IO, "the TPM is busy; it is asked again" },
	{ TPM2_RC_YIELDED, STATUS_IO, "the TPM is busy; it is asked again" },
	{ TPM2_RC_TESTING, STATUS_IO, "the TPM tests itself; it is asked again" },
	{ TPM2_RC_CANCELED, STATUS_IO, "it is asked again" },
	{ TPM2_RC_NV_RATE, STATUS_IO, "the TPM spares its NV; it is asked again" },
	{ TPM2_RC_NV_UNAVAILABLE, STATUS_IO, "the TPM's NV is busy; it is asked again" },
	{ TPM2_RC_LOCKOUT, STATUS_IO,
	  "locked out by wrong passwords: wait, or tpm2_dictionarylockout --clear-lockout" },
	{ TPM2_RC_FAILURE, STATUS_IO, "the TPM is in failure mode: power the host off and on" },
	{ TPM2_RC_INITIALIZE, STATUS_IO, "no TPM2_Startup since its reset: reboot the host" },
	{ TPM2_RC_REBOOT, STATUS_IO, "the TPM wants a reset: reboot the host" },
	{ TPM2_RC_UPGRADE, STATUS_IO, "the TPM is in a firmware update: finish it" },
	{ TPM2_RC_MEMORY, STATUS_IO, SLOTS_ADVICE },
	{ TPM2_RC_OBJECT_MEMORY, STATUS_IO, SLOTS_ADVICE },
	{ TPM2_RC_SESSION_MEMORY, STATUS_IO, SLOTS_ADVICE },
	{ TPM2_RC_OBJECT_HANDLES, STATUS_IO, SLOTS_ADVICE },
	{ TPM2_RC_SESSION_HANDLES, STATUS_IO, SLOTS_ADVICE },
};

static enum status status_of_rc(TSS2_RC rc, const char **advice)
{
	if (!is_tpms_own(rc)) {
		*advice = "no sense in what [tpm] tcti leads to, or no answer; it is opened anew";
		return (rc & ~TSS2_RC_LAYER_MASK) == TSS2_BASE_RC_MEMORY ? STATUS_NO_MEMORY
									 : STATUS_IO;
	}
	*advice = NULL;
	for (size_t i = 0; i < sizeof(known_codes) / sizeof(*known_codes); i++) {
		if (known_codes[i].code != plain_code(rc))
			continue;
		*advice = known_codes[i].advice;
		return known_codes[i].status;
	}
	/* The arguments were not to its liking, or the TPM was in no state to. */
	return (rc & TPM2_RC_FMT1) != 0 ? STATUS_UNSUPPORTED : STATUS_IO;
}

enum status connection_status(struct connection *c, const char *command, TSS2_RC rc)
{
	struct tpm_device *d = c->device;
	const char *advice = NULL;

	if (rc == TSS2_RC_SUCCESS)
		return OK;

	enum status status = status_of_rc(rc, &advice);

	(void)snprintf(d->reason, sizeof(d->reason), "%s: 0x%x %.120s%s%s%s", command, rc,
		       Tss2_RC_Decode(rc), advice != NULL ? " (" : "", advice != NULL ? advice : "",
		       advice != NULL ? ")" : "");
	/* Whether the command was run is not known, and the TSS is out of step:
	 * the next verb begins anew. */
	if (!is_tpms_own(rc)) {
		d->is_broken = true;
		d->has_leftovers = true;
	}
	return status;
}

enum status connection_refuse(struct connection *c, enum status status, const char *reason)
{
	(void)snprintf(c->device->reason, sizeof(c->device->reason), "%s", reason);
	return status;
}

void loaded_done(struct loaded *l)
{
	if (l->device == NULL || l->handle == ESYS_TR_NONE)
		return;
	if (l->is_persistent)
		(void)Esys_TR_Close(l->device->esys, &l->handle);
	else if (Esys_FlushContext(l->device->esys, l->handle) != TSS2_RC_SUCCESS)
		l->device->has_leftovers = true;
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
