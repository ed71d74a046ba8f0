/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_TPM_SIGNER_H
#define TESTS_BENCH_TPM_SIGNER_H

#include <tss2/tss2_sys.h>

/*
 * What a signature costs the TPM, with nothing of attestd in between: two P-256 keys of
 * the NULL hierarchy on an open connection, loaded. One is bound as a minting key is,
 * by PolicyPCR and PolicyCounterTimer, and each of its signatures needs a policy session
 * (StartAuthSession, PolicyPCR, PolicyCounterTimer, Sign); the other one has an empty
 * password, and needs the one command. What goes wrong ends the program.
 */
struct tpm_signer {
	const char *tcti_name;
	TSS2_TCTI_CONTEXT *tcti; /* NULL: not connected */
	TSS2_SYS_CONTEXT *sys;
	TPMS_TIME_INFO clock; /* resetCount and restartCount are in the policy */
	TPMS_CONTEXT bound, plain; /* the keys, while they are not loaded */
	TPM2_HANDLE bound_key, plain_key;
};

/* Makes the keys, and leaves the TPM to others. The name stays the caller's. */
void tpm_signer_init(struct tpm_signer *s, const char *tcti_name);
/* Has the TPM to itself, keys loaded; then no longer. */
void tpm_signer_open(struct tpm_signer *s);
void tpm_signer_close(struct tpm_signer *s);
/* Seconds for each of so many signatures; between open and close. */
double tpm_signer_bound_s(struct tpm_signer *s, int count);
double tpm_signer_plain_s(struct tpm_signer *s, int count);

#endif
