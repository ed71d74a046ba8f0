/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_rc.h>

#include "tpm/device/connection.h"

#define SLOTS_ADVICE                                                                               \
	"others keep objects or sessions in the TPM; device:/dev/tpmrm0 keeps users apart"

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

/* How often a TPM that is busy is asked again at once. */
#define SUBMISSIONS 5

bool is_busy(TSS2_RC rc, unsigned *tries)
{
	return (rc == TPM2_RC_RETRY || rc == TPM2_RC_YIELDED || rc == TPM2_RC_TESTING) &&
	       ++*tries < SUBMISSIONS;
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
