/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/jws.h"

#include <openssl/ecdsa.h>

#include "base/text.h"

#define COORDINATE_SIZE 32

void jws_put(struct json_writer *w, const char *name, struct span raw)
{
	AUTO_DONE(bytes) text = { 0 };
	enum status status = base64url_append(&text, raw);

	if (status != OK && w->status == OK)
		w->status = status;
	json_text(w, name, span_of(&text));
}

/* RFC 7518, 3.4: r || s, each padded to the curve's size */
static enum status raw_signature(struct span der, uint8_t out[2 * COORDINATE_SIZE])
{
	const uint8_t *cursor = der.data;
	AUTO(ECDSA_SIG) signature = d2i_ECDSA_SIG(NULL, &cursor, (long)der.len);

	if (signature == NULL ||
	    BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, COORDINATE_SIZE) != COORDINATE_SIZE ||
	    BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + COORDINATE_SIZE, COORDINATE_SIZE) !=
		    COORDINATE_SIZE)
		return STATUS_UNSUPPORTED;
	return OK;
}

static enum status write_header(struct span kid, struct bytes *out)
{
	struct json_writer w = json_to(out);

	json_open(&w, NULL, '{');
	json_text(&w, "alg", span_text("ES256"));
	if (kid.len > 0)
		json_text(&w, "kid", kid);
	json_text(&w, "typ", span_text("JWT"));
	json_close(&w, '}');
	return json_end(&w);
}

enum status jws_sign(const struct signing_key *key, struct span kid, struct span payload,
		     struct bytes *jws)
{
	AUTO_DONE(bytes) header = { 0 };
	AUTO_DONE(bytes) signature = { 0 };
	uint8_t raw[2 * COORDINATE_SIZE];
	enum status status = write_header(kid, &header);

	if (status == OK)
		status = base64url_append(jws, span_of(&header));
	if (status == OK)
		status = bytes_append_byte(jws, '.');
	if (status == OK)
		status = base64url_append(jws, payload);
	if (status == OK)
		status = signing_key_sign(key, span_of(jws), &signature);
	if (status == OK)
		status = raw_signature(span_of(&signature), raw);
	if (status == OK)
		status = bytes_append_byte(jws, '.');
	return status == OK ? base64url_append(jws, (struct span){ raw, sizeof(raw) }) : status;
}
