/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tpm/certificate.h"
#include "tpm/der.h"

X509_NAME *name_decode(struct span name)
{
	const unsigned char *at = name.data;
	X509_NAME *decoded = NULL;

	if (name.len == 0 || name.len > NAME_DER_MAX)
		return NULL;
	decoded = d2i_X509_NAME(NULL, &at, (long)name.len);
	if (decoded != NULL && at != name.data + name.len) {
		X509_NAME_free(decoded);
		return NULL;
	}
	return decoded;
}

enum status name_text(struct span name, char *out, size_t size)
{
	AUTO(X509_NAME) decoded = name_decode(name);
	AUTO(BIO) memory = BIO_new(BIO_s_mem());

	if (memory == NULL)
		return STATUS_NO_MEMORY;
	if (decoded == NULL || X509_NAME_print_ex(memory, decoded, 0, XN_FLAG_RFC2253) < 0)
		return STATUS_MALFORMED;

	char *text = NULL;
	long len = BIO_get_mem_data(memory, &text);
	size_t copied = len < 0 ? 0 : (size_t)len < size ? (size_t)len : size - 1;
	if (copied > 0)
		memcpy(out, text, copied);
	out[copied] = '\0';
	return OK;
}

/* RelativeDistinguishedName ::= SET OF SEQUENCE { OID, value }: the value's
 * content, empty where the attribute is not in this set. */
static struct span find_in_set(struct reader *set, struct span oid)
{
	struct span found = { 0 };

	while (set->status == OK && set->rest.len > 0) {
		struct reader pair = der_enter(set, DER_SEQUENCE);
		struct span type = der_content(&pair, DER_OID);
		struct der value = der_next(&pair);

		der_leave(set, &pair);
		if (found.len == 0 && span_equal(type, oid))
			found = value.content;
	}
	return set->status == OK ? found : (struct span){ 0 };
}

enum status name_attribute(struct span name, struct span oid, char *out, size_t size)
{
	struct reader r = reader_over(name);
	struct reader sets = der_enter(&r, DER_SEQUENCE);
	struct span found = { 0 };

	while (sets.status == OK && sets.rest.len > 0) {
		struct reader set = der_enter(&sets, DER_SET);
		struct span value = find_in_set(&set, oid);

		der_leave(&sets, &set);
		if (found.len == 0)
			found = value;
	}
	der_leave(&r, &sets);

	enum status status = reader_end(&r);
	if (status != OK)
		return status;
	if (found.len == 0)
		return STATUS_NOT_FOUND;
	if (found.len >= size)
		return STATUS_TOO_LARGE;
	for (size_t i = 0; i < found.len; i++)
		out[i] =
			(char)(found.data[i] >= 0x20 && found.data[i] < 0x7f ? found.data[i] : '?');
	out[found.len] = '\0';
	return OK;
}
