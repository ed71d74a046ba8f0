/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <openssl/core_names.h>
#include <string.h>

#include "base/auto_openssl.h"
#include "evidence_maker.h"
#include "tpm/policy_digest.h"

#define COORDINATE 32
#define ATTEST_MAX 4096

/* The attributes that attestation_key_check() and minting_key_check() want. */
#define AK_ATTRIBUTES                                                                              \
	(OBJECT_RESTRICTED | OBJECT_SIGN | OBJECT_FIXED_TPM | OBJECT_FIXED_PARENT |                \
	 OBJECT_SENSITIVE_DATA_ORIGIN | OBJECT_USER_WITH_AUTH | OBJECT_NO_DA)
#define MINTING_ATTRIBUTES                                                                         \
	(OBJECT_SIGN | OBJECT_FIXED_TPM | OBJECT_FIXED_PARENT | OBJECT_SENSITIVE_DATA_ORIGIN |     \
	 OBJECT_NO_DA)
/* As the TCG EK Credential Profile, part 2, has it: who used it knows the endorsement
 * hierarchy's authorization. */
#define EK_ATTRIBUTES 0x000300b2u

void software_key_done(struct software_key *key)
{
	EVP_PKEY_free(key->key);
	bytes_done(&key->public);
	key->key = NULL;
}

static void put_coordinate(struct writer *w, EVP_PKEY *key, const char *name)
{
	AUTO(BIGNUM) number = NULL;
	uint8_t padded[COORDINATE];

	assert_int_equal(EVP_PKEY_get_bn_param(key, name, &number), 1);
	assert_int_equal(BN_bn2binpad(number, padded, COORDINATE), COORDINATE);
	writer_sized(w, (struct span){ padded, COORDINATE });
}

void write_ecc_public(const struct software_key *key, enum digest_alg name_alg, uint32_t attributes,
		      struct span policy, enum digest_alg scheme_hash, struct bytes *out)
{
	struct writer w = writer_to(out, ATTEST_MAX);

	writer_be16(&w, TPM_ALG_ECC);
	writer_be16(&w, (uint16_t)name_alg);
	writer_be32(&w, attributes);
	writer_sized(&w, policy);
	writer_be16(&w, TPM_ALG_NULL); /* symmetric */
	writer_be16(&w, TPM_ALG_ECDSA);
	writer_be16(&w, (uint16_t)scheme_hash);
	writer_be16(&w, TPM_CURVE_P256);
	writer_be16(&w, TPM_ALG_NULL); /* kdf */
	put_coordinate(&w, key->key, OSSL_PKEY_PARAM_EC_PUB_X);
	put_coordinate(&w, key->key, OSSL_PKEY_PARAM_EC_PUB_Y);
	assert_int_equal(writer_end(&w), OK);
}

void write_ek_opening(struct writer *w, uint16_t type)
{
	static const uint8_t policy[SHA256_SIZE] = { 0x83, 0x71 };

	writer_be16(w, type);
	writer_be16(w, DIGEST_SHA256);
	writer_be32(w, EK_ATTRIBUTES);
	writer_sized(w, (struct span){ policy, sizeof(policy) });
	writer_be16(w, TPM_ALG_AES);
	writer_be16(w, 128);
	writer_be16(w, TPM_ALG_CFB);
}

void copy_spki(EVP_PKEY *key, struct bytes *out)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	assert_true(len > 0);
	assert_int_equal(bytes_copy((struct span){ der, (size_t)len }, out), OK);
	OPENSSL_free(der);
}

static void make_key(uint32_t attributes, struct span policy, struct software_key *out)
{
	*out = (struct software_key){ .key = EVP_EC_gen("P-256") };
	assert_non_null(out->key);
	write_ecc_public(out, DIGEST_SHA256, attributes, policy, DIGEST_SHA256, &out->public);
	assert_int_equal(public_area_name(span_of(&out->public), &out->name), OK);
}

void make_attestation_key(struct software_key *out)
{
	make_key(AK_ATTRIBUTES, (struct span){ 0 }, out);
}

void make_minting_key(struct span policy, struct software_key *out)
{
	make_key(MINTING_ATTRIBUTES, policy, out);
}

static struct made_attest honest(const struct software_key *ak, const struct digest *extra)
{
	struct made_attest made = {
		.magic = TPM_GENERATED,
		.extra_len = digest_size(extra->alg),
		.clock = 100000,
		.reset_count = 7,
		.restart_count = 1,
		.safe = 1,
		.firmware = 0x0007000200000000,
	};

