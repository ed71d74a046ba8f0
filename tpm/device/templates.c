/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/device/templates.h"

#include <string.h>

const struct ek_kind ek_kinds[EK_KINDS] = {
	{ 0x01c0000a, 0x01c0000c, 0x01c0000b, TPM2_ALG_ECC, TPM2_ECC_NIST_P256, TPM2_ALG_SHA256,
	  false },
	{ 0x01c00014, 0x01c00015, 0, TPM2_ALG_ECC, TPM2_ECC_NIST_P256, TPM2_ALG_SHA256, true },
	{ 0x01c00016, 0x01c00017, 0, TPM2_ALG_ECC, TPM2_ECC_NIST_P384, TPM2_ALG_SHA384, true },
	{ 0x01c00002, 0x01c00004, 0x01c00003, TPM2_ALG_RSA, 0, TPM2_ALG_SHA256, false },
	{ 0x01c00012, 0x01c00013, 0, TPM2_ALG_RSA, 0, TPM2_ALG_SHA256, true },
};

/* Attributes of EK templates L and H (annex B). */
#define EK_ATTRIBUTES                                                                              \
	(TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |        \
	 TPMA_OBJECT_ADMINWITHPOLICY | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT)
#define EK_HIGH_ATTRIBUTES (EK_ATTRIBUTES | TPMA_OBJECT_USERWITHAUTH)

/* TPM2_PolicySecret(TPM_RH_ENDORSEMENT): the policy of template L, B.6.2. */
static const TPM2B_DIGEST policy_a_sha256 = {
	.size = 32,
	.buffer = { 0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc,
		    0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52,
		    0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa },
};

/* PolicyB = PolicyOR(PolicyA, PolicyC): the policy of template H. */
static const TPM2B_DIGEST policy_b_sha256 = {
	.size = 32,
	.buffer = { 0xca, 0x3d, 0x0a, 0x99, 0xa2, 0xb9, 0x39, 0x06, 0xf7, 0xa3, 0x34,
		    0x24, 0x14, 0xef, 0xcf, 0xb3, 0xa3, 0x85, 0xd4, 0x4c, 0xd1, 0xfd,
		    0x45, 0x90, 0x89, 0xd1, 0x9b, 0x50, 0x71, 0xc0, 0xb7, 0xa0 },
};

static const TPM2B_DIGEST policy_b_sha384 = {
	.size = 48,
	.buffer = { 0xb2, 0x6e, 0x7d, 0x28, 0xd1, 0x1a, 0x50, 0xbc, 0x53, 0xd8, 0x82, 0xbc,
		    0xf5, 0xfd, 0x3a, 0x1a, 0x07, 0x41, 0x48, 0xbb, 0x35, 0xd3, 0xb4, 0xe4,
		    0xcb, 0x1c, 0x0a, 0xd9, 0xbd, 0xe4, 0x19, 0xca, 0xcb, 0x47, 0xba, 0x09,
		    0x69, 0x96, 0x46, 0x15, 0x0f, 0x9f, 0xc0, 0x00, 0xf3, 0xf8, 0x0e, 0x12 },
};

static const TPML_DIGEST branches_sha256 = {
	.count = 2,
	.digests = {
		{ .size = 32,
		  .buffer = { 0x83, 0x71, 0x97, 0x67, 0x44, 0x84, 0xb3, 0xf8, 0x1a, 0x90, 0xcc,
			      0x8d, 0x46, 0xa5, 0xd7, 0x24, 0xfd, 0x52, 0xd7, 0x6e, 0x06, 0x52,
			      0x0b, 0x64, 0xf2, 0xa1, 0xda, 0x1b, 0x33, 0x14, 0x69, 0xaa } },
		{ .size = 32,
		  .buffer = { 0x37, 0x67, 0xe2, 0xed, 0xd4, 0x3f, 0xf4, 0x5a, 0x3a, 0x7e, 0x1e,
			      0xae, 0xfc, 0xef, 0x78, 0x64, 0x3d, 0xca, 0x96, 0x46, 0x32, 0xe7,
			      0xaa, 0xd8, 0x2c, 0x67, 0x3a, 0x30, 0xd8, 0x63, 0x3f, 0xde } },
	},
};

static const TPML_DIGEST branches_sha384 = {
	.count = 2,
	.digests = {
		{ .size = 48,
		  .buffer = { 0x8b, 0xbf, 0x22, 0x66, 0x53, 0x7c, 0x17, 0x1c, 0xb5, 0x6e,
			      0x40, 0x3c, 0x4d, 0xc1, 0xd4, 0xb6, 0x4f, 0x43, 0x26, 0x11,
			      0xdc, 0x38, 0x6e, 0x6f, 0x53, 0x20, 0x50, 0xc3, 0x27, 0x8c,
			      0x93, 0x0e, 0x14, 0x3e, 0x8b, 0xb1, 0x13, 0x38, 0x24, 0xcc,
			      0xb4, 0x31, 0x05, 0x38, 0x71, 0xc6, 0xdb, 0x53 } },
		{ .size = 48,
		  .buffer = { 0xd6, 0x03, 0x2c, 0xe6, 0x1f, 0x2f, 0xb3, 0xc2, 0x40, 0xeb,
			      0x3c, 0xf6, 0xa3, 0x32, 0x37, 0xef, 0x2b, 0x6a, 0x16, 0xf4,
			      0x29, 0x3c, 0x22, 0xb4, 0x55, 0xe2, 0x61, 0xcf, 0xfd, 0x21,
			      0x7a, 0xd5, 0xb4, 0x94, 0x7c, 0x2d, 0x73, 0xe6, 0x30, 0x05,
			      0xee, 0xd2, 0xdc, 0x2b, 0x35, 0x93, 0xd1, 0x65 } },
	},
};

