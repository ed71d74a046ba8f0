/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/root_keys.h"

#include <openssl/x509.h>

#include "base/text.h"
#include "tools/command.h"
#include "tools/public_key.h"
#include "tools/release/release_line.h"

#define PUBLIC_KEY_MAX 16384

enum status root_key_load(const char *path, EVP_PKEY **out)
{
	AUTO_DONE(bytes) pem = { 0 };
	enum status status = path_read(path, PUBLIC_KEY_MAX, &pem);

	if (status != OK)
		return status;
	*out = public_key_from_pem(span_of(&pem));
	if (*out != NULL)
		return OK;
	(void)unusable("%s: not a public key in PEM%s", path, public_key_hint(span_of(&pem)));
	return STATUS_MALFORMED;
}

json_t *root_key_json(EVP_PKEY *key, const char *principal, const char *team)
{
	AUTO_DONE(bytes) text = { 0 };
	uint8_t *spki = NULL;
	int len = i2d_PUBKEY(key, &spki);
	enum status status = len <= 0 ? STATUS_UNSUPPORTED
				      : base64_append(&text, (struct span){ spki, (size_t)len });

	OPENSSL_free(spki);
	if (status != OK)
		return NULL;
	return json_pack("{s:s, s:s%, s:s, s:s}", "scheme",
			 EVP_PKEY_is_a(key, "EC") ? "ecdsa-p256-sha256" : "ed25519", "spki",
			 (const char *)text.data, text.len, "principal", principal, "team", team);
}
