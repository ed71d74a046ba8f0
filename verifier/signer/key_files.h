/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_KEY_FILES_H
#define VERIFIER_SIGNER_KEY_FILES_H

#include <openssl/evp.h>

#include "base/bytes.h"

#define KEY_FILE_MAX ((size_t)64 << 10)

/* A private key: PEM file without a passphrase that nobody but its owner may read, or
 * the first one behind an OSSL_STORE URI. Statuses as file_read_guarded(). */
enum status key_load_private(const char *place, EVP_PKEY **out);
/* A public key: PEM file that others may read, but not write. */
enum status key_load_public(const char *path, EVP_PKEY **out);
bool key_is_p256(EVP_PKEY *key);

#endif