static struct span span_of_tpm2b(const TPM2B_DIGEST *d)
{
	return (struct span){ .data = d->buffer, .len = d->size };
}

const TPML_DIGEST *ek_policy_branches(struct span policy)
{
	if (span_equal(policy, span_of_tpm2b(&policy_b_sha256)))
		return &branches_sha256;
	if (span_equal(policy, span_of_tpm2b(&policy_b_sha384)))
		return &branches_sha384;
	return NULL;
}

const struct ek_kind *ek_kind_of(TPM2_HANDLE certificate)
{
	for (size_t i = 0; i < EK_KINDS; i++) {
		if (ek_kinds[i].certificate == certificate)
			return &ek_kinds[i];
	}
	return NULL;
}

static void rsa_ek(const struct ek_kind *kind, struct span nonce, TPMT_PUBLIC *area)
{
	area->parameters.rsaDetail.symmetric.algorithm = TPM2_ALG_AES;
	area->parameters.rsaDetail.symmetric.keyBits.aes = 128;
	area->parameters.rsaDetail.symmetric.mode.aes = TPM2_ALG_CFB;
	area->parameters.rsaDetail.scheme.scheme = TPM2_ALG_NULL;
	area->parameters.rsaDetail.keyBits = 2048;
	/* L: as long as the modulus, zeros after the nonce; H: empty. */
	area->unique.rsa.size = kind->is_high ? 0 : 256;
	if (nonce.len > 0)
		memcpy(area->unique.rsa.buffer, nonce.data, nonce.len);
}

static void ecc_ek(const struct ek_kind *kind, struct span nonce, TPMT_PUBLIC *area)
{
	area->parameters.eccDetail.symmetric.algorithm = TPM2_ALG_AES;
	area->parameters.eccDetail.symmetric.keyBits.aes =
		kind->curve == TPM2_ECC_NIST_P384 ? 256 : 128;
	area->parameters.eccDetail.symmetric.mode.aes = TPM2_ALG_CFB;
	area->parameters.eccDetail.scheme.scheme = TPM2_ALG_NULL;
	area->parameters.eccDetail.curveID = kind->curve;
	area->parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
	area->unique.ecc.x.size = kind->is_high ? 0 : 32;
	area->unique.ecc.y.size = kind->is_high ? 0 : 32;
	if (nonce.len > 0)
		memcpy(area->unique.ecc.x.buffer, nonce.data, nonce.len);
}

enum status ek_template(const struct ek_kind *kind, struct span nonce, TPM2B_PUBLIC *out)
{
	TPM2B_PUBLIC template = { 0 };
	TPMT_PUBLIC *area = &template.publicArea;

	if (nonce.len > 0 && (kind->is_high || nonce.len > (kind->type == TPM2_ALG_RSA ? 256 : 32)))
		return STATUS_MALFORMED;
	area->type = kind->type;
	area->nameAlg = kind->name_alg;
	area->objectAttributes = kind->is_high ? EK_HIGH_ATTRIBUTES : EK_ATTRIBUTES;
	if (!kind->is_high)
		area->authPolicy = policy_a_sha256;
	else if (kind->name_alg == TPM2_ALG_SHA384)
		area->authPolicy = policy_b_sha384;
	else
		area->authPolicy = policy_b_sha256;
	if (kind->type == TPM2_ALG_RSA)
		rsa_ek(kind, nonce, area);
	else
		ecc_ek(kind, nonce, area);
	*out = template;
	return OK;
}

static TPM2B_PUBLIC p256_signer(TPMA_OBJECT attributes)
{
	TPM2B_PUBLIC template = { 0 };
	TPMT_PUBLIC *area = &template.publicArea;

	area->type = TPM2_ALG_ECC;
	area->nameAlg = TPM2_ALG_SHA256;
	area->objectAttributes = attributes | TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
				 TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_SIGN_ENCRYPT |
				 TPMA_OBJECT_NODA;
	area->parameters.eccDetail.symmetric.algorithm = TPM2_ALG_NULL;
	area->parameters.eccDetail.scheme.scheme = TPM2_ALG_ECDSA;
	area->parameters.eccDetail.scheme.details.ecdsa.hashAlg = TPM2_ALG_SHA256;
	area->parameters.eccDetail.curveID = TPM2_ECC_NIST_P256;
	area->parameters.eccDetail.kdf.scheme = TPM2_ALG_NULL;
	return template;
}

TPM2B_PUBLIC ak_template(void)
{
	/* Set apart from other software's primaries of the same shape. The key
	 * follows from this template: another label is another AK. */
	static const char label[] = "attestd ak v1";
	TPM2B_PUBLIC template = p256_signer(TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_USERWITHAUTH);

	template.publicArea.unique.ecc.x.size = sizeof(label) - 1;
	memcpy(template.publicArea.unique.ecc.x.buffer, label, sizeof(label) - 1);
	return template;
}

TPM2B_PUBLIC minting_template(const struct digest *policy, const uint8_t unique[32])
{
	TPM2B_PUBLIC template = p256_signer(0);
	struct span digest = digest_span(policy);

	template.publicArea.authPolicy.size = (uint16_t)digest.len;
	memcpy(template.publicArea.authPolicy.buffer, digest.data, digest.len);
	template.publicArea.unique.ecc.x.size = 32;
	memcpy(template.publicArea.unique.ecc.x.buffer, unique, 32);
	return template;
}
