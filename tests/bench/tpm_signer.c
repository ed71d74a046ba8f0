/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm_signer.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tctildr.h>

#include "measure.h"

/* TPMS_TIME_INFO (Part 2, 10.11.6): resetCount and restartCount, one behind the other. */
#define OFFSET_COUNTERS 16

static const TPML_PCR_SELECTION policy_pcrs = {
	.count = 1,
	/* 4, 7 and 14, which a class's policy names, and the cap's 13. */
	.pcrSelections = { { TPM2_ALG_SHA256, 3, { 0x90, 0x60, 0x00 } } },
};

static void must(TSS2_RC rc, const char *command)
{
	if (rc == TSS2_RC_SUCCESS)
		return;
	(void)fprintf(stderr, "%s: 0x%x\n", command, rc);
	exit(1);
}

static void connect_tpm(struct tpm_signer *s)
{
	TSS2_ABI_VERSION version = TSS2_ABI_VERSION_CURRENT;
	size_t size = Tss2_Sys_GetContextSize(0);

	must(Tss2_TctiLdr_Initialize(s->tcti_name, &s->tcti), "the TPM's connection");
	s->sys = calloc(1, size);
	must(s->sys == NULL ? TSS2_BASE_RC_MEMORY
			    : Tss2_Sys_Initialize(s->sys, size, s->tcti, &version),
	     "Tss2_Sys_Initialize");
}

static void disconnect(struct tpm_signer *s)
{
	Tss2_Sys_Finalize(s->sys);
	free(s->sys);
	s->sys = NULL;
	Tss2_TctiLdr_Finalize(&s->tcti);
}

static TPM2_HANDLE session_start(struct tpm_signer *s, TPM2_SE kind)
{
	const TPMT_SYM_DEF no_cipher = { .algorithm = TPM2_ALG_NULL };
	const TPM2B_ENCRYPTED_SECRET no_salt = { 0 };
	const TPM2B_NONCE nonce = { .size = 16 };
	TPM2B_NONCE answered = { 0 };
	TPM2_HANDLE session = 0;

	must(Tss2_Sys_StartAuthSession(s->sys, TPM2_RH_NULL, TPM2_RH_NULL, NULL, &nonce, &no_salt,
				       kind, &no_cipher, TPM2_ALG_SHA256, &session, &answered,
				       NULL),
	     "TPM2_StartAuthSession");
	return session;
}

static void meet_policy(struct tpm_signer *s, TPM2_HANDLE session)
{
	const uint32_t counters[] = { htobe32(s->clock.clockInfo.resetCount),
				      htobe32(s->clock.clockInfo.restartCount) };
	const TPM2B_DIGEST current = { 0 };
	TPM2B_OPERAND operand = { .size = sizeof(counters) };

	memcpy(operand.buffer, counters, sizeof(counters));
	must(Tss2_Sys_PolicyPCR(s->sys, session, NULL, &current, &policy_pcrs, NULL),
	     "TPM2_PolicyPCR");
	must(Tss2_Sys_PolicyCounterTimer(s->sys, session, NULL, &operand, OFFSET_COUNTERS,
					 TPM2_EO_EQ, NULL),
	     "TPM2_PolicyCounterTimer");
}

