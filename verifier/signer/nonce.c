/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/nonce.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include "base/reader.h"
#include "base/writer.h"

#define MAC_INPUT_MAX 512

void mac_key_done(struct mac_key *key)
{
	EVP_MAC_CTX_free(key->ctx);
	OPENSSL_cleanse(key->value, sizeof(key->value));
	key->ctx = NULL;
}

enum status mac_key_init(const uint8_t value[MAC_KEY_SIZE], struct mac_key *out)
{
	static char sha256[] = "SHA256";
	const OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	struct mac_key key = { .ctx = hmac == NULL ? NULL : EVP_MAC_CTX_new(hmac) };

	EVP_MAC_free(hmac);
	memcpy(key.value, value, MAC_KEY_SIZE);
	if (key.ctx == NULL || EVP_MAC_init(key.ctx, key.value, MAC_KEY_SIZE, parameters) != 1) {
		mac_key_done(&key);
		return STATUS_UNSUPPORTED;
	}
	*out = key;
	OPENSSL_cleanse(key.value, sizeof(key.value));
	return OK;
}

static enum status mac(const struct mac_key *key, struct span input, uint8_t out[SHA256_SIZE])
{
	size_t len = 0;

	/* Without a key: begin again with the one that it has. */
	if (key->ctx == NULL || EVP_MAC_init(key->ctx, NULL, 0, NULL) != 1 ||
	    EVP_MAC_update(key->ctx, input.data, input.len) != 1 ||
	    EVP_MAC_final(key->ctx, out, &len, SHA256_SIZE) != 1 || len != SHA256_SIZE)
		return STATUS_UNSUPPORTED;
	return OK;
}

static enum status nonce_mac(const struct mac_key *key, const struct epoch *epoch,
			     enum nonce_purpose purpose, const struct node_id *node,
			     struct span head, uint8_t out[SHA256_SIZE])
{
	AUTO_DONE(bytes) input = { 0 };
	struct writer w = writer_to(&input, MAC_INPUT_MAX);

	writer_put(&w, span_text("attestd nonce v2"));
	writer_put(&w, epoch_span(epoch));
	writer_u8(&w, (uint8_t)purpose);
	writer_sized(&w, node_id_span(node));
	writer_put(&w, head);

	enum status status = writer_end(&w);

	return status == OK ? mac(key, span_of(&input), out) : status;
}

enum status nonce_make(const struct mac_key *key, const struct epoch *epoch,
		       enum nonce_purpose purpose, const struct node_id *node,
		       const uint8_t random[NONCE_RANDOM_SIZE], int64_t issued, struct nonce *out)
{
	const size_t head_size = NONCE_RANDOM_SIZE + 8;
	struct nonce n;

	memcpy(n.value, random, NONCE_RANDOM_SIZE);
	for (size_t i = 0; i < 8; i++)
		n.value[NONCE_RANDOM_SIZE + i] = (uint8_t)((uint64_t)issued >> (8 * (7 - i)));

	struct span head = { .data = n.value, .len = head_size };
	enum status status = nonce_mac(key, epoch, purpose, node, head, n.value + head_size);

	if (status == OK)
		*out = n;
	return status;
}

enum status nonce_verify(const struct mac_key *key, const struct epoch *epoch,
			 enum nonce_purpose purpose, const struct node_id *node, struct span nonce,
			 int64_t *issued)
{
	struct reader r = reader_over(nonce);
	uint8_t expected[SHA256_SIZE];
	struct span head = { .data = nonce.data, .len = NONCE_RANDOM_SIZE + 8 };

	reader_skip(&r, NONCE_RANDOM_SIZE);

	uint64_t when = reader_be64(&r);
	struct span given = reader_take(&r, SHA256_SIZE);

	if (reader_end(&r) != OK || when > INT64_MAX)
		return STATUS_MISMATCH;

	enum status status = nonce_mac(key, epoch, purpose, node, head, expected);

	if (status != OK)
		return status;
	if (!span_equal_secret(given, (struct span){ .data = expected, .len = SHA256_SIZE }))
		return STATUS_MISMATCH;
	*issued = (int64_t)when;
	return OK;
}

enum status activation_secret(const struct mac_key *key, const struct epoch *epoch,
			      struct span record, struct span ak_name, uint8_t secret[SHA256_SIZE])
{
	AUTO_DONE(bytes) input = { 0 };
	struct writer w = writer_to(&input, MAC_INPUT_MAX);
	struct digest digest;
	enum status status = digest_of(DIGEST_SHA256, record, &digest);

	if (status != OK)
		return status;
	writer_put(&w, span_text("attestd activation v2"));
	writer_put(&w, epoch_span(epoch));
	writer_put(&w, digest_span(&digest));
	writer_sized(&w, ak_name);
	status = writer_end(&w);
	return status == OK ? mac(key, span_of(&input), secret) : status;
}
