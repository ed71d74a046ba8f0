/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TPM_PUBLIC_AREA_H
#define TPM_PUBLIC_AREA_H

#include <openssl/evp.h>

#include "base/digest.h"
#include "base/reader.h"
#include "base/writer.h"

/* TPM_ALG_ID beyond the digests (TCG Algorithm Registry, 6.2) */
enum tpm_alg {
	TPM_ALG_RSA = 0x0001,
	TPM_ALG_AES = 0x0006,
	TPM_ALG_NULL = 0x0010,
	TPM_ALG_RSASSA = 0x0014,
	TPM_ALG_ECDSA = 0x0018,
	TPM_ALG_ECC = 0x0023,
	TPM_ALG_CFB = 0x0043,
};

/* TPM_ECC_CURVE, Part 2, 6.4 */
enum tpm_curve {
	TPM_CURVE_P256 = 0x0003,
	TPM_CURVE_P384 = 0x0004,
};

/* TPMA_OBJECT, Part 2, 8.3.2 */
enum object_attribute {
	OBJECT_FIXED_TPM = 1 << 1,
	OBJECT_ST_CLEAR = 1 << 2,
	OBJECT_FIXED_PARENT = 1 << 4,
	OBJECT_SENSITIVE_DATA_ORIGIN = 1 << 5,
	OBJECT_USER_WITH_AUTH = 1 << 6,
	OBJECT_ADMIN_WITH_POLICY = 1 << 7,
	OBJECT_NO_DA = 1 << 10,
	OBJECT_ENCRYPTED_DUPLICATION = 1 << 11,
	OBJECT_RESTRICTED = 1 << 16,
	OBJECT_DECRYPT = 1 << 17,
	OBJECT_SIGN = 1 << 18,
};

/* Hierarchies whose handles appear in qualified names (Part 2, 7.4). */
#define TPM_RH_OWNER 0x40000001u
#define TPM_RH_NULL 0x40000007u
#define TPM_RH_ENDORSEMENT 0x4000000bu

/* TPM2B_NAME of an object: algorithm id, then digest. */
#define NAME_MAX_SIZE (2 + DIGEST_MAX)

struct name {
	uint8_t value[NAME_MAX_SIZE];
	size_t len;
};

/* TPMT_PUBLIC of an RSA or ECC key, Part 2, 12.2.4. Spans borrow. */
struct public_area {
	enum tpm_alg type; /* TPM_ALG_RSA or TPM_ALG_ECC */
	enum digest_alg name_alg;
	uint32_t attributes; /* enum object_attribute */
	struct span auth_policy;
	enum tpm_alg symmetric; /* TPM_ALG_AES (CFB) or TPM_ALG_NULL */
	uint16_t symmetric_bits;
	enum tpm_alg scheme; /* TPM_ALG_RSASSA, _ECDSA or _NULL */
	enum digest_alg scheme_hash;
	uint16_t rsa_bits;
	uint32_t rsa_exponent; /* 65537 where the structure says 0 */
	struct span rsa_modulus;
	enum tpm_curve curve;
	struct span x, y;
};

static inline struct span name_span(const struct name *n)
{
	return (struct span){ .data = n->value, .len = n->len };
}

/* A TPMT_PUBLIC without a size prefix. A scheme, KDF, curve or algorithm that
 * is not above is STATUS_UNSUPPORTED. */
enum status public_area_parse(struct span bytes, struct public_area *out);
/* name_alg || H(bytes), of the very bytes received (Part 1, 16). */
enum status public_area_name(struct span bytes, struct name *out);
/* The name of a primary under a hierarchy: H(handle || name), Part 1, 26.5. */
enum status qualified_name_of_primary(uint32_t hierarchy, const struct name *name,
				      struct name *out);
/* Caller frees. Coordinates are left-padded; the point is checked. */
enum status public_area_key(const struct public_area *area, EVP_PKEY **out);
/* The same for one key at a time, for a tenth of the price: a P-256 area's point takes
 * the place of the one in p256, a public key, and *out is another reference to that.
 * Whoever got one before holds this key now; after a failure it is of no use. */
enum status public_area_key_in(const struct public_area *area, EVP_PKEY *p256, EVP_PKEY **out);

/*
 * Would we accept it as an attestation key: ECC P-256 (ECDSA, SHA-256) or RSA
 * of 2048 bits and more (RSASSA, SHA-256), name algorithm SHA-256, attributes
 * exactly restricted | sign | fixedTPM | fixedParent | sensitiveDataOrigin |
 * userWithAuth | noDA, no policy. STATUS_DENIED otherwise.
 */
enum status attestation_key_check(const struct public_area *area);

/*
 * MINTING.md: ECC P-256, ECDSA with SHA-256, attributes exactly fixedTPM |
 * fixedParent | sensitiveDataOrigin | sign | noDA, auth_policy equal to policy.
 */
enum status minting_key_check(const struct public_area *area, struct span policy);

#endif