/* NULL policy: an empty password. */
static void make_key(struct tpm_signer *s, const TPM2B_DIGEST *policy, TPMS_CONTEXT *saved)
{
	const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	const TPM2B_DATA outside = { 0 };
	const TPML_PCR_SELECTION creation = { 0 };
	const TSS2L_SYS_AUTH_COMMAND auth = { .count = 1,
					      .auths = { { .sessionHandle = TPM2_RH_PW } } };
	TSS2L_SYS_AUTH_RESPONSE answered = { 0 };
	TPM2B_PUBLIC made = { 0 };
	TPM2_HANDLE key = 0;
	TPM2B_PUBLIC template = {
		.publicArea = {
			.type = TPM2_ALG_ECC,
			.nameAlg = TPM2_ALG_SHA256,
			.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
					    TPMA_OBJECT_SENSITIVEDATAORIGIN |
					    TPMA_OBJECT_SIGN_ENCRYPT | TPMA_OBJECT_NODA,
			.parameters.eccDetail = {
				.symmetric.algorithm = TPM2_ALG_NULL,
				.scheme = { TPM2_ALG_ECDSA, { .ecdsa = { TPM2_ALG_SHA256 } } },
				.curveID = TPM2_ECC_NIST_P256,
				.kdf.scheme = TPM2_ALG_NULL,
			},
		},
	};

	if (policy != NULL)
		template.publicArea.authPolicy = *policy;
	else
		template.publicArea.objectAttributes |= TPMA_OBJECT_USERWITHAUTH;
	must(Tss2_Sys_CreatePrimary(s->sys, TPM2_RH_NULL, &auth, &sensitive, &template, &outside,
				    &creation, &key, &made, NULL, NULL, NULL, NULL, &answered),
	     "TPM2_CreatePrimary");
	must(Tss2_Sys_ContextSave(s->sys, key, saved), "TPM2_ContextSave");
	must(Tss2_Sys_FlushContext(s->sys, key), "TPM2_FlushContext");
}

void tpm_signer_init(struct tpm_signer *s, const char *tcti_name)
{
	TPM2B_DIGEST policy = { 0 };

	*s = (struct tpm_signer){ .tcti_name = tcti_name };
	connect_tpm(s);
	must(Tss2_Sys_ReadClock(s->sys, NULL, &s->clock, NULL), "TPM2_ReadClock");

	TPM2_HANDLE trial = session_start(s, TPM2_SE_TRIAL);

	meet_policy(s, trial);
	must(Tss2_Sys_PolicyGetDigest(s->sys, trial, NULL, &policy, NULL), "TPM2_PolicyGetDigest");
	must(Tss2_Sys_FlushContext(s->sys, trial), "TPM2_FlushContext");
	make_key(s, &policy, &s->bound);
	make_key(s, NULL, &s->plain);
	disconnect(s);
}

void tpm_signer_open(struct tpm_signer *s)
{
	connect_tpm(s);
	must(Tss2_Sys_ContextLoad(s->sys, &s->bound, &s->bound_key), "TPM2_ContextLoad");
	must(Tss2_Sys_ContextLoad(s->sys, &s->plain, &s->plain_key), "TPM2_ContextLoad");
}

void tpm_signer_close(struct tpm_signer *s)
{
	must(Tss2_Sys_FlushContext(s->sys, s->bound_key), "TPM2_FlushContext");
	must(Tss2_Sys_FlushContext(s->sys, s->plain_key), "TPM2_FlushContext");
	disconnect(s);
}

static void sign(struct tpm_signer *s, TPM2_HANDLE key, TPM2_HANDLE session)
{
	const TPM2B_DIGEST digest = { .size = 32 };
	const TPMT_SIG_SCHEME own_scheme = { .scheme = TPM2_ALG_NULL };
	const TPMT_TK_HASHCHECK no_ticket = { .tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL };
	const TSS2L_SYS_AUTH_COMMAND auth = { .count = 1,
					      .auths = { { .sessionHandle = session } } };
	TSS2L_SYS_AUTH_RESPONSE answered = { 0 };
	TPMT_SIGNATURE made = { 0 };

	must(Tss2_Sys_Sign(s->sys, key, &auth, &digest, &own_scheme, &no_ticket, &made, &answered),
	     "TPM2_Sign");
}

double tpm_signer_bound_s(struct tpm_signer *s, int count)
{
	double begun = measure_wall();

	for (int i = 0; i < count; i++) {
		TPM2_HANDLE session = session_start(s, TPM2_SE_POLICY);

		/* It ends with the signature. */
		meet_policy(s, session);
		sign(s, s->bound_key, session);
	}
	return (measure_wall() - begun) / count;
}

double tpm_signer_plain_s(struct tpm_signer *s, int count)
{
	double begun = measure_wall();

	for (int i = 0; i < count; i++)
		sign(s, s->plain_key, TPM2_RH_PW);
	return (measure_wall() - begun) / count;
}