	memcpy(made.extra, extra->value, made.extra_len);
	assert_int_equal(qualified_name_of_primary(TPM_RH_ENDORSEMENT, &ak->name, &made.signer),
			 OK);
	return made;
}

struct made_attest honest_quote(const struct software_key *ak, struct span nonce,
				struct span minting_name, enum digest_alg bank, pcr_mask select,
				const struct pcr_values *values)
{
	struct digest extra;

	assert_int_equal(quote_extra_data(nonce, minting_name, (struct span){ 0 }, &extra), OK);
	struct made_attest made = honest(ak, &extra);

	made.type = ATTEST_QUOTE;
	made.selection = (struct pcr_selection){ .count = 1, .bank = { { bank, select } } };
	assert_int_equal(pcr_composite(&made.selection, values, DIGEST_SHA256, &made.pcr_digest),
			 OK);
	return made;
}

void quote_report(struct made_attest *quote, struct span nonce, struct span minting_name,
		  struct span report)
{
	struct digest extra;

	assert_int_equal(quote_extra_data(nonce, minting_name, report, &extra), OK);
	quote->extra_len = digest_size(extra.alg);
	memcpy(quote->extra, extra.value, quote->extra_len);
}

struct made_attest honest_certify(const struct software_key *ak, struct span nonce,
				  const struct name *minting)
{
	struct digest extra;

	assert_int_equal(certify_extra_data(nonce, &extra), OK);
	struct made_attest made = honest(ak, &extra);

	made.type = ATTEST_CERTIFY;
	made.clock--; /* certified before the quote */
	made.certified = *minting;
	assert_int_equal(qualified_name_of_primary(TPM_RH_NULL, minting, &made.certified_qualified),
			 OK);
	return made;
}

void write_attest(const struct made_attest *attest, struct bytes *out)
{
	struct writer w = writer_to(out, ATTEST_MAX);

	writer_be32(&w, attest->magic);
	writer_be16(&w, attest->type);
	writer_sized(&w, name_span(&attest->signer));
	writer_sized(&w, (struct span){ attest->extra, attest->extra_len });
	writer_be64(&w, attest->clock);
	writer_be32(&w, attest->reset_count);
	writer_be32(&w, attest->restart_count);
	writer_u8(&w, attest->safe);
	writer_be64(&w, attest->firmware);
	if (attest->type == ATTEST_CERTIFY) {
		writer_sized(&w, name_span(&attest->certified));
		writer_sized(&w, name_span(&attest->certified_qualified));
	} else {
		pcr_selection_write(&w, &attest->selection);
		writer_sized(&w, digest_span(&attest->pcr_digest));
	}
	assert_int_equal(writer_end(&w), OK);
}

static void put_number(struct writer *w, const BIGNUM *number)
{
	uint8_t padded[COORDINATE];

	assert_int_equal(BN_bn2binpad(number, padded, COORDINATE), COORDINATE);
	writer_sized(w, (struct span){ padded, COORDINATE });
}

void sign_attest_with(const struct software_key *key, enum digest_alg hash, struct span attest,
		      struct bytes *out)
{
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	AUTO(ECDSA_SIG) pair = NULL;
	struct writer w = writer_to(out, ATTEST_MAX);
	uint8_t der[128];
	size_t len = sizeof(der);
	const uint8_t *at = der;

	assert_non_null(ctx);
	assert_int_equal(
		EVP_DigestSignInit_ex(ctx, NULL, digest_name(hash), NULL, NULL, key->key, NULL), 1);
	assert_int_equal(EVP_DigestSign(ctx, der, &len, attest.data, attest.len), 1);
	pair = d2i_ECDSA_SIG(NULL, &at, (long)len);
	assert_non_null(pair);
	writer_be16(&w, TPM_ALG_ECDSA);
	writer_be16(&w, (uint16_t)hash);
	put_number(&w, ECDSA_SIG_get0_r(pair));
	put_number(&w, ECDSA_SIG_get0_s(pair));
	assert_int_equal(writer_end(&w), OK);
}

void sign_attest(const struct software_key *key, struct span attest, struct bytes *out)
{
	sign_attest_with(key, DIGEST_SHA256, attest, out);
}
