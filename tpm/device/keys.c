/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "tpm/device/connection.h"
#include "tpm/device/templates.h"

enum status primary_create(struct connection *c, TPM2_HANDLE hierarchy,
			   const TPM2B_PUBLIC *template, struct slot *out,
			   struct bytes *public_area)
{
	const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	const TPM2B_DATA outside = { 0 };
	const TPML_PCR_SELECTION creation = { 0 };
	TSS2L_SYS_AUTH_COMMAND auth = { .count = 1, .auths = { { .sessionHandle = TPM2_RH_PW } } };
	TSS2L_SYS_AUTH_RESPONSE answered = { 0 };
	TPM2B_PUBLIC made = { 0 };
	TPM2_HANDLE handle = 0;
	unsigned tries = 0;
	TSS2_RC rc;

	if (hierarchy == TPM2_RH_ENDORSEMENT)
		auth.auths[0].hmac = c->device->endorsement_auth;
	do {
		rc = Tss2_Sys_CreatePrimary(c->sys, hierarchy, &auth, &sensitive, template,
					    &outside, &creation, &handle, &made, NULL, NULL, NULL,
					    NULL, &answered);
	} while (is_busy(rc, &tries));
	explicit_bzero(&auth, sizeof(auth));
	if (rc != TSS2_RC_SUCCESS)
		return connection_status(c, "TPM2_CreatePrimary", rc);
	*out = (struct slot){ .device = c->device, .handle = handle };
	return public_marshal(&made.publicArea, public_area);
}

enum status context_save(struct connection *c, TPM2_HANDLE handle, TPMS_CONTEXT **out)
{
	TPMS_CONTEXT *context = calloc(1, sizeof(*context));
	unsigned tries = 0;
	TSS2_RC rc;

	if (context == NULL)
		return STATUS_NO_MEMORY;
	do {
		rc = Tss2_Sys_ContextSave(c->sys, handle, context);
	} while (is_busy(rc, &tries));
	if (rc == TSS2_RC_SUCCESS)
		*out = context;
	else
		free(context);
	return connection_status(c, "TPM2_ContextSave", rc);
}

static enum status context_load(struct connection *c, const TPMS_CONTEXT *context,
				TPM2_HANDLE *kept, struct slot *out)
{
	TPM2_HANDLE handle = 0;
	unsigned tries = 0;
	TSS2_RC rc;

	if (*kept != 0) {
		*out = (struct slot){ .handle = *kept };
		return OK;
	}
	do {
		rc = Tss2_Sys_ContextLoad(c->sys, context, &handle);
	} while (is_busy(rc, &tries));
	if (rc != TSS2_RC_SUCCESS)
		return connection_status(c, "TPM2_ContextLoad", rc);
	*out = (struct slot){ .device = c->device, .handle = handle };
	key_keep(c, kept, out);
	return OK;
}

/* A TPM reset ends every saved context; one that is busy or away ends none. */
bool is_context_dead(enum status status)
{
	return status == STATUS_NOT_FOUND || status == STATUS_MISMATCH ||
	       status == STATUS_UNSUPPORTED;
}

enum status ak_load(struct connection *c, struct slot *out)
{
	AUTO_DONE(bytes) public_area = { 0 };
	struct tpm_device *d = c->device;

	enum status status =
		d->ak == NULL ? STATUS_NOT_FOUND : context_load(c, d->ak, &d->ak_kept, out);

	if (status == OK || !is_context_dead(status))
		return status;
	/* The AK comes back from its template. */
	free(d->ak);
	d->ak = NULL;

	TPM2B_PUBLIC template = ak_template();

	status = primary_create(c, TPM2_RH_ENDORSEMENT, &template, out, &public_area);
	if (status == OK)
		status = context_save(c, out->handle, &d->ak);
	if (status != OK)
		return status;
	bytes_done(&d->ak_public);
	d->ak_public = public_area;
	public_area = (struct bytes){ 0 };
	key_keep(c, &d->ak_kept, out);
	return OK;
}

enum status minting_key_load(struct connection *c, struct slot *out)
{
	if (c->device->minting.context == NULL)
		return connection_refuse(c, STATUS_NOT_FOUND, "there is no minting key");
	return context_load(c, c->device->minting.context, &c->device->minting_kept, out);
}
