/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TPM_CREDENTIAL_H
#define TPM_CREDENTIAL_H

#include <openssl/evp.h>

#include "tpm/public_area.h"

/* Fresh random values of the caller's, used once (Part 1, 24; B.10.3, C.6.4). */
struct credential_random {
	uint8_t seed[DIGEST_MAX]; /* RSA: the credential's seed */
	uint8_t oaep[DIGEST_MAX]; /* RSA: OAEP's own seed */
	EVP_PKEY *ephemeral; /* ECC: a key pair on the EK's curve */
};

/*
 * TPM2_MakeCredential in software: only the TPM that holds both the EK and an
 * object of that name can open it. id_object and encrypted_secret are the
 * contents of TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET. The EK is RSA-2048,
 * P-256 (SHA-256, AES-128) or P-384 (SHA-384, AES-256).
 */
enum status make_credential(EVP_PKEY *ek, enum digest_alg ek_name_alg, uint16_t ek_aes_bits,
			    struct span ak_name, struct span secret,
			    const struct credential_random *random, struct bytes *id_object,
			    struct bytes *encrypted_secret);

#endif
