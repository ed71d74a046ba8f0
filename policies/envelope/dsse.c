/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/envelope/dsse.h"

#include <string.h>

static void read_signature(struct strict_cursor *root, struct dsse *out)
{
	AUTO_DONE(bytes) signature = { 0 };
	struct strict_cursor list = strict_array(root, "signatures", 1);

	if (strict_count(&list) != 1)
		strict_fail(&list, NULL, STATUS_MALFORMED, "not-one-signature");

	struct strict_cursor one = strict_element_object(&list, 0);
	struct span keyid = strict_text(&one, "keyid", DSSE_KEYID_MAX);
	strict_base64(&one, "sig", DSSE_SIGNATURE_MAX, &signature);
	if (strict_end(&one) != OK)
		return;
	memcpy(out->keyid, keyid.data, keyid.len);
	if (signature.len > 0)
		memcpy(out->signature, signature.data, signature.len);
	out->signature_len = signature.len;
}

enum status dsse_parse(struct span envelope, size_t max, struct dsse *out,
		       struct strict_document *why)
{
	AUTO_DONE(dsse) dsse = { 0 };
	enum status status = strict_document_parse(envelope, max, why);
	struct strict_cursor root = strict_root(why);

	struct span type = strict_text(&root, "payloadType", 128);
	if (!span_equal(type, span_text(DSSE_PAYLOAD_TYPE)))
		strict_fail(&root, "payloadType", STATUS_UNSUPPORTED, "payload-type");
	strict_base64(&root, "payload", max, &dsse.payload);
	/* A signature over nothing is no word on what others signed. */
	if (dsse.payload.len == 0)
		strict_fail(&root, "payload", STATUS_MALFORMED, "empty");
	read_signature(&root, &dsse);
	status = strict_end(&root);
	if (status == OK) {
		*out = dsse;
		dsse = (struct dsse){ 0 };
	}
	return status;
}

void dsse_done(struct dsse *dsse)
{
	bytes_done(&dsse->payload);
}

enum status dsse_pae(struct span payload, struct bytes *out)
{
	enum status status = bytes_printf(out, "DSSEv1 %zu %s %zu ", sizeof(DSSE_PAYLOAD_TYPE) - 1,
					  DSSE_PAYLOAD_TYPE, payload.len);

	return status == OK ? bytes_append(out, payload) : status;
}

enum status dsse_verify(const struct dsse *dsse, EVP_PKEY *key, enum key_scheme scheme)
{
	AUTO_DONE(bytes) signed_bytes = { 0 };
	struct span signature = { .data = dsse->signature, .len = dsse->signature_len };
	enum status status = dsse_pae(span_of(&dsse->payload), &signed_bytes);

	if (status != OK)
		return status;
	return signing_key_verify(key, scheme, span_of(&signed_bytes), signature);
}
