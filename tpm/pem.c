/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

static const char begin[] = "-----BEGIN ";

bool pem_is_in(struct span text)
{
	return text.len > 0 && memmem(text.data, text.len, begin, sizeof(begin) - 1) != NULL;
}

BIO *pem_open(struct span text)
{
	return text.len > INT32_MAX ? NULL : BIO_new_mem_buf(text.data, (int)text.len);
}

enum status pem_next(BIO *pem, const char *label, struct bytes *out)
{
	char *name = NULL, *header = NULL;
	unsigned char *data = NULL;
	long len = 0;
	enum status status = STATUS_UNAVAILABLE;

	while (status == STATUS_UNAVAILABLE) {
		ERR_clear_error();
		if (PEM_read_bio(pem, &name, &header, &data, &len) != 1) {
			bool is_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;

			ERR_clear_error();
			return is_end ? STATUS_NOT_FOUND : STATUS_MALFORMED;
		}
		if (strcmp(name, label) == 0)
			status = header[0] != '\0' || len < 0
					 ? STATUS_MALFORMED
					 : bytes_copy((struct span){ data, (size_t)len }, out);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(data);
	}
	return status;
}
