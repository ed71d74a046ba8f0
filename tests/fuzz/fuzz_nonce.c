/* SPDX-License-Identifier: Apache-2.0 */
/* Nonces that come back: none is good but those that were given out. */
#include "fuzz.h"
#include "verifier/signer/nonce.h"

#define ISSUED 1800000000

static const uint8_t secret[MAC_KEY_SIZE] = "a key that the fuzzer can't see";

/* Once: what is fuzzed is what comes back. */
static const struct mac_key *mac_key(void)
{
	static struct mac_key key;

	if (key.ctx == NULL)
		must(mac_key_init(secret, &key) == OK);
	return &key;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t random[NONCE_RANDOM_SIZE];
	struct span nonce = { data, len };
	struct node_id node = { .value = { 7 } };
	const struct epoch epoch = { { 1 } };
	const struct mac_key *key = mac_key();
	struct nonce genuine;
	int64_t issued = -1;

	must(nonce_make(key, &epoch, NONCE_ATTEST, &node, random, ISSUED, &genuine) == OK);
	if (nonce_verify(key, &epoch, NONCE_ATTEST, &node, nonce, &issued) != OK) {
		must(issued == -1);
		return 0;
	}
	must(issued == ISSUED && span_equal(nonce, nonce_span(&genuine)));
	return 0;
}
