/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "base/text.h"
#include "release_line.h"

/* Who is who. The key of sec-approve is P-256, the others are Ed25519. */
static const struct {
	const char *name, *principal, *team;
} people[] = {
	{ "plat-root", "ann", "platform" },
	{ "sec-root", "sue", "identity-security" },
	{ "build", "bob", "platform" },
	{ "sign", "sid", "platform" },
	{ "publish", "pam", "platform" },
	{ "plat-approve", "ann", "platform" },
	{ "sec-approve", "sue", "identity-security" },
	{ "plat-approve-2", "ann", "platform" },
	{ "sec-review", "sam", "identity-security" },
	{ "verifier", "verifier-1", "identity-security" },
	{ "verifier-2", "verifier-2", "identity-security" },
	{ "log", "lou", "platform" },
	{ "witness", "wes", "identity-security" },
	{ "publish-2", "pat", "platform" },
};

#define PEOPLE (sizeof(people) / sizeof(people[0]))
#define EC_PERSON 6

static EVP_PKEY *keys[PEOPLE];

EVP_PKEY *line_key(const char *name)
{
	for (size_t i = 0; i < PEOPLE; i++) {
		uint8_t seed[32];

		memset(seed, (int)i + 1, sizeof(seed));
		if (keys[i] == NULL)
			keys[i] = i == EC_PERSON
					  ? EVP_EC_gen("P-256")
					  : EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
									 seed, sizeof(seed));
		assert_non_null(keys[i]);
		if (strcmp(people[i].name, name) == 0)
			return keys[i];
	}
	fail_msg("no key %s", name);
	return NULL;
}

void line_key_hex(const char *name, char out[LINE_HEX_SIZE])
{
	struct digest digest;
	uint8_t *spki = NULL;
	int len = i2d_PUBKEY(line_key(name), &spki);

	assert_true(len > 0);
	assert_int_equal(digest_of(DIGEST_SHA256, (struct span){ spki, (size_t)len }, &digest), OK);
	OPENSSL_free(spki);
	line_digest_hex(&digest, out);
}

static __attribute__((destructor)) void free_keys(void)
{
	for (size_t i = 0; i < PEOPLE; i++)
		EVP_PKEY_free(keys[i]);
}

void line_root_keys(struct bytes *out)
{
	for (size_t i = 0; i < PEOPLE; i++) {
		uint8_t *spki = NULL;
		int len = i2d_PUBKEY(line_key(people[i].name), &spki);

		assert_true(len > 0);
		assert_int_equal(bytes_printf(out,
					      "%s\"%s\":{\"scheme\":\"%s\",\"principal\":\"%s\","
					      "\"team\":\"%s\",\"spki\":\"",
					      i > 0 ? "," : "", people[i].name,
					      i == EC_PERSON ? "ecdsa-p256-sha256" : "ed25519",
					      people[i].principal, people[i].team),
				 OK);
		assert_int_equal(base64_append(out, (struct span){ spki, (size_t)len }), OK);
		assert_int_equal(bytes_printf(out, "\"}"), OK);
		OPENSSL_free(spki);
	}
	assert_int_equal(bytes_append_byte(out, 0), OK);
}
