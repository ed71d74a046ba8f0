/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TPM_DEVICE_TEMPLATES_H
#define TPM_DEVICE_TEMPLATES_H

#include <tss2/tss2_tpm2_types.h>

#include "tpm/public_area.h"

/* A kind of EK: TCG EK Credential Profile 2.5, 2.2.1.4 and annex B. */
struct ek_kind {
	TPM2_HANDLE certificate; /* NV indices; 0 for one that the profile lacks */
	TPM2_HANDLE template;
	TPM2_HANDLE nonce;
	TPMI_ALG_PUBLIC type;
	TPMI_ECC_CURVE curve;
	TPMI_ALG_HASH name_alg;
	bool is_high; /* template H: PolicyOR; L: PolicySecret */
};

/* In the order in which certificates are looked for. */
#define EK_KINDS 5
extern const struct ek_kind ek_kinds[EK_KINDS];

/* NULL for an index that holds no EK certificate. */
const struct ek_kind *ek_kind_of(TPM2_HANDLE certificate);

/* nonce goes into unique of a template L, as B.3.3 and B.3.4 say. */
enum status ek_template(const struct ek_kind *kind, struct span nonce, TPM2B_PUBLIC *out);
TPM2B_PUBLIC ak_template(void);
TPM2B_PUBLIC minting_template(const struct digest *policy, const uint8_t unique[32]);

/* The two branches of an H template's PolicyOR, PolicyA and PolicyC (B.6.3,
 * B.6.4); NULL where policy is not the digest of that PolicyOR. */
const TPML_DIGEST *ek_policy_branches(struct span policy);

#endif
