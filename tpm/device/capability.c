/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/device/connection.h"

#include <string.h>

/* Larger than any EK certificate seen; NV indices go up to a few KiB. */
#define NV_MAX 8192u
/* Every TPM takes this much at once (TCG PTP 3.6: TPM_PT_NV_BUFFER_MAX). */
#define NV_STEP 512u
/* A PCR that is extended while we read makes us start again. */
#define PCR_READ_TRIES 8

enum status property_read(struct connection *c, TPM2_PT property, uint32_t *out)
{
	AUTO(TPMS_CAPABILITY_DATA) answer = NULL;
	TPMI_YES_NO more;
	TSS2_RC rc = Esys_GetCapability(c->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					TPM2_CAP_TPM_PROPERTIES, property, 1, &more, &answer);

	if (rc != TSS2_RC_SUCCESS)
		return connection_status(c, "TPM2_GetCapability", rc);

	const TPML_TAGGED_TPM_PROPERTY *list = &answer->data.tpmProperties;

	/* The TPM answers with the next property where it lacks this one. */
	*out = list->count == 1 && list->tpmProperty[0].property == property
		       ? list->tpmProperty[0].value
		       : 0;
	return OK;
}

enum status handles_list(struct connection *c, TPM2_HANDLE first, TPM2_HANDLE end,
			 TPM2_HANDLE *handles, size_t max, size_t *count)
{
	AUTO(TPMS_CAPABILITY_DATA) answer = NULL;
	TPMI_YES_NO more;
	TSS2_RC rc =
		Esys_GetCapability(c->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				   TPM2_CAP_HANDLES, first, TPM2_MAX_CAP_HANDLES, &more, &answer);

	if (rc != TSS2_RC_SUCCESS)
		return connection_status(c, "TPM2_GetCapability", rc);

	const TPML_HANDLE *list = &answer->data.handles;
	size_t kept = 0;

	for (uint32_t i = 0; i < list->count && i < TPM2_MAX_CAP_HANDLES && kept < max; i++) {
		if (list->handle[i] >= first && list->handle[i] < end)
			handles[kept++] = list->handle[i];
	}
	*count = kept;
	return OK;
}

/* A TPM that could not be asked has not said that there is none. */
static enum status nv_exists(struct connection *c, TPM2_HANDLE index)
{
	TPM2_HANDLE found;
	size_t count = 0;
	enum status status = handles_list(c, index, index + 1, &found, 1, &count);

	return status == OK && count == 0 ? STATUS_NOT_FOUND : status;
}

static enum status nv_read_part(struct connection *c, TPM2_HANDLE index, TPM2_HANDLE owner,
				uint16_t size, uint16_t offset, struct bytes *out)
{
	const TSS2L_SYS_AUTH_COMMAND auth = { .count = 1,
					      .auths = { { .sessionHandle = TPM2_RH_PW } } };
	TSS2L_SYS_AUTH_RESPONSE answered = { 0 };
	TPM2B_MAX_NV_BUFFER part = { 0 };
	unsigned tries = 0;
	TSS2_RC rc;

	do {
		rc = Tss2_Sys_NV_Read(c->sys, owner, index, &auth, size, offset, &part, &answered);
	} while (is_busy(rc, &tries));
	if (rc != TSS2_RC_SUCCESS)
		return connection_status(c, "TPM2_NV_Read", rc);
	if (part.size != size)
		return connection_refuse(c, STATUS_IO, "TPM2_NV_Read: short answer");
	return bytes_append(out, (struct span){ .data = part.buffer, .len = size });
}

static enum status nv_read_parts(struct connection *c, TPM2_HANDLE index, TPM2_HANDLE owner,
				 uint16_t size, struct bytes *out)
{
	AUTO_DONE(bytes) all = { 0 };

	while (all.len < size) {
		uint16_t offset = (uint16_t)all.len;
		uint16_t step = size - offset < (int)NV_STEP ? (uint16_t)(size - offset) : NV_STEP;
		enum status status = nv_read_part(c, index, owner, step, offset, &all);

		if (status != OK)
			return status;
	}
	*out = all;
	all = (struct bytes){ 0 };
	return OK;
}

/* An index that was listed, and is gone a moment later, is a fault. */
static enum status not_gone(enum status status)
{
	return status == STATUS_NOT_FOUND ? STATUS_UNAVAILABLE : status;
}

enum status nv_read_listed(struct connection *c, TPM2_HANDLE index, struct bytes *out)
{
	TPM2B_NV_PUBLIC area = { 0 };
	TPM2B_NAME name = { 0 };
	unsigned tries = 0;
	TSS2_RC rc;

	do {
		rc = Tss2_Sys_NV_ReadPublic(c->sys, index, NULL, &area, &name, NULL);
	} while (is_busy(rc, &tries));
	if (rc != TSS2_RC_SUCCESS)
		return not_gone(connection_status(c, "TPM2_NV_ReadPublic", rc));
	/* The answer to another question. */
	if (area.nvPublic.nvIndex != index)
		return connection_refuse(c, STATUS_IO, "TPM2_NV_ReadPublic: another index");
	if (area.nvPublic.dataSize > NV_MAX)
		return connection_refuse(c, STATUS_TOO_LARGE, "NV index over the cap");
	/* Reserved by its definition, but never written: as good as absent. */
	if ((area.nvPublic.attributes & TPMA_NV_WRITTEN) == 0)
		return STATUS_NOT_FOUND;

