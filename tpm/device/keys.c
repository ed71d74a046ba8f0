/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/device/connection.h"
#include "tpm/device/templates.h"

enum status primary_create(struct connection *c, ESYS_TR hierarchy, const TPM2B_PUBLIC *template,
			   struct loaded *out, struct bytes *public_area)
{
	AUTO(TPM2B_PUBLIC) made = NULL;
	const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	const TPM2B_DATA outside = { 0 };
	const TPML_PCR_SELECTION creation = { 0 };
	ESYS_TR handle = ESYS_TR_NONE;
	TSS2_RC rc = Esys_CreatePrimary(c->esys, hierarchy, ESYS_TR_PASSWORD, ESYS_TR_NONE,
					ESYS_TR_NONE, &sensitive, template, &outside, &creation,
					&handle, &made, NULL, NULL, NULL);

	if (rc != TSS2_RC_SUCCESS)
		return connection_status(c, "TPM2_CreatePrimary", rc);
	*out = (struct loaded){ .device = c->device, .handle = handle };
	return public_marshal(&made->publicArea, public_area);
}

void key_keep(struct connection *c, ESYS_TR *kept, struct loaded *out)
{
	if (!c->device->is_in_verb)
		return;
	*kept = out->handle;
	*out = (struct loaded){ .handle = *kept };
}

void key_release(struct tpm_device *d, ESYS_TR *kept)
{
	struct loaded key = { .device = d, .handle = *kept };

	*kept = ESYS_TR_NONE;
	loaded_done(&key);
}

static enum status context_load(struct connection *c, const TPMS_CONTEXT *context, ESYS_TR *kept,
				struct loaded *out)
{
	if (*kept != ESYS_TR_NONE) {
		*out = (struct loaded){ .handle = *kept };
		return OK;
	}

	ESYS_TR handle = ESYS_TR_NONE;
	TSS2_RC rc = Esys_ContextLoad(c->esys, context, &handle);

	if (rc != TSS2_RC_SUCCESS)
		return connection_status(c, "TPM2_ContextLoad", rc);
	*out = (struct loaded){ .device = c->device, .handle = handle };
	key_keep(c, kept, out);
	return OK;
}

/* A TPM reset ends every saved context; one that is busy or away ends none. */
bool is_context_dead(enum status status)
{
	return status == STATUS_NOT_FOUND || status == STATUS_MISMATCH ||
	       status == STATUS_UNSUPPORTED;
}

enum status ak_load(struct connection *c, struct loaded *out)
{
	AUTO_DONE(bytes) public_area = { 0 };
	struct tpm_device *d = c->device;

	enum status status =
		d->ak == NULL ? STATUS_NOT_FOUND : context_load(c, d->ak, &d->ak_kept, out);

	if (status == OK || !is_context_dead(status))
		return status;
	/* The AK comes back from its template. */
	Esys_Free(d->ak);
	d->ak = NULL;

	TPM2B_PUBLIC template = ak_template();

	status = primary_create(c, ESYS_TR_RH_ENDORSEMENT, &template, out, &public_area);

	if (status != OK)
		return status;
	status = connection_status(c, "TPM2_ContextSave",
				   Esys_ContextSave(c->esys, out->handle, &d->ak));
	if (status != OK)
		return status;
	bytes_done(&d->ak_public);
	d->ak_public = public_area;
	public_area = (struct bytes){ 0 };
	key_keep(c, &d->ak_kept, out);
	return OK;
}

enum status minting_key_load(struct connection *c, struct loaded *out)
{
	if (c->device->minting.context == NULL)
		return connection_refuse(c, STATUS_NOT_FOUND, "there is no minting key");
	return context_load(c, c->device->minting.context, &c->device->minting_kept, out);
}
