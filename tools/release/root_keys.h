/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_ROOT_KEYS_H
#define TOOLS_RELEASE_ROOT_KEYS_H

#include <openssl/evp.h>

#include "tools/auto_jansson.h"
#include "base/status.h"

/* A public key in PEM; says what is wrong with it. */
enum status root_key_load(const char *path, EVP_PKEY **out);
/* {"scheme", "spki", "principal", "team"}, as a root lists it; NULL without memory. */
json_t *root_key_json(EVP_PKEY *key, const char *principal, const char *team);

#endif
