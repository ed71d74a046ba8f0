/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release_document.h"

#include <string.h>

#include "base/auto_openssl.h"

enum status document_sign(const struct release_line *line, const char *folder, struct span payload,
			  const struct document_signer *signer, struct sha256_text *digest)
{
	AUTO(EVP_PKEY) key = NULL;
	struct line_path usual = line_path(line, "keys/%s.pem", signer->usual);
	struct sha256_text sha256 = sha256_text_of(payload);
	struct line_path path = line_path(line, "release/%s/%s", folder, sha256.hex);
	enum status status =
		line_key_load(signer->key_file != NULL ? signer->key_file : usual.text, &key);

	if (status == OK)
		status = line_sign(line_next_envelope(path.text).text, payload, signer->key_name,
				   key);
	if (status == OK)
		*digest = sha256;
	return status;
}

const char *document_sha256(const char *text)
{
	const char *hex = strncmp(text, "sha256:", 7) == 0 ? text + 7 : text;

	if (strlen(hex) != 2 * SHA256_SIZE || strspn(hex, "0123456789abcdef") != 2 * SHA256_SIZE)
		return NULL;
	return hex;
}