	TPM2_HANDLE owner =
		(area.nvPublic.attributes & TPMA_NV_AUTHREAD) != 0 ? index : TPM2_RH_OWNER;

	return not_gone(nv_read_parts(c, index, owner, area.nvPublic.dataSize, out));
}

enum status nv_read(struct connection *c, TPM2_HANDLE index, struct bytes *out)
{
	/* Asked first, so that an absent index is no error in anyone's log. */
	enum status status = nv_exists(c, index);

	return status == OK ? nv_read_listed(c, index, out) : status;
}

TPML_PCR_SELECTION selection_of(enum digest_alg bank, pcr_mask pcrs)
{
	TPML_PCR_SELECTION selection = { .count = 1 };

	selection.pcrSelections[0].hash = (TPMI_ALG_HASH)bank;
	selection.pcrSelections[0].sizeofSelect = 3;
	for (unsigned i = 0; i < 3; i++)
		selection.pcrSelections[0].pcrSelect[i] = (uint8_t)(pcrs >> (8 * i));
	return selection;
}

static pcr_mask mask_of(const TPML_PCR_SELECTION *selection)
{
	const TPMS_PCR_SELECTION *s = &selection->pcrSelections[0];
	pcr_mask mask = 0;

	if (selection->count != 1)
		return 0;
	for (unsigned i = 0; i < 3 && i < s->sizeofSelect; i++)
		mask |= (pcr_mask)s->pcrSelect[i] << (8 * i);
	return mask;
}

/* Takes the values of the PCRs in read, in order. */
static enum status values_take(const TPML_DIGEST *list, enum digest_alg bank, pcr_mask read,
			       struct pcr_values *values)
{
	uint32_t next = 0;
	enum status status = OK;

	for (unsigned pcr = 0; pcr < PCR_COUNT && status == OK; pcr++) {
		struct digest value;

		if ((read >> pcr & 1) == 0)
			continue;
		if (next >= list->count || next >= sizeof(list->digests) / sizeof(*list->digests))
			return STATUS_TRUNCATED;

		struct span s = { .data = list->digests[next].buffer,
				  .len = list->digests[next].size };

		next++;
		status = digest_from(bank, s, &value);
		if (status == OK)
			status = pcr_value_set(values, pcr, &value);
	}
	return status;
}

/* One pass; *is_torn where an extend fell between two reads. */
static enum status pcrs_read_once(struct connection *c, enum digest_alg bank, pcr_mask select,
				  struct pcr_values *values, bool *is_torn)
{
	uint32_t first_counter = 0;
	bool is_first = true;

	*is_torn = false;
	while (select != 0) {
		AUTO(TPML_PCR_SELECTION) read = NULL;
		AUTO(TPML_DIGEST) list = NULL;
		TPML_PCR_SELECTION wanted = selection_of(bank, select);
		uint32_t counter;
		TSS2_RC rc = Esys_PCR_Read(c->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
					   &wanted, &counter, &read, &list);

		if (rc != TSS2_RC_SUCCESS)
			return connection_status(c, "TPM2_PCR_Read", rc);
		*is_torn = *is_torn || (!is_first && counter != first_counter);
		first_counter = counter;
		is_first = false;

		pcr_mask got = mask_of(read) & select;

		if (got == 0)
			return connection_refuse(c, STATUS_UNSUPPORTED,
						 "TPM2_PCR_Read: the bank is not active");

		enum status status = values_take(list, bank, got, values);

		if (status != OK)
			return connection_refuse(c, status, "TPM2_PCR_Read: odd answer");
		select &= ~got;
	}
	return OK;
}

enum status pcrs_read(struct connection *c, enum digest_alg bank, pcr_mask select,
		      struct pcr_values *values)
{
	for (int tries = 0; tries < PCR_READ_TRIES; tries++) {
		struct pcr_values read;
		bool is_torn;

		pcr_values_init(&read);

		enum status status = pcrs_read_once(c, bank, select, &read, &is_torn);

		if (status != OK)
			return status;
		if (!is_torn) {
			*values = read;
			return OK;
		}
	}
	return connection_refuse(c, STATUS_UNAVAILABLE, "PCRs do not hold still");
}

enum status clock_read(struct connection *c, struct tpm_clock *out)
{
	AUTO(TPMS_TIME_INFO) now = NULL;
	TSS2_RC rc = Esys_ReadClock(c->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &now);

	if (rc != TSS2_RC_SUCCESS)
		return connection_status(c, "TPM2_ReadClock", rc);
	*out = (struct tpm_clock){ .clock_ms = now->clockInfo.clock,
				   .reset_count = now->clockInfo.resetCount,
				   .restart_count = now->clockInfo.restartCount,
				   .is_safe = now->clockInfo.safe == TPM2_YES };
	return OK;
}
