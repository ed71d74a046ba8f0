/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "tpm/device/connection.h"

#define GUARD_MAGIC 0x6174746573746467ull
#define GUARD_VERSION 1
#define HEADER_SIZE 10

/* The inner TCTI is the caller's, and outlives this one. */
struct guard {
	TSS2_TCTI_CONTEXT_COMMON_V1 common;
	TSS2_TCTI_CONTEXT *inner;
	TPM2_CC command;
};

/* The least that a success brings after its header (Part 3): handle, size of the
 * parameters where there are sessions, fixed fields and empty buffers. A session
 * that only a policy names brings nothing. */
static const struct {
	TPM2_CC command;
	size_t least;
	bool is_exact;
} answers[] = {
	{ TPM2_CC_ActivateCredential, 4 + 2, false },
	{ TPM2_CC_Certify, 4 + 2 + 2, false },
	{ TPM2_CC_ContextLoad, 4, true },
	{ TPM2_CC_ContextSave, 8 + 4 + 4 + 2, false },
	{ TPM2_CC_CreatePrimary, 4 + 4 + 2 + 2 + 2 + 8 + 2, false },
	{ TPM2_CC_FlushContext, 0, true },
	{ TPM2_CC_GetCapability, 1 + 4 + 4, false },
	{ TPM2_CC_NV_Read, 4 + 2, false },
	{ TPM2_CC_NV_ReadPublic, 2 + 14 + 2, false },
	{ TPM2_CC_PCR_Extend, 4, false },
	{ TPM2_CC_PCR_Read, 4 + 4 + 4, false },
	{ TPM2_CC_PolicyCounterTimer, 0, true },
	{ TPM2_CC_PolicyOR, 0, true },
	{ TPM2_CC_PolicyPCR, 0, true },
	{ TPM2_CC_PolicySecret, 4 + 2 + 8, false },
	{ TPM2_CC_Quote, 4 + 2 + 2, false },
	{ TPM2_CC_ReadClock, 8 + 8 + 4 + 4 + 1, true },
	{ TPM2_CC_ReadPublic, 2 + 2 + 2, false },
	{ TPM2_CC_Sign, 4 + 2, false },
	{ TPM2_CC_StartAuthSession, 4 + 2, false },
};

static bool answer_is_whole(TPM2_CC command, struct span answer)
{
	struct reader r = reader_over(answer);
	uint16_t tag = reader_be16(&r);
	uint32_t size = reader_be32(&r);
	uint32_t code = reader_be32(&r);

	if (r.status != OK || size != answer.len)
		return false;
	if (code != TPM2_RC_SUCCESS)
		return size == HEADER_SIZE;
	if (tag != TPM2_ST_NO_SESSIONS && tag != TPM2_ST_SESSIONS)
		return false;

	size_t len = size - HEADER_SIZE;

	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		if (answers[i].command == command)
			return answers[i].is_exact ? len == answers[i].least
						   : len >= answers[i].least;
	}
	/* None that we send. */
	return false;
}

static struct guard *guard_of(TSS2_TCTI_CONTEXT *context)
{
	return (struct guard *)context;
}

static TSS2_RC transmit(TSS2_TCTI_CONTEXT *context, size_t size, const uint8_t *command)
{
	struct guard *g = guard_of(context);
	struct reader r = reader_over((struct span){ .data = command, .len = size });

	reader_skip(&r, 6);
	g->command = reader_be32(&r);
	return Tss2_Tcti_Transmit(g->inner, size, command);
}

/* The TSS reads a structure to its end, whatever the length of the answer: what
 * lies behind it must be no leftover of the command. */
static TSS2_RC receive(TSS2_TCTI_CONTEXT *context, size_t *size, uint8_t *answer, int32_t timeout)
{
	struct guard *g = guard_of(context);
	size_t capacity = *size;
	TSS2_RC rc = Tss2_Tcti_Receive(g->inner, size, answer, timeout);

	if (rc != TSS2_RC_SUCCESS || answer == NULL)
		return rc;
	if (*size > capacity ||
	    !answer_is_whole(g->command, (struct span){ .data = answer, .len = *size }))
		return TSS2_TCTI_RC_MALFORMED_RESPONSE;
	memset(answer + *size, 0xff, capacity - *size);
	return TSS2_RC_SUCCESS;
}

static void finalize(TSS2_TCTI_CONTEXT *context)
{
	(void)context;
}

static TSS2_RC cancel(TSS2_TCTI_CONTEXT *context)
{
	return Tss2_Tcti_Cancel(guard_of(context)->inner);
}

static TSS2_RC set_locality(TSS2_TCTI_CONTEXT *context, uint8_t locality)
{
	return Tss2_Tcti_SetLocality(guard_of(context)->inner, locality);
}

TSS2_TCTI_CONTEXT *guard_new(TSS2_TCTI_CONTEXT *inner)
{
	struct guard *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->inner = inner;
	g->common = (TSS2_TCTI_CONTEXT_COMMON_V1){ .magic = GUARD_MAGIC,
						   .version = GUARD_VERSION,
						   .transmit = transmit,
						   .receive = receive,
						   .finalize = finalize,
						   .cancel = cancel,
						   .setLocality = set_locality };
	return (TSS2_TCTI_CONTEXT *)g;
}
