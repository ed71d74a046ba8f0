/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tpm/device/connection.h"

TSS2_RC handle_flush(TSS2_SYS_CONTEXT *sys, TPM2_HANDLE handle)
{
	unsigned tries = 0;
	TSS2_RC rc;

	do {
		rc = Tss2_Sys_FlushContext(sys, handle);
	} while (is_busy(rc, &tries));
	return rc;
}

void slot_done(struct slot *s)
{
	if (s->device != NULL && s->handle != 0 && s->device->sys != NULL &&
	    handle_flush(s->device->sys, s->handle) != TSS2_RC_SUCCESS)
		s->device->has_leftovers = true;
	*s = (struct slot){ 0 };
}

void key_keep(struct connection *c, TPM2_HANDLE *kept, struct slot *out)
{
	if (!c->device->is_in_verb)
		return;
	*kept = out->handle;
	*out = (struct slot){ .handle = *kept };
}

void key_release(struct tpm_device *d, TPM2_HANDLE *kept)
{
	struct slot key = { .device = d, .handle = *kept };

	*kept = 0;
	slot_done(&key);
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

void session_release(struct tpm_device *d)
{
	struct slot session = { .device = d, .handle = d->session.handle };

	d->session = (struct policy_session){ 0 };
	slot_done(&session);
}

void tpm_device_drop_minting_key(struct tpm_device *d)
{
	session_release(d);
	key_release(d, &d->minting_kept);
	free(d->minting.context);
	bytes_done(&d->minting.public_area);
	d->minting = (struct minting_key){ 0 };
}
