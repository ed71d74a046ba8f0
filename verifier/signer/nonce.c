/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/nonce.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/reader.h"
#include "base/writer.h"

#define MAC_INPUT_MAX 512

static enum status mac(const uint8_t key[MAC_KEY_SIZE], struct span input, uint8_t out[SHA256_SIZE])
{
	unsigned len = 0;

	if (HMAC(EVP_sha256(), key, MAC_KEY_SIZE, input.data, input.len, out, &len) == NULL ||
	    len != SHA256_SIZE)
		return STATUS_UNSUPPORTED;
	return OK;
}

static enum status nonce_mac(const uint8_t key[MAC_KEY_SIZE], enum nonce_purpose purpose,
			     const struct node_id *node, struct span head, uint8_t out[SHA256_SIZE])
{
	AUTO_DONE(bytes) input = { 0 };
	struct writer w = writer_to(&input, MAC_INPUT_MAX);

	writer_put(&w, span_text("attestd nonce v1"));
	writer_u8(&w, (uint8_t)purpose);
	writer_sized(&w, node_id_span(node));
	writer_put(&w, head);

	enum status status = writer_end(&w);

	return status == OK ? mac(key, span_of(&input), out) : status;
}

enum status nonce_make(const uint8_t key[MAC_KEY_SIZE], enum nonce_purpose purpose,
		       const struct node_id *node, const uint8_t random[NONCE_RANDOM_SIZE],
		       int64_t issued, struct nonce *out)
{
	const size_t head_size = NONCE_RANDOM_SIZE + 8;
	struct nonce n;

	memcpy(n.value, random, NONCE_RANDOM_SIZE);
	for (size_t i = 0; i < 8; i++)
		n.value[NONCE_RANDOM_SIZE + i] = (uint8_t)((uint64_t)issued >> (8 * (7 - i)));

	struct span head = { .data = n.value, .len = head_size };
	enum status status = nonce_mac(key, purpose, node, head, n.value + head_size);

	if (status == OK)
		*out = n;
	return status;
}

enum status nonce_verify(const uint8_t key[MAC_KEY_SIZE], enum nonce_purpose purpose,
			 const struct node_id *node, struct span nonce, int64_t *issued)
{
	struct reader r = reader_over(nonce);
	uint8_t expected[SHA256_SIZE];
	struct span head = { .data = nonce.data, .len = NONCE_RANDOM_SIZE + 8 };

	reader_skip(&r, NONCE_RANDOM_SIZE);

	uint64_t when = reader_be64(&r);
	struct span given = reader_take(&r, SHA256_SIZE);

	if (reader_end(&r) != OK || when > INT64_MAX)
		return STATUS_MISMATCH;

	enum status status = nonce_mac(key, purpose, node, head, expected);

	if (status != OK)
		return status;
	if (!span_equal_secret(given, (struct span){ .data = expected, .len = SHA256_SIZE }))
		return STATUS_MISMATCH;
	*issued = (int64_t)when;
	return OK;
}

enum status activation_secret(const uint8_t key[MAC_KEY_SIZE], struct span record,
			      struct span ak_name, uint8_t secret[SHA256_SIZE])
{
	AUTO_DONE(bytes) input = { 0 };
	struct writer w = writer_to(&input, MAC_INPUT_MAX);
	struct digest digest;
	enum status status = digest_of(DIGEST_SHA256, record, &digest);

	if (status != OK)
		return status;
	writer_put(&w, span_text("attestd activation v1"));
	writer_put(&w, digest_span(&digest));
	writer_sized(&w, ak_name);
	status = writer_end(&w);
	return status == OK ? mac(key, span_of(&input), secret) : status;
}
