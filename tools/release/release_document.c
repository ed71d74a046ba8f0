/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/release_document.h"

#include <string.h>

#include "base/digest.h"

const char *document_sha256(const char *text)
{
	const char *hex = strncmp(text, "sha256:", 7) == 0 ? text + 7 : text;

	if (strlen(hex) != 2 * SHA256_SIZE || strspn(hex, "0123456789abcdef") != 2 * SHA256_SIZE)
		return NULL;
	return hex;
}
